"""Resizing in strips: the same pixels as in one piece, helped or not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident

import pytest
from PIL import Image, ImageChops

from app.core import resize
from app.core.fit import Size
from app.core.resize import at_work, resized
from tests.pictures import photo

LANCZOS = Image.Resampling.LANCZOS


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("box", [None, (0.0, 0.0, 1399.25, 999.5)])
def test_strips_make_the_picture_that_one_piece_makes(mode: str, box: tuple[float, float, float, float] | None) -> None:
    image = photo(1400, 1000).convert(mode)
    strips, whole = (
        resized(image, Size(613, 437), LANCZOS, box),
        image.resize((613, 437), LANCZOS, box=box),
    )
    assert max(most for _, most in _extrema(ImageChops.difference(strips, whole))) <= 1


def _extrema(image: Image.Image) -> list[tuple[float, float]]:
    return [channel.getextrema() for channel in image.split()]  # type: ignore[misc]


def test_the_pixels_are_the_same_whether_someone_helps_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    image = photo(1400, 1000)
    helped = resized(image, Size(613, 437), LANCZOS)
    monkeypatch.setattr(resize, "helped", False)
    assert resized(image, Size(613, 437), LANCZOS).tobytes() == helped.tobytes()


def test_a_second_thread_helps_one_picture_and_not_two() -> None:
    image, threads = photo(1400, 1000), set[int]()
    with at_work():
        resized(image, Size(700, 500), LANCZOS, None, lambda: threads.add(get_ident()))
    assert get_ident() not in threads

    both = Barrier(2, timeout=10)
    by_themselves: list[bool] = []

    def one() -> None:
        caller = get_ident()

        def aside() -> None:
            both.wait()  # neither has ended
            by_themselves.append(get_ident() == caller)

        with at_work():
            both.wait()
            resized(image, Size(700, 500), LANCZOS, None, aside)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one), pool.submit(one)]:
            done.result()
    assert by_themselves == [True, True]


def test_what_is_done_aside_may_fail() -> None:
    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        resized(photo(1400, 1000), Size(700, 500), LANCZOS, None, fail)
    with pytest.raises(ValueError, match="broken"):
        resized(photo(140, 100), Size(70, 50), LANCZOS, None, fail)
