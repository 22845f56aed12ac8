"""Documents of Markdown, made from a number: adversarial ones of fragments, and answers as a model writes them."""

from __future__ import annotations

import random
from typing import Final

FRAGMENTS: Final = (
    "para text\n", "lazy\n", "word ", " ", "\n", "\n\n", "  \n", "\r\n", "crlf\r\n", "\x0c\n", "日本語\n",
    "*em* **b**\n", "code `a\n", "text\\\n", "<div>\n", "</div>\n", "`", "~", "|", "-", "=", "[", "#",
    "# h\n", "#x\n", "---\n", "===\n", "***\n", "* * *\n", "_ _ _\n",
    "- a\n", "- b\n  - c\n", "* a\n\n  b\n", "+ item\n", "-\n", "1.\n", "1. x\n", "7) y\n", "2. z\n", "   cont\n",
    "```python\n", "```\n", "~~~\n", "```js\nx\n```\n", "- ```\n  in list\n  ```\n", "  ```\n  in\n  ```\n",
    "    indented\n", "\tdeep\n", "> q\n", ">\n", "> - r\n", "> ```\n", "> a | b\n",
    "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "a | b\n---|---\n", "- x | y\n",
    "[x]: http://y\n", "[z]:\n", "/url\n", "'title\n", "end'\n",
)  # fmt: skip
FORMULAS: Final = ("$$\n", "$$x$$\n", "$$ a\n", "b $$\n", "\\[\n", "\\]\n", "\\[ y \\]\n", "$$ a $$ b\n", "$", "\\")

_WORDS: Final = "the model returns a stream of tokens and every partial reply is shown as it comes".split()  # noqa: SIM905


def fragments(number: int, *, formulas: bool = False) -> str:
    """An adversarial document."""
    source = random.Random(number)  # noqa: S311 - the same documents every time
    chosen = FRAGMENTS + FORMULAS if formulas else FRAGMENTS
    return "".join(source.choice(chosen) for _ in range(source.randint(3, 16)))


def pieces(text: str, number: int, most: int = 6) -> list[str]:
    """The text in pieces of 1 to `most` characters."""
    source = random.Random(number)  # noqa: S311
    found, at = [], 0
    while at < len(text):
        size = source.randint(1, most)
        found.append(text[at : at + size])
        at += size
    return found


def answer(size: int, number: int = 1) -> str:
    """An answer of so many characters, with everything that answers have."""
    source = random.Random(number)  # noqa: S311
    made, written = ["# A long answer\n\n"], 0
    while written < size:
        made.append(_section(source, len(made)))
        written += len(made[-1])
    return "".join(made)[:size]


def _sentence(source: random.Random, count: int = 12) -> str:
    words = [source.choice(_WORDS) for _ in range(count)]
    words[3], words[6] = f"**{words[3]}**", f"`{words[6]}`"
    if source.random() < 0.3:
        words[5] = f"[{words[5]}](https://example.com/{source.randrange(999)})"
    return " ".join(words).capitalize() + "."


def _section(source: random.Random, number: int) -> str:
    def prose(count: int) -> str:
        return " ".join(_sentence(source) for _ in range(count))

    items = "".join(f"- {_sentence(source)}\n" + (f"  - {_sentence(source)}\n" if i % 2 else "") for i in range(5))
    rows = "".join(f"| item {i} | {source.randrange(9999)} | {_sentence(source, 7)} |\n" for i in range(6))
    steps = "".join(f"{i + 1}. {_sentence(source)}\n\n   ```sh\n   run {i}\n   ```\n\n" for i in range(3))
    code = "".join(f"def f{i}(x):\n    # {source.choice(_WORDS)}\n\n    return x + {i}\n\n" for i in range(6))
    return (
        f"## Section {number}\n\n{prose(4)}\n\n{items}\n{prose(6)}\n\n日本語の文章がここにあります。\n\n"
        f"| name | value | note |\n|---|---:|---|\n{rows}\n{prose(3)}\n\n```python\n{code}```\n\n{steps}"
        f"> {_sentence(source)}\n\n$$\nx = {number}\n- y\n$$\n\n{prose(3)} See [the notes][{number}].\n\n"
        f"[{number}]: https://example.com/{number}\n\n---\n\n"
    )
