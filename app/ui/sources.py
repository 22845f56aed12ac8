"""What a drop or the clipboard holds, as sources for the draft. No file is opened, nor asked whether it exists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import PurePath
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QSysInfo, QUrl
from PySide6.QtGui import QImage, QImageWriter, QPixmap

from app.conversation.attachment import Source
from app.core.errors import LinkRefused, VisavisError
from app.core.public import check_address

DOCUMENTS: Final = ("pdf",)
EXTENSIONS: Final = (
    *("png", "jpg", "jpeg", "jpe", "jfif", "gif", "webp", "heic", "heif", "avif", "tif", "tiff", "bmp", "ico", "svg"),
    "mpo",
    *DOCUMENTS,
)
"""Of the formats we take. A hint for dialogs and for the overlay only: what a file is, its bytes decide."""

_RAW: Final = (
    *("image/png", "image/jpeg", "image/webp", "image/gif"),
    *("image/heic", "image/heif", "image/avif", "image/tiff", "image/bmp", "image/svg+xml"),
)
"""Formats taken as they lie in memory, the best first; they are never decoded here."""
_FILE_IN_MEMORY: Final = ("application/octet-stream;name=", 'application/x-qt-windows-mime;value="FileContents"')
"""How formats begin in which a browser hands over a picture's own file: Chrome on Linux, any on Windows."""
_BROWSERS: Final = ("text/x-moz-url", "text/html")
"""Formats that a browser offers beside a picture, and a file manager never."""

_OTHER_PICTURES: Final = "svgz icns jxl jp2 psd xcf eps dng cr2 cr3 nef arw raf exr hdr tga dds"
_NO_PICTURES: Final = (
    "txt md rst log csv tsv json xml yaml yml toml ini html htm css js ts py c h cpp java rs go sh bat sql "
    "doc docx odt rtf xls xlsx ods ppt pptx odp key pages numbers epub eml "
    "zip gz tgz bz2 xz zst 7z rar tar iso dmg deb rpm msi exe dll so app apk jar bin db sqlite "
    "mp3 wav flac ogg m4a aac mp4 mov avi mkv webm m4v ttf otf woff woff2"
)
_IMAGE_TAG: Final = re.compile(r"""<img\b[^<>]{0,4000}?\bsrc\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_LONGEST_MARKUP: Final = 80_000_000
"""Characters of markup that are looked through for pictures written out in it: some 60 MB of them."""
_MOST_WRITTEN_OUT: Final = 20
_NO_TEXT: Final = " \t\r\n\N{NO-BREAK SPACE}\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in the text for pictures that only the markup has."""
_NAME: Final = re.compile(r';name="?([^";]+)')


@dataclass(frozen=True, slots=True)
class Dropped:
    """Pictures to attach, and why the rest cannot be."""

    sources: tuple[Source, ...] = ()
    """Files, folders, and pictures that lie in memory."""
    refused: tuple[VisavisError, ...] = ()
    remote: tuple[str, ...] = ()
    """Names of files on another computer, which we do not connect to."""
    links: tuple[str, ...] = ()
    """Web addresses: none is fetched before the person says so."""
    empty: bool = False
    """A picture was promised, and nothing came."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a paste means."""

    text: str = ""
    """To be put in, exactly so."""
    offered: Source | None = None
    """A picture of the text, from an office program."""
    link: str = ""
    """The text is the address of a picture."""
    dropped: Dropped = Dropped()
    """Where it is no text: as if it had been dropped."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a drag promises, by names alone."""

    pictures: int = 0
    documents: int = 0
    folders: int = 0
    """That show as such; of the others only their files will tell."""
    unknown: int = 0
    """Files whose names say nothing; their bytes will."""
    other_formats: tuple[str, ...] = ()
    """Names of pictures in formats that we do not take."""
    no_pictures: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    links: int = 0


def carries_pictures(mime: QMimeData) -> bool:
    """Whether there is something to take or to refuse here; mere text is the text field's."""
    return mime.hasUrls() or _holds_picture(mime)


def sources_from_mime(mime: QMimeData) -> Dropped:
    """A browser's bytes, then its temporary file, then its address; of a file manager its files, never their icon."""
    urls = _urls(mime)
    files = [url for url in urls if url.isLocalFile()]
    if files and not any(map(mime.hasFormat, _BROWSERS)):
        return _from_files(files)
    if (bitmap := picture_of(mime)) is not None:
        return Dropped((bitmap,))
    if files:
        return _from_files(files)
    links, refused = _told_apart(urls)
    written_out = () if urls else _written_out(mime)
    return Dropped(written_out, links=links, refused=refused, empty=not urls and not written_out)


def pasted_from_mime(mime: QMimeData) -> Pasted:
    """Text before the picture of itself, as table cells bring one; but no paths of files, nor a picture's address."""
    text, files = mime.text(), any(url.isLocalFile() for url in mime.urls())
    if not text or not mime.hasFormat("text/plain") or files or (not text.strip(_NO_TEXT) and _written_out(mime)):
        return Pasted(dropped=sources_from_mime(mime))
    picture = picture_of(mime)
    if picture is not None and _is_address(text):
        return Pasted(dropped=Dropped((picture,)))
    return Pasted(text, picture, link=_link_to_picture(text))


def picture_of(mime: QMimeData) -> Source | None:
    """The picture that lies in memory, as its own bytes where we take that format."""
    for name in _RAW:
        if mime.hasFormat(name) and (data := _bytes(mime, name)):
            return Source(data=data)
    for name in mime.formats():
        if name.startswith(_FILE_IN_MEMORY) and (data := _bytes(mime, name)):
            called = _NAME.search(name)
            return Source(data=data, name=PurePath(called[1]).name if called else "")
    for url in mime.urls():
        if url.scheme() == "data" and (data := _data_of(url)):
            return Source(data=data)
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QPixmap):
        image = image.toImage()
    if not isinstance(image, QImage) or image.isNull():
        return None
    return Source(data=lambda: _png(image))


