"""The words for pictures that cannot be used, and for requests that the API would refuse because of them."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from PySide6.QtCore import QDateTime

from app.core.errors import (
    AlreadyAttached,
    FormatUnsupported,
    LinkRefused,
    NotAPicture,
    Offence,
    OffenceKind,
    PictureCleared,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureTooSlow,
    PictureUnreadable,
    RequestRefused,
)
from app.ui import figures
from app.ui.errors.form import Action, Words, filled, harmless, listed, named, numbered, tr
from app.ui.errors.links import link_remedy, one_link, several_links


def picture_words(error: PictureError) -> Words:
    return Words(filled(_one(error), named(error.name)), _todo(error))


def together(errors: Sequence[PictureError]) -> list[str]:
    """Refused pictures grouped by kind, a sentence each, in the order of their first."""
    groups: dict[tuple[str, str], list[PictureError]] = {}
    for error in errors:
        groups.setdefault(_kind(error), []).append(error)
    return [_sentence(group) for group in groups.values()]


def _sentence(group: Sequence[PictureError]) -> str:
    first = group[0]
    if len(group) == 1:
        words = picture_words(first)
        return f"{words.what} {words.remedy}" if _is_folder(first) else words.what
    names = [harmless(error.name) or tr("a pasted picture") for error in group]
    if isinstance(first, PictureUnreadable) and first.reason in {"folder", "no_pictures"}:
        names = [filled(tr("“%1”"), name) for name in names]
    if isinstance(first, LinkRefused):
        names = list(dict.fromkeys(names))  # many links lead to one host
    return filled(_several(first), figures.count(len(group)), listed(names))


def _is_folder(error: PictureError) -> bool:
    """A folder is no mistake to be told of: its pictures are wanted, and the sentence says how to get at them."""
    return isinstance(error, PictureUnreadable) and error.reason == "folder"


def _kind(error: PictureError) -> tuple[str, str]:
    """Errors of one kind share one sentence."""
    match error:
        case PictureUnreadable():
            return "unreadable", error.reason
        case FormatUnsupported():
            return "format", error.format
        case PictureTooBig():
            return "big", "pixels" if error.width else "file" if error.file_bytes else "memory"
        case LinkRefused():
            return "link", error.reason
    return type(error).__name__, ""


def _one(error: PictureError) -> str:
    """What happened to one picture; %1 is its name."""
    match error:
        case PictureUnreadable():
            return {
                "missing": tr("%1 was not found."),
                "denied": tr("%1 may not be read."),
                "folder": tr("“%1” is a folder."),
                "special": tr("%1 is not a file."),
                "empty": tr("%1 is empty."),
                "failed": tr("%1 could not be read."),
                "password": tr("%1 is locked with a password."),
                "no_pictures": tr("“%1” has no pictures in it."),
            }[error.reason]
        case NotAPicture():
            return tr("%1 is not a picture.")
        case FormatUnsupported():
            known = {
                "linked SVG": tr(
                    "%1 refers to something outside itself, and Visavis loads nothing that a drawing asks for."
                ),
                "SVG with entities": tr("%1 declares entities, which are not read because they can hide other files."),
            }
            other = filled(tr("%1 is of a kind that Visavis does not take: %2."), "%1", error.format)
            return known.get(error.format, other)
        case PictureCleared():
            return filled(tr("%1: the original was removed on %2 to make room."), "%1", _day(error.when))
        case PictureDamaged():
            return tr("%1 is damaged or incomplete.")
        case PictureTooSlow():
            return tr("Opening %1 was ended: it took too much time or memory.")
        case AlreadyAttached():
            return filled(tr("%1 is the same picture as Image %2 and was not added again."), "%1", str(error.number))
        case LinkRefused():
            return one_link(error)
        case PictureTooBig() if error.width:
            size = f"{figures.count(error.width)}×{figures.count(error.height)}"
            return filled(tr("%1 has %2 pixels, more than can be opened safely."), "%1", size)
        case PictureTooBig() if error.file_bytes:
            sizes = figures.file_size(error.file_bytes), figures.file_size(error.limit_bytes)
            return filled(tr("%1 has %2, and the limit is %3."), "%1", *sizes)
        case PictureTooBig():
            return tr("%1 is too big to be opened safely.")
    return tr("%1 cannot be used.")


def _several(error: PictureError) -> str:
    """What happened to several pictures of one kind; %1 is their number, %2 their names."""
    match error:
        case PictureUnreadable():
            return {
                "missing": tr("%1 files were not found: %2."),
                "denied": tr("%1 files may not be read: %2."),
                "folder": tr("%1 are folders: %2. Open them and choose the pictures in them."),
                "special": tr("%1 are not files: %2."),
                "empty": tr("%1 files are empty: %2."),
                "failed": tr("%1 files could not be read: %2."),
                "password": tr("%1 files are locked with passwords: %2."),
                "no_pictures": tr("%1 folders have no pictures in them: %2."),
            }[error.reason]
        case NotAPicture():
            return tr("%1 files are not pictures: %2.")
        case FormatUnsupported():
            known = {
                "linked SVG": tr("%1 drawings refer to something outside themselves, which is not loaded: %2."),
                "SVG with entities": tr("%1 drawings declare entities, which are not read: %2."),
            }
            other = tr("%1 pictures are of a kind that Visavis does not take (%3): %2.")
            return known.get(error.format, filled(other, "%1", "%2", error.format))
        case PictureCleared():
            return tr("%1 originals were removed to make room: %2.")
        case PictureDamaged():
            return tr("%1 pictures are damaged or incomplete: %2.")
        case PictureTooSlow():
            return tr("Opening %1 pictures was ended, because it took too much time or memory: %2.")
        case AlreadyAttached():
            return tr("%1 pictures are here already and were not added again: %2.")
        case LinkRefused():
            return several_links(error)
        case PictureTooBig() if error.width:
            return tr("%1 pictures have more pixels than can be opened safely: %2.")
        case PictureTooBig() if error.file_bytes:
            limit = figures.file_size(error.limit_bytes)
            return filled(tr("%1 files are above the limit of %3: %2."), "%1", "%2", limit)
        case PictureTooBig():
            return tr("%1 pictures are too big to be opened safely: %2.")
    return tr("%1 pictures cannot be used: %2.")


def _todo(error: PictureError) -> str:
    match error:
        case PictureUnreadable():
            return {
                "missing": tr("Check where it is now and add it again."),
                "denied": tr("Allow reading it, or add a copy from a folder of yours."),
                "folder": tr("Open it and choose the pictures in it."),
                "special": tr("Add a picture file instead."),
                "empty": tr("Save or download it again."),
                "failed": tr("Copy it to this computer and add the copy."),
                "password": tr("Save a copy without the password and add that."),
                "no_pictures": tr("Choose another folder, or pictures themselves."),
            }[error.reason]
        case FormatUnsupported() | PictureTooSlow():
            return tr("Save it as JPEG or PNG and add that.")
        case PictureCleared():
            return tr("What was sent of it is kept. Add the picture again for more.")
        case PictureDamaged():
            return tr("Save or download it again.")
        case PictureTooBig():
            return tr("Make it smaller and add it again.")
        case AlreadyAttached():
            return tr("Nothing needs to be done: it goes once.")
        case LinkRefused():
            return link_remedy(error)
    return tr("Add a JPEG, PNG, GIF, WebP, HEIC, AVIF, TIFF, BMP, ICO, SVG or PDF file.")


def _day(seconds: float) -> str:
    return figures.date(QDateTime.fromSecsSinceEpoch(int(seconds)).date())


# --- what the preflight found -------------------------------------------------------------------

_MADE_ANEW: Final[frozenset[OffenceKind]] = frozenset(
    {"edge", "edge_of_many", "edge_of_tier", "picture_bytes", "media_type"}
)
"""Wrong with a picture's bytes; others can be made of the original, smaller."""
_OF_PICTURES: Final = _MADE_ANEW | {"missing_picture", "expired_file", "link"}


