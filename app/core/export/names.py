"""File names that every system takes: made of titles and of what people call their pictures."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from app.core.message import ImageBlock

_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*#%\x00-\x1f\x7f]')
"""On one system or another; `#` and `%` mean something in links."""
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{name}{n}" for name in ("com", "lpt") for n in "0123456789¹²³"}
)
"""What Windows takes for a device, whatever suffix it has."""
_CHARACTERS: Final = 80
_BYTES: Final = 160
"""Of a name in UTF-8, so that a number and a suffix have room: file systems take 255."""
_SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
}
_ORIGINALS: Final = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "TIFF": ".tif",
    "HEIC": ".heic",
    "PNG": ".png",
    "GIF": ".gif",
    "WebP": ".webp",
    "AVIF": ".avif",
    "BMP": ".bmp",
    "ICO": ".ico",
    "CUR": ".cur",
    "SVG": ".svg",
    "PDF": ".pdf",
}


class Names:
    """The names in one folder: none is given twice, upper and lower case being the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str, suffix: str = "") -> str:
        """A safe name for it; with a number behind it where the name is taken."""
        stem = safe(stem)
        name, again = stem + suffix, 2
        while folded(name) in self._taken:
            name, again = f"{stem} ({again}){suffix}", again + 1
        self._taken.add(folded(name))
        return name


def safe(name: str, instead: str = "chat") -> str:
    """The name as every system takes it; `instead` where nothing is left of it."""
    seen = "".join(c for c in unicodedata.normalize("NFC", name) if c == " " or c.isprintable())
    plain = " ".join(_FORBIDDEN.sub("_", seen).split())[:_CHARACTERS]
    plain = plain.encode("utf-8", "ignore")[:_BYTES].decode("utf-8", "ignore").strip(" .~")
    if plain.partition(".")[0].strip().casefold() in _DEVICES:
        plain = f"_{plain}"
    return plain or instead


def folded(name: str) -> str:
    """The same for names that a file system may not tell apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def sent_name(image: ImageBlock) -> tuple[str, str]:
    """The stem and the suffix for the bytes that were sent of a picture."""
    part = f"-{image.part}" if image.kind == "tile" else "" if image.kind == "whole" else f"-{image.kind}"
    return f"{image.number:02d}-{_stem(image)}{part}", _SUFFIXES.get(image.media_type, "")


def original_name(image: ImageBlock) -> tuple[str, str]:
    """The same for the file as it was dropped."""
    return f"{image.number:02d}-{_stem(image)}", _ORIGINALS.get(image.original_format, "")


def _stem(image: ImageBlock) -> str:
    page = f"-page-{image.page}" if image.page else ""
    return safe(PurePosixPath(image.name.replace("\\", "/")).stem, "picture")[:60].strip(" .") + page
