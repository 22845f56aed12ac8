"""The tables and figures of the ledger's window: what they say, and that their rows stay where they are."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import pytest
from PIL import Image
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.gallery import Gallery
from app.conversation.ledger_model import EntryModel
from app.conversation.tools import Tools
from app.core import ledger_rows
from app.core.ledger import Call
from app.core.message import Message
from app.core.rows import Conversation
from app.ui.theme import Theme
from tests.conftest import finish
from tests.core.test_store import picture
from tests.pictures import encoded
from tests.stored import add_conversation
from tests.ui.ledger_window import DAY, TABS, Entering, Opening, day_name, rows, said, table

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


class TestFigures:
    def test_tells_today_this_month_and_all_and_what_caching_saved(self, show: Opening, enter: Entering) -> None:
        enter("0.1", saved="0.02")
        enter("0.25", exact=False)
        enter("2", ago=70 * DAY, saved="-0.01")
        window = show()
        texts = said(window)
        figures = {caption: texts[texts.index(caption) + 1] for caption in ("Today", "This month", "All")}
        assert figures == {"Today": "≈ $0.3500", "This month": "≈ $0.3500", "All": "≈ $2.35"}
        assert texts[texts.index("Saved by caching") + 1] == "$0.0100"
        assert window._shown.accessibleName() == "2 requests · ≈ $0.3500 · caching saved $0.0200"

    def test_says_when_caching_cost_more_than_it_saved(self, show: Opening, enter: Entering) -> None:
        enter("0.1", saved="-0.02")
        window = show()
        texts = said(window)
        assert texts[texts.index("Lost by caching") + 1] == "$0.0200"
        assert rows(window)[0][-1] == "−$0.0200"
        hint = table(window).model().index(0, 5).data(Qt.ItemDataRole.ToolTipRole)
        assert hint.startswith("Caching has cost this much more than it saved")
        assert "caching lost $0.0200" in window._shown.accessibleName()

    def test_practice_is_counted_apart(self, show: Opening, enter: Entering) -> None:
        enter("0.1")
        enter("7", practice=True)
        window = show("model")
        assert rows(window)[0][4] == "$0.1000"
        QTest.mouseClick(window._practice, Qt.MouseButton.LeftButton)
        show.settle()
        assert rows(window)[0][4] == "$7.00"
        assert "nothing was charged" in window._shown.accessibleName()

    def test_follows_the_ledger(self, show: Opening, enter: Entering, qtbot: QtBot) -> None:
        window = show("request")
        assert window._pages.currentWidget() is window._empty
        enter("0.1")
        qtbot.waitUntil(lambda: len(rows(window)) == 1 and rows(window)[0][6] == "$0.1000")
        assert window._pages.currentWidget() is table(window)
        qtbot.waitUntil(lambda: "$0.1000" in said(window))


class TestTables:
    def test_days(self, show: Opening, enter: Entering) -> None:
        enter("0.1")
        enter("0.2", model="claude-opus-5")
        today = QDate.currentDate()
        assert rows(show("day")) == [[day_name(today), "2", "", "200", "$0.3000", ""]]

    def test_conversations(self, show: Opening, enter: Entering, tools: Tools) -> None:
        finish(add_conversation(tools.store, Conversation("c", title="A roof\nand a \u202etower")))
        enter("0.1")
        enter("0.3", conversation="gone")
        enter("0.2", conversation="")
        titles = [row[0] for row in rows(show("conversation"))]
        assert titles == ["Deleted chat", "No chat", "A roof and a tower"]

    def test_models_by_name_and_what_nobody_knows_the_price_of(self, show: Opening, enter: Entering) -> None:
        enter("0.1")
        enter(None, at_most=None, model="own")
        window = show("model")
        assert [(row[0], row[4]) for row in rows(window)] == [("Claude Sonnet 5.5", "$0.1000"), ("own", "not known")]
        hint = table(window).model().index(1, 4).data(Qt.ItemDataRole.ToolTipRole)
        assert hint == "For 1 of these nobody knows the price: they are not counted."

    def test_every_request_has_its_estimate_beside_what_it_cost(
        self, show: Opening, enter: Entering, tools: Tools
    ) -> None:
        finish(add_conversation(tools.store, Conversation("c", title="Roofs")))
        enter("0.1", saved="-0.02", exact=False)
        enter(settled=False)
        window = show("request")
        rows(window)
        show.settle()
        under_way, done = rows(window)
        assert done[1:] == [
            "Message", "Claude Sonnet 5.5", "Roofs", "100", "≈ $0.0900", "≈ $0.1000", "Done",
        ]  # fmt: skip
        assert under_way[5:] == ["≈ $0.0900", "at most $0.5000", "Under way"]
        hint = table(window).model().index(1, 6).data(Qt.ItemDataRole.ToolTipRole)
        assert hint.splitlines()[1] == "Caching cost $0.0200 more than it saved."
        counts = table(window).model().index(1, 4).data(Qt.ItemDataRole.ToolTipRole)
        assert counts.splitlines() == [
            "10 in that the cache had no part in",
            "30 read from the cache",
            "20 written to the cache for 5 minutes",
            "40 out, 5 of it thinking",
        ]

    def test_every_column_is_in_view_at_the_windows_own_size_and_no_kind_is_cut(
        self, show: Opening, enter: Entering
    ) -> None:
        enter("0.1")
        shown = table(window := show("request"))
        assert window.width() == 1080
        assert shown.horizontalHeader().length() <= shown.viewport().width()
        room = shown.columnWidth(1) - 20
        assert shown._cells.metrics().horizontalAdvance("Count of tokens") <= room

    def test_a_question_of_the_command_line_is_no_deleted_conversation(self, show: Opening, enter: Entering) -> None:
        enter("0.1", conversation="")
        enter("0.1", conversation="gone")
        window = show("request")
        rows(window)
        show.settle()
        assert [row[3] for row in rows(window)] == ["Deleted chat", "Command line"]

    def test_pictures_are_shown_by_name_with_their_thumbnail(
        self, show: Opening, enter: Entering, tools: Tools, qtbot: QtBot
    ) -> None:
        finish(_store_picture(tools))
        enter(pictures=("a" * 64, "b" * 64))
        enter(pictures=("a" * 64,))
        window = show("picture")
        shown = table(window)
        window.resize(900, 700)
        qtbot.waitUntil(lambda: rows(window)[0][0] == "Überblick 📈.png")
        assert rows(window)[0][1:] == ["2", "3,000", "$0.0200"]
        assert rows(window)[1][0] == "Picture of a deleted chat"
        place = shown.visualRect(shown.model().index(0, 0))
        middle = QPoint(place.left() + 10 + 28, place.center().y())
        qtbot.waitUntil(lambda: shown.viewport().grab().toImage().pixelColor(middle).name() == "#c03028")

    def test_a_click_on_a_heading_sorts(self, show: Opening, enter: Entering) -> None:
        enter("0.1", model="b")
        enter("0.2", model="a", saved="1")
        window = show("model")
        header = table(window).horizontalHeader()
        place = QPoint(header.sectionViewportPosition(0) + 20, 10)
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        first = [row[0] for row in rows(window)]
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert [row[0] for row in rows(window)] == first[::-1]

    def test_rows_are_copied_as_they_stand(self, show: Opening, enter: Entering) -> None:
        enter("0.1")
        window = show("model")
        shown = table(window)
        shown.selectRow(0)
        QTest.keyClick(shown, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == (
            "Model\tRequests\tPictures\tTokens\tCost\tSaved by caching\nClaude Sonnet 5.5\t1\t\t100\t$0.1000\t"
        )

    def test_enter_and_a_double_click_open_the_conversation(self, show: Opening, enter: Entering) -> None:
        enter(conversation="c1")
        window = show("conversation")
        table(window).selectRow(0)
        QTest.keyClick(table(window), Qt.Key.Key_Return)
        window._tabs.setCurrentIndex(TABS["request"])
        show.settle()
        rows(window)
        show.settle()
        place = table(window).visualRect(table(window).model().index(0, 1)).center()
        QTest.mouseClick(table(window).viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(table(window).viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert show.asked == ["c1", "c1"]

    def test_what_comes_pushes_away_neither_the_view_nor_the_selection(
        self, show: Opening, enter: Entering, qtbot: QtBot
    ) -> None:
        enter(times=300)
        window = show("request")
        shown = table(window)
        shown.selectRow(150)
        shown.scrollTo(shown.currentIndex())
        show.settle()
        key = window._models[4].key(150)
        top = shown.visualRect(shown.currentIndex()).top()
        enter(times=7)
        qtbot.waitUntil(lambda: window._models[4].rowCount() == 307)
        assert window._models[4].key(shown.currentIndex().row()) == key
        assert shown.visualRect(shown.currentIndex()).top() == top

    def test_other_sums_keep_the_row_that_is_chosen(self, show: Opening, enter: Entering, qtbot: QtBot) -> None:
        enter("0.1", model="a")
        enter("0.2", model="b")
        window = show("model")
        table(window).selectRow(1)
        enter("5", model="a")
        qtbot.waitUntil(lambda: [row[0] for row in rows(window)] == ["a", "b"])
        assert table(window).currentIndex().row() == 0

    def test_a_hundred_thousand_requests_are_read_by_the_page(self, show: Opening, tools: Tools, qtbot: QtBot) -> None:
        def work(db: sqlite3.Connection) -> None:
            call = Call("message", "s", "m", "c")
            ledger_rows._insert(db, "r", call, time.time())
            db.execute(
                """INSERT INTO requests SELECT n, 'x' || n, created, seconds, kind, state, practice, server, model,
                    conversation_id, message_id, ahead, at_most, cost, exact, saved, input_tokens, cache_write_5m,
                    cache_write_1h, cache_read, output_tokens, thinking_tokens, pictures FROM requests,
                    (WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < 100000)
                    SELECT n FROM c)"""
            )

        tools.store._submit(work).result()
        window = show("request")
        model = window._models[4]
        assert isinstance(model, EntryModel)
        assert model.rowCount() == 100_000
        table(window).scrollToBottom()
        qtbot.waitUntil(lambda: model.row(99_999) is not None)
        table(window).viewport().grab()
        show.settle()
        assert len(model._entries) <= 500


async def _store_picture(tools: Tools) -> None:
    await add_conversation(tools.store, Conversation("c"))
    await tools.store.add_message("c", Message("user", (picture(1, "a" * 64),), id="q"))
    await tools.store.put_thumbnail("a" * 64, encoded(Image.new("RGB", (112, 80), "#c03028"), "PNG"))
