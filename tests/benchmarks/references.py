"""What the app's pictures are held against: libjpeg-turbo, libvips, and a resize in floating point.

They are the packages of `requirements-bench.txt`, which only `dev.py bench` installs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import files
from typing import Any, Final

import numpy as np
import simplejpeg
from PIL.Image import Image

from app.core.fit import Size

Array = Any
"""Rows × columns × channels, of bytes."""


# --- libjpeg-turbo ------------------------------------------------------------------------------


def turbo_decode(data: bytes, size: Size) -> Array:
    """A JPEG decoded in the smallest of the decoder's scales that has at least these pixels."""
    return simplejpeg.decode_jpeg(data, "RGB", min_width=size.width, min_height=size.height, min_factor=1)


def turbo_encode(pixels: Array) -> bytes:
    return bytes(simplejpeg.encode_jpeg(pixels, quality=90, colorsubsampling="444"))


# --- libvips ------------------------------------------------------------------------------------

_SIZE_FORCE: Final = 3
_NO_SUBSAMPLING: Final = 2


class Vips:
    """The calls that its Python package makes, made here: that comes as source only, and would have to be built."""

    def __init__(self) -> None:
        (path,) = [file for file in files("pyvips-binary") or () if file.name.startswith("libvips")]
        self._library = ctypes.CDLL(str(path.locate()))
        self._library.vips_image_write_to_memory.restype = ctypes.c_void_p
        if self._library.vips_init(b"bench") != 0:
            raise RuntimeError("libvips does not start")

    def jpeg(self, data: bytes, size: Size) -> bytes:
        """The picture of a file made smaller, as a JPEG like those of the app."""
        options = (b"Q", ctypes.c_int(90), b"subsample_mode", ctypes.c_int(_NO_SUBSAMPLING))
        with self._resized(data, size) as image:
            return self._saved("vips_jpegsave_buffer", image, options)

    def webp(self, data: bytes, size: Size) -> bytes:
        """The same as a WebP like those of the app."""
        options = (b"Q", ctypes.c_int(90), b"effort", ctypes.c_int(0), b"smart_subsample", ctypes.c_int(1))
        with self._resized(data, size) as image:
            return self._saved("vips_webpsave_buffer", image, options)

    def pixels(self, data: bytes, size: Size) -> Array:
        with self._resized(data, size) as image:
            length = ctypes.c_size_t()
            memory = ctypes.c_void_p(self._library.vips_image_write_to_memory(image, ctypes.byref(length)))
            taken = self._taken(memory, length)
        return np.frombuffer(taken, np.uint8).reshape(size.height, size.width, 3)

    @contextmanager
    def _resized(self, data: bytes, size: Size) -> Iterator[ctypes.c_void_p]:
        image = ctypes.c_void_p()
        where = ctypes.c_char_p(data), ctypes.c_size_t(len(data)), ctypes.byref(image), ctypes.c_int(size.width)
        options = b"height", ctypes.c_int(size.height), b"size", ctypes.c_int(_SIZE_FORCE), None
        if self._library.vips_thumbnail_buffer(*where, *options) != 0:
            raise RuntimeError("libvips does not decode the picture")
        try:
            yield image
        finally:
            self._library.g_object_unref(image)

    def _saved(self, save: str, image: ctypes.c_void_p, options: tuple[object, ...]) -> bytes:
        memory, length = ctypes.c_void_p(), ctypes.c_size_t()
        if self._library[save](image, ctypes.byref(memory), ctypes.byref(length), *options, None) != 0:
            raise RuntimeError("libvips does not encode the picture")
        return self._taken(memory, length)

    def _taken(self, memory: ctypes.c_void_p, length: ctypes.c_size_t) -> bytes:
        taken = ctypes.string_at(memory, length.value)
        self._library.g_free(memory)
        return taken


# --- floating point -----------------------------------------------------------------------------

_LOBES: Final = 3


def lanczos(pixels: Array, size: Size) -> Array:
    """Resized by a Lanczos filter of three lobes, widened by the scale; nothing is rounded."""
    height, width = pixels.shape[:2]
    across, down = _weights(width, size.width), _weights(height, size.height)
    channels = [down @ (pixels[..., band].astype(np.float32) @ across.T) for band in range(pixels.shape[2])]
    return np.clip(np.stack(channels, -1), 0, 255)


def _weights(old: int, new: int) -> Array:
    """How much of each old pixel is in each new one."""
    scale = old / new
    centres = (np.arange(new)[:, None] + 0.5) * scale
    distances = (np.arange(old)[None] + 0.5 - centres) / max(scale, 1)
    weights = np.where(abs(distances) < _LOBES, np.sinc(distances) * np.sinc(distances / _LOBES), 0)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def pixels_of(image: Image) -> Array:
    return np.asarray(image)


def psnr(pixels: Array | Image, exact: Array) -> float:
    """Peak signal to noise, in dB: more is nearer to what is exact."""
    errors = np.asarray(pixels, np.float32) - exact
    return float(10 * np.log10(255**2 / np.mean(errors * errors)))
