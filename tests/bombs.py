"""Small files that ask for more time or memory than anyone has, of every format the app takes."""

from __future__ import annotations

import base64
import functools
import struct
import zlib
from collections.abc import Callable
from typing import Final

from PIL import Image

from tests import pictures, rare_pictures
from tests.hostile import packed_pdf
from tests.rare_pictures import SVG_START

# --- the four common formats --------------------------------------------------------------------


def _png_text(kind: bytes) -> bytes:
    return pictures.bare_png(
        8, 8, pictures.zeros(8 * 25), extra=pictures.chunk(kind, b"k\0\0" + pictures.zeros(6 << 26))
    )


def _empty_chunks() -> bytes:
    return pictures.bare_png(8, 8, pictures.zeros(8 * 25), extra=pictures.chunk(b"prVt", b"") * 1_000_000)


def _grown_png() -> bytes:
    """Eight by eight pixels, whose data unpack to much more."""
    return pictures.bare_png(8, 8, pictures.zeros(1 << 28))


def _filtered(width: int, height: int, *, colour: int, depth: int = 8) -> bytes:
    """A PNG of zeros whose rows take PNG's slowest filter (Paeth)."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    row, packer = b"\4" + bytes(width * channels * depth // 8), zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return pictures.bare_png(width, height, packed, colour=colour, depth=depth)


def _turned_jpeg(edge: int) -> bytes:
    """Its colours have to be converted, and it has to be turned."""
    image = Image.new("RGB", (edge, edge), (200, 30, 10))
    return pictures.tagged_jpeg(image, icc=pictures.wide_profile(), quality=30).replace(
        pictures.exif(1), pictures.exif(6)
    )


def _frames(count: int) -> bytes:
    first = pictures.gif(16, 16)
    frame = b"!\xf9\x04\0\1\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return first[:-1] + frame * count + b";"


def _wide_gif(edge: int) -> bytes:
    """One image as large as its canvas, in a few bytes of data."""
    blocks = (b"\xff" + b"\x44" * 255) * 4000 + b"\0"
    image = b",\0\0\0\0" + struct.pack("<HH", edge, edge) + b"\0\x02" + blocks
    return b"GIF89a" + struct.pack("<HH", edge, edge) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + image + b";"


def _sub_blocks() -> bytes:
    """An image whose data come a byte at a time."""
    plain = pictures.big_gif(16, 16)
    return plain[:-5] + b"\x01\x44" * 5_000_000 + b"\0;"


def _fill_bytes() -> bytes:
    plain = pictures.jpeg(16, 16)
    return plain[:2] + b"\xff" * 20_000_000 + plain[2:]


def _segments() -> bytes:
    plain = pictures.jpeg(16, 16)
    return plain[:2] + pictures.segment(0xE5, b"") * 1_000_000 + plain[2:]


def _grey_jpeg(edge: int, *, progressive: bool = False) -> bytes:
    return pictures.encoded(Image.new("L", (edge, edge), 90), "JPEG", progressive=progressive, quality=30)


def _flat_webp(edge: int) -> bytes:
    return pictures.encoded(Image.new("RGB", (edge, edge), (9, 90, 200)), "WEBP", lossless=True, method=0, quality=0)


def _claimed_webp() -> bytes:
    """Its header says 16,383 pixels each way; there are data for 16."""
    plain = _flat_webp(16)
    at = plain.index(b"VP8L") + 9
    return plain[:at] + struct.pack("<I", 16_382 | 16_382 << 14) + plain[at + 4 :]


def _webp_canvas() -> bytes:
    """An animation of 16,384 pixels each way, whose frame is small."""
    moving = pictures.animation("WEBP", 16, 16)
    at = moving.index(b"VP8X") + 12
    return moving[:at] + (16_383).to_bytes(3, "little") * 2 + moving[at + 6 :]


def _webp_chunks() -> bytes:
    plain = pictures.webp(16, 16)
    body = plain[8:] + b"ZZZZ\0\0\0\0" * 1_000_000
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- TIFF, BMP and icons ------------------------------------------------------------------------


def _strips(count: int) -> bytes:
    """A TIFF that says it has this many strips."""
    data = bytearray(rare_pictures.bare_tiff(64, 64))
    for at in range(10, 10 + 12 * 9, 12):
        if struct.unpack_from("<H", data, at)[0] in (273, 279):
            struct.pack_into("<I", data, at + 4, count)
    return bytes(data)


def _packed_tiff(width: int, height: int) -> bytes:
    """A grey TIFF of one deflated strip of zeros."""
    packed = pictures.zeros(width * height)
    data = rare_pictures.bare_tiff(width, height, extra={259: 8, 279: len(packed)})
    return data[:-64] + packed


def _runs(edge: int) -> bytes:
    """A BMP of long runs (RLE8)."""
    row = (
        b"\xff\x07" * (edge // 255) + bytes((edge % 255, 7)) if edge % 255 else b"\xff\x07" * (edge // 255)
    ) + b"\0\0"
    data = row * edge + b"\0\x01"
    head = struct.pack("<IiiHHIIiiII", 40, edge, edge, 1, 8, 1, len(data), 2835, 2835, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(data), 0, 0, 1078) + head + bytes(1024) + data


def _many_icons() -> bytes:
    inside = pictures.encoded(pictures.photo(64, 64), "PNG")
    entry = struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, len(inside), 6 + 16 * 65_535)
    return b"\0\0\1\0\xff\xff" + entry * 65_535 + inside


# --- drawings -----------------------------------------------------------------------------------


def _svg(body: str, size: str = "width='900' height='900'") -> bytes:
    return f"{SVG_START} {size}>{body}</svg>".encode()


def _laughs() -> bytes:
    entities = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    return f"<!DOCTYPE svg [<!ENTITY a0 'ha'>{entities}]>{SVG_START}><text>&a9;</text></svg>".encode()


def _filters() -> bytes:
    steps = "<feGaussianBlur stdDeviation='900'/><feMorphology operator='dilate' radius='400'/>" * 60
    return _svg(f"<filter id='f' x='-9' y='-9' width='99' height='99'>{steps}</filter><rect {_ALL} filter='url(#f)'/>")


_ALL: Final = "width='900' height='900'"


def _patterns() -> bytes:
    levels = "".join(
        f"<pattern id='p{n}' width='2' height='2' patternUnits='userSpaceOnUse'><rect {_ALL} fill='url(#p{n - 1})'/>"
        "</pattern>"
        for n in range(1, 30)
    )
    return _svg(
        f"<pattern id='p0' width='1' height='1'><rect {_ALL}/></pattern>{levels}<rect {_ALL} fill='url(#p29)'/>"
    )


def _layers() -> bytes:
    return _svg("<g opacity='.9'>" * 180 + f"<rect {_ALL}/>" + "</g>" * 180)


def _held_picture() -> bytes:
    inside = base64.b64encode(pictures.bare_png(20_000, 20_000, pictures.zeros(20_000 * 60_001))).decode()
    return _svg(f"<image {_ALL} href='data:image/png;base64,{inside}'/>")


def _dashes() -> bytes:
    return _svg("<path d='M0 0L9e6 9e6' stroke='red' stroke-dasharray='.0001 .0001'/>")


# --- documents ----------------------------------------------------------------------------------


def _forms() -> bytes:
    """Ten to the power of twelve rectangles, by forms that draw forms."""
    content = "/X Do " * 10
    forms = [
        f"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X {5 + n} 0 R>>>>/Length {len(content)}>>"
        f"stream\n{content}\nendstream"
        for n in range(1, 13)
    ]
    forms.append("<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 11>>stream\n0 0 9 9 re f\nendstream")
    return packed_pdf(b"/X Do", resources="/XObject<</X 5 0 R>>", more=tuple(forms))


def _form_in_itself() -> bytes:
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 5>>"
    form += "stream\n/X Do\nendstream"
    return packed_pdf(b"/X Do", resources="/XObject<</X 5 0 R>>", more=(form,))


def _pages(count: int) -> bytes:
    return rare_pictures._document(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Count {count}/Kids[{'3 0 R ' * count}]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        ]
    )


def _claimed_pages() -> bytes:
    return rare_pictures.pdf().replace(b"/Count 1", b"/Count 2147483647")


def _page_circle() -> bytes:
    return rare_pictures._document(
        ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Pages/Kids[2 0 R]/Count 9>>"]
    )


def _object_stream() -> bytes:
    """The catalogue lies in a stream that unpacks to a gigabyte."""
    head = b"2 0 "
    packed = zlib.compress(head + b"<</Type/Catalog>>" + bytes(6 << 26), 9)
    stream = b"1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n"
    data = b"%PDF-1.5\n" + stream % (len(packed), packed)
    table = struct.pack(">" + "BHB" * 3, 0, 0, 0, 1, 9, 0, 2, 1, 0)
    at = len(data)
    xref = b"3 0 obj<</Type/XRef/Size 3/W[1 2 1]/Root 2 0 R/Length %d>>stream\n%s\nendstream endobj\n" % (
        len(table),
        table,
    )
    return data + xref + b"startxref\n%d\n%%%%EOF" % at


def _held_image(edge: int) -> bytes:
    packed = pictures.zeros(edge * edge * 3).hex()
    image = f"<</Type/XObject/Subtype/Image/Width {edge}/Height {edge}/ColorSpace/DeviceRGB/BitsPerComponent 8"
    image += f"/Filter[/ASCIIHexDecode/FlateDecode]/Length {len(packed)}>>stream\n{packed}\nendstream"
    return packed_pdf(b"90 0 0 90 0 0 cm /X Do", resources="/XObject<</X 5 0 R>>", more=(image,))


def _long_content() -> bytes:
    return packed_pdf(b"0 0 180 120 re f 0 0 m 9 9 l S\n" * 4_000_000)


def _calculation() -> bytes:
    """A shading whose colours are calculated at length."""
    program = "{" + "sin cos mul dup " * 9000 + "}"
    function = (
        f"<</FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]/Length {len(program)}>>stream\n{program}\nendstream"
    )
    shading = "<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1 0 1]/Matrix[180 0 0 120 0 0]/Function 5 0 R>>"
    return packed_pdf(b"/S sh", resources="/Shading<</S 6 0 R>>", more=(function, shading))


# --- HEIC and AVIF ------------------------------------------------------------------------------


def _claimed(data: bytes, width: int, height: int) -> bytes:
    """The container says another size (`ispe`) than the picture in it."""
    pieces = data.split(b"ispe")
    return b"ispe".join(
        [pieces[0], *(piece[:4] + struct.pack(">II", width, height) + piece[12:] for piece in pieces[1:])]
    )


def _grid(data: bytes) -> bytes:
    """Its main picture says that it is put together of others (`grid`), which are not there."""
    return data.replace(b"hvc1", b"grid", 1).replace(b"av01", b"grid", 1)


def _long_avif(edge: int) -> bytes:
    return rare_pictures.avif(Image.new("L", (edge, edge), 80), quality=1)


def _items(data: bytes) -> bytes:
    at = data.index(b"iinf") + 8
    return data[:at] + b"\xff\xff" + data[at + 2 :]


BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "PNG of 2^31 pixels each way": lambda: pictures.bare_png(2**31 - 1, 2**31 - 1, b""),
    "PNG of 60,000": lambda: pictures.bare_png(60_000, 60_000, pictures.zeros(1000)),
    "PNG of 13,000": lambda: pictures.bare_png(13_000, 13_000, pictures.zeros(13_000 * 39_001)),
    "PNG just below the limit": lambda: pictures.bare_png(11_500, 11_500, pictures.zeros(11_500 * 11_501), colour=0),
    "PNG, filtered, of 11,500": functools.partial(_filtered, 11_500, 11_500, colour=2),
    "PNG, filtered, of 6,500": functools.partial(_filtered, 6_500, 6_500, colour=2),
    "PNG, transparent, of 11,500": functools.partial(_filtered, 11_500, 11_500, colour=6),
    "PNG, transparent, of 6,000": functools.partial(_filtered, 6_000, 6_000, colour=6),
    "PNG of sixteen bits": functools.partial(_filtered, 8_000, 8_000, colour=6, depth=16),
    "PNG of one bit": lambda: pictures.bare_png(11_500, 11_500, pictures.zeros(11_500 * 1439), depth=1, colour=0),
    "PNG with more data than pixels": _grown_png,
    "PNG with a text of 400 MB": functools.partial(_png_text, b"zTXt"),
    "PNG with a profile of 400 MB": functools.partial(_png_text, b"iCCP"),
    "PNG of a million chunks": _empty_chunks,
    "GIF of 200,000 frames": functools.partial(_frames, 200_000),
    "GIF canvas of 65,535": lambda: pictures.big_gif(65_535, 65_535),
    "GIF image of 15,000": functools.partial(_wide_gif, 15_000),
    "GIF of 11,500": lambda: pictures.encoded(Image.new("L", (11_500, 11_500), 3), "GIF"),
    "GIF of five million blocks": _sub_blocks,
    "JPEG of 65,500": lambda: pictures.resized_header(pictures.encoded(pictures.photo(9, 9), "JPEG"), 65_500, 65_500),
    "JPEG of 2,000 scans": lambda: pictures.scan_bomb(2000, 8000),
    "JPEG of 900 scans": lambda: pictures.scan_bomb(900, 2000),
    "JPEG, progressive, of 12,000": functools.partial(_grey_jpeg, 12_000, progressive=True),
    "JPEG of 15,400": functools.partial(_grey_jpeg, 15_400),
    "JPEG of 75 scans": lambda: pictures.scan_bomb(72, 7000),
    "JPEG of 38 scans": lambda: pictures.scan_bomb(28, 7000),
    "JPEG, wide and turned, of 11,500": functools.partial(_turned_jpeg, 11_500),
    "JPEG, wide and turned, of 6,000": functools.partial(_turned_jpeg, 6_000),
    "JPEG of a million segments": _segments,
    "JPEG with 20 MB of fill bytes": _fill_bytes,
    "WebP of 16,383": _claimed_webp,
    "WebP just below the limit": functools.partial(_flat_webp, 5_600),
    "WebP canvas of 16,384": _webp_canvas,
    "WebP of a million chunks": _webp_chunks,
    "TIFF directories in a circle": lambda: rare_pictures.bare_tiff(8, 8, next_directory=8),
    "TIFF of 60,000": lambda: rare_pictures.bare_tiff(60_000, 60_000),
    "TIFF of 2^32 strips": functools.partial(_strips, 2**32 - 1),
    "TIFF, deflated, of 10,000": functools.partial(_packed_tiff, 10_000, 10_000),
    "TIFF, deflated, of 15,000": functools.partial(_packed_tiff, 15_000, 15_000),
    "BMP of 2^31": lambda: rare_pictures.bare_bmp(2**31 - 1, -(2**31)),
    "BMP of runs, of 10,000": functools.partial(_runs, 10_000),
    "ICO of a PNG of 60,000": lambda: rare_pictures.bare_icon(pictures.bare_png(60_000, 60_000, b"")),
    "ICO of 65,535 pictures": _many_icons,
    "SVG that uses itself": rare_pictures.use_bomb,
    "SVG of a billion laughs": _laughs,
    "SVG of filters": _filters,
    "SVG of 100,000": functools.partial(_svg, "<rect width='9' height='9'/>", "width='100000' height='100000'"),
    "SVG of a long text": functools.partial(_svg, f"<text>{'words ' * 150_000}</text>"),
    "SVG of 60,000 levels": functools.partial(_svg, "<g>" * 60_000 + "</g>" * 60_000),
    "SVG of patterns": _patterns,
    "SVG of layers": _layers,
    "SVG with a PNG of 20,000": _held_picture,
    "SVG of dashes": _dashes,
    "PDF page of 10^9": lambda: rare_pictures.pdf((1e9, 1e9)),
    "PDF of forms": _forms,
    "PDF form in itself": _form_in_itself,
    "PDF of a million pages": functools.partial(_pages, 1_000_000),
    "PDF that claims 2^31 pages": _claimed_pages,
    "PDF pages in a circle": _page_circle,
    "PDF object stream": _object_stream,
    "PDF with an image of 20,000": functools.partial(_held_image, 20_000),
    "PDF of long content": _long_content,
    "PDF of calculations": _calculation,
    "HEIC of 65,535": lambda: _claimed(rare_pictures.heic(), 65_535, 65_535),
    "HEIC grid": lambda: _grid(rare_pictures.heic()),
    "HEIC of 65,535 items": lambda: _items(rare_pictures.heic()),
    "AVIF of 65,535": lambda: _claimed(rare_pictures.avif(), 65_535, 65_535),
    "AVIF grid": lambda: _grid(rare_pictures.avif()),
    "AVIF of 7,000": functools.partial(_long_avif, 7_000),
}  # fmt: skip

SLOW: Final = frozenset(
    {
        "PNG of 13,000",
        "PNG just below the limit",
        "PNG, filtered, of 11,500",
        "PNG, filtered, of 6,500",
        "PNG, transparent, of 11,500",
        "PNG, transparent, of 6,000",
        "PNG of sixteen bits",
        "PNG of one bit",
        "PNG with a text of 400 MB",
        "PNG with a profile of 400 MB",
        "GIF of 11,500",
        "JPEG, progressive, of 12,000",
        "JPEG of 38 scans",
        "JPEG, wide and turned, of 6,000",
        "TIFF, deflated, of 10,000",
        "BMP of runs, of 10,000",
        "ICO of 65,535 pictures",
        "SVG of filters",
        "SVG of 100,000",
        "SVG of 60,000 levels",
        "SVG of patterns",
        "SVG with a PNG of 20,000",
        "SVG of dashes",
        "PDF of forms",
        "PDF of a million pages",
        "PDF object stream",
        "PDF with an image of 20,000",
        "PDF of long content",
        "PDF of calculations",
        "AVIF of 7,000",
        "WebP just below the limit",
    }
)
"""Those that take most of a second and more, to make or to refuse: for the long run alone."""
