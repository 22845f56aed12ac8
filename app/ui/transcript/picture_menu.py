"""What can be done with a picture that was sent: its context menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.conversation.chat import Chat
from app.ui.transcript.again import sharper_words
from app.ui.viewer.shown import of_conversation

if TYPE_CHECKING:
    from app.ui.transcript.keeping import Keeping


class PictureMenu(QMenu):
    """Opened with `popup`; it deletes itself.

    Signals:
        opened(int): the picture is to be shown large.
        details_wanted(int): the same, with its details beside it.
        resent(): it is being sent again.
        replacement_wanted(int): another picture is to take its place.
    """

    opened = Signal(int)
    details_wanted = Signal(int)
    resent = Signal()
    replacement_wanted = Signal(int)

    def __init__(self, chat: Chat, number: int, keeping: Callable[[], Keeping], parent: QWidget) -> None:
        """`keeping` copies and saves."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        worker = chat.worker
        self.addAction(self.tr("Open") + "\tEnter", lambda: self.opened.emit(number))
        self.addAction(self.tr("Details"), lambda: self.details_wanted.emit(number))
        self.addSeparator()
        self._add_keeping(chat, number, keeping)
        self.addSeparator()
        offer = chat.sharper(number)
        if offer is not None:
            resend = self.addAction(sharper_words(chat, number, offer), lambda: worker.resend(number, offer.preset))
            resend.triggered.connect(lambda _: self.resent.emit())
            resend.setEnabled(not worker.busy)
        self.addSeparator()
        blocks = chat.messages.blocks_of(number)
        if blocks and (blocks[0].withheld or blocks[0].description):
            change = self.addAction(self.tr("Send it along again"), lambda: worker.bring_back(number))
        else:
            leave_out = partial(worker.repair, number, "remove", ask=False)
            change = self.addAction(self.tr("Leave it out from now on"), leave_out)
        change.setEnabled(not worker.busy)
        replace = self.addAction(self.tr("Replace it…"), lambda: self.replacement_wanted.emit(number))
        replace.setEnabled(not worker.busy)

    def _add_keeping(self, chat: Chat, number: int, keeping: Callable[[], Keeping]) -> None:
        picture = next((shown for shown in of_conversation(chat) if shown.number == number), None)
        if picture is None:
            return
        seen = bool(picture.original or picture.images[0].sent)
        copy = self.addAction(self.tr("Copy"), lambda: keeping().copy(picture))
        original = self.addAction(self.tr("Save original…"), lambda: keeping().saving.ask_original(picture))
        sent = self.addAction(self.tr("Save what was sent…"), lambda: keeping().saving.ask_sent(picture))
        for action, can in ((copy, seen), (original, bool(picture.original)), (sent, picture.sendable)):
            action.setEnabled(can)