def refused_request_words(error: RequestRefused) -> Words:
    # A picture that goes in parts may offend with each of them, and is told once.
    groups: dict[OffenceKind, dict[tuple[int | None, str], Offence]] = {}
    for offence in error.offences:
        groups.setdefault(offence.kind, {}).setdefault((offence.picture, offence.name), offence)
    what = " ".join(_offence(kind, list(group.values())) for kind, group in groups.items())
    pictures = {picture for group in groups.values() for picture, _ in group}
    return Words(what or tr("This message cannot be sent."), *_way_on(set(groups), len(pictures)))


def _mending(kinds: AbstractSet[OffenceKind]) -> tuple[str, tuple[Action, ...]]:
    """What can be done about one picture of the conversation that cannot go as it is."""
    if kinds <= _MADE_ANEW:
        return tr("Make it smaller, leave it out or replace it."), ("shrink", "remove", "replace")
    return tr("Leave it out or replace it."), ("remove", "replace")


def _way_on(kinds: AbstractSet[OffenceKind], pictures: int) -> tuple[str, tuple[Action, ...]]:
    if kinds == {"empty"}:
        return tr("Write something or add a picture."), ("attach",)
    if kinds and kinds <= _OF_PICTURES:
        if pictures == 1:
            return _mending(kinds)
        if kinds == {"missing_picture"}:  # in a new chat they would be missing, too
            return tr("Leave them out; what you have written stays."), ("remove_all",)
        text = tr("Leave them out, or go on in a new chat that takes the pictures along.")
        return text, ("remove_all", "take_along")
    if "context" in kinds:
        text = tr("Choose a model that takes more, or go on in a new chat that takes the pictures along.")
        return text, ("model", "take_along")
    text = tr("Remove pictures from this message, or go on in a new chat that takes them along; there you can choose.")
    return text, ("take_along",)


