"""The list of conversations as it is filed: views, pins, folders, the archive, the trash, marks; and ten thousand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from sqlite3 import Connection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.history import ARCHIVE, CHATS, TRASH, HistoryModel
from app.core.filing import FIRST, Filed, Filing
from app.core.rows import INSERT_CONVERSATION, Conversation, conversation_row
from app.core.schema import transaction
from tests.conftest import finish
from tests.servers.api import ApiServer
from tests.servers.replies import text


def fill(tools: Tools, desk: Desk, count: int) -> list[str]:
    """Conversations, the newest first, in the store and in the list."""
    now = time.time()
    made = [Conversation(f"{n:032x}", f"Talk {n}", updated=now - 60 * n) for n in range(count)]

    def put(db: Connection) -> None:
        with transaction(db):
            db.executemany(INSERT_CONVERSATION, map(conversation_row, made))

    finish(tools.store.run(put))
    desk.start()
    return [each.id for each in made]


def titles(desk: Desk) -> list[str]:
    return [conversation.title for conversation in desk.history.conversations]


def again(tools: Tools) -> Desk:
    """The list after a restart, all of it read."""
    finish(settle(tools))
    desk = Desk(tools, parent=tools.account)
    desk.start()
    finish(desk.restore_drafts())
    return desk


async def settle(tools: Tools) -> None:
    """Until all that was to be stored is."""
    while running := list(tools.tasks._running):
        await asyncio.gather(*running)


class TestViews:
    def test_pinned_ones_are_first_and_stay_so_after_a_restart(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 4)
        desk.cabinet.pin([ids[2], ids[3]])
        assert titles(desk) == ["Talk 2", "Talk 3", "Talk 0", "Talk 1"]
        assert desk.history.pinned == 2
        assert titles(again(tools)) == ["Talk 2", "Talk 3", "Talk 0", "Talk 1"]
        desk.cabinet.pin([ids[2]], on=False)
        assert titles(desk) == ["Talk 3", "Talk 0", "Talk 1", "Talk 2"]

    def test_what_is_archived_is_in_the_archive_alone_and_opens_all_the_same(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 3)
        desk.cabinet.pin([ids[1]])
        desk.cabinet.archive([ids[1], ids[2]])
        assert titles(desk) == ["Talk 0"]
        desk.cabinet.show(ARCHIVE)
        assert titles(desk) == ["Talk 1", "Talk 2"]
        desk.open(ids[2])
        assert desk.current.facts.id == ids[2]
        desk.cabinet.archive([ids[1]], on=False)
        assert titles(desk) == ["Talk 2"]
        assert titles(again(tools)) == ["Talk 0", "Talk 1"]

    def test_a_folder_has_its_own_and_they_stay_among_all(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 3)
        folder = desk.cabinet.add_folder("  Roof \n repairs ")
        desk.cabinet.move(ids[:2], folder)
        desk.cabinet.move([ids[1]], "")
        desk.cabinet.move([ids[2]], "nowhere")
        assert titles(desk) == ["Talk 0", "Talk 1", "Talk 2"]
        desk.cabinet.show(folder)
        assert titles(desk) == ["Talk 0"]
        assert [each.name for each in again(tools).cabinet.folders] == ["Roof repairs"]

    def test_a_folder_of_that_name_is_not_made_twice_and_names_can_change(self, desk: Desk) -> None:
        first = desk.cabinet.add_folder("Work")
        assert desk.cabinet.add_folder("work ") == first
        assert desk.cabinet.add_folder("  ") == ""
        desk.cabinet.rename_folder(first, "Zoo")
        desk.cabinet.rename_folder(first, " ")
        desk.cabinet.add_folder("Aviary")
        assert [each.name for each in desk.cabinet.folders] == ["Aviary", "Zoo"]

    def test_removing_a_folder_keeps_its_chats_and_shows_all(self, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
        ids = fill(tools, desk, 2)
        folder = desk.cabinet.add_folder("Work")
        desk.cabinet.move([ids[0]], folder)
        desk.cabinet.show(folder)
        with qtbot.waitSignal(desk.cabinet.view_changed):
            desk.cabinet.remove_folder(folder)
        assert desk.history.view == CHATS
        assert titles(desk) == ["Talk 0", "Talk 1"]
        assert desk.history.filed(ids[0]) == Filed(), "whatever is done with it next would put it there again"
        after = again(tools)
        assert (after.cabinet.folders, after.history.filed(ids[0])) == ([], Filed())

    def test_a_draft_cannot_be_put_anywhere(self, desk: Desk) -> None:
        desk.current.draft.set_text("Unsent")
        draft = desk.current.facts.id
        desk.new_chat()
        desk.cabinet.archive([draft])
        desk.cabinet.pin([draft])
        assert titles(desk) == ["Unsent"]
        assert desk.history.filed(draft) == Filed()


class TestTheTrash:
    def test_many_are_deleted_and_brought_back_together(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 4)
        desk.cabinet.pin([ids[1]])
        desk.open(ids[2])
        desk.delete(ids[1], ids[2])
        desk.delete(ids[3])
        assert titles(desk) == ["Talk 0"]
        desk.undo_delete()
        desk.undo_delete()
        desk.undo_delete()
        assert titles(desk) == ["Talk 1", "Talk 0", "Talk 2", "Talk 3"]
        assert titles(again(tools)) == ["Talk 1", "Talk 0", "Talk 2", "Talk 3"]

    def test_an_undo_at_once_is_not_overtaken_by_the_delete(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 1)
        desk.open(ids[0])
        desk.current.draft.set_text("Kept first, and the conversation only then")
        desk.delete(ids[0])
        desk.undo_delete()
        assert desk.current.facts.id == ids[0]
        finish(tools.store.run(lambda _: None))
        assert titles(again(tools)) == ["Talk 0"]

    def test_it_has_what_was_deleted_before_the_start_too(self, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
        ids = fill(tools, desk, 3)
        finish(Filing(tools.store).discard([ids[1], ids[2]]))
        desk.start()
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: sorted(titles(desk)) == ["Talk 1", "Talk 2"])
        left = desk.history.index(0).data(HistoryModel.DaysLeftRole)
        assert left == 30
        desk.restore(ids[2])
        qtbot.waitUntil(lambda: titles(desk) == ["Talk 1"])
        qtbot.waitUntil(lambda: desk.current.facts.id == ids[2])
        desk.cabinet.show(CHATS)
        assert titles(desk) == ["Talk 0", "Talk 2"]

    def test_what_is_deleted_for_good_does_not_come_back(self, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
        ids = fill(tools, desk, 3)
        desk.delete(ids[0], ids[1])
        desk.cabinet.show(TRASH)
        qtbot.waitUntil(lambda: len(titles(desk)) == 2)
        desk.erase(ids[0])
        qtbot.waitUntil(lambda: titles(desk) == ["Talk 1"])
        desk.undo_delete()
        qtbot.waitUntil(lambda: titles(desk) == [])
        desk.cabinet.show(CHATS)
        assert titles(desk) == ["Talk 1", "Talk 2"]

    def test_what_was_there_too_long_is_gone_after_a_start(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 2)
        finish(Filing(tools.store).discard(ids))
        old = time.time() - 31 * 86_400
        aged = "UPDATE conversations SET deleted_at = ? WHERE id = ?"
        finish(tools.store.run(lambda db: db.execute(aged, (old, ids[0])).rowcount))
        again(tools)
        assert [each.conversation.id for each in finish(Filing(tools.store).trash())] == [ids[1]]


class TestUnread:
    @pytest.fixture
    def online_desk(self, online: Tools) -> Desk:
        desk = Desk(online, parent=online.account)
        desk.start()
        return desk

    def answered_behind(self, desk: Desk, api: ApiServer, qtbot: QtBot) -> Chat:
        api.script(text("There you are.").hold("content_block_delta"))
        chat = desk.current
        chat.draft.set_text("Slow")
        chat.worker.send()
        qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
        desk.new_chat()
        with qtbot.waitSignal(chat.worker.answered):
            api.release()
        return chat

    def test_an_answer_that_came_behind_is_marked_until_it_is_looked_at(
        self, online_desk: Desk, online: Tools, api: ApiServer, qtbot: QtBot
    ) -> None:
        chat = self.answered_behind(online_desk, api, qtbot)
        assert online_desk.history.filed(chat.facts.id).unread
        assert again(online).history.filed(chat.facts.id).unread
        online_desk.open(chat.facts.id)
        assert not online_desk.history.filed(chat.facts.id).unread
        assert not again(online).history.filed(chat.facts.id).unread

    def test_one_that_is_looked_at_is_not_marked(self, online_desk: Desk, qtbot: QtBot) -> None:
        chat = online_desk.current
        chat.draft.set_text("Hello")
        with qtbot.waitSignal(chat.worker.answered):
            chat.worker.send()
        online_desk.new_chat()
        assert not online_desk.history.filed(chat.facts.id).unread


class TestManyConversations:
    def test_the_rest_is_read_behind_and_known_then(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, FIRST + 300)
        assert desk.history.find(ids[-1]) is None
        assert titles(desk) == [f"Talk {n}" for n in range(FIRST)]
        finish(desk.all_listed())
        assert desk.history.find(ids[-1]) is not None
        assert titles(desk)[: FIRST + 1] == [f"Talk {n}" for n in range(FIRST + 1)]
        desk.history.show_all()
        assert titles(desk) == [f"Talk {n}" for n in range(FIRST + 300)]

    def test_one_that_was_not_read_yet_is_opened_when_it_is(self, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
        ids = fill(tools, desk, FIRST + 5)
        desk.open(ids[-1])
        qtbot.waitUntil(lambda: desk.current.facts.id == ids[-1])

    def test_a_draft_of_an_old_one_is_no_new_chat(self, desk: Desk, tools: Tools, qtbot: QtBot) -> None:
        ids = fill(tools, desk, FIRST + 5)
        finish(tools.store.save_draft(ids[-1], {"text": "Unsent"}))
        finish(desk.restore_drafts())
        assert not desk.history.is_unsent(ids[-1])
        desk.open(ids[-1])
        qtbot.waitUntil(lambda: desk.current.draft.text == "Unsent")

    def test_a_page_of_rows_is_shown_at_a_time(self, desk: Desk, qtmodeltester: ModelTester) -> None:
        desk.history.reset(Conversation(f"{n:04}", updated=1e6 - n) for n in range(1000))
        assert desk.history.rowCount() < 1000
        qtmodeltester.check(desk.history)  # type: ignore[no-untyped-call]  # pytest-qt has half its types
        desk.history.file({f"{n:04}": Filed(archived=True) for n in range(0, 40, 2)})
        desk.history.remove_all(f"{n:04}" for n in range(1, 40, 2))
        desk.history.put(Conversation("0999", updated=2e6))
        assert [each.id for each in desk.history.conversations[:2]] == ["0999", "0040"]

    @pytest.mark.parametrize("chosen", [(0, 1, 2), (5, 2, 0), (1, 5), (5, 4, 3, 2, 1, 0)])
    def test_some_that_are_pinned_together_stand_in_their_order(self, desk: Desk, chosen: Sequence[int]) -> None:
        model = desk.history
        model.reset(Conversation(f"{n}", updated=1e6 - n) for n in range(6))
        for on in (True, False):
            model.file({f"{n}": Filed(pinned=on) for n in chosen})
            pinned = sorted(chosen) if on else []
            wanted = [*pinned, *(n for n in range(6) if n not in pinned)]
            assert [each.id for each in model.conversations] == [f"{n}" for n in wanted]
            assert model.pinned == len(pinned)

    def test_many_are_brought_back_at_once(self, desk: Desk, tools: Tools) -> None:
        ids = fill(tools, desk, 100)
        desk.open(ids[5])
        resets = 0

        def count() -> None:
            nonlocal resets
            resets += 1

        before = titles(desk)
        desk.delete(*ids)
        desk.history.modelReset.connect(count)
        desk.undo_delete()
        assert (titles(desk), resets) == (before, 1)
        assert desk.current.facts.id == ids[5]
        assert titles(again(tools)) == before

    def test_many_are_filed_and_deleted_at_once(self, desk: Desk) -> None:
        desk.history.reset(Conversation(f"{n:04}", updated=1e6 - n) for n in range(1000))
        desk.history.file({f"{n:04}": Filed(archived=True) for n in range(0, 1000, 2)})
        desk.history.remove_all(f"{n:04}" for n in range(1, 500, 2))
        desk.history.show_all()
        assert [each.id for each in desk.history.conversations] == [f"{n:04}" for n in range(501, 1000, 2)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["put", "put", "pin", "pin", "archive", "move", "remove", "view", "more", "extend", "together", "back"]
        ),
        st.integers(0, 11),
        st.integers(0, 40),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_the_rows_are_those_of_the_view_in_their_order_whatever_happens(steps: Sequence[tuple[str, int, int]]) -> None:
    """Against a list that is sorted anew each time; rows shown are a beginning of it."""
    from app.conversation import history as module

    before, module._SHOWN = module._SHOWN, 4  # type: ignore[misc]  # so that few are many
    try:
        model = HistoryModel()
        known = {f"c{n}": Conversation(f"c{n}", updated=40.0 - 3 * n) for n in range(9)}
        model.reset(known.values())
        seen = [each.id for each in model.conversations]
        follow(model, seen)
        for deed, which, number in steps:
            id_ = f"c{which}"
            do(model, known, deed, id_, number)
            places = {each: (not model.filed(each).pinned, -known[each].updated) for each in known}
            wanted = [each for each in known if belongs(model.filed(each), model.view)]
            rows = [each.id for each in model.conversations]
            assert [places[each] for each in rows] == sorted(places[each] for each in wanted)[: len(rows)]
            assert set(rows) <= set(wanted)
            assert len(rows) == len(wanted) or model.canFetchMore(model.index(-1))
            assert seen == rows, "as a view that follows the signals has it"
    finally:
        module._SHOWN = before  # type: ignore[misc]  # see above


def belongs(filed: Filed, view: str) -> bool:
    return (
        filed.archived == (view == ARCHIVE) if view in {CHATS, ARCHIVE} else filed.folder == view and not filed.archived
    )


def do(model: HistoryModel, known: dict[str, Conversation], deed: str, id_: str, number: int) -> None:
    here = model.filed(id_)
    match deed:
        case "put":
            known[id_] = Conversation(id_, updated=float(number))
            model.put(known[id_])
        case "extend" if id_ not in known:
            known[id_] = Conversation(id_, updated=float(number))
            model.extend([known[id_]])
        case "pin" if id_ in known:
            model.file({id_: Filed(pinned=not here.pinned, archived=here.archived, folder=here.folder)})
        case "archive" if id_ in known:
            model.file({id_: Filed(archived=not here.archived, folder=here.folder)})
        case "move" if id_ in known:
            model.file({id_: Filed(folder="f" if number % 2 else "", archived=here.archived)})
        case "together":
            chosen = [each for each in known if int(each[1:]) * number % 3]
            model.file({each: replace(model.filed(each), pinned=bool(number % 2)) for each in chosen})
        case "back":
            back = [Conversation(f"c{n}", updated=float(n + number)) for n in range(4)]
            known.update((each.id, each) for each in back)
            model.put_all(back)
        case "remove":
            known.pop(id_, None)
            model.remove(id_)
        case "view":
            model.show_view((CHATS, ARCHIVE, "f")[number % 3])
        case "more":
            model.fetchMore(model.index(-1))


def follow(model: HistoryModel, seen: list[str]) -> None:
    """Keep `seen` as a view would have it, by the signals alone."""

    def names(first: int, last: int) -> list[str]:
        return [model.index(row).data(HistoryModel.ConversationRole).id for row in range(first, last + 1)]

    def on_reset() -> None:
        seen[:] = names(0, model.rowCount() - 1)

    def on_inserted(_parent: object, first: int, last: int) -> None:
        seen[first:first] = names(first, last)

    def on_removed(_parent: object, first: int, last: int) -> None:
        del seen[first : last + 1]

    def on_moved(_parent: object, first: int, _last: int, _to_parent: object, to: int) -> None:
        moved = seen.pop(first)
        seen.insert(to - 1 if to > first else to, moved)

    signals: list[tuple[object, Callable[..., None]]] = [
        (model.modelReset, on_reset),
        (model.rowsInserted, on_inserted),
        (model.rowsRemoved, on_removed),
        (model.rowsMoved, on_moved),
    ]
    for signal, slot in signals:
        signal.connect(slot)  # type: ignore[attr-defined]  # every signal has it
