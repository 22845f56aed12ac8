"""The sheet on which the pages of a document are chosen that go as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.conversation.aims import block_tokens
from app.conversation.attachment import Document
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.core.fit import Size
from app.core.message import thumbnail_key
from app.core.sharper import cuts_among
from app.ui import figures
from app.ui.foreign_text import one_line
from app.ui.label import ElidedLabel, Label
from app.ui.next_price import next_price
from app.ui.page_ranges import page_ranges, pages_in, runs
from app.ui.picture_facts import shown_name
from app.ui.theme import RADIUS, SPACE, Theme

if TYPE_CHECKING:
    from app.core.image import Pixels

Index = QModelIndex | QPersistentModelIndex

_SHEET: Final = QSize(684, 560)
"""Five pages in a row, and not quite three rows of them."""
_LEAST: Final = QSize(400, 320)
_MARGIN: Final = 24
_PAGE: Final = QSize(104, 136)
_PADDING: Final = 8
_CELL_GAP: Final = 4
_FIELD: Final = 160
_DISC: Final = 20
_CHECK: Final = 12


class PagesDialog(QDialog):
    """Opened with `open`. Pages are drawn one after another, those in view first.

    Signals:
        chosen(list[int]): the pages wanted, from 1, in order.
    """

    chosen = Signal(list)

    def __init__(self, theme: Theme, gallery: Gallery, chat: Chat, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._gallery = gallery
        self._chat = chat
        self._document = document
        self._sizes: dict[int, Size] = {}
        self._failed: set[int] = set()
        self._is_written = False
        """Whether the selection follows the field just now."""
        self._drawn_page = 0
        """The page that is being drawn; 0 for none."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Choose pages"))
        self._pages = self._make_pages()
        self._field = QLineEdit()
        self._field.setAccessibleName(self.tr("Pages, such as 1-3, 7"))
        self._field.setPlaceholderText("1-3, 7")
        self._field.setFixedWidth(theme.px(_FIELD))
        self._total = Label(theme, role="caption", tone="secondary")
        self._all, self._none, self._cancel, self._add = (QPushButton() for _ in range(4))
        self._lay_out(parent.window().size())
        self._connect()
        self._pages.setCurrentRow(0)
        self._follow_selection()

    # --- putting together ---

    def _make_pages(self) -> QListWidget:
        pages = QListWidget()
        pages.setAccessibleName(self.tr("Pages"))
        pages.setFrameShape(QFrame.Shape.NoFrame)
        pages.setViewMode(QListView.ViewMode.IconMode)
        pages.setMovement(QListView.Movement.Static)
        pages.setResizeMode(QListView.ResizeMode.Adjust)
        pages.setUniformItemSizes(True)
        pages.setSelectionMode(QListView.SelectionMode.MultiSelection)
        pages.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        pages.setItemDelegate(PageDelegate(self._theme, pages))
        pages.viewport().setAutoFillBackground(False)
        pages.setStyleSheet("QListWidget { background: transparent; outline: none; }")
        pages.setGridSize(PageDelegate.cell(self._theme))
        for page in range(1, self._document.pages + 1):
            item = QListWidgetItem(self.tr("Page %1").replace("%1", figures.count(page)))
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            pages.addItem(item)
        return pages

    def _lay_out(self, room: QSize) -> None:
        all_fit = self._document.pages <= self._most
        first = self.tr("Select the first %1").replace("%1", figures.count(self._most))
        self._all.setText(self.tr("Select all") if all_fit else first)
        self._none.setText(self.tr("Select none"))
        self._cancel.setText(self.tr("Cancel"))
        for button, kind in ((self._all, "quiet"), (self._none, "quiet"), (self._cancel, "plain")):
            button.setProperty("kind", kind)
            button.setAutoDefault(False)
        self._add.setProperty("kind", "primary")
        self._add.setDefault(True)
        title = ElidedLabel(self._theme, most=_SHEET.width(), role="heading", weight=600)
        title.set_whole(self.tr("Pages of %1").replace("%1", shown_name(self._document.name)))
        choose = QHBoxLayout()
        choose.setSpacing(8)
        choose.addWidget(Label(self._theme, self.tr("Pages"), role="secondary", tone="secondary"))
        choose.addWidget(self._field)
        choose.addWidget(self._all)
        choose.addWidget(self._none)
        choose.addStretch(1)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self._total, 1)
        last.addWidget(self._cancel)
        last.addWidget(self._add)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(12)
        column.addWidget(title)
        column.addLayout(choose)
        column.addWidget(self._pages, 1)
        column.addLayout(last)
        wanted = QSize(self._theme.px(_SHEET.width()), self._theme.px(_SHEET.height()))
        self.resize(wanted.boundedTo(room - QSize(32, 32)).expandedTo(_LEAST))
        self._pages.setFocus()

    def _connect(self) -> None:
        self._pages.itemSelectionChanged.connect(self._follow_selection)
        self._pages.verticalScrollBar().valueChanged.connect(self._draw_next)
        self._field.textEdited.connect(self._follow_field)
        self._field.editingFinished.connect(self._tidy_field)
        self._all.clicked.connect(self._select_all)
        self._none.clicked.connect(self._pages.clearSelection)
        self._cancel.clicked.connect(self.reject)
        self._add.clicked.connect(self._hand_over)
        self._gallery.drawn.connect(self._take_page)
        self._gallery.failed.connect(self._take_failure)

    # --- choosing ---

    @property
    def selected(self) -> list[int]:
        return sorted(index.row() + 1 for index in self._pages.selectedIndexes())

    def _follow_selection(self) -> None:
        if not self._is_written:
            self._tidy_field()
        self._tell_total()

    @property
    def _most(self) -> int:
        """Pictures that the model takes in one request."""
        return self._chat.model.max_images

    def _select_all(self) -> None:
        """As many as can go."""
        self._select(range(1, min(self._document.pages, self._most) + 1))
        self._follow_selection()

    def _follow_field(self, text: str) -> None:
        """Select the pages that are written; while it makes no sense, none."""
        pages = pages_in(text, self._document.pages)
        self._select(pages)
        if pages:
            self._pages.scrollToItem(self._pages.item(pages[0] - 1))
        self._tell_total()

    def _select(self, pages: Sequence[int]) -> None:
        model, chosen = self._pages.model(), QItemSelection()
        for run in runs(pages):
            chosen.select(model.index(run[0] - 1, 0), model.index(run[-1] - 1, 0))
        self._is_written = True
        self._pages.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._is_written = False

    def _tidy_field(self) -> None:
        self._field.setText(page_ranges(self.selected))

    def _tell_total(self) -> None:
        pages = self.selected
        add = self.tr("Add 1 page") if len(pages) == 1 else self.tr("Add %1 pages")
        self._add.setText(add.replace("%1", figures.count(len(pages))) if pages else self.tr("Add"))
        self._add.setEnabled(0 < len(pages) <= self._most)
        self._total.setText(self._total_of(pages))

    def _total_of(self, pages: list[int]) -> str:
        """Count, tokens and price: exact once all of these pages were seen, before by what those seen are like."""
        if not pages:
            return self.tr("Write pages as 1-3, 7") if self._field.text().strip() else self.tr("No page chosen")
        if len(pages) > self._most:
            words = self.tr("%1 pages: %2 takes at most %3 pictures in one request")
            words = words.replace("%1", figures.count(len(pages))).replace("%3", figures.count(self._most))
            return words.replace("%2", one_line(self._chat.model.name))
        one, several = self.tr("1 page"), self.tr("%1 pages")
        told = (one if len(pages) == 1 else several).replace("%1", figures.count(len(pages)))
        if not self._sizes:
            return told
        usual = next(iter(self._sizes.values()))
        others = self._others + len(pages) - 1
        tokens = sum(self._tokens(self._sizes.get(page, usual), others) for page in pages)
        price = next_price(self._chat, tokens)
        about = "" if self._sizes.keys() >= set(pages) else "≈ "
        cost = "–" if price is None else figures.dollars(price)
        return f"{told} · {about}{figures.tokens(tokens)} · {about}{cost}"

    @property
    def _others(self) -> int:
        """Picture blocks that the next message has, or carries along, without these pages."""
        draft = sum(len(block_tokens(picture)) for picture in self._chat.draft.pictures)
        return self._chat.context.pictures + draft

    def _tokens(self, size: Size, others: int) -> int:
        """Of a page beside so many other pictures: past a number of them, all are smaller."""
        tier = self._chat.model.tier
        return sum(cut.tokens(tier.patch) for cut in cuts_among(size, "auto", tier, self._chat.limits, others))

    def _hand_over(self) -> None:
        self.chosen.emit(self.selected)
        self.accept()

    # --- drawing ---

    def _draw_next(self) -> None:
        """Ask for the next page in view that was not drawn yet, one at a time."""
        if self._drawn_page or not self.isVisible():
            return
        area = self._pages.viewport().rect()
        for row in range(self._document.pages):
            place = self._pages.visualItemRect(self._pages.item(row))
            if place.top() > area.bottom():
                return
            if place.intersects(area) and row + 1 not in self._sizes.keys() | self._failed:
                self._drawn_page = row + 1
                self._gallery.draw(self._document.sha256, row + 1, self._room, lambda: isValid(self))
                return

    @property
    def _room(self) -> Size:
        """Pixels of the screen that a page has."""
        ratio = self.devicePixelRatioF()
        return Size(*(round(self._theme.px(side) * ratio) for side in _PAGE.toTuple()))

    def _take_page(self, key: str, whole: Size, pixels: Pixels) -> None:
        if not self._is_awaited(key):
            return
        page, self._drawn_page = self._drawn_page, 0
        self._sizes[page] = whole
        form = QImage.Format.Format_RGBA8888
        small = QPixmap.fromImage(QImage(pixels.rgba, pixels.width, pixels.height, 4 * pixels.width, form))
        small.setDevicePixelRatio(self.devicePixelRatioF())
        self._pages.item(page - 1).setData(Qt.ItemDataRole.DecorationRole, small)
        self._tell_total()
        self._draw_next()

    def _take_failure(self, key: str, _error: Exception) -> None:
        if self._is_awaited(key):
            self._failed.add(self._drawn_page)
            self._drawn_page = 0
            self._draw_next()

    def _is_awaited(self, key: str) -> bool:
        return bool(self._drawn_page) and key == thumbnail_key(self._document.sha256, self._drawn_page)

    # --- Qt ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._draw_next()


