"""Files that mean harm or are broken, of every format the app takes: any one is made again from its number alone."""

from __future__ import annotations

import base64
import functools
import itertools
import random
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from PIL import Image

from tests import pictures, rare_pictures


class Mutant(NamedTuple):
    number: int
    seed: str
    """A key of `SEEDS`."""
    change: str
    """What was done to it."""
    data: bytes

    @property
    def format(self) -> str:
        """What the seed was, as people call it."""
        return self.seed.partition(",")[0]


# --- seeds --------------------------------------------------------------------------------------


def _photo() -> Image.Image:
    return pictures.photo(48, 32)


def _clear() -> Image.Image:
    image = _photo()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


@functools.cache
def _srgb() -> bytes:
    """The library writes the hour into a profile that it makes."""
    profile = pictures.srgb_profile()
    return profile[:24] + struct.pack(">6H", 2026, 5, 1, 10, 0, 0) + profile[36:]


def _timeless(data: bytes) -> bytes:
    """AVIF that moves, without the time when it was made."""
    changed = bytearray(data)
    for match in re.finditer(rb"mvhd|tkhd|mdhd", data):
        at, size = match.end() + 4, 16 if data[match.end()] else 8
        changed[at : at + size] = bytes(size)
    return bytes(changed)


def _tiff(image: Image.Image | None = None, **options: Any) -> bytes:
    return rare_pictures.tiff(image or _photo(), **options)


def _interlaced_png() -> bytes:
    """Eight by eight grey pixels in Adam7's seven passes."""
    rows = ((1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8))
    passes = b"".join((b"\0" + bytes(range(width))) * height for height, width in rows)
    plain = pictures.bare_png(8, 8, zlib.compress(passes), colour=0)
    return pictures.rechecked(plain[:28] + b"\1" + plain[29:])


def _deep_png() -> bytes:
    noise = random.Random(3).randbytes(16 * 6)  # noqa: S311
    return pictures.bare_png(16, 12, zlib.compress((b"\0" + noise) * 12), depth=16)


def _packed_bmp() -> bytes:
    """A BMP of 16 × 16 pixels in runs (RLE8)."""
    palette = b"".join(bytes((n, 255 - n, 90, 0)) for n in range(256))
    rows = b"".join(bytes((8, n, 8, 255 - n, 0, 0)) for n in range(15)) + bytes((0, 4, 9, 8, 7, 6, 12, 5, 0, 1))
    head = struct.pack("<IiiHHIIiiII", 40, 16, 16, 1, 8, 1, len(rows), 2835, 2835, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(rows), 0, 0, 54 + 1024) + head + palette + rows


def _drawing() -> bytes:
    gradient = "<linearGradient id='a'><stop offset='0' stop-color='red'/><stop offset='1'/></linearGradient>"
    blur = "<filter id='b'><feGaussianBlur stdDeviation='.4'/><feOffset dx='3'/></filter>"
    mask = "<mask id='c'><rect width='90' height='90' fill='white'/></mask><clipPath id='d'><circle r='40'/></clipPath>"
    pattern = "<pattern id='e' width='8' height='8' patternUnits='userSpaceOnUse'><circle r='3'/></pattern>"
    shapes = "<path d='M9 9C20 40 60 5 90 70z' fill='url(#a)' filter='url(#b)' transform='rotate(9)' mask='url(#c)'/>"
    shapes += "<use href='#f' x='7'/><g id='f'><rect width='30' height='9' fill='url(#e)' clip-path='url(#d)'/></g>"
    shapes += "<polyline points='1,2 30,40 5,6' stroke='#08f' stroke-width='3' stroke-dasharray='4 2' fill='none'/>"
    return rare_pictures.svg(f"<defs>{gradient}{blur}{mask}{pattern}</defs>{shapes}<style>path{{opacity:.5}}</style>")


def _data_drawing() -> bytes:
    inside = base64.b64encode(pictures.png(24, 16)).decode()
    return rare_pictures.svg(f"<image width='60' height='40' href='data:image/png;base64,{inside}'/>")


