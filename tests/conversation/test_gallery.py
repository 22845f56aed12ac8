"""The gallery: pictures decoded while they are wanted, and copies put where the person wants them, byte for byte."""

from __future__ import annotations

import operator
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.errors import PictureDamaged, StoreFull
from app.core.fit import Size
from app.core.image import Pixels


def test_a_saved_picture_is_the_same_file(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    path, copy = picture("roof.png"), tmp_path / "copy.png"
    kept = tools.pictures.add_file(path, "roof.png").sha256
    with qtbot.waitSignal(gallery.saved) as saved:
        gallery.save(kept, str(copy))
    assert saved.args == [str(copy)]
    assert copy.read_bytes() == path.read_bytes()


def test_where_nothing_can_be_written_it_is_said(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    kept = tools.pictures.add_file(picture(), "roof.png").sha256
    nowhere = str(tmp_path / "gone" / "copy.png")
    with qtbot.waitSignal(gallery.save_failed) as failed:
        gallery.save(kept, nowhere)
    assert failed.args == [nowhere, StoreFull(nowhere)]


def test_what_the_disk_has_damaged_is_not_passed_on(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    kept = tools.pictures.add_file(picture(), "roof.png").sha256
    tools.pictures.path(kept).write_bytes(b"rot")
    copy = tmp_path / "copy.png"
    with qtbot.waitSignal(gallery.save_failed) as failed:
        gallery.save(kept, str(copy))
    assert failed.args is not None
    assert isinstance(failed.args[1], PictureDamaged)
    assert not copy.exists()


def test_over_a_file_nothing_is_written_unasked(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    path, copy = picture("roof.png"), tmp_path / "copy.png"
    kept = tools.pictures.add_file(path, "roof.png").sha256
    copy.write_bytes(b"mine")
    with qtbot.waitSignal(gallery.taken) as taken:
        gallery.save(kept, str(copy))
    assert (taken.args, copy.read_bytes()) == ([kept, str(copy)], b"mine")
    with qtbot.waitSignal(gallery.saved):
        gallery.save(kept, str(copy), over=True)
    assert copy.read_bytes() == path.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_and_a_mode_stay_what_they_were(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    kept = tools.pictures.add_file(picture("roof.png"), "roof.png").sha256
    place, link = tmp_path / "place.png", tmp_path / "link.png"
    place.write_bytes(b"mine")
    place.chmod(0o640)
    link.symlink_to(place)
    with qtbot.waitSignal(gallery.saved):
        gallery.save(kept, str(link), over=True)
    assert (link.readlink(), place.stat().st_mode & 0o777) == (place, 0o640)
    assert place.read_bytes() == tools.pictures.read(kept)


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file may grow beyond `limit` bytes."""
    import resource

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_on_a_full_disk_the_old_file_stays_whole(gallery: Gallery, tools: Tools, tmp_path: Path, qtbot: QtBot) -> None:
    kept = tools.pictures.add_bytes(bytes(300_000), "roof.png").sha256
    copy = tmp_path / "out" / "copy.png"
    copy.parent.mkdir()
    copy.write_bytes(b"mine")
    with full_disk(100_000), qtbot.waitSignal(gallery.save_failed) as failed:
        gallery.save(kept, str(copy), over=True)
    assert failed.args == [str(copy), StoreFull(str(copy))]
    assert copy.read_bytes() == b"mine"
    assert list(copy.parent.iterdir()) == [copy]


def test_what_was_passed_by_is_not_decoded_and_what_is_in_work_is_decoded_once(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    kept = [tools.pictures.add_file(picture(f"{n}.png", color=f"#{n}0{n}0{n}0"), "").sha256 for n in range(8)]
    opened: list[str] = []
    gallery.opened.connect(lambda key, _pixels: opened.append(key))
    for sha256 in kept:
        gallery.open(sha256, partial(operator.eq, sha256, kept[-1]))
    gallery.open(kept[-1], lambda: False)  # another's wish does not spoil it
    qtbot.waitUntil(lambda: kept[-1] in opened)
    finished = kept[3]
    gallery.open(finished, lambda: True)
    qtbot.waitUntil(lambda: finished in opened)
    assert opened == [kept[-1], finished]


def test_a_page_is_drawn_small_and_tells_its_size(gallery: Gallery, tools: Tools, tmp_path: Path, qtbot: QtBot) -> None:
    pages = [Image.new("RGB", (310, 438), color) for color in ("white", "red")]
    pages[0].save(tmp_path / "lease.pdf", save_all=True, append_images=pages[1:])
    kept = tools.pictures.add_file(tmp_path / "lease.pdf", "lease.pdf").sha256
    with qtbot.waitSignal(gallery.drawn, timeout=20_000) as drawn:
        gallery.draw(kept, 2, Size(208, 272), lambda: True)
    assert drawn.args is not None
    key, whole, small = drawn.args
    assert isinstance(small, Pixels)
    assert (key, whole) == (f"{kept}-2", (1292, 1825))
    assert (small.width, small.height) == (193, 272)
    red, green, blue, _ = small.rgba[:4]
    assert min(red, 255 - green, 255 - blue) > 250
