"""The sidebar: a new chat, the list of all conversations, the way to the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Literal
from weakref import WeakSet

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout

from app.conversation.chat import Chat
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.conversation.history import ARCHIVE, CHATS, TRASH
from app.core.filing import Filed
from app.core.message import Message
from app.core.rows import Conversation
from app.ui.conversation_list import ConversationList
from app.ui.conversation_menu import ask_to_erase, chats, conversation_menu
from app.ui.label import Label
from app.ui.picture_facts import shown_title
from app.ui.search.box import SearchBox
from app.ui.selection_bar import SelectionBar
from app.ui.temporary_row import KEYS as TEMPORARY
from app.ui.temporary_row import TemporaryRow
from app.ui.theme import SIDEBAR, Theme
from app.ui.undo_note import UndoNote
from app.ui.view_switch import ViewSwitch

_NEW: Final = "Ctrl+N"
_WIDEST: Final = 320
"""Pixels, however large the text: a small window has to keep room for the conversation."""


class Sidebar(QFrame):
    """Signals:
    toggled(): the person wants the sidebar away.
    settings_requested(): the person wants the settings.
    costs_requested(): the person wants to see what was spent.
    search_requested(): the person wants to search in all conversations.
    export_requested(tuple[str, ...]): conversations are to be exported, by their ids; without any, the open one.
    help_requested(): the person wants to read what Claude can and cannot see.
    keys_requested(): the person wants the list of keys.
    """

    toggled = Signal()
    settings_requested = Signal()
    costs_requested = Signal()
    search_requested = Signal()
    export_requested = Signal(tuple)
    help_requested = Signal()
    keys_requested = Signal()

    def __init__(self, theme: Theme, desk: Desk, gallery: Gallery) -> None:
        super().__init__()
        self._theme = theme
        self._desk = desk
        self._watched: WeakSet[Chat] = WeakSet()
        self.setObjectName("sidebar")
        self._new = _WideButton(theme, "plus", self.tr("New chat"), kind="plain", keys=_NEW)
        self._new.setAccessibleName("New chat")
        self._begin_temporary = _IconButton(theme, "message-square-dashed", self.tr("Temporary chat"))
        self._temporary = TemporaryRow(theme, desk)
        self._search = SearchBox(theme)
        self._search.clicked.connect(self.search_requested)
        self._costs = _WideButton(theme, "receipt", self.tr("Costs"), kind="quiet")
        self._settings = _WideButton(theme, "settings", self.tr("Settings"), kind="quiet")
        self._help = _IconButton(theme, "circle-question-mark", self.tr("Help"))
        self._hide = QToolButton()
        self.list = ConversationList(theme, desk.history, gallery)
        self._empty = Label(
            theme, self.tr("Your chats will be listed here."), role="secondary", tone="secondary", wraps=True
        )
        self._view = ViewSwitch(theme, desk.cabinet, desk.history)
        self._bar = SelectionBar(theme, desk, self.list)
        self._undo = UndoNote(theme, self.tr("Bring the chat back (%1)").replace("%1", "Ctrl+Z"))
        self._undoing: Callable[[], object] = desk.undo_delete
        self._lay_out()
        self._connect()
        self._restyle()
        self._show_opened(desk.current)
        self._show_empty()

    def _lay_out(self) -> None:
        self._new.setToolTip(self.tr("Begin a new chat (%1)").replace("%1", _NEW))
        self._begin_temporary.setObjectName("begin")
        words = self.tr("Begin a temporary chat, of which nothing is kept (%1)")
        self._begin_temporary.setToolTip(words.replace("%1", TEMPORARY))
        self._help.setToolTip(self.tr("Help, and the list of keys"))
        self._costs.setToolTip(self.tr("What was spent (%1)").replace("%1", "Ctrl+Shift+L"))
        self._settings.setToolTip(self.tr("Settings (%1)").replace("%1", "Ctrl+,"))
        self._hide.setProperty("kind", "icon")
        self._hide.setAccessibleName(self.tr("Hide the sidebar"))
        self._hide.setToolTip(self.tr("Hide the sidebar (%1)").replace("%1", "Ctrl+Shift+S"))
        self._empty.setContentsMargins(8, 16, 8, 0)
        title = QHBoxLayout()
        title.setContentsMargins(8, 0, 0, 0)
        title.addWidget(Label(self._theme, "Visavis", weight=600))
        title.addStretch(1)
        title.addWidget(self._hide)
        top = QVBoxLayout()
        top.setContentsMargins(12, 12, 12, 0)
        top.setSpacing(8)
        top.addLayout(title)
        begin = QHBoxLayout()
        begin.setSpacing(8)
        begin.addWidget(self._new, 1)
        begin.addWidget(self._begin_temporary)
        top.addLayout(begin)
        top.addWidget(self._search)
        top.addWidget(self._temporary)
        top.addWidget(self._view)
        top.addWidget(self._empty)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(12, 8, 12, 12)
        bottom.setSpacing(8)
        bottom.addWidget(self._bar)
        bottom.addWidget(self._undo)
        foot = QVBoxLayout()
        foot.setSpacing(0)
        foot.addWidget(self._costs)
        last = QHBoxLayout()
        last.setSpacing(4)
        last.addWidget(self._settings, 1)
        last.addWidget(self._help)
        foot.addLayout(last)
        bottom.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addStretch(0)
        column.addLayout(bottom)

    def _connect(self) -> None:
        desk, history = self._desk, self._desk.history
        self._hide.clicked.connect(self.toggled)
        self._new.clicked.connect(lambda _: self.begin_chat())
        self._begin_temporary.clicked.connect(lambda _: desk.temporary_chat())
        self._temporary.export_wanted.connect(self._export_temporary)
        self._help.clicked.connect(self._open_help)
        self._costs.clicked.connect(self.costs_requested)
        self._settings.clicked.connect(self.settings_requested)
        self.list.opened.connect(self._open)
        self.list.renamed.connect(desk.rename)
        self.list.delete_requested.connect(self._delete)
        self.list.menu_wanted.connect(self._open_menu)
        self._view.emptying_wanted.connect(self._empty_trash)
        self._bar.delete_wanted.connect(self.list.delete_chosen)
        self._undo.undone.connect(self._undo_last)
        desk.opened.connect(self._show_opened)
        desk.deleted.connect(self._tell_deleted)
        desk.cabinet.archived.connect(self._tell_archived)
        for changed in (history.modelReset, history.rowsInserted, history.rowsRemoved):
            changed.connect(self._show_empty)
        self._theme.changed.connect(self._restyle)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self._undo.undo)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _show_opened(self, chat: Chat) -> None:
        # Whatever works has been the open conversation before, so that none is missed.
        if chat not in self._watched:
            self._watched.add(chat)
            chat.worker.phase_changed.connect(lambda _: self._mark(chat))
            chat.worker.answered.connect(lambda answer: self._tell_of(chat, answer))
            chat.worker.refused.connect(lambda _: self._tell_of(chat, None))
        self._mark(chat)
        self.list.show_opened(chat.facts.id)

    def _mark(self, chat: Chat) -> None:
        self.list.set_busy(chat.facts.id, busy=chat.worker.busy and chat.worker.phase != "locked")

    def _tell_of(self, chat: Chat, answer: Message | None) -> None:
        """Say what became of a message in a conversation that is not open; of the open one the transcript does."""
        from app.ui.transcript import announcing  # after the first paint

        if chat is self._desk.current or self._desk.history.find(chat.facts.id) is None:
            return
        title = shown_title(chat.facts.title, chat.facts.pictures)
        if answer is not None:
            announcing.end_behind(self.list, answer, title)
        else:
            announcing.not_sent_behind(self.list, title)

    def _show_empty(self) -> None:
        is_empty = not self._desk.history.rowCount()
        words = {
            CHATS: self.tr("Your chats will be listed here."),
            ARCHIVE: self.tr("Nothing is archived."),
            TRASH: self.tr("The trash is empty."),
        }
        folder = self.tr("This folder is empty. Right-click a chat and choose Move to.")
        self._empty.setText(words.get(self._desk.history.view, folder))
        self._empty.setVisible(is_empty)
        # Disabled, it would lose the focus, and with it Ctrl+Z, to the next control.
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus if is_empty else Qt.FocusPolicy.StrongFocus)

    def _tell_deleted(self, deleted: tuple[Conversation, ...]) -> None:
        self._offer_undo(self.tr("Deleted %1."), deleted, self._desk.undo_delete)

    def _tell_archived(self, before: dict[str, Filed]) -> None:
        history, cabinet = self._desk.history, self._desk.cabinet
        moved = [known for each in before if (known := history.find(each)) is not None]
        is_in = any(history.filed(each.id).archived for each in moved)
        words = self.tr("Archived %1.") if is_in else self.tr("Unarchived %1.")
        self._offer_undo(words, moved, partial(cabinet.put_back, before))

    def _undo_last(self) -> None:
        self._undoing()

    def _offer_undo(self, words: str, what: Sequence[Conversation], undo: Callable[[], object]) -> None:
        self._undoing = undo
        if len(what) == 1:
            self._undo.offer(words.replace("%1", "“%1”"), shown_title(what[0].title, what[0].pictures))
        else:
            self._undo.offer(words.replace("%1", chats(len(what))))

    def _open(self, conversation_id: str) -> None:
        (self._desk.look_at if self._desk.history.view == TRASH else self._desk.open)(conversation_id)

    def _open_menu(self, at: QPoint) -> None:
        menu = conversation_menu(self._desk, self.list, self, self.export_requested.emit)
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _delete(self, ids: tuple[str, ...]) -> None:
        if self._desk.history.view == TRASH:
            ask_to_erase(self._desk, ids, self)
        else:
            self._desk.delete(*ids)

    def _empty_trash(self) -> None:
        self._desk.history.show_all()
        ask_to_erase(self._desk, [each.id for each in self._desk.history.conversations], self)

    @property
    def chosen_ids(self) -> tuple[str, ...]:
        """Ids of the conversations chosen in the list; none of the trash, with which little can be done."""
        return () if self._desk.history.view == TRASH else self.list.chosen_ids

    def begin_chat(self) -> None:
        """Open a new chat, and show the list in which it will be."""
        self._desk.cabinet.show(CHATS)
        self._desk.new_chat()

    def _export_temporary(self) -> None:
        self._desk.temporary_chat()
        self.export_requested.emit(())

    def _open_help(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("What Claude can and cannot see") + "\tF1", self.help_requested.emit)
        menu.addAction(self.tr("All keys") + "\tCtrl+/", self.keys_requested.emit)
        menu.popup(self._help.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def _restyle(self) -> None:
        self.setFixedWidth(min(self._theme.grown(SIDEBAR), _WIDEST))
        self._hide.setIcon(self._theme.icon("panel-left"))


class _IconButton(QPushButton):
    """An icon alone."""

    def __init__(self, theme: Theme, icon: str, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._name = icon
        self.setProperty("kind", "icon")
        self.setAccessibleName(name)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()

    def _draw_icon(self) -> None:
        self.setIcon(self._theme.icon(self._name))


class _WideButton(QPushButton):
    """An icon, a word and the keys that do the same, as wide as the sidebar."""

    def __init__(self, theme: Theme, icon: str, words: str, *, kind: Literal["plain", "quiet"], keys: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._name = icon
        self._is_quiet = kind == "quiet"
        self.setProperty("kind", kind)
        self.setAccessibleName(words)
        self._icon = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(Label(theme, words, weight=500, tone="secondary" if self._is_quiet else "text"), 1)
        row.addWidget(Label(theme, keys.replace("+", " "), role="caption", tone="secondary"))
        for part in self.findChildren(QLabel):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self._draw_icon)
        self._draw_icon()

    def _draw_icon(self) -> None:
        tokens = self._theme.tokens
        self._icon.setPixmap(self._theme.pixmap(self._name, tokens.text2 if self._is_quiet else tokens.text))
