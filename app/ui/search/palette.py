"""The search over the window: a field, filters, and what is found in all conversations."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.conversation.account import Account
from app.conversation.cabinet import Cabinet
from app.conversation.gallery import Gallery
from app.conversation.history import HistoryModel
from app.conversation.messages import Index
from app.conversation.searching import Indexing, SearchModel
from app.core.errors import StoreError
from app.core.search import Hit
from app.core.search_words import LONGEST
from app.ui.errors import sentence
from app.ui.foreign_text import one_line
from app.ui.label import Label
from app.ui.search.box import KEYS
from app.ui.search.filters import Filters
from app.ui.search.hit_list import HitList
from app.ui.theme import Theme

_WIDTH: Final = 680
_HEIGHT: Final = 560
_ABOVE: Final = 64
"""Pixels of the window above the card, where there is room."""
_MARGIN: Final = 16
_RADIUS: Final = 16
_VEIL: Final = 0.32
_ENTER: Final = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_STEPS: Final = {
    Qt.Key.Key_Up: QListView.CursorAction.MoveUp,
    Qt.Key.Key_Down: QListView.CursorAction.MoveDown,
    Qt.Key.Key_PageUp: QListView.CursorAction.MovePageUp,
    Qt.Key.Key_PageDown: QListView.CursorAction.MovePageDown,
}


class Palette(QWidget):
    """Covers the window while it is open. The keyboard stays in the field; Up and Down choose, Enter opens.

    Signals:
        chosen(Hit): to be opened.
    """

    chosen = Signal(object)

    def __init__(
        self,
        theme: Theme,
        account: Account,
        gallery: Gallery,
        history: HistoryModel,
        cabinet: Cabinet,
        model: SearchModel,
        indexing: Indexing,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._theme = theme
        self._window = window
        self._history = history
        self._cabinet = cabinet
        self._model = model
        self._indexing = indexing
        self._before: QWidget | None = None
        """What had the keyboard when it was opened."""
        self._next_row = 0
        """The row to be chosen when other rows are there."""
        self._field = QLineEdit()
        self._glass = QLabel()
        self._filters = Filters(theme, lambda model_id: account.catalog.get(model_id).name)
        self.list: Final = HitList(theme, gallery, account, model, self._place)
        self._empty = Label(theme, role="body", tone="secondary", wraps=True)
        self._pages = QStackedWidget()
        self._foot = Label(theme, role="caption", tone="secondary")
        self._card = _Card(theme, self)
        self._lay_out()
        self._connect()
        self._dress()
        self.hide()

    # --- open and closed ---

    def toggle(self) -> None:
        """Open it, or put it away where it is open."""
        if self.isHidden():
            self.open()
        else:
            self.close_up()

    def open(self) -> None:
        """Show it with what was looked for last, to be typed over."""
        self._before = QApplication.focusWidget()
        self._indexing.start()
        self._model.read_models()
        self._cover()
        self.show()
        self.raise_()
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._model.search_now(self._filters.wanted(self._field.text()))

    def close_up(self) -> None:
        """Put it away; the keyboard goes back to where it was."""
        if self.isHidden():
            return
        self.hide()
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():  # an editor in a list lives shortly
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- putting together ---

    def _lay_out(self) -> None:
        self.setAccessibleName(self.tr("Search"))
        self._field.setPlaceholderText(self.tr("Search in all chats"))
        self._field.setAccessibleName(self.tr("Search in all chats"))
        self._field.setMaxLength(LONGEST)
        self._field.installEventFilter(self)
        self._window.installEventFilter(self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(32, 0, 32, 0)
        self._pages.addWidget(self.list)
        self._pages.addWidget(self._empty)
        top = QHBoxLayout()
        top.setContentsMargins(20, 12, 20, 12)
        top.setSpacing(12)
        top.addWidget(self._glass)
        top.addWidget(self._field, 1)
        top.addWidget(Label(self._theme, KEYS.replace("+", " "), role="caption", tone="secondary"))
        self._filters.setContentsMargins(20, 0, 20, 12)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 8, 20, 8)
        foot.addWidget(self._foot, 1)
        keys = self.tr("↑ ↓ choose   Enter opens   Esc closes")
        foot.addWidget(Label(self._theme, keys, role="caption", tone="secondary"))
        column = QVBoxLayout(self._card)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._filters)
        column.addWidget(_rule())
        column.addWidget(self._pages, 1)
        column.addWidget(_rule())
        column.addLayout(foot)

    def _connect(self) -> None:
        self._field.textChanged.connect(self._look)
        self._filters.changed.connect(self._look)
        self.list.clicked.connect(self._choose)
        self._model.loaded.connect(self._tell)
        self._model.failed.connect(self._complain)
        self._model.models_read.connect(self._filters.set_models)
        self._indexing.finished.connect(self._look_again)
        self._theme.changed.connect(self._dress)

    def _dress(self) -> None:
        self._glass.setPixmap(self._theme.pixmap("search", size=20))
        self._field.setStyleSheet("QLineEdit { border: none; background: transparent; padding: 0; min-height: 0; }")
        self._field.setFont(self._theme.font("heading"))
        self._cover()
        self.update()

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())
        width = min(self._theme.grown(_WIDTH), self.width() - 2 * _MARGIN)
        above = min(_ABOVE, max(_MARGIN, (self.height() - self._theme.grown(_HEIGHT)) // 2))
        height = min(self._theme.grown(_HEIGHT), self.height() - above - _MARGIN)
        self._card.setGeometry(QRect((self.width() - width) // 2, above, width, height))

    # --- looking ---

    def _look(self) -> None:
        self._model.search(self._filters.wanted(self._field.text()))

    def _look_again(self) -> None:
        """What was said since the last look is in the index now; hits that are being looked at stay."""
        if not self.isHidden() and not self.list.currentIndex().row() > 0:
            self._model.search_now(self._filters.wanted(self._field.text()))
        self._tell()

    def _tell(self) -> None:
        found = self._model.rowCount() > 0
        self._pages.setCurrentWidget(self.list if found or self._model.searching else self._empty)
        if not found:
            self._empty.setText(self._nothing())
        reading = self._indexing.behind and self._field.text().strip()
        self._foot.setText(self.tr("Earlier chats are still being read: more may be found.") if reading else "")
        if found and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self._model.index(self._next_row))
            self._next_row = 0

    def _nothing(self) -> str:
        wanted = self._model.wanted
        if wanted.text.strip():
            if wanted.filtered:
                return self.tr("Nothing found with these filters.")
            return self.tr("Nothing found. Try fewer words, or the beginning of one.")
        return self.tr("No such chats.") if wanted.filtered else self.tr("What you talk about will be found here.")

    def _place(self, conversation_id: str) -> str:
        """Where a conversation is put, if not with most of them."""
        filed = self._history.filed(conversation_id)
        if filed.archived:
            return self.tr("Archive")
        return one_line(self._cabinet.folder_name(filed.folder))

    def _complain(self, error: StoreError) -> None:
        self._empty.setText(sentence(error))
        self._pages.setCurrentWidget(self._empty)

    def _choose(self, index: Index) -> None:
        if not index.isValid():
            return
        hit: Hit | None = index.data(SearchModel.HitRole)
        if hit is None:
            self._next_row = index.row()
            self._model.expand()
            return
        self.close_up()
        self.chosen.emit(hit)

    # --- overrides of Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the field that are the list's, and the size of the window."""
        if watched is self._window and event.type() == QEvent.Type.Resize and not self.isHidden():
            self._cover()
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take(event)
        return super().eventFilter(watched, event)

    def _take(self, event: QKeyEvent) -> bool:
        if event.key() in _STEPS:
            self.list.step(_STEPS[Qt.Key(event.key())])
            current = self.list.currentIndex().data(SearchModel.HitRole)
            self._field.setAccessibleDescription(self.list.row.spoken(current) if current else "")
        elif event.key() in _ENTER:
            self._choose(self.list.currentIndex())
        else:
            return False
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
        # Whatever is pressed here is not meant for what lies below.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._card.geometry().contains(event.position().toPoint()):
            self.close_up()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Round and round: what lies below is out of reach."""
        stops: list[QWidget] = [self._field, *self._filters.stops]
        focused = QApplication.focusWidget()
        at = next((n for n, stop in enumerate(stops) if stop is focused), 0)
        stops[(at + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        veil = QColor("#000000")
        veil.setAlphaF(_VEIL)
        painter.fillRect(self.rect(), veil)
        painter.end()


class _Card(QWidget):
    """The ground of the palette."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.line))
        painter.setBrush(QColor(self._theme.tokens.surface))
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, _RADIUS, _RADIUS)
        painter.end()


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedHeight(1)
    return rule
