"""The dialog of a start that cannot be, and what is done by it: real damage in a real folder."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from app import window
from app.application import Application
from app.core import backup, schema
from app.core.backup import Backup
from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreGone, StoreLocked, StoreTooNew
from app.core.lock import DataFolderLock
from app.core.place import Place, note
from app.core.salvage import Salvaged
from app.core.store import FILE, Conversation, Store
from app.rescue import rescued
from app.ui.backup_words import moment
from app.ui.rescue_dialog import Choice, RescueDialog
from app.ui.theme import Theme
from tests.conftest import destroy
from tests.stored import add_conversation, conversations_of

BACKUP = Backup(Path("/b/2026-11-21T19-02-00Z.db"), 1_795_287_720.0, 5, whole=True)
PARTLY = Backup(Path("/b/2026-11-21T20-02-00Z.partly.db"), 1_795_291_320.0, 5, whole=False)


@pytest.fixture
def ask(theme: Theme) -> Iterator[Callable[..., RescueDialog]]:
    opened = []

    def ask(error: StoreError, *backups: Backup) -> RescueDialog:
        dialog = RescueDialog(theme, error, "failed", backups)
        dialog.open()
        opened.append(dialog)
        return dialog

    yield ask
    destroy(*opened)


def offers(dialog: RescueDialog) -> list[str]:
    QApplication.processEvents()  # what was added is shown by then
    return offered(dialog)


def offered(dialog: RescueDialog) -> list[str]:
    return [button.text() for button in dialog.findChildren(QPushButton) if button.isVisible() and button.isEnabled()]


def press(dialog: RescueDialog, name: str) -> None:
    next(button for button in dialog.findChildren(QPushButton) if button.text().startswith(name)).click()


def said(dialog: RescueDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_every_state_has_its_way_out(ask: Callable[..., RescueDialog]) -> None:
    kept = f"Use the backup of {moment(BACKUP.made)}"
    assert offers(ask(StoreDamaged("/d"), PARTLY, BACKUP)) == ["Salvage what is intact", kept, "Quit"]
    assert offers(ask(StoreDamaged("/d"))) == ["Salvage what is intact", "Quit"]
    assert offers(ask(StoreTooNew("/d"), BACKUP)) == [kept, "Another folder…", "Quit"]
    assert offers(ask(StoreTooNew("/d"))) == ["Another folder…", "Quit"]
    assert offers(ask(StoreFull("/d"))) == ["Try again", "Another folder…", "Quit"]
    assert offers(ask(StoreLocked("/d"))) == ["Try again", "Quit"]
    assert offers(ask(StoreGone("/d"))) == ["Try again", "Another folder…", "Quit"]


def test_what_is_chosen_is_told_once_and_a_failure_gives_the_choice_back(ask: Callable[..., RescueDialog]) -> None:
    dialog = ask(StoreDamaged("/<b>d"), BACKUP)
    chosen: list[Choice] = []
    dialog.chosen.connect(chosen.append)
    press(dialog, "Use the backup")
    assert chosen == [Choice("backup", backup=BACKUP)]
    assert offers(dialog) == ["Quit"]
    dialog.show_failure(StoreDamaged("/d"))
    assert "Nothing could be read of it" in said(dialog)
    assert "/<b>d" in said(dialog)
    assert "Start empty" in offers(dialog)
    dialog.show_salvaged(Salvaged(2, 30, 1))
    assert "Salvaged chats: 2. Messages in them: 30." in said(dialog)
    kept = f"Use the backup of {moment(BACKUP.made)}"  # seen what was found, it may be better
    assert sorted(offers(dialog)) == ["Open", "Quit", kept]
    press(dialog, "Quit")
    assert chosen[-1] == Choice("quit")


class Person:
    """Presses the named buttons as soon as they can be pressed, the last one when another is `seen` besides."""

    def __init__(self, *names: str, seen: str = "Quit") -> None:
        self._names = list(names)
        self._seen = seen
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    @property
    def done(self) -> bool:
        return not self._names

    def _look(self) -> None:
        for dialog in QApplication.topLevelWidgets():
            wanted = {self._names[0], self._seen if len(self._names) == 1 else self._names[0]} if self._names else {""}
            if isinstance(dialog, RescueDialog) and wanted <= {*offered(dialog)}:
                press(dialog, self._names.pop(0))
                break
        if not self._names:
            self._timer.stop()


async def damaged(folder: Path) -> Path:
    store = Store.open(folder)
    await add_conversation(store, Conversation("c"))
    store.close()
    path = folder / FILE
    path.write_bytes(path.read_bytes()[:-4096])
    return path


def opened(folder: Path) -> list[str]:
    store = Store.open(folder)
    found = [each.id for each in conversations_of(store)]
    store.close()
    return found


@pytest.fixture
def app(qapp: Application) -> Iterator[Application]:
    """As the app sets it up."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield qapp
    qapp.setQuitOnLastWindowClosed(before)


@pytest.fixture
def cut_short(tmp_path: Path) -> Path:
    """A data folder whose database lost its last page."""
    asyncio.run(damaged(tmp_path))
    return tmp_path


def test_what_is_intact_is_salvaged_and_opened(app: Application, cut_short: Path) -> None:
    before = (cut_short / FILE).read_bytes()
    with pytest.raises(StoreDamaged) as met:
        Store.open(cut_short)
    person = Person("Salvage what is intact", "Open")
    assert rescued(app, cut_short, met.value) == cut_short
    assert opened(cut_short) == ["c"]
    [aside] = cut_short.glob("damaged-*")
    assert (aside / FILE).read_bytes() == before
    assert person.done


