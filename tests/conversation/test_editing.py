"""A question written anew: where it goes, what goes with it, and what was being written before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.core.errors import StoreError
from app.core.message import ReplyBlock
from tests.conftest import finish
from tests.conversation.talk import Talk
from tests.servers.api import ApiServer


def sent_texts(api: ApiServer) -> list[str]:
    return [b["text"] for m in api.posts[-1].json["messages"] for b in m["content"] if b["type"] == "text"]


def test_an_edited_question_is_a_version_in_its_place(api: ApiServer, talk: Talk) -> None:
    api.answer = "Yes."
    for words in ("First?", "Second?", "Third?"):
        talk.ask(words)
    before = talk.texts
    talk.edit(talk.messages[2])
    assert talk.chat.draft.text == "Second?"
    answer = talk.ask("Other?")
    assert talk.texts == ["First?", "Yes.", "Other?", "Yes."]
    assert sent_texts(api) == ["First?", "Yes.", "Other?"]
    assert answer.state == "complete"
    assert (talk.chat.editing, talk.chat.draft.text) == ("", "")
    assert talk.chat.branch_of(talk.messages[2].id) == (2, 2)
    talk.do(lambda: talk.chat.switch(talk.messages[2].id, -1))
    assert talk.texts == before
    assert talk.reopened().texts == before


def test_the_first_question_can_be_edited(talk: Talk) -> None:
    talk.ask("First?")
    talk.edit(talk.messages[0])
    talk.ask("Another first?")
    assert talk.texts[0] == "Another first?"
    assert len(talk.messages) == 2
    assert talk.reopened().chat.branch_of(talk.messages[0].id) == (2, 2)


def test_its_pictures_come_along_and_are_numbered_on_from_before_it(talk: Talk, picture: Callable[..., Path]) -> None:
    talk.ask("One?", picture("a.png"))
    talk.ask("Two?", picture("b.png", color="#2040c0"), picture("c.png", color="#20a040"))
    talk.ask("Three?", picture("d.png", color="#a0a040"))
    talk.edit(talk.messages[2])
    draft = talk.chat.draft
    assert (draft.first_number, [each.name for each in draft.pictures]) == (2, ["b.png", "c.png"])
    draft.remove(0)
    talk.ask("Only that?", picture("e.png", color="#40a0a0"))
    assert [(i.number, i.name) for i in talk.messages[2].images] == [(2, "c.png"), (3, "e.png")]
    assert talk.chat.messages.pictures == 3
    assert talk.chat.draft.first_number == 4


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_where_an_original_is_lost_what_was_sent_of_it_comes_along(
    talk: Talk, picture: Callable[..., Path], online: Tools, fault: str
) -> None:
    talk.ask("Large?", picture("large.png", (3000, 2000)))
    [image] = talk.messages[0].images
    path = online.pictures.path(image.original)
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    talk.edit(talk.messages[0])
    assert [(each.name, each.width) for each in talk.chat.draft.pictures] == [("large.png", image.width)]
    assert talk.ask("Once more?").state == "complete"


def test_the_price_is_that_of_the_history_before_it(talk: Talk, picture: Callable[..., Path]) -> None:
    talk.ask("One?", picture("a.png", (1200, 900)))
    then = talk.chat.context
    talk.ask("Two?", picture("b.png", (1600, 900), "#2040c0"))
    talk.edit(talk.messages[2])
    assert talk.chat.context.pictures == 1
    assert talk.chat.context.tokens == then.tokens
    talk.chat.draft.set_text("Otherwise?")
    ahead = talk.chat.draft.estimate
    answer = talk.answer(talk.chat.worker.send)
    assert answer.usage is not None
    assert answer.usage.cache_read == ahead.context.cached > 0


def test_a_question_sent_as_it_was_is_read_whole_from_the_cache(talk: Talk, picture: Callable[..., Path]) -> None:
    talk.ask("One?", picture("a.png", (1200, 900)))
    talk.edit(talk.messages[0])
    answer = talk.answer(talk.chat.worker.send)
    assert answer.usage is not None
    assert answer.usage.cache_read == (answer.cache or {})["expected"] > 0


def test_what_was_being_written_comes_back_after_sending(talk: Talk, picture: Callable[..., Path]) -> None:
    talk.ask("First?")
    talk.chat.draft.attach([Source(path=str(picture("later.png")))])
    talk.chat.draft.set_text("For later")
    talk.edit(talk.messages[0])
    assert talk.chat.draft.pictures == []
    talk.ask("Anew?")
    talk.qtbot.waitUntil(lambda: talk.chat.draft.ready)
    assert (talk.chat.draft.text, [p.name for p in talk.chat.draft.pictures]) == ("For later", ["later.png"])
    assert finish(talk.tools.store.drafts())[talk.chat.facts.id]["text"] == "For later"


def test_what_was_being_written_comes_back_when_it_is_cancelled(talk: Talk) -> None:
    talk.ask("First?")
    talk.chat.draft.set_text("For later")
    told: list[str] = []
    talk.chat.editing_changed.connect(lambda: told.append(talk.chat.editing))
    talk.edit(talk.messages[0])
    talk.chat.draft.set_text("Never mind")
    talk.chat.cancel_edit()
    assert (talk.chat.draft.text, talk.chat.editing) == ("For later", "")
    assert told == [talk.messages[0].id, ""]


def test_an_edit_survives_a_restart_with_what_waits(talk: Talk) -> None:
    talk.ask("First?")
    talk.ask("Second?")
    talk.chat.draft.set_text("For later")
    talk.edit(talk.messages[2])
    talk.chat.draft.set_text("Second, but")
    finish(talk.chat.save_draft())
    again = Chat(talk.chat.facts, talk.tools, is_stored=True, parent=talk.tools.account)
    with talk.qtbot.waitSignal(again.loaded_all):
        again.load()
    assert (again.editing, again.draft.text) == (talk.messages[2].id, "Second, but")
    later = Talk(again, talk.tools, talk.qtbot)
    later.answer(again.worker.send)
    assert later.texts[2] == "Second, but"
    assert again.draft.text == "For later"


def test_words_of_an_edit_stay_when_another_branch_is_shown(talk: Talk) -> None:
    first = talk.ask("First?")
    talk.answer(lambda: talk.chat.worker.retry(first.id))
    talk.ask("Second?")
    talk.chat.draft.set_text("For later")
    talk.edit(talk.messages[2])
    talk.chat.draft.set_text("Edited")
    talk.do(lambda: talk.chat.switch(talk.messages[1].id, -1))
    assert (talk.chat.editing, talk.chat.draft.text) == ("", "For later\nEdited")


def test_another_question_is_not_edited_over_it(talk: Talk) -> None:
    talk.ask("First?")
    talk.ask("Second?")
    talk.edit(talk.messages[2])
    talk.chat.draft.set_text("Edited")
    talk.chat.edit(talk.messages[0].id)
    assert (talk.chat.editing, talk.chat.draft.text) == (talk.messages[2].id, "Edited")
    talk.chat.cancel_edit()
    talk.chat.edit(talk.messages[1].id)  # an answer
    assert talk.chat.editing == ""


def test_an_edit_that_cannot_be_kept_stays_an_edit(talk: Talk, online: Tools) -> None:
    talk.ask("First?")
    talk.chat.draft.set_text("For later")
    talk.edit(talk.messages[0])
    finish(online.store.run(lambda db: db.execute("PRAGMA max_page_count = 1")))
    talk.chat.draft.set_text("Precious " * 1000)
    with talk.qtbot.waitSignal(talk.chat.worker.refused) as refused:
        talk.chat.worker.send()
    talk.rest()
    assert refused.args is not None
    assert isinstance(refused.args[0], StoreError)
    assert (talk.chat.draft.text, talk.chat.editing) == ("Precious " * 1000, talk.messages[0].id)
    assert talk.texts[0] == "First?"
    finish(online.store.run(lambda db: db.execute("PRAGMA max_page_count = 100000")))
    talk.chat.cancel_edit()
    assert talk.chat.draft.text == "For later"


def test_no_stale_thinking_goes_with_an_edited_branch(api: ApiServer, talk: Talk) -> None:
    api.thinking = "Hm."
    for words in ("First?", "Second?", "Third?"):
        talk.ask(words)
    talk.edit(talk.messages[2])
    talk.ask("Other?")
    talk.ask("And then?")
    answers = [m["content"] for m in api.posts[-1].json["messages"] if m["role"] == "assistant"]
    kept = [b.data for m in talk.messages[:-2] for b in m.content if isinstance(b, ReplyBlock)]
    assert [block for content in answers for block in content] == kept
    talk.edit(talk.messages[0])
    talk.ask("All anew?")
    assert [m["role"] for m in api.posts[-1].json["messages"]] == ["user"]


def test_a_repair_of_an_edited_pictures_number_means_the_draft(talk: Talk, picture: Callable[..., Path]) -> None:
    talk.ask("One?", picture("a.png", (2600, 1900)))
    before = list(talk.messages)
    talk.edit(talk.messages[0])
    talk.qtbot.waitUntil(lambda: talk.chat.draft.ready, timeout=10_000)
    talk.do(lambda: talk.chat.worker.repair(1, "shrink"))
    assert talk.chat.draft.pictures[0].preset == "cheap"
    talk.do(lambda: talk.chat.worker.repair(1, "remove"))
    assert talk.chat.draft.pictures == []
    assert talk.messages == before
    assert len(talk.messages) == 2


def test_pictures_taken_along_are_those_sent(
    tools: Tools, desk: Desk, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    talk = Talk(desk.current, tools, qtbot)
    talk.ask("One?", picture("a.png"))
    talk.chat.draft.set_text("For later")
    talk.edit(talk.messages[0])
    desk.take_along()
    assert talk.chat.editing == ""
    qtbot.waitUntil(lambda: desk.current.draft.ready)
    assert (desk.current.draft.text, [p.name for p in desk.current.draft.pictures]) == ("For later", ["a.png"])
