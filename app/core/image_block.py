"""An image block of a Messages request checked as the API checks it (API.md, sections 1.5 to 1.7): for practice mode.

Of the three sources practice mode has the bytes of two: those in the request and those of files it keeps. Pictures at
an address would have to be fetched, and practice mode never opens a connection: it answers what the API does for an
address that cannot be reached.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Never
from urllib.parse import urlsplit

from app.core.carve import Base64Damaged, decode_base64
from app.core.catalog import Limits, Model
from app.core.container import MEDIA_TYPES, Header, read_header
from app.core.fields import Refusal, check_choice, need, no_extras, refuse
from app.core.fit import Size, fit, image_tokens
from app.core.message import JSON
from app.core.request import base64_length
from app.core.sniff import SNIFFED, sniff

_SOURCES: Final = {"base64": {"type", "media_type", "data"}, "url": {"type", "url"}, "file": {"type", "file_id"}}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a request, its bytes as received."""

    number: int
    """N of the label "Image N:" before it; without a label, one more than the picture before. Blocks of one picture
    that goes in parts share it."""
    message: int
    """Index of its message."""
    place: str
    """Where it stands, as error messages name it: "messages.0.content.1"."""
    bytes_place: str
    """The same for its bytes: "messages.0.content.1.image.source.base64.data"."""
    header: Header
    data: bytes
    tokens: int
    """Visual tokens at the model's tier."""
    file_id: str = ""
    """The file it is kept as; empty where its bytes came with the request."""
    part: str = ""
    """What of the picture it shows, by its label: "overview", "part 1 of 4 (top left)"; empty for all of it."""

    @property
    def size(self) -> Size:
        """Pixels of the picture upright."""
        width, height = self.header.width, self.header.height
        return Size(height, width) if self.header.sideways else Size(width, height)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What the server keeps under one id."""

    media_type: str
    """As it was uploaded."""
    data: bytes


Kept = Callable[[str], KeptFile]
"""The file of an id. Raises `Refusal` for one that is missing or has expired."""


def nothing_kept(file_id: str) -> Never:
    """For a server that keeps no files."""
    raise Refusal(404, f"File not found: {file_id}")


def digest_of(picture: Picture) -> JSON:
    """What the prompt cache tells a picture by."""
    kept = {"file": picture.file_id} if picture.file_id else {}
    return {"image": hashlib.sha256(picture.data).hexdigest(), "format": picture.header.format} | kept


class ImageReader:
    """Reads the image blocks of one request."""

    def __init__(self, model: Model, limits: Limits, kept: Kept) -> None:
        self._model = model
        self._limits = limits
        self._kept = kept
        self._many = False

    def count(self, pictures: int) -> None:
        """Say how many the request has: with many of them each may be no larger than a smaller limit."""
        self._many = pictures > self._limits.many_images

    def read(self, block: JSON, where: str, message: int, number: int) -> Picture:
        """The picture of the block at `where`. Raises `Refusal`."""
        no_extras(block, {"type", "source", "cache_control", "transformations"}, where)
        exact = _pixel_exact(block, where)
        source = block.get("source")
        if not isinstance(source, dict):
            refuse(f"{where}.image.source: Input should be a valid dictionary")
        kind = source.get("type")
        if not isinstance(kind, str) or kind not in _SOURCES:
            refuse(f"{where}.image.source.type: Input should be 'base64', 'file' or 'url'")
        at = f"{where}.image.source.{kind}"
        no_extras(source, _SOURCES[kind], at)
        if kind == "url":
            _refuse_address(source, at)
        elif kind == "file":
            file_id, held, place = self._file(source, at)
        else:
            file_id, held, place = "", self._sent(source, at), f"{at}.data"
        header = _checked_header(held, place)
        self._check_edges(header, place)
        # Of what it had to fetch first the API does not say where it stands (API.md, section 1.6).
        tokens = self._tokens(header, exact, "" if file_id else f"{where}: ")
        return Picture(number, message, where, place, header, held.data, tokens, file_id)

    def _sent(self, source: JSON, at: str) -> KeptFile:
        media_type, data = source.get("media_type"), source.get("data")
        if not isinstance(data, str | memoryview):
            refuse(f"{at}.data: Input should be a valid string")
        need(len(data) > 0, f"{at}.data: image cannot be empty")
        self._check_length(len(data), at)
        try:
            decoded = decode_base64(data)
        except Base64Damaged as error:
            raise Refusal(400, f"{at}.data: Invalid base64 data") from error
        if media_type not in MEDIA_TYPES.values():
            refuse(f"{at}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'")
        return KeptFile(str(media_type), decoded)

    def _file(self, source: JSON, at: str) -> tuple[str, KeptFile, str]:
        file_id = source.get("file_id")
        if not isinstance(file_id, str) or not file_id:
            refuse(f"{at}.file_id: Input should be a valid string")
        held = self._kept(file_id)
        if held.media_type not in MEDIA_TYPES.values():
            refuse(f"{at}: an image block does not take a file of the type {held.media_type}")
        self._check_length(base64_length(len(held.data)), at)
        return file_id, held, at

    def _check_length(self, characters: int, at: str) -> None:
        limit = self._limits.picture_chars
        if characters > limit:
            refuse(f"{at}: image exceeds {limit // 1_000_000} MB maximum: {characters} bytes > {limit} bytes")

    def _check_edges(self, header: Header, place: str) -> None:
        edge = max(header.width, header.height)
        if edge > self._limits.max_edge:
            size = f"{self._limits.max_edge} pixels"
            refuse(f"{place}: At least one of the image dimensions exceed max allowed size: {size}")
        if self._many and edge > self._limits.many_edge:
            size = f"{self._limits.many_edge} pixels"
            refuse(
                f"{place}: At least one of the image dimensions exceed max allowed size for many-image requests: {size}"
            )

    def _tokens(self, header: Header, exact: bool, where: str) -> int:
        seen = fit(header.width, header.height, self._model.tier)
        if exact and seen != Size(header.width, header.height):
            refuse(
                f"{where}image dimensions {header.width}x{header.height} exceed the maximum image size"
                f" {seen.width}x{seen.height}"
            )
        return image_tokens(*seen, patch=self._model.tier.patch)


def _refuse_address(source: JSON, at: str) -> Never:
    url = source.get("url")
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme != "https" or not parts.netloc:
        refuse(f"{at}.url: Input should be an https URL")
    refuse(f"{at}: Unable to download the file. Please verify the URL and try again. Practice mode fetches nothing.")


def _checked_header(held: KeptFile, place: str) -> Header:
    kind = sniff(held.data[:SNIFFED])
    actual = MEDIA_TYPES.get(kind)
    if actual is None:
        refuse(f"{place}: Could not process image")
    if actual != held.media_type:
        refuse(
            f"{place}: The image was specified using the {held.media_type} media type,"
            f" but the image appears to be a {actual} image"
        )
    try:
        return read_header(BytesIO(held.data), kind)
    except (ValueError, EOFError, struct.error) as error:
        raise Refusal(400, f"{place}: Could not process image") from error


def _pixel_exact(block: JSON, where: str) -> bool:
    """Whether a picture is to be refused rather than made smaller (API.md, section 1.6)."""
    value = block.get("transformations")
    if value is None:
        return False
    if not isinstance(value, dict):
        refuse(f"{where}.transformations: Input should be a valid dictionary")
    no_extras(value, {"oversized_image"}, f"{where}.transformations")
    check_choice(value, "oversized_image", ("downsize", "error"), f"{where}.transformations.")
    return value.get("oversized_image") == "error"
