"""What happens while a message is on its way: words and pictures added, another model or server chosen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core import server
from app.core.cost import cost_of
from app.core.message import Message
from tests.conftest import finish
from tests.conversation.conftest import slow_disk
from tests.conversation.talk import MODEL, done
from tests.conversation.test_history_pictures import STANDARD, block, opened, png, sizes_sent
from tests.servers.api import ApiServer
from tests.servers.replies import json_reply
from tests.stored import conversations_of


@pytest.fixture(autouse=True)
def _as_anthropic(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ANTHROPIC", api.url)


@pytest.fixture
def prepared(online: Tools, qtbot: QtBot) -> Chat:
    """A conversation whose picture must be made smaller and stored before anything can be sent."""
    chat = opened(online, qtbot, Message.from_user("?", [block(online, 1, png(9000, 60), (9000, 60))], id="q"))
    qtbot.waitUntil(lambda: chat.refits != ())
    chat.draft.set_text("Second?")
    return chat


# --- the draft ----------------------------------------------------------------------------------


def test_words_and_pictures_that_come_while_it_is_prepared_go_along(
    api: ApiServer, online: Tools, prepared: Chat, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(prepared.worker.answered, timeout=20_000), slow_disk(online):
        prepared.worker.send()
        qtbot.waitUntil(lambda: prepared.worker._keeping is not None)
        prepared.draft.set_text("Second? And this?")
        prepared.draft.attach([Source(path=str(picture("late.png")))])
    asked = prepared.messages.messages[-2]
    assert (asked.text, [image.name for image in asked.images]) == ("Second? And this?", ["late.png"])
    assert sizes_sent(api) == [(2576, 17), (640, 400)]
    assert prepared.draft.empty
    assert len(api.posts) == 1


def test_another_model_chosen_while_it_is_prepared_is_asked(
    api: ApiServer, online: Tools, prepared: Chat, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(prepared.worker.answered, timeout=20_000), slow_disk(online):
        prepared.worker.send()
        qtbot.waitUntil(lambda: prepared.worker._keeping is not None)
        prepared.set_model(STANDARD)
    asked = online.account.catalog.get(STANDARD).id
    assert (api.posts[-1].json["model"], prepared.messages.messages[-1].model) == (asked, asked)
    assert sizes_sent(api) == [(1568, 10)]


def test_a_draft_emptied_while_it_is_prepared_is_not_sent(
    api: ApiServer, online: Tools, prepared: Chat, qtbot: QtBot
) -> None:
    with slow_disk(online):
        prepared.worker.send()
        qtbot.waitUntil(lambda: prepared.worker._keeping is not None)
        prepared.draft.set_text("")
    qtbot.waitUntil(lambda: not prepared.worker.busy)
    assert api.posts == []


def test_changes_of_the_draft_are_worked_out_together(chat: Chat, picture: Callable[..., Path], qtbot: QtBot) -> None:
    told: list[int] = []
    chat.changed.connect(lambda: told.append(len(chat.draft.pictures)))
    for n in range(5):
        chat.draft.attach([Source(path=str(picture(f"{n}.png", (40 + n, 40))))])
    assert told == []
    qtbot.waitUntil(lambda: told != [])
    assert told[0] == 5


def test_what_was_not_worked_out_yet_counts_when_it_is_sent(
    api: ApiServer, chat: Chat, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    """With 20 pictures in the draft the earlier one has to shrink, with 19 it has not."""
    chat.draft.attach([Source(path=str(picture("wide.png", (2400, 200))))])
    done(chat, qtbot, chat.worker.send)
    chat.draft.attach([Source(path=str(picture(f"{n}.png", (2100 + n, 40)))) for n in range(20)])
    qtbot.waitUntil(lambda: chat.draft.ready and chat.refits != (), timeout=10_000)
    chat.draft.remove(19)
    assert done(chat, qtbot, chat.worker.send).state == "complete"
    assert sizes_sent(api) == [(2400, 200), *((2100 + n, 40) for n in range(19))]


# --- the model and the server -------------------------------------------------------------------


def test_another_model_chosen_while_pictures_go_up_is_asked_the_next_time(
    api: ApiServer, online: Tools, chat: Chat, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    online.preferences.update(upload=True)
    chat.worker.progressed.connect(lambda: chat.set_model(STANDARD))
    chat.draft.attach([Source(path=str(picture("a.png", (2400, 1600))))])
    answer = done(chat, qtbot, chat.worker.send)
    check_of_the_first_model(api, online, chat, answer)


def test_another_model_chosen_while_the_question_is_stored_is_asked_the_next_time(
    api: ApiServer, online: Tools, chat: Chat, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    chat.draft.taken.connect(lambda: chat.set_model(STANDARD))
    chat.draft.attach([Source(path=str(picture("a.png", (2400, 1600))))])
    answer = done(chat, qtbot, chat.worker.send)
    check_of_the_first_model(api, online, chat, answer)


def test_what_is_chosen_while_the_first_question_is_stored_is_there_tomorrow(
    online: Tools, chat: Chat, qtbot: QtBot
) -> None:
    chat.draft.set_text("First?")
    with qtbot.waitSignal(chat.worker.answered, timeout=20_000), ExitStack() as stack:
        chat.draft.taken.connect(lambda: stack.enter_context(slow_disk(online)))
        chat.worker.send()
        qtbot.waitUntil(lambda: chat.facts.title == "First?")  # from here on it is being stored
        chat.set_model(STANDARD)
        chat.set_system("Be brief.")
    (kept,) = conversations_of(online.store)
    assert (kept.model, chat.facts.model) == (STANDARD, STANDARD)
    assert (kept.system, chat.facts.system) == ("Be brief.", "Be brief.")


def check_of_the_first_model(api: ApiServer, online: Tools, chat: Chat, answer: Message) -> None:
    """Asked, prepared for, booked and priced is the model that was chosen when it was sent."""
    assert chat.facts.model == STANDARD
    assert (api.posts[-1].json["model"], answer.model, answer.state) == (MODEL, MODEL, "complete")
    assert chat.messages.messages[0].images[0].width > online.account.catalog.get(STANDARD).tier.max_edge
    assert answer.cost == cost_of(answer, online.account.catalog.get(MODEL))


def test_practice_turned_on_while_a_picture_goes_up_leaves_the_file_to_its_server(
    api: ApiServer, online: Tools, chat: Chat, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    online.preferences.update(upload=True)
    path = picture("a.png")
    kept = api.files.keep(path.read_bytes(), file_id="file_held")
    api.script_files(json_reply(kept.json()).hold("start"))
    host = online.account.server_name
    chat.draft.attach([Source(path=str(path))])
    with qtbot.waitSignal(chat.worker.answered, timeout=20_000) as answered:
        chat.worker.send()
        qtbot.waitUntil(lambda: api.counts["POST /v1/files"] == 1)
        finish(online.account.set_practice(on=True))
        api.release()
    assert answered.args is not None
    answer: Message = answered.args[0]
    assert (answer.state, answer.server) == ("complete", host)
    file = chat.messages.messages[0].images[0].file
    assert file is not None
    assert (file.id, file.server) == ("file_held", host)
