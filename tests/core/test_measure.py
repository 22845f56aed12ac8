from __future__ import annotations

from hashlib import shake_128
from io import BytesIO

import pytest
from PIL import Image

from app.core.container import Header, read_header
from app.core.fit import Size, Tier
from app.core.measure import (
    LOSSY_TOLERANCE,
    SCALED_TOLERANCE,
    Facts,
    Undecodable,
    colour_name,
    compare,
    decode,
    measure,
    tolerance,
)
from tests.core.drawn import drawn, encoded

TIER = Tier(max_edge=2576, max_tokens=4784)


def facts_of(data: bytes, kind: str = "PNG", tier: Tier = TIER) -> Facts:
    return measure(*decode(data, read_header(BytesIO(data), kind), tier))


def test_flat_colours_are_named_with_their_exact_value_and_share() -> None:
    image = drawn(1000, 500, "#FFFFFF", {(0, 0, 250, 500): "#2050C0", (250, 0, 300, 500): "#C81E1E"})
    facts = measure(image)
    assert [(c.name, c.hex, c.share) for c in facts.colours] == [
        ("white", "#FFFFFF", 0.7),
        ("blue", "#2050C0", 0.25),
        ("red", "#C81E1E", 0.05),
    ]


def test_near_shades_count_as_one_colour() -> None:
    facts = measure(drawn(100, 100, "#FFFFFF", {(0, 0, 100, 30): "#EAEAEA"}))
    assert [(c.hex, c.share) for c in facts.colours] == [("#FFFFFF", 1.0)]


def test_every_pixel_counts_not_only_the_sample() -> None:
    facts = measure(drawn(1001, 1001, "black", {(0, 0, 1001, 500): "white"}))
    assert [c.share for c in facts.colours] == [501 / 1001, 500 / 1001]


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((200, 200, 200), "light grey"),
        ((128, 128, 128), "grey"),
        ((64, 64, 64), "dark grey"),
        ((255, 0, 0), "red"),
        ((255, 128, 0), "orange"),
        ((120, 70, 20), "brown"),
        ((255, 230, 0), "yellow"),
        ((128, 128, 0), "olive"),
        ((0, 160, 0), "green"),
        ((0, 90, 0), "dark green"),
        ((0, 200, 200), "turquoise"),
        ((0, 0, 255), "blue"),
        ((173, 216, 230), "light turquoise"),
        ((128, 0, 200), "purple"),
        ((255, 105, 180), "pink"),
        ((250, 20, 40), "red"),
    ],
)
def test_colours_have_plain_names(colour: tuple[int, int, int], name: str) -> None:
    assert colour_name(colour) == name


@pytest.mark.parametrize(("ground", "brightness"), [("black", 0.0), ("white", 1.0), ("#808080", 128 / 255)])
def test_brightness_goes_from_black_to_white(ground: str, brightness: float) -> None:
    assert measure(drawn(50, 40, ground)).brightness == pytest.approx(brightness)


def test_a_picture_is_measured_at_the_size_the_model_sees() -> None:
    data = encoded(drawn(3840, 2160, "red"))
    assert facts_of(data).seen == Size(2576, 1449)
    assert facts_of(data).colours[0].hex == "#FF0000"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_png_is_measured_as_rgb(mode: str) -> None:
    image = Image.new(mode, (40, 30), {"LA": (0, 255), "RGBA": (0, 0, 0, 255)}.get(mode, 0))
    facts = facts_of(encoded(image))
    assert [(c.hex, c.share) for c in facts.colours] == [("#000000", 1.0)]
    assert not facts.transparent


