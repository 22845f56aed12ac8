"""Files of the rarer formats for the tests: icons, drawings, documents, HEIC, and ones that mean harm, as bytes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final

from PIL import Image

from tests import pictures

HEIC: Final = Path(__file__).parent / "data" / "pictures"
"""Recorded files; its README says how they were made."""


def tiff(image: Image.Image | None = None, *, orientation: int = 1, **options: Any) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return pictures.encoded(image or pictures.photo(120, 90), "TIFF", exif=tags, **options)


def avif(image: Image.Image | None = None, **options: Any) -> bytes:
    return pictures.encoded(image or pictures.photo(120, 90), "AVIF", **{"quality": 90, "speed": 10} | options)


def heic(name: str = "corners") -> bytes:
    return (HEIC / f"{name}.heic").read_bytes()


def bmp() -> bytes:
    return pictures.encoded(pictures.photo(120, 90), "BMP")


def icon() -> bytes:
    """Three sizes, the largest in the middle."""
    return pictures.encoded(pictures.corners(64, 64), "ICO", sizes=[(16, 16), (64, 64), (32, 32)], bitmap_format="bmp")


def cursor() -> bytes:
    """The same, with hot spots."""
    data = bytearray(icon())
    data[2] = 2
    for entry in range(6, 6 + 16 * data[4], 16):
        data[entry + 4 : entry + 8] = struct.pack("<HH", 5, 7)
    return bytes(data)


SVG_START: Final = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"


def svg(body: str = "", *, size: str = "width='180' height='120'", before: str = "") -> bytes:
    """The colours of `pictures.CORNERS` in four areas, and more elements."""
    areas = "".join(
        f"<rect x='{n % 2 * 90}' y='{n // 2 * 60}' width='90' height='60' fill='rgb{colour}'/>"
        for n, colour in enumerate(pictures.CORNERS)
    )
    return f"{before}{SVG_START} {size}>{areas}{body}</svg>".encode()


def pdf(*sizes: tuple[float, float], entries: str = "", page_entries: str = "") -> bytes:
    """A document of a page for each size, in points; its colours are those of `pictures.CORNERS`."""
    sizes = sizes or ((180, 120),)
    objects = [f"<</Type/Catalog/Pages 2 0 R{entries}>>"]
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(sizes)))
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(sizes)}>>")
    for n, (width, height) in enumerate(sizes):
        box = f"/MediaBox[0 0 {width} {height}]"
        objects.append(f"<</Type/Page/Parent 2 0 R{box}/Contents {4 + 2 * n} 0 R/Resources<<>>{page_entries}>>")
        content = "".join(
            f"{red / 255:.4f} {green / 255:.4f} {blue / 255:.4f} rg "
            f"{k % 2 * width / 2} {(1 - k // 2) * height / 2} {width / 2} {height / 2} re f\n"
            for k, (red, green, blue) in enumerate(pictures.CORNERS)
        )
        objects.append(f"<</Length {len(content)}>>stream\n{content}endstream")
    return _document(objects)


def locked_pdf() -> bytes:
    """A document that opens with a password alone."""
    secret = f"<</Filter/Standard/V 1/R 2/O<{'41' * 32}>/U<{'42' * 32}>/P -1>>"
    plain = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    return _document([*plain, page, secret], trailer=f"/Encrypt 4 0 R/ID[<{'00' * 16}><{'00' * 16}>]")


def _document(objects: list[str], trailer: str = "") -> bytes:
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{body}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(data)}\n%%EOF"
    return data + end.encode()


# --- HEIC that is turned ------------------------------------------------------------------------

_TURNS: Final[dict[int, tuple[tuple[bytes, int], ...]]] = {
    1: (),
    2: ((b"imir", 1),),
    3: ((b"irot", 2),),
    4: ((b"imir", 0),),
    5: ((b"irot", 1), (b"imir", 0)),
    6: ((b"irot", 3),),
    7: ((b"irot", 3), (b"imir", 0)),
    8: ((b"irot", 1),),
}
"""What the container says where EXIF would say an orientation: quarter turns to the left, and an axis to mirror at."""


def turned_heic(orientation: int) -> bytes:
    """`corners.heic`, whose container asks for a turn."""
    data = heic()
    boxes = [struct.pack(">I4sB", 9, kind, value) for kind, value in _TURNS[orientation]]
    grown = sum(map(len, boxes)) + len(boxes)
    at = {kind: data.index(kind) - 4 for kind in (b"meta", b"iloc", b"iprp", b"ipco", b"ipma")}
    properties_end = at[b"ipma"]
    count = 3  # properties of the picture before
    changed = bytearray(data)
    for kind, growth in ((b"meta", grown), (b"iprp", grown), (b"ipco", grown - len(boxes)), (b"ipma", len(boxes))):
        _grow(changed, at[kind], growth)
    for item in range(2):
        _grow(changed, at[b"iloc"] + 16 + 18 * item + 10, grown)
    changed[at[b"ipma"] + 18] += len(boxes)
    end = properties_end + 22
    associations = bytes(0x80 | count + n for n in range(1, len(boxes) + 1))
    return bytes(
        changed[:properties_end] + b"".join(boxes) + changed[properties_end:end] + associations + changed[end:]
    )


def _grow(data: bytearray, at: int, growth: int) -> None:
    data[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", data, at)[0] + growth)


# --- hostile files ------------------------------------------------------------------------------


def use_bomb(levels: int = 12) -> bytes:
    """A drawing of ten to the power of `levels` rectangles, in about 2 KB."""
    groups = "".join(f"<g id='g{n}'>" + f"<use href='#g{n - 1}'/>" * 10 + "</g>" for n in range(1, levels))
    return f"{SVG_START} width='9' height='9'><g id='g0'><rect width='1' height='1'/></g>{groups}</svg>".encode()


def bare_tiff(width: int, height: int, *, next_directory: int = 0, extra: dict[int, int] | None = None) -> bytes:
    """A grey TIFF without compression that claims a size and holds 64 bytes of pixels."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: height, 279: width * height}
    tags |= extra or {}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value & 0xFFFFFFFF) for tag, value in sorted(tags.items()))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_directory) + bytes(64)


def bare_bmp(width: int, height: int, *, compression: int = 0) -> bytes:
    """A BMP that claims a size and holds 64 bytes of pixels."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, compression, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + head + bytes(64)


def bare_icon(inside: bytes) -> bytes:
    return b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(inside), 22) + inside
