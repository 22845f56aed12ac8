"""Facts measured from the pixels of pictures: main colours, brightness, and where two pictures differ.

All functions are pure and deterministic. They are for worker threads: a big picture is read in strips, so that no
single call holds the interpreter's lock for more than a few milliseconds.
"""

from __future__ import annotations

import colorsys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final, NamedTuple, cast

from PIL import Image, ImageChops

from app.core.container import Header
from app.core.fit import Size, Tier, fit

CELL: Final = 8
"""Pixels of a cell's edge: changed pixels whose cells touch belong to one region."""
LOSSY_TOLERANCE: Final = 16
"""Levels of 255 by which a channel may differ where a lossy format stands between the pictures."""
SCALED_TOLERANCE: Final = 48
"""The same where one picture had to be scaled to the size of the other."""

_LOSSLESS: Final = frozenset({"PNG", "GIF"})
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what turns the stored pixels upright."""
_STRIP: Final = 8 * CELL
"""Rows of a strip; whole cells."""
_SAMPLE: Final = 128
"""Pixels of the edge of the sample that gives a group of colours its exact one."""
_NEAR: Final = 40**2
"""Squared distance in RGB below which two colours count as one."""
_MAIN_COLOURS: Final = 5
_LEAST_SHARE: Final = 0.005
_MAX_REGIONS: Final = 256
"""Of more regions than this only the largest are kept."""

RGB = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom; the last two are outside."""


class Undecodable(Exception):
    """The bytes start like a picture and cannot be decoded to the end."""


class Colour(NamedTuple):
    name: str
    """In plain words: "dark blue"."""
    hex: str
    """"#RRGGBB"."""
    share: float
    """Of all pixels, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one picture holds, measured at the size the model sees."""

    seen: Size
    colours: tuple[Colour, ...]
    """The main ones, most first; near shades are counted together."""
    brightness: float
    """Mean, 0 (black) to 1 (white)."""
    transparent: bool
    """Some pixel is not opaque; it was measured on white."""


class Region(NamedTuple):
    """A changed rectangle: pixels x1 ≤ x < x2, y1 ≤ y < y2, from the top left corner."""

    x1: int
    y1: int
    x2: int
    y2: int
    before: str
    """Mean colour of the rectangle in the first picture, "#RRGGBB"."""
    after: str

    @property
    def box(self) -> Box:
        return self[:4]

    @property
    def area(self) -> int:
        return (self.x2 - self.x1) * (self.y2 - self.y1)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much the second of two pictures differs from the first, and where."""

    size: Size
    """The frame of the regions: the first picture as the model sees it."""
    scaled: bool
    """The second picture had another size and was scaled to the first's."""
    tolerance: int
    """A pixel counts as changed when a channel differs by more levels than this."""
    changed: int
    """Pixels."""
    regions: tuple[Region, ...]
    """Largest first."""
    partial: bool = False
    """There are more regions, all of them small."""

    @property
    def share(self) -> float:
        return self.changed / (self.size.width * self.size.height)


def decode(data: bytes, header: Header, tier: Tier) -> tuple[Image.Image, bool]:
    """The first frame as upright RGB at the size the model sees, and whether some of it was transparent.

    The caller has checked the edges of `header` against the API's limit, which bounds the memory this takes. Raises
    `Undecodable`; also when the decoder finds another size than the header said, for that was not checked.
    """
    try:
        with Image.open(BytesIO(data), formats=[header.format.upper()]) as image:
            if image.size == (header.width, header.height):
                return _upright(image, header.orientation, tier)
    except Exception as error:
        # On hostile bytes a decoder raises nearly anything.
        raise Undecodable from error
    raise Undecodable


def measure(image: Image.Image, transparent: bool = False) -> Facts:
    """The facts of a picture that `decode` gave."""
    red, green, blue = _mean(image, (0, 0, *image.size))
    brightness = (299 * red + 587 * green + 114 * blue) / 255_000
    return Facts(Size(*image.size), main_colours(image), brightness, transparent)


def tolerance(first: Header, second: Header) -> int:
    """0 where both formats keep every pixel, else what lossy coding may change by itself."""
    return 0 if {first.format, second.format} <= _LOSSLESS else LOSSY_TOLERANCE


