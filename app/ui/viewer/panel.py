"""The viewer's panel: how a picture goes over the wire, what it costs, what was done to it, and the other ways."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.cost import dollars, picture_cost
from app.core.cuts import Cut, Offer, Preset
from app.core.fit import Size, fit, image_tokens, rule_of_thumb
from app.core.message import ImageBlock
from app.ui import figures, picture_facts
from app.ui.advice import Remark
from app.ui.label import Label
from app.ui.theme import Theme
from app.ui.viewer.bar import ViewerButton
from app.ui.viewer.resends import Sharper
from app.ui.viewer.shown import Shown, Terms

translate = QCoreApplication.translate

Pricing = Callable[[Offer], Decimal | None]
"""US dollars that a way of sending a picture adds, None where they are not known."""

WIDTH: Final = 300
"""Pixels, where there is room."""


class SentAs(QScrollArea):
    """Facts of one picture under the terms of the next request.

    Signals:
        preset_chosen(str): a picture of the draft is to go that way.
        sharper_wanted(): a picture of the conversation is to go again, as was offered.
        focus_lost(): the button that had it is not there for another picture.
    """

    preset_chosen = Signal(str)
    sharper_wanted = Signal()
    focus_lost = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: list[QPushButton] = []
        self.setObjectName("sent_as")
        self.setAccessibleName(self.tr("Sent as"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def buttons(self) -> list[QPushButton]:
        """What can be pressed, from top to bottom."""
        return self._buttons

    def show_picture(self, picture: Shown, terms: Terms, price: Pricing, sharper: Sharper) -> None:
        """`sharper` offers to send it again."""
        focused = next((b.accessibleName() for b in self._buttons if b.hasFocus()), "")
        self._buttons = []
        page = QWidget()
        page.setObjectName("facts")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        self._head(column, self.tr("Sent as"))
        column.addLayout(self._grid(self._facts(picture, terms)))
        self._add_ways(column, picture, terms, price)
        if picture.goes_whole and picture.original:
            words = self.tr("It goes whole and at full size: a marked region would show no more.")
            column.addWidget(Label(self._theme, words, role="caption", tone="secondary", wraps=True))
        if sharper.button:
            self._add_sharper(column, sharper)
        for remark in picture.remarks:
            column.addWidget(_remark(self._theme, remark))
        self._add_done(column, picture)
        column.addStretch(1)
        self.setWidget(page)
        if focused:
            same = next((button for button in self._buttons if button.accessibleName() == focused), None)
            if same is not None:
                same.setFocus()
            else:
                self.focus_lost.emit()

    def _head(self, column: QVBoxLayout, words: str) -> None:
        column.addWidget(Label(self._theme, words, role="secondary", weight=600))

    def _add_done(self, column: QVBoxLayout, picture: Shown) -> None:
        """What became of the file on its way; nothing of a link, and nothing where a sentence goes."""
        if not picture.sendable:
            return
        column.addSpacing(8)
        self._head(column, self.tr("What was done"))
        lines = QVBoxLayout()
        lines.setSpacing(4)
        notes = {note for image in picture.images for note in image.notes}
        for line in picture_facts.done(picture.format, sorted(notes), picture.images[0].media_type):
            lines.addWidget(Label(self._theme, line, role="secondary", wraps=True))
        column.addLayout(lines)

    def _grid(self, facts: list[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (caption, value) in enumerate(facts):
            name = Label(self._theme, caption, role="secondary", tone="secondary", wraps=True)
            name.setMinimumWidth(name.fontMetrics().horizontalAdvance(caption) + 1)
            fact = Label(self._theme, value, role="secondary", wraps=True)
            fact.setAccessibleName(f"{caption}: {value}")
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(fact, row, 1)
        return grid

    # --- facts ---

    def _facts(self, picture: Shown, terms: Terms) -> list[tuple[str, str]]:
        facts = []
        if picture.images:
            facts += self._facts_sent(picture, terms)
        elif all(picture.size):
            facts.append((self.tr("Size"), self.tr("being prepared")))
        if picture.file_bytes:
            file = in_one_line(f"{figures.file_size(picture.file_bytes)} {picture.format}")
            facts.append((self.tr("Original"), f"{figures.size(*picture.size)}, {file}"))
        if picture.url:
            facts.append((self.tr("Link"), picture.url))
        return facts

    def _facts_sent(self, picture: Shown, terms: Terms) -> list[tuple[str, str]]:
        if picture.stands_for:
            tokens = self.tr("none: a sentence goes in its place")
            return [(self.tr("Tokens"), tokens), (self.tr("Sentence"), picture.stands_for)]
        images = picture.images
        if not images[0].width:
            return [(self.tr("Tokens"), self.tr("at most %1").replace("%1", figures.count(images[0].tokens)))]
        count = sum(_tokens(image, terms) for image in images)
        thumb = figures.count(sum(rule_of_thumb(image.width, image.height) for image in images))
        facts = [(self.tr("Size"), self._size(picture))]
        if not picture.url:
            total = sum(image.sent_bytes for image in images)
            kinds = dict.fromkeys(picture_facts.kind(image.media_type) for image in images)
            facts.append((self.tr("Bytes"), f"{figures.file_size(total)} {', '.join(kinds)}"))
        facts += [
            (self.tr("Tokens"), self.tr("%1 exact").replace("%1", figures.count(count))),
            (self.tr("Rule of thumb"), self.tr("%1 (w × h / 750)").replace("%1", thumb)),
        ]
        return facts + self._prices(picture, terms, count)

    def _size(self, picture: Shown) -> str:
        image = picture.images[0]
        size = figures.size(image.width, image.height)
        if len(picture.images) > 1:
            return self.tr("overview %1, %2").replace("%1", size).replace("%2", self._parts(picture.images[1:]))
        if not image.resized:
            return size
        whole = figures.size(*picture.size)
        return self.tr("%1, from %2").replace("%1", size).replace("%2", whole)

    def _parts(self, parts: tuple[ImageBlock, ...]) -> str:
        if parts[0].kind == "region":
            return self.tr("region %1").replace("%1", figures.size(parts[0].width, parts[0].height))
        return in_one_line(self.tr("%1 tiles").replace("%1", str(len(parts))))

    def _prices(self, picture: Shown, terms: Terms, tokens: int) -> list[tuple[str, str]]:
        prices = terms.model.prices
        if prices is None:
            return [(self.tr("Price"), self.tr("not known for this model"))]
        cost = picture_cost(tokens, prices, terms.ttl)
        if picture.row is not None and terms.rate is not None:
            now = figures.dollars(dollars(tokens, terms.rate))
            later = in_one_line(self.tr("%1 a turn").replace("%1", figures.dollars(cost.cache_read)))
            words = self.tr("%1, then %2").replace("%1", now).replace("%2", later)
            return [(self.tr("Price now"), words)]
        return [
            (self.tr("Input price"), figures.dollars(cost.input)),
            (self.tr("Cache write"), figures.dollars(cost.cache_write)),
            (self.tr("Each later turn"), figures.dollars(cost.cache_read)),
        ]

    # --- ways ---

    def _add_ways(self, column: QVBoxLayout, picture: Shown, terms: Terms, price: Pricing) -> None:
        """The presets side by side; of a picture of the draft each can be chosen."""
        ways = [(offer, offer.preset == picture.preset) for offer in terms.offers(picture)]
        if picture.preset == "region" and picture.region is not None:
            ways.append((terms.region(picture, picture.region), True))
        if len(ways) < 2:
            return
        column.addSpacing(8)
        choosable = picture.row is not None
        self._head(column, self.tr("Send it") if choosable else self.tr("Ways to send it"))
        rows = QVBoxLayout()
        rows.setSpacing(2)
        for offer, present in ways:
            words = way_name(offer), price_words(terms.tokens(offer), price(offer))
            if choosable:
                button = _Way(self._theme, *words)
                button.setChecked(present)
                button.clicked.connect(partial(self._choose, button, offer.preset, picture.preset))
                self._buttons.append(button)
                rows.addWidget(button)
            else:
                rows.addWidget(_row(self._theme, *words, present=present))
        column.addLayout(rows)

    def _choose(self, chosen: QPushButton, preset: Preset, present: Preset) -> None:
        for button in self._buttons:
            button.setChecked(button is chosen)
        if preset != present:
            self.preset_chosen.emit(preset)

    def _add_sharper(self, column: QVBoxLayout, sharper: Sharper) -> None:
        button = ViewerButton(sharper.button)
        button.setProperty("kind", "plain")
        button.setAccessibleName(sharper.whole)
        button.setToolTip(self.tr("Asks the same question again, with this picture sharper"))
        button.clicked.connect(self.sharper_wanted)
        self._buttons.append(button)
        column.addWidget(button)
        if sharper.besides:
            words = Label(self._theme, sharper.besides, role="caption", wraps=True)
            words.setProperty("tone", "warning")
            column.addWidget(words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:  # the viewer's: there is nothing to scroll across
            event.ignore()
        else:
            super().keyPressEvent(event)


def way_name(offer: Offer) -> str:
    """A preset as people call it."""
    cuts = offer.cuts
    match offer.preset:
        case "cheap":
            return translate("panel", "Cheap")
        case "tiles":
            return translate("panel", "Tiles, 1 + %1").replace("%1", str(len(cuts) - 1))
        case "region":
            return translate("panel", "Region, %1").replace("%1", figures.size(*_region(cuts)))
    return translate("panel", "Auto")


def price_words(tokens: int, price: Decimal | None) -> str:
    """Tokens, and dollars where they are known."""
    words = figures.tokens(tokens)
    return words if price is None else f"{words} · {figures.dollars(price)}"


def in_one_line(words: str) -> str:
    """Words that stay in one line."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _region(cuts: tuple[Cut, ...]) -> Size:
    box = cuts[-1].box
    return Size(box.width, box.height) if box else cuts[-1].size


