"""Errors as JSON and back."""

from __future__ import annotations

import json

import pytest

from app.core import errors
from app.core.errors import (
    AlreadyAttached,
    ApiError,
    BadKey,
    LinkRefused,
    NotConnected,
    Offence,
    PictureTooBig,
    PictureTooSlow,
    RequestRefused,
    ServerError,
    StoreFull,
    StreamInterrupted,
    VisavisError,
)
from app.core.failure import error_from_json, error_to_json

RAISED = [
    ApiError(429, "rate_limit_error", "Slow down", request_id="req_1", code="x", retry_after=2.5),
    StreamInterrupted("error", type="overloaded_error"),
    NotConnected("example.org", "dns"),
    BadKey("short"),
    PictureTooBig("a.png", width=9000, height=1),
    PictureTooSlow("a.tiff", "TIFF"),
    AlreadyAttached("a.png", 3),
    LinkRefused("pics.example", "status", status=404),
    ApiError(400, "invalid_request_error", "too large", picture=3, picture_name="a.png"),
    RequestRefused((Offence("edge", 9000, 8000, picture=3, name="a.png"), Offence("empty"))),
    StoreFull("conversations.db"),
    ServerError(),
]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_as_it_was_raised(error: VisavisError) -> None:
    restored = error_from_json(json.loads(json.dumps(error_to_json(error))))
    assert type(restored) is type(error)
    assert vars(restored) == vars(error)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"class": "Hologram", "facts": {}},
        {"class": "dataclass", "facts": {}},
        {"class": "Offence", "facts": {"kind": "empty"}},
        {"class": "annotations", "facts": {}},
        {"class": "NotConnected", "facts": {"host": "example.org"}},
        {"class": "NotConnected", "facts": None},
        {"class": "RequestRefused", "facts": {"offences": [{"colour": "red"}]}},
        {"class": "RequestRefused", "facts": {"offences": 5}},
    ],
)
def test_what_is_no_error_of_ours_becomes_the_plain_one(stored: dict[str, object]) -> None:
    assert type(error_from_json(stored)) is VisavisError


def test_facts_of_a_newer_version_are_left_out() -> None:
    restored = error_from_json({"class": "NotConnected", "facts": {"host": "h", "reason": "dns", "colour": "red"}})
    assert vars(restored) == vars(errors.NotConnected("h", "dns"))