def test_a_start_goes_on_with_what_was_salvaged(app: Application, cut_short: Path) -> None:
    person = Person("Salvage what is intact", "Open")
    opened = window._open(Place(cut_short), [])
    assert opened is not None
    lock, store, place = opened
    assert lock is not None
    assert store is not None
    assert place == Place(cut_short)
    assert [each.id for each in conversations_of(store)] == ["c"]
    store.close()
    lock.close()
    assert app.quitOnLastWindowClosed() is False
    assert person.done


def test_a_start_that_is_given_up_leaves_the_folder_to_others(app: Application, cut_short: Path) -> None:
    person = Person("Quit")
    assert window._open(Place(cut_short), []) is None
    DataFolderLock.acquire(cut_short).close()
    assert app.quitOnLastWindowClosed() is False
    assert person.done


def test_of_nothing_a_fresh_start_can_be_made(app: Application, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"Dear diary")
    person = Person("Salvage what is intact", "Start empty")
    assert rescued(app, tmp_path, StoreDamaged(str(tmp_path / FILE))) == tmp_path
    assert opened(tmp_path) == []
    [aside] = tmp_path.glob("damaged-*")
    assert (aside / FILE).read_bytes() == b"Dear diary"
    assert person.done


def test_what_was_salvaged_and_not_opened_is_asked_about_again(app: Application, cut_short: Path) -> None:
    before = (cut_short / FILE).read_bytes()
    person = Person("Salvage what is intact", "Quit", seen="Open")
    assert rescued(app, cut_short, StoreDamaged(str(cut_short / FILE))) is None
    assert {path.name for path in cut_short.iterdir()} == {FILE}
    assert (cut_short / FILE).read_bytes() == before
    assert person.done


def test_to_quit_changes_nothing(app: Application, cut_short: Path) -> None:
    before = (cut_short / FILE).read_bytes()
    person = Person("Quit")
    assert rescued(app, cut_short, StoreDamaged(str(cut_short / FILE))) is None
    assert [path.name for path in cut_short.iterdir()] == [FILE]
    assert (cut_short / FILE).read_bytes() == before
    assert backup.backups(cut_short / backup.FOLDER) == []
    assert person.done


@pytest.fixture
def gone(tmp_path: Path) -> Place:
    """Where a note says that everything is on a disk that is not connected: where that would be, is an empty folder."""
    usual, disk = tmp_path / "usual", tmp_path / "disk"
    disk.mkdir()
    note(usual, disk)
    return Place(disk, usual)


def started(place: Place) -> tuple[Path, list[str]]:
    """The folder that a start has opened, and the conversations in it."""
    opened = window._open(place, [])
    assert opened is not None
    lock, store, place = opened
    assert lock is not None
    assert store is not None
    found = [each.id for each in conversations_of(store)]
    store.close()
    lock.close()
    return place.folder, found


def test_a_folder_that_is_gone_is_asked_about_and_nothing_begins_in_its_place(app: Application, gone: Place) -> None:
    person = Person("Quit", seen="Go back to the usual folder")
    assert window._open(gone, []) is None
    assert list(gone.folder.iterdir()) == []
    assert gone.usual is not None
    assert [path.name for path in gone.usual.iterdir()] == ["elsewhere.json"]
    assert person.done
    assert app.quitOnLastWindowClosed() is False


def test_once_its_disk_is_connected_a_start_goes_on(app: Application, gone: Place) -> None:
    disk = gone.folder

    class Connecting(Person):
        def _look(self) -> None:
            if not (disk / FILE).exists() and QApplication.topLevelWidgets():
                Store.open(disk).close()
            super()._look()

    person = Connecting("Try again")
    assert started(gone) == (disk, [])
    assert person.done
    assert app.quitOnLastWindowClosed() is False


def test_the_usual_folder_can_be_gone_back_to_for_good(app: Application, gone: Place) -> None:
    assert gone.usual is not None
    (gone.usual / "move.json").write_text('{"to": "/disk", "id": "left by a crash"}')
    person = Person("Go back to the usual folder")
    assert started(gone) == (gone.usual, [])
    assert not (gone.usual / "elsewhere.json").exists()
    assert not (gone.usual / "move.json").exists()
    assert person.done
    assert app.quitOnLastWindowClosed() is False


@pytest.mark.parametrize("known", [True, False])
def test_another_folder_is_remembered_if_there_is_something_of_ours_in_it(
    app: Application, gone: Place, tmp_path: Path, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.quitOnLastWindowClosed() is False
    other = tmp_path / "other"
    other.mkdir()
    if known:
        Store.open(other).close()
    monkeypatch.setattr(RescueDialog, "_choose_folder", lambda dialog: dialog._choose(Choice("folder", folder=other)))
    person = Person("Another folder…")
    assert started(gone) == (other, [])
    assert person.done
    assert gone.usual is not None
    assert gone.elsewhere(other).usual == (gone.usual if known else None)


def test_of_a_newer_database_no_backup_is_offered_that_is_as_new(app: Application, cut_short: Path) -> None:
    Store.open(cut_short / "whole").close()
    kept = cut_short / "whole" / FILE
    folder = cut_short / backup.FOLDER
    folder.mkdir()
    usable, newer = folder / "2026-11-21T19-02-00Z.db", folder / "2026-11-21T20-02-00Z.db"
    for each in (usable, newer, cut_short / FILE):
        each.write_bytes(kept.read_bytes())
    for each in (newer, cut_short / FILE):
        with closing(sqlite3.connect(each)) as db:
            db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    before = (cut_short / FILE).read_bytes()
    person = Person(f"Use the backup of {moment(BACKUP.made)}")
    assert rescued(app, cut_short, StoreTooNew(str(cut_short / FILE))) == cut_short
    assert opened(cut_short) == []
    [aside] = cut_short.glob("damaged-*")
    assert (aside / FILE).read_bytes() == before
    assert person.done
