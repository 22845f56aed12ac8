"""Markdown text → its top-level blocks, incrementally: what is finished never changes, however the text goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["prose", "code", "table"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a text, or a part of one that is too long to be laid out at once."""

    kind: Kind
    text: str
    """Prose and tables: Markdown that means the same by itself. Code: its lines, without the fence."""
    info: str = ""
    """Code: the words behind the opening fence."""
    number: int = 0
    """Which block of the text it is, from 0; the parts of one share it."""
    start: int = 0
    """Where it begins in the text, in characters."""
    end: int = 0
    """Where what belongs to it ends."""
    plain: bool = False
    """Its text is shown as it is and not read as Markdown."""
    first: bool = True
    """Whether its block begins with it."""
    last: bool = True
    """Whether its block ends with it."""
