"""Names the Files API takes, the form of an upload, and what is read from its answers."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.files import FORBIDDEN, Form, Page, StoredFile, cleaned, file_page, neutral_name, stored_file

EXAMPLE = json.loads((Path(__file__).parent.parent / "data" / "api" / "examples" / "resp_file.json").read_text())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roof.jpg", "roof.jpg"),
        ("Dach – größer.jpg", "Dach – größer.jpg"),
        ('a<b>c:d"e|f?g*h\\i/j.png', "a_b_c_d_e_f_g_h_i_j.png"),
        ("a\r\nX: y\x00\x7f\x85.png", "a__X_ y___.png"),
        ("caf\udce9.png", "caf\ufffd.png"),
        ("", "picture"),
        ("  ", "picture"),
        ("x" * 300 + ".jpeg", "x" * 250 + ".jpeg"),
        ("." + "x" * 300, "." + "x" * 254),
        ("x" * 250 + "." + "y" * 50, "x" * 250 + "." + "y" * 4),
    ],
)
def test_a_name_becomes_one_that_the_api_takes(name: str, expected: str) -> None:
    assert cleaned(name) == expected


@given(st.text(max_size=400))
def test_every_name_becomes_one_that_the_api_takes(name: str) -> None:
    found = cleaned(name)
    assert 1 <= len(found) <= 255
    assert not FORBIDDEN.search(found)
    assert found.encode()


@pytest.mark.parametrize(
    ("media_type", "name"),
    [("image/jpeg", "image-7.jpg"), ("image/png", "image-7.png"), ("image/webp", "image-7.webp")],
)
def test_on_the_server_a_picture_is_called_by_its_number(media_type: str, name: str) -> None:
    assert neutral_name(7, media_type) == cleaned(name) == name


def test_an_upload_is_a_form_of_its_length() -> None:
    data = bytes(range(256)) * 40 + b"\r\n--"
    form = Form(data, 'größe "1".png', "image/png", 3600)
    whole = b"".join(form)
    assert len(whole) == form.length
    read = message_from_bytes(b"Content-Type: " + form.media_type.encode() + b"\r\n\r\n" + whole, policy=HTTP)
    life, file = read.iter_parts()
    assert life["content-disposition"] == 'form-data; name="expires_in_seconds"'
    assert life.get_content().strip() == "3600"
    assert file.get_content_type() == "image/png"
    assert file.get_content() == data
    assert 'form-data; name="file"; filename="größe _1_.png"'.encode() in whole


def test_the_bytes_of_an_upload_are_not_copied() -> None:
    data = b"picture"
    assert any(part is data for part in Form(data, "a.png", "image/png", None))


def test_without_a_life_none_is_asked_for() -> None:
    assert b"expires_in_seconds" not in b"".join(Form(b"x", "a.png", "image/png", None))


def test_the_recorded_file_is_read() -> None:
    assert stored_file(EXAMPLE) == StoredFile("file_011Exmpl", "roof.jpg", "image/jpeg", 482_113, 1_795_165_200.0, None)
    assert stored_file(EXAMPLE | {"expires_at": "2026-11-20T10:00:00+00:00"}) == StoredFile(
        "file_011Exmpl", "roof.jpg", "image/jpeg", 482_113, 1_795_165_200.0, 1_795_168_800.0
    )


@pytest.mark.parametrize(
    "change",
    [
        {"filename": 1, "mime_type": None, "size_bytes": "7", "created_at": "soon", "expires_at": 3},
        {
            "filename": None,
            "mime_type": [],
            "size_bytes": -1,
            "created_at": None,
            "expires_at": "0001-01-01T00:00:00+14",
        },
    ],
)
def test_of_another_server_s_file_only_the_id_is_sure(change: dict[str, Any]) -> None:
    assert stored_file(EXAMPLE | change) == StoredFile("file_011Exmpl")


@pytest.mark.parametrize("value", [{}, {"id": ""}, {"id": 7}])
def test_without_an_id_there_is_no_file(value: dict[str, Any]) -> None:
    assert stored_file(value) is None


def test_a_page_of_files_is_read() -> None:
    assert file_page({"data": [{"id": "a"}, {}, 1, {"id": "b"}], "next_page": "page_2"}) == Page(
        [StoredFile("a"), StoredFile("b")], "page_2"
    )
    assert file_page({"data": [], "next_page": None}) == Page([], "")
    assert file_page({"data": [], "has_more": False, "last_id": None}) == Page([], "")
    assert file_page({"files": []}) is None