def test_sixteen_bits_are_cut_to_eight_and_not_clipped() -> None:
    assert facts_of(encoded(Image.new("I;16", (40, 30), 65535 // 2))).brightness == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WebP"])
def test_the_other_formats_are_decoded_too(kind: str) -> None:
    facts = facts_of(encoded(drawn(64, 48, "#2050C0"), kind), kind)
    assert facts.colours[0].name == "blue"
    assert facts.seen == Size(64, 48)


def test_transparent_parts_are_white_and_told() -> None:
    image = Image.new("RGBA", (100, 200), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 100, 50))
    facts = facts_of(encoded(image))
    assert facts.transparent
    assert [(c.name, c.share) for c in facts.colours] == [("red", 0.75), ("white", 0.25)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_before_it_is_measured(orientation: int) -> None:
    upright = drawn(40, 20, "white", {(0, 0, 10, 10): "red"})
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, exif=exif)
    image, _ = decode(data, read_header(BytesIO(data), "PNG"), TIER)
    assert image.tobytes() == upright.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WebP"])
def test_a_picture_that_breaks_off_is_undecodable(kind: str) -> None:
    noise = Image.frombytes("RGB", (200, 200), shake_128(b"noise").digest(120_000))
    data = encoded(noise, kind)
    with pytest.raises(Undecodable):
        decode(data[: len(data) // 2], Header(kind, 200, 200), TIER)


def test_a_size_other_than_the_checked_one_is_refused_before_decoding() -> None:
    with pytest.raises(Undecodable):
        decode(encoded(drawn(300, 200)), Header("PNG", 30, 20), TIER)


def test_the_exact_boxes_of_changes_are_found_largest_first() -> None:
    first = drawn(640, 480)
    second = drawn(
        640, 480, "white", {(13, 21, 16, 22): "black", (300, 200, 421, 303): "red", (639, 479, 640, 480): "blue"}
    )
    difference = compare(first, second, 0)
    assert [region.box for region in difference.regions] == [
        (300, 200, 421, 303),
        (13, 21, 16, 22),
        (639, 479, 640, 480),
    ]
    assert difference.changed == 121 * 103 + 3 + 1
    assert difference.share == (121 * 103 + 3 + 1) / (640 * 480)
    assert (difference.regions[0].before, difference.regions[0].after) == ("#FFFFFF", "#FF0000")


def test_changes_in_touching_cells_are_one_region_and_far_ones_are_two() -> None:
    first = drawn(200, 200)
    near = compare(first, drawn(200, 200, patches={(0, 0, 4, 4): "red", (20, 0, 24, 4): "red"}), 0)
    far = compare(first, drawn(200, 200, patches={(0, 0, 4, 4): "red", (60, 0, 64, 4): "red"}), 0)
    assert [region.box for region in near.regions] == [(0, 0, 24, 4)]
    assert [region.box for region in far.regions] == [(0, 0, 4, 4), (60, 0, 64, 4)]


def test_a_region_inside_the_frame_of_another_is_part_of_it() -> None:
    frame = {(0, 0, 200, 8): "red", (0, 192, 200, 200): "red", (0, 0, 8, 200): "red", (192, 0, 200, 200): "red"}
    difference = compare(drawn(200, 200), drawn(200, 200, patches=frame | {(96, 96, 104, 104): "blue"}), 0)
    assert [region.box for region in difference.regions] == [(0, 0, 200, 200)]


def test_equal_pictures_do_not_differ() -> None:
    difference = compare(drawn(30, 30), drawn(30, 30), 0)
    assert (difference.changed, difference.regions) == (0, ())


def test_only_more_than_the_tolerance_counts() -> None:
    first, second = drawn(30, 30, "#808080"), drawn(30, 30, "#808090")
    assert compare(first, second, 16).changed == 0
    assert compare(first, second, 15).changed == 900


def test_a_picture_of_another_size_is_scaled_to_the_first() -> None:
    first = drawn(400, 300, "white", {(100, 100, 200, 200): "blue"})
    difference = compare(first, drawn(800, 600, "white", {(200, 200, 400, 400): "blue"}), 0)
    assert (difference.scaled, difference.tolerance) == (True, SCALED_TOLERANCE)
    assert difference.size == Size(400, 300)
    assert difference.changed == 0


def test_a_thousand_scattered_changes_are_found_and_the_smallest_left_out() -> None:
    first, second = drawn(1600, 1200), drawn(1600, 1200)
    for x in range(4, 1600, 40):
        for y in range(4, 1200, 40):
            second.putpixel((x, y), (0, 0, 0))
    difference = compare(first, second, 0)
    assert (difference.changed, len(difference.regions), difference.partial) == (1200, 256, True)


def test_lossy_formats_are_compared_with_tolerance() -> None:
    png, gif, jpeg = (Header(kind, 1, 1) for kind in ("PNG", "GIF", "JPEG"))
    assert tolerance(png, gif) == 0
    assert tolerance(png, jpeg) == LOSSY_TOLERANCE