def _offence(kind: OffenceKind, group: Sequence[Offence]) -> str:
    """One kind of offence in a sentence."""
    first = group[0]
    value, limit = figures.count(first.value), figures.count(first.limit)
    match kind:
        case "too_many_pictures":
            return filled(tr("This chat has %1 pictures, and the model takes %2."), value, limit)
        case "request_bytes":
            sizes = figures.file_size(first.value), figures.file_size(first.limit)
            return filled(tr("Pictures and text together have %1, and the limit is %2."), *sizes)
        case "context":
            return filled(tr("This chat has about %1 tokens, and the model takes %2."), value, limit)
        case "empty":
            return tr("There is nothing to send.")
        case "picture_bytes":
            value, limit = _decoded_size(first.value), _decoded_size(first.limit)
    one, several = _of_pictures(kind)
    names = listed([numbered(offence.picture, offence.name) for offence in group])
    return filled(one if len(group) == 1 else several, names, value, limit)


def _of_pictures(kind: OffenceKind) -> tuple[str, str]:
    """Of one picture and of several; %1 are their names, %2 is the first one's size, %3 the limit."""
    return {
        "edge": (
            tr("%1 has an edge of %2 pixels, and the limit is %3."),
            tr("%1 have an edge above %3 pixels."),
        ),
        "edge_of_many": (
            tr("%1 has an edge of %2 pixels, and with this many pictures the limit is %3."),
            tr("%1 have an edge above %3 pixels, the limit with this many pictures."),
        ),
        "edge_of_tier": (
            tr("%1 is larger than the model takes without shrinking it."),
            tr("%1 are larger than the model takes without shrinking them."),
        ),
        "picture_bytes": (tr("%1 has %2, and the limit is %3."), tr("%1 have more than %3 each.")),
        "media_type": (
            tr("%1 is kept under the name of another format."),
            tr("%1 are kept under the names of other formats."),
        ),
        "missing_picture": (
            tr("%1 is missing from the data folder."),
            tr("%1 are missing from the data folder."),
        ),
        "expired_file": (tr("%1 has expired on the server."), tr("%1 have expired on the server.")),
        "link": (
            tr("%1 is a link, and this server takes none."),
            tr("%1 are links, and this server takes none."),
        ),
    }[kind]


def _decoded_size(characters: int) -> str:
    """Bytes of a picture that has this many base64 characters."""
    return figures.file_size(characters * 3 // 4)
