"""Places in texts as Qt counts them, in UTF-16 units: characters beyond the basic plane, emoji among them, are two."""

from __future__ import annotations


def units(text: str, place: int | None = None) -> int:
    """How many units there are before a place in a text, in characters; in all of it without one."""
    before = text if place is None else text[:place]
    return len(before) if text.isascii() else len(before) + sum(letter > "\uffff" for letter in before)


def part(text: str, start: int = 0, end: int | None = None) -> str:
    """The part of a text between two places in units; of a character that is cut in two U+FFFD stands there."""
    if text.isascii() or max(text) <= "\uffff":
        return text[start:end]
    coded = text.encode("utf-16-le", "surrogatepass")
    return coded[2 * start : None if end is None else 2 * end].decode("utf-16-le", "replace")
