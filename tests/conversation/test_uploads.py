"""Pictures that go as files: from their first request on, once, and anew when the server has forgotten them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core import server
from app.core.errors import ApiError
from app.core.failure import error_from_json
from app.core.message import Block, ImageBlock, Message
from tests.conftest import finish
from tests.servers.api import ApiServer
from tests.servers.replies import error

MODEL = "claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def _as_anthropic(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test server stands for Anthropic's, which keeps files."""
    monkeypatch.setattr(server, "ANTHROPIC", api.url)


@pytest.fixture
def chat(online: Tools) -> Chat:
    online.preferences.update(upload=True)
    return Chat.new(MODEL, online, online.account)


@pytest.fixture
def ask(qtbot: QtBot, chat: Chat) -> Callable[..., Message]:
    def ask(words: str, *pictures: Path, again: bool = False) -> Message:
        chat.draft.attach([Source(path=str(path), again=again) for path in pictures])
        chat.draft.set_text(words)
        return done(chat, qtbot, chat.worker.send)

    return ask


def done(chat: Chat, qtbot: QtBot, work: Callable[[], None]) -> Message:
    """Do what ends with an answer, and return it."""
    with qtbot.waitSignal(chat.worker.answered, timeout=20_000) as answered:
        work()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert answered.args is not None
    message: Message = answered.args[0]
    return message


def sources_sent(api: ApiServer) -> list[str]:
    """How each picture of the last request went: the id of a file, or "base64"."""
    found: list[Any] = [
        b["source"] for m in api.posts[-1].json["messages"] for b in m["content"] if b["type"] == "image"
    ]
    return [source.get("file_id", source["type"]) for source in found]


def uploads(api: ApiServer) -> int:
    return sum(request.method == "POST" and request.path.endswith("/v1/files") for request in api.requests)


def test_pictures_are_uploaded_before_their_first_request_and_go_by_name_ever_after(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    seen: list[tuple[str, tuple[int, int]]] = []
    chat.worker.progressed.connect(lambda: seen.append((chat.worker.phase, chat.worker.progress)))
    api.thinking = "Hm."
    assert ask("First?", picture("a.png"), picture("b.png", color="#2040c0")).state == "complete"
    assert seen == [("uploading", (0, 2)), ("uploading", (1, 2))]
    ids = [file.id for file in reversed(api.files.listed)]
    assert sources_sent(api) == ids
    assert [file.name for file in reversed(api.files.listed)] == ["a.png", "b.png"]
    lives = {round(file.expires - file.created) for file in api.files.listed if file.expires is not None}
    assert lives == {30 * 86_400}
    assert ask("Second?").state == "complete"
    assert sources_sent(api) == ids
    assert uploads(api) == 2
    assert [b["type"] for b in api.posts[-1].json["messages"][1]["content"]] == ["thinking", "text"]
    assert chat.context.cached > 0


def test_what_went_as_bytes_stays_bytes(
    api: ApiServer, online: Tools, ask: Callable[..., Message], picture: Callable[..., Path]
) -> None:
    online.preferences.update(upload=False)
    ask("First?", picture("a.png"))
    online.preferences.update(upload=True)
    ask("Second?", picture("b.png", color="#2040c0"))
    assert sources_sent(api) == ["base64", api.files.listed[0].id]
    ask("Again?", picture("a.png"), again=True)
    assert sources_sent(api) == ["base64", api.files.listed[0].id, "base64"]
    assert uploads(api) == 1


def test_the_same_bytes_are_uploaded_once(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path]
) -> None:
    ask("First?", picture("a.png"))
    ask("Again?", picture("a.png"), again=True)
    assert sources_sent(api) == [api.files.listed[0].id] * 2
    assert uploads(api) == 1


def test_an_upload_that_fails_fails_the_turn_and_retry_goes_on_where_it_stopped(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    api.files.quota = 3_000
    failed = ask("First?", picture("a.png"), picture("b.png", color="#2040c0"))
    told = error_from_json(failed.error or {})
    assert (failed.state, isinstance(told, ApiError)) == ("failed", True)
    assert api.posts == []
    assert chat.messages.messages[0].text == "First?"
    kept = len(api.files.listed)
    api.files.quota = 1_000_000
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert len(api.files.listed) == 2
    assert (kept, uploads(api)) == (1, 3)


def test_stop_while_uploading_keeps_the_question(
    api: ApiServer, picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    api.script_files(error(529, "overloaded_error", "Overloaded").hold("start"))
    chat.draft.attach([Source(path=str(picture("a.png")))])
    chat.draft.set_text("First?")
    chat.worker.send()
    qtbot.waitUntil(lambda: uploads(api) == 1, timeout=10_000)
    assert chat.worker.phase == "uploading"
    with qtbot.waitSignal(chat.worker.answered) as answered:
        chat.worker.stop()
    assert answered.args is not None
    assert answered.args[0].state == "stopped"
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert [m.role for m in chat.messages.messages] == ["user", "assistant"]


def test_a_file_that_expires_is_uploaded_again_in_one_announced_batch(
    api: ApiServer, online: Tools, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    ask("First?", picture("a.png"), picture("b.png", color="#2040c0"))
    first = sources_sent(api)
    forget(chat, online)
    assert [(r.number, r.reason) for r in chat.refits] == [(1, "expired_file"), (2, "expired_file")]
    assert chat.context.cached == 0
    assert ask("Second?").state == "complete"
    assert uploads(api) == 4
    assert not set(sources_sent(api)) & set(first)
    online.preferences.update(upload=False)
    forget(chat, online)
    assert ask("Third?").state == "complete"
    assert sources_sent(api) == ["base64", "base64"]


def forget(chat: Chat, online: Tools) -> None:
    """Let every file have expired."""
    question = chat.messages.messages[0]
    content: list[Block] = [
        replace(b, file=replace(b.file, expires=2.0)) if isinstance(b, ImageBlock) and b.file else b
        for b in question.content
    ]
    older = replace(question, content=tuple(content))

    async def write() -> None:
        await online.store.replace_messages(chat.facts.id, [older])

    finish(write())
    chat.messages.replace(older)
    chat.refresh()


@pytest.mark.parametrize("how", ["expire", "delete"])
def test_a_file_that_went_behind_our_back_fails_once(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot, how: str
) -> None:
    ask("First?", picture("a.png"), picture("b.png", color="#2040c0"))
    first, second = sources_sent(api)
    getattr(api.files, how)(second)
    assert ask("Second?").state == "failed"
    assert [(r.number, r.reason) for r in chat.refits] == [(2, "expired_file")]
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert sources_sent(api)[0] == first
    assert sources_sent(api)[1] != second
    assert uploads(api) == 3


def test_another_model_uploads_the_smaller_pictures(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    ask("First?", picture("a.png", (3000, 2000)))
    chat.set_model("claude-sonnet-4-5")
    assert [(r.number, r.reason) for r in chat.refits] == [(1, "edge_of_tier")]
    assert ask("Second?").state == "complete"
    assert sources_sent(api) == [api.files.listed[0].id]
    assert uploads(api) == 2
