"""The conversation by keyboard: Tab in the order that is seen, the arrow keys from row to row, and what keeps the
focus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.ui.theme import SPACE
from app.ui.transcript import Transcript
from app.ui.transcript.fold_row import FoldRow
from app.ui.transcript.prose_row import ProseRow
from app.ui.transcript.table_row import TableRow
from app.ui.transcript.tiles import PictureTile
from tests.ui.talk import ANSWER, LONG, PICTURE, answered, asked, follows, places, put, seen, talk, wheel

BACK = Qt.KeyboardModifier.ShiftModifier


class Window(QWidget):
    """One stop in its order is the conversation, as in the main window."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__()
        self._transcript = transcript

    def focusNextPrevChild(self, next_: bool) -> bool:
        return self._transcript.walk_past(super().focusNextPrevChild, forward=next_)


@pytest.fixture
def between(qtbot: QtBot, transcript: Transcript) -> Iterator[tuple[QLineEdit, QLineEdit]]:
    """The conversation in a window, and what is above and below it there."""
    window = Window(transcript)
    qtbot.addWidget(window)
    above, below = QLineEdit(), QLineEdit()
    column = QVBoxLayout(window)
    for widget in (above, transcript, below):
        column.addWidget(widget)
    window.resize(900, 700)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    above.setFocus()
    qtbot.waitUntil(above.hasFocus)
    yield above, below
    transcript.setParent(None)


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def tab(*, back: bool = False) -> QWidget:
    QTest.keyClick(focused(), Qt.Key.Key_Tab, BACK if back else Qt.KeyboardModifier.NoModifier)
    return focused()


def row_with_focus(transcript: Transcript) -> tuple[int, int]:
    """Message and row."""
    return transcript.on_screen()[row_of(transcript, focused())][:2]


def through(first: QWidget, last: QWidget, *, back: bool = False) -> list[QWidget]:
    """What has the focus on the way from one to the other."""
    first.setFocus()
    stops: list[QWidget] = []
    while (now := tab(back=back)) is not last:
        assert now not in stops
        stops.append(now)
    return stops


