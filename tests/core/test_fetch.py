"""Fetching a picture from the web: who is asked, for what, and who never is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
import trustme

from app import __version__
from app.core import fetch as fetching
from app.core.errors import LinkRefused
from app.core.fetch import Fetched, fetch
from tests.core.test_public import ODD, PRIVATE
from tests.core.web import NAMES, OTHER, PICTURE, PUBLIC, TRUST, Answer, Net, get, moved, ok, refusal, saying, serving
from tests.gates import OpenGate


async def test_a_picture_is_fetched_and_nothing_is_told_but_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving(saying(ok(PICTURE))) as net:
        fetched = await get(net, "https://Pics.Example/a%20b/Dach%20süd.png?w=9#top")
    assert fetched == Fetched(PICTURE, "https://pics.example/a%20b/Dach%20s%C3%BCd.png?w=9", "Dach süd.png")
    assert (net.asked, net.connects) == (["pics.example"], [PUBLIC])
    (head,) = net.heads
    assert head.splitlines() == [
        "GET /a%20b/Dach%20s%C3%BCd.png?w=9 HTTP/1.1",
        "Host: pics.example",
        f"User-Agent: visavis/{__version__}",
        "Accept: image/*",
        "Accept-Encoding: identity",
        "Connection: close",
        "",
    ]


@pytest.mark.parametrize(
    ("url", "host"), [(f"https://{PUBLIC}/a.png", PUBLIC), (f"https://[{OTHER}]/a.png", f"[{OTHER}]")]
)
async def test_a_public_address_needs_no_name(url: str, host: str) -> None:
    async with serving(saying(ok(PICTURE))) as net:
        assert (await get(net, url)).url == url
    assert (net.asked, net.connects) == ([], [host.strip("[]")])
    assert f"\r\nHost: {host}\r\n" in net.heads[0]


async def test_bytes_without_a_length_or_in_chunks_or_of_no_picture_come_as_they_are() -> None:
    page = b"<!doctype html><title>Roof</title>"
    chunked = b"5\r\n<!doc\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(page) - 5, page[5:])
    for raw in (ok(page), ok(page, "content-type: text/html"), ok(chunked, "transfer-encoding: chunked")):
        async with serving(saying(raw)) as net:
            assert (await get(net)).data == page


@pytest.mark.parametrize("host", [*PRIVATE, *ODD], ids=ascii)
async def test_no_private_host_is_looked_up_or_connected_to(host: str) -> None:
    net = Net(0, [])
    refused = await refusal(net, f"https://{host}/roof.png")
    assert refused.reason in {"private", "unreadable"}
    assert (net.asked, net.connects) == ([], [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [(name, "private") for name in NAMES if NAMES[name] and not {*NAMES[name]} <= {PUBLIC, OTHER}]
    + [("empty.example", "dns"), ("unknown.example", "dns")],
)
async def test_a_name_with_any_private_address_is_not_connected_to(name: str, reason: str) -> None:
    net = Net(0, [])
    refused = await refusal(net, f"https://{name}/roof.png")
    assert (refused.reason, refused.name) == (reason, name)
    assert (net.asked, net.connects) == ([name], [])


async def test_a_name_is_looked_up_once_for_each_request_so_that_it_cannot_be_bound_anew() -> None:
    async with serving(moved("/again.png")) as net:
        answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])

        async def rebinding(host: str) -> Sequence[str]:
            net.asked.append(host)
            return next(answers)

        with pytest.raises(LinkRefused) as refused:
            await fetch("https://pics.example/roof.png", OpenGate(), resolve=rebinding, network=net, trust=TRUST)
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
async def test_a_redirect_is_checked_like_the_link_itself(location: str, reason: str, name: str) -> None:
    async with serving(moved("https://cdn.example/1", location)) as net:
        refused = await refusal(net)
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
async def test_a_redirect_is_followed_without_cookies(location: str, url: str, status: int) -> None:
    async with serving(moved(location, status=status)) as net:
        fetched = await get(net, "https://pics.example/a/roof.png")
    assert fetched == Fetched(PICTURE, url, "roof.png")
    lines = [line.partition(":")[0] for line in net.heads[1].splitlines()[1:]]
    assert lines == ["Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", ""]


async def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    async with serving(moved(*"12345")) as net:
        assert (await get(net)).url == "https://pics.example/5"
    async with serving(moved(*"123456")) as net:
        assert await refusal(net) == LinkRefused("pics.example", "redirects", limit=5)
    assert len(net.heads) == 6


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
async def test_a_slow_server_is_given_up(answer: Answer) -> None:
    async with serving(answer) as net:
        assert await refusal(net, seconds=0.3) == LinkRefused("pics.example", "timeout", limit=1)


async def test_the_time_is_for_all_redirects_together() -> None:
    async def ping_pong(head: str, writer: asyncio.StreamWriter) -> None:
        if "/a.png" in head:
            await silent(head, writer)
        else:
            await moved("https://cdn.example/a.png")(head, writer)

    async with serving(ping_pong) as net:
        assert await refusal(net, seconds=1.0) == LinkRefused("cdn.example", "timeout", limit=1)


async def test_a_name_server_that_never_answers_is_given_up() -> None:
    async def never(_: str) -> list[str]:
        await asyncio.Event().wait()
        return [PUBLIC]

    with pytest.raises(LinkRefused) as refused:
        await fetch("https://pics.example/", OpenGate(), resolve=never, seconds=0.05)
    assert refused.value == LinkRefused("pics.example", "timeout", limit=1)


async def test_an_address_that_is_dead_leaves_the_next_and_five_are_not_tried() -> None:
    async with serving(saying(ok(PICTURE))) as net:
        net.dead = {OTHER}
        assert (await get(net, "https://cdn.example/")).name == "cdn.example"
        assert net.connects == [OTHER, PUBLIC]
        many = [f"93.184.216.{n}" for n in range(40)]
        net.names["pics.example"], net.dead, net.connects = many, {*many}, []
        assert await refusal(net) == LinkRefused("pics.example", "connect")
        assert net.connects == many[:4]


async def test_a_port_where_nothing_listens_is_no_connection() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    net = Net(server.sockets[0].getsockname()[1], [])
    server.close()
    await server.wait_closed()
    assert await refusal(net) == LinkRefused("pics.example", "connect")


async def test_a_certificate_of_another_name_or_authority_is_refused() -> None:
    refused = LinkRefused("pics.example", "tls")
    async with serving(saying(ok(PICTURE)), "cdn.example", PUBLIC) as net:
        assert await refusal(net) == refused
        assert net.heads == []
    async with serving(saying(ok(PICTURE)), authority=trustme.CA()) as net:
        assert await refusal(net) == refused
        assert await refusal_by_the_system(net) == refused
        assert net.heads == []


async def refusal_by_the_system(net: Net) -> LinkRefused:
    with pytest.raises(LinkRefused) as refused:
        await fetch("https://pics.example/", OpenGate(), resolve=net.resolve, network=net)
    return refused.value


async def test_a_server_without_tls_is_refused() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(ok(PICTURE))
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        net = Net(server.sockets[0].getsockname()[1], [])
        assert await refusal(net) == LinkRefused("pics.example", "tls")


async def test_a_fetch_that_is_cancelled_hangs_up() -> None:
    asked, hung_up = asyncio.Event(), asyncio.Event()

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(PICTURE[:100], "content-length: 9999"))
        asked.set()
        await silent(head, writer)
        hung_up.set()

    async with serving(answer) as net:
        task = asyncio.create_task(get(net))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(hung_up.wait(), 5)


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
async def test_a_picture_is_called_by_its_link_or_its_host(url: str, name: str) -> None:
    async with serving(saying(ok(PICTURE))) as net:
        assert (await get(net, url)).name == name
    async with serving(moved("https://cdn.example/r/oof.webp")) as net:
        assert (await get(net, url)).name == ("oof.webp" if name == "pics.example" else name)


async def test_the_system_resolves_names() -> None:
    assert set(await fetching.resolve("localhost")) <= {"127.0.0.1", "::1"}
