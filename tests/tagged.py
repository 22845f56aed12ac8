"""Picture files that tell of their owner in every way we know, and a look at what is left of that in a sent one.

Each carries `tests.pictures.MARKER` in what it tells.
"""

from __future__ import annotations

import base64
import functools
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from PIL import Image, TiffImagePlugin

from tests import pictures, rare_pictures
from tests.pictures import MARKER, chunk, segment

_WORD: Final = MARKER.decode()
_XMP_HEAD: Final = b"http://ns.adobe.com/xap/1.0/\0"


def _photo(seed: int, width: int = 96, height: int = 64) -> Image.Image:
    return pictures.photo(width, height, seed)


# --- JPEG ---------------------------------------------------------------------------------------


def _with(*segments: bytes, image: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG that begins with these segments."""
    plain = pictures.encoded(image or _photo(len(segments[0])), "JPEG", **{"quality": 85} | options)
    return plain[:2] + b"".join(segments) + plain[2:]


def _exif(*, thumbnail: bool = False, maker: bool = False) -> bytes:
    """EXIF with words in all its directories; the thumbnail is a JPEG with a comment."""
    block = Image.Exif()
    block[0x010E] = block[0x013B] = block[0x8298] = block[0x0131] = _WORD
    details = block.get_ifd(0x8769)
    details |= {0x9286: b"ASCII\0\0\0" + MARKER, 0xA420: _WORD, 0xA431: _WORD + "-SERIAL", 0xA434: _WORD + "-LENS"}
    if maker:
        details[0x927C] = b"Nikon\0\x02\x10\0\0" + MARKER * 20
    place = block.get_ifd(0x8825)
    place |= {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 0.5), 27: MARKER, 29: "2026:05:01"}
    data = block.tobytes()
    if thumbnail:
        small = _with(segment(0xFE, MARKER), image=_photo(3, 16, 16))
        data += struct.pack("<HHHIIHHII", 2, 0x0201, 4, 1, len(data) + 30, 0x0202, 4, 1, len(small)) + small
    return data


def _between_scans() -> bytes:
    plain = pictures.encoded(_photo(17), "JPEG", progressive=True)
    at = plain.rindex(b"\xff\xda")
    return plain[:at] + segment(0xFE, MARKER) + segment(0xE1, _exif()) + plain[at:]


_JPEGS: Final[dict[str, Callable[[], bytes]]] = {
    "EXIF": lambda: _with(segment(0xE1, _exif())),
    "EXIF thumbnail": lambda: _with(segment(0xE1, _exif(thumbnail=True))),
    "maker note": lambda: _with(segment(0xE1, _exif(maker=True))),
    "two EXIF blocks": lambda: _with(segment(0xE1, pictures.exif()), segment(0xE1, _exif())),
    "XMP": lambda: _with(segment(0xE1, _XMP_HEAD + pictures.XMP)),
    "long XMP": lambda: _with(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + MARKER * 900)),
    "IPTC": lambda: _with(segment(0xED, pictures.IPTC)),
    "comment": lambda: _with(segment(0xFE, MARKER)),
    "JFIF thumbnail": lambda: _with(segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\3\1" + MARKER + b"!!")),
    "JFXX": lambda: _with(segment(0xE0, b"JFXX\0\x10" + MARKER)),
    "profile text": lambda: _with(segment(0xE2, b"ICC_PROFILE\0\1\1" + pictures.wide_profile())),
    "broken profile": lambda: _with(segment(0xE2, b"ICC_PROFILE\0\1\2" + MARKER)),
    "FLIR": lambda: _with(segment(0xE1, b"FLIR\0\1\0\0" + MARKER)),
    "Ducky": lambda: _with(segment(0xEC, b"Ducky\0\1\0\4\0\0\0\x50\0\2" + MARKER)),
    "provenance": lambda: _with(segment(0xEB, b"JP\0\1\0\0\0\1" + MARKER)),
    "Adobe": lambda: _with(segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + MARKER)),
    "unknown segment": lambda: _with(segment(0xE9, MARKER)),
    "number of lines": lambda: _with(segment(0xDC, MARKER)),
    "second picture": lambda: pictures.several_in_one(0x010001, MARKER) + _with(segment(0xE1, _exif())),
    "behind the end": lambda: _with(segment(0xE5, b"")) + b"PK\3\4" + MARKER * 30,
    "camera's trailer": lambda: _with(segment(0xE5, b"\0")) + MARKER + b"SEFH" + bytes(12) + b"SEFT",
    "between scans": _between_scans,
    "stray bytes": lambda: _with(segment(0xE5, b"\0\0") + MARKER),
    "all": lambda: pictures.tagged_jpeg(_photo(4)),
    "all, progressive": lambda: pictures.tagged_jpeg(_photo(5), progressive=True),
    "all, shrunk": lambda: pictures.tagged_jpeg(_photo(6, 1900, 1300)),
    "all, wide": lambda: pictures.tagged_jpeg(_photo(7), icc=pictures.wide_profile()),
    "CMYK": lambda: _with(segment(0xE1, _exif()), image=_photo(8).convert("CMYK")),
    "grey": lambda: _with(segment(0xE1, _exif()), image=_photo(9).convert("L")),
}


# --- PNG, GIF and WebP --------------------------------------------------------------------------


def _png(kind: bytes, body: bytes, *, late: bool = False, image: Image.Image | None = None) -> bytes:
    """A PNG with one more chunk, before or behind its pixels."""
    plain = pictures.encoded(image or _photo(int.from_bytes(kind, "big") % 97), "PNG")
    at = plain.index(b"IEND" if late else b"IDAT") - 4
    return plain[:at] + chunk(kind, body) + plain[at:]


def _tiff_block() -> bytes:
    return _exif().removeprefix(b"Exif\0\0")


_PNGS: Final[dict[str, Callable[[], bytes]]] = {
    "text": lambda: _png(b"tEXt", b"Author\0" + MARKER),
    "packed text": lambda: _png(b"zTXt", b"Comment\0\0" + zlib.compress(MARKER)) + MARKER,
    "XMP": lambda: _png(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + pictures.XMP),
    "EXIF": lambda: _png(b"eXIf", _tiff_block()),
    "late EXIF": lambda: _png(b"eXIf", _tiff_block(), late=True),
    "raw profile": lambda: (
        _png(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(MARKER.hex().encode()), late=True) + MARKER
    ),
    "profile name": lambda: _png(b"iCCP", MARKER + b"\0\0" + zlib.compress(pictures.srgb_profile())),
    "profile text": lambda: _png(b"iCCP", b"x\0\0" + zlib.compress(pictures.wide_profile())) + MARKER,
    "named palette": lambda: _png(b"sPLT", MARKER + b"\0\x08" + bytes(6)),
    "provenance": lambda: _png(b"caBX", MARKER),
    "private chunk": lambda: _png(b"prVt", MARKER, late=True),
    "long gamma": lambda: _png(b"gAMA", b"\0\0\xb1\x8f" + MARKER),
    "behind the end": lambda: pictures.encoded(_photo(20), "PNG") + chunk(b"tEXt", MARKER),
    "frames": lambda: pictures.animation("PNG") + MARKER,
    "all": lambda: pictures.tagged_png(_photo(21)),
    "all, palette": lambda: pictures.tagged_png(_photo(22).quantize(16)),
    "all, shrunk": lambda: pictures.tagged_png(pictures.corners(1900, 1300)),
}


def _gif(extension: bytes) -> bytes:
    """A GIF with an extension before its picture."""
    plain = pictures.encoded(_photo(len(extension)).quantize(16), "GIF")
    at = 13 + (3 << ((plain[10] & 7) + 1))
    return plain[:at] + extension + plain[at:]


def _blocks(data: bytes) -> bytes:
    return bytes([len(data)]) + data + b"\0"


_GIFS: Final[dict[str, Callable[[], bytes]]] = {
    "comment": lambda: _gif(b"!\xfe" + _blocks(MARKER)),
    "XMP": lambda: _gif(b"!\xff\x0bXMP DataXMP" + pictures.XMP + b"\1" + bytes(range(255, -1, -1)) + b"\0"),
    "profile": lambda: _gif(b"!\xff\x0bICCRGBG1012" + _blocks(MARKER)),
    "text in the picture": lambda: _gif(b"!\1\x0c" + bytes(12) + _blocks(MARKER)),
    "behind the end": lambda: pictures.encoded(_photo(30).quantize(16), "GIF") + MARKER,
    "all": lambda: pictures.tagged_gif(pictures.encoded(_photo(31).quantize(16), "GIF")),
    "all, moving": lambda: pictures.tagged_gif(pictures.animation("GIF", 96, 64)),
}


def _webp(seed: int, **options: Any) -> bytes:
    return pictures.encoded(_photo(seed), "WEBP", **{"quality": 70} | options)


def _clear(seed: int) -> Image.Image:
    image = _photo(seed)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _grown(data: bytes, extra: bytes) -> bytes:
    """A WebP with one more chunk inside its frame."""
    body = data[8:] + extra
    return data[:4] + struct.pack("<I", len(body)) + body


_WEBPS: Final[dict[str, Callable[[], bytes]]] = {
    "EXIF": lambda: _webp(40, exif=_exif()),
    "XMP": lambda: _webp(41, xmp=pictures.XMP),
    "profile": lambda: _webp(42, icc_profile=pictures.wide_profile()),
    "unknown chunk": lambda: _grown(_webp(43), b"ZZZZ" + struct.pack("<I", len(MARKER) + 1) + MARKER + b"\0"),
    "behind the end": lambda: _webp(44) + MARKER,
    "all": lambda: pictures.tagged_webp(_photo(45)),
    "all, lossless": lambda: pictures.tagged_webp(_photo(46), lossless=True),
    "all, transparent": lambda: pictures.tagged_webp(_clear(47)),
    "all, moving": lambda: pictures.tagged_webp(_photo(48), save_all=True, append_images=[_photo(49)]),
}


# --- the rarer ones -----------------------------------------------------------------------------


def _tiff(seed: int, tags: dict[int, bytes | str], **options: Any) -> bytes:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        if isinstance(value, bytes):
            info.tagtype[tag] = 7
        info[tag] = value
    return pictures.encoded(_photo(seed), "TIFF", tiffinfo=info, **options)


_TIFFS: Final[dict[str, Callable[[], bytes]]] = {
    "words": lambda: _tiff(50, dict.fromkeys((270, 271, 272, 305, 315, 33432), _WORD)),
    "XMP": lambda: _tiff(51, {700: pictures.XMP}),
    "IPTC": lambda: _tiff(52, {33723: b"\x1c\2\x5a\0\x0b" + MARKER}),
    "Photoshop": lambda: _tiff(53, {34377: pictures.IPTC}),
    "profile": lambda: _tiff(54, {}, icc_profile=pictures.wide_profile()),
    "EXIF": lambda: pictures.encoded(_photo(55), "TIFF", exif=_exif(maker=True)),
    "private tag": lambda: _tiff(56, {65000: MARKER}),
    "JPEG inside": lambda: _tiff(57, {270: _WORD}, compression="jpeg"),
    "behind the end": lambda: rare_pictures.tiff(_photo(58)) + MARKER,
}


def _bmp_gap() -> bytes:
    """Words between the header and the pixels."""
    plain = pictures.encoded(_photo(60), "BMP")
    return plain[:10] + struct.pack("<I", 54 + len(MARKER)) + plain[14:54] + MARKER + plain[54:]


def _png_icon() -> bytes:
    return rare_pictures.bare_icon(_png(b"tEXt", b"Author\0" + MARKER, image=_photo(61, 64, 64).convert("RGBA")))


def _held() -> str:
    return base64.b64encode(pictures.tagged_jpeg(_photo(62))).decode()


def _heic_box() -> bytes:
    return rare_pictures.heic() + struct.pack(">I4s16s", 24 + len(MARKER), b"uuid", b"\xbe\x7a\xcf\xcb") + MARKER


_RARE: Final[dict[str, Callable[[], bytes]]] = {
    "HEIC, EXIF": rare_pictures.heic,
    "HEIC, box": _heic_box,
    "HEIC, profile": lambda: rare_pictures.heic("wide"),
    "AVIF, EXIF": lambda: rare_pictures.avif(_photo(70), exif=_exif()),
    "AVIF, XMP": lambda: rare_pictures.avif(_photo(71), xmp=pictures.XMP),
    "AVIF, profile": lambda: rare_pictures.avif(_clear(72), icc_profile=pictures.wide_profile()),
    "AVIF, behind the end": lambda: rare_pictures.avif(_photo(73)) + MARKER,
    "BMP, gap": _bmp_gap,
    "BMP, behind the end": lambda: rare_pictures.bmp() + MARKER,
    "ICO, text": _png_icon,
    "ICO, behind the end": lambda: rare_pictures.icon() + MARKER,
    "CUR, behind the end": lambda: rare_pictures.cursor() + MARKER,
    "SVG, metadata": lambda: rare_pictures.svg(f"<metadata>{_WORD}</metadata><!-- {_WORD} --><desc>{_WORD}</desc>"),
    "SVG, names": lambda: rare_pictures.svg(f"<title>{_WORD}</title><g id='{_WORD}' data-owner='{_WORD}'/>"),
    "SVG, photo": lambda: rare_pictures.svg(f"<image width='60' height='40' href='data:image/jpeg;base64,{_held()}'/>"),
    "PDF, words": lambda: rare_pictures.pdf(entries=f"/Lang({_WORD})/Author({_WORD})"),
    "PDF, page": lambda: rare_pictures.pdf(page_entries=f"/PieceInfo<</Owner({_WORD})>>"),
    "PDF, behind the end": lambda: rare_pictures.pdf((90, 70)) + b"\n" + MARKER,
    "PDF, photo": lambda: pictures.encoded(_photo(74), "PDF", title=_WORD, author=_WORD, keywords=_WORD),
}

TAGGED: Final[dict[str, Callable[[], bytes]]] = {
    f"{kind}, {name}": make
    for kind, files in (("JPEG", _JPEGS), ("PNG", _PNGS), ("GIF", _GIFS), ("WebP", _WEBPS), ("TIFF", _TIFFS))
    for name, make in files.items()
} | _RARE
"""Files by their format and what they tell."""


@functools.cache
def tagged(name: str) -> bytes:
    return TAGGED[name]()


# --- what is left -------------------------------------------------------------------------------


def told(data: bytes, media_type: str) -> Iterator[str]:
    """What a sent picture tells besides its pixels. Reads the file by itself, with none of the app's code."""
    if MARKER in data:
        yield "the marker"
    yield from _PARTS[media_type](data)


def _jpeg_parts(data: bytes) -> Iterator[str]:
    at = 2
    while at < len(data) and data[at] == 0xFF and data[at + 1] != 0xD9:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        jfif = marker == 0xE0 and length == 16 and data[at + 16 : at + 18] == b"\0\0"
        adobe = marker == 0xEE and length == 14
        if not (jfif or adobe or marker in (0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD)):
            yield f"JPEG segment {marker:02X}"
        at += 2 + length
        while marker == 0xDA and (data[at] != 0xFF or data[at + 1] in (0, *range(0xD0, 0xD8))):
            at += 1
    if data[at:] != b"\xff\xd9":
        yield "bytes that are no JPEG segment"


def _png_parts(data: bytes) -> Iterator[str]:
    at = 8
    while at < len(data):
        kind, length = data[at + 4 : at + 8], int.from_bytes(data[at : at + 4], "big")
        if kind not in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT"):
            yield f"PNG chunk {kind!r}"
        at += 12 + length
        if kind == b"IEND" and at != len(data):
            yield "bytes behind the PNG"


def _gif_parts(data: bytes) -> Iterator[str]:
    at, images = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0), 0
    while data[at : at + 1] in (b"!", b","):
        if data[at : at + 1] == b"!":
            if data[at + 1] != 0xF9:
                yield f"GIF extension {data[at + 1]:02X}"
            at += 2
        else:
            images += 1
            at += 11 + (3 << ((data[at + 9] & 7) + 1) if data[at + 9] & 0x80 else 0)
        while data[at]:
            at += 1 + data[at]
        at += 1
    if images != 1 or data[at:] != b";":
        yield "bytes that are no GIF picture"


def _webp_parts(data: bytes) -> Iterator[str]:
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        yield "bytes behind the WebP"
    at = 12
    while at < len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind not in (b"VP8 ", b"VP8L", b"VP8X", b"ALPH"):
            yield f"WebP chunk {kind!r}"
        at += 8 + length + length % 2


_PARTS: Final[dict[str, Callable[[bytes], Iterator[str]]]] = {
    "image/jpeg": _jpeg_parts, "image/png": _png_parts, "image/gif": _gif_parts, "image/webp": _webp_parts,
}  # fmt: skip
