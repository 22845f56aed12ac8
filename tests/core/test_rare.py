"""The rarer formats, decoded in processes of their own: the same contracts as the common ones."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from app.core import image
from app.core.cuts import Box, Cut, cuts
from app.core.decoder import Decoder
from app.core.errors import (
    FormatUnsupported,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureUnreadable,
)
from app.core.fit import Size, Tier
from app.core.image import Preparation, Prepared
from tests import pictures, rare_pictures
from tests.core.conftest import Write
from tests.core.test_image import corner_colours, difference

STANDARD = Tier(max_edge=1568, max_tokens=1568)
SMALL = Tier(max_edge=56, max_tokens=4)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def sent(decoder: Decoder, write: Write) -> Callable[..., Prepared]:
    """Prepare a file whole, as the draft does."""

    def sent(data: bytes, tier: Tier = STANDARD, *, page: int = 0, **limits: int) -> Prepared:
        return _prepared(decoder, write(data), tier, page, **limits).parts[0]

    return sent


def _prepared(decoder: Decoder, path: Any, tier: Tier = STANDARD, page: int = 0, **limits: int) -> Preparation:
    found = decoder.probe(path, "x", page=page)
    return decoder.prepare(path, "x", cuts(Size(found.width, found.height), "auto", tier), page=page, **limits)


# --- every format -------------------------------------------------------------------------------

FILES: dict[str, tuple[Callable[[], bytes], tuple[int, int], str, tuple[str, ...]]] = {
    "HEIC": (rare_pictures.heic, (180, 120), "image/jpeg", ("reencoded",)),
    "AVIF": (lambda: rare_pictures.avif(pictures.corners(180, 120)), (180, 120), "image/jpeg", ("reencoded",)),
    "TIFF": (lambda: rare_pictures.tiff(pictures.corners(180, 120)), (180, 120), "image/webp", ("reencoded",)),
    "BMP": (
        lambda: pictures.encoded(pictures.corners(180, 120), "BMP"), (180, 120), "image/webp", ("reencoded",),
    ),
    "ICO": (rare_pictures.icon, (64, 64), "image/webp", ("reencoded",)),
    "CUR": (rare_pictures.cursor, (64, 64), "image/webp", ("reencoded",)),
    "SVG": (
        lambda: rare_pictures.svg(size="width='1200' height='800' viewBox='0 0 180 120'"),
        (1568, 1045), "image/webp", ("resized", "drawn", "reencoded"),
    ),
    "PDF": (lambda: rare_pictures.pdf((288, 192)), (1568, 1045), "image/webp", ("resized", "drawn", "reencoded")),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_known_by_its_content_and_sent_in_a_format_of_the_api(
    decoder: Decoder, write: Write, kind: str
) -> None:
    make, size, media_type, notes = FILES[kind]
    path = write(make())
    found = decoder.probe(path, "x")
    assert (found.format, found.width, found.height) == (kind, *size)
    assert found.file_bytes == path.stat().st_size
    assert found.pages == (1 if kind == "PDF" else 0)
    made = _prepared(decoder, path)
    (part,) = made.parts
    assert (part.media_type, part.notes) == (media_type, notes)
    assert pictures.opened(part.data).size == (part.width, part.height)
    assert corner_colours(pictures.opened(part.data)) == [0, 1, 2, 3]
    assert corner_colours(pictures.opened(made.thumbnail)) == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", FILES)
def test_cuts_have_exactly_their_pixels(decoder: Decoder, write: Write, kind: str) -> None:
    path = write(FILES[kind][0]())
    whole = Size(*FILES[kind][1])
    wanted = [
        Cut("overview", Size(31, 17)),
        Cut("tile", Size(32, 31), Box(0, 0, 32, 31), 1, 2),
        Cut("region", Size(20, 10), Box(whole.width - 40, whole.height - 20, 40, 20)),
    ]
    made = decoder.prepare(path, "x", wanted)
    assert [(part.width, part.height) for part in made.parts] == [cut.size for cut in wanted]
    red, yellow = pictures.opened(made.parts[1].data), pictures.opened(made.parts[2].data)
    assert set(corner_colours(red)) == {0}
    assert set(corner_colours(yellow)) == {3}


@pytest.mark.parametrize("kind", FILES)
def test_pixels_are_rows_of_rgba(decoder: Decoder, write: Write, kind: str) -> None:
    width, height, rows = decoder.pixels(write(FILES[kind][0]()), "x")
    assert (width, height) == FILES[kind][1]
    assert corner_colours(Image.frombytes("RGBA", (width, height), rows)) == [0, 1, 2, 3]


def test_the_common_formats_start_no_process(write: Write) -> None:
    decoder = Decoder()
    for data in (pictures.jpeg(), pictures.png(), pictures.gif(), pictures.webp()):
        path = write(data)
        assert _prepared(decoder, path) == image.prepare(path, "x", cuts(Size(640, 480), "auto", STANDARD))
        assert decoder.pixels(path, "x") == image.pixels(data)
    assert decoder._children.pids() == set()
    decoder.close()


@pytest.mark.parametrize(
    "data",
    [b"8BPS\0\1" + bytes(99), b"\xff\x0a" + bytes(99), b"II*\0\x10\0\0\0CR\2\0" + bytes(99)],
    ids=["PSD", "JPEG XL", "CR2"],
)
def test_other_formats_stay_refused(decoder: Decoder, write: Write, data: bytes) -> None:
    with pytest.raises(FormatUnsupported):
        decoder.probe(write(data), "x")


@pytest.mark.parametrize(("tags", "name"), [({0xC612: 1}, "DNG"), ({0x14A: 8, 0xFE: 1}, "RAW")])
def test_a_raw_picture_is_not_taken_for_its_thumbnail(
    decoder: Decoder, write: Write, tags: dict[int, int], name: str
) -> None:
    with pytest.raises(FormatUnsupported) as caught:
        decoder.probe(write(rare_pictures.bare_tiff(8, 8, extra=tags)), "x")
    assert caught.value.format == name


# --- upright ------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("tier", [STANDARD, SMALL], ids=["full size", "resized"])
def test_every_orientation_is_turned_upright(sent: Callable[..., Prepared], orientation: int, tier: Tier) -> None:
    upright = pictures.corners(180, 120)
    stored = pictures.stored_turned(upright, orientation)
    for data in (
        rare_pictures.tiff(stored, orientation=orientation),
        rare_pictures.tiff(stored, orientation=orientation, compression="tiff_lzw"),
        rare_pictures.avif(stored, exif=pictures.exif(orientation)),
    ):
        part = sent(data, tier)
        assert (part.width, part.height) == cuts(Size(180, 120), "auto", tier)[0].size
        assert corner_colours(pictures.opened(part.data)) == [0, 1, 2, 3]
        assert ("turned" in part.notes) == (orientation != 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_once_as_its_container_says(sent: Callable[..., Prepared], orientation: int) -> None:
    part = sent(rare_pictures.turned_heic(orientation))
    # The other way round: the pixels lie upright in the file, and the container turns them.
    back = {6: 8, 8: 6}.get(orientation, orientation)
    expected = pictures.stored_turned(pictures.corners(180, 120), back)
    assert (part.width, part.height) == expected.size
    assert corner_colours(pictures.opened(part.data)) == corner_colours(expected)
    assert ("turned" in part.notes) == (orientation != 1)


# --- colour and transparency --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "TIFF"])
def test_a_wide_profile_is_brought_to_srgb(sent: Callable[..., Prepared], kind: str) -> None:
    flat, icc = Image.new("RGB", (64, 64), (200, 80, 60)), pictures.wide_profile()
    files = {
        "HEIC": lambda: rare_pictures.heic("wide"),
        "AVIF": lambda: rare_pictures.avif(flat, icc_profile=icc),
        "TIFF": lambda: rare_pictures.tiff(flat, icc_profile=icc),
    }
    part = sent(files[kind]())
    assert part.notes == ("srgb", "reencoded")
    red, green, blue = pictures.opened(part.data).convert("RGB").getpixel((30, 30))  # type: ignore[misc] # a tuple for RGB
    assert red >= 210
    assert green <= 76
    assert blue <= 56


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_every_kind_of_pixel_looks_the_same_afterwards(
    sent: Callable[..., Prepared], mode: str, compression: str
) -> None:
    picture = pictures.photo(120, 90)
    if mode in ("LA", "RGBA"):
        picture.putalpha(Image.linear_gradient("L").resize((120, 90)))
    picture = picture.convert(mode)
    part = sent(rare_pictures.tiff(picture, compression=compression))
    got, expected = pictures.opened(part.data).convert("RGBA"), picture.convert("RGB").convert("RGBA")
    if mode in ("LA", "RGBA"):
        expected = picture.convert("RGBA")
    assert difference(got.getchannel("A"), expected.getchannel("A")) < 1
    ground = Image.new("RGBA", got.size, "white")
    assert difference(Image.alpha_composite(ground, got), Image.alpha_composite(ground, expected)) < 5


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_grey_of_sixteen_bits_is_scaled_and_not_clipped(sent: Callable[..., Prepared], mode: str) -> None:
    ramp = Image.linear_gradient("L")
    deep = Image.frombytes(mode, ramp.size, b"".join(bytes([v, v]) for v in ramp.tobytes()))
    part = sent(rare_pictures.tiff(deep))
    assert difference(pictures.opened(part.data), ramp) <= 1
    assert part.notes == ("eight_bits", "reencoded")


@pytest.mark.parametrize("mode", ["I", "F"])
def test_measurements_are_stretched_to_what_can_be_seen(sent: Callable[..., Prepared], mode: str) -> None:
    ramp = Image.linear_gradient("L")
    measured = ramp.convert(mode).point(lambda value: value * 1000 + 70_000)
    assert difference(pictures.opened(sent(rare_pictures.tiff(measured)).data), ramp) <= 1


def test_lab_becomes_rgb(sent: Callable[..., Prepared]) -> None:
    picture = pictures.photo(120, 90)
    srgb, space = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(picture, srgb, space, outputMode="LAB")
    assert lab is not None
    part = sent(rare_pictures.tiff(lab))
    assert difference(pictures.opened(part.data), picture) < 5
    assert part.notes == ("srgb", "reencoded")


def test_transparency_is_kept(sent: Callable[..., Prepared]) -> None:
    gradient = Image.linear_gradient("L").resize((180, 120))
    picture = pictures.corners(180, 120)
    picture.putalpha(gradient)
    icon = pictures.encoded(picture.resize((64, 64)), "ICO", sizes=[(64, 64)])
    for data in (rare_pictures.heic("transparent"), rare_pictures.avif(picture), rare_pictures.tiff(picture), icon):
        part = sent(data)
        assert (part.media_type, part.notes) == ("image/webp", ("reencoded",))
        alpha = pictures.opened(part.data).getchannel("A")
        assert difference(alpha, gradient.resize(alpha.size)) < 6


@pytest.mark.parametrize(
    ("ink", "ground", "name"), [((20, 20, 20), 255, "on_white"), ((250, 250, 250), 28, "on_black")]
)
def test_what_must_be_flattened_stands_out_from_its_ground(
    sent: Callable[..., Prepared], ink: tuple[int, int, int], ground: int, name: str
) -> None:
    noise = Image.frombytes("L", (300, 300), random.Random(4).randbytes(90_000))  # noqa: S311
    picture = Image.new("RGB", noise.size, ink)
    picture.putalpha(noise.point(lambda level: level if level > 128 else 0))
    plenty, little = sent(rare_pictures.tiff(picture)), sent(rare_pictures.tiff(picture), max_bytes=40_000)
    assert pictures.opened(plenty.data).mode == "RGBA"
    assert little.notes[-3:] == ("flattened", name, "reencoded")
    extrema: Any = pictures.opened(little.data).convert("L").getextrema()
    low, high = extrema
    assert min(abs(low - ground), abs(high - ground)) < 40
    assert high - low > 120


# --- several pictures in one file ---------------------------------------------------------------


def test_of_several_pages_or_frames_the_first_is_sent(sent: Callable[..., Prepared]) -> None:
    first, other = pictures.corners(180, 120), Image.new("RGB", (180, 120), (9, 9, 9))
    several: dict[str, Any] = {"save_all": True, "append_images": [other]}
    for data in (rare_pictures.tiff(first, **several), rare_pictures.avif(first, **several)):
        part = sent(data)
        assert part.notes == ("first_frame", "reencoded")
        assert corner_colours(pictures.opened(part.data)) == [0, 1, 2, 3]


def test_pages_of_a_tiff_are_pictures(decoder: Decoder, write: Write, sent: Callable[..., Prepared]) -> None:
    red, small, wide = Image.new("RGB", (180, 120), (250, 0, 0)), Image.new("L", (18, 12)), pictures.corners(240, 120)
    copy = TiffImagePlugin.ImageFileDirectory_v2()
    copy[254] = 1  # a smaller copy of the page before it
    small.encoderinfo, wide.encoderinfo = {"tiffinfo": copy}, {"icc_profile": b""}
    several: dict[str, Any] = {"save_all": True, "append_images": [small, wide]}
    data = rare_pictures.tiff(red, **several, icc_profile=pictures.wide_profile())
    path = write(data)
    found = [decoder.probe(path, "x", page=page) for page in range(3)]
    assert [(p.width, p.height, p.pages) for p in found] == [(180, 120, 2), (180, 120, 0), (240, 120, 0)]
    assert [sent(data, page=page).notes for page in (1, 2)] == [("srgb", "reencoded"), ("reencoded",)]
    assert corner_colours(pictures.opened(sent(data, page=2).data)) == [0, 1, 2, 3]
    with pytest.raises(PictureDamaged):
        decoder.prepare(path, "x", [Cut("whole", Size(9, 9))], page=3)


def test_pages_of_a_document_are_pictures(decoder: Decoder, write: Write, sent: Callable[..., Prepared]) -> None:
    data = rare_pictures.pdf((595, 842), (1000, 100), (72_000, 36_000))
    path = write(data)
    found = [decoder.probe(path, "x", page=page) for page in range(4)]
    assert [(p.width, p.height, p.pages) for p in found] == [
        (2479, 3508, 3), (2479, 3508, 0), (4167, 417, 0), (5152, 2576, 0),
    ]  # fmt: skip
    for page in (1, 2, 3):
        assert corner_colours(pictures.opened(sent(data, page=page).data)) == [0, 1, 2, 3]
    for page in (4, 10**9):
        with pytest.raises(PictureDamaged):
            decoder.prepare(path, "x", [Cut("whole", Size(9, 9))], page=page)


def test_a_page_that_is_turned_is_drawn_upright(sent: Callable[..., Prepared]) -> None:
    part = sent(rare_pictures.pdf((180, 120), page_entries="/Rotate 90"))
    assert part.width < part.height
    assert corner_colours(pictures.opened(part.data)) == [2, 0, 3, 1]


def test_a_document_behind_junk_is_one(decoder: Decoder, write: Write) -> None:
    for junk in (b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\n\r\n", bytes(900)):
        assert decoder.probe(write(junk + rare_pictures.pdf()), "x").format == "PDF"


def test_a_document_with_a_password_says_so(decoder: Decoder, write: Write) -> None:
    with pytest.raises(PictureUnreadable) as caught:
        decoder.probe(write(rare_pictures.locked_pdf()), "x")
    assert caught.value.reason == "password"


# --- nothing leaves the machine but the picture -------------------------------------------------


def test_no_byte_of_metadata_leaves_the_machine(decoder: Decoder, write: Write) -> None:
    planted = pictures.exif()
    files = [
        rare_pictures.heic(),
        rare_pictures.heic("wide"),
        rare_pictures.avif(exif=planted, xmp=pictures.XMP, icc_profile=pictures.srgb_profile()),
        pictures.encoded(pictures.photo(90, 60), "TIFF", exif=planted, description=pictures.MARKER.decode()),
        rare_pictures.svg(f"<title>{pictures.MARKER.decode()}</title><!--{pictures.MARKER.decode()}-->"),
        rare_pictures.pdf(entries=f"/Metadata({pictures.MARKER.decode()})"),
    ]
    for data in files:
        assert pictures.MARKER in data
        made = _prepared(decoder, write(data))
        for out in (made.parts[0].data, made.thumbnail):
            assert not any(word in out for word in (pictures.MARKER, b"Exif", b"EXIF", b"XMP", b"ICC", b"2026:05"))


# --- files that mean harm -----------------------------------------------------------------------

BOMBS: dict[str, Callable[[], bytes]] = {
    "TIFF 60000": lambda: rare_pictures.bare_tiff(60_000, 60_000),
    "TIFF 2^31": lambda: rare_pictures.bare_tiff(2**31 - 1, 2**31 - 1),
    "TIFF memory": lambda: rare_pictures.bare_tiff(15_000, 15_000),
    "BMP 60000": lambda: rare_pictures.bare_bmp(60_000, 60_000),
    "BMP upside down": lambda: rare_pictures.bare_bmp(2**31 - 1, -(2**31)),
    "ICO of a BMP": lambda: rare_pictures.bare_icon(rare_pictures.bare_bmp(30_000, 30_000)[14:]),
    "ICO of a PNG": lambda: rare_pictures.bare_icon(pictures.bare_png(60_000, 60_000, b"")),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_too_big(decoder: Decoder, write: Write, bomb: str) -> None:
    path = write(BOMBS[bomb]())
    with pytest.raises(PictureTooBig):
        decoder.pixels(path, "bomb")
    with pytest.raises(PictureTooBig):
        decoder.prepare(path, "bomb", [Cut("whole", Size(9, 9))])


@pytest.mark.parametrize("size", [(1e9, 1e9), (1e7, 0.01)])
def test_a_page_of_any_size_is_drawn_within_limits(decoder: Decoder, write: Write, size: tuple[float, float]) -> None:
    found = decoder.probe(write(rare_pictures.pdf(size)), "x")
    assert max(found.width, found.height) == 5152


def test_directories_in_a_circle_end(sent: Callable[..., Prepared]) -> None:
    part = sent(rare_pictures.bare_tiff(8, 8, next_directory=8))
    assert (part.width, part.notes) == (8, ("reencoded",))


def test_directories_that_lead_nowhere_leave_the_first_page(decoder: Decoder, write: Write) -> None:
    path = write(rare_pictures.bare_tiff(8, 8, next_directory=5000))
    found = decoder.probe(path, "x")
    assert (found.width, found.pages, found.animated) == (8, 0, True)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_breaks_off_is_damaged(decoder: Decoder, write: Write, kind: str) -> None:
    data = FILES[kind][0]()
    # Readers repair documents that break off; without its pages nothing is left of one.
    for end in (data.index(b"/Pages 2"),) if kind == "PDF" else (len(data) // 2, len(data) * 2 // 3):
        with pytest.raises(PictureDamaged):
            decoder.pixels(write(data[:end]), "x")


SEEDS: dict[str, Callable[[], bytes]] = {kind: file[0] for kind, file in FILES.items()} | {
    "wide HEIC": functools.partial(rare_pictures.heic, "wide"),
    "packed TIFF": lambda: rare_pictures.tiff(compression="tiff_lzw"),
    "JPEG in TIFF": lambda: rare_pictures.tiff(compression="jpeg"),
    "wide AVIF": lambda: rare_pictures.avif(icc_profile=pictures.wide_profile()),
    "ICO of PNG": lambda: pictures.encoded(pictures.photo(32, 32), "ICO"),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_file_ends_with_a_picture_or_a_picture_error(decoder: Decoder, write: Write, seed: str) -> None:
    chance, original = random.Random(seed), SEEDS[seed]()  # noqa: S311
    for _ in range(12):
        data = bytearray(original)
        for _ in range(chance.choice((1, 3, 20))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = write(bytes(data))
        try:
            part = _prepared(decoder, path, SMALL).parts[0]
        except PictureError as error:
            assert error.name == "x"  # noqa: PT017
        else:
            assert pictures.opened(part.data).size == (part.width, part.height)