def glance(mime: QMimeData) -> Glance:
    """What `sources_from_mime` will make of a drag, as far as names tell."""
    urls = _urls(mime)
    files = [url for url in urls if url.isLocalFile()]
    if not files:
        return Glance(pictures=1) if _holds_picture(mime) else Glance(links=len(urls))
    dropped = _from_files(files)
    paths = [source.path for source in dropped.sources]
    names = [PurePath(path).name for path in paths if not path.endswith("/")]
    kinds = {name: PurePath(name).suffix.lstrip(".").lower() for name in names}
    others = _named(names, kinds, _OTHER_PICTURES)
    none = _named(names, kinds, _NO_PICTURES)
    documents = sum(kinds[name] in DOCUMENTS for name in names)
    pictures = sum(kinds[name] in EXTENSIONS for name in names) - documents
    return Glance(
        pictures=pictures,
        documents=documents,
        folders=len(paths) - len(names),
        unknown=len(names) - pictures - documents - len(others) - len(none),
        other_formats=others,
        no_pictures=none,
        remote=dropped.remote,
    )


def _urls(mime: QMimeData) -> list[QUrl]:
    """What was dragged. A picture that is itself a link comes with the page's address; its own is in the markup."""
    urls = [url for url in mime.urls() if not url.isEmpty()]
    shown = _IMAGE_TAG.findall(mime.html()) if mime.hasFormat("text/html") else []
    if len(urls) == 1 and len(shown) == 1 and not urls[0].isLocalFile():
        picture = QUrl(unescape(shown[0]))
        return [picture] if _is_web(picture) else urls
    return urls


def _from_files(urls: Iterable[QUrl]) -> Dropped:
    sources: list[Source] = []
    remote: list[str] = []
    for url in urls:
        if path := _local_path(url):
            sources.append(Source(path=path))
        else:
            remote.append(PurePath(url.path()).name)
    return Dropped(tuple(sources), remote=tuple(remote))


def _local_path(url: QUrl) -> str:
    """The path on this computer; empty for another's, where merely looking would send the person's login about."""
    url = QUrl(url)
    if url.host().lower() in {"localhost", QSysInfo.machineHostName().lower()}:
        url.setHost("")
    path = url.toLocalFile()
    return "" if path.startswith(("//", "\\\\")) else path


def _told_apart(urls: Iterable[QUrl]) -> tuple[tuple[str, ...], tuple[VisavisError, ...]]:
    """The addresses that may be asked for, each once, and why others never are."""
    links, refused = [], {}
    for written in dict.fromkeys(map(_written, urls)):
        try:
            check_address(written)
            links.append(written)
        except LinkRefused as error:
            refused[error.name, error.reason] = error
    return tuple(links), tuple(refused.values())


def _link_to_picture(text: str) -> str:
    """The address of a picture that may be asked for; empty where the text is none."""
    url = QUrl(text.strip())
    if not _is_address(text) or PurePath(url.path()).suffix.lstrip(".").lower() not in EXTENSIONS:
        return ""
    links, _refused = _told_apart([url])
    return "".join(links)


def _is_address(text: str) -> bool:
    return len(text.split()) == 1 and _is_web(QUrl(text.strip()))


def _is_web(url: QUrl) -> bool:
    return url.scheme() in {"http", "https"} and bool(url.host())


def _written(url: QUrl) -> str:
    return url.toString(QUrl.ComponentFormattingOption.FullyEncoded)


def _holds_picture(mime: QMimeData) -> bool:
    """Whether a picture seems to lie in memory; to have its bytes would take time while a drag moves."""
    if mime.hasImage() or any(map(mime.hasFormat, _RAW)):
        return True
    return any(name.startswith(_FILE_IN_MEMORY) for name in mime.formats()) or any(
        url.scheme() == "data" for url in mime.urls()
    )


def _bytes(mime: QMimeData, name: str) -> bytes:
    return bytes(mime.data(name).data())


def _data_of(url: QUrl) -> bytes:
    return _decoded(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


def _decoded(address: str) -> bytes:
    """The bytes of a `data:` address; empty where it is not a picture in base64 (RFC 2397)."""
    head, _, body = address.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        return b""
    return bytes(QByteArray.fromBase64(QByteArray.fromPercentEncoding(body.encode())).data())


def _written_out(mime: QMimeData) -> tuple[Source, ...]:
    """The pictures that stand in the markup byte by byte, each once."""
    html = mime.html() if mime.hasFormat("text/html") else ""
    if len(html) > _LONGEST_MARKUP:
        return ()
    found = dict.fromkeys(_decoded(unescape(address)) for address in _IMAGE_TAG.findall(html))
    return tuple(Source(data=data) for data in found if data)[:_MOST_WRITTEN_OUT]


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
