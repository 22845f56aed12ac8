"""Which links are fetched at all: every spelling of a private address is refused, public ones are read one way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.core.errors import LinkRefused
from app.core.public import check_address, is_public, read

PRIVATE = [
    # loopback and this host
    "127.0.0.1", "127.0.0.1.", "127.255.255.254", "127.0.0.53", "0.0.0.0.", "0.1.2.3", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "localhost", "LOCALHOST", "localhost.",
    "me.localhost", "a.localhost.", "localhost.localdomain", "ｌｏｃａｌｈｏｓｔ", "ⓛocalhost", "loc\u00adalhost",
    # full-width digits and dots are the same to a browser
    "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.0.0.1", "１２７。０。０。１。",
    # private networks, providers, links
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254", "100.64.0.1",
    "100.127.255.255", "169.254.1.1", "[fe80::1]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]",
    "[fec0::1]", "router", "intranet", "nas.local", "printer.LOCAL.", "db.internal", "box.home.arpa", "hidden.onion",
    # the metadata of clouds
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "[fd00:ec2::254]",
    "[fd20:ce::254]", "metadata", "metadata.google.internal",
    # IPv4 inside IPv6
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:10.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::]", "[2002:c0a8:1::1]",
    "[2001:0:7f00:1::]", "[2001:0000:4136:e378:8000:63bf:3fff:fdd2]", "[2a00:1450::5efe:127.0.0.1]",
    "[2a00:1450::200:5efe:10.0.0.1]", "[::ffff:8.8.8.8]", "[2002:808:808::]",
    # not for hosts
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "[ff02::1]", "[ff0e::1]", "192.0.2.1",
    "198.51.100.7", "203.0.113.9", "198.18.0.1", "198.19.255.255", "192.88.99.1", "192.0.0.8", "[2001:db8::1]",
    "[3fff::1]", "[100::1]", "[2001:2::1]", "[2001:20::1]", "[5f00::1]", "[4000::1]", "[2620:4f:8000::1]",
]  # fmt: skip

ODD = [
    # what some programs read as 127.0.0.1 or another private address
    "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1",
    "0177.0.0.01", "00000177.0.0.1", "127.0.0.01", "127.0.0.0x1", "0", "0x0", "0x", "3232235521", "167772161",
    "0xa.0.0.1", "10.1", "192.168.257", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "１２７.1",
    "２１３０７０６４３３", "0Ｘ7f.1", "127.1.", "256.256.256.256", "1.2.3.4.5", "127.0.0.1.1", "127.0.0.000000000001",
    "4294967297",
    # what is no host
    "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "%6cocalhost", "127.0.0.1%00.pics.example", "", ".", "..", "localhost..",
    "pics..example", ".pics.example", "-pics.example", "pics-.example", "pi cs.example", "pics.example,10.0.0.1",
    "[127.0.0.1]", "[::1", "::1]", "::1", "[::1]]", "[v1.127.0.0.1]", "[::1].pics.example", "[]", "[::g]", "[:::1]",
    "a" * 64 + ".example", "a." * 130 + "example", "*.example", "pics.exa\u202emple", "℀.example",
    "a\u2024\u2024b.example", "xn--\u00fc.example", "😀\ud800.example", "<b>.example", "'.example",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_host_is_told_before_anything_is_asked(host: str) -> None:
    with pytest.raises(LinkRefused) as refused:
        check_address(f"https://{host}/roof.jpg")
    assert refused.value.reason == "private"
    assert refused.value.name


@pytest.mark.parametrize("host", ODD, ids=ascii)
def test_an_odd_spelling_is_no_address(host: str) -> None:
    with pytest.raises(LinkRefused) as refused:
        check_address(f"https://{host}/roof.jpg")
    assert refused.value.reason == "unreadable"
    assert refused.value.name


def test_the_spellings_are_many() -> None:
    assert len({*PRIVATE, *ODD}) >= 90


@pytest.mark.parametrize(
    ("url", "reason", "name"),
    [
        ("http://pics.example/a.png", "scheme", "pics.example"),
        ("HTTP://127.0.0.1/", "scheme", "127.0.0.1"),
        ("ftp://pics.example/a.png", "scheme", "pics.example"),
        ("file:///etc/passwd", "scheme", "file:///etc/passwd"),
        ("data:image/png;base64,AAAA", "scheme", "data:image/png;base64,AAAA"),
        ("javascript:alert(1)", "scheme", "javascript:alert(1)"),
        ("gopher://127.0.0.1:6379/_INFO", "scheme", "127.0.0.1:6379"),
        ("//pics.example/a.png", "scheme", "pics.example"),
        ("pics.example/a.png", "scheme", "pics.example/a.png"),
        ("https:/pics.example/a.png", "unreadable", "https:/pics.example/a.png"),
        ("https:///pics.example/a.png", "unreadable", "https:///pics.example/a.png"),
        ("https://me:secret@pics.example/a.png", "credentials", "pics.example"),
        ("https://pics.example@127.0.0.1/", "credentials", "127.0.0.1"),
        ("https://@pics.example/", "credentials", "pics.example"),
        ("https://pics.example:80/", "port", "pics.example"),
        ("https://pics.example:8443/", "port", "pics.example"),
        ("https://pics.example:22/", "port", "pics.example"),
        ("https://127.0.0.1:443/", "private", "127.0.0.1"),
        ("https://pics.example:４４３/", "unreadable", "pics.example:４４３"),
        ("https://pics.example:-1/", "unreadable", "pics.example:-1"),
        ("https://pics.example:443:443/", "unreadable", "pics.example:443:443"),
        ("https://pics.example\\@127.0.0.1/", "unreadable", "127.0.0.1/"),
        ("https:\\\\127.0.0.1\\", "unreadable", "https:\\\\127.0.0.1\\"),
        ("https://127.0.0.1\t.pics.example/", "unreadable", None),
        ("https://pics.example/a\r\nHost: 127.0.0.1", "unreadable", None),
        ("https://pics.example/\0", "unreadable", None),
        ("https://pics.example/" + "a" * 9000, "unreadable", None),
        ("", "unreadable", None),
    ],
)
def test_a_link_of_another_kind_is_refused(url: str, reason: str, name: str | None) -> None:
    with pytest.raises(LinkRefused) as refused:
        check_address(url)
    assert refused.value.reason == reason
    assert name is None or refused.value.name == name
    assert "secret" not in refused.value.name


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://pics.example/roof.jpg?w=1#top", "pics.example", "/roof.jpg?w=1"),
        ("  HTTPS://Pics.Example.:443 ", "pics.example", "/"),
        ("https://pics.example:/?x", "pics.example", "/?x"),
        ("https://münchen.example/Dächer/süd seite.jpg", "xn--mnchen-3ya.example", "/D%C3%A4cher/s%C3%BCd%20seite.jpg"),
        ("https://pics。example/a%20b", "pics.example", "/a%20b"),
        ("https://xn--mnchen-3ya.example/\"<>", "xn--mnchen-3ya.example", "/%22%3C%3E"),
        ("https://a_b.c-d.example/", "a_b.c-d.example", "/"),
        ("https://93.184.216.34/", "93.184.216.34", "/"),
        ("https://[2A00:1450:0::8a]/", "[2a00:1450::8a]", "/"),
        ("https://pics.example/../a/./b?q=../x", "pics.example", "/../a/./b?q=../x"),
    ],
)  # fmt: skip
def test_a_public_link_is_read_one_way(url: str, host: str, target: str) -> None:
    link = read(url)
    assert (link.host, link.target) == (host, target)
    assert read(link.url) == link
    assert link.literal == (host.strip("[]") if host[0] in "[9" else "")


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "pics.example", "127.1", "2606:4700::1111%eth0", "::ffff:8.8.8.8", "٨.8.8.8"])
def test_what_is_no_plain_address_is_not_public(address: str) -> None:
    assert not is_public(address)


def test_an_address_is_checked_without_loading_what_fetches() -> None:
    code = (
        "import sys\n"
        "from app.core.public import check_address\n"
        "assert check_address('https://pics.example/a.png') == 'pics.example'\n"
        "assert not {'httpcore', 'httpx', 'idna', 'ssl', 'asyncio'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
