"""The main window: layout, actions and connections; no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QByteArray, QMetaObject, QObject, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.conversation_total import ConversationTotal
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.prompt_library import PromptLibrary
from app.core.errors import StoreFull, VisavisError
from app.core.prompts import Prompts
from app.ui.banner import PracticeBanner
from app.ui.buttons import press_focused
from app.ui.composer import Composer
from app.ui.dialogs import Dialogs
from app.ui.drop_overlay import DropOverlay
from app.ui.errors import Action, sentence
from app.ui.leaving import Leaving
from app.ui.refit_note import RefitNote
from app.ui.sidebar import Sidebar
from app.ui.sources import Dropped
from app.ui.temporary_banner import TemporaryBanner
from app.ui.theme import Theme
from app.ui.top_bar import TopBar
from app.ui.trash_bar import TrashBar
from app.ui.welcome import Welcome

if TYPE_CHECKING:
    from app.ui.shelf import ShelfBar
    from app.ui.transcript.view import Transcript

_SMALLEST = QSize(720, 480)
_USUAL = QSize(1366, 768)
_FRAME = QSize(16, 48)
"""Pixels of the screen kept free for what the window system puts around a window."""


class MainWindow(QMainWindow):
    """Signals:
    painted(): the first frame is on screen; what is heavy may follow.
    closing(): the person has closed the window; it stays until the app has put everything away.
    restarting(): the app is to start again once it is closed, which it is about to be.
    """

    painted = Signal()
    closing = Signal()
    restarting = Signal()

    def __init__(
        self, theme: Theme, tools: Tools, desk: Desk, gallery: Gallery, folder: Path, usual: Path | None = None
    ) -> None:
        """`folder` holds the data; `usual` is the system's place for it, None where it was named for this start."""
        super().__init__()
        self._theme = theme
        self._tools = tools
        self._desk = desk
        self._gallery = gallery
        self._was_painted = False
        self._is_furnished = False
        self._transcript: Transcript
        self._shelf: ShelfBar
        self._links: list[QMetaObject.Connection] = []
        self._chat = desk.current
        self._tight_size: QSize | None = None
        """Where the usual size has no room: what is left of it."""
        self.leaving: Final = Leaving(self)
        """For when something could not be kept."""
        self.setWindowTitle("Visavis")
        self.setMinimumSize(_SMALLEST)

        self._sidebar = Sidebar(theme, desk, gallery)
        self._top_bar = TopBar(theme, tools.account, ConversationTotal(tools.spending, tools.tasks, self))
        self._banner = PracticeBanner(theme, tools.account)
        self._temporary = TemporaryBanner(theme, desk)
        self._prompts = PromptLibrary(Prompts(tools.store), tools.tasks, self)
        self._welcome = Welcome(theme, tools.account)
        self._composer = Composer(theme, tools.account, gallery)
        self._trash_bar = TrashBar(theme, desk)
        self._refit = RefitNote(theme)
        self._lay_out()
        self._drop = DropOverlay(theme, self)
        self._dialogs = Dialogs(theme, tools, desk, gallery, folder, lambda: self._transcript, self, usual)
        self._connect()
        self._show_sidebar(on=tools.preferences.settings.sidebar_open)
        self._show_chat(desk.current)
        if not self.restoreGeometry(QByteArray.fromHex(tools.preferences.settings.geometry.encode())):
            self._take_usual_size(QGuiApplication.primaryScreen().availableSize())

    def open_pictures(self, paths: Sequence[str]) -> None:
        """Another start has handed over pictures: a new chat with them, in front."""
        if paths:
            self._begin_chat()
            self._chat.draft.attach([Source(path=path) for path in paths])
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()

    def show_failure(self, error: VisavisError) -> None:
        """Something went wrong behind the window: say it where the person is looking, and once."""
        full = isinstance(error, StoreFull)
        if not (full and isinstance(self._chat.worker.refusal, StoreFull)):
            self._composer.note(sentence(error), about=StoreFull if full else None)

    def show_returned(self, made: float) -> None:
        """This start has gone back to the backup made then, in seconds since the epoch."""
        from app.ui.backup_words import moment

        words = self.tr("All is as it was at %1. What there was before is kept.")
        self._composer.note(words.replace("%1", moment(made)), quiet=True)

    def show_unexpected(self, _details: str) -> None:
        self._composer.note(
            self.tr("Something went wrong inside Visavis. Nothing is lost; what happened is in visavis.log.")
        )

    # --- putting together ---

    def _take_usual_size(self, room: QSize) -> None:
        """Of the first start: a screen that has no room for a frame around the usual size is filled."""
        self.resize(_USUAL.boundedTo(room - _FRAME))
        if self.size() != _USUAL:
            self._tight_size = self.size()

    def _lay_out(self) -> None:
        self._pages = QStackedWidget()
        self._pages.addWidget(self._welcome)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(16, 0, 16, 8)
        self._writing = writing = QVBoxLayout()
        writing.setSpacing(8)
        writing.addWidget(self._refit)
        writing.addWidget(self._composer)
        writing.addWidget(self._trash_bar)
        bottom.addStretch(1)
        bottom.addLayout(writing, 1000)
        bottom.addStretch(1)
        main = QVBoxLayout()
        main.setContentsMargins(0, 0, 0, 0)
        main.setSpacing(0)
        main.addWidget(self._top_bar)
        main.addWidget(self._banner)
        main.addWidget(self._temporary)
        main.addWidget(self._pages, 1)
        main.addLayout(bottom)
        whole = QHBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._sidebar)
        whole.addLayout(main, 1)
        central = QWidget()
        central.setLayout(whole)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        self._desk.temporary_changed.connect(self._gallery.look_also_in)
        self._desk.opened.connect(self._show_chat)
        self._sidebar.toggled.connect(lambda: self._show_sidebar(on=False))
        self._sidebar.settings_requested.connect(self._dialogs.settings)
        self._sidebar.costs_requested.connect(self._dialogs.costs)
        self._sidebar.search_requested.connect(self._dialogs.search)
        self._sidebar.export_requested.connect(self._dialogs.export)
        self._sidebar.help_requested.connect(self._dialogs.help)
        self._sidebar.keys_requested.connect(self._dialogs.keys)
        self._top_bar.costs_wanted.connect(self._dialogs.costs)
        self._top_bar.sidebar_requested.connect(lambda: self._show_sidebar(on=True))
        self._top_bar.picker.refresh_requested.connect(lambda: self._start(self._ask_for_models()))
        self._banner.key_requested.connect(self._dialogs.key)
        self._welcome.key_requested.connect(self._dialogs.key)
        self._welcome.practice_requested.connect(self._practise)
        self._welcome.choose_requested.connect(self._composer.choose_pictures)
        self._welcome.sample_chosen.connect(self._take_sample)
        self._composer.picture_opened.connect(self._dialogs.draft_picture)
        self._composer.region_wanted.connect(lambda row: self._dialogs.draft_picture(row, mark=True))
        self._drop.dropped.connect(self._take_drop)
        self._dialogs.noted.connect(self._composer.note)
        self._dialogs.restart_wanted.connect(self._restart)
        self._dialogs.found.connect(self._composer.focus)
        self._trash_bar.left.connect(self._composer.focus)

    def _furnish(self) -> None:
        """Build what the first frame, of a new chat, does not show."""
        if self._is_furnished:
            return
        self._is_furnished = True
        from app.ui import roles
        from app.ui.shelf import ShelfBar
        from app.ui.transcript.view import Transcript

        roles.tell()
        self._transcript = Transcript(self._theme, self._gallery, self._tools)
        self._transcript.picture_opened.connect(self._dialogs.sent_picture)
        self._transcript.details_wanted.connect(lambda number: self._dialogs.sent_picture(number, details=True))
        self._transcript.action.connect(self._act)
        self._transcript.replacement_wanted.connect(self._dialogs.replacement)
        self._transcript.link_opened.connect(lambda link: QDesktopServices.openUrl(QUrl(link)))
        self._transcript.deeds.fork_wanted.connect(self._desk.fork)
        self._transcript.deeds.help_wanted.connect(lambda: self._dialogs.help("wrong"))
        self._transcript.set_chat(self._chat)
        self._pages.addWidget(self._transcript)
        self._shelf = ShelfBar(self._theme, self._gallery, self._tools, self._transcript.selected_text)
        self._shelf.picture_opened.connect(self._dialogs.sent_picture)
        self._shelf.left.connect(self._composer.focus)
        self._shelf.resized.connect(self._composer.leave_room)
        self._shelf.set_chat(self._chat)
        self._writing.insertWidget(0, self._shelf)
        self._shelf.stackUnder(self._refit)  # screen readers walk them in that order
        self._composer.furnish()
        self._composer.offer_prompts(self._prompts, self._tools.preferences, self._dialogs.help)
        self._start(self._prompts.load())
        self._composer.stand_after(self._shelf.last_stop)
        self._composer.undo_first(self._transcript.deeds.undo)
        self._add_actions()

    def _add_actions(self) -> None:
        keys = QKeySequence.StandardKey
        self._act_on(self.tr("New chat"), self._begin_chat, keys.New, "Ctrl+Shift+O")
        self._act_on(self.tr("Temporary chat"), self._begin_temporary, "Ctrl+Shift+N")
        self._act_on(self.tr("What Claude can and cannot see"), self._dialogs.help, "F1")
        self._act_on(self.tr("All keys"), self._dialogs.keys, "Ctrl+/")
        self._act_on(self.tr("Attach pictures"), self._choose_pictures, keys.Open)
        self._act_on(self.tr("Paste"), self._paste, keys.Paste)
        self._act_on(self.tr("Settings"), self._dialogs.settings, "Ctrl+,")
        self._act_on(self.tr("Costs"), self._dialogs.costs, "Ctrl+Shift+L")
        self._act_on(self.tr("Export"), self._export, "Ctrl+E")
        self._act_on(self.tr("Earlier pictures"), self._shelf.toggle, "Ctrl+Shift+P")
        self._act_on(self.tr("Show or hide the sidebar"), self._toggle_sidebar, "Ctrl+Shift+S")
        self._act_on(self.tr("Copy the last answer"), self._transcript.copying.copy_last, "Ctrl+Shift+C")
        self._act_on(self.tr("Search in all chats"), self._dialogs.search, "Ctrl+K")
        self._act_on(self.tr("Find in this chat"), self._find, keys.Find)
        self._act_on(self.tr("Find the next"), self._transcript.find_bar.next, "F3", "Ctrl+G")
        self._act_on(self.tr("Find the one before"), self._transcript.find_bar.previous, "Shift+F3", "Ctrl+Shift+G")
        self._act_on(self.tr("Write"), self._composer.focus, "Shift+Esc")
        self._act_on(self.tr("Larger text"), lambda: self._zoom(10), "Ctrl++", "Ctrl+=")
        self._act_on(self.tr("Smaller text"), lambda: self._zoom(-10), "Ctrl+-")
        self._act_on(self.tr("Usual text size"), lambda: self._zoom(0), "Ctrl+0")
        self._act_on(self.tr("Full screen"), self._toggle_full_screen, "F11")
        self._act_on(self.tr("Quit"), self.close, "Ctrl+Q")

    def _act_on(self, name: str, do: Callable[[], object], *shortcuts: QKeySequence.StandardKey | str) -> None:
        action = QAction(name, self)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.triggered.connect(lambda _checked: do())
        self.addAction(action)

    # --- what the person wants ---

    def _show_chat(self, chat: Chat) -> None:
        for link in self._links:
            QObject.disconnect(link)
        self._chat = chat
        self._links = [
            chat.messages.rowsInserted.connect(self._choose_page),
            chat.messages.modelReset.connect(self._choose_page),
            chat.changed.connect(self._name_model),
            chat.worker.refused.connect(self._choose_page),
            chat.worker.refused.connect(self._say_once),
            chat.worker.forgiven.connect(self._choose_page),
        ]
        self._name_model()
        self._top_bar.set_chat(chat)
        if self._is_furnished:
            self._transcript.set_chat(chat)
            self._shelf.set_chat(chat)
        self._welcome.set_draft(chat.draft)
        self._refit.set_chat(chat)
        self._composer.set_chat(chat)
        self._composer.setVisible(not self._desk.is_in_trash)
        self._choose_page()
        if not self._sidebar.list.hasFocus():
            self._composer.focus()

    def _name_model(self) -> None:
        self._drop.set_model(self._chat.model.name)

    def _choose_page(self) -> None:
        """The transcript as soon as there is something to read, be it why nothing was sent."""
        chat = self._chat
        if not chat.is_stored and not chat.messages.messages and chat.worker.refusal is None:
            self._pages.setCurrentWidget(self._welcome)
        else:
            self._furnish()
            self._pages.setCurrentWidget(self._transcript)

    def _say_once(self, refusal: VisavisError) -> None:
        """What the conversation says of a full disk needs no note."""
        if isinstance(refusal, StoreFull):
            self._composer.unsay(StoreFull)

    def _show_sidebar(self, *, on: bool) -> None:
        self._sidebar.setVisible(on)
        self._top_bar.set_sidebar_open(on)
        self._tools.preferences.update(sidebar_open=on)

    def _toggle_sidebar(self) -> None:
        self._show_sidebar(on=not self._sidebar.isVisible())

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _find(self) -> None:
        if self._pages.currentWidget() is self._transcript:
            self._transcript.find_bar.open(self._transcript.copying.selected_words())

    def _zoom(self, step: int) -> None:
        now = self._tools.preferences.settings.text_size
        self._tools.preferences.update(text_size=max(80, min(200, now + step)) if step else 100)

    def _begin_chat(self) -> None:
        self._sidebar.begin_chat()
        self._composer.focus()  # the list keeps the keyboard where it is used to look through the chats

    def _begin_temporary(self) -> None:
        self._desk.temporary_chat()
        self._composer.focus()

    def _export(self) -> None:
        """What is chosen in the list, while that has the keyboard; else the open conversation, if it is not deleted."""
        ids = self._sidebar.chosen_ids if self._sidebar.list.hasFocus() else ()
        if ids or not self._desk.is_in_trash:
            self._dialogs.export(ids)

    def _leave_trash(self) -> None:
        """What is to be asked about now goes in a new chat: into one of the trash nothing goes."""
        if self._desk.is_in_trash:
            self._begin_chat()

    def _choose_pictures(self) -> None:
        self._leave_trash()
        self._composer.choose_pictures()

    def _paste(self) -> None:
        self._leave_trash()
        self._composer.focus()
        self._composer.paste(QGuiApplication.clipboard().mimeData())

    def _take_drop(self, dropped: Dropped) -> None:
        self._leave_trash()
        self._composer.take(dropped)
        self._composer.focus()
        self.activateWindow()

    def _take_sample(self, paths: list[str], question: str) -> None:
        self._chat.draft.attach([Source(path=path) for path in paths])
        self._chat.draft.propose(question)
        self._composer.focus()

    def _practise(self) -> None:
        self._start(self._tools.account.set_practice(True))
        self._composer.focus()

    def _restart(self) -> None:
        self.restarting.emit()
        self.close()

    def _act(self, action: Action) -> None:
        """Carry out what an error offers."""
        deeds: dict[Action, Callable[[], object]] = {
            "key": self._dialogs.key,
            "practice": self._practise,
            "take_along": self._desk.take_along,
            "model": self._top_bar.picker.open_list,
            "settings": self._dialogs.settings,
            "attach": self._choose_pictures,
            "raise_day": lambda: self._dialogs.settings().show_money("day"),
            "raise_month": lambda: self._dialogs.settings().show_money("month"),
            "raise_conversation": lambda: self._dialogs.settings().show_money("conversation"),
            "price": lambda: self._dialogs.settings().show_price(self._chat.facts.model),
        }
        deeds[action]()

    async def _ask_for_models(self) -> None:
        try:
            await self._tools.account.ask_for_models()
        except VisavisError as error:
            self._composer.note(sentence(error, charged=False))

    def _first_painted(self) -> None:
        self._furnish()
        self.painted.emit()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tools.tasks.start(work, "window")

    # --- Qt ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        take = press_focused if self._desk.is_in_trash else self._composer.take_key
        if not take(event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next_: bool) -> bool:
        if not self._is_furnished:
            return super().focusNextPrevChild(next_)
        return self._transcript.walk_past(super().focusNextPrevChild, forward=next_)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(1, self, self._first_painted)  # of 0 ms, it would come before keys that wait already

    def showEvent(self, event: QShowEvent) -> None:
        if self.size() == self._tight_size:
            self.setWindowState(Qt.WindowState.WindowMaximized)
        self._tight_size = None
        super().showEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Only asks to be closed: what is under way is put away first."""
        event.ignore()
        self.leaving.close()
        self._tools.preferences.update(geometry=self.saveGeometry().toHex().toStdString())
        for other in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if other.isWindow():
                other.hide()
        self.closing.emit()
