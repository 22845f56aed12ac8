"""Where one is in the conversation: it opens at its end, follows or stays, and nothing moves what is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.conversation.preferences import Preferences
from app.core.message import Message
from app.ui.transcript import Transcript, spacing
from tests.ui.talk import (
    LONG,
    answer,
    answered,
    asked,
    at_end,
    button,
    coming,
    contents,
    follows,
    grown,
    places,
    put,
    question,
    talk,
    text_of,
    wheel,
)

KEPT = 48
"""Rows out of sight that may have widgets."""


def shows_below(transcript: Transcript) -> bool:
    """Whether it says that text has come below."""
    return any(b.isVisible() for b in transcript.findChildren(QPushButton) if b.text() == "New text below")


def first(transcript: Transcript) -> tuple[int, int]:
    """The uppermost row in sight, and of which message."""
    return places(transcript)[0][:2]


# --- what exists --------------------------------------------------------------------------------


def test_a_conversation_opens_at_its_end(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(30, LONG))
    assert follows(transcript)
    assert at_end(transcript)
    last = transcript._flow.on_screen[-1]
    assert (last.item, last.nth) == (59, len(contents(transcript)) - 1)
    assert last.y + last.height == transcript.viewport().height() - spacing.TURN


def test_only_rows_in_sight_have_widgets(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(5_000))
    assert places(transcript)[-1][0] == 9_999
    QTest.keyClick(transcript, Qt.Key.Key_Home)
    bar = transcript.verticalScrollBar()
    for part in range(1, 12):
        bar.setValue(bar.maximum() * part // 12)
        wheel(transcript, -3)
    on_screen = {widget for *_, widget in transcript.on_screen()}
    assert {widget for widget in transcript._pool._live.values() if widget.isVisible()} == on_screen  # type: ignore[attr-defined]
    assert len(transcript._pool._live) <= len(on_screen) + KEPT
    assert len(transcript._items._turns) < 500


def test_a_short_conversation_stands_at_the_lower_edge(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked(), answered())
    last = transcript._flow.on_screen[-1]
    assert last.y + last.height == transcript.viewport().height() - spacing.TURN
    wheel(transcript, 3)
    assert follows(transcript)
    assert transcript.verticalScrollBar().maximum() == 0


# --- scrolling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_the_wheel_goes_up_and_comes_back_to_the_same_place(transcript: Transcript, chat: Chat, share: float) -> None:
    put(chat, *talk(500, LONG[:900] + "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n"))
    bar = transcript.verticalScrollBar()
    bar.setValue(round(bar.maximum() * share))
    before = places(transcript)
    wheel(transcript, 1)
    assert [y for *_, y in places(transcript)][-2:] != [y for *_, y in before][-2:]
    for _ in range(59):
        wheel(transcript, 1)
    assert first(transcript) < before[0][:2]
    for _ in range(60):
        wheel(transcript, -1)
    assert places(transcript) == before


def test_a_notch_moves_what_is_read_by_as_much_wherever_it_is(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(100, LONG))
    for _ in range(30):
        before = {place[:2]: place[2] for place in places(transcript)}
        wheel(transcript, 1)
        moved = {y - before[item, nth] for item, nth, y in places(transcript) if (item, nth) in before}
        assert moved == {72}


@pytest.mark.parametrize("how", ["Home", "wheel", "scroll bar", "after jumps"])
def test_the_very_top_shows_the_first_row_from_its_top(transcript: Transcript, chat: Chat, how: str) -> None:
    put(chat, *talk(200, LONG[:1500]))
    bar = transcript.verticalScrollBar()
    match how:
        case "Home":
            QTest.keyClick(transcript, Qt.Key.Key_Home)
        case "wheel":
            bar.setValue(bar.maximum() // 50)
            wheel(transcript, 150)
        case "scroll bar":
            bar.setValue(0)
        case _:
            for share in (0.7, 0.3, 0.5, 0.02, 0.01):
                bar.setValue(round(bar.maximum() * share))
            while bar.value() > 0:
                bar.triggerAction(QAbstractSlider.SliderAction.SliderPageStepSub)
    assert places(transcript)[0] == (0, 0, 0)
    assert bar.value() == 0
    assert not follows(transcript)


def test_the_scroll_bar_comes_to_the_end_and_follows_there(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(200, LONG[:1500]))
    end = places(transcript)
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    assert not follows(transcript)
    bar.setValue(bar.maximum())
    assert follows(transcript)
    assert places(transcript) == end


def test_a_row_is_brought_into_view_a_third_below_the_top(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(200, LONG))
    transcript.reveal(101, 7)
    (y,) = (y for item, nth, y in places(transcript) if (item, nth) == (101, 7))
    assert y == -(-transcript.viewport().height() // 3)
    before = places(transcript)
    transcript.reveal(101, 7)
    assert places(transcript) == before


# --- following ----------------------------------------------------------------------------------


def test_a_growing_answer_is_followed_until_the_wheel_goes_up(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    message = coming(LONG)
    put(chat, asked(), message)
    assert at_end(transcript)
    message = grown(chat, message, LONG)
    qtbot.waitUntil(lambda: text_of(contents(transcript)).count("Paragraph 19") == 2)
    assert at_end(transcript)
    assert not shows_below(transcript)
    wheel(transcript, 3)
    assert not follows(transcript)
    before = places(transcript)
    message = grown(chat, message, LONG)
    qtbot.waitUntil(lambda: text_of(contents(transcript)).count("Paragraph 19") == 3)
    assert places(transcript)[: len(before) - 1] == before[:-1]
    assert shows_below(transcript)
    button(transcript, "New text below").click()
    assert follows(transcript)
    assert at_end(transcript)
    assert not shows_below(transcript)


@pytest.mark.parametrize("how", ["PageUp", "Home", "scroll bar", "selection"])
def test_what_is_read_releases_and_end_follows_again(transcript: Transcript, chat: Chat, how: str) -> None:
    put(chat, asked(), coming(LONG))
    assert follows(transcript)
    match how:
        case "scroll bar":
            transcript.verticalScrollBar().triggerAction(QAbstractSlider.SliderAction.SliderSingleStepSub)
        case "selection":
            row = next(widget.view for *_, widget in transcript.on_screen() if widget.view is not None)
            QTest.mouseDClick(row.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, row.height() - 10))
        case _:
            QTest.keyClick(transcript, Qt.Key[f"Key_{how}"])
    assert not follows(transcript)
    QTest.keyClick(transcript, Qt.Key.Key_End)
    assert follows(transcript)
    assert at_end(transcript)


def test_page_down_and_the_wheel_follow_as_soon_as_the_end_is_reached(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(3, LONG))
    end = places(transcript)
    QTest.keyClick(transcript, Qt.Key.Key_PageUp)
    top = transcript._flow.on_screen[0]
    QTest.keyClick(transcript, Qt.Key.Key_PageDown)
    assert follows(transcript)
    assert places(transcript) == end
    assert transcript.widget_at(top.item, top.nth) is top.widget
    wheel(transcript, 1)
    assert not follows(transcript)
    wheel(transcript, -2)
    assert follows(transcript)


def test_what_was_scrolled_past_the_growing_answer_stays(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    """What grows out of sight has its height told to the scroll bar, and nothing more."""
    message = coming(LONG)
    put(chat, *talk(20, LONG), asked(), message)
    transcript.reveal(10, 0)
    before, most = places(transcript), transcript.verticalScrollBar().maximum()
    with qtbot.assertNotEmitted(transcript.laid_out, wait=1):
        message = grown(chat, message, LONG)
        qtbot.waitUntil(lambda: text_of(contents(transcript)).count("Paragraph 19") == 2)
    assert places(transcript) == before
    assert transcript.verticalScrollBar().maximum() > most
    assert shows_below(transcript)


# --- nothing moves what is read -----------------------------------------------------------------


@pytest.mark.parametrize("where", ["the end", "the middle", "the top"])
def test_older_messages_do_not_move_what_is_read(transcript: Transcript, chat: Chat, where: str) -> None:
    put(chat, *talk(60, LONG)[60:])
    if where != "the end":
        transcript.reveal(21, 4) if where == "the middle" else transcript.verticalScrollBar().setValue(0)
    before = places(transcript)
    chat.messages.prepend(talk(30, LONG))
    QApplication.processEvents()
    assert [(item - 60, nth, y) for item, nth, y in places(transcript)] == before
    chat.messages.remove(2, 11)
    QApplication.processEvents()
    assert [(item - 50, nth, y) for item, nth, y in places(transcript)] == before


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_another_width_keeps_the_first_row(transcript: Transcript, chat: Chat, share: float) -> None:
    put(chat, *talk(50, LONG))
    bar = transcript.verticalScrollBar()
    bar.setValue(round(bar.maximum() * share))
    row, end = first(transcript), follows(transcript)
    before = places(transcript)
    for width in (600, 900):
        transcript.resize(width, 500)
        QApplication.processEvents()
        assert end or first(transcript) == row
        assert follows(transcript) is end
    assert not end or places(transcript) == before


def test_the_place_is_kept_when_the_colours_or_the_size_of_text_change(
    transcript: Transcript, chat: Chat, preferences: Preferences
) -> None:
    put(chat, *talk(30, LONG))
    transcript.reveal(21, 3)
    before, widgets = places(transcript), {id(widget) for *_, widget in transcript.on_screen()}
    preferences.update(theme="dark")
    QApplication.processEvents()
    assert places(transcript) == before
    assert not widgets & {id(widget) for *_, widget in transcript.on_screen()}
    preferences.update(text_size=150)
    QApplication.processEvents()
    assert first(transcript) == before[0][:2]


def test_nothing_is_laid_out_again_without_a_reason(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    put(chat, asked(), answered(LONG))
    with qtbot.assertNotEmitted(transcript.laid_out, wait=100):
        transcript.grab()


def test_a_row_that_grows_by_itself_keeps_the_first_row(transcript: Transcript, chat: Chat) -> None:
    put(chat, *talk(20, LONG))
    transcript.reveal(21, 3)
    before = places(transcript)
    placed = transcript._flow.on_screen[1]
    placed.row.height -= 40  # as if it had been measured before it grew
    transcript.host.resized.emit(placed.widget)
    QApplication.processEvents()
    assert places(transcript) == before


# --- whatever is done ---------------------------------------------------------------------------


def check(transcript: Transcript) -> None:
    """What is so at all times."""
    placed, height = transcript._flow.on_screen, transcript.viewport().height()
    for one, other in pairwise(placed):
        assert other.y == one.y + one.height
        assert (one.item, one.nth) < (other.item, other.nth)
    assert all(each.row.exact and each.height == each.row.extent for each in placed)
    assert placed[0].y <= 0 or (placed[0].item, placed[0].nth) == (0, 0)
    assert placed[-1].y + placed[-1].height >= height - spacing.TURN
    visible = {widget for widget in transcript._pool._live.values() if widget.isVisible()}  # type: ignore[attr-defined]
    assert visible == {each.widget for each in placed}
    for each in placed:
        assert isinstance(each.widget, QWidget)
        assert each.widget.y() == each.y + each.row.above
    bar = transcript.verticalScrollBar()
    assert at_end(transcript) or not follows(transcript)
    assert (bar.value() == 0) == (places(transcript)[0] == (0, 0, 0)) or follows(transcript)
    known = transcript._items
    assert known.heights.total == sum(known.heights.get(number) for number in range(len(known)))
    assert all(known.at(each.item).height == sum(r.extent for r in known.at(each.item).rows) for each in placed)


STEPS = st.one_of(
    st.tuples(st.just("wheel"), st.integers(-40, 40)),
    st.tuples(st.just("jump"), st.integers(0, 100)),
    st.tuples(st.just("width"), st.sampled_from([420, 640, 900, 1200])),
    st.tuples(st.just("height"), st.sampled_from([200, 500, 900])),
    st.tuples(st.just("older"), st.integers(1, 6)),
    st.tuples(st.just("grow"), st.integers(1, 3_000)),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.just("reveal"), st.integers(0, 30)),
    st.tuples(st.just("end"), st.just(0)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_rows_lie_one_below_the_other_whatever_is_done(
    transcript: Transcript, chat: Chat, steps: Sequence[tuple[str, int]]
) -> None:
    message = coming("Begun")
    transcript.resize(900, 500)
    put(chat, *_mixed(12), asked(), message)
    check(transcript)
    for what, how in steps:
        if what == "grow":
            message = grown(chat, message, LONG[:how])
            QApplication.processEvents()
            transcript._keeping_up._show_growth()
        else:
            _DO[what](transcript, chat, how)
            QApplication.processEvents()
        check(transcript)


def _mixed(turns: int) -> list[Message]:
    """Turns of very different heights."""
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 60
    texts = ("Yes.", LONG, "```python\n" + "x = 1\n" * 120 + "```", table, "- one\n- two\n")
    ids = [asked().id for _ in range(turns)]
    return [
        message
        for number, id_ in enumerate(ids)
        for message in (
            replace(question(number), id=f"q{id_}"),
            replace(answer(number, texts[number % 5]), id=f"a{id_}"),
        )
    ]


def _resize(transcript: Transcript, width: int, height: int) -> None:
    transcript.resize(width, height)


def _jump(transcript: Transcript, share: int) -> None:
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.maximum() * share // 100)


def _remove(chat: Chat, row: int) -> None:
    chat.messages.remove(row, row)


_DO: dict[str, Callable[[Transcript, Chat, int], None]] = {
    "wheel": lambda transcript, _, notches: wheel(transcript, notches),
    "jump": lambda transcript, _, share: _jump(transcript, share),
    "width": lambda transcript, _, width: _resize(transcript, width, transcript.height()),
    "height": lambda transcript, _, height: _resize(transcript, transcript.width(), height),
    "older": lambda _, chat, turns: chat.messages.prepend(_mixed(turns)),
    "remove": lambda _, chat, row: _remove(chat, row),
    "reveal": lambda transcript, _, message: transcript.reveal(min(message, len(transcript.messages) - 1), 0),
    "end": lambda transcript, *_: transcript.follow(),
}
