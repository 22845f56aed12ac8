"""The words for pictures that cannot be used, and for requests that the API would refuse because of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from app.core.errors import (
    FormatUnsupported,
    NotAPicture,
    Offence,
    OffenceKind,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureUnreadable,
    RequestRefused,
)
from app.ui import figures
from app.ui.errors.form import Action, Words, filled, harmless, listed, named, tr


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
    if _is_folder(first):
        names = [filled(tr("“%1”"), name) for name in names]
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
            }[error.reason]
        case NotAPicture():
            return tr("%1 is not a picture.")
        case FormatUnsupported():
            return filled(tr("%1 is in %2 format; Visavis takes JPEG, PNG, GIF and WebP."), "%1", error.format)
        case PictureDamaged():
            return tr("%1 is damaged or incomplete.")
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
            }[error.reason]
        case NotAPicture():
            return tr("%1 files are not pictures: %2.")
        case FormatUnsupported():
            text = tr("%1 pictures are in %3 format, and Visavis takes JPEG, PNG, GIF and WebP: %2.")
            return filled(text, "%1", "%2", error.format)
        case PictureDamaged():
            return tr("%1 pictures are damaged or incomplete: %2.")
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
            }[error.reason]
        case FormatUnsupported():
            return tr("Save it as one of these and add it again.")
        case PictureDamaged():
            return tr("Save or download it again.")
        case PictureTooBig():
            return tr("Make it smaller and add it again.")
    return tr("Add a JPEG, PNG, GIF or WebP picture.")


# --- what the preflight found -------------------------------------------------------------------

_TAKE_ALONG: Final[frozenset[OffenceKind]] = frozenset({"edge", "edge_of_many", "picture_bytes", "missing_picture"})
"""A new chat prepares the pictures again from what was dropped, which mends these."""


def refused_request_words(error: RequestRefused) -> Words:
    groups: dict[OffenceKind, list[Offence]] = {}
    for offence in error.offences:
        groups.setdefault(offence.kind, []).append(offence)
    what = " ".join(_offence(kind, group) for kind, group in groups.items())
    return Words(what or tr("This message cannot be sent."), *_way_on(groups))


def _way_on(groups: Mapping[OffenceKind, Sequence[Offence]]) -> tuple[str, tuple[Action, ...]]:
    kinds = set(groups)
    if kinds == {"empty"}:
        return tr("Write something or add a picture."), ("attach",)
    if kinds and kinds <= _TAKE_ALONG:
        one = tr("Remove it if it is in this message, or go on in a new chat that takes the pictures along.")
        several = tr("Remove those in this message, or go on in a new chat that takes the pictures along.")
        return one if sum(map(len, groups.values())) == 1 else several, ("take_along",)
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
        case "missing_picture":
            one, several = tr("%1 is missing from the data folder."), tr("%1 are missing from the data folder.")
            return _of_pictures(group, one, several, str, "")
        case "edge":
            one = tr("%1 has an edge of %2 pixels, and the limit is %3.")
            return _of_pictures(group, one, tr("%1 have an edge above %3 pixels."), figures.count, limit)
        case "edge_of_many":
            one = tr("%1 has an edge of %2 pixels, and with this many pictures the limit is %3.")
            several = tr("%1 have an edge above %3 pixels, the limit with this many pictures.")
            return _of_pictures(group, one, several, figures.count, limit)
        case "picture_bytes":
            limit = _decoded_size(first.limit)
            one = tr("%1 has %2, and the limit is %3.")
            return _of_pictures(group, one, tr("%1 have more than %3 each."), _decoded_size, limit)
    raise KeyError(kind)


def _of_pictures(group: Sequence[Offence], one: str, several: str, shown: Callable[[int], str], limit: str) -> str:
    names = listed([_numbered(offence) for offence in group])
    return filled(one if len(group) == 1 else several, names, shown(group[0].value), limit)


def _numbered(offence: Offence) -> str:
    image = filled(tr("Image %1"), str(offence.picture))
    return f"{image} ({harmless(offence.name)})" if harmless(offence.name) else image


def _decoded_size(characters: int) -> str:
    """Bytes of a picture that has this many base64 characters."""
    return figures.file_size(characters * 3 // 4)