def _upright(image: Image.Image, orientation: int, tier: Tier) -> tuple[Image.Image, bool]:
    seen = fit(image.width, image.height, tier)
    image.draft("RGB", seen)
    flat, transparent = _flat(image)
    if flat.size != seen:
        flat = flat.resize(seen, Image.Resampling.LANCZOS)
    turn = _UPRIGHT.get(orientation)
    return (flat if turn is None else flat.transpose(turn)), transparent


def _flat(image: Image.Image) -> tuple[Image.Image, bool]:
    """RGB on white, 16 bits a channel cut to eight."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda level: level * (1 / 257)).convert("L").convert("RGB"), False
    if not image.has_transparency_data:
        image.load()
        return (image if image.mode == "RGB" else image.convert("RGB")), False
    flat = Image.new("RGB", image.size, "white")
    transparent = False
    for top, bottom in _strips(image.height):
        layer = image.crop((0, top, image.width, bottom)).convert("RGBA")
        alpha = layer.getchannel("A")
        flat.paste(layer, (0, top), mask=alpha)
        transparent = transparent or cast("tuple[int, int]", alpha.getextrema())[0] < 255
    return flat, transparent


def _strips(height: int) -> Iterator[tuple[int, int]]:
    """First row and the row after the last, of each strip."""
    for top in range(0, height, _STRIP):
        yield top, min(top + _STRIP, height)


# --- colours ------------------------------------------------------------------------------------


def main_colours(image: Image.Image) -> tuple[Colour, ...]:
    """Up to five colours of an RGB picture with the share of all pixels that is theirs or near them."""
    counts = _coarse_counts(image)
    exact = _exact_colours(image)
    groups: list[tuple[RGB, int]] = []
    for coarse, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        colour = exact.get(coarse) or cast("RGB", tuple(level + 8 for level in coarse))
        for index, (main, total) in enumerate(groups):
            if sum((a - b) ** 2 for a, b in zip(colour, main, strict=True)) < _NEAR:
                groups[index] = (main, total + count)
                break
        else:
            groups.append((colour, count))
    groups.sort(key=lambda group: (-group[1], group[0]))
    pixels = image.width * image.height
    return tuple(
        Colour(colour_name(main), _hex(main), total / pixels)
        for main, total in groups[:_MAIN_COLOURS]
        if total / pixels >= _LEAST_SHARE
    )


def _coarse_counts(image: Image.Image) -> Counter[RGB]:
    """Every pixel counted, at four bits a channel."""
    coarse = [level & 0xF0 for level in range(256)] * 3
    counts: Counter[RGB] = Counter()
    for top, bottom in _strips(image.height):
        strip = image.crop((0, top, image.width, bottom)).point(coarse)
        for count, colour in strip.getcolors(maxcolors=4096) or ():
            counts[cast("RGB", colour)] += count
    return counts


def _exact_colours(image: Image.Image) -> dict[RGB, RGB]:
    """The commonest exact colour of each coarse one, in a sample of the picture."""
    size = min(image.width, _SAMPLE), min(image.height, _SAMPLE)
    sample = image.resize(size, Image.Resampling.NEAREST)
    found: dict[RGB, tuple[int, RGB]] = {}
    for count, colour in sample.getcolors(maxcolors=_SAMPLE**2) or ():
        red, green, blue = cast("RGB", colour)
        coarse = red & 0xF0, green & 0xF0, blue & 0xF0
        found[coarse] = max(found.get(coarse, (0, (0, 0, 0))), (count, (red, green, blue)))
    return {coarse: colour for coarse, (_, colour) in found.items()}


def colour_name(colour: RGB) -> str:
    """A plain English name: "white", "light grey", "dark blue"."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(level / 255 for level in colour))
    if value < 0.12:
        return "black"
    if saturation < 0.12 or value - value * (1 - saturation) < 0.08:
        shades = ((0.94, "white"), (0.7, "light grey"), (0.4, "grey"), (0, "dark grey"))
        return next(name for least, name in shades if value >= least)
    name = _hue_name(hue * 360, value)
    if name not in ("brown", "olive"):
        if value < 0.5:
            return f"dark {name}"
        if saturation < 0.4 and value > 0.75:
            return f"light {name}"
    return name


def _hue_name(degrees: float, value: float) -> str:
    if degrees < 45 and degrees >= 15 and value < 0.65:
        return "brown"
    if 45 <= degrees < 70 and value < 0.6:
        return "olive"
    ends = (
        (15, "red"),
        (45, "orange"),
        (70, "yellow"),
        (160, "green"),
        (195, "turquoise"),
        (255, "blue"),
        (290, "purple"),
        (345, "pink"),
    )
    return next((name for end, name in ends if degrees < end), "red")


