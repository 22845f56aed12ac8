"""A Markdown text as pieces that are small enough for any reader, each as the tokens of markdown-it.

No HTML is known, no picture is loaded, and only the addresses of web pages and mail are links; all else is words. A
task is told by the `meta` of its item, and a token "task" begins its words: an empty box or one that is ticked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from app.core import formulas
from app.core.blocks import Block, Blocks, joined
from app.core.formulas import Formula

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DEEPEST: Final = 40
_BOXES: Final = {"[ ] ": "☐", "[x] ": "☑", "[X] ": "☑"}


@dataclass(frozen=True, slots=True)
class Plain:
    """Words that are not read as Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    language: str
    """As it is written behind the fence; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown. A formula in it is a token "formula" within words, its source as written as the content.

    Its `meta` has "tex", without the marks, and whether it stands by itself: "display".
    """

    tokens: tuple[Token, ...]


Piece = Plain | Code | Prose


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of a text that is whole, in order. Takes time linear in the text, whatever is in it."""
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()
    for _, group in groupby(blocks.finished, key=lambda block: (block.kind == "code", block.number)):
        parts = list(group)
        if parts[0].kind == "code":
            yield Code(joined(parts), parts[0].info.split(" ")[0])
        else:
            for part in parts:
                yield _piece(part, "\n".join(blocks.definitions))


def is_safe(address: str) -> bool:
    """Whether it may be a link: a web page, or mail without attachments."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "mailto":
            return not any(key.lower().startswith("attach") for key in parse_qs(parts.query, keep_blank_values=True))
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _piece(block: Block, definitions: str) -> Piece:
    if block.plain:
        return Plain(block.text)
    found = formulas.find(block.text)
    text = formulas.protect(block.text, found)
    if definitions and "[" in text:
        text = f"{text}\n\n{definitions}"
    tokens = _parser().parse(text)
    _restore(tokens, found)
    _mark_tasks(tokens)
    return Prose(tuple(tokens))


@cache
def _parser() -> MarkdownIt:
    """Made when it is first needed: its import takes a tenth of a second."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    parser.validateLink = is_safe  # type: ignore[method-assign,assignment]  # as its documentation says
    return parser


def _mark_tasks(tokens: list[Token]) -> None:
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (item.type, paragraph.type, inline.type) != ("list_item_open", "paragraph_open", "inline"):
            continue
        first = next(iter(inline.children or ()), None)
        box = _BOXES.get(first.content[:4]) if first is not None and first.type == "text" else None
        if first is not None and box is not None:
            item.meta = {"task": True}
            inline.children = [first.copy(type="task", content=box), *(inline.children or ())]
            first.content = first.content[4:]


def _restore(tokens: list[Token], found: Sequence[Formula]) -> None:
    """Put the formulas back: as tokens of their own within words, as they were written anywhere else."""
    for token in tokens:
        for name, value in token.attrs.items():
            if isinstance(value, str):
                token.attrs[name] = _written(value, found)
        if token.children is not None:
            token.children = [each for child in token.children for each in _split(child, found)]
            _restore(token.children, found)
        elif token.type not in {"text", "formula"}:
            token.content = _written(token.content, found)


def _split(token: Token, formulas_: Sequence[Formula]) -> list[Token]:
    if token.type != "text" or not (marks := formulas.marks(token.content)):
        return [token]
    found, end = [], 0
    for start, behind, number in marks:
        found += [token.copy(content=token.content[end:start])] if start > end else []
        formula = formulas_[number]
        meta = {"tex": formula.tex, "display": formula.kind == "display"}
        found.append(token.copy(type="formula", content=formula.source, meta=meta))
        end = behind
    return [*found, *([token.copy(content=token.content[end:])] if end < len(token.content) else [])]


def _written(text: str, found: Sequence[Formula]) -> str:
    for start, end, number in reversed(formulas.marks(text)):
        text = text[:start] + found[number].source + text[end:]
    return text
