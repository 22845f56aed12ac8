"""Picture files that are broken or mean harm: each ends as a picture or as a PictureError, and soon."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from PIL import Image

from app.core.errors import PictureDamaged, PictureError, PictureTooBig
from app.core.fit import Tier, fit
from app.core.image import probe
from tests import pictures
from tests.core.conftest import Write, prepare

STANDARD = Tier(max_edge=1568, max_tokens=1568)
SMALL = Tier(max_edge=56, max_tokens=4)


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.gif, pictures.webp])
def test_a_truncated_picture_is_damaged_and_never_sent(write: Write, make: Callable[[int, int], bytes]) -> None:
    data = make(96, 64)
    for end in (len(data) - 2, len(data) // 2, len(data) // 3, 60):
        path = write(data[:end])
        with pytest.raises(PictureDamaged) as caught:
            prepare(path, "roof", STANDARD)
        assert caught.value.name == "roof"


@pytest.mark.parametrize(
    "data",
    [
        pictures.bare_png(13_000, 13_000, pictures.zeros(1000)),
        pictures.bare_png(2**31 - 1, 2**31 - 1, b""),
        pictures.resized_header(pictures.encoded(pictures.photo(9, 9), "JPEG"), 65_500, 65_500),
        pictures.scan_bomb(600, 4000),
        pictures.encoded(Image.new("RGB", (7000, 7000)), "WEBP", lossless=True, method=0),
    ],
    ids=["decoded bytes", "PNG pixels", "JPEG pixels", "scans", "WebP memory"],
)
def test_a_bomb_is_too_big_before_it_is_decoded(write: Write, data: bytes) -> None:
    with pytest.raises(PictureTooBig) as caught:
        prepare(write(data), "bomb", STANDARD)
    assert caught.value.name == "bomb"
    assert caught.value.width >= 4000


def test_a_photo_of_two_hundred_megapixels_is_no_bomb(write: Write) -> None:
    sent = prepare(write(pictures.encoded(Image.new("L", (16_320, 12_240)), "JPEG")), "x", STANDARD)
    assert (sent.width, sent.height) == fit(16_320, 12_240, STANDARD)


@pytest.mark.parametrize(
    "extra",
    [
        pictures.chunk(b"zTXt", b"k\0\0" + pictures.zeros(80_000_000)),
        pictures.chunk(b"iCCP", b"k\0\0" + pictures.zeros(80_000_000)),
        pictures.chunk(b"acTL", b"\xff" * 8) + pictures.chunk(b"fcTL", b"\xff" * 26),
        pictures.chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
    ],
    ids=["text bomb", "profile bomb", "broken animation", "broken EXIF"],
)
def test_hostile_metadata_never_reach_a_decoder(write: Write, extra: bytes) -> None:
    data = pictures.bare_png(8, 8, pictures.zeros(8 * 25), extra=extra)
    sent = prepare(write(data), "x", STANDARD)
    assert len(sent.data) < 200


def test_a_palette_picture_without_a_palette_is_damaged(write: Write) -> None:
    with pytest.raises(PictureDamaged):
        prepare(write(pictures.bare_png(8, 8, pictures.zeros(8 * 9), colour=3)), "x", STANDARD)


SEEDS = {
    "baseline": lambda: pictures.tagged_jpeg(pictures.photo(48, 32)),
    "progressive": lambda: pictures.tagged_jpeg(pictures.photo(48, 32), progressive=True),
    "wide": lambda: pictures.tagged_jpeg(pictures.photo(48, 32), icc=pictures.wide_profile()),
    "cmyk": lambda: pictures.encoded(pictures.photo(48, 32).convert("CMYK"), "JPEG"),
    "png": lambda: pictures.tagged_png(pictures.photo(48, 32)),
    "palette": lambda: pictures.tagged_png(pictures.photo(48, 32).quantize(16)),
    "apng": lambda: pictures.animation("PNG", 48, 32),
    "gif": lambda: pictures.tagged_gif(pictures.gif(48, 32)),
    "moving gif": lambda: pictures.animation("GIF", 48, 32),
    "webp": lambda: pictures.tagged_webp(pictures.photo(48, 32)),
    "lossless webp": lambda: pictures.tagged_webp(pictures.photo(48, 32), lossless=True),
    "moving webp": lambda: pictures.animation("WEBP", 48, 32),
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, a piece left out or doubled; the checksums of a PNG are made right again."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        # Headers break in more ways than pixels do.
        limit = len(changed) if chance.random() < 0.5 else min(len(changed), 700)
        at = chance.randrange(4, limit)
        match chance.randrange(6):
            case 0:
                del changed[at : at + chance.randrange(1, 40)]
            case 1:
                changed[at:at] = changed[at : at + chance.randrange(1, 40)]
            case 2:
                changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"))
            case _:
                changed[at] = chance.randrange(256)
        if len(changed) < 64:
            break
    return pictures.rechecked(bytes(changed)) if data.startswith(b"\x89PNG") else bytes(changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_file_ends_with_a_picture_or_a_picture_error(write: Write, seed: str) -> None:
    chance = random.Random(seed)  # noqa: S311
    original = SEEDS[seed]()
    refused = []
    for turn in range(50):
        path, tier = write(mutated(original, chance)), STANDARD if turn % 2 else SMALL
        try:
            found = probe(path, "x")
            sent = prepare(path, "x", tier)
        except PictureError as error:
            refused.append(error.name)
        else:
            expected = fit(found.width, found.height, tier)
            assert pictures.opened(sent.data).size == (sent.width, sent.height) == expected
            pictures.opened(sent.thumbnail)
    assert set(refused) == {"x"}
    assert len(refused) < 50
