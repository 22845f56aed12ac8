"""A text that may be wider than its row: it is moved sideways within it, by wheel, keys, bar and selection."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QScrollBar, QTextBrowser, QWidget

from app.ui.theme import SPACE, Theme
from app.ui.transcript.text import SafeTextView

BAR: Final = 10
"""Pixels that the bar is high."""
_EDGE: Final = 6 * SPACE
"""Pixels over which the text fades where it is cut off."""
_STEP: Final = 10 * SPACE
"""Pixels of an arrow key."""
_MARGIN: Final = 4 * SPACE
"""Pixels that are kept between the cursor and the edge."""


class WideView(SafeTextView):
    """A text that is moved within its row, and hence shows by the row that it has the focus.

    Signals:
        ringed(bool): whether the keyboard has brought the focus to it.
    """

    ringed = Signal(bool)

    def forget(self) -> None:
        """Select and mark nothing any more."""
        self.clear_selection()
        self.mark(())
        self.setToolTip("")

    # --- overrides of Qt ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        QTextBrowser.resizeEvent(self, event)  # its row lays it out

    def paintEvent(self, event: QPaintEvent) -> None:
        QTextBrowser.paintEvent(self, event)  # there are no boxes and no quotes in it to be looked for
        if self._caret:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_caret(painter)
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.ringed.emit(event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason})

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.ringed.emit(False)


class Sideways(QWidget):
    """Holds the view of a row. The row gives it its place, and tells how wide the text is.

    Signals:
        moved(int): the person has moved the text to that many pixels.
    """

    moved = Signal(int)

    def __init__(self, theme: Theme, view: SafeTextView, ground: str, parent: QWidget) -> None:
        """`ground` is the colour behind the text, as #RRGGBB."""
        super().__init__(parent)
        self._theme = theme
        self._view = view
        self._ground = ground
        self._extent = 0
        self._offset = 0
        self._edges: tuple[_Edge, _Edge] | None = None
        self._bar: QScrollBar | None = None
        view.setParent(self)
        view.cursorPositionChanged.connect(self._follow_selection)

    @property
    def offset(self) -> int:
        """Pixels of the text that are out of sight on the left."""
        return self._offset

    @property
    def spare(self) -> int:
        """Pixels by which the text is wider than its row."""
        return max(0, self._extent - self.width())

    def fit(self, place: QRect, extent: int) -> None:
        """Take that place in the row; the text is `extent` pixels wide."""
        if place != self.geometry() or extent != self._extent:
            self._extent = extent
            self.setGeometry(place)
            self._place()

    def shift(self, pixels: int) -> None:
        """Move the text without telling."""
        pixels = max(0, min(pixels, self.spare))
        if pixels != self._offset:
            self._offset = pixels
            self._place()

    def reveal(self, position: int) -> None:
        """Move the text so that this character of it is to be seen, and tell."""
        cursor = self._view.textCursor()
        cursor.setPosition(position)
        x = self._view.cursorRect(cursor).x()
        if x - _MARGIN < self._offset:
            self._move_to(x - _MARGIN)
        elif x + _MARGIN > self._offset + self.width():
            self._move_to(x + _MARGIN - self.width())

    def show_bar(self, place: QRect | None) -> None:
        """A bar at that place of the row, as long as the text is too wide; None for none."""
        if place is None or not self.spare:
            if self._bar is not None:
                self._bar.hide()
            return
        if self._bar is None:
            self._bar = QScrollBar(Qt.Orientation.Horizontal, self.parentWidget())
            self._bar.setAccessibleName(self.tr("Move sideways"))
            self._bar.valueChanged.connect(self._move_to)
            self._bar.setCursor(Qt.CursorShape.ArrowCursor)
        self._bar.setGeometry(place)
        self._set_bar()
        self._bar.show()

    def wheel(self, event: QWheelEvent) -> None:
        """Take what is turned sideways; the rest is the conversation's."""
        turned = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2
        across = turned.x()
        if not across and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            across = turned.y()
        if not self.spare or abs(across) < abs(turned.y()):
            event.ignore()
            return
        event.accept()
        self._move_to(self._offset - across)

    def key(self, event: QKeyEvent) -> None:
        """Take the arrows to the left and right."""
        step = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP}.get(Qt.Key(event.key()), 0)
        if not step or not self.spare or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
            return
        self._move_to(self._offset + self._theme.px(step))

    def _move_to(self, pixels: int) -> None:
        before = self._offset
        self.shift(pixels)
        if self._offset != before:
            self.moved.emit(self._offset)

    def _follow_selection(self) -> None:
        if self.spare and self._view.hasFocus() and QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self.reveal(self._view.textCursor().position())

    def _place(self) -> None:
        self._offset = max(0, min(self._offset, self.spare))
        place = QRect(-self._offset, 0, max(self._extent, self.width()), self.height())
        if place != self._view.geometry():
            self._view.setGeometry(place)
        self._show_edges()
        if self._bar is not None:
            self._set_bar()

    def _set_bar(self) -> None:
        if self._bar is not None:
            self._bar.blockSignals(True)
            self._bar.setRange(0, self.spare)
            self._bar.setPageStep(max(1, self.width()))
            self._bar.setSingleStep(self._theme.px(_STEP))
            self._bar.setValue(self._offset)
            self._bar.blockSignals(False)
            self._bar.setVisible(self.spare > 0)

    def _show_edges(self) -> None:
        """Let the text fade at a side where more of it is."""
        if self._edges is None:
            if not self.spare:
                return
            self._edges = _Edge(self._ground, -1, self), _Edge(self._ground, 1, self)
        width = self._theme.px(_EDGE)
        left, right = self._edges
        left.setGeometry(0, 0, width, self.height())
        right.setGeometry(self.width() - width, 0, width, self.height())
        left.setVisible(self._offset > 0)
        right.setVisible(self._offset < self.spare)

    # --- overrides of Qt ---

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place()


class _Edge(QWidget):
    """Fades what is below it towards one side: -1 is left, 1 is right."""

    def __init__(self, ground: str, side: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._ground = QColor(ground)
        self._side = side
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        clear = QColor(self._ground)
        clear.setAlpha(0)
        fade = QLinearGradient(QPoint(0, 0), QPoint(self.width(), 0))
        fade.setColorAt(0, clear if self._side > 0 else self._ground)
        fade.setColorAt(1, self._ground if self._side > 0 else clear)
        painter = QPainter(self)
        painter.fillRect(self.rect(), fade)
        painter.end()
