"""A picture sent again, sharper, with one click: a new turn of its own, priced before, the draft untouched."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.cost import dollars
from app.core.cuts import Box
from tests.conversation.talk import MODEL, done
from tests.servers.api import ApiServer


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.linear_gradient("L").resize((4032, 3024)).save(path)
    return path


@pytest.fixture
def asked(chat: Chat, photo: Path, qtbot: QtBot) -> Chat:
    """A chat in which the photo went cheap."""
    chat.draft.attach([Source(path=str(photo), preset="cheap")])
    chat.draft.set_text("What does the sign say?")
    done(chat, qtbot, chat.worker.send)
    return chat


def sizes_sent(api: ApiServer) -> list[tuple[int, int]]:
    last = api.posts[-1].json["messages"][-1]["content"]
    data = [b64decode(b["source"]["data"]) for b in last if b["type"] == "image"]
    return [Image.open(BytesIO(each)).size for each in data]


def texts_sent(api: ApiServer) -> list[str]:
    return [b["text"] for b in api.posts[-1].json["messages"][-1]["content"] if b["type"] == "text"]


def test_cheap_then_auto_then_tiles_then_nothing_sharper(asked: Chat, api: ApiServer, qtbot: QtBot) -> None:
    asked.draft.set_text("Half a thought")
    asked.draft.attach([Source(data=b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0;")])
    offer = asked.sharper(1)
    assert offer is not None
    assert (offer.preset, offer.tokens()) == ("auto", 4740)
    assert asked.resending(offer).price == Decimal(4740) * Decimal("2.5") / 1_000_000
    assert done(asked, qtbot, lambda: asked.worker.resend(1, offer.preset)).state == "complete"
    assert sizes_sent(api) == [(2212, 1659)]
    assert texts_sent(api) == ["Image 2, the same picture as Image 1 but sharper:", "What does the sign say?"]
    tiles = asked.sharper(2)
    assert tiles is not None
    assert tiles.preset == "tiles"
    done(asked, qtbot, lambda: asked.worker.resend(2, "tiles"))
    assert sizes_sent(api) == [tuple(cut.size) for cut in tiles.cuts]
    assert asked.sharper(3) is None
    assert (asked.draft.text, len(asked.draft.pictures)) == ("Half a thought", 1)
    assert [image.number for image in asked.messages.messages[-2].images] == [3] * len(tiles.cuts)


def test_a_marked_region_goes_in_the_originals_own_pixels(asked: Chat, api: ApiServer, qtbot: QtBot) -> None:
    done(asked, qtbot, lambda: asked.worker.resend(1, "region", Box(3000, 100, 800, 600)))
    assert sizes_sent(api)[1] == (800, 600)
    assert texts_sent(api)[1] == "Image 2, marked region at full size (top right):"


def test_a_draft_that_is_kept_is_not_forgotten_over_it(asked: Chat, online: Tools, qtbot: QtBot) -> None:
    asked.draft.set_text("Half a thought")
    kept: dict[str, object] = {}

    async def read() -> None:
        kept.update(await online.store.drafts())

    qtbot.wait(0)
    qtbot.waitUntil(lambda: online.tasks.start(read(), "read") is not None and asked.facts.id in kept, timeout=5_000)
    kept.clear()
    done(asked, qtbot, lambda: asked.worker.resend(1, "auto"))
    qtbot.waitUntil(lambda: online.tasks.start(read(), "read") is not None and asked.facts.id in kept, timeout=5_000)


def test_without_the_original_it_is_told_and_nothing_is_sent(
    asked: Chat, api: ApiServer, online: Tools, qtbot: QtBot
) -> None:
    online.pictures.path(asked.messages.messages[0].images[0].original).unlink()
    with qtbot.waitSignal(asked.worker.refused):
        asked.worker.resend(1, "auto")
    qtbot.waitUntil(lambda: not asked.worker.busy)
    assert len(api.posts) == 1
    assert len(asked.messages.messages) == 2


def test_the_price_of_the_21st_picture_has_the_earlier_ones_in_it(
    tools: Tools, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    chat = Chat.new(MODEL, tools, tools.account)
    strips = [tmp_path / f"{shade}.png" for shade in range(19)]
    for shade, strip in enumerate(strips):
        Image.new("L", (2400, 700), 40 + 10 * shade).save(strip)
    chat.draft.attach([Source(path=str(photo), preset="cheap"), *(Source(path=str(strip)) for strip in strips)])
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
    chat.draft.set_text("What is it?")
    first = done(chat, qtbot, chat.worker.send)
    offer = chat.sharper(1)
    assert offer is not None
    resending = chat.resending(offer)
    assert sorted(refit.number for refit in resending.refits) == list(range(2, 21))
    again = done(chat, qtbot, lambda: chat.worker.resend(1, offer.preset))
    assert first.usage is not None
    assert again.usage is not None
    assert again.usage.cache_read == 0
    prices = chat.model.prices
    assert prices is not None
    unchanged = dollars(first.usage.prompt_tokens, prices.cache_read)
    told, billed = resending.price, dollars(again.usage.cache_write_5m, prices.cache_write_5m) - unchanged
    assert told is not None
    assert abs(told - billed) < billed / 50
    assert told > 5 * dollars(offer.tokens(), prices.cache_write_5m)
