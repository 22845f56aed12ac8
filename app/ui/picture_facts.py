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
from app.core.fit import Size, rule_of_thumb
from app.ui import figures
from app.ui.foreign_text import one_line
from app.ui.theme import Theme

translate = QCoreApplication.translate

NOTE: Final = " · "
"""Between a picture's sizes and each note on it."""
_LISTED: Final = 2
"""Names told of many."""
_LONGEST: Final = 40
"""Characters of a name in a running sentence."""
_KINDS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP"}


def shown_name(name: str) -> str:
    """A picture's name in one line, as harmless text."""
    return one_line(name) or translate("picture_facts", "Pasted picture")


def listed(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    told = ", ".join(_shortened(shown_name(name)) for name in names[:_LISTED])
    if len(names) <= _LISTED:
        return told
    more = translate("picture_facts", "%1 and %2 more").replace("%2", figures.count(len(names) - _LISTED))
    return more.replace("%1", told)


def kind(media_type: str) -> str:
    """A format as people call it."""
    return _KINDS.get(media_type, media_type)


def done(notes: Sequence[str]) -> list[str]:
    """All that `app.core.image.prepare` did, a line each."""
    words = {
        "turned": translate("picture_facts", "Turned upright"),
        "resized": translate("picture_facts", "Made smaller"),
        "first_frame": translate("picture_facts", "First frame only"),
        "srgb": translate("picture_facts", "Colours converted to sRGB"),
    }
    return [
        *(text for note, text in words.items() if note in notes),
        translate("picture_facts", "Compressed anew")
        if "reencoded" in notes
        else translate("picture_facts", "Not compressed again"),
        translate("picture_facts", "Metadata removed"),
    ]


def badge(tokens: int, dollars: Decimal | None) -> str:
    """Tokens and what the picture adds to the next request; a dash where the model has no known price."""
    return f"{figures.tokens(tokens)} · {_money(dollars)}"


def size_line(picture: DraftPicture) -> str:
    """What becomes of the picture's size, and what else was done to it."""
    if picture.sent is None:
        return ""
    return NOTE.join([_sizes(picture, picture.sent), *_notes(picture)])


def spoken(number: int, picture: DraftPicture, dollars: Decimal | None) -> str:
    """The row in one sentence."""
    name = translate("picture_facts", "Picture %1").replace("%1", str(number)) + ", " + shown_name(picture.name)
    if picture.sent is None:
        return name + ", " + translate("picture_facts", "being read")
    sizes = _spoken_size(picture.width, picture.height)
    if picture.sent != (picture.width, picture.height):
        sizes += ", " + translate("picture_facts", "sent as %1").replace("%1", _spoken_size(*picture.sent))
    tokens = translate("picture_facts", "%1 tokens").replace("%1", figures.count(picture.tokens))
    price = translate("picture_facts", "price unknown") if dollars is None else figures.dollars(dollars)
    return f"{name}, {sizes}, {tokens}, {price}"


def details(picture: DraftPicture, cost: PictureCost | None) -> list[tuple[str, str]]:
    """Everything known, as pairs of a caption and its value."""
    rows = [(translate("picture_facts", "Name"), shown_name(picture.name))]
    if picture.sent is None:
        return rows
    rows.append((translate("picture_facts", "Size"), _sizes(picture, picture.sent)))
    rows.append((translate("picture_facts", "File"), f"{picture.format}, {figures.file_size(picture.file_bytes)}"))
    if picture.state == "ready" and picture.images:
        size = figures.file_size(sum(image.sent_bytes for image in picture.images))
        sent = f"{kind(picture.images[0].media_type)}, {size}"
        rows.append((translate("picture_facts", "Sent as"), sent))
        rows.append((translate("picture_facts", "Done"), " · ".join(done(picture.images[0].notes))))
    rows.append((translate("picture_facts", "Tokens"), _both_counts(picture, picture.sent)))
    if cost is None:
        rows.append((translate("picture_facts", "Price"), translate("picture_facts", "not known for this model")))
        return rows
    rows.append((translate("picture_facts", "Input price"), figures.dollars(cost.input)))
    rows.append((translate("picture_facts", "Cache write"), figures.dollars(cost.cache_write)))
    rows.append((translate("picture_facts", "Each later turn"), figures.dollars(cost.cache_read)))
    return rows


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
            fact.setMinimumWidth(theme.px(280))
            fact.setAccessibleName(f"{caption}: {value}")
            form.addRow(name, fact)


def _sizes(picture: DraftPicture, sent: Size) -> str:
    whole = figures.size(picture.width, picture.height)
    return whole if sent == (picture.width, picture.height) else f"{whole} → {figures.size(*sent)}"


def _both_counts(picture: DraftPicture, sent: Size) -> str:
    """The guide's approximation beside what will be billed."""
    words = translate("picture_facts", "guide's rule of thumb ~%1 · exact %2")
    return words.replace("%1", figures.count(rule_of_thumb(*sent))).replace("%2", figures.count(picture.tokens))


def _spoken_size(width: int, height: int) -> str:
    return translate("picture_facts", "%1 by %2").replace("%1", str(width)).replace("%2", str(height))


def _notes(picture: DraftPicture) -> list[str]:
    """What `app.core.image.prepare` did, as far as it changes what the model sees; resizing shows in the sizes."""
    if not picture.images:
        return []
    words = {
        "first_frame": translate("picture_facts", "first frame only"),
        "turned": translate("picture_facts", "turned upright"),
    }
    return [words[note] for note in words if note in picture.images[0].notes]


def _money(dollars: Decimal | None) -> str:
    return "–" if dollars is None else figures.dollars(dollars)


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    return name[: _LONGEST // 2] + "…" + name[-_LONGEST // 2 + 1 :]
