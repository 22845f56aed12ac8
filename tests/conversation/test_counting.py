"""Counting while typing: only when it is wanted, only what holds still, never a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.counting import Counting
from app.conversation.tools import Tools
from app.core.catalog import Catalog
from app.core.cost import Count
from app.core.countable import Countable
from app.core.message import ImageBlock
from app.core.request import Request
from tests.conftest import destroy, finish
from tests.core.test_request import MODEL, asked, image
from tests.servers.api import ApiServer
from tests.servers.replies import error, json_reply

PATH = "POST /v1/messages/count_tokens"
PICTURE = replace(image(1), width=560, height=280)
"""200 tokens."""


@pytest.fixture
def counting(online: Tools) -> Iterator[Counting]:
    counting = Counting(online.account, online.preferences, online.tasks, wait=20)
    yield counting
    finish(online.tasks.close())
    destroy(counting)


@pytest.fixture
def on(online: Tools) -> None:
    online.preferences.update(count_while_typing=True)


def made(words: str, *pictures: ImageBlock) -> Callable[[], Countable | None]:
    request = Request.build([asked(words, *pictures)], model=MODEL)
    return lambda: Countable.of(request, Catalog.load().get(MODEL))


def follow(counting: Counting, words: str, *pictures: ImageBlock) -> None:
    counting.follow((words, pictures), made(words, *pictures))


def test_nothing_is_sent_until_it_is_switched_on(
    counting: Counting, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    follow(counting, "What is this?")
    assert not counting._pause.isActive()

    with qtbot.waitSignal(counting.changed):
        online.preferences.update(count_while_typing=True)

    assert api.counts == {PATH: 1}


@pytest.mark.usefixtures("on")
def test_the_count_is_that_of_the_server_and_of_the_pictures_here(
    counting: Counting, api: ApiServer, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(counting.changed):
        follow(counting, "Which is taller?", PICTURE, replace(PICTURE, number=2))

    [request] = api.requests
    kinds = [block["type"] for block in request.json["messages"][0]["content"]]
    assert kinds == ["text", "text", "text"]
    assert "max_tokens" not in request.json
    assert "stream" not in request.json
    assert counting.count == Count(3 + 2 + 2 + 4 + 400, exact=True)  # what the test server makes of it


@pytest.mark.usefixtures("on")
def test_only_what_holds_still_is_counted(counting: Counting, api: ApiServer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(counting.changed):
        for length in range(1, 14):
            follow(counting, "What is this?"[:length])

    assert [r.json["messages"][0]["content"][0]["text"] for r in api.requests] == ["What is this?"]


@pytest.mark.usefixtures("on")
def test_a_count_holds_for_what_it_was_asked_for_and_nothing_else(
    counting: Counting, api: ApiServer, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(counting.changed):
        follow(counting, "What is this?")
    told: list[Count | None] = [counting.count]
    follow(counting, "What is this?")
    counting.changed.connect(lambda: told.append(counting.count))

    follow(counting, "What is this? And that?")
    with qtbot.waitSignal(counting.changed):
        pass

    assert told == [Count(3 + 4, exact=True), None, Count(3 + 6, exact=True)]
    assert api.counts == {PATH: 2}


@pytest.mark.usefixtures("on")
def test_an_outdated_request_is_dropped(counting: Counting, online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    api.script_counts(json_reply({"input_tokens": 1_000}).hold("start"))
    follow(counting, "An old question")
    qtbot.waitUntil(lambda: len(api.requests) == 1)
    told: list[Count | None] = []
    counting.changed.connect(lambda: told.append(counting.count))

    with qtbot.waitSignal(counting.changed):
        follow(counting, "A new question")
    api.release()
    qtbot.waitUntil(lambda: not online.tasks._running)

    assert told == [Count(3 + 4, exact=True)]


@pytest.mark.usefixtures("on")
def test_nothing_to_count_and_switching_off_end_it(
    counting: Counting, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(counting.changed):
        follow(counting, "What is this?")
    with qtbot.waitSignal(counting.changed):
        online.preferences.update(count_while_typing=False)
    assert counting.count is None
    with qtbot.waitSignal(counting.changed):
        online.preferences.update(count_while_typing=True)
    with qtbot.waitSignal(counting.changed):
        counting.follow(None)

    assert counting.count is None
    assert not counting._pause.isActive()
    assert api.counts == {PATH: 2}


@pytest.mark.usefixtures("on")
def test_what_is_cleared_before_it_held_still_is_not_counted(counting: Counting) -> None:
    follow(counting, "What is this?")
    assert counting._pause.isActive()

    counting.follow(None)

    assert not counting._pause.isActive()


@pytest.mark.usefixtures("on")
def test_other_settings_change_nothing(counting: Counting, online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(counting.changed):
        follow(counting, "What is this?")

    online.preferences.update(theme="dark")

    assert counting.count is not None
    assert api.counts == {PATH: 1}


@pytest.mark.usefixtures("on")
def test_an_error_is_not_told_and_the_next_draft_is_counted(
    counting: Counting, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    api.script_counts(error(429, "rate_limit_error", "Slower."))
    told: list[object] = []
    online.tasks.failed.connect(told.append)
    follow(counting, "What is this?")
    qtbot.waitUntil(lambda: len(api.requests) == 1 and not online.tasks._running)

    with qtbot.waitSignal(counting.changed):
        follow(counting, "And that?")

    assert told == []
    assert counting.count is not None


@pytest.mark.usefixtures("on")
def test_a_server_that_does_not_count_is_asked_once(
    counting: Counting, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    api.script_counts(error(404, "not_found_error", "Not found"))
    follow(counting, "What is this?")
    qtbot.waitUntil(lambda: len(api.requests) == 1 and not online.tasks._running)
    follow(counting, "And that?")
    assert not counting._pause.isActive()

    with qtbot.waitSignal(counting.changed):
        online.account.changed.emit()

    assert counting.count is not None


@pytest.mark.usefixtures("on")
def test_what_cannot_be_counted_stays_an_estimate(counting: Counting, api: ApiServer, qtbot: QtBot) -> None:
    follow(counting, "", PICTURE)
    qtbot.waitUntil(lambda: not counting._pause.isActive())

    assert counting.count is None
    assert api.requests == []
