"""What a person may want to know of a picture before sending it: how small its text is, whether it is blurred or dark.

Looks at a bounded number of small cells, in the grey of Pillow's own loops. Text shows in the sharp steps from left to
right: in a cell of text each line is a band of rows with many of them, parted from the next by rows with none, and the
middle of the band, as high as an x, has several times as many as what rises above and hangs below it. Photographs,
gradients, charts and noise have no such bands. Imports Pillow when pixels are first looked at: the words of the
interface need only the arithmetic.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from app.core.cuts import Cut
from app.core.fit import Size

if TYPE_CHECKING:
    from PIL.Image import Image

SMALLEST_READABLE: Final = 9
"""Pixels of font size, as sent, below which text is misread. Measured (IMAGES.md, section 3b): of text that goes at
8.3 to 9.9 px 0.3 % of the characters are lost, at 7.4 px 1.2 %, at 6.1 px 6.6 %."""

_Part = tuple[int, int, int, int]
"""Left, top, right and bottom of a part of a picture, in its pixels."""

_CELL: Final = Size(128, 384)
_STEP: Final = 7
"""Pixels between the points that are looked at to tell busy cells from empty ones; not 8, a usual pitch of lines."""
_MOST_CELLS: Final = 32
_LEAST: Final = 24
"""Pixels of an edge below which there is nothing to be found."""
_ENOUGH_LINES: Final = 6
"""Pieces of lines of about one height that count as text."""
_SHARE: Final = 0.2
"""Of all pieces of lines, what is "much" text of one height."""

_X_HEIGHT: Final = 0.53
"""Of the font size; 0.45 (Times) to 0.55 (Verdana, DejaVu)."""
_CAPITALS: Final = 0.72
_LINE: Final = 0.95
"""From the top of a d to the foot of a p; of Chinese characters too."""
_STROKES: Final = 5.6
"""Steps from left to right within the width of a line's own height; capitals have fewer."""

_DARK: Final = 64
"""Grey value of 255 that the brightest fiftieth of a very dark picture does not reach."""

_SOFT_EDGE: Final = 1024
"""Pixels of the long edge at which sharpness is judged: about what a model of either tier sees."""
_SOFT: Final = ((96, 12, 0.25), (192, 48, 0.16))
"""Edge of a tile; pixels within which a sharp picture goes from dark to light at least once in one step; of the whole
way from dark to light, the steepest step of a blurred picture. The second where so little changes over the first few
pixels that nothing can be told: the picture is flat, or blurred very much."""
_ENOUGH_TILES: Final = 3
_CONTRAST: Final = 40
"""Grey values; below it there is nothing that could be sharp."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was seen in the pixels that the person may want to know before sending."""

    text_height: float = 0.0
    """Font size, in the original's upright pixels, of the smallest text there is much of; 0 where none was found."""
    blurred: bool = False
    dark: bool = False


