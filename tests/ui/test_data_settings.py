"""The data page: the room the folder takes, its backups, and going back to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.backups import Backups
from app.conversation.chat import Tools
from app.core import backup, private, salvage
from app.core.store import Conversation
from app.ui.backup_words import moment, names
from app.ui.data_settings import DataSettings
from app.ui.figures import file_size
from app.ui.theme import Theme
from tests.conftest import destroy, finish
from tests.stored import add_conversation

NOW = 1_795_287_720.0


@pytest.fixture
def show(qtbot: QtBot, theme: Theme, tools: Tools, tmp_path: Path) -> Callable[[], DataSettings]:
    def show() -> DataSettings:
        page = DataSettings(theme, tools, tmp_path / "data")
        qtbot.addWidget(page)
        page.resize(500, 600)
        page.show()
        qtbot.waitUntil(lambda: "chats" in said(page))
        return page

    return show


def said(page: DataSettings) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if not label.isHidden())


def button(page: DataSettings, name: str) -> QPushButton:
    return next(each for each in page.findChildren(QPushButton) if each.text() == name)


def shown(page: DataSettings) -> list[str]:
    [box] = page.findChildren(QComboBox)
    return [box.itemText(row) for row in range(box.count())]


@pytest.mark.usefixtures("american_figures")
def test_the_room_is_told_by_what_takes_it(show: Callable[[], DataSettings], tools: Tools) -> None:
    tools.pictures.add_bytes(b"x" * 1_200_000, "roof.png")
    finish(tools.store.tidy())
    size = tools.store.path.stat().st_size
    page = show()
    assert f"chats {file_size(size)}, pictures 1.2 MB, backups 0 bytes, reserve and settings 0 bytes." in said(page)


def test_without_backups_there_is_nothing_to_go_back_to(show: Callable[[], DataSettings]) -> None:
    page = show()
    assert shown(page) == []
    assert not button(page, "Go back to this one").isEnabled()
    assert button(page, "Do not go back").isHidden()


def test_backups_of_one_minute_differ_and_say_why_they_were_made() -> None:
    day = backup.Backup(Path("a"), NOW, 1, whole=True)
    there = [
        replace(day, made=NOW + 7, kind="hand"),
        replace(day, kind="import"),
        replace(day, made=NOW - 3600, whole=False),
    ]
    named = names(there)
    assert len(set(named)) == 3
    assert named[0].startswith(moment(NOW + 7, exact=True))
    assert named[0].endswith(", made by hand")
    assert named[1].endswith(", before an import")
    assert named[2] == f"{moment(NOW - 3600)}, with damaged messages"
    assert moment(NOW, exact=True) != moment(NOW + 7, exact=True)


def test_two_made_by_hand_in_a_minute_are_both_there_and_the_keyboard_stays(
    show: Callable[[], DataSettings], qtbot: QtBot
) -> None:
    page = show()
    make = button(page, "Back up now")
    make.setFocus()
    for count in (1, 2):
        make.click()
        qtbot.waitUntil(lambda: not page._is_at_work)
        assert len(shown(page)) == count
        assert make.hasFocus()
    assert all("made by hand" in name for name in shown(page))


def test_a_backup_is_made_listed_and_gone_back_to_or_not(
    show: Callable[[], DataSettings], tools: Tools, qtbot: QtBot
) -> None:
    backups = Backups(tools.store, tools.threads)
    finish(add_conversation(tools.store, Conversation("c")))
    finish(backups.make(NOW))
    page = show()
    assert shown(page) == [moment(NOW)]
    button(page, "Back up now").click()
    qtbot.waitUntil(lambda: len(shown(page)) == 2 and not page._is_at_work)
    page.findChildren(QComboBox)[0].setCurrentIndex(len(shown(page)) - 1)
    chosen = shown(page)[-1]
    back = button(page, "Go back to this one")
    back.setFocus()
    back.click()
    qtbot.waitUntil(lambda: "At the next start" in said(page))
    assert f"as it was at {chosen}." in said(page)
    stay = button(page, "Do not go back")
    qtbot.waitUntil(lambda: not stay.isHidden())
    assert back.hasFocus()
    assert salvage.next_of(tools.store.path).exists()
    [restart] = [each for each in page.findChildren(QPushButton) if each.text() == "Restart now" and each.isVisible()]
    with qtbot.waitSignal(page.restart_requested):
        restart.click()
    stay.setFocus()
    stay.click()
    qtbot.waitUntil(stay.isHidden)
    assert back.hasFocus()
    assert not salvage.next_of(tools.store.path).exists()
    destroy(backups)


def test_what_fails_is_told_in_place(show: Callable[[], DataSettings], tools: Tools, qtbot: QtBot) -> None:
    private.touch(tools.store.path.parent / backup.FOLDER)
    page = show()
    button(page, "Back up now").click()
    qtbot.waitUntil(lambda: "Nothing can be written" in said(page))
    assert button(page, "Back up now").isEnabled()


def test_a_page_that_is_closed_meanwhile_leaves_the_backup_whole(
    qtbot: QtBot, theme: Theme, tools: Tools, tmp_path: Path
) -> None:
    page = DataSettings(theme, tools, tmp_path / "data")
    page.show()
    button(page, "Back up now").click()
    destroy(page)
    folder = tools.store.path.parent / backup.FOLDER
    qtbot.waitUntil(lambda: len(backup.backups(folder)) == 1)
    finish(tools.tasks.close())
