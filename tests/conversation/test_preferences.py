"""Settings that change while the app runs, and what happens when they cannot be saved."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.conversation.preferences import Preferences
from app.core import settings
from app.core.errors import StoreFull


def test_a_change_is_told_and_saved(preferences: Preferences, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(preferences.changed):
        preferences.update(text_size=120)
    qtbot.waitUntil(lambda: settings.load(tmp_path / "data")[0].text_size == 120)


def test_what_changes_nothing_is_not_told(preferences: Preferences, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(preferences.changed):
        preferences.update(text_size=preferences.settings.text_size)


def test_a_folder_that_takes_no_file_is_told(preferences: Preferences, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "data").write_text("in the way")
    with qtbot.waitSignal(preferences.failed) as failed:
        preferences.update(text_size=120)
    assert failed.args is not None
    assert isinstance(failed.args[0], StoreFull)
    assert preferences.settings.text_size == 120
