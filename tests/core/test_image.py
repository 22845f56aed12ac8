"""Pictures probed and prepared: size, orientation, colour, metadata, limits, and files that mean harm."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from app.core import image
from app.core.cuts import Box, Cut
from app.core.errors import (
    FormatUnsupported,
    NotAPicture,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureUnreadable,
)
from app.core.fit import Size, Tier, fit
from app.core.image import pixels, probe
from tests import pictures
from tests.core.conftest import Sent, Write, prepare

STANDARD = Tier(max_edge=1568, max_tokens=1568)
HIGH = Tier(max_edge=2576, max_tokens=4784)
SMALL = Tier(max_edge=56, max_tokens=4)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the levels, 0 to 255."""
    histogram = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L").histogram()
    return sum(level * count for level, count in enumerate(histogram)) / (one.width * one.height)


# --- probe --------------------------------------------------------------------------------------


def test_a_probe_says_what_the_file_says(write: Write) -> None:
    path = write(pictures.jpeg(64, 48, orientation=6))
    found = probe(path, "roof.jpg")
    assert (found.format, found.width, found.height) == ("JPEG", 64, 48)
    assert (found.orientation, found.animated, found.file_bytes) == (6, False, path.stat().st_size)


@pytest.mark.parametrize(
    ("encoder", "format_", "media_type"),
    [
        ("JPEG", "JPEG", "image/jpeg"),
        ("PNG", "PNG", "image/png"),
        ("GIF", "GIF", "image/gif"),
        ("WEBP", "WebP", "image/webp"),
    ],
)
def test_the_content_tells_the_format_and_the_name_does_not(
    tmp_path: Path, encoder: str, format_: str, media_type: str
) -> None:
    for suffix in (".jpg", ".png", ".gif", ".webp", ".txt", ""):
        path = tmp_path / f"mislabelled{suffix}"
        path.write_bytes(pictures.encoded(pictures.photo(40, 30), encoder))
        assert probe(path, path.name).format == format_
        assert prepare(path, path.name, STANDARD).media_type == media_type


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", PictureUnreadable("x", "empty")),
        (b"hello", NotAPicture("x")),
        (bytes(100_000), NotAPicture("x")),
        (b"<!doctype html><html></html>", NotAPicture("x")),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), FormatUnsupported("x", "HEIC")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FormatUnsupported("x", "SVG")),
        (pictures.encoded(pictures.photo(9, 9), "TIFF"), FormatUnsupported("x", "TIFF")),
        (pictures.encoded(pictures.photo(9, 9), "BMP"), FormatUnsupported("x", "BMP")),
        (pictures.encoded(pictures.photo(32, 32), "ICO"), FormatUnsupported("x", "ICO")),
        (pictures.encoded(pictures.photo(9, 9), "PDF"), FormatUnsupported("x", "PDF")),
        (pictures.jpeg()[:150], PictureDamaged("x")),
        (pictures.bare_png(60_000, 60_000, b""), PictureTooBig("x", 60_000, 60_000)),
        (pictures.big_gif(65_535, 65_535), PictureTooBig("x", 65_535, 65_535)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, PictureError) else "",
)
def test_what_is_no_picture_for_us_says_why(write: Write, data: bytes, error: PictureError) -> None:
    path = write(data)
    for read in (lambda: probe(path, "x"), lambda: prepare(path, "x", STANDARD)):
        with pytest.raises(PictureError) as caught:
            read()
        assert caught.value == error
    with pytest.raises(type(error)):
        pixels(data, "x")


@pytest.mark.skipif(os.name == "nt", reason="POSIX file types")
def test_a_path_that_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in {tmp_path / "pipe": "special", tmp_path: "folder", Path("/dev/zero"): "special"}.items():
        for read in (lambda p=path: probe(p, "x"), lambda p=path: prepare(p, "x", STANDARD)):
            with pytest.raises(PictureUnreadable) as caught:
                read()
            assert caught.value.reason == reason