class PageDelegate(QStyledItemDelegate):
    """Paints a page on its ground, its number below, and a check where it is chosen."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    @staticmethod
    def cell(theme: Theme) -> QSize:
        words = theme.line("caption") + SPACE
        wide, high = theme.px(_PAGE.width()), theme.px(_PAGE.height())
        return QSize(wide + 2 * _PADDING + _CELL_GAP, high + words + 2 * _PADDING + _CELL_GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, states = self._theme.tokens, QStyle.StateFlag
        cell = option.rect.adjusted(0, 0, -_CELL_GAP, -_CELL_GAP)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen = bool(option.state & states.State_Selected)
        if chosen or option.state & states.State_MouseOver:
            painter.setBrush(QColor(tokens.soft if chosen else tokens.hover))
            painter.drawRoundedRect(cell, RADIUS["control"], RADIUS["control"])
        place = self._paint_page(painter, cell, index)
        if chosen:
            self._paint_check(painter, place)
        if option.state & states.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), RADIUS["control"], RADIUS["control"])
        painter.setPen(QColor(tokens.text if chosen else tokens.text2))
        painter.setFont(self._theme.font("caption", 500 if chosen else 400))
        words = QRect(cell.left(), cell.bottom() - _PADDING - self._theme.line("caption"), cell.width(), 0)
        words.setHeight(self._theme.line("caption"))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, figures.count(index.row() + 1))
        painter.restore()

    def _paint_page(self, painter: QPainter, cell: QRect, index: Index) -> QRect:
        """In the middle of its room, which is empty until it is drawn. Returns where the page is."""
        room = QRect(0, 0, self._theme.px(_PAGE.width()), self._theme.px(_PAGE.height()))
        room.moveTopLeft(cell.topLeft())
        room.translate(_PADDING, _PADDING)
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        place = QRect(room)
        if isinstance(pixmap, QPixmap):
            place.setSize(pixmap.deviceIndependentSize().toSize())
            place.moveCenter(room.center())
            painter.drawPixmap(place, pixmap)
        painter.setPen(QPen(QColor(self._theme.tokens.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5))
        return place

    def _paint_check(self, painter: QPainter, place: QRect) -> None:
        disc, check = (QRect(0, 0, side, side) for side in map(self._theme.grown, (_DISC, _CHECK)))
        disc.moveTopRight(place.topRight())
        disc.translate(-SPACE, SPACE)
        check.moveCenter(disc.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.accent))
        painter.drawEllipse(disc)
        self._theme.icon("check", self._theme.tokens.on_accent, _CHECK).paint(painter, check)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return self.cell(self._theme)
