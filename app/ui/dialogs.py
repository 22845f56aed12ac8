"""The app's dialogs and other windows over its main window: each imported and made when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.conversation.attachment import Source
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.remote_files import RemoteFiles
from app.conversation.searching import Indexing, SearchModel
from app.conversation.tools import Tools
from app.core.search import Search
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.help.words import Topic
    from app.ui.search.palette import Palette
    from app.ui.settings_dialog import SettingsDialog
    from app.ui.transcript.view import Transcript


class Dialogs(QObject):
    """Signals:
    noted(str): one of them has nothing to show; this says why.
    found(): what was looked for is chosen, and about to be opened.
    restart_wanted(): the app is to be closed and started again.
    """

    noted = Signal(str)
    restart_wanted = Signal()
    found = Signal()

    def __init__(
        self,
        theme: Theme,
        tools: Tools,
        desk: Desk,
        gallery: Gallery,
        folder: Path,
        transcript: Callable[[], Transcript],
        window: QWidget,
        usual: Path | None = None,
    ) -> None:
        """`folder` holds the data, `usual` is the system's place for it, if that counts (`app.core.place`).

        `transcript` gives the view of the open conversation once there is one.
        """
        super().__init__(window)
        self._theme = theme
        self._tools = tools
        self._desk = desk
        self._gallery = gallery
        self._folder = folder
        self._usual = usual
        self._transcript = transcript
        self._window = window
        self._remote_files = RemoteFiles(tools.account, tools.tasks, self)
        self._palette: Palette | None = None
        self._searched = Search(tools.store)
        self._indexing = Indexing(self._searched, tools.tasks, desk.history, self)

    def help(self, topic: Topic | None = None) -> None:
        """What Claude can and cannot see."""
        from app.ui.help.window import HelpWindow

        HelpWindow.show_for(self._theme, self._window, topic)

    def keys(self) -> None:
        """The list of keys."""
        from app.ui.help.keys import KeysWindow

        KeysWindow.show_for(self._theme, self._window.actions(), self._window)

    def key(self) -> None:
        """Where a key is entered and tested."""
        from app.ui.key_dialog import KeyDialog

        KeyDialog(self._theme, self._tools.account, self._tools.tasks, self._window).open()

    def settings(self) -> SettingsDialog:
        from app.ui.settings_dialog import SettingsDialog

        dialog = SettingsDialog(
            self._theme, self._tools, self._remote_files, self._folder, self._window, usual=self._usual
        )
        dialog.key_requested.connect(self.key)
        dialog.import_requested.connect(self.bring_in)
        dialog.restart_requested.connect(self.restart_wanted)
        dialog.open()
        return dialog

    def export(self, ids: Sequence[str] = ()) -> None:
        """Export conversations; the open one where none is named."""
        from app.ui.export_dialog import ExportDialog, open_export

        temporary = self._desk.temporary
        if not ids and temporary is not None and self._desk.is_temporary and temporary.chat.is_stored:
            ExportDialog(self._theme, temporary.tools, [temporary.chat.facts], self._window).open()
            return
        ids = ids or (self._desk.current.facts.id,)
        if not open_export(self._theme, self._tools, self._desk.history, ids, self._window):
            self.noted.emit(self.tr("There is nothing to export in this chat yet."))

    def bring_in(self) -> None:
        """Import conversations from a file."""
        from app.ui.import_dialog import ImportDialog

        dialog = ImportDialog(self._theme, self._tools, self._window)
        dialog.filed.connect(self._desk.cabinet.take_in)
        dialog.arrived.connect(self._desk.history.put)
        dialog.open()

    def costs(self, conversation: str = "") -> None:
        """The ledger, or what of it is about the open conversation."""
        from app.ui.ledger import LedgerWindow

        facts = self._desk.current.facts
        LedgerWindow.show_for(
            self._theme,
            self._tools,
            self._gallery,
            self._window,
            open_conversation=self._desk.open,
            conversation=conversation,
            title=facts.title if conversation == facts.id else "",
            practice=bool(conversation) and facts.practice and not facts.cost,
        )

    def search(self) -> None:
        """Open the search in all conversations, or put it away."""
        if self._palette is None:
            from app.ui.search.jump import Jump
            from app.ui.search.palette import Palette

            model = SearchModel(self._searched, self._tools.tasks, self)
            desk, account = self._desk, self._tools.account
            self._palette = Palette(
                self._theme, account, self._gallery, desk.history, desk.cabinet, model, self._indexing, self._window
            )
            self._palette.chosen.connect(self.found)
            jump = Jump(self._desk, self._transcript, self)
            jump.noted.connect(self.noted)
            self._palette.chosen.connect(jump.to)
            self._desk.opened.connect(self._palette.close_up)
        self._palette.toggle()

    def sent_picture(self, number: int, *, details: bool = False) -> None:
        """The viewer, at a picture of the open conversation."""
        from app.ui.viewer import open_sent

        chat = self._desk.current
        open_sent(self._theme, self._gallery, self._tools, chat, number, self._window, details=details)

    def draft_picture(self, row: int, *, mark: bool = False) -> None:
        """The viewer, at a picture that is to be sent; where a region of it is to be marked, ready for that."""
        from app.ui.viewer import open_draft

        open_draft(self._theme, self._gallery, self._tools, self._desk.current, row, self._window, mark=mark)

    def replacement(self, number: int, ask: bool) -> None:
        """Ask for a file that takes the place of a picture, in the conversation that is open now."""
        from app.ui.picture_dialog import picture_dialog

        chat = self._desk.current
        title = self.tr("Replace Image %1").replace("%1", str(number))
        dialog = picture_dialog(self._window, title, many=False)
        dialog.fileSelected.connect(lambda path: chat.replace_picture(number, Source(path=path), ask=ask))
        dialog.open()
