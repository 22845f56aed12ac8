"""Copying and saving a picture of the conversation from its menu, as the viewer does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QWidget
from shiboken6 import isValid

from app.conversation.gallery import Gallery
from app.core.errors import PictureError
from app.core.message import thumbnail_key
from app.ui.errors import sentence
from app.ui.theme import RADIUS, Theme
from app.ui.viewer.saving import Saving

if TYPE_CHECKING:
    from app.core.image import Pixels
    from app.ui.viewer.shown import Shown


class Keeping(QObject):
    """Says over the conversation what came of it."""

    def __init__(self, theme: Theme, gallery: Gallery, over: QWidget) -> None:
        """`over` is what stays where it is when the conversation is scrolled."""
        super().__init__(over)
        self._theme = theme
        self._over = over
        self._gallery = gallery
        self._copied = ""
        """The picture that the clipboard is to have as soon as it is decoded."""
        self.saving = Saving(theme, gallery, over, over)
        theme.changed.connect(self._dress)
        self._dress()
        gallery.opened.connect(self._on_opened)
        gallery.failed.connect(self._on_failed)

    def copy(self, picture: Shown) -> None:
        """Put the original on the clipboard; of a link that has none, what was seen there."""
        sha256, page = (picture.original, picture.page) if picture.original else (picture.images[0].sent, 0)
        self._copied = thumbnail_key(sha256, page)
        self._gallery.open(sha256, lambda: isValid(self), page)

    def _dress(self) -> None:
        """Only what is said: a sheet for the whole conversation would go through every row of it."""
        tokens = self._theme.tokens
        for said in self._over.findChildren(QLabel, "said", Qt.FindChildOption.FindDirectChildrenOnly):
            said.setStyleSheet(
                f"background: {tokens.surface}; color: {tokens.text}; border: 1px solid {tokens.line};"
                f"border-radius: {RADIUS['control']}px; padding: 6px 12px;"
            )

    def _on_opened(self, key: str, pixels: Pixels) -> None:
        if key == self._copied:
            self._copied = ""
            form = QImage.Format.Format_RGBA8888
            drawn = QImage(pixels.rgba, pixels.width, pixels.height, 4 * pixels.width, form)
            QGuiApplication.clipboard().setImage(drawn.copy())
            self.saving.say(self.tr("Copied"))

    def _on_failed(self, key: str, error: PictureError) -> None:
        if key == self._copied:
            self._copied = ""
            self.saving.say(sentence(error))
