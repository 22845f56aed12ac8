"""The ways into a message: dropped, pasted and chosen pictures, and the questions that come with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakSet

from PySide6.QtCore import QMimeData, QObject, QUrl, Signal
from PySide6.QtWidgets import QWidget

from app.conversation.account import Account
from app.conversation.attachment import Document, Many, Source
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.core.errors import AlreadyAttached, LinkRefused, VisavisError
from app.ui import figures
from app.ui.errors import refusals
from app.ui.foreign_text import one_line
from app.ui.message_edit import MessageEdit
from app.ui.notes import Choice, Notes, Said
from app.ui.picture_facts import listed, shown_name
from app.ui.sources import Dropped, pasted_from_mime
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.pages_dialog import PagesDialog

_KEY_START: Final = "sk-ant-"
_LONGEST_PATH: Final = 40
"""Characters told of an address, besides its host."""


_MAY_COME: Final = frozenset({"dns", "connect", "tls", "timeout", "status", "failed"})
"""Why a picture could not be fetched, where it may come the next time."""


class Numbered(NamedTuple):
    """Pictures of the draft that a note speaks of by their numbers: the key and the number of each."""

    pictures: frozenset[tuple[int, int]]


class Intake(QObject):
    """What is said and asked belongs to a conversation, and waits there while another is open.

    Signals:
        done(): pictures were chosen in a dialog, and writing goes on.
    """

    done = Signal()

    def __init__(
        self, theme: Theme, account: Account, gallery: Gallery, notes: Notes, edit: MessageEdit, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._account = account
        self._gallery = gallery
        self._notes = notes
        self._edit = edit
        self._window = parent
        self._chat: Chat | None = None
        self._heard: WeakSet[Chat] = WeakSet()
        self._waiting: dict[str, list[Said]] = {}
        self._fetched: dict[str, list[tuple[str, bool]]] = {}
        """Links that were to be fetched for a conversation, and whether they go as links."""
        self._dialog: PagesDialog | None = None

    def set_chat(self, chat: Chat) -> None:
        """Take in for this conversation from now on."""
        self.leave()
        self._chat = chat
        if chat not in self._heard:
            self._heard.add(chat)
            self._hear(chat)
        for said in self._waiting.pop(chat.facts.id, []):
            self._notes.add(said)

    def leave(self) -> None:
        """No conversation is open: what was said about its message waits for it."""
        if self._chat is not None:
            self._waiting[self._chat.facts.id] = [said for said in self._notes.of_message if not said.quiet]
        self._notes.clear()
        self._chat = None

    def attach(self, sources: Iterable[Source]) -> None:
        """Add files, folders and pictures to the message."""
        if self._chat is None:
            return
        sources = list(sources)
        if any(source.path for source in sources):
            self._chat.draft.drop(sources)
        else:
            self._chat.draft.attach(sources)  # no folder is among them, and the row is there at once

    def take(self, dropped: Dropped) -> None:
        """Attach what was dropped or pasted, ask about web addresses, and say what cannot be attached."""
        if self._chat is None:
            return
        self.attach(dropped.sources)
        for sentence in refusals(list(dropped.refused)):
            self._remark(sentence)
        if dropped.remote:
            words = self.tr("%1: on another computer. Copy it to this one first, then add it here.")
            self._remark(words.replace("%1", listed(dropped.remote)))
        if dropped.empty:
            self._remark(self.tr("No picture came with it. Save the picture as a file, then add the file here."))
        for link in dropped.links:
            self._ask_about(self._chat, link)

    def paste(self, mime: QMimeData) -> None:
        """Put in what the clipboard holds: of a text with a picture of it the text, and the picture is offered."""
        pasted = pasted_from_mime(mime)
        self.take(pasted.dropped)
        if not pasted.text:
            return
        self._edit.insert_text(pasted.text)
        if (picture := pasted.offered) is not None:
            add = Choice(self.tr("Add the picture"), lambda: self.attach([picture]))
            self._remark(self.tr("The clipboard also holds a picture of it."), add)
        if pasted.link and self._chat is not None:
            self._ask_about(self._chat, pasted.link)
        if _KEY_START in pasted.text:
            self._remark(self.tr("This looks like an API key. It would be sent as part of the message."))

    def choose_pictures(self) -> None:
        """Let the person pick files."""
        from app.ui.picture_dialog import picture_dialog

        dialog = picture_dialog(self._window, self.tr("Attach pictures"), many=True)
        dialog.filesSelected.connect(lambda paths: self.attach(Source(path=path) for path in paths))
        dialog.filesSelected.connect(self.done)
        dialog.open()

    # --- what a conversation says and asks ---

    def _hear(self, chat: Chat) -> None:
        draft = chat.draft
        draft.refused.connect(lambda errors: self._tell_refused(chat, errors))
        draft.many_wanted.connect(lambda many: self._ask_for_many(chat, many))
        draft.pages_wanted.connect(lambda document: self._ask_for_pages(chat, document))
        draft.taken.connect(lambda: self._drop_waiting(chat.facts.id))
        for changed in (draft.rowsRemoved, draft.rowsMoved, draft.modelReset):
            changed.connect(lambda: self._unsay(chat))

    def _tell_refused(self, chat: Chat, errors: list[VisavisError]) -> None:
        links = [error for error in errors if isinstance(error, LinkRefused)]
        twins = [error for error in errors if isinstance(error, AlreadyAttached)]
        others = [error for error in errors if not isinstance(error, LinkRefused | AlreadyAttached)]
        # Where its message is being sent, that is as good as gone, and this must outlast it.
        said = Said("", of_message=not chat.worker.busy)
        for sentence in refusals(others):
            self._tell(chat, replace(said, text=sentence))
        for sentence in refusals(twins):
            self._tell(chat, replace(said, text=sentence, about=_numbered(chat, twins)))
        for reason in dict.fromkeys(error.reason for error in links):
            failed = [error for error in links if error.reason == reason]
            for sentence in refusals(failed):
                self._tell(chat, replace(said, text=sentence, choices=self._again(chat, failed)))

    def _again(self, chat: Chat, failed: Sequence[LinkRefused]) -> tuple[Choice, ...]:
        """The way to fetch once more what may come then, where it is known which links those were."""
        fetched = self._fetched.get(chat.facts.id, [])
        hosts = {error.name for error in failed}
        meant = [(link, as_link) for link, as_link in fetched if _host(link) in hosts]
        if failed[0].reason not in _MAY_COME or len(meant) != len(failed):
            return ()

        def fetch_again() -> None:
            for link, as_link in meant:
                self._fetch(chat, link, as_link=as_link)

        for asked in meant:
            fetched.remove(asked)
        return (Choice(self.tr("Try again"), fetch_again),)

    def _fetch(self, chat: Chat, link: str, *, as_link: bool) -> None:
        self._fetched.setdefault(chat.facts.id, []).append((link, as_link))
        chat.draft.fetch(link, as_link=as_link)

    def _unsay(self, chat: Chat) -> None:
        """Pictures went or moved: what was said about them by their numbers may not hold any more."""
        present = _numbers(chat)
        waiting = self._waiting.get(chat.facts.id, [])
        for said in [*(self._notes.of_message if chat is self._chat else ()), *waiting]:
            if isinstance(said.about, Numbered) and not said.about.pictures <= present:
                self._notes.forget(said.about)
                if said in waiting:
                    waiting.remove(said)

    def _ask_for_many(self, chat: Chat, many: Many) -> None:
        count = figures.count(many.count)
        if many.more:
            words = self.tr("There are more than %1 pictures in %2; the first %1 can be added.")
        elif many.folders:
            words = self.tr("There are %1 pictures in %2.")
        else:
            words = self.tr("These are %1 pictures.")
        add = Choice(self.tr("Add all %1").replace("%1", count), lambda: chat.draft.attach(many.sources))
        text = words.replace("%1", count).replace("%2", listed(many.folders))
        self._tell(chat, Said(text, (add, Choice(self.tr("Cancel"))), of_message=True))

    def _ask_about(self, chat: Chat, link: str) -> None:
        """Nothing is fetched before the person says so."""
        choices = [Choice(self.tr("Fetch the picture"), lambda: self._fetch(chat, link, as_link=False))]
        if "url" in self._account.sources:
            choices.append(Choice(self.tr("Send the link"), lambda: self._fetch(chat, link, as_link=True)))
        text = self.tr("%1 is on the web.").replace("%1", shown_address(link))
        self._tell(chat, Said(text, tuple(choices), of_message=True, about=link))

    def _ask_for_pages(self, chat: Chat, document: Document) -> None:
        if chat is self._chat and self._dialog is None:
            self._open_pages(chat, document)
        else:
            self._offer_pages(chat, document)

    def _offer_pages(self, chat: Chat, document: Document) -> None:
        words = self.tr("%1 has %2 pages.").replace("%2", figures.count(document.pages))
        choose = Choice(self.tr("Choose pages"), lambda: self._open_pages(chat, document))
        text = words.replace("%1", shown_name(document.name))
        self._tell(chat, Said(text, (choose,), of_message=True, about=document))

    def _open_pages(self, chat: Chat, document: Document) -> None:
        from app.ui.pages_dialog import PagesDialog

        def add(pages: list[int]) -> None:
            chat.draft.attach(Source(kept=document.sha256, name=document.name, page=page) for page in pages)

        def end(result: int) -> None:
            self._dialog = None
            if not result:
                self._offer_pages(chat, document)
            self.done.emit()

        self._dialog = dialog = PagesDialog(self._theme, self._gallery, chat, document, self._window)
        dialog.chosen.connect(add)
        dialog.finished.connect(end)
        dialog.open()

    def _remark(self, text: str, *choices: Choice) -> None:
        """Show a sentence about this message until it is sent."""
        self._notes.add(Said(text, choices, of_message=True))

    def _tell(self, chat: Chat, said: Said) -> None:
        """Say it in the conversation it happened in, at once or when that is open again."""
        if chat is self._chat:
            self._notes.add(said)
        else:
            self._waiting.setdefault(chat.facts.id, []).append(said)

    def _drop_waiting(self, key: str) -> None:
        """A message went while another conversation was open: what waited for it goes with it."""
        self._waiting[key] = [said for said in self._waiting.get(key, []) if not said.of_message]


def shown_address(link: str) -> str:
    """Host and path of an address: the host whole, so that it can be judged, and without letters that imitate."""
    url = QUrl(link)
    host = url.host(QUrl.ComponentFormattingOption.FullyEncoded)
    path = one_line(url.path(QUrl.ComponentFormattingOption.FullyDecoded)).rstrip("/")
    if len(path) > _LONGEST_PATH:
        path = path[: _LONGEST_PATH // 2] + "…" + path[-_LONGEST_PATH // 2 :]
    return host + path


def _host(link: str) -> str:
    return QUrl(link).host(QUrl.ComponentFormattingOption.FullyEncoded).lower()


def _numbers(chat: Chat) -> set[tuple[int, int]]:
    return {(picture.key, number) for number, picture in enumerate(chat.draft.pictures, chat.draft.first_number)}


def _numbered(chat: Chat, twins: Sequence[AlreadyAttached]) -> Numbered:
    told = {error.number for error in twins}
    return Numbered(frozenset(picture for picture in _numbers(chat) if picture[1] in told))
