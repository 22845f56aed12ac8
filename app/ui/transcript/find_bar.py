"""The bar over the conversation in which words are looked for: what, which of how many, on, back, and away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QToolButton, QWidget
from shiboken6 import isValid

from app.core.query import Query
from app.ui import figures
from app.ui.label import Label
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.transcript.find import Find

_WIDTH: Final = 320
_GAP: Final = 3 * SPACE
"""Pixels at either side; the scroll bar has room there."""
_LONGEST: Final = 200
"""Characters of a selection that are taken as what is looked for."""
_ENTER: Final = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class FindBar(QWidget):
    """Over the top right corner of its parent.

    Signals:
        closed(): the keyboard goes back to where it was, which the bar sees to; nothing is looked for any more.
    """

    closed = Signal()

    def __init__(self, theme: Theme, find: Find, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.finding: Final = find
        self._over = parent
        self._before: QWidget | None = None
        """What had the keyboard when it was opened."""
        self._given: Query | None = None
        """What the words in the field stand for, where they were not typed here."""
        self._field = QLineEdit()
        self._count = Label(theme, role="caption", tone="secondary")
        self._back = self._button(self.tr("Previous"), "Shift+F3", find.previous)
        self._on = self._button(self.tr("Next"), "F3", find.next)
        self._away = self._button(self.tr("Close"), "Esc", self.close_up)
        self._lay_out()
        find.found.connect(self._tell)
        find.marked.connect(self._place)
        self._field.textChanged.connect(self._search)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def open(self, words: str = "") -> None:
        """Look for what is selected, if that is a few words on one line, else for what was looked for last."""
        focused = QApplication.focusWidget()
        if self.isHidden() or not self.isAncestorOf(focused or self):
            self._before = focused
        was_hidden = self.isHidden()
        self.show()
        self.raise_()
        self._place()
        words = words.strip()
        if words and "\n" not in words and len(words) <= _LONGEST:
            self._field.setText(words)
        if was_hidden and self._field.text() and self.finding.text != self._field.text():
            self.finding.look_for(self._given or Query(self._field.text()))
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def look_for(self, query: Query) -> None:
        """Open it for what is looked for in another way than words that are typed in it."""
        with QSignalBlocker(self._field):
            self._field.setText(query.text)
        self._given = query
        self.finding.look_for(query)
        self.open()

    @property
    def words(self) -> str:
        """What it says of what was found."""
        return self._count.text()

    def next(self) -> None:
        """Go to the next hit; a closed bar is opened for that."""
        self._go(self.finding.next)

    def previous(self) -> None:
        self._go(self.finding.previous)

    def close_up(self) -> None:
        """Put the bar away; the conversation stays where it is."""
        if self.isHidden():
            return
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self)
        self.hide()
        self.finding.close()
        before, self._before = self._before, None
        if had_focus:
            back = before if before is not None and isValid(before) and before.isVisible() else self._over
            back.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    # --- putting together ---

    def _lay_out(self) -> None:
        self._field.setPlaceholderText(self.tr("Find in this chat"))
        self._field.setAccessibleName(self.tr("Find in this chat"))
        self._field.installEventFilter(self)
        self._over.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(0)
        row.addWidget(self._field, 1)
        row.addSpacing(2 * SPACE)
        row.addWidget(self._count)
        row.addSpacing(SPACE)
        for button in (self._back, self._on, self._away):
            row.addWidget(button)
        self._stops = (self._field, self._back, self._on, self._away)
        self._tell(0, 0, True)

    def _button(self, name: str, key: str, do: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("kind", "icon")
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({key})")
        button.clicked.connect(do)
        return button

    def _dress(self) -> None:
        for button, icon in ((self._back, "chevron-up"), (self._on, "chevron-down"), (self._away, "x")):
            button.setIcon(self._theme.icon(icon))
        # The bar is its frame.
        self._field.setStyleSheet("QLineEdit { border: none; background: transparent; padding: 0; min-height: 0; }")
        self._field.setFont(self._theme.font("secondary"))
        self._place()
        self.update()

    def _place(self) -> None:
        """Take the corner, as far as there is room; or lie below a hit that would be under it there.

        That is one in the first lines of the conversation: any other is brought to where it can be seen.
        """
        if self.isHidden():
            return
        room = self._over.width() - 2 * _GAP
        width = min(self._theme.grown(_WIDTH), room)
        corner = QRect(_GAP + room - width, 2 * SPACE, width, self.sizeHint().height())
        hit = self.finding.place
        if corner.intersects(hit.adjusted(0, -SPACE, 0, SPACE)):
            corner.moveTop(hit.bottom() + 2 * SPACE)
        self.setGeometry(corner)

    # --- what is found ---

    def _search(self, text: str) -> None:
        self._given = None
        self.finding.search(text)

    def _tell(self, current: int, count: int, complete: bool) -> None:
        if not self._field.text().strip():
            words = ""
        elif not complete:
            words = self.tr("%1 so far").replace("%1", figures.count(count))
        elif not count:
            words = self.tr("Nothing found")
        elif not current:
            words = self.tr("%1 found").replace("%1", figures.count(count))
        else:
            words = self.tr("%1 of %2").replace("%1", figures.count(current)).replace("%2", figures.count(count))
        if words != self._count.text():
            self._count.setText(words)
            self._field.setAccessibleDescription(words)
        for button in (self._back, self._on):
            button.setEnabled(count > 0)

    def _go(self, step: Callable[[], None]) -> None:
        if not self.isHidden():
            step()
        elif self._over.isVisible():
            self.open()

    # --- overrides of Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the field that are the bar's, and whether it has the focus: that is shown around the whole bar."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        if event.type() == QEvent.Type.Resize and watched is self._over:
            self._place()
        if watched is self._over and event.type() == QEvent.Type.KeyPress and self._is_left_by(event):
            return True
        if (
            watched is self._field
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and self._take(event)
        ):
            return True
        return super().eventFilter(watched, event)

    def _is_left_by(self, event: QEvent) -> bool:
        """Esc in the conversation puts the bar away, unless something is selected there: that goes first."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if not is_escape or self.isHidden() or not self.finding.may_be_left:
            return False
        self.close_up()
        return True

    def focusNextPrevChild(self, next_: bool) -> bool:
        """From control to control, in the order in which they stand; from the last on into the conversation."""
        can = [stop for stop in self._stops if stop.isEnabled()]
        focused = QApplication.focusWidget()
        then = (can.index(focused) if focused in can else -1) + (1 if next_ else -1)
        if not 0 <= then < len(can):
            return self._walk_out(forward=next_)
        can[then].setFocus(Qt.FocusReason.TabFocusReason if next_ else Qt.FocusReason.BacktabFocusReason)
        return True

    def _walk_out(self, *, forward: bool) -> bool:
        """Give the focus to what is next beside the bar: the others in it would be taken for that."""
        policies = {stop: stop.focusPolicy() for stop in self._stops if not stop.hasFocus()}
        for stop in policies:
            stop.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        try:
            return super().focusNextPrevChild(forward)
        finally:
            for stop, policy in policies.items():
                stop.setFocusPolicy(policy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._take(event):
            super().keyPressEvent(event)

    def _take(self, event: QKeyEvent) -> bool:
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
        elif event.key() in _ENTER:
            focused = QApplication.focusWidget()
            if isinstance(focused, QToolButton):
                focused.click()
            elif back:
                self.finding.previous()
            else:
                self.finding.next()
        else:
            return False
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self._field.hasFocus()
        painter.setPen(QColor(tokens.accent if focused else tokens.line))
        painter.setBrush(QColor(tokens.surface))
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, RADIUS["control"], RADIUS["control"])
        painter.end()