def _tokens(image: ImageBlock, terms: Terms) -> int:
    """A model of a smaller tier shrinks on its side what was sent for a larger one."""
    tier = terms.model.tier
    return image_tokens(*fit(image.width, image.height, tier), tier.patch)


class _Way(ViewerButton):
    """A preset with its price, to be chosen."""

    def __init__(self, theme: Theme, name: str, price: str) -> None:
        super().__init__()
        self.setProperty("kind", "way")
        self.setCheckable(True)
        self.setAccessibleName(f"{name}: {price}")
        line = QHBoxLayout(self)
        _fill(line, theme, name, price)
        self._height = theme.grown(34)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return QSize(layout.sizeHint().width() if layout else 0, self._height)


def _remark(theme: Theme, remark: Remark) -> QWidget:
    """A box with something to know of the picture."""
    box = QFrame()
    box.setObjectName("remark")
    box.setProperty("warns", remark.warns)
    words = Label(theme, remark.text, role="secondary", wraps=True)
    words.setProperty("tone", "warning" if remark.warns else "secondary")
    line = QHBoxLayout(box)
    line.setContentsMargins(10, 8, 10, 8)
    line.addWidget(words)
    return box


def _row(theme: Theme, name: str, price: str, *, present: bool) -> QWidget:
    """The same, only to be read."""
    row = QFrame()
    row.setObjectName("present" if present else "way")
    row.setAccessibleName(f"{name}: {price}")
    row.setMinimumHeight(theme.grown(34))
    _fill(QHBoxLayout(row), theme, name, price)
    return row


def _fill(line: QHBoxLayout, theme: Theme, name: str, price: str) -> None:
    line.setContentsMargins(10, 0, 10, 0)
    line.setSpacing(8)
    left = Label(theme, name, role="secondary")
    right = Label(theme, price, role="caption", tone="secondary")
    for label in (left, right):
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    line.addWidget(left)
    line.addStretch(1)
    line.addWidget(right)
