"""Messages as a tree that holds: unique ids, every message behind the one before it, no circles."""

from __future__ import annotations

import heapq
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from app.core.message import Message
from app.core.whole import Placed

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_id() -> str:
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def tree(found: Iterable[Placed]) -> tuple[Placed, ...]:
    """The messages in the order in which they came, but none before its parent.

    An id that cannot be one of ours, or is there already, becomes another. A message whose parent is not there, or
    follows it, stands behind the one that came before it.
    """
    placed = _with_ids(found)
    rows = {each.message.id: row for row, each in enumerate(placed)}
    children: dict[str, list[int]] = {}
    for row, each in enumerate(placed):
        children.setdefault(each.parent if each.parent in rows or not each.parent else "?", []).append(row)
    ordered: list[Placed] = []
    done: set[int] = set()
    waiting = sorted([*children.get("", ()), *children.get("?", ())])
    left = iter(range(len(placed)))
    while len(ordered) < len(placed):
        if not waiting:  # what is left goes round in circles
            waiting = [next(row for row in left if row not in done)]
        row = heapq.heappop(waiting)
        if row in done:
            continue
        message, parent = placed[row]
        stands = not parent or (parent in rows and rows[parent] in done)
        done.add(row)
        ordered.append(Placed(message, parent if stands else _last(ordered)))
        for child in children.get(message.id, ()):
            if child not in done:
                heapq.heappush(waiting, child)
    return tuple(ordered)


def chain(messages: Sequence[Message]) -> tuple[Placed, ...]:
    """Messages of which each follows the one before it."""
    return tree(
        Placed(message, before.id if before else "")
        for before, message in zip([None, *messages], messages, strict=False)
    )


def _with_ids(found: Iterable[Placed]) -> list[Placed]:
    placed: list[Placed] = []
    known: set[str] = set()
    for message, parent in found:
        fits = is_id(message.id) and message.id not in known
        placed.append(Placed(message if fits else replace(message, id=new_id()), parent))
        known.add(placed[-1].message.id)
    return placed


def _last(ordered: Sequence[Placed]) -> str:
    return ordered[-1].message.id if ordered else ""