def _photo_pdf() -> bytes:
    long_ago = time.gmtime(0)
    return pictures.encoded(_photo(), "PDF", title="lease", creationDate=long_ago, modDate=long_ago)


def packed_pdf(content: bytes, *, resources: str = "", more: tuple[str, ...] = (), entries: str = "") -> bytes:
    """A page of 180 × 120 points whose content is deflated; `more` are objects from number 5."""
    packed = zlib.compress(content).hex()
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 180 120]/Contents 4 0 R/Resources<<{resources}>>{entries}>>"
    filters = "/Filter[/ASCIIHexDecode/FlateDecode]"
    stream = f"<</Length {len(packed)}{filters}>>stream\n{packed}\nendstream"
    first = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream]
    return rare_pictures._document([*first, *more])


def _text_pdf() -> bytes:
    drawing = b"BT /F 14 Tf 20 60 Td (words) Tj ET 1 0 0 rg 9 9 m 60 90 80 20 150 99 c f /X Do /S sh"
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 20 20]/Length 21>>stream\n0 0 1 rg 0 0 9 9 re f\nendstream"
    shade = "<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 90 90]"
    shade += "/Function<</FunctionType 2/Domain[0 1]/C0[1 0 0]/C1[0 0 1]/N 1>>>>"
    resources = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</X 5 0 R>>/Shading<</S 6 0 R>>"
    return packed_pdf(drawing, resources=resources, more=(form, shade))


SEEDS: Final[dict[str, Callable[[], bytes]]] = {
    "JPEG, baseline": lambda: pictures.tagged_jpeg(_photo(), icc=_srgb()),
    "JPEG, progressive": lambda: pictures.tagged_jpeg(_photo(), icc=_srgb(), progressive=True),
    "JPEG, CMYK": lambda: pictures.encoded(_photo().convert("CMYK"), "JPEG"),
    "JPEG, grey": lambda: pictures.encoded(_photo().convert("L"), "JPEG", restart_marker_blocks=2),
    "JPEG, wide": lambda: pictures.tagged_jpeg(_photo(), icc=pictures.wide_profile()),
    "JPEG, turned": lambda: pictures.jpeg(48, 32, orientation=6),
    "JPEG, MPO": lambda: pictures.several_in_one(0x020002),
    "PNG, plain": lambda: pictures.tagged_png(_photo(), icc=_srgb()),
    "PNG, alpha": lambda: pictures.encoded(_clear(), "PNG"),
    "PNG, palette": lambda: pictures.encoded(_photo().quantize(16), "PNG", transparency=3),
    "PNG, one bit": lambda: pictures.encoded(_photo().convert("1"), "PNG"),
    "PNG, sixteen bits": _deep_png,
    "PNG, sixteen bits of grey": lambda: pictures.encoded(Image.linear_gradient("L").convert("I;16"), "PNG"),
    "PNG, interlaced": _interlaced_png,
    "PNG, moving": lambda: pictures.animation("PNG", 48, 32),
    "GIF, plain": lambda: pictures.tagged_gif(pictures.gif(48, 32)),
    "GIF, moving": lambda: pictures.animation("GIF", 48, 32),
    "GIF, transparent": lambda: pictures.encoded(_photo().quantize(16), "GIF", transparency=3),
    "WebP, lossy": lambda: pictures.tagged_webp(_photo(), icc=_srgb()),
    "WebP, lossless": lambda: pictures.tagged_webp(_photo(), icc=_srgb(), lossless=True),
    "WebP, alpha": lambda: pictures.encoded(_clear(), "WEBP", quality=60),
    "WebP, moving": lambda: pictures.animation("WEBP", 48, 32),
    "HEIC, corners": rare_pictures.heic,
    "HEIC, transparent": lambda: rare_pictures.heic("transparent"),
    "HEIC, turned": lambda: rare_pictures.turned_heic(6),
    "AVIF, plain": lambda: rare_pictures.avif(_photo(), exif=pictures.exif(6)),
    "AVIF, alpha": lambda: rare_pictures.avif(_clear(), icc_profile=pictures.wide_profile()),
    "AVIF, moving": lambda: _timeless(rare_pictures.avif(_photo(), save_all=True, append_images=[_photo()])),
    "TIFF, plain": lambda: _tiff(orientation=6),
    "TIFF, LZW": lambda: _tiff(compression="tiff_lzw"),
    "TIFF, deflate": lambda: _tiff(_clear(), compression="tiff_adobe_deflate"),
    "TIFF, JPEG": lambda: _tiff(compression="jpeg"),
    "TIFF, fax": lambda: _tiff(_photo().convert("1"), compression="group4"),
    "TIFF, CMYK": lambda: _tiff(_photo().convert("CMYK"), compression="packbits"),
    "TIFF, pages": lambda: _tiff(save_all=True, append_images=[_photo()]),
    "BMP, plain": lambda: pictures.encoded(_photo(), "BMP"),
    "BMP, palette": lambda: pictures.encoded(_photo().quantize(16), "BMP"),
    "BMP, runs": _packed_bmp,
    "ICO, BMP": rare_pictures.icon,
    "ICO, PNG": lambda: pictures.encoded(_clear(), "ICO"),
    "CUR, BMP": rare_pictures.cursor,
    "SVG, shapes": _drawing,
    "SVG, picture": _data_drawing,
    "SVG, text": lambda: rare_pictures.svg("<text x='9' y='50' font-size='20'>words <tspan>more</tspan></text>"),
    "PDF, plain": lambda: rare_pictures.pdf((180, 120), (90, 90)),
    "PDF, text": _text_pdf,
    "PDF, photo": _photo_pdf,
}  # fmt: skip
"""Small files, each named by its format and what is special about it."""


