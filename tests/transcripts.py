"""Conversations and long answers as models write them, of any length, in made-up words: the same on every run."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from app.core.message import ImageBlock, Message, ReplyBlock, Usage

MODEL: Final = "claude-sonnet-5-5"
FAREWELL: Final = "Farewell."
"""What a benchmark waits for: nothing else says it."""
LONG_TITLE: Final = "A long talk about views"
_BEGAN: Final = 1_790_000_000.0
_LEXICON: Final = (
    "amber arch basin bright calm canvas cedar circle clear coast copper corner dawn delta draft east edge ember field "
    "flint frame gentle glass grain harbour hazel hollow island ivory kettle lantern ledge linen marble meadow mild "
    "narrow north oak orchard pale paper pebble plain quarry quiet reed ridge river round saddle shade shelf silver "
    "slate slow south spruce square steady stone tall timber valley velvet warm west willow window yellow"
)
_WORDS: Final = _LEXICON.split()
_CHINESE: Final = "图上左右边红色方块线条比例大小清楚明亮一二三页面按钮标题文字更窄更宽深浅"
_JAPANESE: Final = "この画面では左の欄が広くなり色も少し明るい見出しは小さいまま"
_HEBREW: Final = ("תמונה", "ימין", "שמאל", "כחול", "קטן", "גדול", "שורה", "כפתור", "רחב", "צר")
_ARABIC: Final = ("صورة", "يمين", "يسار", "أزرق", "صغير", "كبير", "سطر", "زر", "واسع", "ضيق")
_EMOJI: Final = ("🙂", "🌲", "👩🏽‍🔬", "🇪🇺", "✅", "❤️", "👨‍👩‍👧‍👦")
_FORMULAS: Final = (r"a^2 + b^2 = c^2", r"\frac{n(n+1)}{2}", r"\sqrt{x + 1}", r"\alpha \le \beta", r"e^{i\pi} = -1")

_CODE: Final = {
    "python": "def {a}({b}: int, *, {c}: float = 1.5) -> list[str]:\n"
    '    """Say how wide each {d} is."""\n'
    "    found = []\n"
    "    for number in range({b}):  # from the left\n"
    '        found.append(f"{d} {{number}}: {{number * {c}:.1f}}")\n'
    "    return found\n",
    "javascript": "const {a} = async ({b}, {c} = {n}) => {{\n"
    "  const {d} = await fetch(`/{b}/${{{c}}}`); // no cache\n"
    '  if (!{d}.ok) throw new Error("{a}");\n'
    "  return ({d}.json()).map((one) => one.{c} ?? null);\n"
    "}};\n",
    "sql": "select {a}, count(*) as {b}\nfrom {c} join {d} using ({a})\nwhere {a} > {n} and {b} is not null\n"
    "group by {a} -- one row each\norder by {b} desc limit 20;\n",
    "json": '{{\n  "{a}": [{n}, 1.5, -2e3],\n  "{b}": {{"{c}": true, "{d}": null}},\n  "text": "a \\"word\\""\n}}\n',
    "bash": '#!/bin/sh\nset -eu\nfor {a} in *.{b}; do\n  [ -s "${a}" ] || continue  # empty\n'
    '  printf \'%s %d\\n\' "${a}" {n} >> "$HOME/{c}.{d}"\ndone\n',
}  # fmt: skip


def answer(characters: int, seed: int = 1) -> str:
    """A long answer: headings, paragraphs, lists, tables, quotes, maths and code in five languages."""
    chance = random.Random(seed)  # noqa: S311
    return _until(characters, lambda number: _section(chance, number), "# " + _phrase(chance, 4).capitalize() + "\n\n")


def code_answer(characters: int = 60_000, blocks: int = 22) -> str:
    """A long answer with so many blocks of code, evenly spread."""
    chance = random.Random(3)  # noqa: S311
    each = characters // blocks
    parts = []
    for number in range(blocks):
        before = _until(each // 2, lambda _: _paragraph(chance)).rstrip() + "\n\n"
        code = _fenced(list(_CODE)[number % len(_CODE)], _lines(chance, each - len(before) - 20, number))
        parts.append(before + code)
    return "".join(parts)


def table(rows: int = 1000, columns: int = 5) -> str:
    chance = random.Random(4)  # noqa: S311
    head = "| " + " | ".join(chance.choice(_WORDS).capitalize() for _ in range(columns)) + " |\n"
    rule = "|" + "|".join("---:" if column % 2 else "---" for column in range(columns)) + "|\n"
    return head + rule + "".join(_table_row(chance, number, columns) for number in range(rows))


def long_list(characters: int = 60_000) -> str:
    chance = random.Random(5)  # noqa: S311
    return _until(characters, lambda number: ("  " if number % 3 == 2 else "") + f"- {_sentence(chance)}\n")


def code(characters: int = 50_000, language: str = "python") -> str:
    """One block of code."""
    chance = random.Random(6)  # noqa: S311
    return _fenced(language, _until(characters, lambda _: _code(chance, language) + "\n"))


def question(text: str = "How do these differ?", number: int = 0, *images: ImageBlock) -> Message:
    return Message.from_user(text, images, id=f"q{number}", created=_BEGAN + 60 * number)


def reply(text: str, number: int = 1, **facts: Any) -> Message:
    """A complete answer, with its usage and price, unless `facts` say otherwise."""
    usual: dict[str, Any] = {
        "state": "complete",
        "model": MODEL,
        "server": "api.anthropic.com",
        "stop_reason": "end_turn",
        "usage": Usage(input_tokens=812, output_tokens=1 + len(text) // 4),
        "cost": "0.0127",
        "seconds": 8.0,
    }
    usual["content"] = (ReplyBlock({"type": "text", "text": text}),)
    return Message("assistant", id=f"a{number}", created=_BEGAN + 60 * number, **usual | facts)


@lru_cache(maxsize=4)
def conversation(messages: int, seed: int = 7) -> tuple[Message, ...]:
    """Questions and answers in turn, of one kilobyte on average; some questions are about pictures."""
    chance = random.Random(seed)  # noqa: S311
    made, pictures = [], 0
    for number in range(messages):
        if number % 2:
            made.append(reply(_short_answer(chance, chance.randrange(200, 3000)), number))
        else:
            shown = [_picture(pictures + 1 + one) for one in range(2)] if number % 10 == 0 else []
            pictures += len(shown)
            made.append(question(_until(chance.randrange(40, 700), lambda _: _sentence(chance) + " "), number, *shown))
    return tuple(made)


def _until(characters: int, more: Callable[[int], str], first: str = "") -> str:
    """Text of exactly so many characters."""
    parts, size, number = [first], len(first), 0
    while size < characters:
        parts.append(more(number))
        size += len(parts[-1])
        number += 1
    return "".join(parts)[:characters]


def _phrase(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words))


def _sentence(chance: random.Random) -> str:
    words = _phrase(chance, chance.randrange(6, 18)).split()
    words[2] = chance.choice(("**{}**", "*{}*", "`{}`", "~~{}~~", "{}", "{}")).format(words[2])
    if chance.random() < 0.15:
        words[4] = f"[{words[4]}](https://example.org/{words[0]}/{chance.randrange(999)})"
    if chance.random() < 0.08:
        words.append(chance.choice(_EMOJI))
    if chance.random() < 0.08:
        words[3] = f"${chance.choice(_FORMULAS)}$"
    return " ".join(words).capitalize() + "."


def _paragraph(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.06:
        return "".join(chance.choice(_CHINESE) for _ in range(120)) + "。\n\n"
    if kind < 0.1:
        return "".join(chance.choice(_JAPANESE) for _ in range(90)) + "。\n\n"
    if kind < 0.16:
        words = _HEBREW if kind < 0.13 else _ARABIC
        return " ".join(chance.choice(words) for _ in range(30)) + ".\n\n"
    return " ".join(_sentence(chance) for _ in range(chance.randrange(2, 6))) + "\n\n"


def _code(chance: random.Random, language: str) -> str:
    a, b, c, d = chance.sample(_WORDS, 4)
    return _CODE[language].format(a=a, b=b, c=c, d=d, n=chance.randrange(1000))


def _lines(chance: random.Random, characters: int, number: int) -> str:
    return _until(max(1, characters), lambda _: _code(chance, list(_CODE)[number % len(_CODE)]) + "\n")


def _fenced(language: str, lines: str) -> str:
    return f"```{language}\n{lines.rstrip()}\n```\n\n"


def _table_row(chance: random.Random, number: int, columns: int) -> str:
    cells = [str(number + 1), *(_phrase(chance, 1 + column % 3) for column in range(columns - 1))]
    return "| " + " | ".join(cells) + " |\n"


def _list(chance: random.Random, items: int) -> str:
    mark = chance.choice(("-", "1.", "- [x]"))
    return "".join(f"{mark} {_sentence(chance)}\n" for _ in range(items)) + "\n"


def _small_table(chance: random.Random) -> str:
    return "| part | before | after |\n|---|---:|---:|\n" + "".join(
        f"| {_phrase(chance, 2)} | {chance.randrange(9999)} | {chance.randrange(9999)} |\n" for _ in range(6)
    ) + "\n"  # fmt: skip


def _section(chance: random.Random, number: int) -> str:
    language = list(_CODE)[number % len(_CODE)]
    parts = [
        f"## {number + 1}. {_phrase(chance, 3).capitalize()}\n\n",
        _paragraph(chance) + _paragraph(chance),
        _list(chance, 5),
        _paragraph(chance) + _small_table(chance),
        f"$$\n{chance.choice(_FORMULAS)}\n$$\n\n" if number % 2 else f"> {_sentence(chance)}\n\n",
        _paragraph(chance) + _fenced(language, _code(chance, language) * 2),
        _paragraph(chance) + _paragraph(chance),
    ]
    return "".join(parts)


def _short_answer(chance: random.Random, characters: int) -> str:
    """Ends with a whole block, so it is a little longer."""
    parts, size = [], 0
    while size < characters:
        kind, language = chance.random(), chance.choice(list(_CODE))
        if kind < 0.6:
            part = _paragraph(chance)
        elif kind < 0.75:
            part = _list(chance, 4)
        elif kind < 0.85:
            part = _fenced(language, _code(chance, language))
        else:
            part = _small_table(chance) if kind < 0.92 else f"### {_phrase(chance, 3).capitalize()}\n\n"
        parts.append(part)
        size += len(part)
    return "".join(parts)


def _picture(number: int) -> ImageBlock:
    sha256 = f"{number % 24:064x}"
    return ImageBlock(
        number, f"view-{number}.png", sha256, "image/png", 1092, 728, 90_000, 1060, sha256, 2184, 1456, 120_000, "PNG"
    )
