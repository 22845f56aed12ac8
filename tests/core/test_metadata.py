"""Removal of metadata: everything planted is gone, and not a byte of the picture has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from app.core.container import png_chunks, webp_chunks
from app.core.metadata import MAX_PROFILE, strip
from tests import pictures

TAGGED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "baseline JPEG": ("JPEG", pictures.tagged_jpeg),
    "progressive JPEG": ("JPEG", lambda: pictures.tagged_jpeg(progressive=True)),
    "JPEG with restarts": ("JPEG", lambda: pictures.tagged_jpeg(restart_marker_blocks=3)),
    "PNG": ("PNG", pictures.tagged_png),
    "GIF": ("GIF", pictures.tagged_gif),
    "WebP": ("WebP", pictures.tagged_webp),
    "lossless WebP": ("WebP", lambda: pictures.tagged_webp(lossless=True)),
}


@pytest.fixture(params=TAGGED)
def tagged(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    format_, make = TAGGED[request.param]
    return format_, make()


def decoded(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


def test_nothing_that_was_planted_is_left(tagged: tuple[str, bytes]) -> None:
    format_, data = tagged
    assert data.count(pictures.MARKER) >= 4
    stripped = strip(data, format_).data
    assert pictures.MARKER not in stripped
    for word in (b"Exif", b"eXIf", b"EXIF", b"xmp", b"XMP", b"adobe", b"8BIM", b"ICC", b"iCCP", b"JFXX", b"MPF"):
        assert word not in stripped


def test_the_pixels_are_the_same(tagged: tuple[str, bytes]) -> None:
    format_, data = tagged
    assert decoded(strip(data, format_).data) == decoded(data)


def test_removing_twice_changes_nothing_more(tagged: tuple[str, bytes]) -> None:
    format_, data = tagged
    once = strip(data, format_).data
    assert strip(once, format_).data == once


def test_the_profile_is_handed_out(tagged: tuple[str, bytes]) -> None:
    format_, data = tagged
    assert strip(data, format_).icc == (b"" if format_ == "GIF" else pictures.srgb_profile())


def test_the_scan_of_a_jpeg_is_untouched() -> None:
    plain = pictures.encoded(pictures.photo(320, 240), "JPEG", quality=88)
    stripped = strip(pictures.tagged_jpeg(), "JPEG").data
    assert stripped[stripped.index(b"\xff\xdb") :] == plain[plain.index(b"\xff\xdb") :]
    assert stripped[:2] == b"\xff\xd8"
    assert re.findall(rb"\xff[\xe0-\xef\xfe]", stripped[: stripped.index(b"\xff\xdb")]) == [b"\xff\xe0", b"\xff\xee"]


def test_the_data_of_a_png_are_untouched() -> None:
    data = pictures.tagged_png()
    stripped = strip(data, "PNG").data
    assert [stripped[p.start : p.end] for p in png_chunks(BytesIO(stripped)) if p.kind == b"IDAT"] == [
        data[p.start : p.end] for p in png_chunks(BytesIO(data)) if p.kind == b"IDAT"
    ]
    assert {p.kind for p in png_chunks(BytesIO(stripped))} == {b"IHDR", b"IDAT", b"IEND"}


def test_the_data_of_a_webp_are_untouched() -> None:
    data = pictures.tagged_webp()
    stripped = strip(data, "WebP").data
    bodies = [{p.kind: d[p.body : p.end] for p in webp_chunks(BytesIO(d))} for d in (data, stripped)]
    assert bodies[0][b"VP8 "] == bodies[1][b"VP8 "]
    assert set(bodies[1]) == {b"VP8X", b"VP8 "}
    assert bodies[1][b"VP8X"][0] == 0


def test_transparency_stays() -> None:
    image = pictures.photo(60, 40)
    image.putalpha(Image.linear_gradient("L").resize((60, 40)))
    palette = image.quantize(16)
    for format_, data in {
        "PNG": pictures.tagged_png(image),
        "WebP": pictures.tagged_webp(image),
        "GIF": pictures.encoded(palette, "GIF", transparency=3, comment=pictures.MARKER),
    }.items():
        stripped = strip(data, format_).data
        assert decoded(stripped) == decoded(data)
        assert min(decoded(stripped)[3::4]) < 5
        assert pictures.MARKER not in stripped


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WebP"])
def test_of_what_moves_the_first_frame_stays(format_: str) -> None:
    data = pictures.animation(format_.upper(), frames=9)
    stripped = strip(data, format_)
    assert stripped.several_frames
    assert len(stripped.data) < len(data)
    assert decoded(stripped.data) == decoded(data)
    assert not strip(stripped.data, format_).several_frames


def test_a_gif_without_its_end_mark_is_completed() -> None:
    data = pictures.gif()
    assert strip(data[:-1], "GIF").data == strip(data, "GIF").data


def test_the_scans_of_a_jpeg_are_counted() -> None:
    assert strip(pictures.jpeg(), "JPEG").scans == 1
    assert strip(pictures.scan_bomb(50, 16), "JPEG").scans > 50


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WebP"])
def test_a_file_cut_off_anywhere_is_an_error(format_: str) -> None:
    data = {"JPEG": pictures.jpeg, "PNG": pictures.png, "GIF": pictures.gif, "WebP": pictures.webp}[format_](64, 48)
    last = len(data) - (1 if format_ == "GIF" else 0)
    for cut in range(20, last, 7):
        with pytest.raises((ValueError, EOFError)):
            strip(data[:cut], format_)


def test_a_png_whose_bytes_have_changed_is_an_error() -> None:
    data = bytearray(pictures.png())
    data[data.index(b"IDAT") + 100] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        strip(bytes(data), "PNG")


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (pictures.png()[:33] + pictures.png()[8:33] + pictures.png()[33:], "PNG"),
        (pictures.scan_bomb(1200, 16), "JPEG"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "GIF"),
    ],
    ids=["two headers", "scans", "no image"],
)
def test_what_no_honest_program_writes_is_an_error(data: bytes, format_: str) -> None:
    with pytest.raises((ValueError, EOFError)):
        strip(data, format_)


def test_a_profile_that_unpacks_without_end_is_left_out() -> None:
    bomb = pictures.chunk(b"iCCP", b"k\0\0" + pictures.zeros(MAX_PROFILE + 1))
    data = pictures.bare_png(1, 1, pictures.zeros(4), extra=bomb)
    assert strip(data, "PNG").icc == b""