@functools.cache
def seed(name: str) -> bytes:
    return SEEDS[name]()


def mutant(number: int) -> Mutant:
    """The file of this number, the same whenever it is made."""
    chance = random.Random(number)  # noqa: S311
    names = list(SEEDS)
    name = names[number % len(names)]
    data = seed(name)
    changes = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        kind = chance.choice(_CHANGES)
        data = kind(data, chance)
        changes.append(kind.__name__.strip("_"))
    if data.startswith(b"\x89PNG") and chance.random() < 0.7:
        data = pictures.rechecked(data)  # so that it gets past the checksums
    return Mutant(number, name, " ".join(changes), data)


# --- seams: where the parts of a file begin -----------------------------------------------------

_MARKER: Final = re.compile(rb"\xff[\xc0-\xfe]")
_BOX: Final = re.compile(rb"[a-z]{3}[a-zC0-9 ]")
_ELEMENT: Final = re.compile(rb"<")
_OBJECT: Final = re.compile(rb"\d+ 0 obj|<<|/|stream|trailer|xref")
_CHUNK: Final = re.compile(rb"[A-Z][A-Za-z0-9]{2}[A-Za-z0-9 ]")


class _Seams(NamedTuple):
    """How a format's parts are found, and where their length stands."""

    pattern: re.Pattern[bytes]
    back: int
    """Bytes of a part before what the pattern matches."""
    length_at: int
    """Offset of the length from the part's beginning."""
    length: str
    """Of `struct`."""


_SEAMS: Final = (
    (b"\xff\xd8", _Seams(_MARKER, 0, 2, ">H")),
    (b"\x89PNG", _Seams(_CHUNK, 4, 0, ">I")),
    (b"RIFF", _Seams(_CHUNK, 0, 4, "<I")),
    (b"%PDF", _Seams(_OBJECT, 0, 0, ">H")),
    (b"<svg", _Seams(_ELEMENT, 0, 0, ">H")),
    (b"GIF8", _Seams(re.compile(rb"[!,]|\0[!,;]"), 0, 3, ">B")),
    (b"BM", _Seams(re.compile(rb"\0\0[^\0]"), 0, 2, "<I")),
    (b"II*\0", _Seams(re.compile(rb"[\0-\2][\1-\5]\0|\x01[\x00-\x1c]"), 1, 4, "<I")),
)


