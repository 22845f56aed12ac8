"""What the ledger knows of a request: before it leaves, after it has ended, and summed up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from app.core.message import Usage

Kind = Literal["message", "count", "models", "upload", "files", "delete", "fetch"]
"""What a request was for; all but "message" are free."""
State = Literal["sent", "complete", "stopped", "interrupted", "failed"]
""" "sent": on its way, or nobody has seen its end."""
Period = Literal["day", "month", "conversation"]


class Caps(NamedTuple):
    """The most that may be spent, in USD; None where there is no cap. Days and months are the person's own."""

    day: Decimal | None = None
    month: Decimal | None = None
    conversation: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request before it leaves."""

    kind: Kind
    server: str = ""
    """The host, or "practice"."""
    model: str = ""
    conversation: str = ""
    """Id; empty for what belongs to none."""
    message: str = ""
    """Id of the answer that is asked for."""
    ahead: Decimal | None = Decimal(0)
    """USD it will probably cost; None where the model's price is not known."""
    at_most: Decimal | None = Decimal(0)
    """USD it can cost at most; None where the model's price is not known."""
    practice: bool = False
    """Asks no server. Its amounts are what it would cost."""


@dataclass(frozen=True, slots=True)
class PictureShare:
    """One picture of a request, and what it had of the cost."""

    number: int
    sha256: str
    """Of the original; empty where nobody is to know later which it was."""
    tokens: int
    cost: Decimal | None
    """USD; None where the model's price is not known."""
    page: int = 0
    """Of a document, from 1; 0 for a picture by itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request."""

    state: State
    seconds: float = 0.0
    usage: Usage | None = None
    cost: Decimal | None = Decimal(0)
    """USD; None where it is not known: it then counts as the most it can have been."""
    exact: bool = True
    """Whether the cost is what the server counted, and not an estimate (a stopped or failed answer)."""
    saved: Decimal | None = None
    """USD that caching saved in comparison with none; negative where more was written than read. None: not known."""
    pictures: tuple[PictureShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger."""

    id: str
    created: float
    """Seconds since the epoch."""
    call: Call
    outcome: Outcome
    title: str = ""
    """Of the conversation; empty where it is gone."""
    pictures: int = 0

    @property
    def amount(self) -> Decimal | None:
        """USD it counts for: its cost, or the most it can have cost while that is not known."""
        return self.outcome.cost if self.outcome.cost is not None else self.call.at_most


class Group(NamedTuple):
    """Entries together."""

    key: str
    """The day (2026-11-21), or the id of a conversation or model, or a picture's `thumbnail_key`."""
    name: str
    """A conversation's title; otherwise empty."""
    model: str
    requests: int
    pictures: int
    tokens: int
    """Of prompts and answers together; of a picture, its own."""
    cost: Decimal
    """USD."""
    exact: bool
    """Whether all of the cost is what the servers counted."""
    saved: Decimal
    unpriced: int = 0
    """Requests (of a picture: its shares) that nobody knows the cost of; they are not in `cost`."""
    conversation: str = ""
    """Of a picture: the id of that in which it went last."""


class Picture(NamedTuple):
    """What a conversation knows of a picture that went in it."""

    name: str
    """Empty for a pasted one."""
    thumbnail: str
    """The key of its thumbnail in the store."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are looked at; whatever is empty is not asked for."""

    since: float = 0.0
    until: float = float("inf")
    """Seconds since the epoch."""
    model: str = ""
    conversation: str = ""
    text: str = ""
    """Within a conversation's title or a model's id, in any case of letters."""
    models: tuple[str, ...] = ()
    """Ids of models that the text means besides, since it stands in their names."""
    practice: bool = False
    """Practice alone, or all but practice."""
    paid_only: bool = False
    """Leave out what is free by its kind."""
