"""Prepared pictures: time against libjpeg-turbo and libvips, and how exact their pixels are."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from app.core import image
from app.core.cuts import Cut
from app.core.fit import Size, Tier, fit
from app.core.source import decode, open_source
from tests.benchmarks.data import BIG_CAMERA, CAMERA, SCREEN_4K, camera_file, desktop, megapixels
from tests.benchmarks.references import Array, Vips, lanczos, pixels_of, psnr, turbo_decode, turbo_encode
from tests.benchmarks.row import Row
from tests.benchmarks.timed import in_turn
from tests.pictures import encoded

STANDARD, HIGH = Tier(1568, 1568), Tier(2576, 4784)
_ROUNDS = 7
_TURBO_GOALS: Final = {
    (CAMERA, STANDARD): 2.0,
    (BIG_CAMERA, STANDARD): 1.5,
    (CAMERA, HIGH): 4.0,
    (BIG_CAMERA, HIGH): 2.5,
}
_VIPS_GOAL, _SCREENSHOT_GOAL = 1.35, 3.5
_EXACT_GOAL, _SCREENSHOT_EXACT_GOAL = 50, 45


def measure() -> list[Row]:
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        files = {size: Path(folder, f"{size.width}.jpg") for size in (CAMERA, BIG_CAMERA)}
        for size, path in files.items():
            path.write_bytes(camera_file(size))
        screenshot = Path(folder, "screenshot.png")
        screenshot.write_bytes(encoded(desktop(), "PNG"))
        vips = Vips()
        for size, path in files.items():
            for tier in (STANDARD, HIGH):
                rows += _photo(vips, path, size, tier)
        rows += _screenshot(vips, screenshot)
    return rows


def _photo(vips: Vips, path: Path, size: Size, tier: Tier) -> Iterator[Row]:
    target = fit(*size, tier)
    taken = in_turn(
        lambda: image.prepare(path, path.name, [Cut("whole", target)]),
        lambda: turbo_encode(_cropped(turbo_decode(path.read_bytes(), target), target)),
        lambda: vips.jpeg(path.read_bytes(), target),
        rounds=_ROUNDS,
    )
    what = f"prepare a JPEG of {megapixels(size)}, {_name(tier)} tier"
    goal = _TURBO_GOALS[size, tier]
    yield Row.of_pairs(f"{what}, to libjpeg-turbo's decode + encode", [(a, b) for a, b, _ in taken], "ms", goal)
    goal_beside = _VIPS_GOAL if tier == STANDARD else None
    yield Row.of_pairs(f"{what}, to libvips", [(a, c) for a, _, c in taken], "ms", goal_beside)
    data = path.read_bytes()
    exact = lanczos(turbo_decode(data, size), target)
    yield _exactness(vips, f"{what}: exactness, to libvips'", data, target, exact, _EXACT_GOAL)


def _screenshot(vips: Vips, path: Path) -> Iterator[Row]:
    target = fit(*SCREEN_4K, STANDARD)
    pairs = in_turn(
        lambda: image.prepare(path, path.name, [Cut("whole", target)]),
        lambda: vips.webp(path.read_bytes(), target),
        rounds=_ROUNDS,
    )
    what = "prepare a PNG screenshot of 4K, standard tier"
    yield Row.of_pairs(f"{what}, to libvips", [(one, other) for one, other in pairs], "ms", _SCREENSHOT_GOAL)
    data = path.read_bytes()
    exact = lanczos(pixels_of(Image.open(BytesIO(data))), target)
    yield _exactness(vips, f"{what}: exactness, to libvips'", data, target, exact, _SCREENSHOT_EXACT_GOAL)


def _exactness(vips: Vips, what: str, data: bytes, target: Size, exact: Array, goal: float) -> Row:
    ours = psnr(decode(open_source(data, ""), target, ""), exact)
    return Row.of(what, ours, psnr(vips.pixels(data, target), exact), "dB", goal, absolute=True, least=True)


def _cropped(pixels: Array, target: Size) -> Array:
    """As many pixels as the app encodes."""
    return pixels[: target.height, : target.width].copy()


def _name(tier: Tier) -> str:
    return "standard" if tier == STANDARD else "high"
