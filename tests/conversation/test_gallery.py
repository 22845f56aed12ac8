"""The gallery: copies of pictures put where the person wants them, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.errors import PictureDamaged, StoreFull


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
