"""What a drop or the clipboard holds, as sources for the draft. No file is opened, nor asked whether it exists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QSysInfo, QUrl
from PySide6.QtGui import QImage, QImageWriter, QPixmap

from app.conversation.attachment import Source
from app.core.errors import PictureUnreadable, VisavisError

EXTENSIONS: Final = ("png", "jpg", "jpeg", "jpe", "jfif", "gif", "webp")
"""Of the formats we take. A hint for dialogs and for the overlay only: what a file is, its bytes decide."""

_RAW: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""Formats taken as they lie in memory, the best first; they are never decoded here."""

_OTHER_PICTURES: Final = (
    "heic heif avif tif tiff bmp svg svgz ico icns jxl jp2 psd xcf eps dng cr2 cr3 nef arw raf exr hdr tga dds"
)
_NO_PICTURES: Final = (
    "txt md rst log csv tsv json xml yaml yml toml ini html htm css js ts py c h cpp java rs go sh bat sql "
    "doc docx odt rtf pdf xls xlsx ods ppt pptx odp key pages numbers epub eml "
    "zip gz tgz bz2 xz zst 7z rar tar iso dmg deb rpm msi exe dll so app apk jar bin db sqlite "
    "mp3 wav flac ogg m4a aac mp4 mov avi mkv webm m4v ttf otf woff woff2"
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Pictures to attach, and why the rest cannot be."""

    sources: tuple[Source, ...] = ()
    refused: tuple[VisavisError, ...] = ()
    remote: tuple[str, ...] = ()
    """Names of files on another computer, which we do not connect to."""
    links: int = 0
    """Web addresses that came without a picture."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a drag promises, by names alone."""

    pictures: int = 0
    unknown: int = 0
    """Files whose names say nothing; their bytes will."""
    other_formats: tuple[str, ...] = ()
    """Names of pictures in formats that we do not take."""
    no_pictures: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    links: int = 0


def carries_pictures(mime: QMimeData) -> bool:
    """Whether there is something to take or to refuse here; mere text is the text field's."""
    return mime.hasUrls() or mime.hasImage() or _raw_format(mime) != ""


def prefers_text(mime: QMimeData) -> bool:
    """Whether a paste means its text: table cells bring a picture of themselves, copied files bring their paths."""
    return bool(mime.text()) and mime.hasFormat("text/plain") and not any(url.isLocalFile() for url in mime.urls())


def sources_from_mime(mime: QMimeData) -> Dropped:
    """Files before a bitmap (file managers add an icon), a bitmap before web addresses (browsers add the page's)."""
    urls = mime.urls()
    files = [url for url in urls if url.isLocalFile()]
    if files:
        return _from_files(files)
    if (bitmap := bitmap_of(mime)) is not None:
        return Dropped((bitmap,))
    return Dropped(links=len(urls))


def bitmap_of(mime: QMimeData) -> Source | None:
    """The picture that lies in memory, as its own bytes where we take that format."""
    if (raw := _raw_format(mime)) and (data := bytes(mime.data(raw).data())):
        return Source(data=data)
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QPixmap):
        image = image.toImage()
    if not isinstance(image, QImage) or image.isNull():
        return None
    return Source(data=lambda: _png(image))


def glance(mime: QMimeData) -> Glance:
    """What `sources_from_mime` will make of a drag, as far as names tell."""
    urls = mime.urls()
    files = [url for url in urls if url.isLocalFile()]
    if not files:
        return Glance(pictures=1) if mime.hasImage() or _raw_format(mime) else Glance(links=len(urls))
    dropped = _from_files(files)
    names = [PurePath(source.path).name for source in dropped.sources]
    kinds = {name: _extension(name) for name in names}
    others = _named(names, kinds, _OTHER_PICTURES)
    none = _named(names, kinds, _NO_PICTURES)
    pictures = sum(kinds[name] in EXTENSIONS for name in names)
    return Glance(
        pictures=pictures,
        unknown=len(names) - pictures - len(others) - len(none),
        other_formats=others,
        no_pictures=none,
        folders=tuple(error.name for error in dropped.refused if isinstance(error, PictureUnreadable)),
        remote=dropped.remote,
    )


def _from_files(urls: Iterable[QUrl]) -> Dropped:
    sources: list[Source] = []
    refused: list[VisavisError] = []
    remote: list[str] = []
    for url in urls:
        path = _local_path(url)
        name = PurePath(url.path()).name
        if not path:
            remote.append(name)
        elif path.endswith("/"):
            refused.append(PictureUnreadable(name or path, "folder"))
        else:
            sources.append(Source(path=path))
    return Dropped(tuple(sources), tuple(refused), tuple(remote))


def _local_path(url: QUrl) -> str:
    """The path on this computer; empty for another's, where merely looking would send the person's login about."""
    url = QUrl(url)
    if url.host().lower() in {"localhost", QSysInfo.machineHostName().lower()}:
        url.setHost("")
    path = url.toLocalFile()
    return "" if path.startswith(("//", "\\\\")) else path


def _raw_format(mime: QMimeData) -> str:
    return next((name for name in _RAW if mime.hasFormat(name)), "")


def _extension(name: str) -> str:
    return PurePath(name).suffix.lstrip(".").lower()


def _named(names: Iterable[str], kinds: dict[str, str], of: str) -> tuple[str, ...]:
    return tuple(name for name in names if kinds[name] in of.split())


def _png(image: QImage) -> bytes:
    """Pixels as a file; it takes time for a large picture, so it is left to the thread that asks for the bytes."""
    file = QByteArray()
    buffer = QBuffer(file)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    writer.setCompression(20)  # zlib's level 1 in Qt's measure: speed before size, the picture is encoded again
    writer.write(image)
    return bytes(file.data())
