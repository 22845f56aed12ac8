"""Which server is asked, and with which key.

A key goes to the server it was given for and to no other: the environment's to the environment's server, a stored
one to the server it was entered for. Changing the address never takes a key along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.core.errors import BadKey
from app.core.keys import Keys, Secret
from app.core.server import ANTHROPIC, Server
from app.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    """A server with the key to it."""

    server: Server
    key: Secret
    """Empty where there is none."""
    source: Literal["environment", "keyring", "session", "none"]
    variable: str = ""
    """The environment's variable that holds the key."""


def choose(environ: Mapping[str, str], settings: Settings, keys: Keys) -> Access:
    """The environment before what was set and stored.

    The server is ANTHROPIC_BASE_URL's, else that of the settings. ANTHROPIC_API_KEY, else ANTHROPIC_AUTH_TOKEN
    (which is always sent as Bearer), is used if that server is the environment's: Anthropic's where no address is
    set. Otherwise the keyring is asked, which may block. Raises BadAddress and BadKey.
    """
    home = Server.from_environment(environ)
    chosen = Server(settings.base_url or ANTHROPIC, settings.auth)
    if chosen.origin == home.origin:
        home = Server(home.base_url, settings.auth)
    named = environ.get("ANTHROPIC_BASE_URL", "").strip()
    server = home if named else chosen
    if server.origin == home.origin:
        if key := _environment_key(environ, "ANTHROPIC_API_KEY"):
            return Access(server, key, "environment", "ANTHROPIC_API_KEY")
        if token := _environment_key(environ, "ANTHROPIC_AUTH_TOKEN"):
            return Access(Server(server.base_url, "bearer"), token, "environment", "ANTHROPIC_AUTH_TOKEN")
    return Access(server, *keys.get(server.origin))


def _environment_key(environ: Mapping[str, str], name: str) -> Secret | None:
    """The key as it is, less the blanks around it. Raises BadKey where no header can carry it."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise BadKey("characters", name)
    return Secret(text)
