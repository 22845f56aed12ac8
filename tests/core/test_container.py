"""Formats and headers, read without decoding."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from app.core.container import Header, exif_orientation, read_header
from app.core.sniff import SNIFFED, sniff
from tests import pictures


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "CR3"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "BMP"),
        (b"\0\0\x01\0\x01\0\x10\x10", "ICO"),
        (b"\0\0\x02\0\x01\0\x10\x10", "CUR"),
        (b"%PDF-1.7", "PDF"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4", "PDF"),
        (bytes(900) + b"%PDF-1.4", "PDF"),
        (bytes(1100) + b"%PDF-1.4", ""),
        (b"a document begins with %PDF-1.4", ""),
        (b"II*\0\x10\0\0\0CR\x02\0", "CR2"),
        (b"IIU\0\x18\0\0\0", "RW2"),
        (b"8BPS\0\x01", "PSD"),
        (b"\xff\x0a\xfa\x1f", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand -->\n<svg xmlns=", "SVG"),
        (b"<!--" + b"x" * 3000 + b"-->\n<svg width='1'", "SVG"),
        ("\ufeff<svg:svg xmlns:svg=''>".encode("utf-16-be"), "SVG"),
        ("\ufeff<svg>".encode("utf-16-le"), "SVG"),
        (b"<svgs>", ""),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        (b"RIFF\x10\0\0\0WAVEfmt ", ""),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", ""),
        (b"<!doctype html><html><body><svg></svg>", ""),
        (b"BMW is a maker of cars, and this is text", ""),
        (b"", ""),
        (bytes(SNIFFED), ""),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, name: str) -> None:
    assert sniff(head) == name


def header(data: bytes) -> Header:
    return read_header(BytesIO(data), sniff(data[:SNIFFED]))


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (pictures.jpeg(61, 47), "JPEG"),
        (pictures.tagged_jpeg(pictures.photo(61, 47), progressive=True), "JPEG"),
        (pictures.png(61, 47), "PNG"),
        (pictures.gif(61, 47), "GIF"),
        (pictures.webp(61, 47), "WebP"),
        (pictures.encoded(pictures.photo(61, 47), "WEBP", lossless=True), "WebP"),
        (pictures.tagged_webp(pictures.photo(61, 47)), "WebP"),
    ],
)
def test_size_and_format_come_from_the_header(data: bytes, format_: str) -> None:
    found = header(data)
    assert (found.format, found.width, found.height) == (format_, 61, 47)
    assert (found.orientation, found.animated, found.common) == (1, False, True)


@pytest.mark.parametrize(
    ("kind", "metadata", "name"),
    [
        (0x020001, b"", "MPO"),
        (0x020002, b"hdrgm", "MPO"),
        (0x000000, b"", "MPO"),
        (0x000000, b"hdrgm:Version='1.0'", "JPEG"),
        (0x010001, b"", "JPEG"),
    ],
    ids=["panorama", "stereo", "unsaid", "gain map", "preview"],
)
def test_further_views_in_a_jpeg_are_known_and_previews_are_none(kind: int, metadata: bytes, name: str) -> None:
    assert header(pictures.several_in_one(kind, metadata)).name == name


@pytest.mark.parametrize("index", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff\xb0\x02"])
def test_a_broken_index_names_no_views(index: bytes) -> None:
    plain = pictures.jpeg()
    assert header(plain[:2] + pictures.segment(0xE2, b"MPF\0" + index) + plain[2:]).name == "JPEG"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_from_every_place_it_may_stand(orientation: int) -> None:
    image = pictures.corners(60, 40)
    for data in (
        pictures.jpeg(60, 40, orientation=orientation),
        pictures.turned_png(image, orientation, late=False),
        pictures.turned_png(image, orientation, late=True),
        pictures.encoded(image, "WEBP", exif=pictures.exif(orientation)),
    ):
        assert header(data).orientation == orientation


def test_orientation_behind_the_pixels_of_a_long_png_is_found() -> None:
    data = pictures.turned_png(pictures.photo(500, 400), 6, late=True)
    assert len(data) > 200_000
    assert header(data).orientation == 6


@pytest.mark.parametrize("encoder", ["GIF", "PNG", "WEBP"])
def test_what_moves_is_known_to_move(encoder: str) -> None:
    assert header(pictures.animation(encoder)).animated


def test_a_long_gif_is_taken_to_move_by_its_loop_mark() -> None:
    still = pictures.encoded(pictures.photo(400, 300).quantize(256), "GIF")
    assert len(still) > 70_000
    assert not header(still).animated
    looping = still[: 13 + 768] + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" + still[13 + 768 :]
    assert header(looping).animated


def test_a_gif_whose_first_image_comes_late_is_read_on() -> None:
    plain = pictures.gif(61, 47)
    table = 13 + (3 << ((plain[10] & 7) + 1))
    comment = b"!\xfe" + (b"\xff" + bytes(255)) * 300 + b"\0"
    assert header(plain[:table] + comment + plain[table:]) == header(plain)


@pytest.mark.parametrize(
    "data",
    [
        pictures.encoded(pictures.photo(20, 20).convert("CMYK"), "JPEG"),
        pictures.bare_png(2, 2, pictures.zeros(26), depth=16),
    ],
)
def test_what_some_decoders_refuse_is_marked(data: bytes) -> None:
    assert not header(data).common


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + bytes(5000),
        b"\xff\xd8" + b"\xff\xd0" * 60_000,
        b"\xff\xd8" + pictures.segment(0xC0, b"\x08\0\x10\0\x10\x01") * 2 + b"\xff\xda\0\2",
        pictures.jpeg()[:200],
        pictures.png()[:20],
        pictures.bare_png(0, 10, b""),
        b"\x89PNG\r\n\x1a\n" + pictures.chunk(b"tEXt", b"") * 100_001,
        pictures.gif()[:12],
        pictures.big_gif(5, 5)[:20],
        pictures.webp()[:20],
        b"RIFF\x10\0\0\0WEBPZZZZ" + bytes(40),
    ],
)
def test_a_broken_header_is_an_error_and_soon(data: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        header(data)


@pytest.mark.parametrize(
    "block",
    [b"", b"Exif\0\0", b"II*\0", b"II*\0\xff\xff\xff\x7f", b"MM\0*\0\0\0\x08\xff\xff", pictures.exif(6)[6:30]],
)
def test_a_broken_exif_block_says_nothing(block: bytes) -> None:
    assert exif_orientation(block) == 0


def test_an_orientation_that_does_not_exist_says_nothing() -> None:
    assert exif_orientation(pictures.exif(9)) == 0
    assert exif_orientation(pictures.exif(8)) == 8
    assert exif_orientation(pictures.exif(8)[6:], prefixed=True) == 0


class Counting(BytesIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def read(self, *args: Any) -> bytes:
        data = super().read(*args)
        self.read_bytes += len(data)
        return data


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.gif, pictures.webp])
def test_a_header_costs_the_same_however_large_the_picture(make: Any) -> None:
    file = Counting(make(2400, 1800))
    read_header(file, sniff(file.getvalue()[:SNIFFED]))
    assert file.read_bytes < 140_000
    assert len(file.getvalue()) > file.read_bytes
