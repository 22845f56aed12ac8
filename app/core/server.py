"""The server that answers: its address in one normal form, and how a key is shown to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import SplitResult, urlsplit

from app.core.errors import BadAddress

if TYPE_CHECKING:
    from app.core.request import Source

Auth = Literal["", "bearer", "x-api-key"]

ANTHROPIC: Final = "https://api.anthropic.com"
PRACTICE: Final = "practice"
"""Stands for the server's host in practice mode."""

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?")
_PRINTABLE: Final = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go. Two servers are equal when the same request goes the same way."""

    base_url: str = ANTHROPIC
    """Any address a person may type; kept as scheme, host in lower case and punycode, port, path without "/"."""
    auth: Auth = ""
    """Empty asks for the default: Bearer for Anthropic's own server, x-api-key elsewhere (API.md, section 3.1)."""

    def __post_init__(self) -> None:
        """Raises BadAddress: https only, plain http to this machine alone, no name and password in the address."""
        object.__setattr__(self, "base_url", _normal(self.base_url))
        if not self.auth:
            object.__setattr__(self, "auth", "bearer" if self.is_anthropic else "x-api-key")

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a key is bound to."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """As it is shown to the person: in punycode, with the port where it is not the scheme's own."""
        return urlsplit(self.base_url).netloc

    @property
    def is_anthropic(self) -> bool:
        return self.origin == ANTHROPIC

    @property
    def knows_transformations(self) -> bool:
        """Whether it can be told to refuse a picture rather than shrink it (API.md, sections 1.6 and 10)."""
        return self.is_anthropic

    @property
    def knows_diagnostics(self) -> bool:
        """Whether it can say why it read nothing from its cache (API.md, section 7)."""
        return self.is_anthropic

    def sources(self, *, foreign: bool) -> frozenset[Source]:
        """Besides bytes, how it takes pictures (API.md, section 1.7).

        `foreign` is the person's word that a server other than Anthropic's does: most do not (section 10).
        """
        return frozenset({"url", "file"}) if self.is_anthropic or foreign else frozenset()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], auth: Auth = "") -> Server:
        """The server of ANTHROPIC_BASE_URL, Anthropic's where that is unset or blank. Raises BadAddress."""
        return cls(environ.get("ANTHROPIC_BASE_URL", "").strip() or ANTHROPIC, auth)


def _normal(address: str) -> str:
    address = address.strip()
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        # What cannot be taken apart may hold a password all the same.
        raise BadAddress(address.rpartition("@")[2], "unreadable") from None
    if "@" in parts.netloc:
        raise BadAddress(parts.netloc.rpartition("@")[2], "credentials")
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        raise BadAddress(address, "scheme")
    host = _host(parts)
    # urlsplit drops line breaks and tabs in silence; an address that holds any is none.
    if (
        not host
        or parts.query
        or parts.fragment
        or re.search(r"\s|\\", address)
        or not _PRINTABLE.fullmatch(parts.path)
    ):
        raise BadAddress(address, "unreadable")
    if parts.scheme == "http" and not _is_loopback(host):
        raise BadAddress(address, "plain_http")
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        where = f"{where}:{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def _host(parts: SplitResult) -> str:
    """The host in lower case, a foreign script in punycode; empty when it is none."""
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host:
        return _ip_text(host)
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError:
            return ""
    return host if _NAME.fullmatch(host) and ".." not in host else ""


def _ip_text(host: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    """Whether the host is this machine. Odd spellings ("127.1", "0x7f.1") are not worth trusting."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