# --- what goes as it is -------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.gif, pictures.webp])
def test_a_picture_within_the_limits_is_not_recompressed(write: Write, make: Callable[[int, int], bytes]) -> None:
    data = make(400, 300)
    sent = prepare(write(data), "x", STANDARD)
    assert sent.notes == ()
    assert (sent.width, sent.height) == (400, 300)
    assert pictures.opened(sent.data).convert("RGBA").tobytes() == pictures.opened(data).convert("RGBA").tobytes()
    assert len(sent.data) <= len(data)


@pytest.mark.parametrize(
    "make",
    [pictures.tagged_jpeg, pictures.tagged_png, pictures.tagged_gif, pictures.tagged_webp],
    ids=["JPEG", "PNG", "GIF", "WebP"],
)
@pytest.mark.parametrize("tier", [STANDARD, SMALL], ids=["as it is", "resized"])
def test_no_byte_of_metadata_leaves_the_machine(write: Write, make: Callable[[], bytes], tier: Tier) -> None:
    sent = prepare(write(make()), "x", tier)
    for data in (sent.data, sent.thumbnail):
        assert pictures.MARKER not in data
        for word in (b"Exif", b"eXIf", b"EXIF", b"XMP", b"adobe", b"8BIM", b"ICC", b"tEXt", b"tIME", b"2026:05"):
            assert word not in data
        assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(pictures.opened(data).info)


# --- size ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", [STANDARD, HIGH], ids=["standard", "high"])
@pytest.mark.parametrize(
    ("width", "height"),
    [(1568, 1568), (1093, 1092), (1600, 300), (300, 1600), (10, 4000), (4000, 1), (2600, 1463), (1, 1), (1999, 3001)],
)
def test_the_size_sent_is_the_one_the_server_would_make(write: Write, width: int, height: int, tier: Tier) -> None:
    expected = fit(width, height, tier)
    for encoder in ("JPEG", "PNG"):
        data = pictures.encoded(Image.new("RGB", (width, height), (90, 120, 40)), encoder)
        sent = prepare(write(data), "x", tier)
        assert (sent.width, sent.height) == expected == pictures.opened(sent.data).size
        assert ("resized" in sent.notes) == (expected != (width, height))


def test_the_edge_cap_of_many_pictures_is_kept(write: Write) -> None:
    sent = prepare(write(pictures.encoded(Image.new("RGB", (2400, 1200)), "JPEG")), "x", HIGH, edge_cap=2000)
    assert pictures.opened(sent.data).size == (2000, 1000)


