"""What can be done with a picture that was sent: its context menu."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.conversation.chat import Chat
from app.ui.transcript.again import sharper_words


class PictureMenu(QMenu):
    """Opened with `popup`; it deletes itself.

    Signals:
        opened(int): the picture is to be shown large.
        replacement_wanted(int): another picture is to take its place.
    """

    opened = Signal(int)
    replacement_wanted = Signal(int)

    def __init__(self, chat: Chat, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        worker = chat.worker
        self.addAction(self.tr("Open") + "\tEnter", lambda: self.opened.emit(number))
        offer = chat.sharper(number)
        if offer is not None:
            resend = self.addAction(sharper_words(chat, number, offer), lambda: worker.resend(number, offer.preset))
            resend.setEnabled(not worker.busy)
        self.addSeparator()
        blocks = chat.messages.blocks_of(number)
        if blocks and blocks[0].withheld:
            change = self.addAction(self.tr("Send it along again"), lambda: worker.bring_back(number))
        else:
            change = self.addAction(self.tr("Leave it out from now on"), lambda: worker.repair(number, "remove"))
        change.setEnabled(not worker.busy)
        replace = self.addAction(self.tr("Replace it…"), lambda: self.replacement_wanted.emit(number))
        replace.setEnabled(not worker.busy)
