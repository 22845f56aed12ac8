"""What is written and done is kept at bad moments: on a full disk, while the store is busy, right before a restart."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.core import reserve
from app.core.errors import StoreDamaged, StoreFull
from app.core.filing import Filing
from app.core.message import Message, TextBlock
from app.core.store import Conversation
from app.core.whole import Placed, Whole, put
from tests.conftest import destroy, finish
from tests.conversation.talk import MODEL

LONG = "half a thought " * 3000
"""More than a page that is there has room for."""


@pytest.fixture
def chat(tools: Tools, desk: Desk, qtbot: QtBot) -> Chat:
    """A stored conversation, open, all of it read."""
    add(tools, "c")
    desk.start()
    desk.open("c")
    settle(tools, qtbot)
    return desk.current


@pytest.fixture
def told(tools: Tools) -> list[object]:
    """What the person is told went wrong."""
    told: list[object] = []
    tools.tasks.failed.connect(told.append)
    return told


def add(tools: Tools, id_: str) -> None:
    finish(tools.store.begin(Conversation(id_, id_, MODEL), Message("user", (TextBlock("Hello"),), id=f"{id_}1")))


def settle(tools: Tools, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not tools.tasks._running, timeout=10_000)


@pytest.fixture
def again(tools: Tools) -> Iterator[Desk]:
    """The desk after a restart; for the end of a test."""
    made = Desk(tools)
    yield made
    finish(tools.tasks.close())
    destroy(made)


def restart(desk: Desk) -> Desk:
    desk.start()
    finish(desk.restore_drafts())
    return desk


def fill(db: Connection) -> None:
    """Let no page more be written."""
    [pages] = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")


def make_room(db: Connection) -> None:
    db.execute("PRAGMA max_page_count = 1000000")


def in_the_list(tools: Tools) -> list[str]:
    return [each.id for each in finish(Filing(tools.store).read(["c", "d"]))]


class TestDrafts:
    def test_that_of_a_deleted_one_comes_back_with_it_after_a_restart(
        self, tools: Tools, desk: Desk, chat: Chat, again: Desk, qtbot: QtBot
    ) -> None:
        desk.new_chat()
        chat.draft.set_text("Unsent, and not kept yet")
        desk.delete("c")
        settle(tools, qtbot)
        restart(again).restore("c")
        settle(tools, qtbot)
        again.open("c")
        finish(again.current.loaded())
        assert (again.current.facts.id, again.current.draft.text) == ("c", "Unsent, and not kept yet")

    def test_one_opened_before_the_drafts_are_read_has_its_own(
        self, tools: Tools, chat: Chat, again: Desk, qtbot: QtBot
    ) -> None:
        chat.draft.set_text("Unsent")
        finish(chat.save_draft())
        again.start()
        again.open("c")
        again.current.draft.set_text("typed at once")
        finish(again.current.save_draft())
        assert again.current.draft.text == "Unsent\ntyped at once"
        finish(again.restore_drafts())
        assert (again.current.draft.text, again.is_writing_in("c")) == ("Unsent\ntyped at once", True)
        settle(tools, qtbot)

    def test_one_that_was_not_read_yet_is_never_written_over(self, tools: Tools, chat: Chat) -> None:
        finish(tools.store.save_draft("c", {"text": "Unsent", "pictures": []}))
        unread = Chat(chat.facts, tools, is_stored=True, parent=tools.account)
        unread.draft.set_text("typed at once")
        finish(unread.save_draft())
        assert finish(tools.store.draft("c"))["text"] == "Unsent\ntyped at once"

    def test_one_that_came_with_an_import_is_shown(self, tools: Tools, desk: Desk, chat: Chat) -> None:
        draft = {"text": "Unsent", "pictures": [], "model": "another"}
        whole = Whole(
            Conversation("d", model=MODEL), (Placed(Message("user", (TextBlock("x"),), id="u"), ""),), "u", draft
        )
        desk.history.put(finish(tools.store.run(lambda db: put(db, whole, {}))))
        desk.open("d")
        finish(desk.current.loaded())
        assert (desk.current.draft.text, desk.current.facts.model) == ("Unsent", MODEL)
        assert chat.draft.empty

    def test_what_a_full_disk_refused_is_kept_when_there_is_room(self, tools: Tools, desk: Desk, chat: Chat) -> None:
        finish(tools.store.run(fill))
        chat.draft.set_text(LONG)
        folder = tools.store.path.parent
        assert reserve.keep(folder)
        with pytest.raises(StoreFull):
            finish(chat.save_draft())
        assert (folder / reserve.FILE).exists()
        assert isinstance(finish(desk.save()), StoreFull)
        assert not (folder / reserve.FILE).exists(), "what is written when the app closes was worth that"
        finish(tools.store.run(make_room))
        assert finish(desk.save()) is None
        assert finish(tools.store.draft("c"))["text"] == LONG

    def test_one_brought_back_on_a_full_disk_is_kept_later(
        self, tools: Tools, desk: Desk, told: list[object], qtbot: QtBot
    ) -> None:
        writing = desk.current
        writing.draft.set_text(LONG)
        desk.new_chat()
        desk.delete(writing.facts.id)
        settle(tools, qtbot)
        finish(tools.store.run(fill))
        desk.undo_delete()
        settle(tools, qtbot)
        assert [type(error) for error in told] == [StoreFull]
        finish(tools.store.run(make_room))
        finish(desk.save())
        assert finish(tools.store.draft(writing.facts.id))["text"] == LONG


class TestDeleting:
    def test_it_works_on_a_full_disk_and_the_draft_waits_for_room(
        self, tools: Tools, desk: Desk, chat: Chat, told: list[object], qtbot: QtBot
    ) -> None:
        finish(tools.store.run(fill))
        chat.draft.set_text(LONG)
        desk.delete("c")
        settle(tools, qtbot)
        assert in_the_list(tools) == []
        assert {type(error) for error in told} == {StoreFull}
        desk.undo_delete()
        settle(tools, qtbot)
        assert chat.draft.text == LONG
        finish(tools.store.run(make_room))
        assert finish(desk.save()) is None
        assert finish(tools.store.draft("c"))["text"] == LONG

    @pytest.mark.parametrize("undone", [False, True])
    def test_it_is_done_when_the_app_closes_at_once(
        self, tools: Tools, desk: Desk, chat: Chat, qtbot: QtBot, *, undone: bool
    ) -> None:
        """Even where there is no draft to be kept, which would take until then."""
        assert chat.at_rest
        go_on = Event()
        busy = tools.store._submit(lambda _: go_on.wait(10))  # as while somebody reads a long conversation
        desk.delete("c")
        if undone:
            desk.undo_delete()
        saving = tools.tasks.start(desk.save(), "save")
        saving.get_loop().call_later(0.01, go_on.set)
        qtbot.waitUntil(saving.done)
        finish(tools.tasks.close())
        assert busy.result()
        assert in_the_list(tools) == (["c"] if undone else [])

    def test_a_first_message_that_is_just_going_out_is_deleted_too(
        self, tools: Tools, desk: Desk, again: Desk, qtbot: QtBot
    ) -> None:
        chat = desk.current
        chat.draft.set_text("Doomed")
        desk.new_chat()
        desk.open(chat.facts.id)
        chat.draft.taken.connect(lambda: desk.delete(chat.facts.id))
        chat.worker.send()
        qtbot.waitUntil(lambda: desk.current is not chat)
        settle(tools, qtbot)
        assert chat.is_stored
        restart(again)
        assert (desk.history.conversations, again.history.conversations) == ([], [])

    def test_those_of_the_trash_stay_where_the_store_is_damaged(
        self, tools: Tools, desk: Desk, chat: Chat, told: list[object], qtbot: QtBot
    ) -> None:
        """No backup can be made before."""
        add(tools, "d")
        desk.start()
        desk.delete("c", "d")
        settle(tools, qtbot)
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'prompts'"
        [page] = finish(tools.store.run(lambda db: db.execute(query).fetchone()))
        finish(tools.store.tidy())
        with tools.store.path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xa5" * 4096)
        finish(tools.store.run(lambda db: db.execute("PRAGMA shrink_memory").fetchone()))
        desk.erase("c", "d")
        settle(tools, qtbot)
        assert [type(error) for error in told] == [StoreDamaged]
        assert {each.conversation.id for each in finish(Filing(tools.store).trash())} == {"c", "d"}
        assert chat.is_stored
