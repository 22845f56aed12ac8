"""The words of the context shelf: what its pictures cost, and what a change of them costs and saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QCoreApplication

from app.core.shelf import Change, Row, Shelf
from app.ui import figures
from app.ui.picture_facts import shown_name

translate = QCoreApplication.translate

Deed = Literal["keep", "describe", "leave_out"]


def summary(shelf: Shelf, *, free: bool) -> str:
    """How many pictures there are, and what they cost: "7 pictures · $0.0021 a turn"."""
    count, going = len(shelf.rows), sum(row.state == "kept" for row in shelf.rows)
    pictures = translate("shelf", "1 picture") if count == 1 else translate("shelf", "%1 pictures")
    if going < count:
        pictures = translate("shelf", "%2 of 1 picture") if count == 1 else translate("shelf", "%2 of %1 pictures")
    pictures = pictures.replace("%1", figures.count(count)).replace("%2", figures.count(going))
    if free or shelf.next is None:
        cost = translate("shelf", "%1 a turn").replace("%1", figures.tokens(shelf.tokens))
    elif shelf.next == shelf.later:
        cost = translate("shelf", "%1 a turn").replace("%1", figures.dollars(shelf.next))
    else:
        cost = translate("shelf", "%1 in the next message").replace("%1", figures.dollars(shelf.next))
    return f"{pictures} · {cost}"


def explained(shelf: Shelf, *, free: bool) -> str:
    """The same with all there is to know, in lines."""
    lines = [translate("shelf", "The earlier pictures of this chat go along with every message.")]
    if free:
        lines.append(translate("shelf", "Practice costs nothing."))
    elif shelf.next is not None and shelf.later is not None:
        ahead = translate("shelf", "They are %1 of the next message, and %2 of each later one while the cache is warm.")
        lines.append(ahead.replace("%1", figures.dollars(shelf.next)).replace("%2", figures.dollars(shelf.later)))
    return "\n".join(lines)


def state(row: Row) -> str:
    """What goes in the place of a picture, in a word or two; empty where it goes itself."""
    match row.state:
        case "described":
            return translate("shelf", "described")
        case "left_out":
            return translate("shelf", "left out")
        case "same_as":
            return translate("shelf", "same as %1").replace("%1", figures.count(row.same_as))
        case "silent":
            return translate("shelf", "not sent")
    return ""


def facts(row: Row, *, free: bool) -> list[str]:
    """All that is known of a picture, in pieces."""
    known = [shown_name(row.name)]
    if row.state == "silent":
        return [*known, translate("shelf", "its turn was refused and does not go along")]
    if row.state != "kept":
        known.append(state(row))
    if row.state == "described":
        known.append(translate("shelf", "“%1”").replace("%1", row.form.words))
    known.append(figures.tokens(row.tokens))
    if row.cost is not None and not free:
        cached, fresh = translate("shelf", "next message %1, cached"), translate("shelf", "next message %1")
        known.append((cached if row.cached else fresh).replace("%1", figures.dollars(row.cost)))
    if row.spent:
        known.append(translate("shelf", "so far %1").replace("%1", figures.dollars(row.spent)))
    return known


def numbered(rows: Sequence[Row]) -> str:
    """ "Image 2", "Images 2 and 3", "5 pictures"."""
    numbers = [figures.count(row.number) for row in rows]
    match numbers:
        case [one]:
            return translate("shelf", "Image %1").replace("%1", one)
        case [one, two]:
            return translate("shelf", "Images %1 and %2").replace("%1", one).replace("%2", two)
    return translate("shelf", "%1 pictures").replace("%1", figures.count(len(numbers)))


def sentence(deed: Deed, rows: Sequence[Row], change: Change | None, shelf: Shelf, *, free: bool) -> str:
    """What it costs and saves to do that with the pictures of `rows`, before it is done."""
    doing = {
        "keep": translate("shelf", "Sending %1 along again"),
        "describe": translate("shelf", "Describing %1"),
        "leave_out": translate("shelf", "Leaving out %1"),
    }[deed].replace("%1", numbered(rows))
    if change is None:
        told = [translate("shelf", "What it saves is not known: the model has no known price.")]
    else:
        told = [f"{doing} {_effect(change)}"]
        if free:
            told.append(translate("shelf", "That is with a key: practice costs nothing."))
        if change.drops_thinking:
            told.append(translate("shelf", "Claude's earlier thinking is left out, too."))
    if deed != "keep" and (twins := _twins(rows, shelf)):
        goes = translate("shelf", "%1, the same picture, then goes itself.")
        go = translate("shelf", "%1, the same as these, then go themselves.")
        told.append((goes if len(twins) == 1 else go).replace("%1", numbered(twins)))
    return " ".join(told)


def _effect(change: Change) -> str:
    """The rest of a sentence that begins with what is done."""
    turns = change.pays_after
    if not change.next and not change.each_later:
        return translate("shelf", "changes no price.")
    if change.next > 0 > change.each_later and turns is not None:
        if change.rewritten:
            text = translate(
                "shelf",
                "costs %1 once, because what follows is written to the cache anew, and saves %2 each turn: %3",
            )
        else:
            text = translate("shelf", "costs %1 once and saves %2 each turn: %3")
        pays = (
            translate("shelf", "it pays after 1 turn.") if turns == 1 else translate("shelf", "it pays after %1 turns.")
        )
        text = text.replace("%3", pays.replace("%1", figures.count(turns)))
    elif change.next <= 0 and change.each_later <= 0:
        text = translate("shelf", "saves %1 in the next message and %2 in each later one.")
    elif change.next > 0 and change.rewritten:
        text = translate(
            "shelf",
            "costs %1 in the next message, as what follows is written to the cache anew, and %2 in each later one.",
        )
    elif change.next > 0:
        text = translate("shelf", "costs %1 in the next message and %2 in each later one.")
    else:
        text = translate(
            "shelf", "saves %1 in the next message, as it is in the cache still, and costs %2 in each later one."
        )
    once, later = figures.dollars(abs(change.next)), figures.dollars(abs(change.each_later))
    return text.replace("%1", once).replace("%2", later)


def _twins(rows: Sequence[Row], shelf: Shelf) -> list[Row]:
    """Pictures of which only a sentence went, as they are the same as one of these."""
    numbers = {row.number for row in rows if row.state == "kept"}
    return [row for row in shelf.rows if row.state == "same_as" and row.same_as in numbers and row not in rows]
