"""What a server on the web may answer instead of a picture: bombs, floods, fragments, nonsense."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from app.core import fetch as fetching
from app.core.errors import LinkRefused
from app.core.fetch import MOST_BYTES
from tests.core.web import PICTURE, PUBLIC, Answer, get, ok, refusal, saying, serving


async def endless(_: str, writer: asyncio.StreamWriter) -> None:
    writer.write(ok(b"", "x: y"))
    while True:
        writer.write(PICTURE * 100)
        await writer.drain()


async def endless_headers(_: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x: " + b"y" * 10_000 + b"\r\n")
        await writer.drain()


async def endless_chunk_size(_: str, writer: asyncio.StreamWriter) -> None:
    writer.write(ok(b"", "transfer-encoding: chunked") + b"5;")
    while True:
        writer.write(b"x" * 10_000)
        await writer.drain()


TOO_LARGE = LinkRefused("pics.example", "too_large", limit=MOST_BYTES)
FAILED = LinkRefused("pics.example", "failed")
BOMB = gzip.compress(bytes(10_000_000))
ABUSES: dict[str, tuple[Answer, LinkRefused]] = {
    "endless": (endless, TOO_LARGE),
    "a length above the limit": (saying(ok(b"", f"content-length: {MOST_BYTES + 1}")), TOO_LARGE),
    "a length of 19 digits": (saying(ok(b"", "content-length: " + "9" * 19)), TOO_LARGE),
    "a length of 5000 digits": (saying(ok(b"", "content-length: " + "9" * 5000)), FAILED),
    "two lengths": (saying(ok(PICTURE, "content-length: 5", "content-length: 6")), FAILED),
    "a negative length": (saying(ok(PICTURE, "content-length: -1")), FAILED),
    "oversize in one chunk": (saying(ok(b"1400000\r\n" + bytes(0x1400000), "transfer-encoding: chunked")), TOO_LARGE),
    "gzip bomb": (saying(ok(BOMB, "content-encoding: gzip", f"content-length: {len(BOMB)}")), FAILED),
    "gzip bomb in transfer": (saying(ok(BOMB, "transfer-encoding: gzip, chunked")), FAILED),
    "an encoding of another name": (saying(ok(PICTURE, "content-encoding: br")), FAILED),
    "truncated": (saying(ok(PICTURE[:100], f"content-length: {len(PICTURE)}")), FAILED),
    "truncated chunks": (saying(ok(b"800\r\nabc", "transfer-encoding: chunked")), FAILED),
    "garbage for chunks": (saying(ok(b"zz\r\nabc\r\n", "transfer-encoding: chunked")), FAILED),
    "endless chunk size": (endless_chunk_size, FAILED),
    "early close": (saying(b""), FAILED),
    "close amid the headers": (saying(b"HTTP/1.1 200 OK\r\ncontent-le"), FAILED),
    "header flood": (endless_headers, FAILED),
    "no HTTP": (saying(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), FAILED),
    "a redirect nowhere": (saying(b"HTTP/1.1 302 Found\r\n\r\n"), LinkRefused("pics.example", "status", 302)),
    "switching": (saying(b"HTTP/1.1 101 Switching\r\n\r\n"), FAILED),
    **{
        f"status {status}": (
            saying(f"HTTP/1.1 {status} X\r\nlocation: https://127.0.0.1/\r\n\r\n".encode()),
            LinkRefused("pics.example", "status", status),
        )
        for status in (204, 206, 300, 304, 305, 401, 403, 404, 451, 500, 503)
    },
}


@pytest.mark.parametrize(("answer", "refused"), ABUSES.values(), ids=ABUSES)
async def test_an_answer_that_is_none_is_left(answer: Answer, refused: LinkRefused) -> None:
    async with serving(answer) as net:
        assert await refusal(net) == refused
    assert net.connects == [PUBLIC]


async def test_a_picture_of_exactly_the_limit_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", len(PICTURE))
    for raw in (ok(PICTURE), ok(PICTURE, "x: y")):
        async with serving(saying(raw)) as net:
            assert (await get(net)).data == PICTURE
    async with serving(saying(ok(PICTURE + b"x", "x: y"))) as net:
        assert (await refusal(net)).limit == len(PICTURE)


async def test_a_body_in_single_bytes_leaves_the_loop_free() -> None:
    raw = ok(b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n", "transfer-encoding: chunked")
    async with serving(saying(raw)) as net:
        task = asyncio.create_task(get(net))
        turns = 0
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
        assert (await task).data == b"x" * 10_000
    assert turns > 100
