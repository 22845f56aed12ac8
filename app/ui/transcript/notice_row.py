"""The row that says what went wrong, or how an answer ended, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.ui.transcript.card import Card, WaitingCard, error_card
from app.ui.transcript.content import Notice
from app.ui.transcript.host import Host
from app.ui.transcript.text import SafeTextView


class NoticeRow(QWidget):
    """Holds a card, made anew for another notice: few are ever seen, and no two are alike."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._notice: Notice | None = None
        self._card: Card | None = None

    @property
    def view(self) -> SafeTextView | None:
        """None: its words are not part of what the messages say."""
        return None

    def show_content(self, content: Notice) -> None:
        if content == self._notice:
            return
        focused = self._focused_name()
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
        self._notice = content
        self._card = card = self._made(content)
        card.acted.connect(lambda action: self._host.acted.emit(action, content.error))
        card.dismissed.connect(self._host.dismissed)
        card.resize(self.size())
        card.show()
        if focused:
            self._focus(focused)

    def height_for(self, width: int) -> int:
        return self._card.height_for(width) if self._card is not None else 0

    def shift(self, pixels: int) -> None:
        """It wraps instead."""

    def let_go(self) -> None:
        """The card goes: it may count down, or be unfolded."""
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
        self._notice = self._card = None

    def _made(self, notice: Notice) -> Card:
        theme = self._host.theme
        if notice.wait is not None:
            return WaitingCard(theme, notice.wait, self)
        if notice.error is not None:
            thumbnail = self._host.thumbnail
            card = error_card(
                theme,
                notice.error,
                can_retry=notice.can_retry,
                rest=notice.rest,
                asks=notice.asks,
                thumbnail=thumbnail,
                parent=self,
            )
        else:
            card = Card(theme, danger=False, parent=self)
            card.say(notice.words)
            if notice.rest is not None:
                card.add_rest(notice.rest, notice.asks)
            if notice.action:
                card.add_action(notice.action, asks=notice.asks)
        if notice.refusal:
            card.add_dismiss()
        return card

    def _focused_name(self) -> str:
        """The name of the button that has the focus; empty where none has."""
        focused = QApplication.focusWidget()
        mine = isinstance(focused, QAbstractButton) and self.isAncestorOf(focused)
        return focused.accessibleName() if focused is not None and mine else ""

    def _focus(self, name: str) -> None:
        for button in self.findChildren(QAbstractButton):
            if button.accessibleName() == name and self._card is not None and self._card.isAncestorOf(button):
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    # --- overrides of Qt ---

    def event(self, event: QEvent) -> bool:
        # Its details were unfolded, or the words of a countdown take another number of lines.
        if event.type() == QEvent.Type.LayoutRequest and self._card is not None and self.isVisible():
            if self.height_for(self.width()) != self.height():
                self._host.resized.emit(self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._card is not None:
            self._card.resize(event.size())
