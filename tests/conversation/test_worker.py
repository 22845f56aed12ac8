"""The worker against a real server: what is sent, what is kept, and how every end of an answer is told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QTimer
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.worker import Wait
from app.core.errors import ApiError, NoKey, ReplyLost, RequestRefused, StoreError, StreamInterrupted, VisavisError
from app.core.failure import error_from_json
from app.core.message import Message
from tests.conftest import finish
from tests.conversation.talk import MODEL
from tests.servers.api import ApiServer
from tests.servers.replies import close_before_reply, error, recorded, silence, text
from tests.stored import conversations_of


def sent(api: ApiServer) -> list[tuple[str, list[str]]]:
    """Roles and kinds of blocks of the last request."""
    return [(m["role"], [b["type"] for b in m["content"]]) for m in api.posts[-1].json["messages"]]


def test_two_pictures_and_a_question_are_answered(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    api.answer = "The second is **blue**."
    answer = ask("How do they differ?", picture("a.png"), picture("b.png", color="#2040c0"))
    assert (answer.state, answer.text, answer.stop_reason) == ("complete", "The second is **blue**.", "end_turn")
    assert sent(api) == [("user", ["text", "image", "text", "image", "text"])]
    assert chat.facts.title == "How do they differ?"
    assert chat.facts.pictures == 2


def test_the_next_question_brings_every_earlier_picture_and_numbers_new_ones_on(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    ask("First?", picture("a.png"), picture("b.png", color="#2040c0"))
    ask("And this?", picture("c.png", color="#20a040"))
    assert sent(api) == [
        ("user", ["text", "image", "text", "image", "text"]),
        ("assistant", ["text"]),
        ("user", ["text", "image", "text"]),
    ]
    labels = [
        b["text"] for m in api.posts[-1].json["messages"] for b in m["content"] if b.get("text", "")[:5] == "Image"
    ]
    assert labels == ["Image 1:", "Image 2:", "Image 3:"]
    assert [image.number for image in chat.messages.messages[2].images] == [3]


def test_the_request_is_what_scripts_rely_on(api: ApiServer, ask: Callable[..., Message], chat: Chat) -> None:
    chat.set_system("Be brief.")
    ask("Hello")
    request = api.posts[0]
    assert request.headers["anthropic-version"] == "2026-10-21"
    assert request.headers["x-api-key"] == api.key
    body = {key: value for key, value in request.json.items() if key != "messages"}
    assert body == {
        "model": MODEL,
        "max_tokens": 16000,
        "stream": True,
        "system": "Be brief.",
        "cache_control": {"type": "ephemeral"},
    }


def test_the_question_is_on_disk_before_the_request_leaves(
    api: ApiServer, chat: Chat, online: Tools, qtbot: QtBot
) -> None:
    api.script(text("Late.").hold("message_start"))
    chat.draft.set_text("Kept?")
    chat.worker.send()
    qtbot.waitUntil(lambda: len(api.posts) == 1)
    stored = conversations_of(online.store)
    assert [c.title for c in stored] == ["Kept?"]
    api.release()
    qtbot.waitUntil(lambda: not chat.worker.busy)


def test_the_cost_after_is_the_usage_at_the_models_prices(
    ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    answer = ask("Hm?", picture("a.png", (1920, 1080)))
    usage = answer.usage
    assert usage is not None
    expected = (
        usage.input_tokens * 2
        + usage.cache_write_5m * Decimal("2.5")
        + usage.cache_read * Decimal("0.1")
        + usage.output_tokens * 10
    ) / 1_000_000
    assert Decimal(answer.cost) == expected
    assert Decimal(chat.facts.cost) == expected
    assert Decimal(answer.estimate) > 0


def test_stop_keeps_what_has_come_and_the_next_question_builds_on_it(
    api: ApiServer, ask: Callable[..., Message], chat: Chat, qtbot: QtBot
) -> None:
    api.script(text("One two three four five six.", chunks=6).hold("content_block_delta", 3))
    chat.draft.set_text("Count.")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming" and chat.messages.messages[-1].text != "")
    with qtbot.waitSignal(chat.worker.answered) as ended:
        chat.worker.stop()
    assert ended.args is not None
    stopped: Message = ended.args[0]
    assert (stopped.state, stopped.error) == ("stopped", None)
    assert stopped.text
    assert "One two three four five six.".startswith(stopped.text)
    assert Decimal(stopped.cost) > 0
    api.wait_for_clients_left()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    ask("Go on.")
    assert api.posts[-1].json["messages"][1]["content"] == [{"type": "text", "text": stopped.text}]


@pytest.mark.parametrize(
    ("recording", "state", "goes_back"),
    [
        ("stream_text.sse", "complete", "Red and blue."),
        ("stream_cut.sse", "interrupted", "Half a sent"),
        ("stream_error_midway.sse", "interrupted", "Half a sent"),
        ("stream_unknown_events.sse", "complete", "Blue."),
    ],
)
def test_what_goes_back_after_each_kind_of_end(
    api: ApiServer, ask: Callable[..., Message], recording: str, state: str, goes_back: str
) -> None:
    api.strict = False
    api.script(recorded(recording))
    assert ask("First?").state == state
    ask("Second?")
    answers = [m["content"] for m in api.posts[-1].json["messages"] if m["role"] == "assistant"]
    assert [b["text"] for b in answers[0] if b["type"] == "text"] == [goes_back]


def test_a_refused_turn_stays_stored_and_is_not_sent_again(
    api: ApiServer, ask: Callable[..., Message], chat: Chat
) -> None:
    api.script(recorded("stream_refusal_midway.sse"))
    assert ask("Something bad").refused
    ask("Something good")
    assert [m["content"][0]["text"] for m in api.posts[-1].json["messages"]] == ["Something good"]
    assert [m.text for m in chat.messages.messages][:2] == ["Something bad", "Partial text to dis"]


def test_thinking_goes_back_signed_and_is_left_out_after_the_model_changed(
    api: ApiServer, ask: Callable[..., Message], chat: Chat
) -> None:
    api.thinking = "Two squares."
    ask("First?")
    ask("Second?")
    assert sent(api)[1] == ("assistant", ["thinking", "text"])
    chat.set_model("claude-opus-5-5")
    ask("Third?")
    assert [kinds for role, kinds in sent(api) if role == "assistant"] == [["text"], ["text"]]
    ask("Fourth?")
    assert [kinds for role, kinds in sent(api) if role == "assistant"] == [["text"], ["text"], ["thinking", "text"]]


def test_after_a_change_of_the_system_prompt_thinking_is_left_out(
    api: ApiServer, ask: Callable[..., Message], chat: Chat
) -> None:
    api.thinking = "Hm."
    ask("First?")
    chat.set_system("Be brief.")
    assert ask("Second?").state == "complete"
    assert sent(api)[1] == ("assistant", ["text"])


def test_a_refused_signature_is_met_with_one_visible_repeat_without_thinking(
    api: ApiServer, ask: Callable[..., Message], chat: Chat
) -> None:
    api.thinking = "Hm."
    ask("First?")
    waits: list[Wait] = []
    chat.worker.waiting.connect(waits.append)
    words = (
        "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation."
    )
    api.script(error(400, "invalid_request_error", words))
    assert ask("Second?").state == "complete"
    assert [wait.seconds for wait in waits] == [0]
    assert len(api.posts) == 3
    assert sent(api)[1] == ("assistant", ["text"])


def test_an_overloaded_server_is_asked_again_in_sight(api: ApiServer, chat: Chat, qtbot: QtBot) -> None:
    api.script(error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}))
    chat.draft.set_text("Hello")
    with qtbot.waitSignal(chat.worker.waiting) as waiting:
        chat.worker.send()
    assert waiting.args is not None
    assert waiting.args[0].seconds == 30
    assert chat.worker.phase == "waiting"
    with qtbot.waitSignal(chat.worker.answered) as answered:
        chat.worker.repeat_now()
    assert answered.args is not None
    assert answered.args[0].state == "complete"
    assert len(api.posts) == 2


def test_closing_the_app_in_mid_answer_keeps_the_text_and_does_not_call_it_stopped(
    api: ApiServer, chat: Chat, online: Tools, qtbot: QtBot
) -> None:
    api.script(text("One two three.", chunks=3).hold("content_block_delta", 2))
    chat.draft.set_text("Count.")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming" and chat.messages.messages[-1].text != "")
    finish(online.tasks.close())
    stored: list[Message] = []

    async def read() -> None:
        stored.extend(await online.store.messages(chat.facts.id))

    finish(read())
    assert (stored[-1].state, stored[-1].text) == ("interrupted", chat.messages.messages[-1].text)


def test_stop_ends_the_wait_for_a_repeat(api: ApiServer, chat: Chat, qtbot: QtBot) -> None:
    api.script(error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}))
    chat.draft.set_text("Hello")
    with qtbot.waitSignal(chat.worker.waiting):
        chat.worker.send()
    with qtbot.waitSignal(chat.worker.answered) as answered:
        chat.worker.stop()
    assert answered.args is not None
    assert answered.args[0].state == "stopped"
    assert isinstance(error_from_json(answered.args[0].error), ApiError)
    assert len(api.posts) == 1


def test_a_lost_reply_is_never_repeated_by_itself(api: ApiServer, ask: Callable[..., Message]) -> None:
    api.script(close_before_reply())
    failed = ask("Hello")
    assert failed.state == "failed"
    assert isinstance(error_from_json(failed.error or {}), ReplyLost)
    assert len(api.posts) == 1


def test_retry_asks_again_and_a_failed_answer_without_text_makes_room(
    api: ApiServer, ask: Callable[..., Message], chat: Chat, qtbot: QtBot
) -> None:
    api.script(error(400, "invalid_request_error", "No."))
    assert ask("Hello").state == "failed"
    with qtbot.waitSignal(chat.worker.answered):
        chat.worker.retry()
    assert [(m.role, m.state) for m in chat.messages.messages] == [("user", "complete"), ("assistant", "complete")]


def test_retry_keeps_an_earlier_answer_that_has_text_as_another_version_and_does_not_send_it(
    api: ApiServer, ask: Callable[..., Message], chat: Chat, qtbot: QtBot
) -> None:
    api.script(recorded("stream_cut.sse"))
    cut = ask("Hello")
    assert isinstance(error_from_json(cut.error or {}), StreamInterrupted)
    with qtbot.waitSignal(chat.worker.answered):
        chat.worker.retry()
    assert [m.state for m in chat.messages.messages] == ["complete", "complete"]
    assert chat.branch_of(chat.messages.messages[-1].id) == (2, 2)
    assert [role for role, _ in sent(api)] == ["user"]


def test_retry_may_be_asked_for_again_and_again(
    api: ApiServer, ask: Callable[..., Message], chat: Chat, qtbot: QtBot
) -> None:
    ask("Hello")
    for _ in range(2):
        qtbot.waitUntil(lambda: not chat.worker.busy)
        with qtbot.waitSignal(chat.worker.answered):
            chat.worker.retry()
    assert len(api.posts) == 3
    assert [role for role, _ in sent(api)] == ["user"]


def test_stop_twice_still_ends_the_answer_properly(api: ApiServer, chat: Chat, qtbot: QtBot) -> None:
    api.script(text("One two three.", chunks=3).hold("content_block_delta", 2))
    chat.draft.set_text("Count.")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    with qtbot.waitSignals([chat.worker.answered, chat.worker.stored]):
        chat.worker.stop()
        QTimer.singleShot(0, chat.worker.stop)
    assert chat.messages.messages[-1].state == "stopped"


@pytest.mark.parametrize("steps", range(12))
def test_stop_at_any_step_leaves_no_streaming_row_and_loses_no_words(
    online: Tools, chat: Chat, steps: int, qtbot: QtBot
) -> None:
    chat.draft.set_text("Precious")
    chat.worker.send()
    for _ in range(steps):
        QCoreApplication.processEvents()
    chat.worker.stop()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert "Precious" in [chat.draft.text, *(message.text for message in chat.messages.messages)]
    stored: list[Message] = []

    async def read() -> None:
        stored.extend(await online.store.messages(chat.facts.id))

    finish(read())
    assert [m.state for m in stored] == [m.state for m in chat.messages.messages]
    assert "streaming" not in [m.state for m in stored]


def test_a_message_sent_while_the_conversation_loads_waits_for_its_history(
    ask: Callable[..., Message], api: ApiServer, online: Tools, qtbot: QtBot
) -> None:
    ask("First")
    again = Chat(conversations_of(online.store)[0], online, is_stored=True, parent=online.account)
    again.load()
    again.draft.set_text("Second")
    with qtbot.waitSignal(again.worker.answered):
        again.worker.send()
    assert [role for role, _ in sent(api)] == ["user", "assistant", "user"]


def test_another_key_does_not_cut_the_answer_under_way(api: ApiServer, chat: Chat, online: Tools, qtbot: QtBot) -> None:
    api.script(text("Whole answer.", chunks=2).hold("content_block_delta"))
    chat.draft.set_text("Hello")
    chat.worker.send()
    qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
    finish(online.account.look_up())
    with qtbot.waitSignal(chat.worker.answered):
        api.release()
    assert chat.messages.messages[-1].text == "Whole answer."


def test_a_full_disk_gives_the_words_back_and_says_so_once(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    failures: list[VisavisError] = []
    online.tasks.failed.connect(failures.append)

    async def fill() -> None:
        await online.store.run(lambda db: db.execute("PRAGMA max_page_count = 1"))

    finish(fill())
    chat.draft.set_text("Precious " * 1000)
    refused = refusal_of(chat, qtbot)
    assert isinstance(refused, StoreError)
    assert chat.draft.text == "Precious " * 1000
    assert failures == []


def refusal_of(chat: Chat, qtbot: QtBot) -> VisavisError:
    with qtbot.waitSignal(chat.worker.refused) as refused:
        chat.worker.send()
    assert refused.args is not None
    error: VisavisError = refused.args[0]
    return error


def test_without_a_key_nothing_leaves_and_the_draft_stays(
    tools: Tools, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    chat = Chat.new(MODEL, tools, tools.account)
    finish(tools.account.set_practice(on=False))
    finish(tools.account.look_up())
    chat.draft.attach([Source(path=str(picture()))])
    chat.draft.set_text("Hello")
    assert isinstance(refusal_of(chat, qtbot), NoKey)
    assert chat.draft.text == "Hello"
    assert len(chat.draft.pictures) == 1
    assert chat.messages.messages == []


def test_the_preflight_names_the_picture_and_keeps_the_draft(
    ask: Callable[..., Message], api: ApiServer, chat: Chat, online: Tools, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    ask("Red", picture("red.png"))
    image = chat.messages.messages[0].images[0]
    for kept in {image.sent, image.original}:
        online.pictures.path(kept).unlink()
    chat.draft.attach([Source(path=str(picture("blue.png", color="#2040c0")))])
    chat.draft.set_text("And this?")
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    refused = refusal_of(chat, qtbot)
    assert isinstance(refused, RequestRefused)
    assert [(o.kind, o.picture, o.name) for o in refused.offences] == [("missing_picture", 1, "red.png")]
    assert (chat.draft.text, len(chat.draft.pictures)) == ("And this?", 1)
    assert len(api.posts) == 1


def test_stop_before_any_event_closes_the_connection(api: ApiServer, chat: Chat, qtbot: QtBot) -> None:
    api.script(silence())
    chat.draft.set_text("Hello")
    chat.worker.send()
    qtbot.waitUntil(lambda: len(api.posts) == 1)
    with qtbot.waitSignal(chat.worker.answered) as answered:
        chat.worker.stop()
    assert answered.args is not None
    assert answered.args[0].state == "stopped"
    qtbot.waitUntil(lambda: api.connections == 0)


def test_a_conversation_comes_back_whole_tomorrow(
    api: ApiServer, ask: Callable[..., Message], chat: Chat, online: Tools, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    api.thinking = "Hm."
    ask("How do they differ?", picture("a.png"), picture("b.png", color="#2040c0"))
    again = Chat(conversations_of(online.store)[0], online, is_stored=True, parent=online.account)
    with qtbot.waitSignal(again.messages.modelReset):
        again.load()
    assert again.messages.messages == chat.messages.messages
    again.draft.set_text("And now?")
    with qtbot.waitSignal(again.worker.answered):
        again.worker.send()
    body: Any = api.posts[-1].json
    assert body["messages"][:1] == api.posts[0].json["messages"]
    assert sent(api)[1] == ("assistant", ["thinking", "text"])
