"""What other programs drop and copy, by the sets of formats they offer (tests/data/mime), and what is made of each.

The sets follow what the programs are known to offer, in the names that Qt gives the formats; they are no captures.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from app.conversation.attachment import Source
from app.core.errors import LinkRefused
from app.ui.intake import shown_address
from app.ui.sources import Dropped, Pasted, carries_pictures, pasted_from_mime, sources_from_mime

SETS: Final = sorted((Path(__file__).parents[1] / "data" / "mime").glob("*.json"))


def mime_of(formats: dict[str, Any]) -> QMimeData:
    """The formats as Qt would hand them over: text as UTF-8, bytes in base64, pixels as a QImage."""
    mime = QMimeData()
    for name, payload in formats.items():
        if isinstance(payload, str):
            mime.setData(name, payload.encode())
        elif "base64" in payload:
            mime.setData(name, base64.b64decode(payload["base64"]))
        else:
            width, height = payload["pixels"]
            mime.setImageData(QImage(width, height, QImage.Format.Format_RGB32))
    return mime


def told(dropped: Dropped) -> dict[str, Any]:
    """What became of it, in the words of the sets; files as addresses, since paths are each system's own."""
    found: dict[str, Any] = {
        "files": [
            QUrl.fromLocalFile(source.path).toEncoded().toStdString() for source in dropped.sources if source.path
        ],
        "links": list(dropped.links),
        "remote": list(dropped.remote),
        "refused": [error.name for error in dropped.refused if isinstance(error, LinkRefused)],
        "empty": dropped.empty,
    }
    for source in dropped.sources:
        found |= told_of_bytes(source)
    return {name: value for name, value in found.items() if value}


def told_of_bytes(source: Source) -> dict[str, Any]:
    if callable(source.data):
        image = QImage.fromData(source.data())
        return {"pixels": [image.width(), image.height()]}
    return {"bytes": source.data.decode(), "name": source.name}


def told_of_paste(pasted: Pasted) -> dict[str, Any]:
    if not pasted.text:
        return told(pasted.dropped)
    assert pasted.dropped == Dropped()
    found = {"text": pasted.text, "link": pasted.link, "offered": pasted.offered is not None}
    return {name: value for name, value in found.items() if value}


def test_there_are_sets_of_every_kind() -> None:
    assert len(SETS) >= 25
    for program in ("firefox", "chrome", "safari", "nautilus", "explorer", "finder", "excel", "libreoffice", "slack"):
        assert any(path.name.startswith(program) for path in SETS), program


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_what_a_program_offers_becomes_what_it_means(path: Path) -> None:
    recorded = json.loads(path.read_text("utf-8"))
    mime = mime_of(recorded["formats"])
    if recorded["way"] == "drop":
        assert carries_pictures(mime)
        assert told(sources_from_mime(mime)) == recorded["expected"]
    else:
        assert told_of_paste(pasted_from_mime(mime)) == recorded["expected"]


def test_an_address_shows_its_host_whole_and_without_imitation() -> None:
    assert shown_address("https://pictures.example/2024/roof.jpg?token=1") == "pictures.example/2024/roof.jpg"
    assert shown_address(QUrl("https://раураl.example/a").toString()).startswith("xn--")
    long = shown_address(f"https://pictures.example/{'a' * 500}.jpg")
    assert long.startswith("pictures.example/aaa")
    assert len(long) < 100


def test_the_same_address_is_asked_about_once() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://a.example/x.png"), QUrl("https://a.example/x.png"), QUrl("https://a.example/y.png")])
    assert sources_from_mime(mime).links == ("https://a.example/x.png", "https://a.example/y.png")


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://pictures.example/roof.png", "https://pictures.example/roof.png"),
        ("https://user:secret@pictures.example/roof.png", ""),
        ("https://10.0.0.1/roof.png", ""),
        ("https://router/roof.png", ""),
        ("https://pictures.example:8443/roof.png", ""),
        ("http://pictures.example/roof.png", ""),
    ],
)
def test_a_pasted_address_is_asked_about_only_where_it_may_be_followed(text: str, link: str) -> None:
    mime = QMimeData()
    mime.setText(text)
    assert pasted_from_mime(mime) == Pasted(text, link=link)


def test_markup_that_means_harm_takes_no_time_and_brings_few_pictures() -> None:
    mime = QMimeData()
    mime.setHtml("<img " * 200_000)
    assert sources_from_mime(mime).empty
    mime.setHtml(
        "".join(f"<img src='data:image/png;base64,{base64.b64encode(bytes([n])).decode()}'>" for n in range(99))
    )
    assert len(sources_from_mime(mime).sources) == 20
