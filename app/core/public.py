"""Which links may be fetched: https, to a public host, whatever way it is spelt (RELIABILITY.md, section 3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from app.core.errors import LinkRefused

PORT: Final = 443
LONGEST: Final = 8192
"""Characters of an address; servers take no more."""

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_LONGEST_NAME: Final = 253
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A name that ends so is read as an IPv4 address by some (127.1, 2130706433, 0x7f.1; WHATWG URL, section 3.5)."""
_NETLOC: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_UNFIT: Final = re.compile(r"[\0-\x1f\x7f\\]")
"""Programs differ in what they make of these; none belongs in an address."""
_AS_THEY_ARE: Final = "%/?:@!$&'()*+,;=~[]|"
_PRIVATE_DOMAINS: Final = (".localhost", ".localdomain", ".local", ".internal", ".home.arpa", ".onion")
"""Names of one's own machine or network (RFC 6761, 6762, 7686, 8375; ICANN for .internal)."""

# IANA's registries of special-purpose addresses, whole: what Python's is_global says differs by version (3.12.1 lets
# 192.0.0.0/24 and fec0::/10 through).
_NOT_PUBLIC_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by customers of a provider; Alibaba's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's own services, seen from inside
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocols; Oracle's metadata
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_PUBLIC_6: Final = IPv6Network("2000::/3")
"""All that is given out. Loopback, mapped, NAT64 (64:ff9b::/96), unique-local, site-local and multicast lie outside."""
_NOT_PUBLIC_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, benchmarks, ORCHID and other protocols
            "2001:db8::/32",
            "2002::/16",  # 6to4: leads to any IPv4 address
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
"""Bits 64 to 96 of an address that leads to the IPv4 address in its last 32 (RFC 5214)."""


@dataclass(frozen=True, slots=True)
class Link:
    """An https address taken apart once, so that all who use it read it the same way."""

    host: str
    """A name in lower case and punycode, or an IP address in its normal form; IPv6 in brackets."""
    target: str
    """Path and query, ASCII."""

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.target}"

    @property
    def literal(self) -> str:
        """The IP address, where the host is one; empty for a name."""
        bare = self.host.strip("[]")
        return bare if ":" in bare or _NUMBER.fullmatch(bare.rpartition(".")[2]) else ""

    def follow(self, location: str) -> Link:
        """Where a redirect leads. Raises LinkRefused, as `read` does."""
        return read(location, self.url)


def check_address(url: str) -> str:
    """The host a link leads to, as it is shown before anything is fetched. Raises LinkRefused for what never is."""
    return read(url).host


def read(url: str, base: str = "") -> Link:
    """Take an address apart, relative to `base`. Asks no server.

    Raises LinkRefused: "unreadable", "scheme" (https alone), "credentials", "port" (443 alone), or "private" for names
    and addresses that are not on the public internet.
    """
    url = url.strip(" ")
    # What cannot be taken apart may hold a password all the same.
    bare = url[:LONGEST].rpartition("@")[2]
    try:
        if _UNFIT.search(url) or not 0 < len(url.encode()) <= LONGEST:
            raise LinkRefused(bare, "unreadable")
        parts = urlsplit(urljoin(base, url))
    except ValueError:  # also for text that has no UTF-8
        raise LinkRefused(bare, "unreadable") from None
    if "@" in parts.netloc:
        raise LinkRefused(parts.netloc.rpartition("@")[2], "credentials")
    if parts.scheme != "https":
        raise LinkRefused(parts.netloc or url, "scheme")
    split = _NETLOC.fullmatch(parts.netloc)
    if split is None or not split[1]:
        raise LinkRefused(parts.netloc or url, "unreadable")
    host = _host(split[1])
    if split[2] and int(split[2]) != PORT:
        raise LinkRefused(host, "port")
    query = f"?{parts.query}" if parts.query else ""
    return Link(host, quote((parts.path or "/") + query, safe=_AS_THEY_ARE))


def is_public(address: str) -> bool:
    """Whether an IP address is one host's on the public internet; False for what is no address, or has a scope."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return found.is_global and not any(found in network for network in _NOT_PUBLIC_4)
    return (
        found.is_global
        and found.scope_id is None
        and found in _PUBLIC_6
        and not any(found in network for network in _NOT_PUBLIC_6)
        and (int(found) >> 32) & 0xFFFFFFFF not in _ISATAP
    )


def _host(written: str) -> str:
    """The host in its normal form. Raises LinkRefused."""
    if written.startswith("["):
        return f"[{_ip6(written)}]"
    host = written.lower()
    if len(host) > _LONGEST_NAME + 1:  # with the dot of an absolute name
        raise LinkRefused(host, "unreadable")
    if not host.isascii():
        import idna

        try:
            # uts46 also turns "①２７。０" into what it means to a browser.
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError:
            raise LinkRefused(written, "unreadable") from None
    host = host.removesuffix(".")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _ip4(host)
    if host and "." not in host and _NAME.fullmatch(f"{host}.x"):
        raise LinkRefused(host, "private")  # a name of the local network: localhost, router
    if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host):
        raise LinkRefused(written, "unreadable")
    if host.endswith(_PRIVATE_DOMAINS):
        raise LinkRefused(host, "private")
    return host


def _ip4(host: str) -> str:
    """Four decimal numbers and no other spelling: readers of those disagree about where they lead."""
    try:
        address = str(IPv4Address(host))
    except ValueError:
        raise LinkRefused(host, "unreadable") from None
    if not is_public(address):
        raise LinkRefused(address, "private")
    return address


def _ip6(host: str) -> str:
    try:
        address = str(IPv6Address(host[1:-1]))
    except ValueError:
        raise LinkRefused(host, "unreadable") from None
    if not is_public(address):
        raise LinkRefused(f"[{address}]", "private")
    return address
