"""Foreign text (titles, names, what a server said) made fit to stand in a line of ours."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Final

from PySide6.QtCore import Qt

_JOINERS: Final = "\u200c\u200d"
"""Not seen either, but Persian words and many emoji are written with them."""


def one_line(text: str) -> str:
    """The text in one line, without characters that are not seen or turn its direction (RELIABILITY.md, 3.2)."""
    return " ".join("".join(_seen(character) for character in text).split())


def _seen(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return "" if unicodedata.category(character) == "Cf" else " "


def tip(text: str) -> str:
    """The text for a tooltip, which has no plain kind: what looks like markup there is read as markup."""
    return f"<qt>{escape(text)}</qt>" if "<" in text else text


def is_right_to_left(text: str) -> bool:
    """The text's own direction: that of its first letter."""
    directions = map(unicodedata.bidirectional, text)
    return next((direction for direction in directions if direction in {"L", "R", "AL"}), "L") != "L"


def direction_flag(text: str) -> Qt.TextFlag:
    """For a painter: writes a text from its own side, whatever the window's is."""
    flags = Qt.TextFlag
    return flags.TextForceRightToLeft if is_right_to_left(text) else flags.TextForceLeftToRight
