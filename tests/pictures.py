"""Picture files for the tests, made when they are needed: photos, screenshots, tagged and hostile ones, as bytes."""

from __future__ import annotations

import functools
import random
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw

MARKER = b"PLANTED"
"""Stands in every piece of metadata that the tagged files carry."""

CORNERS = ((220, 40, 30), (30, 170, 60), (40, 70, 210), (235, 200, 40))
"""Colours of `corners`: top left, top right, bottom left, bottom right."""

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""From upright to how a camera of each EXIF orientation stores it."""


# --- pictures -----------------------------------------------------------------------------------


def photo(width: int, height: int, seed: int = 1) -> Image.Image:
    """Soft light and sensor noise: compresses like a photograph."""
    noise = Image.frombytes("RGB", (128, 128), random.Random(seed).randbytes(128 * 128 * 3))  # noqa: S311
    grain = noise.resize((max(1, width), max(1, height)), Image.Resampling.BICUBIC)
    light = Image.merge("RGB", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L")])
    return Image.blend(light.resize((width, height), Image.Resampling.BICUBIC), grain, 0.2)


def screenshot(width: int, height: int) -> Image.Image:
    """Flat areas, sharp edges and small text."""
    image = Image.new("RGB", (width, height), (246, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 12), fill=(43, 47, 58))
    for y in range(height // 10, height - 12, 16):
        draw.text((12, y), f"line {y}: the quick brown fox jumps over the lazy dog " * (width // 300 + 1), (30, 30, 30))
    return image


def corners(width: int, height: int) -> Image.Image:
    """Four areas of `CORNERS`."""
    image = Image.new("RGB", (width, height))
    for index, colour in enumerate(CORNERS):
        x, y = index % 2 * (width // 2), index // 2 * (height // 2)
        image.paste(colour, (x, y, x + width, y + height))
    return image


def encoded(image: Image.Image, encoder: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, encoder, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def stored_turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as it lies in a file of this EXIF orientation."""
    turn = TURNS[orientation]
    return image.copy() if turn is None else image.transpose(turn)


def jpeg(width: int = 640, height: int = 480, *, orientation: int = 1, **options: Any) -> bytes:
    """A photo whose file is stored for `orientation`; `width` and `height` are upright."""
    image = stored_turned(photo(width, height), orientation)
    return encoded(image, "JPEG", **{"quality": 88, "exif": exif(orientation)} | options)


def png(width: int = 640, height: int = 480) -> bytes:
    return encoded(screenshot(width, height), "PNG")


def webp(width: int = 640, height: int = 480) -> bytes:
    return encoded(photo(width, height), "WEBP", quality=80, method=0)


def gif(width: int = 640, height: int = 480) -> bytes:
    return encoded(screenshot(width, height).quantize(32), "GIF")


def animation(encoder: str, width: int = 120, height: int = 80, frames: int = 3) -> bytes:
    """A GIF, PNG or WEBP that moves; the first frame is `corners`."""
    first = corners(width, height)
    later = [Image.new("RGB", (width, height), (60 * n, 30, 200)) for n in range(1, frames)]
    return encoded(first, encoder, save_all=True, append_images=later, duration=80, loop=0)


# --- metadata -----------------------------------------------------------------------------------


def exif(orientation: int = 1) -> bytes:
    """An EXIF block with a camera, a time and a place."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = (MARKER + b"-CAMERA").decode()
    block[0x0132] = "2026:05:01 10:00:00"
    place = block.get_ifd(0x8825)
    place |= {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 0.5), 27: MARKER + b"-GPS"}
    return block.tobytes()


XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + MARKER + b"-XMP</x:xmpmeta>"
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x5a\0\x0b" + MARKER + b"CITY"


@functools.lru_cache
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def wide_profile() -> bytes:
    """An ICC profile of wide primaries (Display P3's) with a gamma of 2.2."""
    red, green, blue = (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)
    curve = struct.pack(">4sIIHxx", b"curv", 0, 1, round(2.2 * 256))
    tags = [(b"rXYZ", _xyz(red)), (b"gXYZ", _xyz(green)), (b"bXYZ", _xyz(blue)), (b"wtpt", _xyz((0.9642, 1, 0.8249)))]
    tags += [(b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve), (b"cprt", b"text\0\0\0\0" + MARKER + b"-ICC\0")]
    offset, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags:
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += padded
    head = struct.pack(">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 5, 1, 10, 0, 0, b"acsp")
    return head.ljust(68, b"\0") + struct.pack(">3i", *_fixed((0.9642, 1, 0.8249))) + bytes(48) + table + body


def _xyz(value: tuple[float, float, float]) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *_fixed(value))


def _fixed(value: tuple[float, float, float]) -> list[int]:
    return [round(v * 65536) for v in value]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def tagged_jpeg(image: Image.Image | None = None, *, icc: bytes = b"", **options: Any) -> bytes:
    """A JPEG with every kind of metadata we know of, behind its end too."""
    plain = encoded(image or photo(320, 240), "JPEG", **{"quality": 88} | options)
    profile = icc or srgb_profile()
    head = [
        segment(0xE0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\x03\x01" + (MARKER + b"!!")),
        segment(0xE0, b"JFXX\0\x10" + MARKER),
        segment(0xE1, exif() + MARKER),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + MARKER),
        segment(0xE2, b"ICC_PROFILE\0\x02\x02" + profile[1000:]) if len(profile) > 1000 else b"",
        segment(0xE2, b"ICC_PROFILE\0\x01" + (b"\x02" if len(profile) > 1000 else b"\x01") + profile[:1000]),
        segment(0xE2, b"MPF\0" + _multi_picture() + MARKER),
        segment(0xEB, b"JP\0\x01" + MARKER),
        segment(0xED, IPTC),
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01" + MARKER),
        segment(0xEF, MARKER),
        segment(0xFE, MARKER + b"-COMMENT"),
    ]
    scan = plain.rindex(b"\xff\xda")  # a comment between the scans of a progressive one
    body = plain[plain.index(b"\xff\xdb") : scan] + segment(0xFE, MARKER) + plain[scan:]
    return b"\xff\xd8" + b"".join(head) + body + MARKER + plain


def several_in_one(kind: int, metadata: bytes = b"") -> bytes:
    """A JPEG file (MPO) of two pictures, `corners` first; the other is of this kind (CIPA DC-007)."""
    first, other = encoded(corners(180, 120), "JPEG", quality=92), encoded(photo(180, 120), "JPEG")
    head = struct.pack(">2sHIHHHII", b"MM", 42, 8, 1, 0xB002, 7, 32, 26) + bytes(4)
    entries = struct.pack(">IIIHH", 0x030000, len(first), 0, 0, 0) + struct.pack(">IIIHH", kind, len(other), 0, 0, 0)
    told = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + metadata)
    return first[:2] + told + segment(0xE2, b"MPF\0" + head + entries) + first[2:] + other


