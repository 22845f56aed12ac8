"""The pictures of earlier turns against a strict server: nothing bricks a conversation, and nothing changes in vain."""

from __future__ import annotations

import random
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core import server
from app.core.errors import ApiError, RequestRefused
from app.core.failure import error_from_json
from app.core.message import REFITTED, ImageBlock, Message, TextBlock
from app.core.store import Conversation
from tests.conftest import finish
from tests.conversation.conftest import slow_disk
from tests.conversation.talk import MODEL, done, rest
from tests.servers.api import ApiServer
from tests.servers.replies import error
from tests.stored import add_conversation

STANDARD = "claude-sonnet-4-5"


@pytest.fixture(autouse=True)
def _as_anthropic(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test server stands for Anthropic's: it knows files, links and sizes that must be exact."""
    monkeypatch.setattr(server, "ANTHROPIC", api.url)


def png(width: int, height: int, shade: int = 90, form: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), (shade, 40, 160)).save(file, form)
    return file.getvalue()


def block(tools: Tools, number: int, data: bytes, size: tuple[int, int], **facts: Any) -> ImageBlock:
    """A picture that was sent as it was dropped, whatever the API says to that."""
    kept = tools.pictures.add_bytes(data, "")
    return ImageBlock(
        number=number,
        name=f"{number}.png",
        sent=kept.sha256,
        media_type="image/png",
        width=size[0],
        height=size[1],
        sent_bytes=kept.size,
        tokens=1,
        original=kept.sha256,
        original_width=size[0],
        original_height=size[1],
        original_bytes=kept.size,
        original_format="PNG",
        **facts,
    )


def opened(tools: Tools, qtbot: QtBot, *messages: Message, model: str = MODEL) -> Chat:
    """A conversation written straight into the store, loaded."""
    facts = Conversation("c" * 32, model=model)

    async def write() -> None:
        await add_conversation(tools.store, facts)
        for message in messages:
            await tools.store.add_message(facts.id, message)

    finish(write())
    chat = Chat(facts, tools, is_stored=True, parent=tools.account)
    with qtbot.waitSignal(chat.loaded_all):
        chat.load()
    return chat


def stored(tools: Tools, chat: Chat) -> list[Message]:
    found: list[Message] = []

    async def read() -> None:
        found.extend(await tools.store.messages(chat.facts.id))

    finish(read())
    return found


def pictures_sent(api: ApiServer, post: int = -1) -> list[bytes]:
    """The bytes of the pictures of a request, in order."""
    return [
        b64decode(b["source"]["data"])
        for m in api.posts[post].json["messages"]
        for b in m["content"]
        if b["type"] == "image" and b["source"]["type"] == "base64"
    ]


def labels_sent(api: ApiServer) -> list[str]:
    texts = [b["text"] for m in api.posts[-1].json["messages"] for b in m["content"] if b["type"] == "text"]
    return [text for text in texts if text.startswith("Image")]


def sizes_sent(api: ApiServer, post: int = -1) -> list[tuple[int, int]]:
    return [Image.open(BytesIO(data)).size for data in pictures_sent(api, post)]


def numbers(chat: Chat) -> list[int]:
    return [refit.number for refit in chat.refits]


def due_now(chat: Chat) -> list[tuple[int, str]]:
    return [(refit.number, refit.reason) for refit in chat.refits]


# --- nothing bricks a conversation --------------------------------------------------------------