def _hex(colour: RGB) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)


# --- differences --------------------------------------------------------------------------------


def compare(first: Image.Image, second: Image.Image, tolerance: int) -> Difference:
    """Where and how much two pictures of `decode` differ; the second is scaled where their sizes differ."""
    scaled = first.size != second.size
    if scaled:
        second = second.resize(first.size, Image.Resampling.LANCZOS)
        tolerance = max(tolerance, SCALED_TOLERANCE)
    mask, cells, changed = _changes(first, second, tolerance)
    found = _connected(cells)
    boxes = _merged(found[:_MAX_REGIONS])
    exact = [(left + x1, top + y1, left + x2, top + y2) for left, top, (x1, y1, x2, y2) in _tightened(mask, boxes)]
    regions = [Region(*box, _hex(_mean(first, box)), _hex(_mean(second, box))) for box in exact]
    regions.sort(key=lambda region: (-region.area, region.y1, region.x1))
    return Difference(Size(*first.size), scaled, tolerance, changed, tuple(regions), len(found) > _MAX_REGIONS)


def _changes(first: Image.Image, second: Image.Image, tolerance: int) -> tuple[Image.Image, list[bytes], int]:
    """The changed pixels (255 in a mask), the rows of changed cells (not 0), and how many pixels changed."""
    width, height = first.size
    table = [0] * (tolerance + 1) + [255] * (255 - tolerance)
    mask = Image.new("L", first.size)
    rows: list[bytes] = []
    changed = 0
    across = -(-width // CELL)
    for top, bottom in _strips(height):
        area = (0, top, width, bottom)
        bands = ImageChops.difference(first.crop(area), second.crop(area)).split()
        strip = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point(table)
        mask.paste(strip, (0, top))
        changed += strip.histogram()[255]
        # One changed pixel of 64 still gives its cell a mean of 4.
        cells = strip.reduce(CELL).tobytes()
        rows += [cells[at : at + across] for at in range(0, len(cells), across)]
    return mask, rows, changed


def _connected(rows: list[bytes]) -> list[Box]:
    """Boxes, in cells, around the changed cells that touch, corners included; largest first."""
    changed = [(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell]
    left = set(changed)
    boxes: list[Box] = []
    for start in changed:
        if start not in left:
            continue
        left.discard(start)
        queue = deque([start])
        x1, y1, x2, y2 = *start, *start
        while queue:
            x, y = queue.popleft()
            x1, y1, x2, y2 = min(x1, x), min(y1, y), max(x2, x), max(y2, y)
            near = [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            touching = left.intersection(near)
            left -= touching
            queue.extend(touching)
        boxes.append((x1, y1, x2 + 1, y2 + 1))
    boxes.sort(key=lambda box: (-(box[2] - box[0]) * (box[3] - box[1]), box[1], box[0]))
    return boxes


def _merged(boxes: list[Box]) -> list[Box]:
    """The same boxes, those joined that overlap or stand within one cell of each other."""
    done: list[Box] = []
    waiting = deque(boxes)
    while waiting:
        box = waiting.popleft()
        near = [other for other in done if _near(box, other)]
        if not near:
            done.append(box)
            continue
        done = [other for other in done if other not in near]
        x1, y1, x2, y2 = zip(box, *near, strict=True)
        waiting.append((min(x1), min(y1), max(x2), max(y2)))
    return done


def _near(a: Box, b: Box) -> bool:
    return a[0] <= b[2] + 1 and b[0] <= a[2] + 1 and a[1] <= b[3] + 1 and b[1] <= a[3] + 1


def _tightened(mask: Image.Image, boxes: list[Box]) -> Iterator[tuple[int, int, Box]]:
    """For each box of cells its left and top in pixels, and the exact box of changed pixels within it."""
    for x1, y1, x2, y2 in boxes:
        area = (x1 * CELL, y1 * CELL, min(x2 * CELL, mask.width), min(y2 * CELL, mask.height))
        tight = mask.crop(area).getbbox()
        if tight:
            yield area[0], area[1], tight


def _mean(image: Image.Image, box: Box) -> RGB:
    return cast("RGB", image.resize((1, 1), Image.Resampling.BOX, box=box).getpixel((0, 0)))
