"""The data folder moved by a person: chosen in the settings, done by the next start, cleared up; in real folders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import window
from app.application import Application
from app.conversation.chat import Tools
from app.core import moving
from app.core.place import NOTE, Place
from app.core.store import FILE, Conversation, Store
from app.ui.folder_settings import FolderSettings
from app.ui.move_dialog import MoveDialog
from app.ui.theme import Theme
from tests.conftest import finish
from tests.stored import add_conversation, conversations_of

LARGE = 48 << 20
"""Bytes that take much longer to move than a press takes to come."""


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def button(widget: QWidget, name: str) -> QPushButton:
    return next(each for each in widget.findChildren(QPushButton) if each.text() == name)


class Person:
    """Presses Enter on the named buttons of the dialog, one after the other, each as soon as it has the focus."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.seen: list[str] = []
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, MoveDialog) and dialog.isVisible() and self.names:
                pressed = button(dialog, self.names[0])
                pressed.setFocus()
                if pressed.isVisible() and pressed.isEnabled() and QApplication.focusWidget() is pressed:
                    self.seen.append(said(dialog))
                    self.names.pop(0)
                    QTest.keyClick(dialog, Qt.Key.Key_Return)
        if not self.names:
            self._timer.stop()


@pytest.fixture
def app(qapp: Application) -> Iterator[Application]:
    """As the app sets it up."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield qapp
    qapp.setQuitOnLastWindowClosed(before)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The usual folder, with a conversation in it."""

    async def fill() -> None:
        store = Store.open(tmp_path / "usual")
        await add_conversation(store, Conversation("c"))
        store.close()

    asyncio.run(fill())
    return Place(tmp_path / "usual", tmp_path / "usual")


def started(place: Place) -> tuple[Place, list[str]]:
    """Where a start ends up, and the conversations it has opened."""
    opened = window._open(place, [])
    assert opened is not None
    lock, store, place = opened
    assert lock is not None
    assert store is not None
    found = [each.id for each in conversations_of(store)]
    store.close()
    lock.close()
    return place, found


@pytest.mark.usefixtures("american_figures")
def test_a_start_moves_first_and_opens_the_new_folder(app: Application, place: Place, tmp_path: Path) -> None:
    new = tmp_path / "new"
    moving.plan(place.folder, new, 0)
    person = Person("Open Visavis")
    assert started(place) == (Place(new, place.usual), ["c"])
    assert "The data folder has moved" in person.seen[0]
    assert f"What was in {place.folder} is kept." in person.seen[0]
    assert (place.folder / FILE).exists()
    assert started(Place(new, place.usual)) == (Place(new, place.usual), ["c"])
    assert app.quitOnLastWindowClosed() is False


