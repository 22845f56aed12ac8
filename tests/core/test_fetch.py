"""Fetching a picture from the web: real TLS on loopback, behind a network that notes every address it is asked for."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest
import trustme

from app import __version__
from app.core import fetch as fetching
from app.core.errors import LinkRefused
from app.core.fetch import MOST_BYTES, Fetched, fetch
from tests.core.test_public import ODD, PRIVATE

PUBLIC = "93.184.216.34"
OTHER = "2606:4700::1111"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
NAMES = {
    "pics.example": [PUBLIC],
    "cdn.example": [OTHER, PUBLIC],
    "private.example": ["10.0.0.1"],
    "loopback.example": ["127.0.0.1"],
    "mixed.example": [PUBLIC, "192.168.1.1"],
    "mixed6.example": ["::1", PUBLIC],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::a00:1"],
    "linklocal.example": ["fe80::1%eth0"],
    "metadata.example": ["169.254.169.254"],
    "junk.example": ["127.1"],
    "empty.example": [],
    "xn--mnchen-3ya.example": [PUBLIC],
}

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Net(httpcore.AsyncNetworkBackend):
    """Takes every address to the test's server on loopback, but for those that swallow or refuse a connection."""

    port: int
    heads: list[str]
    """What was asked of the server, in order."""
    connects: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Names that were looked up, in order."""
    names: dict[str, list[str]] = field(default_factory=lambda: dict(NAMES))
    dead: set[str] = field(default_factory=set)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        assert port == 443
        self.connects.append(host)
        if host in self.dead:
            raise httpcore.ConnectTimeout
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def serving(authority: trustme.CA, answer: Answer, *names: str) -> AsyncIterator[Net]:
    """A server with a certificate for `names`: all that are looked up, unless told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or (*NAMES, PUBLIC, OTHER))).configure_cert(context)
    heads: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]  # it runs in one
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head)
            await answer(head, writer)
            await writer.drain()
        writer.transport.abort() if writer.is_closing() else writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield Net(server.sockets[0].getsockname()[1], heads)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(raw: bytes) -> Answer:
    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return answer


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", *(headers or (f"content-length: {len(body)}",)), "", ""]
    return "\r\n".join(lines).encode() + body


def moved(*locations: str, status: int = 302, last: bytes = b"") -> Answer:
    """Redirects to one after the other, then answers with `last` or the picture."""
    ways = iter(locations)

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        way = next(ways, None)
        head = f"HTTP/1.1 {status} Moved\r\nset-cookie: a=b\r\nlocation: {way}\r\ncontent-length: 5\r\n\r\nmoved"
        writer.write(last or ok(PICTURE) if way is None else head.encode())

    return answer


async def get(net: Net, trust: ssl.SSLContext, url: str = "https://pics.example/roof.png", **how: Any) -> Fetched:
    return await fetch(url, resolve=net.resolve, network=net, trust=trust, **how)


async def refusal(
    net: Net, trust: ssl.SSLContext, url: str = "https://pics.example/roof.png", **how: Any
) -> LinkRefused:
    with pytest.raises(LinkRefused) as refused:
        await get(net, trust, url, **how)
    return refused.value


