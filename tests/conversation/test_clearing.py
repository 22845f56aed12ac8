"""Originals of old messages removed: what goes, what stays, and that the conversation is read and gone on with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.conversation.clearing import Clearing
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.errors import PictureCleared, StoreDamaged
from app.core.filing import Filed, Filing
from app.core.message import ImageBlock
from app.core.pictures import Cleared, Pictures
from tests.conftest import destroy, finish
from tests.conversation.talk import Talk
from tests.servers.api import ApiServer

YEAR = 366 * 86_400.0


@pytest.fixture
def clearing(online: Tools) -> Clearing:
    return Clearing(online.store, online.pictures, online.threads)


@pytest.fixture
def asked(talk: Talk, picture: Callable[..., Path], online: Tools) -> Talk:
    """One picture that was made smaller, and one that went as it is."""
    talk.ask("Large?", picture("large.png", (3000, 2000)))
    talk.ask("Small?", picture("small.png", (640, 480), "#2040c0"))
    age(online.pictures)
    return talk


def age(pictures: Pictures) -> None:
    for path in pictures._folder.glob("??/*"):
        os.utime(path, (time.time() - YEAR, time.time() - YEAR))


def images(talk: Talk) -> list[ImageBlock]:
    return [image for message in talk.messages for image in message.images]


def clear(clearing: Clearing, before: float = 0.0) -> Cleared:
    now = time.time()
    looked = finish(clearing.look(before or now + 1))
    done = finish(clearing.clear(before or now + 1, now))
    assert looked == done
    return done


def test_what_was_sent_stays_and_the_conversation_goes_on(
    asked: Talk, clearing: Clearing, online: Tools, api: ApiServer
) -> None:
    large, small = images(asked)
    assert large.original != large.sent
    before = api.posts[-1].json["messages"][0]["content"]
    size = online.pictures.path(large.original).stat().st_size
    if small.original != small.sent:
        size += online.pictures.path(small.original).stat().st_size
    assert clear(clearing).size == size
    assert not online.pictures.path(large.original).exists()
    reopened = asked.reopened()
    assert reopened.ask("And now?").state == "complete"
    for was, now in zip(before, api.posts[-1].json["messages"][0]["content"], strict=True):
        assert was.get("source") == now.get("source")
    assert online.pictures.read(large.sent)
    assert finish(online.store.thumbnails([large.thumbnail])) != {}
    assert clear(clearing) == Cleared(0, 0)


def test_what_is_gone_says_since_when(asked: Talk, clearing: Clearing, online: Tools) -> None:
    [large, _] = images(asked)
    clear(clearing)
    with pytest.raises(PictureCleared) as raised:
        online.pictures.read(large.original, "large.png")
    assert raised.value.when == pytest.approx(time.time(), abs=60)
    gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
    failed: list[object] = []
    gallery.failed.connect(lambda _, error: failed.append(error))
    gallery.open(large.original, lambda: True)
    asked.qtbot.waitUntil(lambda: bool(failed))
    assert isinstance(failed[0], PictureCleared)
    destroy(gallery)


def test_younger_messages_keep_theirs_even_where_an_older_one_has_the_same(
    asked: Talk, clearing: Clearing, online: Tools
) -> None:
    [large, _] = images(asked)
    assert clear(clearing, before=asked.messages[0].created) == Cleared(0, 0)
    asked.edit(asked.messages[0])
    asked.ask("Again?")
    age(online.pictures)
    assert clear(clearing, before=asked.messages[0].created) == Cleared(0, 0)
    assert online.pictures.path(large.original).exists()


def test_pinned_chats_and_drafts_keep_theirs(asked: Talk, clearing: Clearing, online: Tools) -> None:
    [large, _] = images(asked)
    filing, chat = Filing(online.store), asked.chat.facts.id
    finish(filing.file({chat: Filed(pinned=True)}))
    assert clear(clearing) == Cleared(0, 0)
    finish(filing.file({chat: Filed()}))
    finish(online.store.save_draft("other", {"text": "", "pictures": [{"kept": large.original, "name": "l"}]}))
    clear(clearing)
    assert online.pictures.path(large.original).exists()


def test_what_came_in_a_moment_ago_stays(
    talk: Talk, clearing: Clearing, online: Tools, picture: Callable[..., Path]
) -> None:
    talk.ask("Large?", picture("large.png", (3000, 2000)))
    assert clear(clearing) == Cleared(0, 0)
    assert online.pictures.size() > 0


def test_where_a_message_is_damaged_nothing_goes(asked: Talk, clearing: Clearing, online: Tools) -> None:
    finish(online.store.run(lambda db: db.execute("UPDATE messages SET content = '[]' WHERE position = 1")))
    with pytest.raises(StoreDamaged):
        clear(clearing)
    assert online.pictures.path(images(asked)[0].original).exists()


def test_an_old_question_can_still_be_changed_with_what_was_sent(
    asked: Talk, clearing: Clearing, api: ApiServer
) -> None:
    clear(clearing)
    asked.edit(asked.messages[0])
    draft = asked.chat.draft
    assert [(each.name, each.width, each.height) for each in draft.pictures] == [("large.png", *sent_size(asked))]
    asked.ask("Once more?")
    assert asked.messages[0].images[0].original == asked.messages[0].images[0].sent
    assert "image" in [block["type"] for block in api.posts[-1].json["messages"][-1]["content"]]


def sent_size(talk: Talk) -> tuple[int, int]:
    image = images(talk)[0]
    return image.width, image.height


def test_the_same_file_brought_in_again_is_there_again(
    asked: Talk, clearing: Clearing, online: Tools, picture: Callable[..., Path]
) -> None:
    [large, _] = images(asked)
    clear(clearing)
    online.pictures.add_file(picture("large.png", (3000, 2000)), "large.png")
    assert online.pictures.read(large.original)
    assert online.pictures.cleared(large.original) is None


def test_a_note_that_nothing_asks_for_is_collected(asked: Talk, clearing: Clearing, online: Tools) -> None:
    [large, _] = images(asked)
    clear(clearing)
    age(online.pictures)
    online.pictures.collect({large.original}, time.time() - 60)
    assert online.pictures.cleared(large.original) is not None
    assert large.original in online.pictures.collect(set(), time.time() - 60)
    assert online.pictures.cleared(large.original) is None
