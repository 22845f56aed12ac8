"""The data page: the room the folder takes, its backups, and going back to one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.backups import Backups
from app.conversation.chat import Tools
from app.core import backup, private, salvage
from app.core.store import Conversation
from app.ui.backup_words import moment
from app.ui.data_settings import DataSettings
from app.ui.figures import file_size
from app.ui.theme import Theme
from tests.conftest import destroy, finish

NOW = 1_795_287_720.0


@pytest.fixture
def show(qtbot: QtBot, theme: Theme, tools: Tools, tmp_path: Path) -> Callable[[], DataSettings]:
    def show() -> DataSettings:
        page = DataSettings(theme, tools, tmp_path / "data")
        qtbot.addWidget(page)
        page.resize(500, 600)
        page.show()
        qtbot.waitUntil(lambda: "conversations" in said(page))
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
    assert f"conversations {file_size(size)}, pictures 1.2 MB, backups 0 bytes." in said(show())


def test_without_backups_there_is_nothing_to_go_back_to(show: Callable[[], DataSettings]) -> None:
    page = show()
    assert shown(page) == []
    assert not button(page, "Go back to it").isEnabled()
    assert button(page, "Stay with what there is").isHidden()


def test_a_backup_is_made_listed_and_gone_back_to_or_not(
    show: Callable[[], DataSettings], tools: Tools, qtbot: QtBot
) -> None:
    backups = Backups(tools.store, tools.threads)
    finish(tools.store.create(Conversation("c")))
    finish(backups.make(NOW))
    page = show()
    assert shown(page) == [moment(NOW)]
    button(page, "Back up now").click()
    assert not button(page, "Go back to it").isEnabled()
    qtbot.waitUntil(lambda: len(shown(page)) == 2 or "whole" in said(page))
    qtbot.waitUntil(lambda: button(page, "Go back to it").isEnabled())
    page.findChildren(QComboBox)[0].setCurrentIndex(len(shown(page)) - 1)
    chosen = shown(page)[-1]
    button(page, "Go back to it").click()
    qtbot.waitUntil(lambda: "At the next start" in said(page))
    assert f"as it was at {chosen}." in said(page)
    qtbot.waitUntil(lambda: not button(page, "Stay with what there is").isHidden())
    assert salvage.next_of(tools.store.path).exists()
    button(page, "Stay with what there is").click()
    qtbot.waitUntil(lambda: button(page, "Stay with what there is").isHidden())
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