@pytest.mark.parametrize("width", [1700, 3300, 5000])
def test_a_photo_made_smaller_is_the_same_photo(write: Write, width: int) -> None:
    image = pictures.photo(width, width * 3 // 4)
    sent = prepare(write(pictures.encoded(image, "JPEG", quality=95)), "x", STANDARD)
    assert sent.media_type == "image/jpeg"
    reference = image.resize((sent.width, sent.height), Image.Resampling.LANCZOS)
    assert difference(pictures.opened(sent.data), reference) < 2.5
    assert sent.notes == ("resized", "reencoded")


def test_the_decoder_that_rounds_up_moves_no_edge(write: Write) -> None:
    image = Image.new("L", (449, 449), 255)
    image.paste(0, (393, 0, 449, 449))
    sent = prepare(write(pictures.encoded(image, "JPEG", quality=98)), "x", SMALL)
    reference = image.resize((sent.width, sent.height), Image.Resampling.LANCZOS)
    assert difference(pictures.opened(sent.data), reference) < 1


def test_a_screenshot_made_smaller_becomes_webp_and_keeps_its_edges(write: Write) -> None:
    image = pictures.screenshot(1920, 1080)
    sent = prepare(write(pictures.encoded(image, "PNG")), "x", STANDARD)
    assert (sent.media_type, sent.width, sent.height) == ("image/webp", 1456, 819)
    assert difference(pictures.opened(sent.data), image.resize((1456, 819), Image.Resampling.LANCZOS)) < 2.5


@pytest.mark.parametrize("encoder", ["JPEG", "PNG"])
def test_a_limit_on_bytes_is_kept_by_quality_first_and_then_by_size(write: Write, encoder: str) -> None:
    path = write(pictures.encoded(pictures.photo(800, 600), encoder, quality=95))
    whole = len(prepare(path, "x", STANDARD).data)
    softer = prepare(path, "x", STANDARD, max_bytes=whole // 2)
    assert len(softer.data) <= whole // 2
    assert (softer.width, softer.height) == (800, 600)
    smaller = prepare(path, "x", STANDARD, max_bytes=12_000)
    assert len(smaller.data) <= 12_000
    assert smaller.width < 800
    assert pictures.opened(smaller.data).size == (smaller.width, smaller.height)
    assert smaller.notes == ("resized", "reencoded")


# --- orientation --------------------------------------------------------------------------------


def corner_colours(image: Image.Image) -> list[int]:
    """Which of `pictures.CORNERS` is in each corner."""
    rgb = image.convert("RGB")
    found = []
    for x, y in ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)):
        pixel: Any = rgb.getpixel((int(x * rgb.width), int(y * rgb.height)))
        distances = [sum(abs(a - b) for a, b in zip(pixel, corner, strict=True)) for corner in pictures.CORNERS]
        found.append(distances.index(min(distances)))
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("tier", [STANDARD, SMALL], ids=["full size", "resized"])
def test_every_orientation_is_turned_upright(write: Write, orientation: int, tier: Tier) -> None:
    image = pictures.corners(180, 120)
    stored = pictures.stored_turned(image, orientation)
    exif = pictures.exif(orientation)
    for data in (
        pictures.encoded(stored, "JPEG", exif=exif, quality=90),
        pictures.encoded(stored, "WEBP", exif=exif, lossless=True),
        pictures.turned_png(image, orientation, late=False),
        pictures.turned_png(image, orientation, late=True),
    ):
        sent = prepare(write(data), "x", tier)
        assert (sent.width, sent.height) == fit(180, 120, tier)
        assert corner_colours(pictures.opened(sent.data)) == [0, 1, 2, 3]
        assert corner_colours(pictures.opened(sent.thumbnail)) == [0, 1, 2, 3]
        assert ("turned" in sent.notes) == (orientation != 1)


def test_a_drawing_that_is_only_turned_stays_exact(write: Write) -> None:
    image = pictures.screenshot(300, 200)
    sent = prepare(write(pictures.turned_png(image, 6, late=False)), "x", STANDARD)
    assert sent.notes == ("turned", "reencoded")
    assert pictures.opened(sent.data).convert("RGB").tobytes() == image.tobytes()


# --- colour -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [pictures.tagged_jpeg, pictures.tagged_png, pictures.tagged_webp], ids=["JPEG", "PNG", "WebP"]
)
def test_a_wide_profile_is_brought_to_srgb(write: Write, make: Callable[..., bytes]) -> None:
    image = Image.new("RGB", (64, 64), (200, 80, 60))
    options: dict[str, Any] = {"icc": pictures.wide_profile()}
    if make is pictures.tagged_webp:
        options["lossless"] = True
    sent = prepare(write(make(image, **options)), "x", STANDARD)
    assert sent.notes == ("srgb", "reencoded")
    red, green, blue = pictures.opened(sent.data).convert("RGB").getpixel((30, 30))  # type: ignore[misc] # a tuple for RGB
    assert red >= 210  # Display P3 (200, 80, 60) is (216, 72, 50) or so in sRGB
    assert green <= 76
    assert blue <= 56


def test_transparency_survives_a_change_of_profile(write: Write) -> None:
    image = Image.new("RGBA", (64, 64), (200, 80, 60, 100))
    sent = prepare(write(pictures.tagged_png(image, icc=pictures.wide_profile())), "x", STANDARD)
    red, _, _, alpha = pictures.opened(sent.data).getpixel((30, 30))  # type: ignore[misc] # a tuple for RGBA
    assert red >= 210
    assert alpha == 100


