"""What the test server has pictures from besides requests: uploaded files (API.md, section 5) and addresses."""

from __future__ import annotations

import binascii
import hashlib
import re
import time
from base64 import b64decode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message
from typing import TYPE_CHECKING, Any

from tests.servers import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.wire import Request

Json = dict[str, Any]

MAX_FILE = 500_000_000
"""Bytes."""
LIVES = range(3600, 7_776_001)
"""Seconds after which a file may expire."""
FORBIDDEN = set('<>:"|?*\\/') | {chr(code) for code in (*range(32), *range(127, 160))}


class Refused(Exception):
    """The request is answered with this error and goes no further."""

    def __init__(
        self, message: str, status: int = 400, kind: str = "invalid_request_error", code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        """`error.details.error_code`."""


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file."""

    id: str
    name: str
    media_type: str
    data: bytes
    created: float
    """Seconds since the epoch."""
    expires: float | None

    def json(self) -> Json:
        """The metadata."""
        return {
            "id": self.id,
            "type": "file",
            "filename": self.name,
            "mime_type": self.media_type,
            "size_bytes": len(self.data),
            "created_at": _moment(self.created),
            "downloadable": False,
            "expires_at": None if self.expires is None else _moment(self.expires),
        }


@dataclass
class Files:
    """The files of the workspace, and the web as far as the test has made it."""

    web: dict[str, bytes] = field(default_factory=dict)
    """The picture that an address leads to; every other address leads nowhere."""
    quota: int = 1_000_000_000_000
    """Bytes of all files together."""
    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    _kept: dict[str, File] = field(default_factory=dict)
    _uploads: int = 0

    # --- for the test ---------------------------------------------------------------------------

    def keep(
        self, data: bytes, media_type: str = "image/png", *, name: str = "a.png", file_id: str = "", life: int = 0
    ) -> File:
        """Have a file as if it had been uploaded; `life` is in seconds, 0 for ever."""
        self._uploads += 1
        now = self.now()
        file = File(
            file_id or f"file_test{self._uploads:04}", name, media_type, data, now, now + life if life else None
        )
        self._kept = {**self._kept, file.id: file}
        return file

    def expire(self, file_id: str) -> None:
        """Let a file's life end now."""
        self._kept = {**self._kept, file_id: replace(self._kept[file_id], expires=self.now())}

    @property
    def listed(self) -> list[File]:
        """The files there are, newest first."""
        return [file for file in reversed(self._kept.values()) if not self._is_over(file)]

    # --- for the server -------------------------------------------------------------------------

    def find(self, file_id: str) -> File:
        """The file; refuses an id that is unknown or whose file has expired."""
        file = self._kept.get(file_id)
        if file is None:
            raise Refused(f"File not found: {file_id}", 404, "not_found_error")
        if self._is_over(file):
            raise Refused(f"File has expired: {file_id}", 404, "not_found_error", "file_expired")
        return file

    def delete(self, file_id: str) -> Json:
        """Forget a file; the answer."""
        self.find(file_id)
        self._kept = {known: file for known, file in self._kept.items() if known != file_id}
        return {"id": file_id, "type": "file_deleted"}

    def upload(self, request: Request) -> Json:
        """Keep what a form brings; the answer."""
        parts = form(request)
        if extra := parts.keys() - {"file", "expires_in_seconds"}:
            raise Refused(f"{min(extra)}: Extra inputs are not permitted")
        head, data = parts.get("file", (None, b""))
        name = head.get_filename() if head is not None else None
        if head is None or name is None:
            raise Refused("file: Field required")
        if not 1 <= len(name) <= 255 or FORBIDDEN & set(name):
            raise Refused("filename: must have 1 to 255 characters, none of them forbidden")
        if len(data) > MAX_FILE:
            raise Refused("File exceeds the maximum size", 413, "request_too_large")
        if sum(len(file.data) for file in self._kept.values()) + len(data) > self.quota:
            raise Refused("storage quota exceeded", code="storage_quota_exceeded")
        life = 0
        if "expires_in_seconds" in parts:
            text = parts["expires_in_seconds"][1].decode("ascii", "replace")
            life = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
            if life not in LIVES:
                raise Refused(f"expires_in_seconds: Input should be between {LIVES[0]} and {LIVES[-1]}")
        return self.keep(data, head.get_content_type(), name=name, life=life).json()

    def page(self, query: tuple[tuple[str, str], ...]) -> Json:
        """One page of the list."""
        if ids := [value for name, value in query if name == "ids[]"]:
            if len(ids) > 100:
                raise Refused("ids: at most 100 ids are allowed")
            return {"data": [file.json() for file in self.listed if file.id in ids], "next_page": None}
        asked = dict(query)
        limit = asked.get("limit", "20")
        if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= 1000:
            raise Refused("limit: Input should be between 1 and 1000")
        start = asked.get("page", "page_0").removeprefix("page_")
        if not re.fullmatch(r"[0-9]{1,9}", start) or not asked.get("page", "page_0").startswith("page_"):
            raise Refused("page: Input should be a page that was given out")
        first, last = int(start), int(start) + int(limit)
        shown = self.listed
        following = f"page_{last}" if len(shown) > last else None
        return {"data": [file.json() for file in shown[first:last]], "next_page": following}

    def picture(self, source: Json) -> pictures.Picture | None:
        """The picture a source leads to; None for what is none. Refuses a source that leads nowhere."""
        if source["type"] == "file":
            return pictures.read(self.find(source["file_id"]).data)
        if source["type"] == "url":
            if source["url"] not in self.web:
                # The API's own words; it does not say which block it was.
                raise Refused("Unable to download the file. Please verify the URL and try again.")
            return pictures.read(self.web[source["url"]])
        try:
            return pictures.read(b64decode(source["data"], validate=True))
        except (binascii.Error, ValueError):
            return None

    def digest(self, source: Json) -> str:
        """Tells the bytes that an address leads to; empty for other sources, which always lead to the same."""
        return hashlib.sha256(self.web[source["url"]]).hexdigest() if source["type"] == "url" else ""

    def _is_over(self, file: File) -> bool:
        return file.expires is not None and file.expires <= self.now()


def form(request: Request) -> dict[str, tuple[Message, bytes]]:
    """The parts of a multipart/form-data body by name, each with its headers (RFC 7578)."""
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        raise Refused("content-type: must be multipart/form-data")
    opening, *pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())
    if opening or len(pieces) < 2 or pieces[-1] not in {b"--", b"--\r\n"}:
        raise Refused("The request body is not valid multipart/form-data")
    parts: dict[str, tuple[Message, bytes]] = {}
    for piece in pieces[:-1]:
        lines, blank, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        head = Message()
        for line in lines.decode("utf-8").split("\r\n"):
            name, _, value = line.partition(": ")
            head[name] = value
        part = head.get_param("name", header="content-disposition")
        if not blank or not isinstance(part, str) or part in parts:
            raise Refused("The request body is not valid multipart/form-data")
        parts[part] = head, data
    return parts


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
