"""Colours: every picture is sent and shown in sRGB, with eight bits a channel."""

from __future__ import annotations

import math
from functools import lru_cache
from io import BytesIO
from itertools import product
from typing import Any, Final

from PIL import Image, ImageCms

_PROFILE_MODES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_GREY: Final = ("1", "L", "LA", "I;16", "I;16B", "I;16L", "I;16N")
_SAME: Final = 2
"""Levels of 255 by which a profile may differ from sRGB and count as sRGB."""
_BROKEN_PROFILE: Final = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


@lru_cache(maxsize=16)
def srgb_transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None when it is sRGB by what it does, is broken, or is for other pixels."""
    pixel_mode = "L" if mode in _GREY else "CMYK" if mode == "CMYK" else "RGB"
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        if _PROFILE_MODES.get(profile.profile.xcolor_space.strip()) != pixel_mode:
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), pixel_mode, "RGB")
        if pixel_mode == "CMYK":
            return transform
        swatches = _swatches(pixel_mode)
        shown = ImageCms.applyTransform(swatches, transform)
    except _BROKEN_PROFILE:
        return None
    if shown is None:
        return None
    pairs = zip(swatches.convert("RGB").tobytes(), shown.tobytes(), strict=True)
    return transform if any(abs(a - b) > _SAME for a, b in pairs) else None


def _swatches(mode: str) -> Image.Image:
    """Colours all over the space, in a row."""
    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    levels = range(0, 256, 51)
    return Image.frombytes("RGB", (len(levels) ** 3, 1), bytes(v for rgb in product(levels, repeat=3) for v in rgb))


def in_srgb(image: Image.Image, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    if transform is None:
        return image.convert("RGB") if image.mode == "CMYK" else image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    converted = _applied(colours, transform)
    if alpha:
        converted.putalpha(alpha)
    return converted


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("the colours could not be converted")
    return converted


def eight_bits(image: Image.Image, *, deep: bool) -> Image.Image:
    """Mode L, RGB, RGBA or CMYK, so that it can be resized and converted.

    `deep`: the file has 16 bits a channel, and so has the colour that it calls transparent.
    """
    if image.mode.startswith("I;16"):
        return _grey_of_16_bits(image)
    if image.mode in ("I", "F"):
        return _stretched(image)
    if image.mode == "LAB":
        return _from_lab(image)
    key = image.info.get("transparency")
    if deep and isinstance(key, tuple):
        image.info["transparency"] = tuple(level >> 8 for level in key)
    if image.mode in _TRANSPARENT or (image.mode != "RGBA" and image.has_transparency_data):
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "RGBA", "CMYK") else image.convert("L" if image.mode == "1" else "RGB")


_TRANSPARENT: Final = ("LA", "PA", "La", "RGBa")


def _grey_of_16_bits(image: Image.Image) -> Image.Image:
    """Scaled: converting would clip it to white."""
    key = image.info.get("transparency")
    if image.mode != "I;16":
        image = image.convert("I")
    grey = image.point(lambda value: value * (1 / 256)).convert("L")
    if not isinstance(key, int):
        return grey
    alpha = image.convert("I").point([0 if level == key else 255 for level in range(1 << 16)], "L")
    return Image.merge("RGBA", (grey, grey, grey, alpha))


def _stretched(image: Image.Image) -> Image.Image:
    """Measurements, in whatever unit: from their least to their greatest."""
    extrema: Any = image.getextrema()
    low, high = extrema
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("pixels that are no numbers")
    scale = 255 / (high - low) if high > low else 0.0
    return image.point(lambda value: value * scale + (0.5 - low * scale)).convert("L")


def _from_lab(image: Image.Image) -> Image.Image:
    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    return _applied(image, transform)
