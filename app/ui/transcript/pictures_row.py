"""The row of a question's pictures."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.transcript.content import Pictures
from app.ui.transcript.host import Host
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.tiles import PictureStrip


class PicturesRow(PictureStrip):
    """Tiles that open on a click; their thumbnails may come later."""

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(host.theme, host.gallery, (), parent)
        self.setAccessibleName(self.tr("Pictures"))
        self.opened.connect(host.picture_opened)
        self.asked.connect(host.picture_asked)

    @property
    def view(self) -> SafeTextView | None:
        return None

    def show_content(self, content: Pictures) -> None:
        self.show_pictures(content.pictures, content.rate)

    def height_for(self, width: int) -> int:
        return self.heightForWidth(width)

    def shift(self, pixels: int) -> None:
        """It wraps instead."""

    def let_go(self) -> None:
        for tile in self.tiles:
            tile.calm()

    def flash(self, number: int) -> QWidget | None:
        """Draw the eye to a picture; returns its tile."""
        tile = self.tile_of(number)
        if tile is not None:
            tile.flash()
        return tile
