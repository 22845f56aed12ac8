"""Settings apply at once and show what is so."""

from __future__ import annotations

from pathlib import Path

import PySide6
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app import __version__
from app.conversation.account import Account
from app.conversation.chat import Tools
from app.conversation.remote_files import RemoteFiles
from app.ui.settings_dialog import SettingsDialog
from app.ui.switch import Switch
from app.ui.theme import DARK, LIGHT, Theme
from tests.conftest import finish


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return parent


@pytest.fixture
def dialog(theme: Theme, tools: Tools, parent: QWidget, tmp_path: Path) -> SettingsDialog:
    dialog = SettingsDialog(theme, tools, RemoteFiles(tools.account, tools.tasks, parent), tmp_path / "data", parent)
    dialog.open()
    return dialog


async def kept(account: Account) -> None:
    await account.save_key("a-key-of-the-house", "http://127.0.0.1:9")


def named(dialog: SettingsDialog, name: str) -> QWidget:
    return next(w for w in dialog.findChildren(QWidget) if w.accessibleName() == name)


def spin(dialog: SettingsDialog, name: str) -> QSpinBox:
    box = named(dialog, name)
    assert isinstance(box, QSpinBox)
    return box


def texts(dialog: SettingsDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def button(dialog: SettingsDialog, text: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text)


def test_a_theme_applies_at_once(dialog: SettingsDialog, theme: Theme, tools: Tools) -> None:
    box = named(dialog, "Theme")
    assert isinstance(box, QComboBox)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert theme.tokens.background == DARK.background
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert theme.tokens.background == LIGHT.background
    assert tools.preferences.settings.theme == "light"
    tools.preferences.update(theme="dark")
    assert box.currentText() == "Dark"


def test_the_text_size_applies_at_once_and_keeps_within_its_range(
    dialog: SettingsDialog, tools: Tools, theme: Theme
) -> None:
    box = spin(dialog, "Text size")
    box.setValue(150)
    assert tools.preferences.settings.text_size == 150
    assert theme.px(100) == 150
    box.setValue(900)
    assert tools.preferences.settings.text_size == 200
    tools.preferences.update(text_size=90)
    assert box.value() == 90


def test_a_number_counts_when_it_is_finished(dialog: SettingsDialog, tools: Tools) -> None:
    box = spin(dialog, "Longest answer, in tokens")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "2048")
    assert tools.preferences.settings.max_tokens == 16_000
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert tools.preferences.settings.max_tokens == 2048
    assert dialog.isVisible()


def test_a_value_outside_the_range_is_not_changed_by_looking_at_it(
    theme: Theme, tools: Tools, parent: QWidget, tmp_path: Path
) -> None:
    tools.preferences.update(text_size=400, max_tokens=5_000_000)
    SettingsDialog(theme, tools, RemoteFiles(tools.account, tools.tasks, parent), tmp_path, parent).open()
    assert tools.preferences.settings.text_size == 400
    assert tools.preferences.settings.max_tokens == 5_000_000


def test_the_wheel_over_a_field_scrolls_and_changes_nothing(dialog: SettingsDialog, tools: Tools) -> None:
    box = spin(dialog, "Text size")
    named(dialog, "Theme").setFocus()
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, turn)
    assert tools.preferences.settings.text_size == 100
    dialog.show_money()
    named(dialog, "Cap for a day, in US dollars").setFocus()
    QApplication.sendEvent(named(dialog, "How long the server keeps what was sent"), turn)
    assert tools.preferences.settings.cache_ttl == "5m"


def test_practice_is_switched_by_mouse_and_by_space(dialog: SettingsDialog, tools: Tools, qtbot: QtBot) -> None:
    switch = named(dialog, "Practice mode")
    assert isinstance(switch, Switch)
    assert switch.isChecked()
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not tools.account.practice)
    assert not tools.preferences.settings.practice
    QTest.keyClick(switch, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: tools.account.practice)
    assert switch.isChecked()


def test_the_switch_looks_different_when_it_is_on(dialog: SettingsDialog, theme: Theme) -> None:
    switch = named(dialog, "Practice mode")
    assert isinstance(switch, Switch)
    middle = QPoint(switch.width() // 2, switch.height() // 2)
    assert switch.grab().toImage().pixelColor(middle).name().upper() == theme.tokens.accent
    switch.setChecked(False)
    assert switch.grab().toImage().pixelColor(middle).name().upper() == theme.tokens.text2


def test_server_and_key_follow_the_account(dialog: SettingsDialog, tools: Tools) -> None:
    assert "none" in texts(dialog)
    finish(kept(tools.account))
    assert "127.0.0.1:9" in texts(dialog)
    assert "for this run only" in texts(dialog)


def test_another_key_is_asked_for_outside(dialog: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.key_requested):
        button(dialog, "Change key…").click()


def test_the_data_folder_is_shown_and_opened(
    dialog: SettingsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    path = named(dialog, "Data folder")
    assert isinstance(path, QLineEdit)
    assert path.text() == str(tmp_path / "data")
    assert path.isReadOnly()
    button(dialog, "Open folder").click()
    assert opened == [QUrl.fromLocalFile(str(tmp_path / "data"))]


def test_about_tells_the_versions_and_the_date_of_the_prices(dialog: SettingsDialog, tools: Tools) -> None:
    told = "\n".join(texts(dialog))
    assert f"Visavis {__version__}, under the MIT licence" in told
    assert PySide6.__version__ in told
    assert str(tools.account.catalog.as_of.year) in told


def test_escape_closes_and_deletes(dialog: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.destroyed):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)


@pytest.mark.parametrize("text_size", [100, 150])
def test_fits_a_small_laptop_and_has_fields_of_one_height(
    theme: Theme, tools: Tools, parent: QWidget, tmp_path: Path, text_size: int
) -> None:
    tools.preferences.update(text_size=text_size)
    dialog = SettingsDialog(theme, tools, RemoteFiles(tools.account, tools.tasks, parent), tmp_path, parent)
    dialog.open()

    assert dialog.height() <= 640
    assert button(dialog, "Close").mapTo(dialog, QPoint()).y() < 640 - 32
    fields = [named(dialog, name) for name in ("Theme", "Text size", "Longest answer, in tokens")]
    assert len({field.height() for field in fields}) == 1
    assert fields[0].height() == (32 if text_size == 100 else 47)


def test_enter_presses_the_button_that_has_the_focus(dialog: SettingsDialog, qtbot: QtBot) -> None:
    button(dialog, "Change key…").setFocus()
    with qtbot.waitSignal(dialog.key_requested, timeout=1000):
        QTest.keyClick(button(dialog, "Change key…"), Qt.Key.Key_Return)
