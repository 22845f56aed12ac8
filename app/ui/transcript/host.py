"""What every row of the conversation is given: the look, the pictures, and where it tells what was done in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QPixmap

from app.conversation.gallery import Gallery
from app.core.message import Message
from app.ui.theme import Theme
from app.ui.transcript.formula_pictures import FormulaPictures
from app.ui.transcript.highlighting import Highlighting

Thumbnail = Callable[[int], QPixmap]
"""Draws a picture of the conversation by its number, small; nothing as long as it has no thumbnail."""


class Host(QObject):
    """Signals, told by rows and heard by the transcript:
    link_opened(str): the address of a link that may be followed was activated.
    picture_named(int): the number of a picture in a text was.
    picture_opened(int): a picture was clicked; its number.
    picture_asked(int, QPoint): a picture's menu is wanted, there on the screen.
    acted(str, VisavisError | None): an action of a notice, with the error it tells.
    dismissed(): the refusal was read.
    folded(QWidget): the line of a fold was pressed; the row widget.
    unfolded(QWidget): all of a very long text is wanted; the row widget.
    deed(str, Message): "copy", "retry", "older", "newer", "more" (its menu) of the message; while nothing comes, "stop"
        (keep what is there) and "restart" (stop, and ask again).
    sharper_wanted(int): a picture is to be sent again, sharper; its number.
    shifted(QWidget, int): a wide row was moved sideways, to that many pixels; the other parts of its block follow.
    resized(QWidget): a row has another height now for a reason of its own.
    """

    link_opened = Signal(str)
    picture_named = Signal(int)
    picture_opened = Signal(int)
    picture_asked = Signal(int, QPoint)
    acted = Signal(str, object)
    dismissed = Signal()
    folded = Signal(object)
    unfolded = Signal(object)
    deed = Signal(str, Message)
    sharper_wanted = Signal(int)
    shifted = Signal(object, int)
    resized = Signal(object)

    def __init__(self, theme: Theme, gallery: Gallery, thumbnail: Thumbnail, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.gallery = gallery
        self.thumbnail = thumbnail
        self.highlighting = Highlighting(self)
        self.formulas = FormulaPictures(theme, self)
