"""The ledger's window: filters, sizes, when it reads, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.ledger_model import GroupModel
from app.conversation.preferences import Preferences
from app.conversation.tools import Tools
from app.core.rows import Conversation
from app.ui.ledger import LedgerWindow
from app.ui.theme import Theme
from tests.conftest import finish
from tests.stored import add_conversation
from tests.ui.ledger_window import DAY, Entering, Opening, day_name, rows, table

pytestmark = pytest.mark.usefixtures("american_figures")


@pytest.fixture
def enter(tools: Tools) -> Entering:
    return Entering(tools)


@pytest.fixture
def show(theme: Theme, tools: Tools, gallery: Gallery, qtbot: QtBot) -> Iterator[Opening]:
    parent = QWidget()
    qtbot.addWidget(parent)
    yield Opening(theme, tools, gallery, parent, qtbot)
    finish(tools.tasks.close())


class TestFilters:
    def test_periods(self, show: Opening, enter: Entering) -> None:
        for ago in (0, 6, 7, 29, 30, 400):
            enter("1", ago=ago * DAY, quietly=True)
        window = show("day")
        box = window._filters._span
        counts = {}
        for name in ("7 days", "30 days", "All"):
            box.setCurrentText(name)
            box.activated.emit(box.currentIndex())
            show.settle()
            counts[name] = len(rows(window))
        assert counts == {"7 days": 2, "30 days": 4, "All": 6}

    def test_days_of_ones_own_in_either_order(self, show: Opening, enter: Entering) -> None:
        for ago in range(6):
            enter("1", ago=ago * DAY, quietly=True)
        window = show("day")
        filters = window._filters
        assert not filters._first.isVisible()
        filters._span.setCurrentIndex(4)
        filters._span.activated.emit(4)
        assert filters._first.isVisible()
        today = QDate.currentDate()
        filters._first.setDate(today.addDays(-1))
        filters._last.setDate(today.addDays(-3))
        show.settle()
        assert [row[0] for row in rows(window)] == [day_name(today.addDays(-n)) for n in (1, 2, 3)]

    def test_model_and_text(self, show: Opening, enter: Entering, tools: Tools) -> None:
        finish(add_conversation(tools.store, Conversation("c", title="Été")))
        enter("1")
        enter("1", model="claude-opus-5", conversation="d")
        window = show("model")
        box = window._filters._model
        assert [box.itemText(n) for n in range(box.count())] == ["All models", "Claude Opus 5", "Claude Sonnet 5.5"]
        box.setCurrentIndex(1)
        box.activated.emit(1)
        show.settle()
        assert [row[0] for row in rows(window)] == ["Claude Opus 5"]
        box.setCurrentIndex(0)
        for text, found in (("éTÉ", "Claude Sonnet 5.5"), ("opus 5", "Claude Opus 5")):
            window._filters._text.setText(text)
            QTest.keyClick(window._filters._text, Qt.Key.Key_Return)
            show.settle()
            assert [row[0] for row in rows(window)] == [found]
        window._filters._text.setText("nothing like it")
        QTest.keyClick(window._filters._text, Qt.Key.Key_Return)
        show.settle()
        assert window._empty.text() == window._chart.description == "Nothing matches “nothing like it”."
        clear = next(b for b in window._empty.findChildren(QPushButton) if b.isVisible())
        assert clear.text() == "Clear the search"
        QTest.mouseClick(clear, Qt.MouseButton.LeftButton)
        show.settle()
        assert len(rows(window)) == 2
        assert window._filters._text.hasFocus()

    def test_a_period_without_requests_is_no_search(self, show: Opening, enter: Entering) -> None:
        enter("1", ago=90 * DAY)
        window = show("model")
        assert window._empty.text() == "No request fits this filter. Choose a longer period, or all models."
        assert not any(b.isVisible() for b in window._empty.findChildren(QPushButton))
        assert window._chart.description == "Nothing was spent in this time."

    def test_one_conversation_alone_of_all_times(self, show: Opening, enter: Entering) -> None:
        enter("1", ago=90 * DAY)
        enter("1", conversation="d")
        window = show("conversation", conversation="c", title="Q&A")
        assert len(rows(window)) == 1
        button = window._filters._only
        assert button.isVisible()
        assert button.text() == "Only “Q&&A”  ✕"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        show.settle()
        assert not button.isVisible()
        assert [window._models[1].key(row) for row in range(window._models[1].rowCount())] == ["d"]

    def test_a_practised_conversation_is_found(self, show: Opening, enter: Entering) -> None:
        enter("1", practice=True)
        window = show("request", conversation="c", title="Roofs", practice=True)
        assert len(rows(window)) == 1


class TestTheWindow:
    def test_there_is_one(self, show: Opening) -> None:
        assert show() is show()
        assert len(show.parent.findChildren(LedgerWindow)) == 1

    def test_is_not_modal_and_keys_close_it(self, show: Opening, enter: Entering) -> None:
        window = show("model")
        assert not window.isModal()
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert not window.isVisible()
        enter("0.1")
        assert not window._summary._pause.isActive()
        assert len(rows(show("model"))) == 1

    @pytest.mark.parametrize(
        ("width", "height", "text_size", "chart"),
        [(560, 400, 100, False), (720, 480, 100, False), (1080, 720, 100, True), (1366, 768, 100, True),
         (1366, 768, 200, False), (1920, 1200, 200, True)],
    )  # fmt: skip
    def test_fits_and_grows_with_the_text(
        self,
        width: int,
        height: int,
        text_size: int,
        chart: bool,
        show: Opening,
        enter: Entering,
        preferences: Preferences,
    ) -> None:
        enter("0.1")
        preferences.update(text_size=text_size)
        window = show()
        window.resize(width, height)
        QGuiApplication.processEvents()
        assert window._chart.isVisible() == chart
        assert table(window).height() >= 120 * text_size / 100
        assert window.size().toTuple() == (width, height)
        assert not window.grab().isNull()

    def test_says_in_words_that_nothing_was_asked_yet(self, show: Opening) -> None:
        window = show()
        assert window._empty.text().startswith("No request was made yet.")
        window._practice.setChecked(True)
        show.settle()
        assert window._empty.text().startswith("Nothing was practised yet.")

    def test_every_part_has_a_name(self, show: Opening, enter: Entering) -> None:
        enter("0.1", pictures=("a" * 64,))
        window = show()
        parts = [*window._tables, window._chart, window._tabs, window._practice, window._filters._span]
        parts += [window._filters._model, window._filters._text, window._filters._first, window._filters._last]
        assert all(part.accessibleName() for part in parts)
        assert all(button.text() or button.accessibleName() for button in window.findChildren(QAbstractButton)
                   if button.isVisible())  # fmt: skip

    def test_reads_nothing_while_it_is_minimized(self, show: Opening, enter: Entering, qtbot: QtBot) -> None:
        window = show("model")
        window.showMinimized()
        qtbot.waitUntil(lambda: not window._summary.active)
        enter("0.1")
        assert not window._summary._pause.isActive()
        window.showNormal()
        qtbot.waitUntil(lambda: len(rows(window)) == 1)
        show.settle()

    def test_the_next_day_begins_by_itself(self, show: Opening, enter: Entering) -> None:
        window = show("model")
        enter("0.1", quietly=True)
        left = window._midnight.remainingTime()
        assert 0 < left <= DAY * 1000 + 3_600_000 + 1000
        window._midnight.timeout.emit()
        show.settle()
        assert len(rows(window)) == 1
        assert window._midnight.isActive()


class TestExport:
    def test_saves_what_is_shown_and_says_where(
        self,
        show: Opening,
        enter: Entering,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        qtbot: QtBot,
    ) -> None:
        enter("0.1")
        enter("7", model="claude-opus-5")
        window = show("model", conversation="c", title="Roofs")
        QTest.mouseClick(window._export, Qt.MouseButton.LeftButton)
        [dialog] = window.findChildren(QFileDialog)
        today = QDate.currentDate().toString(Qt.DateFormat.ISODate)
        assert Path(dialog.selectedFiles()[0]).name == f"visavis-costs-by-model-{today}.csv"
        path = tmp_path / "out.csv"
        dialog.fileSelected.emit(str(path))
        dialog.reject()
        qtbot.waitUntil(lambda: window._said.accessibleName() == f"Saved as {path}")
        assert path.read_text("utf-8-sig").splitlines()[1].startswith("claude-opus-5,1,0,100,7,")
        shown: list[QUrl] = []
        monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
        QTest.mouseClick(window._folder, Qt.MouseButton.LeftButton)
        assert shown == [QUrl.fromLocalFile(str(tmp_path))]

    def test_asks_before_it_replaces_a_file(self, show: Opening, enter: Entering, tmp_path: Path, qtbot: QtBot) -> None:
        enter("0.1")
        window = show("request")
        path = tmp_path / "out.csv"
        path.write_text("mine")
        for name, kept in (("Cancel", True), ("Replace", False)):
            QTest.mouseClick(window._export, Qt.MouseButton.LeftButton)
            dialog = window.findChildren(QFileDialog)[-1]
            dialog.fileSelected.emit(str(path))
            dialog.reject()
            question = window.findChildren(QMessageBox)[-1]
            next(b for b in question.buttons() if b.text().replace("&", "") == name).click()
            if kept:
                assert path.read_text() == "mine"
        qtbot.waitUntil(lambda: window._said.accessibleName().startswith("Saved"))
        assert path.read_text("utf-8-sig").startswith("time,kind,")

    def test_says_in_a_sentence_what_went_wrong(self, show: Opening, tmp_path: Path, qtbot: QtBot) -> None:
        window = show("request")
        QTest.mouseClick(window._export, Qt.MouseButton.LeftButton)
        [dialog] = window.findChildren(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "nowhere" / "out.csv"))
        dialog.reject()
        words = "out.csv could not be written there. Choose another folder."
        qtbot.waitUntil(lambda: window._said.accessibleName() == words)
        assert not window._folder.isVisible()


def test_groups_are_of_the_kind_the_tabs_say(show: Opening) -> None:
    window = show()
    kinds = [model._by if isinstance(model, GroupModel) else None for model in window._models]
    assert kinds == ["day", "conversation", "model", "picture", None]
