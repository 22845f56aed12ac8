"""Makes a picture smaller in strips, by two threads where only one picture is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from threading import get_ident
from typing import Final

from PIL import Image

from app.core.fit import Size

_STRIPS: Final = 4
_BIG: Final = 1 << 20
"""Pixels below which a second thread gains nothing."""

helped = True
"""Whether a second thread may help."""

_at_work: Final[set[int]] = set()
"""Threads that prepare a picture."""


def resized(
    image: Image.Image,
    size: Size,
    how: Image.Resampling,
    box: tuple[float, float, float, float] | None = None,
    aside: Callable[[], None] | None = None,
) -> Image.Image:
    """The part `box` of a picture with `size` pixels; the same whether a second thread had time to help or not.

    `aside` is done meanwhile, and may read the picture too; what it raises is raised.
    """
    if image.mode not in ("L", "RGB") or image.width * image.height < _BIG or size.height < _STRIPS:
        if aside:
            aside()
        return image.resize(size, how, box=box)
    left, top, right, bottom = box or (0, 0, *image.size)
    rows = (bottom - top) / size.height
    made = Image.new(image.mode, size)
    waiting = deque(pairwise(size.height * n // _STRIPS for n in range(_STRIPS + 1)))

    def work() -> None:
        while waiting:
            try:
                first, last = waiting.popleft()
            except IndexError:  # the other was faster
                return
            edges = left, top + first * rows, right, min(bottom, top + last * rows)
            made.paste(image.resize((size.width, last - first), how, box=edges), (0, first))

    def work_beside() -> None:
        if aside:
            aside()
        work()

    if helped and len(_at_work) <= 1:
        with ThreadPoolExecutor(1, thread_name_prefix="strips") as second:
            beside = second.submit(work_beside)
            work()
            beside.result()
    else:
        work_beside()
    return made


@contextmanager
def at_work() -> Iterator[None]:
    """While a thread prepares a picture: two of them keep two processors busy without help."""
    _at_work.add(get_ident())
    try:
        yield
    finally:
        _at_work.discard(get_ident())
