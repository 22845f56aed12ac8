"""How much of the text of a screenshot is misread once it is as small as it is sent: tesseract's errors, in characters.

Left out where tesseract (Debian: tesseract-ocr) is missing.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFont

from app.core import image
from app.core.cuts import Cut
from app.core.fit import Size, Tier, fit
from tests.benchmarks.row import Row
from tests.pictures import encoded

_Colour = tuple[int, int, int]
_TIER = Tier(1568, 1568)
_SCREEN = Size(2560, 1440)
_TEXT_HEIGHTS = (8, 9, 10)
"""Pixels of font size as sent."""
_COLOURS = (((30, 30, 30), (255, 255, 255)), ((214, 214, 214), (30, 30, 34)))
_FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf")
"""Of desktops, as they are installed beside Qt; where they are missing, Pillow's own."""
_LINES = 14
_SHOWN = Size(_SCREEN.width // 2, 420)
"""The part of the screen that has text."""
_GOAL = 0.5
"""Of a hundred characters."""
_PROSE = (
    "request failed because the connection was closed before response header received please retry after several"
    " seconds customer account balance due payment method settings window file edit view search replace function"
    " return value class string integer warning message stack trace module line column thread process memory usage"
)


def measure() -> list[Row]:
    if shutil.which("tesseract") is None:
        print("reading is left out: tesseract is missing (Debian: tesseract-ocr)", file=sys.stderr)
        return []
    wrong_as_sent = wrong_unscaled = 0.0
    pages = [(height, font) for height in _TEXT_HEIGHTS for font in _FONTS]
    with TemporaryDirectory() as folder:
        for seed, page in enumerate(pages):
            drawn, text = _page(*page, *_COLOURS[sum(divmod(seed, 2)) % 2], seed)
            path = Path(folder, f"{seed}.png")
            path.write_bytes(encoded(drawn, "PNG", compress_level=1))
            sent = image.prepare(path, path.name, [Cut("whole", fit(*_SCREEN, _TIER))]).parts[0]
            wrong_as_sent += _misread(text, _read(Image.open(BytesIO(sent.data)), Path(folder))) / len(pages)
            wrong_unscaled += _misread(text, _read(drawn, Path(folder))) / len(pages)
    what = f"text of {_TEXT_HEIGHTS[0]} px and up, as sent: characters misread, to unscaled"
    return [Row.of(what, wrong_as_sent, wrong_unscaled, "%", wrong_unscaled + _GOAL, absolute=True)]


def _page(height: int, name: str, ink: _Colour, ground: _Colour, seed: int) -> tuple[Image.Image, str]:
    """A screenshot whose text has this font size once it is as small as it is sent, and the text."""
    chance = random.Random(seed)  # noqa: S311
    size = height * _SCREEN.width / fit(*_SCREEN, _TIER).width
    font = _font(name, size)
    drawn = Image.new("RGB", _SCREEN, ground)
    draw = ImageDraw.Draw(drawn)
    lines, words = [], _PROSE.split()
    for top in range(24, 24 + _LINES * round(1.6 * size), round(1.6 * size)):
        line = ""
        while font.getlength(line) < _SCREEN.width * 0.42:
            line += f"{chance.choice(words)} "
        lines.append(line.strip())
        draw.text((48, top), lines[-1], ink, font)
    return drawn, " ".join(lines)


def _font(name: str, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return ImageFont.load_default(size)


def _read(shown: Image.Image, folder: Path) -> str:
    """What tesseract reads where the text is. It wants letters larger than a screen's, and gets both alike."""
    scale = shown.width / _SCREEN.width
    part = (0, 0, _SHOWN.width * scale, _SHOWN.height * scale)
    enlarged = shown.convert("L").resize((2 * _SHOWN.width, 2 * _SHOWN.height), Image.Resampling.BICUBIC, part)
    path = folder / "shown.png"
    enlarged.save(path, compress_level=1)
    command = ["tesseract", str(path), "-", "--psm", "6", "-l", "eng"]
    environ = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads wait for each other by spinning
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", env=environ).stdout


def _misread(text: str, read: str) -> float:
    """Characters of a hundred that are missing, wrong or too many."""
    found = " ".join(read.split())
    same = sum(block.size for block in SequenceMatcher(None, text, found, autojunk=False).get_matching_blocks())
    return 100 * (max(len(text), len(found)) - same) / len(text)
