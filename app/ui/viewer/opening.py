"""Opening the viewer on a conversation or on its draft, joined so that it follows what changes there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.ui.theme import Theme
from app.ui.viewer.shown import Shown, Terms, of_conversation, of_draft
from app.ui.viewer.view import Viewer


def open_sent(theme: Theme, gallery: Gallery, tools: Tools, chat: Chat, number: int, parent: QWidget) -> None:
    """Show the picture of that number, with all others that were sent."""
    viewer = Viewer(theme, gallery, tools, parent)
    pictures = of_conversation(chat)
    index = next((index for index, picture in enumerate(pictures) if picture.number == number), None)
    if index is not None:
        _open(viewer, tools, chat, lambda: of_conversation(chat), index)


def open_draft(theme: Theme, gallery: Gallery, tools: Tools, chat: Chat, row: int, parent: QWidget) -> None:
    """Show the picture of that row of the draft, with all others of it."""
    if 0 <= row < len(chat.draft.pictures):
        viewer = Viewer(theme, gallery, tools, parent)
        viewer.preset_chosen.connect(chat.draft.set_preset)
        viewer.region_marked.connect(lambda row, box: chat.draft.set_preset(row, "region", box))
        _open(viewer, tools, chat, lambda: of_draft(chat), row)


def _open(viewer: Viewer, tools: Tools, chat: Chat, pictures: Callable[[], list[Shown]], index: int) -> None:
    limits = tools.account.catalog.limits

    def follow() -> None:
        viewer.update_pictures(pictures(), Terms.of(chat, limits))

    viewer.show_pictures(pictures(), index, Terms.of(chat, limits))
    chat.draft.changed.connect(follow)
    chat.changed.connect(follow)