async def test_a_picture_is_fetched_and_nothing_is_told_but_its_address(
    authority: trustme.CA, trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving(authority, saying(ok(PICTURE))) as net:
        fetched = await get(net, trust, "https://Pics.Example/a%20b/Dach%20süd.png?w=9#top")
    assert fetched == Fetched(PICTURE, "https://pics.example/a%20b/Dach%20s%C3%BCd.png?w=9", "Dach süd.png")
    assert (net.asked, net.connects) == (["pics.example"], [PUBLIC])
    assert net.heads == [
        "GET /a%20b/Dach%20s%C3%BCd.png?w=9 HTTP/1.1\r\nHost: pics.example\r\n"
        f"User-Agent: visavis/{__version__}\r\nAccept: image/*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("url", "host"), [(f"https://{PUBLIC}/a.png", PUBLIC), (f"https://[{OTHER}]/a.png", f"[{OTHER}]")]
)
async def test_a_public_address_needs_no_name(
    authority: trustme.CA, trust: ssl.SSLContext, url: str, host: str
) -> None:
    async with serving(authority, saying(ok(PICTURE))) as net:
        assert (await get(net, trust, url)).url == url
    assert (net.asked, net.connects) == ([], [host.strip("[]")])
    assert f"\r\nHost: {host}\r\n" in net.heads[0]


async def test_bytes_without_a_length_or_in_chunks_or_of_no_picture_come_as_they_are(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    page = b"<!doctype html><title>Roof</title>"
    chunked = b"5\r\n<!doc\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(page) - 5, page[5:])
    for raw in (ok(page), ok(page, "content-type: text/html"), ok(chunked, "transfer-encoding: chunked")):
        async with serving(authority, saying(raw)) as net:
            assert (await get(net, trust)).data == page


@pytest.mark.parametrize("host", [*PRIVATE, *ODD], ids=ascii)
async def test_no_private_host_is_looked_up_or_connected_to(host: str) -> None:
    net = Net(0, [])
    refused = await refusal(net, ssl.create_default_context(), f"https://{host}/roof.png")
    assert refused.reason in {"private", "unreadable"}
    assert (net.asked, net.connects) == ([], [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [(name, "private") for name in NAMES if NAMES[name] and not {*NAMES[name]} <= {PUBLIC, OTHER}]
    + [("empty.example", "dns"), ("unknown.example", "dns")],
)
async def test_a_name_with_any_private_address_is_not_connected_to(name: str, reason: str) -> None:
    net = Net(0, [])
    refused = await refusal(net, ssl.create_default_context(), f"https://{name}/roof.png")
    assert (refused.reason, refused.name) == (reason, name)
    assert (net.asked, net.connects) == ([name], [])


async def test_the_real_network_reaches_no_canary_on_loopback() -> None:
    caught: list[object] = []
    canary = await asyncio.start_server(lambda *_: caught.append(1), "127.0.0.1", 0)
    port = canary.sockets[0].getsockname()[1]

    async def resolve(_: str) -> list[str]:
        return ["127.0.0.1"]

    async with canary:
        for url in (f"https://pics.example:{port}/", f"https://127.0.0.1:{port}/", "https://pics.example/"):
            with pytest.raises(LinkRefused):
                await fetch(url, resolve=resolve)
    assert caught == []


async def test_a_name_is_looked_up_once_for_each_request_so_that_it_cannot_be_bound_anew(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    async with serving(authority, moved("/again.png")) as net:
        answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])

        async def rebinding(host: str) -> Sequence[str]:
            net.asked.append(host)
            return next(answers)

        with pytest.raises(LinkRefused) as refused:
            await fetch("https://pics.example/roof.png", resolve=rebinding, network=net, trust=trust)
    assert refused.value.reason == "private"
    assert net.asked == ["pics.example"] * 2
    assert net.connects == [PUBLIC]
    assert len(net.heads) == 1


LEADS_AWAY = [
    ("http://pics.example/a.png", "scheme", "pics.example"),
    ("http://127.0.0.1/", "scheme", "127.0.0.1"),
    ("file:///etc/passwd", "scheme", "file:///etc/passwd"),
    ("gopher://127.0.0.1:6379/_INFO", "scheme", "127.0.0.1:6379"),
    ("data:image/png;base64,AAAA", "scheme", "data:image/png;base64,AAAA"),
    ("https://127.0.0.1/", "private", "127.0.0.1"),
    ("//127.0.0.1/", "private", "127.0.0.1"),
    ("https://127.1/", "unreadable", "127.1"),
    ("https://2130706433/", "unreadable", "2130706433"),
    ("https://１２７。0。0。1/", "private", "127.0.0.1"),
    ("https://[::1]/", "private", "[::1]"),
    ("https://[::ffff:169.254.169.254]/", "private", "[::ffff:a9fe:a9fe]"),
    ("https://localhost/", "private", "localhost"),
    ("https://169.254.169.254/latest/meta-data/", "private", "169.254.169.254"),
    ("https://private.example/", "private", "private.example"),
    ("https://mixed.example/", "private", "mixed.example"),
    ("https://mapped.example/", "private", "mapped.example"),
    ("https://pics.example:8443/", "port", "pics.example"),
    ("https://me:secret@pics.example/", "credentials", "pics.example"),
    ("https://pics.example\\@127.0.0.1/", "unreadable", "127.0.0.1/"),
    ("https://unknown.example/", "dns", "unknown.example"),
    ("\\\\127.0.0.1\\share", "unreadable", "\\\\127.0.0.1\\share"),
]


@pytest.mark.parametrize(("location", "reason", "name"), LEADS_AWAY)
async def test_a_redirect_is_checked_like_the_link_itself(
    authority: trustme.CA, trust: ssl.SSLContext, location: str, reason: str, name: str
) -> None:
    async with serving(authority, moved("https://cdn.example/1", location)) as net:
        refused = await refusal(net, trust)
    assert (refused.reason, refused.name) == (reason, name)
    assert net.connects == [PUBLIC, OTHER]
    assert len(net.heads) == 2


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://cdn.example/x/1.png", "https://cdn.example/x/1.png"),
        ("//cdn.example/1.png", "https://cdn.example/1.png"),
        ("/1.png", "https://pics.example/1.png"),
        ("1.png?w=2#top", "https://pics.example/a/1.png?w=2"),
        ("?w=2", "https://pics.example/a/roof.png?w=2"),
        ("https://münchen.example/ü.png", "https://xn--mnchen-3ya.example/%C3%BC.png"),
        ("https:///127.0.0.1/1.png", "https://pics.example/127.0.0.1/1.png"),
    ],
)
@pytest.mark.parametrize("status", [301, 308])
async def test_a_redirect_is_followed_without_cookies(
    authority: trustme.CA, trust: ssl.SSLContext, location: str, url: str, status: int
) -> None:
    async with serving(authority, moved(location, status=status)) as net:
        fetched = await get(net, trust, "https://pics.example/a/roof.png")
    assert fetched == Fetched(PICTURE, url, "roof.png")
    lines = [line.partition(":")[0] for line in net.heads[1].splitlines()[1:]]
    assert lines == ["Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", ""]


