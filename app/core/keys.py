"""API keys in the system's keyring, each bound to the server it was entered for (RELIABILITY, section 3.6).

Where there is no keyring that encrypts, a key is kept in memory for this run and never in a file. Every method may
wait for the keyring's daemon, or for the person who answers its prompt: call them in a thread.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from app.core.errors import BadKey

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from app.core.server import Server

Source = Literal["keyring", "session", "none"]

_SERVICE: Final = "visavis"

_BACKENDS: Final = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
"""Those known to encrypt what they keep. Any other may write the key to disk as it is."""
_CHAINER: Final = "keyring.backends.chainer.ChainerBackend"

_QUOTES: Final = "\"'`“”„‘’‚«»"
_ANTHROPIC_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_SAFE: Final = re.compile(r"[!-~]+")


class Secret(str):
    """A key. Its repr hides it, so that no traceback and no log of values shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('…')" if self else "Secret('')"


NO_KEY: Final = Secret("")


class Keys:
    """The keys of this person, by the origin of the server each is for (`Server.origin`)."""

    def __init__(self) -> None:
        self._session: dict[str, Secret] = {}

    def get(self, origin: str) -> tuple[Secret, Source]:
        """The key for this server and where it was; empty and "none" where there is none."""
        if origin in self._session:
            return self._session[origin], "session"
        key = _read(_backend(), origin)
        return key, "keyring" if key else "none"

    def put(self, origin: str, key: str) -> Literal["keyring", "session"]:
        """Keep a cleaned key. "session" says that it is gone when the app ends."""
        if _write(_backend(), origin, key):
            self._session.pop(origin, None)
            return "keyring"
        self._session[origin] = Secret(key)
        return "session"

    def remove(self, origin: str) -> bool:
        """Forget the key. False where a locked keyring may still hold it."""
        self._session.pop(origin, None)
        return _delete(_backend(), origin)


def clean_key(text: str, server: Server) -> Secret:
    """The key in what was pasted: without blanks, line breaks and quotes around it and without invisible characters.

    Raises BadKey for what cannot be a key of this server: at Anthropic 20 to 200 letters, digits, "_" and "-",
    elsewhere printable ASCII. Anthropic's admin and OAuth tokens are refused everywhere: they open more than is needed.
    """
    visible = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"})
    key = visible.strip().strip(_QUOTES).strip()
    if not key:
        raise BadKey("empty")
    if key.startswith("sk-ant-admin"):
        raise BadKey("admin")
    if key.startswith("sk-ant-oat"):
        raise BadKey("oauth")
    if not (_ANTHROPIC_KEY if server.is_anthropic else _HEADER_SAFE).fullmatch(key):
        raise BadKey("characters")
    if server.is_anthropic and len(key) < 20:
        raise BadKey("short")
    if server.is_anthropic and len(key) > 200:
        raise BadKey("long")
    return Secret(key)


def _backend() -> KeyringBackend | None:
    """The system's keyring, if it is one that encrypts."""
    try:
        import keyring

        found = keyring.get_keyring()
        # The chainer tries the next backend when one fails, be it a plain-text one: take the first good one itself.
        candidates = found.backends if _name(found) == _CHAINER else [found]  # type: ignore[attr-defined]
        return next((backend for backend in candidates if _name(backend) in _BACKENDS), None)
    except Exception:  # noqa: BLE001 – any module a setting names may be loaded here, and fail in its own way
        return None


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _read(backend: KeyringBackend | None, origin: str) -> Secret:
    if backend is None:
        return NO_KEY
    try:
        entry = json.loads(backend.get_password(_SERVICE, origin) or "{}")
    except Exception:  # noqa: BLE001 – locked, dismissed, no bus: each backend raises what its own library raises
        return NO_KEY
    # The origin inside the entry counts: a keyring's own labels can be edited and mixed up.
    if not isinstance(entry, dict) or entry.get("origin") != origin or not isinstance(entry.get("key"), str):
        return NO_KEY
    return Secret(entry["key"])


def _write(backend: KeyringBackend | None, origin: str, key: str) -> bool:
    """Whether the keyring has the key now: read back, because some say "set" and keep nothing."""
    if backend is None:
        return False
    try:
        backend.set_password(_SERVICE, origin, json.dumps({"origin": origin, "key": key}))
    except Exception:  # noqa: BLE001 – as in _read
        return False
    return _read(backend, origin) == key


def _delete(backend: KeyringBackend | None, origin: str) -> bool:
    if backend is None:
        return True
    from keyring.errors import PasswordDeleteError

    try:
        backend.delete_password(_SERVICE, origin)
    except PasswordDeleteError:
        return True
    except Exception:  # noqa: BLE001 – as in _read
        return False
    return True