def test_tab_goes_through_what_is_in_sight_from_top_to_bottom_and_back(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    above, below = between
    put(chat, *talk(20), asked("What is it?", PICTURE), answered(ANSWER, thinking="Thought."))
    transcript.scroll_by(-60)
    before = places(transcript)
    stops = through(above, below)
    assert stops[0] is transcript
    rows = [transcript.on_screen()[row_of(transcript, stop)] for stop in stops[1:]]
    assert [row[:2] for row in rows] == sorted(row[:2] for row in rows)
    assert len({number for number, *_ in rows}) > 2
    texts = [
        row for row in transcript.on_screen() if row[2].view is not None and not row[2].view.visibleRegion().isEmpty()
    ]
    assert all(text in rows for text in texts)
    assert places(transcript) == before
    assert through(stops[-1], above, back=True) == stops[-2::-1]


def test_shift_tab_comes_in_at_the_last_that_is_in_sight(chat: Chat, between: tuple[QLineEdit, QLineEdit]) -> None:
    above, below = between
    put(chat, *talk(20))
    stops = through(above, below)
    assert through(below, above, back=True) == stops[::-1]


def test_tab_goes_through_the_bar_of_the_search_before_the_rows(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    put(chat, *talk(3))
    transcript.find_bar.open("the")
    stops = through(*between)
    bar = [transcript.find_bar.isAncestorOf(stop) for stop in stops]
    assert stops[0] is transcript
    assert bar[1:] == sorted(bar[1:], reverse=True)
    assert sum(bar) == 4
    assert [stop.accessibleName() for stop, in_bar in zip(stops, bar, strict=True) if in_bar][1:] == [
        "Previous",
        "Next",
        "Close",
    ]


def test_an_arrow_key_goes_from_a_question_into_its_bar_and_escape_back(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    above, _ = between
    put(chat, *talk(1))
    above.setFocus()
    tab()
    question = tab()
    assert row_with_focus(transcript) == (0, 0)
    QTest.keyClick(question, Qt.Key.Key_Right)
    assert focused().accessibleName() == "Copy"
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert focused() is question
    QTest.keyClick(question, Qt.Key.Key_Left)
    assert focused().accessibleName() == "Copy"
    tab()
    assert focused() is question


def test_a_line_around_a_text_shows_that_a_key_has_come_there(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    assert between
    put(chat, asked("What?"), answered("Words.\n\n| a | b |\n|---|---|\n| 1 | 2 |"))
    rows: list[ProseRow | TableRow] = [*seen(transcript, ProseRow), *seen(transcript, TableRow)]
    for row in rows:
        left = row.geometry().left() - 2 * SPACE  # the line is there, and not within the row
        plain = transcript.viewport().grab().toImage().pixelColor(left, row.geometry().center().y())
        row.view.setFocus(Qt.FocusReason.TabFocusReason)
        line = transcript.viewport().grab().toImage().pixelColor(left, row.geometry().center().y())
        assert line != plain
        transcript.setFocus(Qt.FocusReason.MouseFocusReason)
        row.view.setFocus(Qt.FocusReason.MouseFocusReason)
        assert not row.ringed


def test_a_line_around_the_conversation_shows_that_a_key_has_come_there(
    transcript: Transcript, between: tuple[QLineEdit, QLineEdit]
) -> None:
    above, _ = between
    above.setFocus()
    assert tab() is transcript
    assert transcript._ring.isVisible()
    assert transcript._ring.geometry() == transcript.viewport().geometry()
    tab()
    assert not transcript._ring.isVisible()
    transcript.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not transcript._ring.isVisible()


def row_of(transcript: Transcript, widget: QWidget) -> int:
    """Which row on screen it is in, from the top."""
    return next(n for n, (*_, row) in enumerate(transcript.on_screen()) if _holds(row, widget))


def _holds(row: object, widget: QWidget) -> bool:
    return row is widget or (isinstance(row, QWidget) and row.isAncestorOf(widget))


def test_tab_leaves_an_empty_conversation(transcript: Transcript, between: tuple[QLineEdit, QLineEdit]) -> None:
    assert through(*between) == [transcript]
    assert through(*reversed(between), back=True) == [transcript]


def test_the_arrow_keys_read_row_by_row_and_leave_none_out(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    assert between
    put(chat, *talk(12, ANSWER + "\n\n" + LONG[:1500]))
    transcript.setFocus()
    QTest.keyClick(transcript, Qt.Key.Key_Home)
    expected = [
        (number, nth)
        for number in range(24)
        for nth, row in enumerate(transcript.rows_of(number))
        if type(row.content).__name__ != "Foot" or number % 2
    ]
    read = []
    for _ in expected:
        QTest.keyClick(focused(), Qt.Key.Key_Down)
        read.append(row_with_focus(transcript))
        placed = next(p for p in transcript._flow.on_screen if (p.item, p.nth) == read[-1])
        assert placed.y >= 0 or placed.height > transcript.viewport().height()
        assert placed.y < transcript.viewport().height()
    assert read == expected
    for row in reversed(expected[:-1]):
        QTest.keyClick(focused(), Qt.Key.Key_Up)
        assert row_with_focus(transcript) == row
    assert places(transcript)[0] == (0, 0, 0)


def test_home_and_end_go_to_either_end_from_within_a_row(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    assert between
    put(chat, *talk(30))
    end = places(transcript)
    row = next(widget.view for *_, widget in transcript.on_screen() if widget.view is not None)
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Home)
    assert places(transcript)[0] == (0, 0, 0)
    assert row.hasFocus()
    QTest.keyClick(row, Qt.Key.Key_End)
    assert follows(transcript)
    assert places(transcript) == end
    assert row.hasFocus()


def test_what_has_the_focus_keeps_it_and_its_place_while_out_of_sight(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    assert between
    put(chat, asked("What?", PICTURE), answered(thinking="Thought."), *talk(200, LONG))
    transcript.verticalScrollBar().setValue(0)
    line, tile = seen(transcript, FoldRow)[0], seen(transcript, PictureTile)[0]
    line.setFocus()
    place = line.geometry()
    wheel(transcript, -20)
    transcript.verticalScrollBar().setValue(transcript.verticalScrollBar().maximum() // 2)
    for _ in range(80):
        wheel(transcript, -5)
    assert line.hasFocus()
    assert not line.geometry().intersects(transcript.viewport().rect())
    assert not tile.isVisible()
    assert FoldRow not in {type(widget) for *_, widget in transcript.on_screen()}
    transcript.verticalScrollBar().setValue(0)
    assert line.hasFocus()
    assert line.geometry() == place
    QTest.keyClick(line, Qt.Key.Key_Space)
    assert len(transcript.rows_of(1)) == 4


def test_tab_comes_back_into_sight_from_what_was_scrolled_away(
    transcript: Transcript, chat: Chat, between: tuple[QLineEdit, QLineEdit]
) -> None:
    assert between
    put(chat, *talk(200))
    transcript.verticalScrollBar().setValue(0)
    row = transcript.on_screen()[1][2].view
    assert row is not None
    row.setFocus()
    transcript.verticalScrollBar().setValue(2_000)
    tab()
    assert transcript.viewport().rect().intersects(focused().rect().translated(_place(focused(), transcript)))


def _place(widget: QWidget, transcript: Transcript) -> QPoint:
    return widget.mapTo(transcript.viewport(), QPoint())
