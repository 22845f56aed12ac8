"""What the person has set, as one value in one JSON file."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from app.core import private
from app.core.errors import StoreFull
from app.core.message import JSON
from app.core.request import MAX_TOKENS

FILE: Final = "settings.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """Never changed: `dataclasses.replace` gives the next one, `save` keeps it."""

    model: str = ""
    """The model new chats begin with; empty for the catalog's default."""
    max_tokens: int = MAX_TOKENS
    theme: Literal["system", "light", "dark"] = "system"
    base_url: str = ""
    """The server's address; empty for Anthropic's."""
    auth: Literal["", "bearer", "x-api-key"] = ""
    """How the key is sent; empty for what suits the server (API.md, section 3.1)."""
    practice: bool = False
    sidebar_open: bool = True
    geometry: str = ""
    """The window's place as Qt saves it, in hexadecimal digits."""
    text_size: int = 100
    """Per cent of the system's."""
    upload: bool = False
    """Whether pictures are kept on the server and go by name from their first request on (API.md, section 5)."""
    upload_days: int = 30
    """Days after which the server forgets them."""
    foreign_sources: bool = False
    """Whether links and kept files may go to a server other than Anthropic's."""
    cap_day: str = ""
    """USD that may be spent in a day, as an exact decimal; empty for no cap. The same for the two after it.

    One that was written into the file and cannot be read counts as "0": nothing that costs is sent before the person
    has seen it on the Money page, where the "0" stands. As if there were none, all could be spent.
    """
    cap_month: str = ""
    cap_conversation: str = ""
    cache_ttl: Literal["5m", "1h"] = "5m"
    """How long the server keeps what a request wrote to its cache (API.md, section 7)."""
    count_while_typing: bool = False
    """Whether the words being typed go to the server's `count_tokens`, for an exact count."""
    advice_off: str = ""
    """Hints that are not wanted any more (`app.core.cautions`), with spaces between them."""
    prices: JSON = field(default_factory=dict)
    """What the person says models cost, by id: see `app.core.own_prices`."""
    other: JSON = field(default_factory=dict)
    """Keys of the file that this version does not know; `save` writes them back."""


_CHOICES: Final = {
    "theme": {"system", "light", "dark"},
    "auth": {"", "bearer", "x-api-key"},
    "cache_ttl": {"5m", "1h"},
}
_AMOUNTS: Final = {"cap_day", "cap_month", "cap_conversation"}
_AMOUNT: Final = re.compile(r"([0-9]{1,9}(\.[0-9]{1,12})?)?")
_RANGES: Final = {"max_tokens": range(1, 10_000_000), "text_size": range(50, 401), "upload_days": range(1, 91)}
_UNSET: Final = Settings()
_KNOWN: Final = {known.name: getattr(_UNSET, known.name) for known in fields(Settings) if known.name != "other"}


def load(folder: Path, *, put_aside: bool = True) -> tuple[Settings, Path | None]:
    """Read the settings. Never raises.

    A value out of its range counts as not set, but a cap as 0. A file that cannot be read as a JSON object is renamed,
    so that saving does not overwrite it, unless nothing will be saved; the second value is where it is then, None when
    all is well.
    """
    path = folder / FILE
    try:
        stored = json.loads(path.read_bytes())
        if not isinstance(stored, dict):
            return Settings(), _put_aside(path) if put_aside else path
    except FileNotFoundError:
        return Settings(), None
    except (OSError, ValueError, RecursionError):
        return Settings(), _put_aside(path) if put_aside else path
    stored |= {name: _cap(stored[name]) for name in _AMOUNTS & stored.keys()}
    known = {name: value for name, value in stored.items() if name in _KNOWN and _fits(name, value)}
    other = {name: value for name, value in stored.items() if name not in _KNOWN}
    return Settings(**known, other=other), None


def save(settings: Settings, folder: Path) -> None:
    """Write the settings; after a crash the file holds the old ones or the new ones. Raises StoreFull."""
    path = folder / FILE
    stored = settings.other | {name: getattr(settings, name) for name in _KNOWN}
    try:
        private.make_folder(folder)
        private.replace(path, json.dumps(stored, indent=2).encode() + b"\n")
    except OSError as error:
        raise StoreFull(str(path)) from error


def _cap(value: Any) -> str:
    """A cap as written by hand: 5, "5.00", " 5,00 "; "0" where it is no amount. Without thousands separators."""
    if value is None:
        return ""
    written = str(value).strip().replace(",", ".")
    return written if _AMOUNT.fullmatch(written) else "0"


def _fits(name: str, value: Any) -> bool:
    # type() and not isinstance: JSON's true would pass for the number 1.
    if type(value) is not type(_KNOWN[name]):
        return False
    if isinstance(value, dict):
        return True
    return value in _CHOICES.get(name, (value,)) and value in _RANGES.get(name, (value,))


def _put_aside(path: Path) -> Path:
    aside = path.with_name(f"settings-damaged-{time.time_ns()}.json")
    try:
        return path.rename(aside)
    except OSError:
        return path
