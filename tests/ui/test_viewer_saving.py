"""Saving from the viewer: the disk is asked in a thread, no file is written over without a question."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.cuts import Kind
from app.core.fit import Size
from app.core.message import ImageBlock
from app.ui.theme import Theme
from app.ui.viewer.saving import Saving
from app.ui.viewer.shown import Shown
from tests.conftest import finish


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    return window


@pytest.fixture
def saving(theme: Theme, tools: Tools, gallery: Gallery, window: QWidget) -> Iterator[Saving]:
    yield Saving(theme, gallery, window, window)
    finish(tools.tasks.close())


@pytest.fixture
def shown(tools: Tools, picture: Callable[..., Path]) -> Shown:
    """A picture of which an overview and a tile were sent, all with the same bytes."""
    kept = tools.pictures.add_file(picture("roof.png"), "roof.png")

    def block(kind: Kind, part: int = 0) -> ImageBlock:
        size = (640, 400, kept.size, 345, kept.sha256, 640, 400, kept.size)
        return ImageBlock(1, "roof.png", kept.sha256, "image/png", *size, "PNG", kind=kind, part=part, parts=part)

    images = (block("overview"), block("tile", 1))
    return Shown(1, "roof.png", kept.sha256, 0, Size(640, 400), "PNG", kept.size, images, "tiles", None)


@pytest.fixture
def asked_by(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The threads that ask the disk what is there."""
    threads: set[str] = set()

    def watched(module: object, name: str) -> None:
        real = getattr(module, name)

        def ask(*arguments: object, **more: object) -> object:
            threads.add(threading.current_thread().name)
            return real(*arguments, **more)

        monkeypatch.setattr(module, name, ask)

    watched(Path, "exists")
    watched(os.path, "lexists")
    return threads


def choose(window: QWidget, path: Path) -> None:
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.reject()


def said(window: QWidget) -> str:
    (label,) = [label for label in window.findChildren(QLabel) if label.objectName() == "said"]
    return label.text()


def test_over_a_file_it_is_written_only_when_asked(
    saving: Saving, shown: Shown, window: QWidget, qtbot: QtBot, tmp_path: Path, asked_by: set[str]
) -> None:
    there = tmp_path / "there.png"
    there.write_bytes(b"mine")
    saving.ask_original(shown)
    choose(window, there)
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    assert there.read_bytes() == b"mine"
    assert asked_by
    assert threading.main_thread().name not in asked_by
    (question,) = window.findChildren(QMessageBox)
    assert question.text() == "there.png exists already."
    (replace_it,) = [button for button in question.findChildren(QPushButton) if button.text() == "Replace"]
    QTest.mouseClick(replace_it, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: said(window) == "Saved as there.png")
    assert there.read_bytes() == (tmp_path / "roof.png").read_bytes()


def test_parts_go_into_a_folder_beside_what_is_there(
    saving: Saving, shown: Shown, window: QWidget, qtbot: QtBot, tmp_path: Path, asked_by: set[str]
) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "roof-sent-1.png").write_bytes(b"mine")
    saving.ask_sent(shown)
    choose(window, folder)
    qtbot.waitUntil(lambda: said(window) == "Saved as roof-sent-1 (2).png")
    assert sorted(path.name for path in folder.iterdir()) == [
        "roof-sent-1 (2).png",
        "roof-sent-1.png",
        "roof-sent-overview.png",
    ]
    assert (folder / "roof-sent-1.png").read_bytes() == b"mine"
    assert threading.main_thread().name not in asked_by
