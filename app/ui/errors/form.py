"""The form that the words of an error take, and how foreign text is put into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QCoreApplication

from app.ui import figures
from app.ui.foreign_text import one_line

Action = Literal[
    "retry", "key", "practice", "take_along", "model", "settings", "attach", "shrink", "remove", "replace",
    "raise_day", "raise_month", "raise_conversation", "price", "remove_all",
]  # fmt: skip
"""What can be offered beside the words, as a button."""

_LONGEST: Final = 60
"""Characters of a name or an address in a sentence."""
_NAMED: Final = 3
"""Names that a list tells before it counts the rest."""
_DETAILS: Final = 500
_KEY: Final = re.compile(r"sk-[\w-]{8,}")


@dataclass(frozen=True)
class Words:
    """What a person reads of an error: plain text, every sentence with its full stop."""

    what: str
    """What happened."""
    remedy: str
    """What to do now."""
    actions: tuple[Action, ...] = ()
    """What can be done by a button, the best first."""
    details: str = ""
    """What the server said, for those who look closer; at most 500 characters."""


def tr(text: str) -> str:
    return QCoreApplication.translate("errors", text)


def filled(text: str, *values: str) -> str:
    """The text with its %1, %2 … replaced, in one go: a file name may hold a "%2" of its own."""
    return re.sub(r"%(\d)", lambda match: values[int(match[1]) - 1], text)


def harmless(text: str) -> str:
    """Foreign text in one line, without characters that are not seen or turn its direction, elided in the middle."""
    line = one_line(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]}…{line[1 - _LONGEST // 2 :]}"


def named(name: str) -> str:
    """A picture's name at the beginning of a sentence."""
    return harmless(name) or tr("The pasted picture")


def numbered(number: int | None, name: str) -> str:
    """A picture of the conversation."""
    image = filled(tr("Image %1"), str(number))
    return f"{image} ({harmless(name)})" if harmless(name) else image


def listed(names: Sequence[str]) -> str:
    """Names in a row: all of three, two of more."""
    if len(names) > _NAMED:
        *told, last = [*names[: _NAMED - 1], filled(tr("%1 more"), figures.count(len(names) - _NAMED + 1))]
    else:
        *told, last = names
    return filled(tr("%1 and %2"), ", ".join(told), last) if told else last


def details(*lines: str) -> str:
    """What a server said, as plain text without anything that looks like a key."""
    text = _KEY.sub("sk-…", "\n".join(line.strip() for line in lines if line.strip()))
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    return text if len(text) <= _DETAILS else text[: _DETAILS - 1] + "…"