@pytest.mark.parametrize("icc", [b"not a profile", pictures.wide_profile()[:200]])
def test_a_broken_profile_is_left_out(write: Write, icc: bytes) -> None:
    assert prepare(write(pictures.tagged_png(icc=icc)), "x", STANDARD).notes == ()


def test_cmyk_becomes_rgb(write: Write) -> None:
    data = pictures.encoded(Image.new("RGB", (64, 48), (200, 30, 40)).convert("CMYK"), "JPEG", quality=95)
    sent = prepare(write(data), "x", STANDARD)
    assert sent.notes == ("srgb", "reencoded")
    assert pictures.opened(sent.data).mode == "RGB"
    assert difference(pictures.opened(sent.data), Image.new("RGB", (64, 48), (200, 30, 40))) < 4


def test_grey_of_sixteen_bits_is_scaled_and_not_clipped(write: Write) -> None:
    ramp = Image.linear_gradient("L")
    deep = Image.frombytes("I;16", ramp.size, b"".join(bytes([v, v]) for v in ramp.tobytes()))
    sent = prepare(write(pictures.encoded(deep, "PNG")), "x", STANDARD)
    assert sent.notes == ("eight_bits", "reencoded")
    assert difference(pictures.opened(sent.data), ramp) <= 1


@pytest.mark.parametrize("colour", [0, 2], ids=["grey", "RGB"])
def test_the_transparent_colour_of_sixteen_bits_is_transparent(write: Write, colour: int) -> None:
    key, other = ((65_535,), (30_000,)) if colour == 0 else ((65_535, 0, 513), (1000, 2000, 3000))
    row = b"\0" + struct.pack(f">{2 * len(key)}H", *key, *other)
    clear = pictures.chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
    data = pictures.bare_png(2, 4, zlib.compress(row * 4), depth=16, colour=colour, extra=clear)
    image = pictures.opened(prepare(write(data), "x", STANDARD).data)
    assert image.getchannel("A").tobytes() == b"\0\xff" * 4


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA"])
@pytest.mark.parametrize("tier", [STANDARD, SMALL], ids=["as it is", "resized"])
def test_every_kind_of_pixel_looks_the_same_afterwards(write: Write, mode: str, tier: Tier) -> None:
    image = pictures.photo(120, 90)
    if mode in ("LA", "PA", "RGBA"):
        image.putalpha(Image.linear_gradient("L").resize((120, 90)))
    image = image.quantize(16) if mode in ("P", "PA") else image.convert(mode)
    sent = prepare(write(pictures.encoded(image, "PNG")), "x", tier)
    expected = image.convert("RGBA")
    if tier is SMALL:
        expected = expected.resize((sent.width, sent.height), Image.Resampling.LANCZOS)
    got = pictures.opened(sent.data).convert("RGBA")
    assert difference(got.getchannel("A"), expected.getchannel("A")) < 3
    ground = Image.new("RGBA", got.size, "white")
    assert difference(Image.alpha_composite(ground, got), Image.alpha_composite(ground, expected)) < 8


# --- what moves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("tier", [STANDARD, SMALL], ids=["full size", "resized"])
def test_of_what_moves_the_first_frame_is_sent(write: Write, encoder: str, tier: Tier) -> None:
    path = write(pictures.animation(encoder))
    assert probe(path, "x").animated
    sent = prepare(path, "x", tier)
    assert "first_frame" in sent.notes
    assert getattr(pictures.opened(sent.data), "n_frames", 1) == 1
    assert corner_colours(pictures.opened(sent.data)) == [0, 1, 2, 3]


