"""The small bar over the corner of a question that is pointed at: copy, edit, delete, and its menu."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.core.message import Message
from app.ui.theme import SPACE, Theme
from app.ui.transcript.icon_button import IconButton

_INSET: Final = 2 * SPACE
"""Pixels to the right edge of the message."""
_STAYS: Final = 150
"""Milliseconds that it stays after the pointer has left: time to come back to it, or to its message."""
_DONE: Final = 1200
"""Milliseconds for which Copy says that it has copied."""


class ActionBar(QFrame):
    """Lies over the conversation and moves nothing in it. The arrow keys go through it; Esc and Tab leave it.

    Signals:
        deed(str, Message): "copy", "edit", "delete" or "more" (its menu) of the message.
        left(): it goes although it has the focus, which is to go back to the conversation.
        stood(): it stands at another question: `name_delete` is to say what goes with that.
    """

    deed = Signal(str, Message)
    left = Signal()
    stood = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._theme = theme
        self._message = Message("user")
        self.setObjectName("actions")
        self.setAccessibleName(self.tr("Actions of the question"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(0)
        self._copy = self._button("copy", "copy", self.tr("Copy"))
        self._edit = self._button("edit", "pencil", self.tr("Edit"))
        self._delete = self._button("delete", "trash-2", self.tr("Delete question"))
        self._more = self._button("more", "ellipsis", self.tr("More"))
        self._hides = QTimer(self, singleShot=True, interval=_STAYS)
        self._hides.timeout.connect(self._hide_unless_used)
        self._forgets = QTimer(self, singleShot=True, interval=_DONE)
        self._forgets.timeout.connect(self._dress)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def message(self) -> Message:
        """The question it stands at."""
        return self._message

    def show_for(self, message: Message, rect: QRect) -> None:
        """Stand at a message, whose place is `rect` in the parent; parts of it may be outside.

        Only questions have it: below an answer there are buttons anyway.
        """
        if message.role != "user":
            self.let_go()
            return
        if message.id != self._message.id and self._has_focus():
            return  # what a key does there must not become another message's by a move of the pointer
        self._hides.stop()
        is_another, self._message = message.id != self._message.id, message
        if is_another:
            self._forgets.stop()
            self._dress()
            self.stood.emit()
        self._place(rect)

    def follow(self, rect: QRect) -> None:
        """Its message stands elsewhere now. Where the pointer has left it, it still goes."""
        if self.isVisible():
            self._place(rect)

    def let_go(self) -> None:
        """The message is pointed at no more: go, unless the pointer is on its way here, or the focus is here."""
        if self.isVisible() and not self._hides.isActive():
            self._hides.start()

    def allow(self, *, edit: bool, delete: bool) -> None:
        """What can be done now: nothing of it while an answer is under way."""
        self._edit.setEnabled(edit)
        self._delete.setEnabled(delete)

    def name_delete(self, words: str) -> None:
        """What is deleted with the question is said."""
        self._delete.setAccessibleName(words)
        self._delete.setToolTip(words)

    def take_focus(self) -> None:
        """Let the keyboard go through it."""
        self._copy.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def say_copied(self) -> None:
        """Copy shows for a moment that it was done."""
        self._copy.setIcon(self._theme.icon("check"))
        self._forgets.start()

    # --- putting together ---

    def _button(self, deed: str, icon: str, name: str) -> IconButton:
        button = _Button(self._theme, icon, name, parent=self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it comes and goes: Tab would go another way than back
        button.setProperty("kind", "action")
        button.clicked.connect(lambda: self._do(deed))
        self._row.addWidget(button)
        return button

    def _do(self, deed: str) -> None:
        if deed in {"edit", "delete"}:
            self._leave()
        self.deed.emit(deed, self._message)

    def _leave(self) -> None:
        """Go, and give the focus back where it is here: Qt would give it to whatever comes next."""
        if self._has_focus():
            self.left.emit()
        self.hide()

    def _dress(self) -> None:
        icons = {self._copy: "copy", self._edit: "pencil", self._delete: "trash-2", self._more: "ellipsis"}
        for button, name in icons.items():
            button.setIcon(self._theme.icon(name, self._theme.tokens.text2))
        self.adjustSize()

    def _place(self, rect: QRect) -> None:
        """Half over the upper edge of the message, and within the parent as long as the message is."""
        room = self._over.rect()
        size = self.sizeHint()
        top = max(rect.top() - size.height() // 2, SPACE)
        if not rect.intersects(room) or top + size.height() > min(rect.bottom(), room.bottom()):
            self._hide_unless_used()
            return
        right_to_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = rect.left() + _INSET if right_to_left else rect.right() + 1 - _INSET - size.width()
        self.setGeometry(QRect(QPoint(max(left, room.left()), top), size))
        self.show()
        self.raise_()

    def _hide_unless_used(self) -> None:
        if not self.underMouse() and not self._has_focus():
            self.hide()

    def _has_focus(self) -> bool:
        return any(button.hasFocus() for button in self._buttons)

    @property
    def _buttons(self) -> list[IconButton]:
        return [self._copy, self._edit, self._delete, self._more]

    def _step(self, by: int) -> None:
        enabled = [button for button in self._buttons if button.isEnabled()]
        at = next((place for place, button in enumerate(enabled) if button.hasFocus()), 0)
        enabled[(at + by) % len(enabled)].setFocus(Qt.FocusReason.TabFocusReason)

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        forward = -1 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 1
        if event.key() in {keys.Key_Left, keys.Key_Right}:
            self._step(forward if event.key() == keys.Key_Right else -forward)
        elif event.key() == keys.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hides.start()


class _Button(IconButton):
    """Leaves the arrow keys to the bar; Qt would go out of it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            event.ignore()
        else:
            super().keyPressEvent(event)