def test_cancelled_all_is_as_it_was(app: Application, place: Place, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with (place.folder / "large").open("wb") as file:
        file.truncate(LARGE)
    moving.plan(place.folder, new, 0)
    person = Person("Cancel")
    assert started(place) == (place, ["c"])
    assert f"From {place.folder}\nto {new}" in person.seen[0]
    assert not new.exists()
    assert moving.planned(place.folder) is None
    assert app.quitOnLastWindowClosed() is False


def test_a_failure_says_so_and_leaves_the_choice(app: Application, place: Place, tmp_path: Path) -> None:
    new = tmp_path / "new"
    moving.plan(place.folder, new, 0)
    new.rename(tmp_path / "away")
    person = Person("Try again", "Do not move")
    assert started(place) == (place, ["c"])
    assert "The data folder was not moved" in person.seen[1]
    assert f"{new} is not as it was when the move was planned." in person.seen[1]
    assert f"everything is in {place.folder}, as before." in person.seen[1]
    assert not new.exists()
    assert app.quitOnLastWindowClosed() is False


def test_a_start_that_was_given_its_folder_moves_nothing(place: Place, tmp_path: Path) -> None:
    moving.plan(place.folder, tmp_path / "new", 0)
    assert started(Place(place.folder)) == (Place(place.folder), ["c"])


def test_the_dialog_can_be_used_without_seeing_it(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    dialog = MoveDialog(theme, moving.Plan(tmp_path, tmp_path / "b", "1"))
    qtbot.addWidget(dialog)
    wishes: list[str] = []
    dialog.wished.connect(wishes.append)
    dialog.open()
    [bar] = dialog.findChildren(QProgressBar)
    dialog.show_progress(250, 1000)
    assert (bar.value(), bar.accessibleName()) == (250, "Moving your data folder")
    assert "25 %" in said(dialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    dialog.show_failure("Nothing can be written to b.")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    dialog.show_progress(1, 2)
    assert "50 %" in said(dialog)
    dialog.show_done(1)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert wishes == ["stop", "stay", "open"]


# --- the settings -------------------------------------------------------------------------------


@pytest.fixture
def show(qtbot: QtBot, theme: Theme, tools: Tools) -> Callable[[Path | None], FolderSettings]:
    def show(usual: Path | None) -> FolderSettings:
        page = FolderSettings(theme, tools, tools.store.path.parent, usual)
        qtbot.addWidget(page)
        page.resize(500, 400)
        page.show()
        finish(page.look())
        return page

    return show


def test_a_move_is_planned_and_called_off(
    show: Callable[[Path | None], FolderSettings], tools: Tools, tmp_path: Path, qtbot: QtBot
) -> None:
    page, new = show(tmp_path / "usual"), tmp_path / "new"
    page.move_to(new)
    qtbot.waitUntil(lambda: f"The next start moves everything to {new}" in said(page))
    planned = moving.planned(tools.store.path.parent)
    assert planned is not None
    assert planned.target == new
    page.move_to(tmp_path / "better")
    qtbot.waitUntil(lambda: "better" in said(page))
    assert not new.exists()
    with qtbot.waitSignal(page.restart_requested):
        button(page, "Restart now").click()
    button(page, "Do not move").setFocus()
    button(page, "Do not move").click()
    qtbot.waitUntil(lambda: "Everything stays where it is." in said(page))
    assert button(page, "Open folder").hasFocus()
    assert moving.planned(tools.store.path.parent) is None
    assert not (tmp_path / "better").exists()
    assert button(page, "Do not move").isHidden() or not button(page, "Do not move").isVisible()


def test_a_folder_that_will_not_do_is_told_with_what_to_do(
    show: Callable[[Path | None], FolderSettings], tools: Tools, tmp_path: Path, qtbot: QtBot
) -> None:
    page = show(tmp_path / "usual")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    page.move_to(tmp_path / "full")
    qtbot.waitUntil(lambda: "is not empty. Choose an empty folder" in said(page))
    page.move_to(tools.store.path.parent / "in")
    qtbot.waitUntil(lambda: "is inside the present data folder." in said(page))
    assert button(page, "Move…").isEnabled()


def test_a_folder_that_was_named_for_this_start_is_not_moved(show: Callable[[Path | None], FolderSettings]) -> None:
    page = show(None)
    assert not button(page, "Move…").isEnabled()
    assert "given its folder by --data-dir" in said(page)


def test_what_is_left_goes_into_the_trash_when_the_person_says_so(
    show: Callable[[Path | None], FolderSettings],
    tools: Tools,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trash = tmp_path / "share" / "Trash"
    for name in ("files", "info"):
        (trash / name).mkdir(parents=True)
    monkeypatch.setenv("XDG_DATA_HOME", str(trash.parent))
    old = tmp_path / "old"
    Store.open(old).close()
    (old / NOTE).write_text("{}")
    folder = tools.store.path.parent
    (folder / moving.FORMER).write_text(f'{{"from": ["{old}"], "id": "1", "done": true}}')
    page = show(old)
    assert f"What was in {old} before the move is still there." in said(page)
    assert (old / FILE).exists()
    button(page, "Into the trash").click()
    qtbot.waitUntil(lambda: "trash" in said(page) and not button(page, "Into the trash").isVisible())
    assert "It is in the trash." in said(page)
    assert {path.name for path in old.iterdir()} == {NOTE, "lock"}
    [thrown] = (trash / "files").iterdir()
    assert (thrown / FILE).exists()
