"""The desk: conversations opened, left, renamed, deleted and brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.history import HistoryModel
from app.core.filing import Filing
from app.core.message import JSON
from tests.conftest import finish
from tests.servers.api import ApiServer
from tests.servers.replies import text
from tests.stored import conversations_of


def titles(desk: Desk) -> list[str]:
    return [conversation.title for conversation in desk.history.conversations]


def test_the_list_passes_qts_own_model_tests(
    online_desk: Desk, say: Callable[[str], Chat], qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(online_desk.history)  # type: ignore[no-untyped-call]  # pytest-qt has half its types
    first = say("First")
    online_desk.new_chat()
    say("Second")
    online_desk.open(first.facts.id)
    say("First again")
    online_desk.delete(first.facts.id)
    online_desk.undo_delete()


def test_the_conversation_with_the_last_activity_is_first(online_desk: Desk, say: Callable[[str], Chat]) -> None:
    first = say("First")
    online_desk.new_chat()
    say("Second")
    assert titles(online_desk) == ["Second", "First"]
    online_desk.open(first.facts.id)
    say("More")
    assert titles(online_desk) == ["First", "Second"]


def test_opening_another_conversation_stops_nothing(
    online_desk: Desk, say: Callable[[str], Chat], api: ApiServer, qtbot: QtBot
) -> None:
    other = say("Other")
    online_desk.new_chat()
    api.script(text("Slow but whole.").hold("content_block_delta"))
    slow = online_desk.current
    slow.draft.set_text("Slow")
    slow.worker.send()
    qtbot.waitUntil(lambda: slow.worker.phase == "streaming")
    online_desk.open(other.facts.id)
    assert online_desk.current is other
    with qtbot.waitSignal(slow.worker.answered):
        api.release()
    online_desk.open(slow.facts.id)
    assert online_desk.current is slow
    assert slow.messages.messages[-1].text == "Slow but whole."


def test_a_deleted_conversation_is_gone_and_comes_back_whole(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    chat = say("Precious")
    online_desk.delete(chat.facts.id)
    assert titles(online_desk) == []
    assert online_desk.current.messages.messages == []
    qtbot.waitUntil(lambda: conversations_of(online.store) == [])
    online_desk.undo_delete()
    assert titles(online_desk) == ["Precious"]
    assert len(online_desk.current.messages.messages) == 2
    qtbot.waitUntil(lambda: [c.title for c in conversations_of(online.store)] == ["Precious"])


def test_what_is_brought_back_does_not_take_the_place_of_what_is_read(
    online_desk: Desk, say: Callable[[str], Chat]
) -> None:
    first = say("First")
    online_desk.new_chat()
    second = say("Second")
    online_desk.delete(first.facts.id)
    online_desk.undo_delete()
    assert (titles(online_desk), online_desk.current is second) == (["Second", "First"], True)
    online_desk.delete(second.facts.id)
    online_desk.open(first.facts.id)
    online_desk.undo_delete()
    assert (titles(online_desk), online_desk.current is first) == (["Second", "First"], True)


def test_deleting_a_conversation_in_mid_answer_does_not_bring_it_back(
    online_desk: Desk, api: ApiServer, qtbot: QtBot
) -> None:
    api.script(text("Slow.").hold("content_block_delta"))
    chat = online_desk.current
    chat.draft.set_text("Doomed")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    with qtbot.waitSignal(chat.worker.answered):
        online_desk.delete(chat.facts.id)
    assert titles(online_desk) == []


def test_a_title_is_changed_and_stays_changed(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    chat = say("First words")
    online_desk.rename(chat.facts.id, "  Better\n title ")
    assert titles(online_desk) == ["Better title"]
    qtbot.waitUntil(lambda: conversations_of(online.store)[0].title == "Better title")
    online_desk.rename(chat.facts.id, " ")
    say("More words")
    assert titles(online_desk) == ["Better title"]


def test_a_new_chat_is_an_empty_one_and_there_is_one_at_most(online_desk: Desk, say: Callable[[str], Chat]) -> None:
    writing = online_desk.current
    writing.draft.set_text("Unsent")
    online_desk.new_chat()
    empty = online_desk.current
    assert empty is not writing
    online_desk.new_chat()
    online_desk.open(writing.facts.id)
    online_desk.new_chat()
    assert online_desk.current is empty
    said = say("Said")
    online_desk.new_chat()
    assert online_desk.current not in {said, writing, empty} - {online_desk.current}
    assert online_desk.current.draft.empty


def unsent(desk: Desk) -> list[bool]:
    rows = range(desk.history.rowCount())
    return [desk.history.index(row).data(HistoryModel.UnsentRole) for row in rows]


def test_a_draft_that_is_left_is_listed_until_it_is_sent(online_desk: Desk, say: Callable[[str], Chat]) -> None:
    writing = online_desk.current
    writing.draft.set_text("What is owed\nfor the roof?")
    assert titles(online_desk) == []
    online_desk.new_chat()
    assert (titles(online_desk), unsent(online_desk)) == (["What is owed for the roof?"], [True])
    online_desk.open(writing.facts.id)
    assert online_desk.current is writing
    say("What is owed?")
    assert (titles(online_desk), unsent(online_desk)) == (["What is owed?"], [False])


def test_a_draft_of_pictures_is_called_by_their_names(
    online_desk: Desk, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    draft = online_desk.current.draft
    draft.attach([Source(path=str(picture("q3.png"))), Source(path=str(picture("q4.png", (30, 30))))])
    qtbot.waitUntil(lambda: draft.ready)
    first = draft.pictures[0].original
    online_desk.new_chat([Source(path=str(picture("q5.png", (40, 30))))])
    [listed] = online_desk.history.conversations
    assert (listed.title, listed.pictures, listed.thumbnail) == ("q3.png, q4.png", 2, first)
    assert [picture.name for picture in online_desk.current.draft.pictures] == ["q5.png"]
    qtbot.waitUntil(lambda: online_desk.current.draft.ready)


def test_a_draft_that_was_emptied_is_listed_no_more(online_desk: Desk) -> None:
    writing = online_desk.current
    writing.draft.set_text("Unsent")
    online_desk.new_chat()
    online_desk.open(writing.facts.id)
    writing.draft.set_text(" ")
    online_desk.new_chat()
    assert titles(online_desk) == []


def test_a_draft_cannot_be_renamed(online_desk: Desk) -> None:
    writing = online_desk.current
    writing.draft.set_text("Unsent")
    online_desk.new_chat()
    online_desk.rename(writing.facts.id, "Better")
    assert titles(online_desk) == ["Unsent"]


def test_every_draft_is_listed_after_a_restart(online_desk: Desk, online: Tools) -> None:
    online_desk.current.draft.set_text("One")
    online_desk.new_chat()
    online_desk.current.draft.set_text("Two")
    finish(online_desk.save())
    again = Desk(online, parent=online.account)
    again.start()
    finish(again.restore_drafts())
    assert (sorted(titles(again)), unsent(again)) == (["One", "Two"], [True, True])
    again.new_chat()
    assert again.current.draft.empty


def drafts(tools: Tools) -> dict[str, JSON]:
    """What is on disk."""
    found: dict[str, JSON] = {}

    async def read() -> None:
        found.update(await tools.store.drafts())

    finish(read())
    return found


@pytest.mark.parametrize("shown", [True, False])
def test_a_deleted_draft_is_gone_for_good_and_comes_back_whole(
    online_desk: Desk, online: Tools, qtbot: QtBot, picture: Callable[..., Path], *, shown: bool
) -> None:
    writing = online_desk.current
    writing.set_model("claude-opus-5-5")
    writing.set_system("Be brief.")
    writing.draft.set_text("Precious")
    writing.draft.attach([Source(path=str(picture("q3.png")))])
    qtbot.waitUntil(lambda: writing.draft.ready)
    finish(writing.save_draft())
    online_desk.new_chat()
    if shown:
        online_desk.open(writing.facts.id)
    with qtbot.waitSignal(online_desk.deleted) as told:
        online_desk.delete(writing.facts.id)
    assert [gone.title for gone in told.args[0]] == ["Precious"]
    assert titles(online_desk) == []
    assert online_desk.current is not writing
    qtbot.waitUntil(lambda: drafts(online) == {})
    finish(online_desk.save())
    assert drafts(online) == {}

    online_desk.undo_delete()
    assert (online_desk.current is writing) == shown
    assert titles(online_desk) == ["Precious"]
    qtbot.waitUntil(lambda: writing.draft.ready)
    kept = drafts(online)[writing.facts.id]
    assert (kept["text"], kept["model"], kept["system"]) == ("Precious", "claude-opus-5-5", "Be brief.")
    assert (writing.facts.model, writing.facts.system) == ("claude-opus-5-5", "Be brief.")
    assert [p["name"] for p in kept["pictures"]] == ["q3.png"]


def test_going_on_elsewhere_takes_pictures_system_prompt_and_words_along(
    online_desk: Desk, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    old = online_desk.current
    old.set_system("Be brief.")
    old.draft.attach([Source(path=str(picture("a.png"))), Source(path=str(picture("b.png", (30, 30))))])
    old.draft.set_text("Which?")
    with qtbot.waitSignal(old.worker.answered):
        old.worker.send()
    old.draft.set_text("And now?")
    online_desk.take_along()
    new = online_desk.current
    assert new is not old
    qtbot.waitUntil(lambda: new.draft.ready)
    assert [p.name for p in new.draft.pictures] == ["a.png", "b.png"]
    assert (new.draft.text, new.facts.system, old.draft.text) == ("And now?", "Be brief.", "")


def test_a_picture_in_parts_is_taken_along_once_and_one_that_was_left_out_is_not(
    online_desk: Desk, say: Callable[[str], Chat], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    chat = online_desk.current
    chat.draft.attach(
        [
            Source(path=str(picture("large.png", (3000, 2400))), preset="tiles"),
            Source(path=str(picture("b.png", color="#2040c0"))),
        ]
    )
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    say("What is this?")
    assert len(chat.messages.messages[0].images) > 3
    chat.worker.repair(2, "remove")
    qtbot.waitUntil(lambda: not chat.worker.busy)
    online_desk.take_along()
    assert [(p.name, p.preset) for p in online_desk.current.draft.pictures] == [("large.png", "tiles")]


def test_drafts_of_stored_conversations_come_back_when_they_are_opened(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    chat = say("Hello")
    chat.draft.set_text("Unsent")
    finish(online_desk.save())
    again = Desk(online, parent=online.account)
    again.start()
    finish(again.restore_drafts())
    again.open(chat.facts.id)
    qtbot.waitUntil(lambda: again.current.draft.text == "Unsent")


def test_a_draft_does_not_bring_a_deleted_conversation_back_to_life(
    online_desk: Desk, online: Tools, say: Callable[[str], Chat]
) -> None:
    chat = say("Stored")
    chat.draft.set_text("Unsent")
    finish(chat.save_draft())
    online_desk.delete(chat.facts.id)
    chat.draft.set_text("Unsent, and kept by the timer")
    finish(chat.save_draft())

    again = Desk(online, parent=online.account)
    again.start()
    finish(again.restore_drafts())
    assert (again.current.draft.text, again.current.facts.id == chat.facts.id) == ("", False)

    online_desk.undo_delete()
    assert online_desk.current.draft.text == "Unsent, and kept by the timer"
    finish(Filing(online.store).restore([chat.facts.id]))
    later = Desk(online, parent=online.account)
    later.start()
    finish(later.restore_drafts())
    later.open(chat.facts.id)
    finish(later.current.loaded())
    assert later.current.draft.text == "Unsent, and kept by the timer"


def test_a_conversation_deleted_while_the_drafts_are_read_stays_deleted(
    online: Tools, say: Callable[[str], Chat]
) -> None:
    chat = say("Stored")
    chat.draft.set_text("Unsent")
    finish(chat.save_draft())
    again = Desk(online, parent=online.account)
    again.start()

    async def delete_meanwhile() -> None:
        reading = asyncio.ensure_future(again.restore_drafts())
        await asyncio.sleep(0)  # the store has been asked by now
        again.delete(chat.facts.id)
        await reading

    finish(delete_meanwhile())
    assert again.current.facts.id != chat.facts.id


def test_drafts_of_several_new_chats_do_not_wipe_each_other(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools
) -> None:
    said = say("Said")
    online_desk.new_chat()
    online_desk.current.draft.set_text("First thought")
    online_desk.open(said.facts.id)
    online_desk.delete(said.facts.id)
    assert online_desk.current.draft.empty
    finish(online_desk.save())
    again = Desk(online, parent=online.account)
    again.start()
    finish(again.restore_drafts())
    assert titles(again) == ["First thought"]


def test_the_system_prompt_of_a_chat_in_which_nothing_was_said_comes_back(online_desk: Desk, online: Tools) -> None:
    online_desk.current.set_system("Be brief.")
    finish(online_desk.save())
    again = Desk(online, parent=online.account)
    finish(again.restore_drafts())
    assert again.is_writing_in(online_desk.current.facts.id)
    again.open(online_desk.current.facts.id)
    assert again.current.facts.system == "Be brief."


def test_pictures_handed_over_open_in_a_chat_in_which_nothing_was_written(
    online_desk: Desk, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    writing = online_desk.current
    writing.draft.set_text("Half a thought")
    online_desk.new_chat([Source(path=str(picture()))])
    assert online_desk.current is not writing
    assert online_desk.current.draft.text == ""
    qtbot.waitUntil(lambda: online_desk.current.draft.ready)


def test_a_restored_draft_stands_beside_the_pictures_of_the_command_line(
    online_desk: Desk, picture: Callable[..., Path], online: Tools
) -> None:
    online_desk.current.draft.set_text("Yesterday")
    finish(online_desk.save())
    again = Desk(online, parent=online.account)
    again.start()
    given = again.current
    given.draft.attach([Source(path=str(picture()))])
    finish(again.restore_drafts())
    assert again.current is given
    assert given.draft.text == ""
    assert titles(again) == ["Yesterday"]


def test_undoing_a_delete_brings_back_words_model_and_system_prompt(
    online_desk: Desk, say: Callable[[str], Chat]
) -> None:
    chat = say("Hello")
    chat.set_model("claude-opus-5-5")
    chat.set_system("Be brief.")
    chat.draft.set_text("Unsent")
    online_desk.delete(chat.facts.id)
    online_desk.undo_delete()
    back = online_desk.current
    assert (back.facts.model, back.facts.system, back.draft.text) == ("claude-opus-5-5", "Be brief.", "Unsent")


def test_the_model_of_the_command_line_counts_for_the_first_chat_alone(online: Tools) -> None:
    desk = Desk(online, "claude-haiku-5-5", parent=online.account)
    assert desk.current.facts.model == "claude-haiku-5-5"
    desk.current.set_model("claude-opus-5-5")
    desk.current.draft.set_text("x")
    desk.take_along()
    assert desk.current.facts.model == "claude-opus-5-5"


def test_a_duplicate_is_opened_and_stands_in_the_same_folder(
    online_desk: Desk, say: Callable[[str], Chat], picture: Callable[..., Path], qtbot: QtBot
) -> None:
    chat = online_desk.current
    chat.draft.attach([Source(path=str(picture()))])
    qtbot.waitUntil(lambda: chat.draft.ready)
    say("What is this?")
    chat.draft.set_text("Unsent")
    folder = online_desk.cabinet.add_folder("Work")
    online_desk.cabinet.move([chat.facts.id], folder)
    online_desk.duplicate(chat.facts.id)
    qtbot.waitUntil(lambda: online_desk.current is not chat and not online_desk.current.loading)
    copy = online_desk.current
    qtbot.waitUntil(lambda: len(copy.messages.messages) == 2)
    assert titles(online_desk) == ["What is this? (2)", "What is this?"]
    online_desk.fork(copy.messages.messages[1].id)
    qtbot.waitUntil(lambda: titles(online_desk)[0] == "What is this? (3)")
    online_desk.open(chat.facts.id)
    online_desk.duplicate(chat.facts.id)
    qtbot.waitUntil(lambda: titles(online_desk)[0] == "What is this? (4)")
    online_desk.open(copy.facts.id)
    assert online_desk.history.filed(copy.facts.id).folder == folder
    assert [m.content for m in copy.messages.messages] == [m.content for m in chat.messages.messages]
    assert (copy.draft.text, chat.draft.text, copy.facts.cost) == ("", "Unsent", "")
    say("And now?")
    assert len(chat.messages.messages) == 2
    assert len(copy.messages.messages) == 4


def test_a_fork_goes_on_from_a_message(online_desk: Desk, say: Callable[[str], Chat], qtbot: QtBot) -> None:
    chat = say("One")
    say("Two")
    online_desk.fork(chat.messages.messages[1].id)
    qtbot.waitUntil(lambda: online_desk.current is not chat)
    fork = online_desk.current
    qtbot.waitUntil(lambda: [m.text for m in fork.messages.messages[:1]] == ["One"])
    assert len(fork.messages.messages) == 2
    assert len(chat.messages.messages) == 4


def test_nothing_is_copied_while_an_answer_comes_or_before_anything_is_said(
    online_desk: Desk, api: ApiServer, qtbot: QtBot
) -> None:
    chat = online_desk.current
    online_desk.duplicate(chat.facts.id)
    api.script(text("Slow.").hold("content_block_delta"))
    chat.draft.set_text("Slow")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    online_desk.duplicate(chat.facts.id)
    online_desk.fork(chat.messages.messages[0].id)
    with qtbot.waitSignal(chat.worker.answered):
        api.release()
    assert titles(online_desk) == ["Slow"]
