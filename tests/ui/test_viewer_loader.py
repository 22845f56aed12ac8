"""What the viewer has decoded: the picture that is looked at, and not all that were passed on the way to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.ui.viewer.loader import Loader


def test_pictures_passed_by_a_held_arrow_are_not_decoded(
    gallery: Gallery, tools: Tools, picture: Callable[..., Path], qtbot: QtBot
) -> None:
    kept = [tools.pictures.add_file(picture(f"{n}.png", (100 + n, 100)), "").sha256 for n in range(30)]
    opened: list[str] = []
    gallery.opened.connect(lambda key, _pixels: opened.append(key))
    loader = Loader(gallery, tools, gallery)
    for sha256 in kept:
        loader.keep_only({sha256})
        loader.levels(sha256)
    qtbot.waitUntil(lambda: loader.levels(kept[-1]) is not None)
    assert opened == [kept[-1]]
    loader.keep_only({kept[3]})
    qtbot.waitUntil(lambda: loader.levels(kept[3]) is not None)
    assert opened == [kept[-1], kept[3]]
