"""Texts of at most a megabyte that ask a layout or a parser for more than they look like: the same on every run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Final

_MOST: Final = 1_000_000
"""Characters."""

Bomb = Callable[[], str]


def repeated(piece: str, times: int, before: str = "", after: str = "") -> str:
    return (before + piece * times + after)[:_MOST]


def _numbered(form: str, times: int, before: str = "") -> str:
    """`form` with the numbers from 0 for each # in it."""
    return (before + "".join(form.replace("#", str(number)) for number in range(times)))[:_MOST]


def _deeper(mark: str, depth: int, words: str = "deep") -> str:
    """Each line one level deeper than the one before."""
    return "".join(mark * (level + 1) + words + "\n" for level in range(depth))[:_MOST]


def _steps(mark: str, indent: str, depth: int) -> str:
    """A list in a list in a list, each item by itself."""
    return "".join(indent * level + mark + f"level {level}\n" for level in range(depth))[:_MOST]


def _table(rows: int, columns: int, cell: str = "cell", rule: str = "---") -> str:
    row = "|" + f"{cell}|" * columns + "\n"
    return (row + "|" + f"{rule}|" * columns + "\n" + row * rows)[:_MOST]


def _fence(lines: str, info: str = "", mark: str = "```") -> str:
    return f"{mark}{info}\n{lines}\n{mark}\n"


def _nested_emphasis(depth: int) -> str:
    return "".join(f"*a{level} " for level in range(depth)) + "*" * depth


def _staggered(marks: str, times: int) -> str:
    """Marks in runs of growing length, which match each other badly."""
    return "".join(f"{marks * (1 + number % 9)}w{number} " for number in range(times))[:_MOST]


