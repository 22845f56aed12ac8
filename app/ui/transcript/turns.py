"""The person's turns: a soft card with the pictures and the words."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.conversation.gallery import Gallery
from app.core.failure import error_from_json
from app.core.message import Message
from app.ui.theme import RADIUS, SPACE, Theme
from app.ui.transcript.card import error_card
from app.ui.transcript.prose import Prose
from app.ui.transcript.tiles import PictureStrip


class Turn(QWidget):
    """One message.

    Signals:
        link_opened(str): a link was activated.
        selecting(): the person has begun to select.
        picture_opened(int): a picture was clicked; its number.
        picture_named(int): the number of a picture in the text was.
        picture_asked(int, QPoint): a picture's menu is wanted, there on the screen.
        acted(str): an action of a card, "retry" among them.
    """

    link_opened = Signal(str)
    selecting = Signal()
    picture_opened = Signal(int)
    picture_named = Signal(int)
    picture_asked = Signal(int, QPoint)
    acted = Signal(str)

    def __init__(self, theme: Theme, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._message = message
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)

    @property
    def message(self) -> Message:
        return self._message

    def prose(self, *, markdown: bool, name: str, pictures: int = 0) -> Prose:
        """A text of this turn, which can mean so many pictures."""
        prose = Prose(self._theme, markdown=markdown, name=name, pictures=pictures, parent=self)
        prose.link_opened.connect(self.link_opened)
        prose.picture_named.connect(self.picture_named)
        prose.selecting.connect(self.selecting)
        return prose

    def copy(self) -> None:
        """Put the message's text as it was written on the clipboard."""
        QGuiApplication.clipboard().setText(self._message.text)

    def menu(self) -> QMenu:
        """What can be done with the turn's text."""
        texts = self.findChildren(Prose)
        selected = "\n".join(text.selected for text in texts if text.selected)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        clipboard = QGuiApplication.clipboard()
        part = menu.addAction(self.tr("Copy selection"), lambda: clipboard.setText(selected))
        part.setEnabled(bool(selected))
        plain = "\n".join(text.plain for text in texts if not text.isHidden())
        whole = menu.addAction(self.tr("Copy as text"), lambda: clipboard.setText(plain))
        source = menu.addAction(self.tr("Copy Markdown"), self.copy)
        whole.setEnabled(bool(self._message.text))
        source.setEnabled(bool(self._message.text))
        return menu

    # --- overrides of Qt ---

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())


class PersonTurn(Turn):
    """A question with its pictures."""

    def __init__(self, theme: Theme, gallery: Gallery, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(theme, message, parent)
        self.setAccessibleName(self.tr("You"))
        # Above its letters a line has room of its own.
        top = 4 * SPACE if message.images else 2 * SPACE + 2
        self._column.setContentsMargins(4 * SPACE, top, 4 * SPACE, 3 * SPACE)
        self._gallery = gallery
        self._rate: Decimal | None = None
        self._strip: PictureStrip | None = None
        self._show_pictures()
        if message.text.strip():
            words = self.prose(markdown=False, name=self.tr("Your message"))
            words.set_text(message.text)
            self._column.addWidget(words)
        if message.error is not None:
            self._column.addWidget(error_card(theme, error_from_json(message.error), can_retry=False))

    def set_message(self, message: Message) -> None:
        """Show what the message has become: pictures may be fitted anew, left out or replaced; words never change."""
        known, self._message = self._message, message
        if message.images != known.images:
            self._show_pictures()

    def flash(self, number: int) -> QWidget | None:
        """Draw the eye to a picture; returns its tile."""
        tile = self._strip.tile_of(number) if self._strip is not None else None
        if tile is not None:
            tile.flash()
        return tile

    def _show_pictures(self) -> None:
        if self._strip is not None:
            self._column.removeWidget(self._strip)
            self._strip.hide()
            self._strip.deleteLater()
            self._strip = None
        if self._message.images:
            self._strip = PictureStrip(self._theme, self._gallery, self._message.pictures, self)
            self._strip.opened.connect(self.picture_opened)
            self._strip.asked.connect(self.picture_asked)
            self._strip.set_rate(self._rate)
            self._column.insertWidget(0, self._strip)
            self._strip.show()

    def set_rate(self, rate: Decimal | None) -> None:
        """Show what the pictures cost, at USD per million tokens."""
        if self._strip is not None and rate != self._rate:
            self._rate = rate
            self._strip.set_rate(rate)

    # --- overrides of Qt ---

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.soft))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS["card"], RADIUS["card"])
        painter.end()
