"""Opening the viewer on a conversation or on its draft, joined so that it follows what changes there."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.ui.theme import Theme
from app.ui.viewer.resends import Resends
from app.ui.viewer.shown import Terms, of_conversation, of_draft
from app.ui.viewer.view import Viewer


def open_sent(
    theme: Theme, gallery: Gallery, tools: Tools, chat: Chat, number: int, parent: QWidget, *, details: bool = False
) -> None:
    """Show the picture of that number, with all others of the conversation, and its details in any case or not."""
    numbers = [picture.number for picture in of_conversation(chat)]
    if number not in numbers:
        return
    resends = Resends(chat.sharper, chat.resending, lambda: not chat.worker.busy)
    viewer = Viewer(theme, gallery, tools, lambda: (of_conversation(chat), Terms.of(chat)), parent, resends)
    viewer.resend_wanted.connect(chat.worker.resend)
    viewer.show_picture(numbers.index(number), details=details)
    chat.changed.connect(viewer.follow)
    chat.worker.phase_changed.connect(viewer.follow)


def open_draft(
    theme: Theme, gallery: Gallery, tools: Tools, chat: Chat, row: int, parent: QWidget, *, mark: bool = False
) -> None:
    """Show the picture of that row of the draft, with all others of it, or let a region of it be marked."""
    if not 0 <= row < len(chat.draft.pictures):
        return
    viewer = Viewer(theme, gallery, tools, lambda: (of_draft(chat), Terms.of(chat)), parent)
    viewer.preset_chosen.connect(chat.draft.set_preset)
    viewer.region_marked.connect(lambda row, box: chat.draft.set_preset(row, "region", box))
    viewer.show_picture(row, mark=mark)
    chat.draft.changed.connect(viewer.follow)
