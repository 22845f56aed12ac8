"""Pictures that go as files: from their first request on, once, and anew when the server has forgotten them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.remote_files import RemoteFiles
from app.core import server
from app.core.errors import ApiError
from app.core.failure import error_from_json
from app.core.message import Block, ImageBlock, Message
from tests.conftest import destroy, finish
from tests.conversation.talk import MODEL, done
from tests.servers.api import ApiServer
from tests.servers.replies import error, json_reply


@pytest.fixture(autouse=True)
def _as_anthropic(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test server stands for Anthropic's, which keeps files."""
    monkeypatch.setattr(server, "ANTHROPIC", api.url)


@pytest.fixture
def chat(online: Tools) -> Chat:
    online.preferences.update(upload=True)
    return Chat.new(MODEL, online, online.account)


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
    assert [file.name for file in reversed(api.files.listed)] == ["image-1.png", "image-2.png"]
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


def test_what_went_as_bytes_does_so_again_in_another_version(
    ask: Callable[..., Message],
    api: ApiServer,
    chat: Chat,
    online: Tools,
    picture: Callable[..., Path],
    qtbot: QtBot,
) -> None:
    """The server has it in its cache as such, also when the answer to it is not among the messages any more."""
    online.preferences.update(upload=False)
    ask("What?", picture())
    online.preferences.update(upload=True)
    for _ in range(2):
        assert done(chat, qtbot, chat.worker.retry).state == "complete"
        assert sources_sent(api) == ["base64"]
    assert uploads(api) == 0


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


# --- files that are gone ------------------------------------------------------------------------


def colours(picture: Callable[..., Path], count: int) -> list[Path]:
    return [picture(f"{n}.png", color=f"#{n}0{n}0{n}0") for n in range(count)]


