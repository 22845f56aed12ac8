from __future__ import annotations

import json
from base64 import b64encode

import pytest

from app.core.carve import Base64Damaged, decode_base64, parse

LONG = b64encode(bytes(range(256)) * 3_000).decode()


def test_long_data_comes_as_a_view_of_the_body_and_the_rest_as_json() -> None:
    value = {"a": [1, None, {"data": LONG, "b": "data"}], "data": LONG + "AAAA", "text": "é"}
    parsed = parse(json.dumps(value, ensure_ascii=False).encode())
    assert isinstance(parsed["data"], memoryview)
    assert bytes(parsed["data"]) == (LONG + "AAAA").encode()
    assert bytes(parsed["a"][2]["data"]) == LONG.encode()
    assert (parsed["a"][:2], parsed["a"][2]["b"], parsed["text"]) == ([1, None], "data", "é")


@pytest.mark.parametrize(
    "value",
    [
        {"data": "short"},
        {"data": "A" * 5_000 + "\n"},
        {"text": '"data":"' + "A" * 5_000 + '"'},
        {"text": '\\"data":"' + "A" * 5_000},
        {"data": 7, "x": "data", "data ": ["data", "A" * 5_000]},
        ["data", ":", "A" * 5_000],
    ],
    ids=["short", "escaped", "quoted in a text", "backslash", "other values", "list"],
)
def test_what_is_not_a_long_plain_data_string_is_left_as_it_is(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


def test_blanks_around_the_colon_do_not_matter() -> None:
    assert bytes(parse(b'{"data" : "' + LONG.encode() + b'"}')["data"]) == LONG.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a":NaN}',
        b'{"a":-Infinity,"data":"' + LONG.encode() + b'"}',
        b'{"data":"' + LONG.encode(),
        b'"x"data":"' + LONG.encode() + b'"',
        b"\xff\xfe{}",
        b"[" * 100_000,
    ],
    ids=["empty", "open", "nan", "infinity", "cut", "bare word", "utf-16", "deep"],
)
def test_what_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the contract is the type; json's own subclass comes too
        parse(body)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 196_607, 196_608, 196_609, 500_000])
def test_base64_decodes_to_the_same_bytes_whatever_the_length(size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    assert decode_base64(b64encode(data).decode()) == data
    assert decode_base64(memoryview(b64encode(data))) == data


@pytest.mark.parametrize(
    "text",
    ["A", "AAA", "AA==AAAA", "AA\nAA", "AAA*", "ÄÄÄÄ", "=" * 4, "A" * 262_142 + "==" + "AAAA", "AAAA" * 65_536 + "A"],
)
def test_damaged_base64_is_told(text: str) -> None:
    with pytest.raises(Base64Damaged):
        decode_base64(text)
