"""Pictures of the draft that are mended where they are blamed: replaced, sent cheap, removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.errors import PictureError, RequestRefused, VisavisError
from app.ui.errors import words
from app.ui.transcript.deeds import do
from tests.servers.api import ApiServer

MODEL = "claude-sonnet-5-5"
Draw = Callable[..., Path]


@pytest.fixture
def chat(online: Tools, picture: Draw, qtbot: QtBot) -> Chat:
    """A new conversation with three pictures in its draft, the second of them large."""
    chat = Chat.new(MODEL, online, online.account)
    paths = picture("a.png"), picture("b.png", (3000, 2000)), picture("c.png", color="#20a040")
    chat.draft.attach([Source(path=str(path)) for path in paths])
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    return chat


def names(chat: Chat) -> list[str]:
    return [picture.name for picture in chat.draft.pictures]


def refused(chat: Chat, qtbot: QtBot, work: Callable[[], None]) -> VisavisError:
    with qtbot.waitSignal(chat.worker.refused) as told:
        work()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert told.args is not None
    error: VisavisError = told.args[0]
    return error


# --- replaced -----------------------------------------------------------------------------------


def test_another_picture_takes_the_place_of_one(chat: Chat, picture: Draw, qtbot: QtBot) -> None:
    chat.replace_picture(2, Source(path=str(picture("new.png", (50, 50)))))
    assert names(chat) == ["a.png", "b.png", "c.png", "new.png"]
    qtbot.waitUntil(lambda: names(chat) == ["a.png", "new.png", "c.png"] and chat.draft.ready, timeout=10_000)
    assert [image.name for image in chat.draft.numbered()] == ["a.png", "new.png", "c.png"]
    chat.draft.undo_remove()
    assert names(chat) == ["a.png", "b.png", "new.png", "c.png"]


@pytest.mark.parametrize("kind", ["text", "broken", "twin", "missing"])
def test_one_that_is_refused_leaves_the_old_picture_where_it_was(
    chat: Chat, picture: Draw, qtbot: QtBot, kind: str
) -> None:
    path = picture("new.png", (500, 500))
    match kind:
        case "text":
            path.write_text("no picture")
        case "broken":
            path.write_bytes(path.read_bytes()[:-400])
        case "twin":
            path = picture("a.png")
        case "missing":
            path.unlink()
    told: list[PictureError] = []
    chat.draft.refused.connect(told.extend)
    chat.replace_picture(2, Source(path=str(path)))
    qtbot.waitUntil(lambda: len(told) == 1, timeout=10_000)
    assert names(chat) == ["a.png", "b.png", "c.png"]
    assert chat.draft.ready


def test_one_moved_to_the_front_meanwhile_takes_the_place_all_the_same(chat: Chat, picture: Draw, qtbot: QtBot) -> None:
    chat.replace_picture(2, Source(path=str(picture("new.png", (50, 50)))))
    chat.draft.move(3, 0)
    qtbot.waitUntil(lambda: names(chat) == ["a.png", "new.png", "c.png"], timeout=10_000)


def test_where_the_old_picture_was_removed_meanwhile_the_new_one_stays_at_the_end(
    chat: Chat, picture: Draw, qtbot: QtBot
) -> None:
    chat.replace_picture(2, Source(path=str(picture("new.png", (50, 50)))))
    chat.draft.remove(1)
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    assert names(chat) == ["a.png", "c.png", "new.png"]


# --- sent cheap, or not at all ------------------------------------------------------------------


def test_one_that_is_cheap_already_is_refused_again_in_the_same_words(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    chat.draft.set_preset(1, "cheap")
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
    online.pictures.path(chat.draft.pictures[1].images[0].sent).write_bytes(b"GIF89a, or so it says")
    chat.draft.set_text("Well?")
    chat.worker._refuse(RequestRefused(()))
    told = chat.worker.refusal
    assert refused(chat, qtbot, lambda: chat.worker.repair(2, "shrink")) is told


def test_one_that_has_no_cheap_form_is_refused_again(chat: Chat, qtbot: QtBot) -> None:
    chat.worker._refuse(told := RequestRefused(()))
    assert refused(chat, qtbot, lambda: chat.worker.repair(1, "shrink")) is told


def test_one_whose_original_is_missing_is_said_to_be(chat: Chat, online: Tools, qtbot: QtBot) -> None:
    online.pictures.path(chat.draft.pictures[1].original).unlink()
    error = refused(chat, qtbot, lambda: chat.worker.repair(2, "shrink"))
    assert isinstance(error, RequestRefused)
    assert [(o.kind, o.picture, o.name) for o in error.offences] == [("missing_picture", 2, "b.png")]
    assert names(chat) == ["a.png", "b.png", "c.png"]


def test_those_whose_files_are_missing_are_left_out_and_the_text_stays(
    chat: Chat, online: Tools, api: ApiServer, qtbot: QtBot
) -> None:
    for row in (0, 2):
        online.pictures.path(chat.draft.pictures[row].images[0].sent).unlink()
    chat.draft.set_text("How do these differ?")
    error = refused(chat, qtbot, chat.worker.send)
    assert words(error).actions == ("remove_all",)
    assert do(chat, "remove_all", 0)
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert (names(chat), chat.draft.text) == (["b.png"], "How do these differ?")
    assert chat.worker.refusal is None
    assert api.posts == []


def test_one_can_be_removed_before_anything_was_said(chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    chat.worker.repair(2, "remove")
    qtbot.waitUntil(lambda: not chat.worker.busy)
    assert names(chat) == ["a.png", "c.png"]
    assert api.posts == []
