"""Which server is asked with which key: no way of changing the address takes a key along."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.core.access import choose
from app.core.errors import BadAddress, BadKey
from app.core.keys import Keys
from app.core.server import ANTHROPIC, Server
from app.core.settings import Settings

OWN = "https://models.example.org"
LOCAL = "http://localhost:11434"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Keys of this run for Anthropic and for OWN, beside a keyring that keeps nothing."""
    from keyring import core

    monkeypatch.setattr("keyring.core._keyring_backend", core.load_keyring("keyring.backends.null.Keyring"))
    kept = Keys()
    kept.put(ANTHROPIC, "kept-for-anthropic")
    kept.put(OWN, "kept-for-own")
    return kept


@pytest.mark.parametrize(
    ("environ", "base_url", "server", "key", "source"),
    [
        ({}, "", ANTHROPIC, "kept-for-anthropic", "session"),
        ({}, OWN, OWN, "kept-for-own", "session"),
        ({}, OWN + ":443/api/", OWN + "/api", "kept-for-own", "session"),
        ({}, OWN + ":8443", OWN + ":8443", "", "none"),
        ({}, LOCAL, LOCAL, "", "none"),
        ({"ANTHROPIC_API_KEY": "env"}, "", ANTHROPIC, "env", "environment"),
        ({"ANTHROPIC_API_KEY": " env\n"}, ANTHROPIC + "/", ANTHROPIC, "env", "environment"),
        ({"ANTHROPIC_API_KEY": "env"}, OWN, OWN, "kept-for-own", "session"),
        ({"ANTHROPIC_API_KEY": "env"}, LOCAL, LOCAL, "", "none"),
        (
            {"ANTHROPIC_API_KEY": "env"},
            "https://api.anthropic.com.example.org",
            "https://api.anthropic.com.example.org",
            "",
            "none",
        ),
        ({"ANTHROPIC_BASE_URL": OWN}, "", OWN, "kept-for-own", "session"),
        ({"ANTHROPIC_BASE_URL": OWN}, ANTHROPIC, OWN, "kept-for-own", "session"),
        ({"ANTHROPIC_BASE_URL": LOCAL}, "", LOCAL, "", "none"),
        ({"ANTHROPIC_BASE_URL": LOCAL, "ANTHROPIC_API_KEY": "env"}, "", LOCAL, "env", "environment"),
        ({"ANTHROPIC_BASE_URL": LOCAL, "ANTHROPIC_API_KEY": "env"}, OWN, LOCAL, "env", "environment"),
        ({"ANTHROPIC_BASE_URL": " ", "ANTHROPIC_API_KEY": ""}, "", ANTHROPIC, "kept-for-anthropic", "session"),
    ],
)
def test_a_key_goes_to_its_own_server_only(
    keys: Keys, environ: dict[str, str], base_url: str, server: str, key: str, source: str
) -> None:
    access = choose(environ, Settings(base_url=base_url), keys)
    assert (access.server, access.key, access.source) == (Server(server), key, source)


def test_an_auth_token_is_sent_as_bearer_where_there_is_no_key(keys: Keys) -> None:
    environ = {"ANTHROPIC_BASE_URL": LOCAL, "ANTHROPIC_AUTH_TOKEN": "token"}
    access = choose(environ, Settings(auth="x-api-key"), keys)
    assert (access.server, access.key) == (Server(LOCAL, "bearer"), "token")
    access = choose(environ | {"ANTHROPIC_API_KEY": "env"}, Settings(), keys)
    assert (access.server, access.key) == (Server(LOCAL, "x-api-key"), "env")


def test_the_way_a_key_is_sent_can_be_set(keys: Keys) -> None:
    assert choose({}, Settings(base_url=OWN, auth="bearer"), keys).server.auth == "bearer"
    assert choose({"ANTHROPIC_BASE_URL": LOCAL}, Settings(base_url=LOCAL, auth="bearer"), keys).server.auth == "bearer"


def test_the_way_chosen_for_one_server_is_not_taken_to_another(keys: Keys) -> None:
    assert choose({"ANTHROPIC_BASE_URL": LOCAL}, Settings(base_url=OWN, auth="bearer"), keys).server.auth == "x-api-key"


def test_what_cannot_be_used_is_refused(keys: Keys) -> None:
    with pytest.raises(BadAddress):
        choose({"ANTHROPIC_BASE_URL": "http://example.org"}, Settings(), keys)
    with pytest.raises(BadAddress):
        choose({}, Settings(base_url="http://example.org"), keys)
    for key in ("sk\nant", "sk-ä", "two words"):
        with pytest.raises(BadKey) as raised:
            choose({"ANTHROPIC_API_KEY": key}, Settings(), keys)
        assert raised.value == BadKey("characters", "ANTHROPIC_API_KEY")


def test_the_key_is_in_no_repr(keys: Keys) -> None:
    access = choose({"ANTHROPIC_API_KEY": "s3cret"}, Settings(), keys)
    assert "s3cret" not in repr(access) + repr(access.key) + repr([access.key])
    assert f"Bearer {access.key}" == "Bearer s3cret"


def test_with_a_key_in_the_environment_the_keyring_is_not_even_loaded() -> None:
    script = """
import sys
from app.core.access import choose
from app.core.keys import Keys
from app.core.settings import Settings
assert choose({"ANTHROPIC_API_KEY": "env"}, Settings(), Keys()).key == "env"
assert "keyring" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