def _noise(alphabet: str, characters: int, seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311
    return "".join(chance.choices(alphabet, k=characters))


def _planes(first: int, last: int, each: int = 1) -> str:
    """Every character of a range."""
    return "".join(chr(point) * each + (" " if point % 16 == 0 else "") for point in range(first, last))[:_MOST]


def _zalgo(letters: int, marks: int) -> str:
    accents = "".join(chr(0x300 + number % 0x70) for number in range(marks))
    return "".join(chr(97 + number % 26) + accents for number in range(letters))[:_MOST]


_FAMILY: Final = "👨\u200d👩\u200d👧\u200d👦"
_MARKS: Final = "*_`~[]()<>!#|\\$-+=:.\n\t 0aé中"

_WORDS: Final[Mapping[str, Bomb]] = {
    "a word of a megabyte": partial(repeated, "a", _MOST),
    "a wide word of 100,000": partial(repeated, "W", 100_000),
    "a megabyte of spaces": partial(repeated, " ", _MOST - 2, "a", "b"),
    "a megabyte of hard spaces": partial(repeated, "\u00a0", _MOST - 2, "a", "b"),
    "a line of 200,000 words": partial(repeated, "word ", 200_000),
    "a Chinese line of 300,000": partial(repeated, "中文字", 100_000),
    "a Thai line without a space": partial(repeated, "ภาษาไทย", 40_000),
    "a Hebrew word of 100,000": partial(repeated, "ש", 100_000),
    "a number of 200,000 digits": partial(repeated, "1234567890", 20_000),
    "hyphens in a row": partial(repeated, "-", 200_000, "a", "b"),
    "soft hyphens": partial(repeated, "a\u00ad", 100_000),
    "words of 900": lambda: " ".join("x" * 900 for _ in range(1000)),
    "words of 1,001": lambda: " ".join("x" * 1001 for _ in range(900)),
    "a path of 50,000 parts": partial(repeated, "/folder", 50_000),
    "base64 of 500,000": partial(_noise, "ABCDEFabcdef0123456789+/", 500_000, 1),
}
_LINES: Final[Mapping[str, Bomb]] = {
    "50,000 paragraphs": partial(repeated, "one\n\n", 50_000),
    "200,000 lines": partial(repeated, "one\n", 200_000),
    "200,000 lines with a break": partial(repeated, "a  \n", 200_000),
    "lines broken by backslashes": partial(repeated, "a\\\n", 150_000),
    "a megabyte of line ends": partial(repeated, "\n", _MOST - 1, after="a"),
    "carriage returns alone": partial(repeated, "one\r", 100_000),
    "line ends of every kind": partial(repeated, "a\r\nb\rc\nd\n\r", 50_000),
    "line separators": partial(repeated, "one\u2028", 100_000),
    "paragraph separators": partial(repeated, "one\u2029", 100_000),
    "form feeds and vertical tabs": partial(repeated, "a\f\v", 100_000),
    "next lines": partial(repeated, "one\x85", 100_000),
    "tabs": partial(repeated, "\t", 300_000, "a"),
    "a tab between letters": partial(repeated, "a\t", 200_000),
    "rules": partial(repeated, "---\n\n", 50_000),
    "rules with words": partial(repeated, "a\n\n***\n\n", 20_000),
    "indented lines": partial(repeated, "    code\n", 60_000),
    "indented deeper and deeper": lambda: "".join(" " * level + "x\n" for level in range(1200)),
    "blank lines with spaces": partial(repeated, "   \n", 150_000, "a\n", "b"),
}
_MARKUP: Final[Mapping[str, Bomb]] = {
    "100,000 backticks": partial(repeated, "`", 100_000),
    "backticks in growing runs": lambda: " ".join("`" * length for length in range(1, 1200)),
    "backticks that never close": partial(repeated, "`a ``b ", 50_000),
    "100,000 asterisks": partial(repeated, "*", 100_000),
    "asterisks before words": partial(repeated, "*a ", 100_000),
    "asterisks behind words": partial(repeated, "a* ", 100_000),
    "asterisks in pairs": partial(repeated, "**a ", 100_000),
    "100,000 underscores": partial(repeated, "_", 100_000, after="a"),
    "underscores and asterisks": partial(repeated, "*a_ ", 80_000),
    "asterisks in runs of every length": partial(_staggered, "*", 40_000),
    "emphasis 5,000 deep": partial(_nested_emphasis, 5_000),
    "emphasis three by three": partial(repeated, "***a** b*", 40_000),
    "100,000 tildes": partial(repeated, "~", 100_000, "a "),
    "struck out in pairs": partial(repeated, "~~a ", 80_000),
    "struck and strong": partial(repeated, "~~**a", 60_000),
    "backslashes": partial(repeated, "\\", 300_000),
    "escaped marks": partial(repeated, "\\*", 150_000),
    "entities": partial(repeated, "&amp;", 100_000),
    "entities that are none": partial(repeated, "&#9999999;", 50_000),
    "ampersands": partial(repeated, "&", 300_000),
    "headings": partial(_numbered, "# heading #\n", 15_000),
    "headings of seven marks": partial(repeated, "####### no heading\n", 20_000),
    "a heading of a megabyte": partial(repeated, "word ", 199_999, "# "),
    "underlined headings": partial(repeated, "words\n===\n\n", 20_000),
    "an underline of 500,000": partial(repeated, "=", 500_000, "words\n"),
    "marks by chance, 1": partial(_noise, _MARKS, 60_000, 11),
    "marks by chance, 2": partial(_noise, _MARKS, 60_000, 12),
    "marks by chance, 3": partial(_noise, _MARKS, 60_000, 13),
    "few marks by chance": partial(_noise, "*_` a", 100_000, 14),
    "brackets by chance": partial(_noise, "[]()!<>a \n", 60_000, 15),
}
_LINKS: Final[Mapping[str, Bomb]] = {
    "50,000 opening brackets": partial(repeated, "[", 50_000),
    "brackets around a word": lambda: "[" * 25_000 + "a" + "]" * 25_000,
    "brackets that close and open": partial(repeated, "][", 50_000),
    "opened pictures": partial(repeated, "![", 50_000),
    "pictures in pictures": partial(repeated, "![a", 30_000, after="](x)" * 30_000),
    "links that never end": partial(repeated, "[a](", 50_000),
    "links with brackets within": partial(repeated, "[a](b(", 40_000),
    "targets in angles": partial(repeated, "[a](<b", 40_000),
    "titles that never end": partial(repeated, '[a](b "', 40_000),
    "10,000 links": partial(_numbered, "[words](https://example.org/#) ", 10_000),
    "10,000 pictures": partial(_numbered, "![words](https://example.org/#.png) ", 10_000),
    "a link of 500,000": partial(repeated, "a", 500_000, "[words](https://example.org/", ")"),
    "a label of 500,000": partial(repeated, "a ", 250_000, "[", "](https://example.org)"),
    "20,000 definitions": partial(_numbered, "[d#]: https://example.org/#\n", 20_000),
    "definitions and their uses": partial(_numbered, "[d#]: /x\n\n[d#] [d0] [none]\n\n", 8_000),
    "one definition used 30,000 times": partial(repeated, "[a] ", 30_000, "[a]: https://example.org\n\n"),
    "uses without definitions": partial(repeated, "[a][b] ", 40_000),
    "a definition without an end": partial(repeated, " \n", 200_000, "[a]:"),
    "addresses in angles": partial(repeated, "<https://example.org> ", 20_000),
    "bare addresses": partial(repeated, "https://example.org/a?b=c ", 20_000),
    "mail addresses": partial(repeated, "someone@example.org ", 30_000),
    "pictures by number": partial(_numbered, "Image # ", 60_000),
    "pictures of impossible numbers": partial(repeated, "Image 99999999999999999999 ", 20_000),
    "a data picture": partial(repeated, "QUJD", 200_000, "![x](data:image/png;base64,", ")"),
}
_NESTED: Final[Mapping[str, Bomb]] = {
    "1,000 quotes in each other": partial(_deeper, "> ", 1000),
    "a quote 100,000 deep": partial(repeated, ">", 100_000, after=" deep"),
    "a quote 5,000 deep, line by line": lambda: ("> " * 5000 + "a\n") * 20,
    "quotes in turn with words": partial(repeated, "> a\n\nb\n\n", 25_000),
    "a quote of 100,000 lines": partial(repeated, "> a\n", 100_000),
    "lazy lines of a quote": partial(repeated, "a\n", 150_000, "> > > "),
    "lists 1,000 deep": partial(_steps, "- ", "  ", 1000),
    "numbered lists 500 deep": partial(_steps, "1. ", "   ", 500),
    "lists of every mark in one line": partial(repeated, "- + * ", 20_000, after="a"),
    "numbers in one line": partial(repeated, "1. ", 30_000, after="a"),
    "60,000 items": partial(_numbered, "- item #\n", 60_000),
    "60,000 numbered items": partial(repeated, "1. item\n", 60_000),
    "loose items": partial(repeated, "- item\n\n", 40_000),
    "items of two paragraphs": partial(repeated, "- item\n\n  more\n\n", 20_000),
    "empty items": partial(repeated, "-\n", 100_000),
    "tasks": partial(repeated, "- [x] done\n- [ ] to do\n", 20_000),
    "marks in turn": partial(repeated, "- a\n+ b\n* c\n", 20_000),
    "a number of nine digits": partial(repeated, "999999999. a\n", 30_000),
    "lists in quotes in lists": partial(repeated, "- > ", 5_000, after="deep"),
    "quotes and items by turns": partial(_deeper, "> - ", 300),
    "an item of a megabyte": partial(repeated, "word ", 199_999, "- "),
    "an item with 50,000 lines": partial(repeated, "  line\n", 50_000, "- first\n"),
    "code in lists": partial(repeated, "- a\n\n      code\n\n", 15_000),
    "fences in lists": partial(repeated, "- a\n  ```\n  code\n  ```\n", 10_000),
    "headings in quotes": partial(repeated, "> # words\n", 30_000),
}
_TABLES: Final[Mapping[str, Bomb]] = {
    "10,000 columns": partial(_table, 2, 10_000),
    "1,000 columns by 100 rows": partial(_table, 100, 1000, "x"),
    "1,000 rows": partial(_table, 1000, 5),
    "20,000 rows": partial(_table, 20_000, 3),
    "100,000 rows of one column": partial(_table, 100_000, 1, "a"),
    "a cell of 500,000 words": partial(repeated, "word ", 180_000, "| a | b |\n|---|---|\n| ", " | x |\n"),
    "a cell of one word of 500,000": partial(repeated, "a", 500_000, "| a | b |\n|---|---|\n| ", " | x |\n"),
    "a head of 300,000": lambda: "| " + "w" * 300_000 + " |\n|---|\n| a |\n",
    "rows that are too short": partial(repeated, "| a\n", 50_000, "|a|b|c|d|e|f|g|h|\n|-|-|-|-|-|-|-|-|\n"),
    "rows that are too long": partial(repeated, "|a" * 50 + "\n", 4000, "|a|\n|-|\n"),
    "empty cells": partial(_table, 2000, 50, ""),
    "a rule of 300,000": lambda: "| a |\n|" + "-" * 300_000 + "|\n| b |\n",
    "pipes": partial(repeated, "|", 300_000),
    "lines of pipes": partial(repeated, "|||||||||\n", 60_000),
    "escaped pipes": partial(_table, 2000, 8, "a\\|b"),
    "code in cells": partial(_table, 3000, 4, "`a|b`"),
    "links in cells": partial(_table, 2000, 4, "[a](https://example.org)"),
    "strong cells": partial(_table, 3000, 5, "**strong** *and*"),
    "pictures in cells": partial(_table, 2000, 4, "![a](b.png)"),
    "5,000 tables": partial(repeated, "|a|b|\n|-|-|\n|c|d|\n\n", 5000),
    "tables in quotes": partial(repeated, "> |a|b|\n> |-|-|\n> |c|d|\n\n", 4000),
    "a table without an end": lambda: "|a|b|\n|-|-|\n" + "|c" * 200_000,
    "heads without rules": partial(repeated, "|a|b|c|\n\n", 40_000),
    "Chinese cells": partial(_table, 2000, 6, "中文字中文字"),
    "right and left cells": partial(_table, 2000, 4, "שלום abc", ":-:"),
    "wide cells in many columns": partial(_table, 40, 120, "several words in a cell"),
}
_FENCES: Final[Mapping[str, Bomb]] = {
    "a fence that never closes": partial(repeated, "print(1)\n", 100_000, "```python\n"),
    "60,000 fences": partial(repeated, "```\n", 60_000),
    "5,000 blocks of code": partial(repeated, "```python\na = 1\n```\n\n", 5_000),
    "a line of code of a megabyte": partial(repeated, "a = 1; ", 140_000, "```python\n", "\n```\n"),
    "an info of 200,000": partial(repeated, "a", 200_000, "```", "\ncode\n```\n"),
    "100,000 marks of a fence": partial(repeated, "`", 100_000, after="\ncode\n"),
    "fences of tildes": partial(repeated, "~~~\ncode\n~~~\n", 20_000),
    "fences of both kinds": partial(repeated, "```\n~~~\n", 40_000),
    "code of 200,000 empty lines": lambda: _fence("\n" * 200_000 + "end"),
    "code that is indented on and on": lambda: _fence("".join(" " * n + "if x:\n" for n in range(900)), "python"),
    "quotes that never close": lambda: _fence("x = '''" + "a\n" * 100_000, "python"),
    "comments in comments": lambda: _fence("/*" * 100_000, "c"),
    "brackets in JSON": lambda: _fence("[" * 100_000, "json"),
    "a word of JSON": lambda: _fence('{"a": "' + "b" * 300_000 + '"}', "json"),
    "tags in HTML code": lambda: _fence("<div>" * 60_000, "html"),
    "templates in JavaScript": lambda: _fence("`${" * 50_000, "javascript"),
    "here documents": lambda: _fence("cat << A\n" * 20_000, "bash"),
    "patterns in Perl": lambda: _fence("s/a/b/ if m{x" * 10_000, "perl"),
    "SQL of 100,000 commas": lambda: _fence("select " + "a, " * 100_000, "sql"),
    "a diff": lambda: _fence("+ one\n- two\n" * 30_000, "diff"),
    "an unknown language": lambda: _fence("words\n" * 50_000, "klingon"),
    "code with NULs": lambda: _fence("a\0b\n" * 30_000),
    "code with control characters": lambda: _fence("".join(map(chr, range(1, 32))) * 5000),
    "code full of tabs": lambda: _fence("\ta\t\tb\n" * 30_000, "make"),
}
_CHARACTERS: Final[Mapping[str, Bomb]] = {
    "100,000 combining marks": partial(repeated, "\u0301", 100_000, "a"),
    "letters with 100 marks each": partial(_zalgo, 5_000, 100),
    "overrides to the left": partial(repeated, "\u202eabc", 50_000),
    "embeddings without an end": partial(repeated, "\u202b\u202aa", 60_000),
    "isolates without an end": partial(repeated, "\u2067\u2066a", 60_000),
    "left and right by turns": partial(repeated, "abאב ", 60_000),
    "right to left in one line": partial(repeated, "שלום עולם ", 40_000),
    "Arabic joined on and on": partial(repeated, "بـ", 100_000),
    "NULs": partial(repeated, "\0", 300_000, "a", "b"),
    "NULs between letters": partial(repeated, "a\0", 150_000),
    "zero-width spaces": partial(repeated, "\u200b", 300_000, "a", "b"),
    "zero-width joiners": partial(repeated, "a\u200d", 150_000),
    "word joiners": partial(repeated, "a\u2060", 150_000),
    "byte order marks": partial(repeated, "\ufeff", 200_000, "a"),
    "object replacements": partial(repeated, "\ufffc", 100_000, "a "),
    "replacement characters": partial(repeated, "\ufffd", 200_000),
    "Qt's own marks of tables": partial(repeated, "\ufdd0\ufdd1", 60_000, "a", "b"),
    "families": partial(repeated, _FAMILY, 20_000),
    "a chain of joined emoji": partial(repeated, "👩\u200d", 50_000),
    "flags": partial(repeated, "🇪🇺", 60_000),
    "half a flag after the other": partial(repeated, "🇪", 100_001),
    "skin tones": partial(repeated, "👍🏽", 60_000),
    "variation selectors": partial(repeated, "❤\ufe0f\ufe0e", 60_000),
    "tags of a flag": partial(repeated, "\U000e0067", 100_000, "🏴"),
    "the beginning of Unicode": partial(_planes, 0x20, 0xD800),
    "the end of Unicode": partial(_planes, 0xE000, 0x1F000),
    "private characters": partial(repeated, "\ue000\U000f0000", 60_000),
    "mathematical letters": partial(repeated, "𝒜𝓑ℭ ", 60_000),
    "Hangul in parts": partial(repeated, "\u1112\u1161\u11ab", 60_000),
    "Devanagari without vowels": partial(repeated, "क्", 80_000),
    "Tibetan stacks": partial(repeated, "ཧ" + "ྵ" * 40, 4_000),
    "upside down question marks": partial(repeated, "؟¿", 100_000),
    "ligature of eighteen letters": partial(repeated, "﷽", 60_000),
    "spaces of every width": partial(repeated, "\u2000\u2003\u2009\u3000a", 40_000),
}
_HTML: Final[Mapping[str, Bomb]] = {
    "HTML tables in each other": partial(repeated, "<table><tr><td>", 5_000, after="deep"),
    "HTML tables that close": lambda: "<table><tr><td>" * 20 + "a" + "</td></tr></table>" * 20,
    "tags without an end": partial(repeated, "<a ", 60_000),
    "comments without an end": partial(repeated, "<!--", 60_000),
    "attributes": partial(repeated, ' a="b"', 50_000, "<x", ">"),
    "CDATA": partial(repeated, "<![CDATA[", 30_000),
    "instructions": partial(repeated, "<?", 60_000),
    "a block of HTML": partial(repeated, "<div>\nwords\n</div>\n\n", 15_000),
    "a picture of a million pixels": lambda: "<img src=x width=1000000 height=1000000> words " * 200,
    "styles": partial(repeated, "<p style='margin:99999999px'>a</p>\n", 8_000),
    "an entity in an entity": partial(repeated, "&amp;lt;b&amp;gt;", 30_000),
}
_MATHS: Final[Mapping[str, Bomb]] = {
    "100,000 dollars": partial(repeated, "$", 100_000),
    "prices": partial(repeated, "$5 and $10, ", 40_000),
    "opened formulas": partial(repeated, "$a ", 80_000),
    "4,000 formulas": partial(_numbered, "$x_{#}$ ", 4_000),
    "1,000 displayed formulas": partial(_numbered, "$$\nx_{#}\n$$\n\n", 1_000),
    "a formula that never ends": partial(repeated, "a+", 200_000, "$$\n"),
    "fractions 5,000 deep": lambda: "$$" + r"\frac{1}{" * 5000 + "x" + "}" * 5000 + "$$",
    "roots 5,000 deep": lambda: "$" + r"\sqrt{" * 5000 + "x" + "}" * 5000 + "$",
    "exponents 5,000 deep": lambda: "$" + "x^{" * 5000 + "y" + "}" * 5000 + "$",
    "braces that never close": lambda: "$" + "{" * 100_000 + "$",
    "a macro that doubles itself": lambda: (
        r"$\def\a{bb}" + "".join(rf"\def\{c}{{\{d}\{d}}}" for c, d in _pairs()) + "$"
    ),
    "a macro of itself": lambda: r"$\def\x{\x\x}\x$" * 50,
    "a matrix of 300 by 300": lambda: (
        r"$$\begin{matrix}" + r"\\".join("&".join("1" * 300) for _ in range(300)) + r"\end{matrix}$$"
    ),
    "parentheses of TeX": partial(repeated, r"\(a\) ", 30_000),
    "brackets of TeX": partial(repeated, "\\[\na\n\\]\n\n", 10_000),
    "a formula of a megabyte": partial(repeated, r"\alpha+", 140_000, "$", "$"),
}


def _pairs() -> Iterator[tuple[str, str]]:
    letters = "zyxwvutsrqponmlkjihgfedcba"
    return pairwise(letters)


_MIXTURES: Final = 17
_MIXED: Final = (_MARKUP, _NESTED, _TABLES, _FENCES, _LINKS, _CHARACTERS)


def _mixtures() -> Iterator[tuple[str, Bomb]]:
    """The beginnings of four bombs, one after the other, under a number."""
    chance = random.Random(17)  # noqa: S311
    for number in range(1, _MIXTURES + 1):
        chosen = [chance.choice(list(kind.values())) for kind in chance.sample(_MIXED, 4)]
        yield f"a mixture, {number}", partial(_mixture, tuple(chosen))


def _mixture(bombs: tuple[Bomb, ...]) -> str:
    return "\n\nwords between\n\n".join(bomb()[:15_000] for bomb in bombs)


KINDS: Final[Mapping[str, Mapping[str, Bomb]]] = {
    "words": _WORDS,
    "lines": _LINES,
    "markup": _MARKUP,
    "links": _LINKS,
    "nested": _NESTED,
    "tables": _TABLES,
    "fences": _FENCES,
    "characters": _CHARACTERS,
    "html": _HTML,
    "maths": _MATHS,
    "mixtures": dict(_mixtures()),
}
"""Each by its name, of each kind."""
BOMBS: Final[Mapping[str, Bomb]] = {name: bomb for kind in KINDS.values() for name, bomb in kind.items()}