def find(image: Image, scale: float) -> Findings:
    """Look at a picture, upright, in mode L, RGB or with transparency; `scale` original pixels to each of its own.

    Text smaller than about 6 px of `image` is not seen, nor larger than about 42 px, which is never in danger. About
    10 ms, whatever the size of the picture.
    """
    from PIL.Image import Resampling

    if min(image.size) < _LEAST:
        return Findings()
    points = _grey(image.resize((-(-image.width // _STEP), -(-image.height // _STEP)), Resampling.NEAREST))
    boxes = _busy(image.size, points)
    text = _smallest(line for box in boxes for line in _lines(_grey(image.crop(box))))
    dark = not text and _percentile(points.histogram(), 0.98) < _DARK
    return Findings(text * scale, not text and _blurred(image, boxes), dark)


def legible(text_height: float, whole: Size, cut: Cut) -> float:
    """The font size, in pixels, that text of an original of `whole` pixels has in a cut."""
    shown = (cut.box.width, cut.box.height) if cut.box else whole
    return text_height * max(cut.size) / max(shown)


def _grey(image: Image) -> Image:
    """The luminance; what is transparent becomes the opposite of what is not, so that it stands out."""
    from PIL import Image, ImageStat

    grey = image.convert("L")
    if not image.has_transparency_data:
        return grey
    alpha = image.convert("RGBA").getchannel("A")
    if alpha.getextrema() == (255, 255):
        return grey
    visible = ImageStat.Stat(grey, alpha.point(_at_least(128)))
    light = bool(visible.count[0]) and visible.mean[0] >= 128
    return Image.composite(grey, Image.new("L", grey.size, 0 if light else 255), alpha)


def _busy(size: tuple[int, int], points: Image) -> list[_Part]:
    """Cells in which something is to be seen: all, or a selection from the busiest to the quietest."""
    from PIL import ImageChops
    from PIL.Image import Resampling

    across, down = -(-size[0] // _CELL.width), -(-size[1] // _CELL.height)
    changes = ImageChops.difference(points, ImageChops.offset(points, 1, 1))
    activity = changes.resize((across, down), Resampling.BOX).tobytes()
    ranked = sorted((at for at, change in enumerate(activity) if change), key=lambda at: -activity[at])
    every = max(1.0, len(ranked) / _MOST_CELLS)
    chosen = [ranked[int(n * every)] for n in range(min(len(ranked), _MOST_CELLS))]
    width, height = size[0] / across, size[1] / down
    return [
        (int(x * width), int(y * height), int((x + 1) * width), int((y + 1) * height))
        for y, x in (divmod(at, across) for at in chosen)
    ]


# --- text ---------------------------------------------------------------------------------------


def _lines(cell: Image) -> Iterator[float]:
    """The font sizes of the pieces of lines in a cell, in its pixels."""
    rows = _steps_per_row(cell)
    ordered = sorted(rows)
    base, peak = ordered[len(rows) // 10], ordered[-len(rows) // 50]
    if peak < 4 * base:  # no rows that are empty
        return
    ink = base + max(2, (peak - base) * 6 // 100)
    runs = rows.translate(_above(ink))
    lines, explained = [], 0
    for run in re.finditer(rb"\x00(\x01{5,42})(?=\x00)", runs):
        size = _font_size([row - base for row in rows[run.start(1) : run.end(1)]], cell.width)
        if size:
            lines.append(size)
            explained += run.end() - run.start(1)
    lines.sort()  # of a cell of text most lines are of one size; what a photograph has is of any
    alike = [size for size in lines if 0.8 <= size / lines[len(lines) // 2] <= 1.25]
    if 2 * explained > runs.count(1) and len(alike) > 0.6 * len(lines):
        yield from alike


def _steps_per_row(cell: Image) -> bytes:
    """How many sharp steps from left to right each row has."""
    from PIL import ImageChops
    from PIL.Image import Resampling

    width, height = cell.size
    steps = ImageChops.difference(cell.crop((0, 0, width - 1, height)), cell.crop((1, 0, width, height)))
    sharp = max(16.0, 0.25 * _percentile(steps.histogram(), 0.998))
    share = steps.point(_at_least(sharp)).resize((1, height), Resampling.BOX)
    return share.tobytes().translate(_counts(width - 1))


@lru_cache
def _counts(steps: int) -> bytes:
    """Shares of 255 → how many of so many steps."""
    return bytes(round(share * steps / 255) for share in range(256))


@lru_cache
def _above(limit: int) -> bytes:
    """Values → whether they are greater."""
    return bytes(value > limit for value in range(256))


def _font_size(band: Sequence[int], width: int) -> float:
    """The font size that a band of rows makes a line of text of; 0 where it is none."""
    peak = sorted(band)[-1 - len(band) // 6]
    core = [at for at, row in enumerate(band) if row >= 0.45 * peak]
    high = core[-1] - core[0] + 1
    if len(core) < 0.8 * high or high < 3:
        return 0.0
    if high <= 0.85 * len(band):
        size = (high / _X_HEIGHT + len(band) / _LINE) / 2
    else:  # capitals, figures; with more strokes than those have, Chinese characters
        size = len(band) / (_CAPITALS if peak * len(band) < _STROKES * width else _LINE)
    return size if 8 <= peak <= 14 * width / size else 0.0


def _smallest(lines: Iterable[float]) -> float:
    """Of all sizes the smallest that is frequent; 0 where none is."""
    sizes = sorted(lines)
    enough = max(_ENOUGH_LINES, _SHARE * len(sizes))
    for first, size in enumerate(sizes):
        alike = [other for other in sizes[first:] if other <= 1.3 * size]
        if len(alike) >= enough:
            return alike[len(alike) // 2]
    return 0.0


# --- sharpness ----------------------------------------------------------------------------------


def _blurred(image: Image, boxes: Sequence[_Part]) -> bool:
    """Whether nothing is sharp from left to right, or nothing from top to bottom, as in a picture that was shaken."""
    if max(image.size) < _SOFT_EDGE // 4:
        return False
    for tile, reach, limit in _SOFT:
        ways = [way for way in _steepness(image, boxes, tile, reach) if len(way) >= _ENOUGH_TILES]
        if ways:
            return any(max(way) < limit for way in ways)
    return False


def _steepness(image: Image, boxes: Sequence[_Part], tile: int, reach: int) -> tuple[list[float], list[float]]:
    """Of each tile with contrast the steepest step, as a share of the way from dark to light: across, and down."""
    less = max(1, round(max(image.size) / _SOFT_EDGE))
    found: tuple[list[float], list[float]] = ([], [])
    for box in boxes[: _MOST_CELLS // 3]:
        grey = _grey(image.reduce(less, _around(box, tile * less, image.size)))
        if min(grey.size) <= reach:
            continue
        for way, (across, down) in zip(found, ((1, 0), (0, 1)), strict=True):
            far = _change(grey, across * reach, down * reach, 0.97)
            if far >= _CONTRAST:
                way.append(_change(grey, across, down, 0.997) / far)
    return found


def _around(box: _Part, edge: int, size: tuple[int, int]) -> _Part:
    """A square about the middle of a box, as far as the picture goes."""
    left, top = (max(0, min((box[i] + box[i + 2] - edge) // 2, size[i] - edge)) for i in (0, 1))
    return left, top, min(left + edge, size[0]), min(top + edge, size[1])


def _change(grey: Image, across: int, down: int, share: float) -> int:
    """The change over a distance that this share of the pixels does not exceed."""
    from PIL import ImageChops

    width, height = grey.width - across, grey.height - down
    moved = grey.crop((across, down, grey.width, grey.height))
    return _percentile(ImageChops.difference(grey.crop((0, 0, width, height)), moved).histogram(), share)


def _percentile(histogram: Sequence[int], share: float) -> int:
    """The value that this share of the pixels does not exceed."""
    from_the_top = list(accumulate(reversed(histogram)))
    return max(0, 255 - bisect_right(from_the_top, from_the_top[-1] * (1 - share)))


@lru_cache(maxsize=512)
def _at_least(limit: float) -> list[int]:
    return [255 * (value >= limit) for value in range(256)]
