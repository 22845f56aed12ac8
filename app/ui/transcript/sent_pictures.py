"""The pictures of the conversation as the transcript deals with them: small ones, their menu, sending one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QAbstractScrollArea

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.ui.theme import SPACE, Theme
from app.ui.transcript.picture_menu import PictureMenu
from app.ui.transcript.pictures_row import PicturesRow
from app.ui.transcript.row import RowWidget

if TYPE_CHECKING:
    from app.ui.transcript.keeping import Keeping


class SentPictures(QObject):
    """Signals:
    opened(int): a picture is to be shown large; its number.
    details_wanted(int): the same, with its details beside it.
    resent(): one is being sent again.
    replacement_wanted(int): another picture is to take the place of the one of this number.
    """

    opened = Signal(int)
    details_wanted = Signal(int)
    resent = Signal()
    replacement_wanted = Signal(int)

    def __init__(self, theme: Theme, gallery: Gallery, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._theme = theme
        self._gallery = gallery
        self._area = area
        self._chat: Chat | None = None
        self._keeping: Keeping | None = None

    def set_chat(self, chat: Chat) -> None:
        self._chat = chat

    def thumbnail(self, number: int) -> QPixmap:
        """A picture of the conversation, small; nothing as long as it has no thumbnail."""
        blocks = self._chat.messages.blocks_of(number) if self._chat is not None else ()
        # Our own making: a thumbnail is never a stranger's bytes.
        return QPixmap.fromImage(QImage.fromData(self._gallery.thumbnail(blocks[0].thumbnail))) if blocks else QPixmap()

    def flash(self, row: RowWidget | None, number: int) -> int:
        """Draw the eye to a picture of a row; how far is to be scrolled, in pixels, so that it is in view."""
        if not isinstance(row, PicturesRow) or (tile := row.flash(number)) is None:
            return 0
        viewport = self._area.viewport()
        top = tile.mapTo(viewport, QPoint()).y()
        return 0 if 4 * SPACE <= top <= viewport.height() - tile.height() else top - 4 * SPACE

    def open_menu(self, number: int, at: QPoint) -> None:
        """What can be done with a picture, there on the screen."""
        if self._chat is None:
            return
        menu = PictureMenu(self._chat, number, self._keeper, self._area)
        menu.opened.connect(self.opened)
        menu.details_wanted.connect(self.details_wanted)
        menu.resent.connect(self.resent)
        menu.replacement_wanted.connect(self.replacement_wanted)
        menu.popup(at)

    def _keeper(self) -> Keeping:
        """Made when it is first needed: few ever save a picture."""
        if self._keeping is None:
            from app.ui.transcript.keeping import Keeping

            self._keeping = Keeping(self._theme, self._gallery, self._area)
        return self._keeping