def test_a_chat_of_everything_the_api_refuses_still_goes_out_in_one_request(
    api: ApiServer, online: Tools, qtbot: QtBot
) -> None:
    wide = [block(online, n, png(2576, 80, n), (2576, 80)) for n in range(1, 22)]
    huge = block(online, 22, png(9000, 60), (9000, 60))
    wrong = block(online, 23, png(64, 64, form="JPEG"), (64, 64))
    question = Message("user", (*wide, huge, wrong, TextBlock("  \n"), TextBlock("What are these?")), id="q")
    chat = opened(online, qtbot, question)
    qtbot.waitUntil(lambda: numbers(chat) == list(range(1, 24)))
    assert {refit.reason for refit in chat.refits} == {"edge", "edge_of_many", "media_type"}
    chat.draft.set_text("Well?")
    promised = chat.draft.estimate
    assert done(chat, qtbot, chat.worker.send).state == "complete"
    assert len(api.posts) == 1
    assert sizes_sent(api) == [(2000, 62)] * 21 + [(2000, 13), (64, 64)]
    assert chat.refits == ()
    assert stored(online, chat) == chat.messages.messages
    assert all(REFITTED in image.notes for image in chat.messages.messages[0].images)
    assert promised.prompt_tokens == pytest.approx(chat.context.tokens, rel=0.05)


