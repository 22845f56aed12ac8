"""Conversations of the trash: read, left, restored and deleted for good."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.history import TRASH
from tests.conftest import finish
from tests.stored import conversations_of


def say_in_new_chat(desk: Desk, say: Callable[[str], Chat]) -> Chat:
    desk.new_chat()
    return say("Other")


def test_one_of_the_trash_can_be_read_and_nothing_be_done_in_it(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    chat = say("Precious")
    other = say_in_new_chat(online_desk, say)
    online_desk.cabinet.show(TRASH)
    online_desk.delete(chat.facts.id)
    qtbot.waitUntil(lambda: online_desk.history.trashed(chat.facts.id) is not None)
    online_desk.look_at(chat.facts.id)
    looked = online_desk.current
    qtbot.waitUntil(lambda: len(looked.messages.messages) == 2)
    assert looked.worker.busy
    last = looked.messages.messages[1]
    looked.worker.retry()
    looked.delete(last.id)
    looked.edit(looked.messages.messages[0].id)
    looked.rename("Other")
    looked.set_system("Be brief.")
    online_desk.fork(last.id)
    online_desk.take_along()
    online_desk.duplicate(looked.facts.id)
    assert online_desk.current is looked
    assert (looked.facts.title, looked.facts.system, looked.draft.text) == ("Precious", "", "")
    online_desk.open(other.facts.id)
    assert online_desk.current is other
    online_desk.look_at(chat.facts.id)
    assert online_desk.is_in_trash
    online_desk.restore(chat.facts.id)
    assert (online_desk.current, chat.worker.busy) == (chat, False)
    qtbot.waitUntil(lambda: not online.tasks._running)
    assert {each.title for each in conversations_of(online.store)} == {"Precious", "Other"}


def test_one_of_the_trash_that_was_deleted_long_ago_is_opened_when_it_is_restored(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    ids = [say("One").facts.id, say_in_new_chat(online_desk, say).facts.id]
    online_desk.delete(*ids)
    qtbot.waitUntil(lambda: not online.tasks._running)
    again = Desk(online, parent=online.account)
    again.start()
    again.cabinet.show(TRASH)
    qtbot.waitUntil(lambda: len(again.history.conversations) == 2)
    again.look_at(ids[0])
    looked = again.current
    again.restore(*ids)
    qtbot.waitUntil(lambda: again.current is not looked)
    assert (again.current.facts.id, again.is_in_trash) == (ids[0], False)
    qtbot.waitUntil(lambda: not online.tasks._running)


def test_one_of_the_trash_that_is_read_is_left_when_it_is_deleted_for_good(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    chat = say("Doomed")
    online_desk.cabinet.show(TRASH)
    online_desk.delete(chat.facts.id)
    qtbot.waitUntil(lambda: online_desk.history.trashed(chat.facts.id) is not None)
    online_desk.look_at(chat.facts.id)
    online_desk.erase(chat.facts.id)
    assert not online_desk.is_in_trash
    assert online_desk.current.messages.messages == []
    qtbot.waitUntil(lambda: not online.tasks._running)


def test_what_was_being_written_in_one_of_the_trash_waits_until_it_is_restored(
    online_desk: Desk, say: Callable[[str], Chat], online: Tools, qtbot: QtBot
) -> None:
    chat = say("Precious")
    chat.draft.set_text("Unsent")
    finish(chat.save_draft())
    online_desk.delete(chat.facts.id)
    qtbot.waitUntil(lambda: not online.tasks._running)
    again = Desk(online, parent=online.account)
    again.start()
    again.cabinet.show(TRASH)
    qtbot.waitUntil(lambda: len(again.history.conversations) == 1)
    again.look_at(chat.facts.id)
    qtbot.waitUntil(lambda: not online.tasks._running)
    assert again.current.draft.text == ""
    again.restore(chat.facts.id)
    qtbot.waitUntil(lambda: again.current.draft.text == "Unsent")
    assert not again.is_in_trash
    qtbot.waitUntil(lambda: not online.tasks._running)
