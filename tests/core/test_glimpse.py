"""A first look at a photograph, and that it never has the file in memory."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from app.core.errors import NotAPicture, PictureDamaged, PictureError
from app.core.fit import Tier
from app.core.glimpse import glimpse
from tests import pictures
from tests.core.conftest import Write, prepare


def difference(one: bytes, other: bytes) -> float:
    """Of the mean channel, in levels."""
    both = (pictures.opened(one).convert("RGB"), pictures.opened(other).convert("RGB"))
    return max(ImageStat.Stat(ImageChops.difference(*both)).mean)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_seen_as_it_will_be_upright(write: Write, orientation: int) -> None:
    path = write(pictures.jpeg(1600, 1200, orientation=orientation))
    seen = glimpse(path, "photo.jpg")
    later = prepare(path, "photo.jpg", Tier(1568, 1568)).thumbnail
    assert pictures.opened(seen).size == pictures.opened(later).size
    assert difference(seen, later) < 4
    assert not pictures.opened(seen).getexif()


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_every_kind_of_pixel_is_seen(write: Write, mode: str) -> None:
    path = write(pictures.encoded(pictures.photo(900, 700).convert(mode), "JPEG", quality=90))
    assert difference(glimpse(path, ""), prepare(path, "", Tier(1568, 1568)).thumbnail) < 4


def test_a_wide_profile_is_brought_to_srgb(write: Write) -> None:
    image = Image.new("RGB", (800, 600), (200, 60, 40))
    path = write(pictures.encoded(image, "JPEG", quality=95, icc_profile=pictures.wide_profile()))
    assert difference(glimpse(path, ""), prepare(path, "", Tier(1568, 1568)).thumbnail) < 4


def test_a_picture_smaller_than_a_thumbnail_stays_as_it_is(write: Write) -> None:
    assert pictures.opened(glimpse(write(pictures.jpeg(120, 90)), "")).size == (120, 90)


@pytest.mark.parametrize(
    "data",
    [
        pictures.png(),
        pictures.webp(),
        pictures.gif(),
        pictures.encoded(pictures.photo(640, 480), "JPEG", progressive=True),
    ],
    ids=["png", "webp", "gif", "progressive"],
)
def test_what_costs_a_whole_decode_is_not_looked_at(write: Write, data: bytes) -> None:
    assert glimpse(write(data), "") == b""


def test_a_scan_that_lacks_a_channel_is_not_looked_at(write: Write) -> None:
    data = bytearray(pictures.jpeg())
    scan = data.index(b"\xff\xda")
    data[scan + 4] = 1
    assert glimpse(write(bytes(data)), "") == b""


def test_what_is_no_picture_or_broken_is_refused(write: Write) -> None:
    whole = pictures.jpeg(1600, 1200)
    with pytest.raises(NotAPicture):
        glimpse(write(b"hello, world, this is text"), "")
    for part in (whole[:300], whole[: len(whole) // 2]):
        with pytest.raises(PictureDamaged):
            glimpse(write(part), "")


def test_no_byte_that_was_changed_brings_anything_but_a_thumbnail_or_our_own_error(write: Write) -> None:
    whole, refused = pictures.jpeg(320, 240), 0
    for at in range(700):
        data = bytearray(whole)
        data[at] ^= 0xFF
        try:
            thumbnail = glimpse(write(bytes(data)), "")
        except PictureError:
            refused += 1
        else:
            assert thumbnail == b"" or Image.open(BytesIO(thumbnail)).format == "JPEG"
    assert 0 < refused < 700
