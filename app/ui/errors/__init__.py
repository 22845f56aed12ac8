"""Errors in words: what happened and what to do, for the window and the command line alike.

Nothing here needs a display. Foreign text (names, addresses, a server's message) comes as plain text in one line.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import (
    CapReached,
    PictureError,
    ReplyLost,
    RequestRefused,
    ServerError,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreGone,
    StoreLocked,
    StoreLow,
    StoreTooNew,
    VisavisError,
)
from app.core.obstacle import obstacle
from app.ui.errors.answer import stop_words
from app.ui.errors.form import Action, Words, filled, tr
from app.ui.errors.money import money_words
from app.ui.errors.pictures import picture_words, refused_request_words, together
from app.ui.errors.server import free_reply_lost_words, server_words
from app.ui.figures import file_size

__all__ = ["Action", "Words", "refusals", "sentence", "stop_words", "words"]


def words(error: VisavisError) -> Words:
    """The words for any error of `app.core.errors`."""
    try:
        match error:
            case CapReached():
                return money_words(error)
            case PictureError():
                return picture_words(error)
            case RequestRefused():
                return refused_request_words(error)
            case ServerError():
                return server_words(error)
            case StoreError():
                return _store_words(error)
    except KeyError:  # it was stored by a newer version, with a reason that this one does not know
        pass
    return Words(tr("Something went wrong that this version has no words for."), tr("Try again."), ("retry",))


def sentence(error: VisavisError, *, charged: bool = True) -> str:
    """What happened and what to do, in one line; not `charged` where the request was one that costs nothing."""
    said = words(error)
    if isinstance(error, ReplyLost) and not charged:
        said = free_reply_lost_words(error)
    return f"{said.what} {said.remedy}"


def refusals(errors: Sequence[VisavisError]) -> list[str]:
    """What was dropped and cannot be used: one sentence for each kind, however many there are."""
    pictures = [error for error in errors if isinstance(error, PictureError)]
    others = [sentence(error) for error in errors if not isinstance(error, PictureError)]
    return [*together(pictures), *dict.fromkeys(others)]


def _store_words(error: StoreError) -> Words:
    match error:
        case StoreLocked():
            what = tr("The data folder %1 is in use by another Visavis.")
            remedy = tr("Use that one, or close it and start again.")
        case StoreGone():
            what = tr("The data folder %1 is not there.")
            remedy = tr("Connect its disk, or start Visavis and choose another folder.")
        case StoreTooNew():
            what = tr("The chats in %1 were written by a newer Visavis.")
            remedy = tr("Nothing was changed. Start the newer version.")
        case StoreDamaged():
            what = tr("The chats in %1 cannot be read, at least in part.")
            remedy = tr("Nothing was changed. There may be a backup: see Settings, Data, or start Visavis again.")
        case StoreFull() if obstacle(error) == "no_space":
            what = tr("The disk is full.")
            remedy = tr("Free some space and try again.")
        case StoreFull():
            what = tr("Nothing can be written to %1.")
            remedy = tr("Free some space or allow writing there, and try again.")
        case StoreLow():
            what = tr("Only %2 are left on the disk of %1.")
            remedy = tr("Free some space soon: on a full disk nothing more can be kept.")
        case _:
            what = tr("The chats in %1 could not be read or written.")
            remedy = tr("Try again.")
    # A path is told whole: it is the person's own, and to be looked up.
    path = "".join(c for c in error.path if c.isprintable())
    return Words(filled(what, path, file_size(getattr(error, "free_bytes", 0))), remedy)