@pytest.mark.parametrize("tier", [STANDARD, SMALL], ids=["full size", "resized"])
def test_of_several_views_the_first_is_sent(write: Write, tier: Tier) -> None:
    path = write(pictures.several_in_one(0x020002))
    assert probe(path, "x").format == "MPO"
    sent = prepare(path, "x", tier)
    assert sent.media_type == "image/jpeg"
    assert sent.notes == (("first_frame",) if tier is STANDARD else ("resized", "first_frame", "reencoded"))
    assert sent.data.count(b"\xff\xd8\xff") == 1
    assert corner_colours(pictures.opened(sent.data)) == [0, 1, 2, 3]


# --- thumbnails and pixels ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1200, 900), (336, 252)),
        ((900, 1200), (336, 448)),
        ((3000, 1000), (600, 200)),
        ((100, 80), (100, 80)),
        ((6000, 60), (1024, 10)),
    ],
)
def test_a_thumbnail_covers_its_place_and_is_never_long(
    write: Write, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    sent = prepare(write(pictures.encoded(pictures.photo(*size), "JPEG")), "x", STANDARD)
    width, height = pictures.opened(sent.thumbnail).size
    assert abs(width - expected[0]) <= 2
    assert abs(height - expected[1]) <= 2


def test_a_thumbnail_is_transparent_where_the_picture_is(write: Write) -> None:
    image = pictures.photo(600, 450)
    assert pictures.opened(prepare(write(pictures.encoded(image, "PNG")), "x", STANDARD).thumbnail).format == "JPEG"
    image.putalpha(Image.linear_gradient("L").resize((600, 450)))
    thumbnail = pictures.opened(prepare(write(pictures.encoded(image, "PNG")), "x", STANDARD).thumbnail)
    assert (thumbnail.format, thumbnail.mode) == ("PNG", "RGBA")
    image.putalpha(255)
    assert pictures.opened(prepare(write(pictures.encoded(image, "PNG")), "x", STANDARD).thumbnail).format == "JPEG"


@pytest.mark.parametrize("encoder", ["JPEG", "PNG", "GIF", "WEBP"])
def test_pixels_are_rows_of_rgba(encoder: str) -> None:
    data = pictures.encoded(pictures.photo(33, 21), encoder)
    assert pixels(data) == (33, 21, pictures.opened(data).convert("RGBA").tobytes())


def test_pixels_are_upright() -> None:
    width, height, rows = pixels(pictures.jpeg(60, 40, orientation=6))
    assert (width, height, len(rows)) == (60, 40, 60 * 40 * 4)


def test_pixels_of_what_was_prepared_and_of_its_thumbnail_can_be_had(write: Write) -> None:
    image = pictures.photo(2000, 1500)
    image.putalpha(128)
    for data in (pictures.jpeg(2000, 1500), pictures.encoded(image, "WEBP", method=0)):
        sent = prepare(write(data), "x", STANDARD)
        assert pixels(sent.data)[:2] == (sent.width, sent.height)
        assert pixels(sent.thumbnail)[:2] == (336, 252)


def test_what_is_seen_is_measured_in_the_original_however_small_it_is_sent(write: Write) -> None:
    data = pictures.encoded(pictures.screenshot(2400, 1600), "PNG")
    path = write(data)
    whole = image.prepare(path, "x", [Cut("whole", Size(2400, 1600))]).findings
    assert 8 < whole.text_height < 14
    assert image.prepare(path, "x", [Cut("whole", Size(600, 400))]).findings == whole
    tiles = [Cut("overview", Size(600, 400)), Cut("tile", Size(99, 99), Box(0, 0, 99, 99), 1, 2)]
    assert image.prepare(path, "x", tiles).findings == whole


# --- the same bytes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [pictures.jpeg(1700, 1300, orientation=8), pictures.png(1700, 1300), pictures.tagged_webp()],
    ids=["JPEG", "PNG", "WebP"],
)
def test_the_same_file_gives_the_same_bytes_on_every_thread(write: Write, data: bytes) -> None:
    path = write(data)
    with ThreadPoolExecutor(4) as pool:
        results: set[Sent] = set(pool.map(lambda _: prepare(path, "x", STANDARD), range(6)))
    assert len(results) == 1