async def test_five_redirects_are_followed_and_a_sixth_is_not(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    async with serving(authority, moved(*"12345")) as net:
        assert (await get(net, trust)).url == "https://pics.example/5"
    async with serving(authority, moved(*"123456")) as net:
        assert await refusal(net, trust) == LinkRefused("pics.example", "redirects", limit=5)
    assert len(net.heads) == 6


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
    "switching": (saying(b"HTTP/1.1 101 Switching\r\n\r\n"), LinkRefused("pics.example", "status", 101)),
    **{
        f"status {status}": (
            saying(f"HTTP/1.1 {status} X\r\nlocation: https://127.0.0.1/\r\n\r\n".encode()),
            LinkRefused("pics.example", "status", status),
        )
        for status in (204, 206, 300, 304, 305, 401, 403, 404, 451, 500, 503)
    },
}


@pytest.mark.parametrize(("answer", "refused"), ABUSES.values(), ids=ABUSES)
async def test_an_answer_that_is_none_is_left(
    authority: trustme.CA, trust: ssl.SSLContext, answer: Answer, refused: LinkRefused
) -> None:
    async with serving(authority, answer) as net:
        assert await refusal(net, trust) == refused
    assert net.connects == [PUBLIC]


async def test_a_picture_of_exactly_the_limit_is_taken(
    authority: trustme.CA, trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", len(PICTURE))
    for raw in (ok(PICTURE), ok(PICTURE, "x: y")):
        async with serving(authority, saying(raw)) as net:
            assert (await get(net, trust)).data == PICTURE
    async with serving(authority, saying(ok(PICTURE + b"x", "x: y"))) as net:
        assert (await refusal(net, trust)).limit == len(PICTURE)


async def silent(_: str, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


async def dripping(_: str, writer: asyncio.StreamWriter) -> None:
    writer.write(ok(b"", "content-length: 9999"))
    stopped = asyncio.Event()
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), 0.01)


@pytest.mark.parametrize("answer", [silent, dripping])
async def test_a_slow_server_is_given_up(authority: trustme.CA, trust: ssl.SSLContext, answer: Answer) -> None:
    async with serving(authority, answer) as net:
        assert await refusal(net, trust, seconds=0.3) == LinkRefused("pics.example", "timeout", limit=1)
    assert len(net.heads) == 1