def test_all_files_that_went_behind_our_back_are_found_after_one_failure(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    ask("First?", *colours(picture, 5))
    first = sources_sent(api)
    for file_id in first[1:]:
        api.files.delete(file_id)
    assert ask("Second?").state == "failed"
    assert [(r.number, r.reason) for r in chat.refits] == [(n, "expired_file") for n in range(2, 6)]
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert sources_sent(api)[0] == first[0]
    assert uploads(api) == 9


@pytest.mark.parametrize("listing", [True, False])
def test_a_gone_file_that_the_error_does_not_name_does_not_brick_the_conversation(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot, listing: bool
) -> None:
    ask("First?", *colours(picture, 2))
    api.script(error(404, "not_found_error", "File has expired.", code="file_expired"))
    if not listing:
        api.script_files(error(529, "overloaded_error", "Overloaded"))
    assert ask("Second?").state == "failed"
    assert [r.reason for r in chat.refits] == ["expired_file"] * 2
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert uploads(api) == 4


def test_an_unknown_model_is_no_files_fault(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    ask("First?", picture("a.png"))
    api.script(error(404, "not_found_error", "model: claude-none"))
    assert ask("Second?").state == "failed"
    assert chat.refits == ()


def test_a_file_deleted_in_the_settings_is_uploaded_again_without_a_failure(
    api: ApiServer,
    online: Tools,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    chat: Chat,
    qtbot: QtBot,
) -> None:
    ask("First?", *colours(picture, 2))
    listed = RemoteFiles(online.account, online.tasks)
    listed.refresh()
    qtbot.waitUntil(lambda: not listed.loading)
    listed.delete(0)
    qtbot.waitUntil(lambda: [r.number for r in chat.refits] == [2])
    assert ask("Second?").state == "complete"
    assert uploads(api) == 3
    destroy(listed)


def test_the_files_of_practice_go_with_it(tools: Tools, picture: Callable[..., Path], qtbot: QtBot) -> None:
    tools.preferences.update(upload=True)
    chat = Chat.new(MODEL, tools, tools.account)
    chat.draft.attach([Source(path=str(path)) for path in colours(picture, 3)])
    assert done(chat, qtbot, chat.worker.send).state == "complete"
    reopened = Chat(chat.facts, tools, is_stored=True, parent=tools.account)
    with qtbot.waitSignal(reopened.messages.modelReset):
        reopened.load()
    assert reopened.refits == ()
    finish(tools.account.set_practice(on=False))
    finish(tools.account.set_practice(on=True))
    for each in (chat, reopened):
        assert [r.reason for r in each.refits] == ["expired_file"] * 3
    chat.draft.set_text("Again?")
    assert done(chat, qtbot, chat.worker.send).state == "complete"


def test_another_client_does_not_count_on_what_was_uploaded_by_the_one_before(
    api: ApiServer, online: Tools, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    """Another key may be another workspace's, which does not have the file."""
    path = picture("a.png")
    kept = api.files.keep(path.read_bytes())
    api.script_files(json_reply(kept.json()), error(400, "invalid_request_error", "No."))
    assert ask("First?", path, picture("b.png", color="#2040c0")).state == "failed"
    api.files.delete(kept.id)
    finish(online.account.look_up())
    assert done(chat, qtbot, chat.worker.retry).state == "complete"


# --- an upload that is repeated -----------------------------------------------------------------


def test_an_overloaded_server_gets_the_picture_once_more_in_sight(
    api: ApiServer, picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    api.script_files(error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}))
    chat.draft.attach([Source(path=str(picture("a.png")))])
    with qtbot.waitSignal(chat.worker.waiting) as waiting:
        chat.worker.send()
    assert waiting.args is not None
    assert waiting.args[0].seconds == 30
    assert (chat.worker.phase, chat.worker.wait) == ("waiting", waiting.args[0])
    assert done(chat, qtbot, chat.worker.repeat_now).state == "complete"
    assert chat.worker.wait is None
    assert (uploads(api), len(api.posts)) == (2, 1)


def test_stop_ends_the_wait_for_an_upload(
    api: ApiServer, picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    api.script_files(error(529, "overloaded_error", "Overloaded", headers={"retry-after": "30"}))
    chat.draft.attach([Source(path=str(picture("a.png")))])
    with qtbot.waitSignal(chat.worker.waiting):
        chat.worker.send()
    assert done(chat, qtbot, chat.worker.stop).state == "stopped"
    assert chat.worker.wait is None
    assert api.posts == []


# --- the body, which files do not fill ----------------------------------------------------------


def test_pictures_that_are_uploaded_keep_their_bytes_however_small_the_body_is(
    api: ApiServer, online: Tools, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    online.preferences.update(upload=True)
    limits = online.account.catalog.limits._replace(request_bytes=300_000)
    monkeypatch.setattr(online.account.catalog, "limits", limits)
    chat = Chat.new(MODEL, online, online.account)
    noise, paths = random.Random(1), []  # noqa: S311
    for n in range(4):
        path = tmp_path / f"{n}.png"
        Image.frombytes("RGB", (200, 200), noise.randbytes(120_000)).save(path)
        paths.append(path)
    chat.draft.attach([Source(path=str(path)) for path in paths[:3]])
    assert done(chat, qtbot, chat.worker.send).state == "complete"
    chat.draft.attach([Source(path=str(paths[3]))])
    assert done(chat, qtbot, chat.worker.send).state == "complete"
    assert chat.refits == ()
    assert [len(file.data) > 110_000 for file in api.files.listed] == [True] * 4


def test_a_question_whose_upload_failed_goes_out_however_small_the_body_is(
    api: ApiServer, online: Tools, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    online.preferences.update(upload=True)
    limits = online.account.catalog.limits._replace(request_bytes=300_000)
    monkeypatch.setattr(online.account.catalog, "limits", limits)
    chat = Chat.new(MODEL, online, online.account)
    path = tmp_path / "a.png"
    Image.frombytes("RGB", (400, 400), random.Random(1).randbytes(480_000)).save(path)  # noqa: S311
    api.script_files(error(400, "invalid_request_error", "No."))
    chat.draft.attach([Source(path=str(path))])
    assert done(chat, qtbot, chat.worker.send).state == "failed"
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert [len(file.data) > 400_000 for file in api.files.listed] == [True]


def test_a_picture_to_be_uploaded_whose_bytes_are_gone_is_made_anew(
    api: ApiServer, online: Tools, picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    chat.draft.attach([Source(path=str(picture("a.png", (3000, 300))))])
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    online.pictures.path(chat.draft.numbered()[0].sent).unlink()
    assert done(chat, qtbot, chat.worker.send).state == "complete"
    assert sources_sent(api) == [api.files.listed[0].id]
