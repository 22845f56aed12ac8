"""What the server receives of a picture: its pixels, upright, and not a byte of what its file told besides."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core import server
from tests import pictures, rare_pictures
from tests.pictures import CORNERS, MARKER
from tests.servers.api import ApiServer
from tests.tagged import TAGGED, tagged, told

MODEL = "claude-sonnet-5-5"
TOGETHER = 20
"""Pictures of one message; of more, all have to be smaller."""

Send = Callable[[Mapping[str, bytes]], list[tuple[str, bytes]]]


@pytest.fixture
def send(online: Tools, api: ApiServer, qtbot: QtBot, tmp_path: Path) -> Send:
    """Send pictures in a new chat; what the server received of each, by its name here."""

    def send(files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
        chat = Chat.new(MODEL, online, online.account)
        refused: list[Any] = []
        chat.draft.refused.connect(refused.extend)
        for number, data in enumerate(files.values()):
            path = tmp_path / f"{MARKER.decode()} {number}"
            path.write_bytes(data)
            chat.draft.attach([Source(path=str(path), page=int(data.startswith(b"%PDF")))])
        chat.draft.set_text("What is this?")
        with qtbot.waitSignal(chat.worker.answered, timeout=30_000):
            chat.worker.send()
        qtbot.waitUntil(lambda: not chat.worker.busy)
        assert refused == []
        return list(zip(files, received(api), strict=True))

    return send


def received(api: ApiServer) -> list[bytes]:
    """The pictures of the last request, whichever way they came."""
    blocks = [block for message in api.posts[-1].json["messages"] for block in message["content"]]
    sources = [block["source"] for block in blocks if block["type"] == "image"]
    kept = {file.id: file.data for file in api.files.listed}
    return [kept[s["file_id"]] if s["type"] == "file" else base64.b64decode(s["data"]) for s in sources]


def media_type(data: bytes) -> str:
    starts = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"GI": "image/gif", b"RI": "image/webp"}
    return starts[data[:2]]


def groups(files: Mapping[str, object]) -> list[list[str]]:
    names = list(files)
    return [names[at : at + TOGETHER] for at in range(0, len(names), TOGETHER)]


# --- metadata -----------------------------------------------------------------------------------


@pytest.mark.parametrize("names", groups(TAGGED), ids=lambda names: f"{names[0]} to {names[-1]}")
def test_nothing_that_a_file_tells_reaches_the_server(send: Send, api: ApiServer, names: list[str]) -> None:
    left = {name: list(told(data, media_type(data))) for name, data in send({n: tagged(n) for n in names})}
    assert {name: what for name, what in left.items() if what} == {}
    for request in api.requests:
        assert MARKER not in request.body
        assert MARKER.decode() not in repr(request.headers)


def test_at_least_sixty_files_tell_something_and_each_of_them_something_else() -> None:
    files = {name: tagged(name) for name in TAGGED}
    assert len(set(files.values())) == len(files) >= 60
    assert {name for name, data in files.items() if MARKER not in data} == {"SVG, photo", "PDF, photo"}  # coded
    assert {name.partition(",")[0] for name in files} == {
        "JPEG", "PNG", "GIF", "WebP", "TIFF", "HEIC", "AVIF", "BMP", "ICO", "CUR", "SVG", "PDF",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in TAGGED if name.startswith(("JPEG", "PNG, ", "GIF", "WebP"))])
def test_the_look_at_what_is_left_sees_what_a_file_tells(name: str) -> None:
    data = tagged(name)
    assert list(told(data, media_type(data)))


def test_files_that_are_uploaded_tell_nothing_either(
    send: Send, online: Tools, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANTHROPIC", api.url)
    online.preferences.update(upload=True)
    names = [name for name in TAGGED if ", all" in name or "EXIF" in name]
    sent = send({name: tagged(name) for name in names})
    left = {name: list(told(data, media_type(data))) for name, data in sent}
    assert {name: what for name, what in left.items() if what} == {}
    forms = [request.body for request in api.requests if request.path.endswith("/v1/files")]
    assert len(forms) == len({data for _, data in sent}) >= 15
    for form in forms:
        assert MARKER not in form  # nor the name that the person gave it
        assert re.search(rb'filename="image-\d+\.(jpg|png|webp|gif)"\r\n', form)


# --- orientation --------------------------------------------------------------------------------

_SIZE = (180, 120)


def _turned(orientation: int) -> dict[str, bytes]:
    """A picture in every format that says how it lies, stored so that it has to be turned."""
    stored = pictures.stored_turned(pictures.corners(*_SIZE), orientation)
    exif = pictures.exif(orientation)
    return {
        "JPEG": pictures.encoded(stored, "JPEG", exif=exif, quality=95),
        "JPEG, progressive": pictures.encoded(stored, "JPEG", exif=exif, quality=95, progressive=True),
        "PNG": pictures.turned_png(pictures.corners(*_SIZE), orientation, late=False),
        "PNG, late": pictures.turned_png(pictures.corners(*_SIZE), orientation, late=True),
        "WebP": pictures.encoded(stored, "WEBP", exif=exif, quality=95),
        "WebP, lossless": pictures.encoded(stored, "WEBP", exif=exif, lossless=True),
        "TIFF": rare_pictures.tiff(stored, orientation=orientation),
        "AVIF": rare_pictures.avif(stored, exif=exif),
        "HEIC": rare_pictures.turned_heic(orientation),
    }


def _colours(image: Image.Image) -> list[tuple[int, int, int]]:
    """The colours of the four areas."""
    width, height = image.size
    found = []
    for at in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        pixel = image.convert("RGB").getpixel((int(width * at[0]), int(height * at[1])))
        assert isinstance(pixel, tuple)
        found.append(min(CORNERS, key=lambda corner: sum(abs(a - b) for a, b in zip(corner, pixel, strict=True))))
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_picture_reaches_the_server_upright(send: Send, orientation: int) -> None:
    for name, data in send(_turned(orientation)):
        image = pictures.opened(data)
        upright = pictures.corners(*_SIZE)
        if name == "HEIC":  # there, an upright picture is stored, and then turned
            upright = pictures.stored_turned(upright, {6: 8, 8: 6}.get(orientation, orientation))
        assert (name, image.size, _colours(image)) == (name, upright.size, _colours(upright))