async def test_the_time_is_for_all_redirects_together(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    async def ping_pong(head: str, writer: asyncio.StreamWriter) -> None:
        if "/a.png" in head:
            await silent(head, writer)
        else:
            await moved("https://cdn.example/a.png")(head, writer)

    async with serving(authority, ping_pong) as net:
        assert await refusal(net, trust, seconds=0.5) == LinkRefused("cdn.example", "timeout", limit=1)


async def test_a_name_server_that_never_answers_is_given_up() -> None:
    async def never(_: str) -> list[str]:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(LinkRefused) as refused:
        await fetch("https://pics.example/", resolve=never, seconds=0.05)
    assert refused.value == LinkRefused("pics.example", "timeout", limit=1)


async def test_an_address_that_is_dead_leaves_the_next_and_five_are_not_tried(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    async with serving(authority, saying(ok(PICTURE))) as net:
        net.dead = {OTHER}
        assert (await get(net, trust, "https://cdn.example/")).name == "cdn.example"
        assert net.connects == [OTHER, PUBLIC]
        many = [f"93.184.216.{n}" for n in range(40)]
        net.names["pics.example"], net.dead, net.connects = many, {*many}, []
        assert await refusal(net, trust) == LinkRefused("pics.example", "connect")
        assert net.connects == many[:4]


async def test_a_port_where_nothing_listens_is_no_connection(trust: ssl.SSLContext) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    net = Net(server.sockets[0].getsockname()[1], [])
    server.close()
    await server.wait_closed()
    assert await refusal(net, trust) == LinkRefused("pics.example", "connect")


async def test_a_certificate_of_another_name_or_authority_is_refused(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    refused = LinkRefused("pics.example", "tls")
    async with serving(authority, saying(ok(PICTURE)), "cdn.example", PUBLIC) as net:
        assert await refusal(net, trust) == refused
        assert net.heads == []
    async with serving(trustme.CA(), saying(ok(PICTURE))) as net:
        assert await refusal(net, trust) == refused
        assert await refusal_by_the_system(net) == refused
        assert net.heads == []


async def refusal_by_the_system(net: Net) -> LinkRefused:
    with pytest.raises(LinkRefused) as refused:
        await fetch("https://pics.example/", resolve=net.resolve, network=net)
    return refused.value


async def test_a_server_without_tls_is_refused(trust: ssl.SSLContext) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(ok(PICTURE))
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        net = Net(server.sockets[0].getsockname()[1], [])
        assert await refusal(net, trust) == LinkRefused("pics.example", "tls")


async def test_a_fetch_that_is_cancelled_hangs_up(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    asked, hung_up = asyncio.Event(), asyncio.Event()

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(PICTURE[:100], "content-length: 9999"))
        asked.set()
        await silent(head, writer)
        hung_up.set()

    async with serving(authority, answer) as net:
        task = asyncio.create_task(get(net, trust))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_a_body_in_single_bytes_leaves_the_loop_free(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    raw = ok(b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n", "transfer-encoding: chunked")
    async with serving(authority, saying(raw)) as net:
        task = asyncio.create_task(get(net, trust))
        turns = 0
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
        assert (await task).data == b"x" * 10_000
    assert turns > 100


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://pics.example/a/Dach%20s%C3%BCd.png?x=/y.gif", "Dach süd.png"),
        ("https://pics.example/a%2Fb%2F..%2Froof.png", "roof.png"),
        ("https://pics.example/photo", "pics.example"),
        ("https://pics.example", "pics.example"),
        ("https://pics.example/" + "x" * 300 + ".png", "x" * 196 + ".png"),
    ],
)
async def test_a_picture_is_called_by_its_link_or_its_host(
    authority: trustme.CA, trust: ssl.SSLContext, url: str, name: str
) -> None:
    async with serving(authority, saying(ok(PICTURE))) as net:
        assert (await get(net, trust, url)).name == name
    async with serving(authority, moved("https://cdn.example/r/oof.webp")) as net:
        assert (await get(net, trust, url)).name == ("oof.webp" if name == "pics.example" else name)


async def test_the_system_resolves_names() -> None:
    assert set(await fetching.resolve("localhost")) <= {"127.0.0.1", "::1"}
