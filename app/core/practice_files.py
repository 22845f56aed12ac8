"""The Files API of practice mode: files in memory while the app runs, with the API's refusals (API.md, section 5)."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote

from app.core.fields import Refusal, check_version, need, refuse
from app.core.files import FORBIDDEN, LONGEST_LIFE, LONGEST_NAME, SHORTEST_LIFE
from app.core.image_block import KeptFile
from app.core.message import JSON

PATH: Final = "/v1/files"
MAX_FILE: Final = 500_000_000
"""Bytes of one file."""
QUOTA: Final = 512_000_000
"""Bytes of all files: these are held in memory, where the API has room for a terabyte."""

_MAX_IDS: Final = 100
_MAX_PARTS: Final = 16
_BOUNDARY: Final = re.compile(r'multipart/form-data\s*;.*?\bboundary="?([^";,\s]{1,70})"?', re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r';\s*(name|filename)="([^"]*)"', re.IGNORECASE)
_PAGE: Final = re.compile(r"page_(\d{1,18})", re.ASCII)


class Part(NamedTuple):
    """One part of a form."""

    name: str
    filename: str | None
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    serial: int
    id: str
    name: str
    created: float
    """Seconds since the epoch."""
    expires: float | None
    file: KeptFile

    def to_json(self) -> JSON:
        return {
            "id": self.id,
            "type": "file",
            "filename": self.name,
            "mime_type": self.file.media_type,
            "size_bytes": len(self.file.data),
            "created_at": _moment(self.created),
            "downloadable": False,
            "expires_at": None if self.expires is None else _moment(self.expires),
        }


class Shelf:
    """The files of one account."""

    def __init__(self, now: Callable[[], float], quota: int = QUOTA) -> None:
        """`now` gives seconds since the epoch; `quota` is in bytes."""
        self._now = now
        self._quota = quota
        self._serials = count(1)
        self._entries: dict[str, _Entry] = {}
        """By id, oldest first."""
        self._expired: set[str] = set()

    async def respond(self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> JSON:
        """What a request at or below `PATH` is answered with. `headers` have lower-case names. Raises `Refusal`."""
        check_version(headers)
        self._forget_expired()
        if url.path == PATH:
            if method == "POST":
                form = await asyncio.to_thread(read_form, headers.get("content-type", ""), body)
                return self._put(form)
            _check_method(method, "GET", "GET, POST")
            return self._listed(parse_qs(url.query))
        file_id, _, below = unquote(url.path.removeprefix(f"{PATH}/")).partition("/")
        if below:
            if below != "content":
                raise Refusal(404, "Not found")
            _check_method(method, "GET", "GET")
            self._entry(file_id)
            raise Refusal(400, f"File {file_id} is not downloadable", code="file_not_downloadable")
        if method == "DELETE":
            del self._entries[self._entry(file_id).id]
            return {"id": file_id, "type": "file_deleted"}
        _check_method(method, "GET", "GET, DELETE")
        return self._entry(file_id).to_json()

    def has(self, file_id: str) -> bool:
        """Whether there is a file of that id."""
        entry = self._entries.get(file_id)
        return entry is not None and not self._is_over(entry)

    def kept(self, file_id: str) -> KeptFile:
        """The file of an id; for worker threads too. Raises `Refusal`."""
        return self._entry(file_id).file

    def _entry(self, file_id: str) -> _Entry:
        entry = self._entries.get(file_id)
        if file_id in self._expired or (entry is not None and self._is_over(entry)):
            raise Refusal(404, f"File has expired: {file_id}", code="file_expired")
        if entry is None:
            raise Refusal(404, f"File not found: {file_id}")
        return entry

    def _is_over(self, entry: _Entry) -> bool:
        return entry.expires is not None and entry.expires <= self._now()

    def _forget_expired(self) -> None:
        over = [entry.id for entry in self._entries.values() if self._is_over(entry)]
        self._expired.update(over)
        for file_id in over:
            del self._entries[file_id]

    def _put(self, form: Sequence[Part]) -> JSON:
        fields = {part.name: part for part in form}
        for name in fields:
            need(name in {"file", "expires_in_seconds"}, f"{name}: Extra inputs are not permitted")
        part = fields.get("file")
        if part is None or part.filename is None:
            refuse("file: Field required")
        _check_filename(part.filename)
        if len(part.data) > MAX_FILE:
            raise Refusal(413, f"File exceeds the maximum size: {len(part.data)} > {MAX_FILE} bytes")
        life = _life(fields.get("expires_in_seconds"))
        if sum(len(entry.file.data) for entry in self._entries.values()) + len(part.data) > self._quota:
            raise Refusal(400, "The organization's storage quota is exceeded", code="storage_quota_exceeded")
        now = self._now()
        entry = _Entry(
            serial=next(self._serials),
            # Never one of an earlier run: what a stored conversation names must not turn into another picture.
            id=f"file_011{uuid.uuid4().hex[:21]}",
            name=part.filename,
            created=now,
            expires=None if life is None else now + life,
            file=KeptFile(part.media_type, part.data),
        )
        self._entries[entry.id] = entry
        return entry.to_json()

    def _listed(self, query: Mapping[str, Sequence[str]]) -> JSON:
        newest = list(reversed(self._entries.values()))
        if ids := query.get("ids[]"):
            need(len(ids) <= _MAX_IDS, f"ids: at most {_MAX_IDS} ids are allowed")
            return {"data": [entry.to_json() for entry in newest if entry.id in set(ids)], "next_page": None}
        limit = query.get("limit", ["20"])[-1]
        if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
            refuse("limit: Input should be between 1 and 1000")
        if "page" in query:
            page = _PAGE.fullmatch(query["page"][-1])
            if page is None:
                refuse("page: Input is not a page that was given out")
            newest = [entry for entry in newest if entry.serial < int(page[1])]
        shown = newest[: int(limit)]
        following = f"page_{shown[-1].serial}" if len(newest) > len(shown) else None
        return {"data": [entry.to_json() for entry in shown], "next_page": following}


def read_form(content_type: str, body: bytes) -> list[Part]:
    """The parts of a multipart/form-data body (RFC 7578). Raises `Refusal`."""
    boundary = _BOUNDARY.match(content_type.strip())
    if boundary is None:
        refuse("content-type: the request body must be multipart/form-data")
    delimiter = b"--" + boundary[1].encode()
    parts: list[Part] = []
    at = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    while len(parts) <= _MAX_PARTS and body.startswith(delimiter, at):
        at += len(delimiter)
        if body.startswith(b"--", at):
            return parts
        start = body.find(b"\r\n\r\n", at) + 4
        end = body.find(b"\r\n" + delimiter, start)
        if start < 4 or end < 0:
            break
        parts.append(_part(body[at : start - 4].decode("utf-8", "replace"), body[start:end]))
        at = end + 2
    raise Refusal(400, "The request body is not valid multipart/form-data")


def _part(head: str, data: bytes) -> Part:
    headers = dict(line.lower().split(":", 1) for line in head.split("\r\n") if ":" in line)
    disposition = next((line for line in head.split("\r\n") if line.lower().startswith("content-disposition:")), "")
    attributes = {name.lower(): value for name, value in _ATTRIBUTE.findall(disposition)}
    media_type = headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
    return Part(attributes.get("name", ""), attributes.get("filename"), media_type, data)


def _check_filename(name: str) -> None:
    need(1 <= len(name) <= LONGEST_NAME, f"filename: must have 1 to {LONGEST_NAME} characters")
    need(FORBIDDEN.search(name) is None, 'filename: must not contain < > : " | ? * \\ / or control characters')


def _life(part: Part | None) -> int | None:
    """Seconds until the file expires; None where it does not."""
    if part is None:
        return None
    text = part.data.decode("ascii", "replace")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not SHORTEST_LIFE <= int(text) <= LONGEST_LIFE:
        refuse(f"expires_in_seconds: Input should be between {SHORTEST_LIFE} and {LONGEST_LIFE}")
    return int(text)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_method(method: str, wanted: str, allowed: str) -> None:
    if method != wanted:
        raise Refusal(405, "Method Not Allowed", headers={"allow": allowed})
