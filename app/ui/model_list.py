"""The list that the model picker opens: every model one can choose, with prices and what the next message would be."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QFrame, QListView, QPushButton, QVBoxLayout, QWidget

from app.conversation.account import Account
from app.conversation.chat import Chat
from app.core.catalog import Catalog, Model
from app.ui.label import Label
from app.ui.model_row import FACTS, MODEL, ROW, Columns, Facts, ModelRow
from app.ui.model_words import (
    as_of_words,
    next_words,
    obstacle_words,
    retirement_words,
    size_words,
    spoken_next,
    spoken_price,
)
from app.ui.theme import RADIUS, Theme

if TYPE_CHECKING:
    from app.conversation.what_if import WhatIf

_WIDTH: Final = 560
_HEIGHT: Final = 560
_GAP: Final = 4
_AGAIN: Final = 100
"""Milliseconds after a change of the conversation or the draft until all is worked out anew."""


class ModelList(QWidget):
    """A popup. Arrows and letters move, Enter or a click chooses, Esc closes.

    What the next message would be on each model is worked out once the list is there, a model at a time.

    Signals:
        chosen(str): the id of a model.
        refresh_requested(): ask the server which models it has.
    """

    chosen = Signal(str)
    refresh_requested = Signal()

    def __init__(self, theme: Theme, account: Account, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._account = account
        self._chat: Chat | None = None
        self._today = date.min
        self._waiting: list[QStandardItem] = []
        self._present: WhatIf | None = None
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # its corners are round
        self._rows = QStandardItemModel(self)
        self._columns = Columns(theme)
        self._view = _View(theme, self._columns)
        self._view.setModel(self._rows)
        self._view.chosen.connect(self._choose)
        self._ask = QPushButton(self.tr("Ask the server for its models"))
        self._ask.setProperty("kind", "quiet")
        self._ask.clicked.connect(self._refresh)
        self._rule = QFrame()
        self._rule.setObjectName("rule")
        self._rule.setFixedHeight(1)
        self._stale = Label(theme, role="caption", tone="secondary", wraps=True)
        self._stale.setContentsMargins(8, 4, 8, 4)
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._forecast_one)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN)
        self._again.timeout.connect(self._forecast_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(_GAP, _GAP, _GAP, _GAP)
        column.setSpacing(_GAP)
        column.addWidget(self._columns)
        column.addWidget(self._view, 1)
        column.addWidget(self._rule)
        column.addWidget(self._stale)
        column.addWidget(self._ask, 0, Qt.AlignmentFlag.AlignLeft)

    def set_chat(self, chat: Chat) -> None:
        """The conversation whose next message is worked out."""
        if self._chat is not None:
            self._chat.changed.disconnect(self._on_change)
            self._chat.draft.changed.disconnect(self._on_change)
        self._chat = chat
        chat.changed.connect(self._on_change)
        chat.draft.changed.connect(self._on_change)

    def open_under(self, button: QWidget, current: Model, today: date) -> None:
        """Show the list below a button, with the model that answers now selected."""
        self._today = today
        self._columns.set_captions(
            self.tr("per million, in / out"),
            self.tr("next, with a key") if self._account.practice else self.tr("next message"),
        )
        self._fill(current)
        can_ask = self._account.connected and not self._account.practice
        is_stale = self._account.catalog.is_stale(today)
        self._stale.setText(as_of_words(self._account.catalog, today) if is_stale else "")
        self._ask.setVisible(can_ask)
        self._stale.setVisible(is_stale)
        self._rule.setVisible(can_ask or is_stale)
        corner = button.mapToGlobal(QPoint(0, button.height() + 4))
        room = button.screen().availableGeometry()
        width = min(self._theme.px(_WIDTH), room.width())
        height = min(self._wanted_height(width), room.bottom() - corner.y() - 8)
        left = max(room.left(), min(corner.x(), room.right() - width))
        self.setGeometry(QRect(QPoint(left, corner.y()), QSize(width, max(height, self._theme.px(ROW) * 2))))
        self.show()
        self._view.setFocus()
        self._next.start(0)

    def _fill(self, current: Model) -> None:
        self._rows.clear()
        self._waiting = []
        for heading, models in self._groups(current):
            if not models:
                continue
            title = QStandardItem(heading)
            title.setFlags(Qt.ItemFlag.NoItemFlags)
            self._rows.appendRow(title)
            for model in models:
                row = QStandardItem(model.name)
                row.setData(model, MODEL)
                row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self._say(row, model, None)
                self._rows.appendRow(row)
                self._waiting.append(row)
                if model.id == current.id:
                    self._view.setCurrentIndex(row.index())

    def _groups(self, current: Model) -> list[tuple[str, list[Model]]]:
        catalog: Catalog = self._account.catalog
        models = list(catalog.offered(self._today))
        newest = newest_of_lines(models)
        others = [model for model in models if not model.known]
        if current.id not in {model.id for model in models}:
            others.insert(0, current)
        return [
            (self.tr("Models"), newest),
            (self.tr("Other models"), others),
            (self.tr("Earlier models"), [m for m in models if m.known and m not in newest]),
        ]

    # --- what the next message would be ---

    def _on_change(self) -> None:
        if self.isVisible():
            self._again.start()

    def _forecast_all(self) -> None:
        rows = [self._rows.item(row) for row in range(self._rows.rowCount())]
        self._waiting = [row for row in rows if isinstance(row.data(MODEL), Model)]
        self._present = None
        self._next.start(0)

    def _forecast_one(self) -> None:
        if self._chat is None or not self._waiting:
            return
        if self._present is None:
            self._present = _what_if(self._chat, self._chat.model)
        else:
            row = self._waiting.pop(0)
            model: Model = row.data(MODEL)
            self._say(row, model, _what_if(self._chat, model))
        if self._waiting:
            self._next.start(0)

    def _say(self, row: QStandardItem, model: Model, forecast: WhatIf | None) -> None:
        notes, obstacle, ahead, spoken = [], "", "", ""
        if forecast is not None and self._present is not None:
            obstacle = obstacle_words(forecast, model)
            notes = [obstacle or size_words(forecast, self._present)]
            ahead, spoken = next_words(forecast), spoken_next(forecast)
        if not any(notes):
            notes = [self._usual_note(model)]
        notes.append(retirement_words(model, self._today))
        note = " · ".join(filter(None, notes))
        row.setData(Facts(note, ahead, is_obstacle=bool(obstacle)), FACTS)
        row.setAccessibleText(", ".join(filter(None, (model.name, spoken, spoken_price(model), note))))

    def _usual_note(self, model: Model) -> str:
        if model.prices is None:
            return self.tr("not in our price list")
        return self.tr("pictures up to %1 px").replace("%1", str(model.tier.max_edge))

    # --- Qt and the rest ---

    def _wanted_height(self, width: int) -> int:
        rows = sum(self._view.sizeHintForRow(row) for row in range(self._rows.rowCount()))
        rest = [self._columns.height(), 2]
        if self._rule.isVisibleTo(self):
            rest += [1, _GAP]
        if self._ask.isVisibleTo(self):
            rest += [self._ask.sizeHint().height(), _GAP]
        if self._stale.isVisibleTo(self):
            rest += [self._stale.heightForWidth(width - 2 * _GAP), _GAP]
        return min(rows + sum(rest) + 3 * _GAP, self._theme.px(_HEIGHT))

    def _choose(self, model: Model) -> None:
        self.close()
        self.chosen.emit(model.id)

    def _refresh(self) -> None:
        self.close()
        self.refresh_requested.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        self._next.stop()
        self._again.stop()
        self._present = None
        super().hideEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.line))
        painter.setBrush(QColor(self._theme.tokens.surface))
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, RADIUS["control"], RADIUS["control"])
        painter.end()


class _View(QListView):
    """Signals:
    chosen(Model): by a click or Enter.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, columns: Columns) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Models"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._columns = columns
        self.setItemDelegate(ModelRow(theme, columns, self))
        self.clicked.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if isinstance(model := index.data(MODEL), Model):
            self.chosen.emit(model)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._columns.set_room(self.viewport().width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)


def newest_of_lines(models: list[Model]) -> list[Model]:
    """The first model of each line ("opus", "sonnet", …): the catalog has the newest first."""
    newest: dict[str, Model] = {}
    for model in models:
        if model.known:
            newest.setdefault(model.line, model)
    return list(newest.values())


def _what_if(chat: Chat, model: Model) -> WhatIf:
    from app.conversation.what_if import what_if  # when the list is opened

    return what_if(chat, model)
