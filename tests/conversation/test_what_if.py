"""What another model would make of the next message: exactly what choosing it then makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.what_if import asked_again, what_if
from app.core.catalog import ListedModel
from app.core.cost import exact
from tests.servers.api import ApiServer

MODEL = "claude-sonnet-5-5"
OTHERS = ["claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-4-6", "claude-opus-4-5", "house-model", "unheard-of"]
HOUSE = {"house-model": {"input": "1.5", "output": "7.5", "tier": "standard", "context_window": 128_000}}


@pytest.fixture
def chat(online: Tools) -> Chat:
    online.preferences.update(prices=HOUSE)
    return Chat.new(MODEL, online, online.account)


@pytest.fixture
def begun(chat: Chat, picture: Callable[..., Path], api: ApiServer, qtbot: QtBot) -> Chat:
    """Two pictures asked about and answered, a third in the draft."""
    api.answer = "The second is taller. " * 30
    chat.draft.attach([Source(path=str(picture("wide.png", (3840, 2160)))), Source(path=str(picture("small.png")))])
    chat.draft.set_text("What differs?")
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
    with qtbot.waitSignal(chat.worker.answered, timeout=20_000):
        chat.worker.send()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    chat.draft.attach([Source(path=str(picture("next.png", (2560, 1440))), preset="tiles")])
    chat.draft.set_text("And now?")
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
    return chat


@pytest.mark.parametrize("model_id", OTHERS)
def test_what_if_is_what_then_is(begun: Chat, model_id: str, qtbot: QtBot) -> None:
    expected = what_if(begun, begun.model_of(model_id))
    begun.set_model(model_id)
    qtbot.waitUntil(lambda: begun.draft.ready, timeout=20_000)
    begun.refresh()  # it waits some milliseconds otherwise
    assert begun.draft.estimate == expected.estimate
    assert what_if(begun, begun.model) == expected


@pytest.mark.parametrize("model_id", OTHERS[:3])
def test_pictures_of_the_draft_can_make_earlier_ones_smaller(
    begun: Chat, picture: Callable[..., Path], model_id: str, qtbot: QtBot
) -> None:
    """Above 20 in all, no side may be longer than 2,000 pixels."""
    shown = [picture(f"{n}.png", (60 + n, 60)) for n in range(19)]
    begun.draft.attach([Source(path=str(path)) for path in shown])
    qtbot.waitUntil(lambda: len(begun.draft.pictures) == 20 and begun.draft.ready, timeout=20_000)
    expected = what_if(begun, begun.model_of(model_id))
    assert max(expected.edges.values()) <= 2000
    begun.set_model(model_id)
    qtbot.waitUntil(lambda: begun.draft.ready, timeout=20_000)
    begun.refresh()
    assert begun.draft.estimate == expected.estimate
    assert what_if(begun, begun.model) == expected


def test_of_the_present_model_it_is_the_drafts_own_estimate(begun: Chat) -> None:
    assert what_if(begun, begun.model).estimate is begun.draft.estimate
    assert begun.draft.estimate.context.cached > 0


def test_asking_changes_nothing(begun: Chat) -> None:
    before = begun.draft.estimate, begun.context, begun.refits, list(begun.draft.pictures)
    for model_id in OTHERS:
        what_if(begun, begun.model_of(model_id))
    assert before == (begun.draft.estimate, begun.context, begun.refits, list(begun.draft.pictures))


@pytest.mark.parametrize("model_id", [MODEL, *OTHERS[:3]])
def test_asked_again_it_is_what_the_retry_is_told_to_cost(begun: Chat, model_id: str, qtbot: QtBot) -> None:
    answer = begun.messages.messages[1]
    expected = asked_again(begun, answer.id, begun.model_of(model_id))
    assert expected is not None
    assert expected.pictures == 2
    with qtbot.waitSignal(begun.worker.answered, timeout=20_000):
        begun.worker.retry(answer.id, model_id)
    again = begun.messages.messages[1]
    assert (again.model, again.estimate) == (model_id, exact(expected.estimate.next))


def test_nothing_is_asked_again_without_a_question(begun: Chat) -> None:
    assert asked_again(begun, "gone", begun.model) is None


def test_another_model_has_nothing_in_its_cache(begun: Chat) -> None:
    assert what_if(begun, begun.model_of("claude-opus-5-5")).estimate.context.cached == 0


def test_the_sizes_are_those_that_the_model_sees(begun: Chat) -> None:
    assert what_if(begun, begun.model).edges == {1: 2576, 2: 640, 3: 2560}
    assert what_if(begun, begun.model_of("claude-sonnet-4-6")).edges == {1: 1456, 2: 640, 3: 1456}


def test_a_model_that_cannot_take_the_message_says_why(begun: Chat, online: Tools) -> None:
    sonnet = begun.model_of("claude-sonnet-4-6")
    pictures = what_if(begun, sonnet).pictures
    assert pictures > 3  # the tiles
    assert what_if(begun, replace(sonnet, max_images=pictures)).obstacle == ""
    assert what_if(begun, replace(sonnet, max_images=pictures - 1)).obstacle == "pictures"
    assert what_if(begun, replace(sonnet, context_window=4000)).obstacle == "context"
    online.account.join_models([ListedModel(MODEL), ListedModel("blind", takes_pictures=False)])
    assert what_if(begun, begun.model_of("blind")).obstacle == "pictures"


def test_a_model_without_eyes_takes_words(chat: Chat, online: Tools) -> None:
    online.account.join_models([ListedModel(MODEL), ListedModel("blind", takes_pictures=False)])
    chat.draft.set_text("Hello")
    assert what_if(chat, chat.model_of("blind")).obstacle == ""
