"""Hostile files before the decoder: a part of the corpus; `packaging/dev.py long` has the whole of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.core.cuts import Cut
from app.core.decoder import Decoder
from app.core.errors import FormatUnsupported, PictureDamaged, PictureError, PictureTooBig, PictureUnreadable
from app.core.fit import Size
from app.core.image import MAX_SHOWN_PIXELS, Pixels, Preparation, Prepared, pixels, prepare
from tests import hostile, pictures, trial
from tests.bombs import BOMBS, SLOW
from tests.hostile import SEEDS
from tests.trial import NAME, Court

OF_EACH, OF_EACH_DRAWING = 5, 2
"""Mutants of each seed; those that are drawn take ten times as long."""
STRIDE = 7 * len(SEEDS)
"""From one number to the next of the same seed."""


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    decoder = Decoder()
    yield Court(decoder, tmp_path_factory.mktemp("court"))
    decoder.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_file_that_nobody_harmed_is_a_picture(court: Court, seed: str) -> None:
    verdict = court.judge(0, seed, hostile.seed(seed))
    assert (verdict.outcome, verdict.complaints, verdict.deaths) == ("decoded", [], [])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_file_ends_with_a_picture_or_a_clear_sentence_and_soon(court: Court, seed: str) -> None:
    first = list(SEEDS).index(seed)
    count = OF_EACH_DRAWING if seed.startswith(("SVG", "PDF")) else OF_EACH
    for number in range(first, first + count * STRIDE, STRIDE):
        mutant = hostile.mutant(number)
        assert mutant.seed == seed
        assert (number, court.judge(number, seed, mutant.data).complaints) == (number, [])


@pytest.mark.parametrize("bomb", [name for name in BOMBS if name not in SLOW])
def test_a_bomb_takes_neither_time_nor_memory(court: Court, bomb: str) -> None:
    assert court.judge(0, bomb, BOMBS[bomb]()).complaints == []


def test_there_are_bombs_of_every_format() -> None:
    assert len(BOMBS) >= 30
    assert {bomb.partition(" ")[0].rstrip(",") for bomb in BOMBS} >= {name.partition(",")[0] for name in SEEDS} - {
        "CUR"
    }
    assert set(BOMBS) >= SLOW


def test_a_mutant_is_the_same_whenever_it_is_made() -> None:
    script = (
        "import hashlib; from tests import hostile; "
        "print(hashlib.sha256(b''.join(hostile.mutant(n).data for n in range(100))).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    there = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    here = hashlib.sha256(b"".join(hostile.mutant(number).data for number in range(100))).hexdigest()
    assert there.stdout.strip() == here


# --- what the corpus has found ------------------------------------------------------------------


@pytest.mark.parametrize("bomb", ["PNG, filtered, of 11,500", "JPEG of 75 scans", "JPEG, wide and turned, of 11,500"])
def test_giants_are_refused_before_they_are_decoded(court: Court, bomb: str) -> None:
    verdict = court.judge(0, bomb, BOMBS[bomb]())
    assert (verdict.outcome, verdict.complaints) == ("PictureTooBig", [])
    assert verdict.ours < 40 << 20


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_shown_upright_though_it_is_turned_in_bands(orientation: int) -> None:
    upright = pictures.photo(700, 530)
    data = pictures.encoded(
        pictures.stored_turned(upright, orientation), "PNG", exif=pictures.exif(orientation), compress_level=1
    )
    assert pixels(data) == (700, 530, upright.convert("RGBA").tobytes())


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "1"])
def test_a_picture_of_several_bands_is_shown_as_it_is_sent(mode: str) -> None:
    stored = pictures.photo(300, 600).convert("L" if mode == "I;16" else mode)
    data = pictures.encoded(stored, "PNG")
    if mode == "I;16":
        data = pictures.bare_png(300, 600, zlib.compress(_deep_rows(stored)), depth=16, colour=0)
    assert pixels(data) == (300, 600, stored.convert("RGBA").tobytes())


def _deep_rows(image: Image.Image) -> bytes:
    levels, width = image.tobytes(), image.width
    return b"".join(
        b"\0" + b"".join(bytes((level, 0)) for level in levels[at : at + width]) for at in range(0, len(levels), width)
    )


def test_a_picture_of_more_pixels_than_can_be_shown_is_told(tmp_path: Path) -> None:
    side = round(MAX_SHOWN_PIXELS**0.5) + 1
    path = tmp_path / "x"
    path.write_bytes(pictures.bare_png(side, side, pictures.zeros(side * (side // 8 + 2)), depth=1, colour=0))
    with pytest.raises(PictureTooBig) as caught:
        pixels(path.read_bytes(), "x")
    assert (caught.value.width, caught.value.height) == (side, side)
    assert prepare(path, "x", [Cut("whole", Size(28, 28))]).parts[0].width == 28


# --- the court itself ---------------------------------------------------------------------------


def test_words_that_are_not_clear_are_complained_of() -> None:
    assert list(trial.unclear(PictureDamaged(NAME))) == []
    assert list(trial.unclear(PictureTooBig(NAME, 60_000, 60_000))) == []
    unclear: list[PictureError] = [PictureDamaged(""), PictureDamaged("other"), FormatUnsupported(NAME, "ValueError")]
    unclear += [
        FormatUnsupported(NAME, "x" * 200),
        PictureUnreadable(f"{NAME}<b>", "empty"),
    ]
    assert all(len(list(trial.unclear(error))) == 1 for error in unclear)


def test_a_picture_that_is_wrong_is_complained_of() -> None:
    jpeg, small = pictures.jpeg(64, 48), pictures.jpeg(32, 24)
    wanted = [Cut("whole", Size(64, 48))]

    def made(data: bytes, media_type: str = "image/jpeg", width: int = 64, thumbnail: bytes = small) -> Preparation:
        return Preparation((Prepared(data, media_type, width, 48, ()),), thumbnail)

    assert list(trial._wrong(made(jpeg), wanted)) == []
    assert list(trial._wrong(made(jpeg, width=63), wanted)) == ["made in another size", "is not what it says"]
    assert list(trial._wrong(made(jpeg, "image/png"), wanted)) == ["is not what it says"]
    assert list(trial._wrong(made(small), wanted)) == ["is not what it says"]
    assert len(list(trial._wrong(made(jpeg[:-90]), wanted))) == 1
    assert len(list(trial._wrong(made(jpeg, thumbnail=b""), wanted))) == 1


def test_a_picture_that_is_shown_otherwise_than_sent_is_complained_of() -> None:
    image = pictures.corners(64, 48).convert("RGBA")
    sent = Prepared(pictures.encoded(image.convert("RGB"), "JPEG"), "image/jpeg", 64, 48, ())

    def shown(other: Image.Image) -> list[str]:
        return list(trial._otherwise(Pixels(*other.size, other.tobytes()), Size(64, 48), sent))

    assert shown(image) == []
    assert len(shown(image.transpose(Image.Transpose.ROTATE_180))) == 1
    assert len(shown(Image.new("RGBA", (64, 48)))) == 1
    assert shown(image.transpose(Image.Transpose.ROTATE_90)) == ["shown in another size"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_that_was_given_back_counts() -> None:
    verdict = trial.Verdict(0, "")
    with trial.peaks(verdict, []):
        assert len(BytesIO(b"x" * (200 << 20)).getvalue()) == 200 << 20
    assert 195 << 20 < verdict.ours < 420 << 20