def test_what_is_left_of_a_picture_is_enough(online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    """The original where what was sent is gone, what was sent where the original is gone."""
    without_sent = block(online, 1, png(40, 40), (40, 40))
    without_sent = replace(without_sent, sent="e" * 64)
    without_original = replace(block(online, 2, png(9000, 60), (9000, 60)), original="d" * 64)
    chat = opened(online, qtbot, Message.from_user("?", [without_sent, without_original], id="q"))
    qtbot.waitUntil(lambda: numbers(chat) == [1, 2])
    assert done(chat, qtbot, chat.worker.retry).state == "complete"
    assert sizes_sent(api) == [(40, 40), (2576, 17)]


def test_a_file_damaged_on_disk_is_made_anew_from_the_original_before_it_goes(
    api: ApiServer, online: Tools, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    ask("First?", picture("a.png", (3000, 300)))
    image = chat.messages.messages[0].images[0]
    path = online.pictures.path(image.sent)
    path.write_bytes(path.read_bytes()[:-1])
    assert ask("Second?").state == "complete"
    assert len(api.posts) == 2
    assert pictures_sent(api, 0) == pictures_sent(api)


def test_of_a_picture_of_which_all_is_damaged_nothing_goes_until_the_person_has_chosen(
    api: ApiServer, online: Tools, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    ask("First?", picture("a.png", (3000, 300)))
    image = chat.messages.messages[0].images[0]
    for path in map(online.pictures.path, (image.sent, image.original)):
        path.write_bytes(path.read_bytes()[:-1])
    chat.draft.set_text("Second?")
    with qtbot.waitSignal(chat.worker.refused) as refused:
        chat.worker.send()
    assert refused.args is not None
    assert [(o.kind, o.picture) for o in refused.args[0].offences] == [("missing_picture", 1)]
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert (len(api.posts), chat.draft.text) == (1, "Second?")


def test_a_picture_of_which_nothing_is_left_is_named_and_leaving_it_out_lets_the_rest_go(
    api: ApiServer, online: Tools, qtbot: QtBot
) -> None:
    lost = replace(block(online, 1, png(40, 40), (40, 40)), sent="e" * 64, original="d" * 64)
    chat = opened(online, qtbot, Message.from_user("?", [lost, block(online, 2, png(50, 50), (50, 50))], id="q"))
    with qtbot.waitSignal(chat.worker.refused) as refused:
        chat.worker.retry()
    assert refused.args is not None
    assert isinstance(refused.args[0], RequestRefused)
    assert [(o.kind, o.picture) for o in refused.args[0].offences] == [("missing_picture", 1)]
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert done(chat, qtbot, lambda: chat.worker.repair(1, "remove")).state == "complete"
    assert labels_sent(api) == ["Image 1: left out.", "Image 2:"]
    assert chat.worker.refusal is None


def test_a_refit_that_fails_changes_nothing(online: Tools, api: ApiServer, qtbot: QtBot) -> None:
    """One of two cannot be made: the other is not touched either."""
    good = block(online, 1, png(9000, 60), (9000, 60))
    bad = block(online, 2, png(9000, 60)[:200], (9000, 60))
    chat = opened(online, qtbot, Message.from_user("?", [good, bad], id="q"))
    with qtbot.waitSignal(chat.worker.refused) as refused:
        chat.worker.retry()
    assert refused.args is not None
    assert [o.picture for o in refused.args[0].offences] == [2]
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert chat.messages.messages[0].images == (good, bad)
    assert stored(online, chat)[0].images == (good, bad)
    assert api.posts == []


@pytest.mark.parametrize("steps", [1, 3, 6, 12, 24])
def test_stop_in_mid_refit_leaves_all_of_it_done_or_none(online: Tools, qtbot: QtBot, steps: int, qapp: Any) -> None:
    images = [block(online, n, png(9000, 60, n), (9000, 60)) for n in range(1, 5)]
    chat = opened(online, qtbot, Message.from_user("?", images, id="q"))
    chat.worker.retry()
    for _ in range(steps):
        qapp.processEvents()
    chat.worker.stop()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    widths = {image.width for image in chat.messages.messages[0].images}
    assert len(widths) == 1
    assert stored(online, chat)[0] == chat.messages.messages[0]


def test_stop_while_the_batch_is_being_stored_waits_for_disk_and_screen_to_agree(online: Tools, qtbot: QtBot) -> None:
    image = block(online, 1, png(9000, 60), (9000, 60))
    chat = opened(online, qtbot, Message.from_user("?", [image], id="q"))
    qtbot.waitUntil(lambda: numbers(chat) == [1])
    at_rest: list[int] = []
    chat.worker.phase_changed.connect(lambda _: at_rest.append(chat.messages.messages[0].images[0].width))
    with slow_disk(online):
        chat.worker.retry()
        qtbot.waitUntil(lambda: chat.worker._keeping is not None)
        chat.worker.stop()
        qtbot.wait(0)
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert at_rest[-1] == 2576
    assert stored(online, chat)[0] == chat.messages.messages[0]


# --- the bytes once sent never change -----------------------------------------------------------


def test_another_model_fits_all_pictures_in_one_batch_and_the_way_back_changes_nothing(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat
) -> None:
    api.thinking = "Hm."
    ask("First?", picture("a.png", (4032, 3024)), picture("b.png", (100, 100)))
    before = chat.context
    chat.set_model(STANDARD)
    assert due_now(chat) == [(1, "edge_of_tier")]
    assert chat.context.cached == 0
    assert chat.context.tokens < before.tokens
    ask("Second?")
    assert sizes_sent(api) == [(1270, 952), (100, 100)]
    assert pictures_sent(api)[1] == pictures_sent(api, 0)[1]
    assert [b["type"] for b in api.posts[-1].json["messages"][1]["content"]] == ["text"]
    fitted = pictures_sent(api)
    chat.set_model(MODEL)
    assert chat.refits == ()
    assert ask("Third?").state == "complete"
    assert pictures_sent(api) == fitted


def test_the_21st_picture_is_announced_with_its_price_before_it_is_sent(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    ask("Wide", picture("wide.png", (2400, 200)))
    sources = [Source(path=str(picture(f"{n}.png", (40 + n, 40)))) for n in range(20)]
    chat.draft.attach(sources[:19])
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    assert chat.refits == ()
    assert chat.context.cached > 0
    with qtbot.waitSignal(chat.changed):
        chat.draft.attach(sources[19:])
    assert due_now(chat) == [(1, "edge_of_many")]
    assert chat.context.cached == 0
    chat.draft.remove(19)
    qtbot.waitUntil(lambda: chat.refits == ())
    chat.draft.undo_remove()
    qtbot.waitUntil(lambda: chat.draft.ready and chat.refits != (), timeout=10_000)
    chat.draft.set_text("Which is the widest?")
    promised = chat.draft.estimate
    answer = done(chat, qtbot, chat.worker.send)
    assert answer.state == "complete"
    assert sizes_sent(api)[0] == (2000, 167)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == pytest.approx(promised.prompt_tokens, rel=0.1)


def test_earlier_pictures_keep_their_bytes_turn_after_turn_unless_a_refit_was_told(
    api: ApiServer, picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    dice = random.Random(7)  # noqa: S311
    made, told = 0, []
    for turn in range(10):
        pictures = []
        for _ in range(dice.randrange(5)):
            made += 1
            pictures.append(picture(f"{made}.png", (dice.randrange(30, 2600), 30 + made)))
        chat.draft.attach([Source(path=str(path)) for path in pictures])
        chat.draft.set_text(f"Turn {turn}?")
        qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
        told.append(set(numbers(chat)))
        assert done(chat, qtbot, chat.worker.send).state == "complete"
    assert made > 20
    for turn in range(1, 10):
        was, now = pictures_sent(api, turn - 1), pictures_sent(api, turn)
        changed = {n for n, (old, new) in enumerate(zip(was, now, strict=False), 1) if old != new}
        assert changed == told[turn]
        if not changed:
            assert api.posts[turn].json["messages"][: len(api.posts[turn - 1].json["messages"])] == _unmarked(api, turn)
    assert sum(map(bool, told)) == 1


def _unmarked(api: ApiServer, turn: int) -> Any:
    """The messages of the request before, without the cache marks, which may move."""
    now = api.posts[turn].json["messages"]
    before = api.posts[turn - 1].json["messages"]
    for message in (*now, *before):
        for content in message["content"]:
            content.pop("cache_control", None)
    return before


def test_a_body_too_large_makes_room_for_more_than_one_question(
    api: ApiServer, online: Tools, chat: Chat, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = random.Random(1)  # noqa: S311
    monkeypatch.setattr(online.account.catalog, "limits", chat.limits._replace(request_bytes=400_000))
    images = []
    for n in range(1, 5):
        file = BytesIO()
        Image.frombytes("RGB", (200, 200), noise.randbytes(120_000)).save(file, "PNG")
        images.append(block(online, n, file.getvalue(), (200, 200)))
    big = opened(online, qtbot, Message.from_user("?", images, id="q"))
    assert {refit.reason for refit in big.refits} == {"request_bytes"}
    assert done(big, qtbot, big.worker.retry).state == "complete"
    assert len(api.posts[-1].body) <= 300_000


# --- a 400 that names a block -------------------------------------------------------------------


REFUSED = error(400, "invalid_request_error", "messages.0.content.3.image.source.base64.data: Could not process image")


def test_a_refused_block_is_traced_to_its_picture(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], online: Tools, chat: Chat
) -> None:
    api.script(REFUSED)
    failed = ask("Which?", picture("a.png"), picture("b.png", color="#2040c0"))
    told = error_from_json(failed.error or {})
    assert isinstance(told, ApiError)
    assert (told.picture, told.picture_name) == (2, "b.png")
    assert (stored(online, chat)[-1].error or {})["facts"]["picture"] == 2


@pytest.mark.parametrize("how", ["shrink", "remove", "replace"])
def test_one_click_mends_it_and_asks_again_with_one_request(
    api: ApiServer,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    online: Tools,
    chat: Chat,
    qtbot: QtBot,
    how: Any,
) -> None:
    api.script(REFUSED)
    ask("Which?", picture("a.png"), picture("b.png", (3000, 2000), color="#2040c0"))
    if how == "replace":
        source = Source(path=str(picture("c.png", (123, 45))))
        answer = done(chat, qtbot, lambda: chat.worker.replace_picture(2, source))
    else:
        answer = done(chat, qtbot, lambda: chat.worker.repair(2, how))
    assert answer.state == "complete"
    assert len(api.posts) == 2
    second = {"shrink": [(1344, 896)], "remove": [], "replace": [(123, 45)]}[how]
    assert sizes_sent(api) == [(640, 400), *second]
    assert labels_sent(api) == ["Image 1:", "Image 2: left out." if how == "remove" else "Image 2:"]
    assert [m.role for m in chat.messages.messages] == ["user", "assistant"]
    assert stored(online, chat) == chat.messages.messages


@pytest.mark.parametrize("how", ["shrink", "remove", "replace"])
def test_what_was_not_to_ask_mends_it_and_asks_nobody(
    api: ApiServer,
    ask: Callable[..., Message],
    picture: Callable[..., Path],
    online: Tools,
    chat: Chat,
    qtbot: QtBot,
    how: Any,
) -> None:
    api.script(REFUSED)
    failed = ask("Which?", picture("a.png"), picture("b.png", (3000, 2000), color="#2040c0"))
    before = chat.messages.blocks_of(2)
    if how == "replace":
        source = Source(path=str(picture("c.png", (123, 45))))
        rest(chat, qtbot, lambda: chat.worker.replace_picture(2, source, ask=False))
    else:
        rest(chat, qtbot, lambda: chat.worker.repair(2, how, ask=False))
    assert chat.messages.blocks_of(2) != before
    assert chat.messages.messages[-1] == failed
    assert len(api.posts) == 1
    assert stored(online, chat)[0] == chat.messages.messages[0]


def test_a_repair_of_an_answered_turn_asks_nobody_and_strips_the_thinking_that_saw_it(
    api: ApiServer, ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, qtbot: QtBot
) -> None:
    api.thinking = "Hm."
    ask("First?", picture("a.png"))
    rest(chat, qtbot, lambda: chat.worker.repair(1, "remove"))
    assert len(api.posts) == 1
    assert ask("Second?").state == "complete"
    assert [b["type"] for b in api.posts[-1].json["messages"][1]["content"]] == ["text"]
    rest(chat, qtbot, lambda: chat.worker.bring_back(1))
    ask("Third?")
    assert pictures_sent(api) == pictures_sent(api, 0)


def test_a_picture_of_the_draft_that_was_refused_is_mended_there(
    ask: Callable[..., Message], picture: Callable[..., Path], chat: Chat, api: ApiServer, qtbot: QtBot
) -> None:
    ask("First?", picture("a.png"))
    chat.draft.attach([Source(path=str(picture(f"{n}.png", (2000, 1500 + n)))) for n in range(2)])
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    rest(chat, qtbot, lambda: chat.worker.repair(2, "remove"))
    rest(chat, qtbot, lambda: chat.worker.repair(2, "shrink"))
    assert [(p.name, p.preset) for p in chat.draft.pictures] == [("1.png", "cheap")]
    assert len(api.posts) == 1


def test_another_picture_in_its_place_takes_back_what_was_said_of_the_old_one(
    api: ApiServer, online: Tools, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    first = block(online, 1, png(40, 40), (40, 40))
    same = replace(first, number=2, same_as=1)
    chat = opened(online, qtbot, Message.from_user("?", [first, same], id="q"))
    source = Source(path=str(picture("c.png", (123, 45))))
    assert done(chat, qtbot, lambda: chat.worker.replace_picture(1, source)).state == "complete"
    assert sizes_sent(api) == [(123, 45), (40, 40)]
    assert labels_sent(api) == ["Image 1:", "Image 2:"]


def test_the_parts_of_a_picture_are_left_out_with_one_sentence(api: ApiServer, online: Tools, qtbot: QtBot) -> None:
    overview = block(online, 1, png(40, 40), (40, 40), kind="overview")
    tile = block(online, 1, png(50, 50), (50, 50), kind="tile", part=1, parts=1)
    chat = opened(online, qtbot, Message.from_user("?", [overview, tile], id="q"))
    assert done(chat, qtbot, lambda: chat.worker.repair(1, "remove")).state == "complete"
    assert labels_sent(api) == ["Image 1: left out."]
