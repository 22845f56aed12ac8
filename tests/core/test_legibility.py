"""How small the text of a picture is, by drawings of known sizes; and whether a picture is blurred or dark."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from app.core.cuts import Box, Cut, cuts
from app.core.fit import Size, Tier
from app.core.legibility import SMALLEST_READABLE, Findings, find, legible
from tests.pictures import corners, photo, screenshot

Colour = tuple[int, int, int]

INK, PAPER = (30, 31, 35), (255, 255, 255)
HIGH = Tier(max_edge=2576, max_tokens=4784)
STANDARD = Tier(max_edge=1568, max_tokens=1568)
TEXT = (
    "the quick brown fox jumps over a lazy dog while every developer reads some text and Notes about Images that "
    "Claude sees Today price 42 of 1,560 tokens (see page 7) Berlin August error network missing file graph"
)

near = partial(pytest.approx, rel=0.25)
INKS = [(INK, PAPER), ((215, 218, 222), (24, 25, 28)), ((150, 150, 150), PAPER), ((200, 60, 40), INK)]


def write(
    image: Image.Image, size: int, box: tuple[int, int, int, int], ink: Colour = INK, *, pitch: float = 1.4
) -> Image.Image:
    """Fill a box with lines of text; `pitch` from one to the next, in font sizes."""
    draw, font, chance = ImageDraw.Draw(image), ImageFont.load_default(size), random.Random(size)  # noqa: S311
    words = TEXT.split()
    left, top, right, bottom = box
    for y in range(top, bottom - round(1.3 * size), round(pitch * size)):
        x, end = float(left), right - chance.random() * (right - left) / 2
        while (width := draw.textlength(word := chance.choice(words), font)) < end - x:
            draw.text((x, y), word, ink, font)
            x += width + size / 3
    return image


def page(size: int, ink: Colour = INK, paper: Colour = PAPER, *, pitch: float = 1.4) -> Image.Image:
    return write(Image.new("RGB", (1280, 800), paper), size, (20, 20, 1260, 790), ink, pitch=pitch)


def assert_text(found: Findings, size: int) -> None:
    assert found == Findings(found.text_height)
    assert found.text_height == near(size)


@pytest.mark.parametrize("size", [6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32, 36, 40])
def test_the_size_of_a_pages_text_is_found(size: int) -> None:
    ink, paper = INKS[size % len(INKS)]
    assert_text(find(page(size, ink, paper), 1), size)


@pytest.mark.parametrize(("ink", "paper"), INKS)
def test_the_colours_do_not_matter(ink: Colour, paper: Colour) -> None:
    assert_text(find(page(12, ink, paper), 1), 12)


@pytest.mark.parametrize("pitch", [1.2, 1.8, 2.4])
def test_the_space_between_lines_does_not_matter(pitch: float) -> None:
    assert find(page(13, pitch=pitch), 1).text_height == near(13)


def test_the_size_is_told_in_pixels_of_the_original() -> None:
    half = page(26).resize((640, 400), Image.Resampling.LANCZOS)
    assert find(half, 2).text_height == near(26)


def test_of_several_sizes_the_smallest_counts_that_there_is_much_of() -> None:
    screen = Image.new("RGB", (1920, 1080), PAPER)
    write(screen, 40, (420, 20, 1400, 100))
    write(screen, 16, (420, 120, 1400, 1060))
    write(screen, 8, (1700, 1040, 1900, 1070))
    assert find(screen, 1).text_height == near(16)
    write(screen, 11, (10, 20, 380, 1060), (90, 92, 98), pitch=1.9)
    assert find(screen, 1).text_height == near(11)


def test_text_beside_a_photograph_is_found() -> None:
    screen = Image.new("RGB", (1920, 1080), PAPER)
    screen.paste(photo(900, 1080), (1020, 0))
    assert_text(find(write(screen, 13, (20, 20, 980, 1060)), 1), 13)


def test_a_table_of_figures_is_text_and_its_lines_are_none() -> None:
    table = Image.new("RGB", (1600, 1000), PAPER)
    draw, font = ImageDraw.Draw(table), ImageFont.load_default(13)
    for y in range(10, 980, 26):
        draw.line((0, y, 1600, y), (200, 205, 210))
        for x in range(10, 1500, 110):
            draw.text((x + 6, y + 5), f"{x * y % 9973:,}.{y % 90 + 10}", INK, font)
    for x in range(10, 1600, 110):
        draw.line((x, 0, x, 1000), (200, 205, 210))
    assert find(table, 1).text_height == near(13)


def test_a_tall_capture_is_looked_at_all_along() -> None:
    tall = Image.new("RGB", (1080, 12_000), PAPER)
    assert find(write(tall, 28, (40, 3000, 1040, 9000)), 1).text_height == near(28)


def test_a_noisy_scan_has_its_text() -> None:
    grain = Image.effect_noise((1280, 800), 18)
    scan = ImageChops.add(page(16, paper=(228, 228, 228)).convert("L"), grain, offset=-128)
    assert find(scan, 1).text_height == near(16)


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_text_on_nothing_is_found_whatever_its_colour(ink: Colour) -> None:
    clear = page(14).convert("RGBA")
    clear.paste(ink, (0, 0, *clear.size))
    clear.putalpha(ImageChops.invert(page(14).convert("L")))
    assert_text(find(clear, 1), 14)


# --- where there is none ------------------------------------------------------------------------


def ruled(across: int, down: int, line: int = 1) -> Image.Image:
    image = Image.new("L", (1600, 1200), 255)
    draw = ImageDraw.Draw(image)
    for y in range(0, 1200, down) if down else ():
        draw.rectangle((0, y, 1600, y + line - 1), 0)
    for x in range(0, 1600, across) if across else ():
        draw.rectangle((x, 0, x + line - 1, 1200), 0)
    return image


def squares(edge: int) -> Image.Image:
    small = Image.new("L", (1600 // edge, 1200 // edge))
    small.putdata([255 * ((at % small.width + at // small.width) % 2) for at in range(small.width * small.height)])
    return small.resize((small.width * edge, small.height * edge), Image.Resampling.NEAREST)


def icons() -> Image.Image:
    image = Image.new("RGB", (1600, 1200), PAPER)
    draw = ImageDraw.Draw(image)
    for y in range(20, 1200, 56):
        draw.ellipse((20, y, 52, y + 32), (90, 120, 220))
        draw.rectangle((70, y + 10, 500, y + 22), (225, 226, 230))
    return image


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(lambda: photo(4032, 3024), id="photograph of 12 megapixels"),
        pytest.param(lambda: photo(640, 480, 2), id="small photograph"),
        pytest.param(lambda: photo(1920, 1080, 3), id="photograph as large as a screen"),
        pytest.param(lambda: Image.linear_gradient("L").resize((1920, 1080)), id="light from above"),
        pytest.param(lambda: Image.radial_gradient("L").resize((3000, 2000)), id="light from the middle"),
        pytest.param(lambda: corners(1920, 1080), id="flat colours"),
        pytest.param(lambda: Image.new("RGB", (1920, 1080), PAPER), id="nothing"),
        pytest.param(lambda: Image.effect_noise((1600, 1200), 60), id="noise"),
        pytest.param(lambda: Image.effect_noise((1600, 1200), 8), id="faint noise"),
        pytest.param(lambda: ruled(60, 24), id="grid"),
        pytest.param(lambda: ruled(0, 24, 12), id="stripes across"),
        pytest.param(lambda: ruled(24, 0, 12), id="stripes down"),
        pytest.param(lambda: ruled(0, 24, 12).rotate(37), id="slanted stripes"),
        pytest.param(lambda: squares(20), id="chess board"),
        pytest.param(lambda: squares(4), id="halftone"),
        pytest.param(icons, id="icons"),
    ],
)
def test_a_picture_without_text_has_nothing_to_be_said_of(picture: Callable[[], Image.Image]) -> None:
    assert find(picture(), 1) == Findings()


@given(st.integers(1, 70), st.integers(1, 2000), st.sampled_from(["L", "RGB", "RGBA"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_picture_of_any_shape_can_be_looked_at(short: int, long: int, mode: str, upright: bool) -> None:
    image = screenshot(long, max(short, 12)).crop((0, 0, long, short)).convert(mode)
    assert find(image if upright else image.transpose(Image.Transpose.ROTATE_90), 1).text_height >= 0


# --- blurred and dark ---------------------------------------------------------------------------


def scene(width: int = 1600, height: int = 1200) -> Image.Image:
    """Things with edges of every direction and contrast, as a photograph of a street has."""
    image, chance = photo(width, height), random.Random(5)  # noqa: S311
    draw = ImageDraw.Draw(image)
    for _ in range(500):
        x, y, edge = chance.randrange(width), chance.randrange(height), chance.randrange(10, 90)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.regular_polygon((x, y, edge), chance.randrange(3, 9), chance.randrange(360), colour)
    return image


def shaken(image: Image.Image, pixels: int) -> Image.Image:
    moved = image
    for shift in range(1, pixels):
        moved = Image.blend(moved, ImageChops.offset(image, shift, 0), 1 / (shift + 1))
    return moved


@pytest.mark.parametrize("width", [800, 1600, 4032])
def test_a_photograph_out_of_focus_is_told_from_a_sharp_one(width: int) -> None:
    sharp = scene().resize((width, width * 3 // 4), Image.Resampling.LANCZOS)
    assert not find(sharp, 1).blurred
    assert not find(sharp.filter(ImageFilter.GaussianBlur(width / 1600)), 1).blurred
    assert find(sharp.filter(ImageFilter.GaussianBlur(width / 160)), 1) == Findings(blurred=True)


def test_a_shaken_photograph_is_blurred_although_its_lines_along_the_way_are_sharp() -> None:
    assert find(shaken(scene(), 40), 1).blurred


def test_text_is_never_called_blurred() -> None:
    assert_text(find(page(24).filter(ImageFilter.GaussianBlur(1)), 1), 24)


def test_a_night_is_dark_and_a_dark_theme_is_not() -> None:
    night = scene().point(lambda value: value // 6)
    assert find(night, 1).dark
    assert not find(scene().point(lambda value: value // 2), 1).dark
    assert not find(page(14, (50, 52, 56), (12, 13, 15)), 1).dark


# --- what becomes of it -------------------------------------------------------------------------


def test_text_shrinks_with_its_picture() -> None:
    """IMAGES.md, section 3b: 13 px at 1440p goes at 7.4 px and 16 px at 4K at 6.1 px, in the standard tier."""
    for whole, size, seen in ((Size(2560, 1440), 13, 7.4), (Size(3840, 2160), 16, 6.1)):
        (standard,), (high,) = (cuts(whole, "auto", tier) for tier in (STANDARD, HIGH))
        assert legible(size, whole, standard) == pytest.approx(seen, abs=0.05)
        assert legible(size, whole, standard) < SMALLEST_READABLE < legible(size, whole, high)


def test_in_a_tile_text_keeps_its_size_and_in_the_overview_it_does_not() -> None:
    whole = Size(1440, 20_000)
    overview, *tiles = cuts(whole, "tiles", HIGH)
    assert {legible(13, whole, tile) for tile in tiles} == {13}
    assert legible(13, whole, overview) < 3


def test_in_a_region_text_is_as_large_as_the_region_goes() -> None:
    cut = Cut("region", Size(500, 250), Box(10, 10, 1000, 500))
    assert legible(18, Size(4000, 3000), cut) == 9


@pytest.mark.parametrize("pixels", [7, 14, 30])
def test_a_picture_of_few_things_is_blurred_although_little_changes_from_one_pixel_to_the_next(pixels: int) -> None:
    image = Image.new("RGB", (1600, 1200), "#806040")
    draw, chance = ImageDraw.Draw(image), random.Random(3)  # noqa: S311
    for _ in range(60):
        x, y, edge = chance.randrange(1600), chance.randrange(1200), chance.randrange(80, 400)
        shade = chance.randrange(20, 240)
        draw.ellipse((x - edge, y - edge, x + edge, y + edge), (shade, shade, 90))
    assert not find(image, 1).blurred
    assert find(image.filter(ImageFilter.GaussianBlur(pixels)), 1).blurred
