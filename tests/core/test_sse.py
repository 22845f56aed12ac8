"""The decoder against the standard: a reference written from its text, and a table of hand-made streams."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.sse import MAX_EVENT, MAX_LINE, Decoder, Event, TooLarge


def reference(stream: bytes) -> list[Event]:
    """HTML standard, 9.2.5 and 9.2.6, word by word, over the whole stream at once."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    events, lines, line = [], [], ""
    previous = ""
    for character in text:
        if character in "\r\n":
            if not (character == "\n" and previous == "\r"):
                lines.append(line)
            line = ""
        else:
            line += character
        previous = character
    name, data = "", ""
    for line in lines:
        if line == "":
            if data:
                events.append(Event(name, data.removesuffix("\n")))
            name, data = "", ""
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
    return events


def in_pieces(stream: bytes, cuts: list[int]) -> list[Event]:
    decoder = Decoder()
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    return [event for piece in pieces for event in decoder.feed(piece)]


TOKENS = [
    b"data: ", b"data:", b"data", b"event: ", b"event", b"id: 1", b": comment", b":", b" ", b"x", b"{}",
    b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef", b"\xbb", b"\xff", b"\xc3", b"\xa9",
    "\u2028".encode(), "\u0085".encode(), "\U0001f600".encode(), b"\x0b", b"\x0c", b"\x1c", b"\x00",
]  # fmt: skip
STREAMS = st.one_of(st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join), st.binary(max_size=60))


@given(stream=STREAMS, cuts=st.lists(st.integers(min_value=0), max_size=6))
@example(stream=b"data: a\r\ndata: b\r\n\r\n", cuts=[8])
@example(stream=b"data: a\r\r\ndata: b\n\n", cuts=[8, 9])
@example(stream=b"\xef\xbb\xbfdata: a\n\n", cuts=[1, 2])
def test_any_chunking_gives_the_events_of_the_standard(stream: bytes, cuts: list[int]) -> None:
    assert in_pieces(stream, cuts) == reference(stream)


@given(stream=STREAMS)
@example(stream=b"data: a\r\ndata: b\r\n\r\n")
def test_one_byte_at_a_time_gives_the_events_of_the_standard(stream: bytes) -> None:
    assert in_pieces(stream, list(range(len(stream)))) == reference(stream)


CASES = {
    "LF ends a line": (b"event: a\ndata: 1\n\n", [Event("a", "1")]),
    "CR ends a line": (b"event: a\rdata: 1\r\r", [Event("a", "1")]),
    "CRLF ends a line": (b"event: a\r\ndata: 1\r\n\r\n", [Event("a", "1")]),
    "line ends may be mixed": (b"event: a\rdata: 1\n\r\ndata: 2\r\r\n", [Event("a", "1"), Event("", "2")]),
    "a byte order mark is dropped": (b"\xef\xbb\xbfdata: 1\n\n", [Event("", "1")]),
    "a second byte order mark is not": (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n", []),
    "comments are dropped": (b": hello\ndata: 1\n:\n\n", [Event("", "1")]),
    "several data lines are joined": (b"data: 1\ndata:\ndata:  2\n\n", [Event("", "1\n\n 2")]),
    "an event without data is none": (b"event: a\n\ndata: 1\n\n", [Event("", "1")]),
    "a field without a colon is empty": (b"data\n\n", [Event("", "")]),
    "the last name counts": (b"event: a\nevent: b\ndata: 1\n\n", [Event("b", "1")]),
    "id and retry are ignored": (b"id: 7\nretry: 9\ndata: 1\n\n", [Event("", "1")]),
    "field names are case-sensitive": (b"Data: 1\ndata : 2\n\n", []),
    "separators of Unicode stay inside": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [Event("", "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "broken UTF-8 is replaced and the stream goes on": (
        b"data: a\xff\xc3\n\ndata: b\n\n",
        [Event("", "a\ufffd\ufffd"), Event("", "b")],
    ),
    "an event without its blank line is none": (b"data: 1\n\ndata: 2\n", [Event("", "1")]),
    "nothing gives nothing": (b"", []),
}


@pytest.mark.parametrize(("stream", "events"), CASES.values(), ids=CASES)
def test_the_stream_is_read_as_the_standard_says(stream: bytes, events: list[Event]) -> None:
    assert in_pieces(stream, []) == events
    assert reference(stream) == events


def test_an_event_comes_with_the_carriage_return_that_ends_it() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: 1\r\r") == [Event("", "1")]
    assert decoder.feed(b"\ndata: 2\r\r") == [Event("", "2")]


def test_a_line_of_just_the_limit_is_read() -> None:
    text = "x" * (MAX_LINE - len("data: "))
    assert in_pieces(b"data: " + text.encode() + b"\n\n", [1000, 500_000]) == [Event("", text)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"], ids=["open", "closed", "dispatched"])
@pytest.mark.parametrize("size", [65_536, 4 << 20], ids=["in pieces", "at once"])
def test_a_line_over_the_limit_is_refused(end: bytes, size: int) -> None:
    stream = b"data: 1\n\ndata: " + b"x" * MAX_LINE + end
    with pytest.raises(TooLarge):
        in_pieces(stream, list(range(0, len(stream), size)))


def test_an_event_of_many_lines_over_the_limit_is_refused() -> None:
    line = b"data: " + b"x" * 99_999 + b"\n"
    lines = MAX_EVENT // 100_000
    assert in_pieces(line * lines, [1_000_000, 2_000_000]) == []
    with pytest.raises(TooLarge):
        in_pieces(line * (lines + 1), [1_000_000, 2_000_000])


def test_the_limit_of_an_event_counts_one_event_only() -> None:
    decoder = Decoder()
    event = b"data: " + b"x" * 999_999 + b"\n\n"
    assert sum(len(decoder.feed(event)) for _ in range(6)) == 6
