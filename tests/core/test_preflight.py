"""Every limit of a request is met before it leaves, and the picture to blame is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.catalog import Catalog
from app.core.errors import Offence, RequestRefused
from app.core.message import ImageBlock, RemoteFile
from app.core.preflight import check
from app.core.request import Request
from tests.core.test_request import MODEL, YES, answered, asked, image

CATALOG = Catalog.load()


def offences(
    *images: ImageBlock,
    model: str = MODEL,
    body: int = 1000,
    tokens: int = 1000,
    found: dict[str, str] | None = None,
    **terms: Any,
) -> list[Offence]:
    """What is refused of a conversation whose first turn has all pictures but the last."""
    history = [asked("?", *images[:-1])]
    history += [answered(history, YES), asked("And?", *images[-1:])]
    request = Request.build(history, model=model, **terms)
    missing = "f" * 64
    try:
        check(
            request,
            CATALOG.get(model),
            CATALOG.limits,
            body_bytes=body,
            tokens=tokens,
            found={missing: ""} | (found or {}),
            now=1000.0,
        )
    except RequestRefused as refused:
        return list(refused.offences)
    return []


def test_a_request_within_every_limit_passes() -> None:
    assert offences(replace(image(1), width=8000, height=8000), image(2)) == []


def test_a_picture_of_the_first_turn_may_be_to_blame() -> None:
    assert offences(replace(image(1), width=8001), image(2)) == [Offence("edge", 8001, 8000, 1, "a.png")]


def test_from_the_21st_picture_on_every_one_may_have_2000_pixels_an_edge() -> None:
    many = [image(n) for n in range(1, 21)]
    large = replace(many[4], height=2001)
    assert offences(*many[:4], large, *many[5:]) == []
    assert offences(*many[:4], large, *many[5:], image(21)) == [Offence("edge_of_many", 2001, 2000, 5, "a.png")]


def test_a_picture_of_too_many_base64_characters_is_named() -> None:
    assert offences(replace(image(1), sent_bytes=7_500_000)) == []
    assert offences(replace(image(1), sent_bytes=7_500_001)) == [
        Offence("picture_bytes", 10_000_004, 10_000_000, 1, "a.png")
    ]


def test_a_picture_whose_file_is_gone_is_named() -> None:
    assert offences(image(1), image(2, "f" * 64)) == [Offence("missing_picture", 0, 0, 2, "a.png")]


def test_bytes_of_another_kind_than_said_are_named() -> None:
    assert offences(image(1), image(2), found={image(2).sent: "image/jpeg"}) == [
        Offence("media_type", 0, 0, 2, "a.png")
    ]


def test_a_file_the_server_has_forgotten_is_named_and_its_bytes_need_not_be_here() -> None:
    kept = replace(image(1, "f" * 64), file=RemoteFile("file_1", "example.com", 2000.0))
    gone = replace(image(2), file=RemoteFile("file_2", "example.com", 999.0))
    terms: dict[str, Any] = {"server": "example.com", "sources": frozenset({"file"})}
    assert offences(kept, gone, **terms) == [Offence("expired_file", 0, 0, 2, "a.png")]
    assert offences(gone, server="elsewhere.org", sources=frozenset({"file"})) == []


def test_a_file_still_to_be_uploaded_needs_its_bytes() -> None:
    to_come = RemoteFile("", "example.com", 0)
    missing, wrong = replace(image(1, "f" * 64), file=to_come), replace(image(2), file=to_come, media_type="image/gif")
    found = {image(2).sent: "image/png"}
    named = offences(missing, wrong, found=found, server="example.com", sources=frozenset({"file"}))
    assert [(offence.kind, offence.picture) for offence in named] == [("missing_picture", 1), ("media_type", 2)]


def test_a_link_whose_picture_nobody_has_goes_only_where_links_go() -> None:
    link = replace(image(1), sent="", width=0, height=0, url="https://pictures.example/roof.jpg")
    assert offences(link, sources=frozenset({"url"})) == []
    assert offences(link) == [Offence("link", 0, 0, 1, "a.png")]


@pytest.mark.parametrize(("model", "limit"), [(MODEL, 600), ("claude-haiku-4-5", 100)])
def test_too_many_pictures_for_the_model_are_counted(model: str, limit: int) -> None:
    assert offences(*(image(n) for n in range(1, limit + 1)), model=model) == []
    assert offences(*(image(n) for n in range(1, limit + 2)), model=model) == [
        Offence("too_many_pictures", limit + 1, limit)
    ]


def test_the_size_of_the_body_and_the_models_window_count() -> None:
    assert offences(image(1), body=32_000_001) == [Offence("request_bytes", 32_000_001, 32_000_000)]
    assert offences(image(1), tokens=1_000_001) == [Offence("context", 1_000_001, 1_000_000)]


def test_a_request_without_a_question_is_refused() -> None:
    with pytest.raises(RequestRefused) as refused:
        check(
            Request.build([], model=MODEL),
            CATALOG.get(MODEL),
            CATALOG.limits,
            body_bytes=0,
            tokens=0,
            found={},
            now=0.0,
        )
    assert refused.value.offences == (Offence("empty"),)