def _multi_picture() -> bytes:
    """The index of a file of one picture."""
    head = struct.pack("<2sHIH", b"II", 42, 8, 2)
    tags = struct.pack("<HHII", 0xB001, 4, 1, 1) + struct.pack("<HHII", 0xB002, 7, 16, 38)
    return head + tags + bytes(4) + struct.pack("<IIIHH", 0x030000, 0, 0, 0, 0)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tagged_png(image: Image.Image | None = None, *, icc: bytes = b"", exif_block: bytes = b"") -> bytes:
    plain = encoded(image or screenshot(320, 240), "PNG")
    pixels = plain.index(b"IDAT") - 4
    end = plain.index(b"IEND") - 4
    before = [
        chunk(b"iCCP", MARKER + b"\0\0" + zlib.compress(icc or srgb_profile())),
        chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
        chunk(b"tEXt", b"Author\0" + MARKER),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        chunk(b"prVt", MARKER),
    ]
    after = [
        chunk(b"zTXt", MARKER + b"\0\0" + zlib.compress(MARKER * 9)),
        chunk(b"tIME", struct.pack(">H5B", 2026, 5, 1, 10, 0, 0)),
        chunk(b"eXIf", (exif_block or exif()).removeprefix(b"Exif\0\0")),
    ]
    return plain[:pixels] + b"".join(before) + plain[pixels:end] + b"".join(after) + plain[end:] + MARKER


def tagged_gif(plain: bytes | None = None) -> bytes:
    plain = plain or gif(320, 240)
    head = 13 + (3 << ((plain[10] & 7) + 1))

    def blocks(data: bytes) -> bytes:
        return bytes([len(data)]) + data + b"\0"

    extensions = b"!\xfe" + blocks(MARKER + b"-COMMENT") + b"!\xff\x0bXMP DataXMP" + blocks(XMP[:200])
    extensions += b"!\x01" + b"\x0c" + bytes(12) + blocks(MARKER)
    return plain[:head] + extensions + plain[head:-1] + b"!\xfe" + blocks(MARKER) + b";" + MARKER


def tagged_webp(image: Image.Image | None = None, *, icc: bytes = b"", orientation: int = 1, **options: Any) -> bytes:
    plain = encoded(
        image or photo(320, 240),
        "WEBP",
        **{"quality": 80, "exif": exif(orientation), "xmp": XMP, "icc_profile": icc or srgb_profile()} | options,
    )
    body = plain[12:] + b"ZZZZ" + struct.pack("<I", len(MARKER) + 1) + MARKER + b"\0"
    if len(MARKER) % 2 == 0:
        body += b"\0"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + MARKER


def turned_png(image: Image.Image, orientation: int, *, late: bool) -> bytes:
    """A PNG whose eXIf chunk stands before or behind the pixels."""
    plain = encoded(stored_turned(image, orientation), "PNG")
    at = plain.index(b"IEND") - 4 if late else plain.index(b"IDAT") - 4
    return plain[:at] + chunk(b"eXIf", exif(orientation).removeprefix(b"Exif\0\0")) + plain[at:]


# --- hostile files ------------------------------------------------------------------------------


def bare_png(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def rechecked(data: bytes) -> bytes:
    """A PNG with the checksums that its chunks ought to have, as far as they can be followed."""
    fixed, at = bytearray(data), 8
    while at + 12 <= len(fixed):
        end = at + 8 + int.from_bytes(fixed[at : at + 4], "big")
        if end + 4 > len(fixed):
            break
        fixed[end : end + 4] = zlib.crc32(fixed[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(fixed)


def zeros(count: int) -> bytes:
    """`count` zero bytes, compressed."""
    packer = zlib.compressobj(9)
    pieces = [packer.compress(bytes(min(1 << 20, count - at))) for at in range(0, count, 1 << 20)]
    return b"".join(pieces) + packer.flush()


def scan_bomb(scans: int, edge: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: each costs a pass over all pixels."""
    plain = encoded(Image.new("L", (edge, edge), 128), "JPEG", progressive=True, quality=50)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + last * scans + plain[-2:]


def resized_header(data: bytes, width: int, height: int) -> bytes:
    """A baseline JPEG that claims another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def big_gif(width: int, height: int) -> bytes:
    image = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + image + b";"
