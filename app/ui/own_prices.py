"""What the person says models cost: a list, and buttons to add, change and take back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.conversation.account import Account
from app.conversation.messages import Index
from app.conversation.preferences import Preferences
from app.core import own_prices
from app.core.catalog import Model
from app.core.own_prices import CACHE_KINDS, OwnPrice
from app.ui.foreign_text import one_line
from app.ui.model_words import price_words, rate
from app.ui.own_price_dialog import OwnPriceDialog
from app.ui.theme import RADIUS, SPACE, Theme

_MODEL: Final = int(Qt.ItemDataRole.UserRole)
_NOTE: Final = _MODEL + 1
_ID: Final = _MODEL + 2
_ROW: Final = 44
_ROWS: Final = 4
"""In view; more are scrolled to."""


class OwnPrices(QWidget):
    """Applies at once."""

    def __init__(self, theme: Theme, preferences: Preferences, account: Account) -> None:
        super().__init__()
        self._theme = theme
        self._preferences = preferences
        self._account = account
        self._rows = QStandardItemModel(self)
        self._list = QListView()
        self._list.setObjectName("own")
        self._list.setModel(self._rows)
        self._list.setItemDelegate(_Row(theme, self))
        self._list.setAccessibleName(self.tr("Your prices"))
        self._list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._add = _button(self.tr("Add a price…"))
        self._change = _button(self.tr("Change…"))
        self._remove = _button(self.tr("Remove"))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._add, self._change, self._remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._list)
        column.addLayout(buttons)
        self._add.clicked.connect(self._open_empty)
        self._change.clicked.connect(self._open_chosen)
        self._list.doubleClicked.connect(self._open_chosen)
        self._remove.clicked.connect(self._take_back)
        self._list.selectionModel().selectionChanged.connect(self._enable)
        preferences.changed.connect(self._follow)
        account.changed.connect(self._follow)
        theme.changed.connect(self._dress)
        self._shown: tuple[object, ...] = ()
        self._follow()
        self._dress()

    def open_dialog(self, model_id: str = "") -> None:
        """Let a price be entered, of that model or of one that is to be named."""
        own = self._prices.get(model_id)
        plain = self._account.table
        dialog = OwnPriceDialog(self._theme, plain, self, model_id=model_id, own=own)
        dialog.chosen.connect(self._put)
        dialog.open()

    @property
    def _prices(self) -> dict[str, OwnPrice]:
        return own_prices.read(self._preferences.settings.prices)

    @property
    def _chosen(self) -> str:
        index = self._list.currentIndex()
        return str(index.data(_ID)) if index.isValid() else ""

    def _put(self, model_id: str, price: OwnPrice) -> None:
        self._preferences.update(prices=self._preferences.settings.prices | own_prices.write({model_id: price}))
        for row in range(self._rows.rowCount()):
            if self._rows.index(row, 0).data(_ID) == model_id:
                self._list.setCurrentIndex(self._rows.index(row, 0))

    def _take_back(self) -> None:
        chosen = self._chosen
        stored = self._preferences.settings.prices
        self._preferences.update(prices={key: value for key, value in stored.items() if key != chosen})
        (self._list if self._rows.rowCount() else self._add).setFocus()

    def _open_empty(self) -> None:
        self.open_dialog()

    def _open_chosen(self) -> None:
        if chosen := self._chosen:
            self.open_dialog(chosen)

    def _follow(self) -> None:
        present = self._preferences.settings.prices, self._account.catalog.models
        if present == self._shown:
            return
        self._shown = present
        chosen = self._chosen
        self._rows.clear()
        for model_id, price in self._prices.items():
            model = self._account.catalog.get(model_id)
            row = QStandardItem(one_line(model.name))
            row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            note = self._cache_note(price, model)
            for value, role in ((model, _MODEL), (note, _NOTE), (model_id, _ID)):
                row.setData(value, role)
            row.setAccessibleText(f"{model.name}, {price_words(model)}, {note}")
            row.setToolTip(model_id)
            self._rows.appendRow(row)
            if model_id == chosen:
                self._list.setCurrentIndex(row.index())
        self._dress()
        self._enable()

    def _cache_note(self, own: OwnPrice, model: Model) -> str:
        """The prices of the cache, and which of them nobody stated."""
        if model.prices is None:
            return ""
        words = self.tr("cache write %1 / %2, read %3")
        for place, kind in enumerate(CACHE_KINDS, 1):
            words = words.replace(f"%{place}", rate(getattr(model.prices, kind)))
        stated = [kind for kind in CACHE_KINDS if getattr(own, kind) is not None]
        if len(stated) == len(CACHE_KINDS):
            return words
        follows = self.tr("from the input price") if not stated else self.tr("partly from the input price")
        return f"{words} ({follows})"

    def _enable(self) -> None:
        for button in (self._change, self._remove):
            button.setVisible(self._rows.rowCount() > 0)
            button.setEnabled(self._list.currentIndex().isValid())

    def _dress(self) -> None:
        tokens, count = self._theme.tokens, self._rows.rowCount()
        look = f"background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius: {RADIUS['control']}px;"
        self._list.setStyleSheet(
            f"QListView#own {{ {look} padding: {SPACE - 1}px; outline: none; }}"
            f"QListView#own:focus {{ border-color: {tokens.accent}; }}"
        )
        self._list.setFixedHeight(self._theme.px(_ROW) * min(count, _ROWS) + 2 * SPACE)
        self._list.setVisible(count > 0)


class _Row(QStyledItemDelegate):
    """Name and prices; under them those of the cache."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, states, flags = self._theme.tokens, QStyle.StateFlag, Qt.AlignmentFlag
        model: Model = index.data(_MODEL)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & states.State_Selected)
        if chosen or option.state & states.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.soft if chosen else tokens.hover))
            painter.drawRoundedRect(option.rect, RADIUS["badge"], RADIUS["badge"])
        area = option.rect.adjusted(2 * SPACE, 0, -2 * SPACE, 0)
        middle = area.center().y() + self._theme.px(2)
        upper, lower = QRect(area), QRect(area)
        upper.setBottom(middle)
        lower.setTop(middle)
        price = price_words(model)
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(tokens.text2))
        painter.drawText(upper, flags.AlignRight | flags.AlignBottom, price)
        room = upper.width() - painter.fontMetrics().horizontalAdvance(price) - 4 * SPACE
        note = painter.fontMetrics().elidedText(index.data(_NOTE), Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, flags.AlignLeft | flags.AlignTop, note)
        font = self._theme.font("secondary", 500)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        name = QFontMetrics(font).elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(upper, flags.AlignLeft | flags.AlignBottom, name)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        return QSize(0, self._theme.px(_ROW))


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", "plain")
    button.setAutoDefault(False)
    return button
