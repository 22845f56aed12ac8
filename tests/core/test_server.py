"""The server's address in one normal form."""

from __future__ import annotations

import pytest

from app.core.errors import BadAddress
from app.core.server import ANTHROPIC, Server


@pytest.mark.parametrize(
    ("typed", "base_url", "host"),
    [
        ("https://api.anthropic.com/", "https://api.anthropic.com", "api.anthropic.com"),
        (" HTTPS://API.Anthropic.com:443// ", "https://api.anthropic.com", "api.anthropic.com"),
        ("https://api.anthropic.com.", "https://api.anthropic.com", "api.anthropic.com"),
        ("https://openrouter.ai/api/", "https://openrouter.ai/api", "openrouter.ai"),
        ("https://Example.org:8443/A/b", "https://example.org:8443/A/b", "example.org:8443"),
        ("http://localhost:11434", "http://localhost:11434", "localhost:11434"),
        ("http://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1"),
        ("http://127.8.8.8:1234", "http://127.8.8.8:1234", "127.8.8.8:1234"),
        ("http://[0:0::1]:8000/v", "http://[::1]:8000/v", "[::1]:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://api.аnthropic.com", "https://api.xn--nthropic-06g.com", "api.xn--nthropic-06g.com"),
        ("https://api.anthropic.com\u200b", "https://api.anthropic.com", "api.anthropic.com"),
        ("https://api。anthropic。com", "https://api.anthropic.com", "api.anthropic.com"),
    ],
)
def test_an_address_has_one_normal_form(typed: str, base_url: str, host: str) -> None:
    server = Server(typed)
    assert (server.base_url, server.host) == (base_url, host)
    assert Server(server.base_url) == server


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "scheme"),
        ("api.anthropic.com", "scheme"),
        ("localhost:11434", "scheme"),
        ("//example.org", "scheme"),
        ("https:///path", "scheme"),
        ("ftp://example.org", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://example.org", "plain_http"),
        ("http://192.168.1.2:8080", "plain_http"),
        ("http://0.0.0.0", "plain_http"),
        ("http://127.1", "plain_http"),
        ("http://2130706433", "plain_http"),
        ("http://localhost.example.org", "plain_http"),
        ("http://127.0.0.1.example.org", "plain_http"),
        ("http://[fe80::1]", "plain_http"),
        ("https://user@example.org", "credentials"),
        ("https://api.anthropic.com@evil.example", "credentials"),
        ("https://:@example.org", "credentials"),
        ("https://example.org?x=1", "unreadable"),
        ("https://example.org/#x", "unreadable"),
        ("https://example.org:99999", "unreadable"),
        ("https://example.org:port", "unreadable"),
        ("https://exa mple.org", "unreadable"),
        ("https://example.org/a\nb", "unreadable"),
        ("https://example.org\\@evil.example", "credentials"),
        ("https://example.org/a\\b", "unreadable"),
        ("https://exa%6dple.org", "unreadable"),
        ("https://example..org", "unreadable"),
        ("https://-", "unreadable"),
        ("https://[::1", "unreadable"),
        ("https://[::zz]", "unreadable"),
        ("https://example.org/ü", "unreadable"),
        ("https://\u200b", "unreadable"),
    ],
)
def test_an_address_we_may_not_use_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(BadAddress) as raised:
        Server(typed)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "typed", ["https://me:s3cret@example.org/x", "https://me:s3cret@[::1", "https://s3cret@a:port"]
)
def test_a_password_in_an_address_is_in_no_error(typed: str) -> None:
    with pytest.raises(BadAddress) as raised:
        Server(typed)
    assert "s3cret" not in raised.value.address + repr(raised.value) + str(raised.value)
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_the_origin_is_what_a_key_is_bound_to() -> None:
    assert Server("https://Example.org:443/api").origin == "https://example.org"
    assert Server("http://localhost:11434/x/").origin == "http://localhost:11434"
    assert Server("https://example.org:8443").origin != Server("https://example.org").origin


def test_only_anthropics_own_server_gets_bearer_by_itself() -> None:
    assert Server() == Server(ANTHROPIC, "bearer")
    assert Server("https://api.anthropic.com:443/").is_anthropic
    assert not Server("https://api.anthropic.com:8443").is_anthropic
    assert Server("https://api.anthropic.com.evil.example").auth == "x-api-key"
    assert Server("http://localhost:11434").auth == "x-api-key"
    assert Server("http://localhost:11434", "bearer").auth == "bearer"
    assert Server(ANTHROPIC, "x-api-key").auth == "x-api-key"


def test_the_environment_names_the_server() -> None:
    assert Server.from_environment({}) == Server()
    assert Server.from_environment({"ANTHROPIC_BASE_URL": " "}) == Server()
    assert Server.from_environment({"ANTHROPIC_BASE_URL": "http://127.0.0.1:9/"}) == Server("http://127.0.0.1:9")
    with pytest.raises(BadAddress):
        Server.from_environment({"ANTHROPIC_BASE_URL": "http://example.org"})


def test_only_anthropics_own_server_takes_links_and_files_by_itself_and_exact_sizes() -> None:
    assert Server().sources(foreign=False) == {"url", "file"}
    assert Server().knows_transformations
    other = Server("http://localhost:11434")
    assert other.sources(foreign=False) == set()
    assert other.sources(foreign=True) == {"url", "file"}
    assert not other.knows_transformations
