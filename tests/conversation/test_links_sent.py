"""Links to servers that follow none: what goes instead is a picture of ours, without what its file told besides."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.errors import ApiError
from app.core.failure import error_from_json
from app.core.message import Message
from tests.conversation.talk import done
from tests.servers.api import ApiServer
from tests.servers.replies import error

LINK = "https://pictures.example/roof.jpg"
SECRET = b"Camera of somebody"


def jpeg(width: int, height: int, *, told: bool = True) -> bytes:
    exif = Image.Exif()
    if told:
        exif[0x0110] = SECRET.decode()
    file = BytesIO()
    Image.new("RGB", (width, height), (90, 40, 160)).save(file, "JPEG", exif=exif.tobytes() if told else b"")
    return file.getvalue()


def asked(chat: Chat, qtbot: QtBot, *sources: Source) -> Message:
    chat.draft.attach(sources)
    chat.draft.set_text("What is it?")
    return done(chat, qtbot, chat.worker.send)


def received(api: ApiServer) -> list[bytes | str]:
    """Each picture of the last request: its bytes, or the address."""
    blocks = [block for message in api.posts[-1].json["messages"] for block in message["content"]]
    sources = [block["source"] for block in blocks if block["type"] == "image"]
    return [source["url"] if source["type"] == "url" else b64decode(source["data"]) for source in sources]


def size(data: bytes | str) -> tuple[int, int]:
    assert isinstance(data, bytes)
    return Image.open(BytesIO(data)).size


def test_to_a_server_that_follows_no_links_a_prepared_picture_goes(chat: Chat, api: ApiServer, qtbot: QtBot) -> None:
    found = jpeg(3840, 2160)
    assert SECRET in found
    assert asked(chat, qtbot, Source(url=LINK, name="roof.jpg", data=found)).state == "complete"
    (sent,) = received(api)
    assert size(sent) == (2576, 1449)
    assert SECRET not in api.posts[-1].body


@pytest.mark.parametrize("told", [True, False])
def test_what_went_as_a_link_goes_prepared_when_links_go_no_more_and_then_stays(
    chat: Chat, api: ApiServer, online: Tools, qtbot: QtBot, told: bool
) -> None:
    online.preferences.update(foreign_sources=True)
    asked(chat, qtbot, Source(url=LINK, name="roof.jpg", data=jpeg(300, 200, told=told)))
    assert received(api) == [LINK]
    online.preferences.update(foreign_sources=False)
    assert [refit.reason for refit in chat.refits] == ["link"]
    asked(chat, qtbot)
    (sent,) = received(api)
    assert size(sent) == (300, 200)
    assert SECRET not in api.posts[-1].body
    assert chat.refits == ()
    asked(chat, qtbot)
    assert received(api) == [sent]
    online.preferences.update(foreign_sources=True)
    asked(chat, qtbot)
    assert received(api) == [LINK]


@pytest.mark.parametrize(
    ("links", "said", "picture", "blamed"),
    [
        (1, "", 1, ()),
        (2, "", 0, (1, 2)),
        (2, f"{LINK}?1: could not be fetched", 2, ()),
        (1, "Could not process image", 0, ()),
    ],
    ids=["the only link", "one of two links", "the link that is named", "something else"],
)
def test_a_link_that_the_server_cannot_fetch_is_traced_to_its_picture(
    chat: Chat,
    api: ApiServer,
    online: Tools,
    qtbot: QtBot,
    links: int,
    said: str,
    picture: int,
    blamed: tuple[int, ...],
) -> None:
    online.preferences.update(foreign_sources=True)
    addresses = [f"{LINK}?{n}" for n in range(links)]
    if said:
        api.files.web |= dict.fromkeys(addresses, jpeg(300, 200))
        api.script(error(400, "invalid_request_error", said))
    found = [Source(url=url, name="roof.jpg", data=jpeg(300 + n, 200)) for n, url in enumerate(addresses)]
    answer = asked(chat, qtbot, *found, Source(data=jpeg(900, 200), name="own.jpg"))
    assert answer.error is not None
    told = error_from_json(answer.error)
    assert isinstance(told, ApiError)
    assert (told.picture, tuple(told.links)) == (picture, blamed)
    if picture:
        chat.worker.repair(picture, "remove")
        qtbot.waitUntil(lambda: chat.messages.messages[-1].state == "complete" and not chat.worker.busy)
        assert addresses[picture - 1] not in received(api)
