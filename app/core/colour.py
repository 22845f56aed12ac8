"""Colour profiles: every picture is sent and shown in sRGB."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from itertools import product
from typing import Final

from PIL import Image, ImageCms

_PROFILE_MODES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_SAME: Final = 2
"""Levels of 255 by which a profile may differ from sRGB and count as sRGB."""
_BROKEN_PROFILE: Final = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


@lru_cache(maxsize=16)
def srgb_transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None when it is sRGB by what it does, is broken, or is for other pixels."""
    pixel_mode = {"1": "L", "L": "L", "I;16": "L", "CMYK": "CMYK"}.get(mode, "RGB")
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
    converted = ImageCms.applyTransform(colours, transform)
    if converted is None:
        raise ValueError("the colours could not be converted")
    if alpha:
        converted.putalpha(alpha)
    return converted
