"""What is said about an attached picture: on its badge, under it, in its details and to a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QWidget

from app.conversation.attachment import DraftPicture
from app.core.cost import PictureCost
from app.core.cuts import Box, Place, Preset, place
from app.core.fit import Size, rule_of_thumb
from app.core.message import ImageBlock
from app.ui import figures
from app.ui.errors.form import filled
from app.ui.foreign_text import one_line
from app.ui.theme import Theme

translate = QCoreApplication.translate

NOTE: Final = " · "
"""Between a picture's sizes and each note on it."""
_LISTED: Final = 2
"""Names told of many."""
_LONGEST: Final = 40
"""Characters of a name in a running sentence."""
_DRAWN: Final = frozenset({"SVG", "PDF"})
"""Formats that have no pixels of their own."""
_KINDS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP"}


def shown_name(name: str) -> str:
    """A picture's name in one line, as harmless text."""
    return one_line(name) or translate("picture_facts", "Pasted picture")


def shown_title(title: str, pictures: int) -> str:
    """What a conversation with so many pictures is called, in one line, as harmless text."""
    return one_line(title) or (translate("picture_facts", "Untitled chat") if not pictures else shown_name(""))


def listed(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    told = [_shortened(shown_name(name)) for name in names[:_LISTED]]
    if len(names) > _LISTED:
        more = figures.count(len(names) - _LISTED)
        return filled(translate("picture_facts", "%1 and %2 more"), ", ".join(told), more)
    return filled(translate("picture_facts", "%1 and %2"), *told) if len(told) == _LISTED else "".join(told)


def kind(media_type: str) -> str:
    """A format as people call it."""
    return _KINDS.get(media_type, media_type)


def conversion(format_: str, media_type: str) -> str:
    """From which format to which other one; empty where it stayed the same."""
    sent = kind(media_type)
    return f"{format_} → {sent}" if sent and format_ and sent != format_ else ""


def done(format_: str, notes: Sequence[str], media_type: str) -> list[str]:
    """All that `app.core.image.prepare` and `app.core.refit` did with a picture that came in this format and goes in
    that one, a line each."""
    drawn = translate("picture_facts", "Drawn from %1").replace("%1", format_)
    words = {
        "refitted": translate("picture_facts", "Made anew from the original"),
        "turned": translate("picture_facts", "Turned upright"),
        "drawn": drawn,
        "resized": translate("picture_facts", "Made smaller"),
        "first_frame": translate("picture_facts", "First frame only"),
        "srgb": translate("picture_facts", "Colours converted to sRGB"),
        "eight_bits": translate("picture_facts", "16 → 8 bits per channel"),
        "flattened": _capital(_filled(notes)),
    }
    converted = conversion(format_, media_type)
    if "drawn" in notes:  # in the size that is sent: nothing was there to be made smaller, nor to be converted
        del words["resized"]
        converted = ""
    return [
        *([converted] if converted else []),
        *(text for note, text in words.items() if note in notes),
        translate("picture_facts", "Compressed anew")
        if "reencoded" in notes
        else translate("picture_facts", "Not compressed again"),
        translate("picture_facts", "Metadata removed"),
    ]


def preset_name(preset: Preset) -> str:
    """What a way of sending is called."""
    return {
        "cheap": translate("picture_facts", "Cheap"),
        "auto": translate("picture_facts", "Auto"),
        "tiles": translate("picture_facts", "Tiles"),
        "region": translate("picture_facts", "Region"),
    }[preset]


def badge(picture: DraftPicture, dollars: Decimal | None) -> str:
    """Tokens and what the picture adds to the next request; a dash where the model has no known price."""
    if goes_as_words(picture):
        return figures.tokens(0)
    at_most = "≤ " if picture.unseen else ""
    return f"{at_most}{figures.tokens(picture.tokens)} · {_money(dollars)}"


def goes_as_words(picture: DraftPicture) -> bool:
    """Whether a sentence goes in the picture's place: an earlier one is the same."""
    return bool(picture.same_as) and not picture.source.again


def size_line(picture: DraftPicture) -> str:
    """What goes of the picture, and in which size."""
    if picture.unseen:
        return translate("picture_facts", "link, size unknown")
    if picture.sent is None:
        return ""
    if goes_as_words(picture):
        return translate("picture_facts", "same picture as Image %1").replace("%1", str(picture.same_as))
    return parts(picture) or _sizes(picture, picture.sent)


def parts(picture: DraftPicture) -> str:
    """Of a picture that is sent in parts: which; empty for one that goes whole."""
    cuts = picture.aim.cuts if picture.aim else ()
    if len(cuts) < 2:
        return ""
    box = cuts[-1].box if cuts[-1].kind == "region" else None
    return _parts(len(cuts) - 1, box, Size(picture.width, picture.height))


def sent_parts(images: Sequence[ImageBlock]) -> str:
    """The same of a picture that was sent, by its blocks."""
    if len(images) < 2:
        return ""
    last = images[-1]
    box = last.box if last.kind == "region" else None
    return _parts(len(images) - 1, box, Size(last.original_width, last.original_height))


def _parts(count: int, region: Box | None, whole: Size) -> str:
    if region is not None:
        where = _place(place(region, whole))
        return translate("picture_facts", "overview + region, %1").replace("%1", where)
    words = (
        translate("picture_facts", "overview + 1 tile")
        if count == 1
        else translate("picture_facts", "overview + %1 tiles")
    )
    return words.replace("%1", figures.count(count))


def note_line(picture: DraftPicture, *, short: bool = False) -> str:
    """What else was done to the picture, as far as it changes what the model sees; `short` in fewer letters."""
    if picture.unseen:
        return translate("picture_facts", "at most this price")
    if goes_as_words(picture):
        return translate("picture_facts", "a sentence goes instead")
    return NOTE.join(_notes(picture, short=short))


def spoken(number: int, picture: DraftPicture, dollars: Decimal | None) -> str:
    """The row in one sentence."""
    name = translate("picture_facts", "Picture %1").replace("%1", str(number)) + ", " + shown_name(picture.name)
    if picture.sent is None and not picture.unseen:
        return name + ", " + translate("picture_facts", "being read")
    told = [name, _spoken_sizes(picture)]
    if notes := note_line(picture):
        told += notes.split(NOTE)
    if not goes_as_words(picture):
        tokens = translate("picture_facts", "%1 tokens").replace("%1", figures.count(picture.tokens))
        price = translate("picture_facts", "price unknown") if dollars is None else figures.dollars(dollars)
        told += [tokens, price]
    return ", ".join(told)


def details(picture: DraftPicture, cost: PictureCost | None) -> list[tuple[str, str]]:
    """Everything known, as pairs of a caption and its value."""
    rows = [(translate("picture_facts", "Name"), shown_name(picture.name))]
    if picture.source.url:
        rows.append((translate("picture_facts", "Link"), one_line(picture.source.url)))
    if picture.unseen:
        rows.append((translate("picture_facts", "Size"), translate("picture_facts", "unknown; the server fetches it")))
        at_most = translate("picture_facts", "at most %1").replace("%1", figures.count(picture.tokens))
        rows.append((translate("picture_facts", "Tokens"), at_most))
    if picture.sent is None:
        return rows
    rows.append((translate("picture_facts", "Size"), _sizes(picture, picture.sent)))
    rows.append((translate("picture_facts", "File"), f"{picture.format}, {figures.file_size(picture.file_bytes)}"))
    if goes_as_words(picture):
        return [*rows, (translate("picture_facts", "Sent as"), size_line(picture))]
    if picture.state == "ready" and picture.images:
        rows += _sent(picture)
    rows.append((translate("picture_facts", "Tokens"), _both_counts(picture, picture.sent)))
    return rows + _prices(cost)


def tooltip(picture: DraftPicture, cost: PictureCost | None) -> str:
    """The details as a tooltip, in which a file name cannot be markup."""
    rows = "".join(f"<tr><td>{escape(a)}&nbsp;&nbsp;</td><td>{escape(b)}</td></tr>" for a, b in details(picture, cost))
    return f"<table>{rows}</table>"


class PictureDetails(QDialog):
    """The details of one picture, beside the work and not in its way."""

    def __init__(self, theme: Theme, picture: DraftPicture, cost: PictureCost | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Picture details"))
        form = QFormLayout(self)
        form.setContentsMargins(24, 24, 24, 24)
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(8)
        for caption, value in details(picture, cost):
            name, fact = QLabel(caption), QLabel(value)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            name.setFont(theme.font("secondary"))
            name.setStyleSheet(f"color: {theme.tokens.text2};")
            fact.setFont(theme.font("secondary"))
            fact.setTextFormat(Qt.TextFormat.PlainText)
            fact.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            fact.setWordWrap(True)
            fact.setMinimumWidth(theme.px(340))
            fact.setAccessibleName(f"{caption}: {value}")
            form.addRow(name, fact)


def _sent(picture: DraftPicture) -> list[tuple[str, str]]:
    """How it goes over the wire."""
    first = picture.images[0]
    size = figures.file_size(sum(image.sent_bytes for image in picture.images))
    told = (parts(picture), kind(first.media_type), size)
    rows = [(translate("picture_facts", "Sent as"), ", ".join(part for part in told if part))]
    if picture.source.url:
        return rows  # the server fetches it itself
    made = done(picture.format, first.notes, first.media_type)
    return [*rows, (translate("picture_facts", "Done"), NOTE.join(made))]


def _prices(cost: PictureCost | None) -> list[tuple[str, str]]:
    if cost is None:
        return [(translate("picture_facts", "Price"), translate("picture_facts", "not known for this model"))]
    return [
        (translate("picture_facts", "Input price"), figures.dollars(cost.input)),
        (translate("picture_facts", "Cache write"), figures.dollars(cost.cache_write)),
        (translate("picture_facts", "Each later turn"), figures.dollars(cost.cache_read)),
    ]


def _sizes(picture: DraftPicture, sent: Size) -> str:
    whole = figures.size(picture.width, picture.height)
    return whole if sent == (picture.width, picture.height) else f"{whole} → {figures.size(*sent)}"


def _both_counts(picture: DraftPicture, sent: Size) -> str:
    """The guide's approximation beside what will be billed; of parts together there is none."""
    if parts(picture):
        return figures.count(picture.tokens)
    words = translate("picture_facts", "exact %2 · guide's rule of thumb ≈ %1")
    return words.replace("%1", figures.count(rule_of_thumb(*sent))).replace("%2", figures.count(picture.tokens))


def _spoken_sizes(picture: DraftPicture) -> str:
    if picture.sent is None or goes_as_words(picture):
        return size_line(picture)
    sizes = _spoken_size(picture.width, picture.height)
    sent = parts(picture) or (_spoken_size(*picture.sent) if picture.sent != (picture.width, picture.height) else "")
    return sizes + (", " + translate("picture_facts", "sent as %1").replace("%1", sent) if sent else "")


def _spoken_size(width: int, height: int) -> str:
    return translate("picture_facts", "%1 by %2").replace("%1", str(width)).replace("%2", str(height))


def _notes(picture: DraftPicture, *, short: bool) -> list[str]:
    """What people can see of it, the weightiest first; resizing shows in the sizes."""
    if not picture.images:
        return []
    link = [translate("picture_facts", "link")] if picture.source.url else []
    image = picture.images[0]
    return link + _changes(picture.format, "" if picture.source.url else image.media_type, image.notes, short=short)


def changes(image: ImageBlock, *, short: bool = False) -> list[str]:
    """What was done to a picture that was sent, as far as people can see it; resizing shows in the sizes."""
    return _changes(image.original_format, "" if image.url else image.media_type, image.notes, short=short)


def _changes(format_: str, media_type: str, notes: Sequence[str], *, short: bool) -> list[str]:
    found = []
    if format_ in _DRAWN:
        found.append(translate("picture_facts", "drawn from %1").replace("%1", format_))
    elif media_type and (converted := conversion(format_, media_type)):
        found.append(converted)
    words = {
        "turned": (translate("picture_facts", "turned upright"), translate("picture_facts", "upright")),
        "first_frame": (translate("picture_facts", "first frame only"), translate("picture_facts", "first frame")),
        "flattened": (_filled(notes), translate("picture_facts", "filled")),
        "srgb": (translate("picture_facts", "to sRGB"), translate("picture_facts", "sRGB")),
        "eight_bits": (translate("picture_facts", "16 → 8 bits per channel"), translate("picture_facts", "8 bits")),
    }
    return found + [words[note][short] for note in words if note in notes]


def _filled(notes: Sequence[str]) -> str:
    """With which colour; of pictures of earlier versions that is not known."""
    words = {
        "on_white": translate("picture_facts", "transparency filled with white"),
        "on_black": translate("picture_facts", "transparency filled with black"),
        "on_grey": translate("picture_facts", "transparency filled with grey"),
        "on_magenta": translate("picture_facts", "transparency filled with magenta"),
    }
    found = next((text for note, text in words.items() if note in notes), "")
    return found or translate("picture_facts", "transparency filled")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _place(where: Place) -> str:
    return {
        "top left": translate("picture_facts", "top left"),
        "top": translate("picture_facts", "top"),
        "top right": translate("picture_facts", "top right"),
        "left": translate("picture_facts", "left"),
        "centre": translate("picture_facts", "centre"),
        "right": translate("picture_facts", "right"),
        "bottom left": translate("picture_facts", "bottom left"),
        "bottom": translate("picture_facts", "bottom"),
        "bottom right": translate("picture_facts", "bottom right"),
        "whole": translate("picture_facts", "all of it"),
    }[where]


def _money(dollars: Decimal | None) -> str:
    return "–" if dollars is None else figures.dollars(dollars)


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    return name[: _LONGEST // 2] + "…" + name[-_LONGEST // 2 + 1 :]