def _seams(data: bytes) -> tuple[_Seams, list[int]]:
    found = next((seams for start, seams in _SEAMS if data.startswith(start)), _Seams(_BOX, 4, 0, ">I"))
    places = [match.start() - found.back for match in found.pattern.finditer(data)]
    return found, [place for place in places if place >= 0] or [0]


# --- changes ------------------------------------------------------------------------------------

_NUMBERS: Final = (0, 1, 2, 7, 127, 128, 255, 256, 32767, 65535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)
_WORDS: Final = (b"0", b"-1", b"1e9", b"1e-9", b"99999999999", b"2147483647", b"65536", b"NaN", b"1", b"3", b"4 0 R")
_MOST: Final = 200_000
"""Bytes; doubling again and again ends here."""


def _at(data: bytes, chance: random.Random) -> int:
    """A place in the file: headers break in more ways than pixels do."""
    return chance.randrange(max(1, len(data) if chance.random() < 0.5 else min(len(data), 700)))


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20)) if changed else 0):
        changed[_at(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _write(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 5))):
        at, form = _at(data, chance), chance.choice((">B", ">H", "<H", ">I", "<I"))
        number = chance.choice(_NUMBERS) & (1 << 8 * struct.calcsize(form)) - 1
        changed[at : at + struct.calcsize(form)] = struct.pack(form, number)
    return bytes(changed)


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: 1 + chance.randrange(max(1, len(data)))]


def _cut_out(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 4, 17, 200)) :]


def _double(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return (data[:at] + data[at : at + chance.choice((1, 4, 40, 600))] * chance.choice((2, 3, 50)) + data[at:])[:_MOST]


def _swap(data: bytes, chance: random.Random) -> bytes:
    """Two neighbouring parts change places, one of them goes, or one comes twice."""
    _, places = _seams(data)
    marks = [0, *sorted(chance.sample(places, min(3, len(places)))), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(marks)]
    first, last = pieces[0], pieces[-1]
    middle = pieces[1:-1]
    match chance.randrange(3):
        case 0:
            middle.reverse()
        case 1:
            middle = middle[1:]
        case _:
            middle += middle
    return b"".join((first, *middle, last))[:_MOST]


def _length(data: bytes, chance: random.Random) -> bytes:
    """A part says another length; where lengths are words, a number becomes another."""
    if data.startswith((b"%PDF", b"<")):
        numbers = [match.span() for match in re.finditer(rb"-?[0-9.]+", data)] or [(0, 0)]
        start, end = chance.choice(numbers)
        return data[:start] + chance.choice(_WORDS) + data[end:]
    seams, places = _seams(data)
    at = chance.choice(places) + seams.length_at
    size = struct.calcsize(seams.length)
    before = int.from_bytes(data[at : at + size], "little" if seams.length[0] == "<" else "big")
    number = chance.choice((before + 1, before - 1, before * 2, len(data) - at, *_NUMBERS))
    return data[:at] + struct.pack(seams.length, number & (1 << 8 * size) - 1) + data[at + size :]


def _splice(data: bytes, chance: random.Random) -> bytes:
    """The beginning of this one and the end of another, most often of the same format."""
    start = data[:2]
    others = [other for other in map(seed, SEEDS) if other[:2] == start] if chance.random() < 0.8 else []
    other = chance.choice(others or [seed(name) for name in SEEDS])
    _, ours = _seams(data)
    _, theirs = _seams(other)
    return data[: chance.choice(ours)] + other[chance.choice(theirs) :]


_CHANGES: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    _flip, _flip, _write, _truncate, _cut_out, _double, _swap, _swap, _length, _length, _splice,
)  # fmt: skip


def mutants(first: int, count: int, step: int = 1) -> Iterator[Mutant]:
    """Files of the corpus from this number on; never an empty one."""
    for number in range(first, first + count * step, step):
        made = mutant(number)
        yield made if made.data else made._replace(data=b"\0")
