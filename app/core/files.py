"""The Files API without I/O: names it takes, the form of an upload, what it says of a file (API.md, section 5)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from app.core.message import JSON, well_formed

SHORTEST_LIFE: Final = 3_600
"""Seconds after which a file may expire at the earliest."""
LONGEST_LIFE: Final = 7_776_000
"""Seconds after which it may expire at the latest: 90 days."""
LONGEST_NAME: Final = 255
"""Characters."""

FORBIDDEN: Final = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f-\x9f]')
"""What no file's name may have."""
_LONGEST_SUFFIX: Final = 16
_SUFFIXES: Final = {"image/jpeg": "jpg"}
"""Where it is not the second part of the media type."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that the server keeps. All but the id may be missing where the server is not Anthropic's."""

    id: str
    name: str = ""
    media_type: str = ""
    size: int = 0
    """Bytes."""
    created: float = 0.0
    """Seconds since the epoch."""
    expires: float | None = None
    """Seconds since the epoch; None for a file that is kept until it is deleted."""


class Page(NamedTuple):
    """One page of GET /v1/files."""

    files: list[StoredFile]
    next: str
    """What to ask for next, as `page`; empty on the last one."""


class Form:
    """An upload as multipart/form-data (RFC 7578), read piece by piece."""

    def __init__(self, data: bytes, name: str, media_type: str, expires_in_seconds: int | None) -> None:
        boundary = uuid.uuid4().hex
        self.media_type: Final = f"multipart/form-data; boundary={boundary}"
        head = ""
        if expires_in_seconds is not None:
            head += _opening(boundary, 'name="expires_in_seconds"') + f"\r\n{expires_in_seconds}\r\n"
        head += _opening(boundary, f'name="file"; filename="{cleaned(name)}"')
        head += f"Content-Type: {media_type}\r\n\r\n"
        self._parts: Final = (head.encode(), data, f"\r\n--{boundary}--\r\n".encode())

    @property
    def length(self) -> int:
        """Bytes of the whole form."""
        return sum(len(part) for part in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)


def cleaned(name: str) -> str:
    """A file name that the server takes, as near to `name` as can be; its ending stays where it is too long."""
    name = FORBIDDEN.sub("_", well_formed(name)).strip()
    if len(name) > LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        ending = dot + suffix if stem and len(suffix) <= _LONGEST_SUFFIX else ""
        name = name[: LONGEST_NAME - len(ending)] + ending
    return name or "picture"


def neutral_name(number: int, media_type: str) -> str:
    """What picture `number` of a conversation is called on the server: its own name stays on this computer."""
    return f"image-{number}.{_SUFFIXES.get(media_type) or media_type.rpartition('/')[2]}"


def stored_file(value: JSON) -> StoredFile | None:
    """The file that a JSON object tells of; None when it tells of none."""
    file_id = value.get("id")
    if not isinstance(file_id, str) or not file_id:
        return None
    name, media_type, size = value.get("filename"), value.get("mime_type"), value.get("size_bytes")
    return StoredFile(
        id=file_id,
        name=name if isinstance(name, str) else "",
        media_type=media_type if isinstance(media_type, str) else "",
        size=size if isinstance(size, int) and size > 0 else 0,
        created=_seconds(value.get("created_at")) or 0.0,
        expires=_seconds(value.get("expires_at")),
    )


def file_page(value: JSON) -> Page | None:
    """A page of files; None when it is no such thing."""
    entries = value.get("data")
    if not isinstance(entries, list):
        return None
    found = [stored_file(entry) for entry in entries if isinstance(entry, dict)]
    following = value.get("next_page")
    return Page([file for file in found if file is not None], following if isinstance(following, str) else "")


def _opening(boundary: str, disposition: str) -> str:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n"


def _seconds(value: object) -> float | None:
    """A time of RFC 3339 in seconds since the epoch; one without a zone is taken for UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if seconds > 0 else None
