"""The ledger's models: pages as they are looked at, rows that stay where they are, sums that follow."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.conversation.conversation_total import ConversationTotal
from app.conversation.ledger_model import PAGE, Column, EntryModel, GroupModel
from app.conversation.ledger_summary import LedgerSummary
from app.conversation.tools import Tools
from app.core import ledger_rows
from app.core.errors import StoreError
from app.core.ledger import Call, Caps, Entry, Filter, Group, Outcome, PictureShare
from app.core.message import Message
from app.core.rows import Conversation
from tests.conftest import destroy, finish
from tests.core.test_store import picture, sql
from tests.stored import add_conversation

NOON = 1_795_000_000.0
ENTRY = (
    Column("Id", lambda entry: entry.id, figure=False, hint=lambda entry: entry.call.model, explained="A name"),
    Column("Cost", lambda entry: str(entry.amount)),
)
GROUP = (
    Column("Key", lambda group: group.key, figure=False, order=lambda group: group.key),
    Column("Cost", lambda group: str(group.cost), order=lambda group: group.cost),
)
Enter = Callable[..., None]


@pytest.fixture
def enter(tools: Tools) -> Enter:
    """Put requests into the ledger, each settled."""

    def put(
        *costs: str, conversation: str = "c", created: float = NOON, first: int = 0, practice: bool = False
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            for number, cost in enumerate(costs, first):
                call = Call("message", "s", f"m{number % 2}", conversation, at_most=Decimal(9), practice=practice)
                shares = (PictureShare(1, f"{number % 2}" * 64, 10, Decimal(cost)),)
                ledger_rows.enter(db, f"r{number}", call, Caps(), created + number)
                outcome = Outcome("complete", cost=Decimal(cost), saved=Decimal("-0.5"), pictures=shares)
                ledger_rows.settle(db, f"r{number}", outcome)

        tools.store._submit(work).result()

    return put


@pytest.fixture
def entries(tools: Tools) -> Iterator[EntryModel]:
    model = EntryModel(tools.spending.ledger, tools.tasks, ENTRY)
    yield model
    finish(tools.tasks.close())
    destroy(model)


@pytest.fixture
def by_model(tools: Tools) -> Iterator[GroupModel]:
    model = GroupModel(tools.spending.ledger, tools.tasks, "model", GROUP)
    yield model
    finish(tools.tasks.close())
    destroy(model)


def shown(model: EntryModel | GroupModel, row: int, column: int = 0) -> object:
    return model.index(row, column).data()


def show(model: EntryModel | GroupModel, qtbot: QtBot, wanted: Filter | None = None) -> None:
    with qtbot.waitSignal(model.loaded):
        model.show(wanted or Filter())


class TestEveryRequest:
    def test_is_a_proper_model(
        self, entries: EntryModel, enter: Enter, qtbot: QtBot, qtmodeltester: ModelTester
    ) -> None:
        enter(*["0.1"] * 3)
        show(entries, qtbot)
        qtmodeltester.check(entries, force_py=True)  # type: ignore[no-untyped-call]  # pytest-qt has half its types

    def test_reads_a_page_when_it_is_looked_at(self, entries: EntryModel, enter: Enter, qtbot: QtBot) -> None:
        enter(*["0.1"] * (3 * PAGE))
        show(entries, qtbot)
        assert entries.rowCount() == 3 * PAGE
        assert entries._entries == {}
        assert shown(entries, 0) is None
        qtbot.waitUntil(lambda: shown(entries, 0) == f"r{3 * PAGE - 1}")
        assert len(entries._entries) == PAGE
        qtbot.waitUntil(lambda: shown(entries, 3 * PAGE - 1) == "r0")
        assert len(entries._entries) == 2 * PAGE

    def test_tells_words_hints_and_sides(self, entries: EntryModel, enter: Enter, qtbot: QtBot) -> None:
        enter("0.1")
        show(entries, qtbot)
        qtbot.waitUntil(lambda: shown(entries, 0) == "r0")
        roles = Qt.ItemDataRole
        assert entries.index(0, 0).data(roles.ToolTipRole) == "m0"
        assert entries.index(0, 1).data(roles.ToolTipRole) is None
        assert isinstance(entries.index(0, 0).data(EntryModel.RowRole), Entry)
        assert entries.index(0, 1).data(roles.TextAlignmentRole) == int(
            Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
        )
        horizontal = Qt.Orientation.Horizontal
        assert [entries.headerData(n, horizontal) for n in range(3)] == ["Id", "Cost", None]
        assert entries.headerData(0, horizontal, roles.ToolTipRole) == "A name"

    def test_what_comes_is_put_above_and_nothing_else_moves(
        self, entries: EntryModel, enter: Enter, qtbot: QtBot
    ) -> None:
        enter("0.1", "0.2")
        show(entries, qtbot)
        qtbot.waitUntil(lambda: shown(entries, 0) == "r1")
        inserted: list[tuple[int, int]] = []
        entries.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
        entries.modelReset.connect(lambda: inserted.append((-1, -1)))
        enter("0.3", "0.4", first=2)
        show(entries, qtbot)
        assert inserted == [(0, 1)]
        assert shown(entries, 2) == "r1"
        qtbot.waitUntil(lambda: [shown(entries, row) for row in range(4)] == ["r3", "r2", "r1", "r0"])

    def test_what_has_changed_is_read_anew_and_shown_until_then(
        self, entries: EntryModel, enter: Enter, tools: Tools, qtbot: QtBot
    ) -> None:
        enter("0.1")
        show(entries, qtbot)
        qtbot.waitUntil(lambda: shown(entries, 0, 1) == "0.1")
        finish(tools.spending.ledger.settle("r0", Outcome("complete", cost=Decimal("0.7"))))
        show(entries, qtbot)
        assert shown(entries, 0, 1) == "0.1"
        qtbot.waitUntil(lambda: shown(entries, 0, 1) == "0.7")

    def test_another_filter_gives_other_rows_and_keys_find_them(
        self, entries: EntryModel, enter: Enter, qtbot: QtBot
    ) -> None:
        enter("0.1", "0.2", "0.3")
        show(entries, qtbot)
        key = entries.key(2)
        show(entries, qtbot, Filter(model="m0"))
        assert entries.rowCount() == 2
        assert (entries.row_of(key), entries.row_of(99), entries.row_of("none")) == (1, -1, -1)

    def test_says_when_the_ledger_cannot_be_read(self, entries: EntryModel, tools: Tools, qtbot: QtBot) -> None:
        _break(tools)
        with qtbot.waitSignal(entries.failed) as failed:
            entries.show(Filter())
        assert isinstance((failed.args or [None])[0], StoreError)
        assert entries.rowCount() == 0


class TestTogether:
    def test_is_a_proper_model(
        self, by_model: GroupModel, enter: Enter, qtbot: QtBot, qtmodeltester: ModelTester
    ) -> None:
        enter("0.1", "0.2", "0.4")
        show(by_model, qtbot)
        qtmodeltester.check(by_model, force_py=True)  # type: ignore[no-untyped-call]  # pytest-qt has half its types

    def test_sorts_by_the_column_asked_for_and_keeps_to_it(
        self, by_model: GroupModel, enter: Enter, qtbot: QtBot
    ) -> None:
        enter("0.1", "0.2", "0.4")
        show(by_model, qtbot)
        assert [shown(by_model, row) for row in range(2)] == ["m0", "m1"]
        by_model.sort(1, Qt.SortOrder.AscendingOrder)
        assert [shown(by_model, row, 1) for row in range(2)] == ["0.2", "0.5"]
        enter("5", "0", first=3)
        show(by_model, qtbot)
        assert [shown(by_model, row, 1) for row in range(2)] == ["0.5", "5.2"]
        by_model.sort(-1)
        assert [shown(by_model, row) for row in range(2)] == ["m1", "m0"]

    def test_is_not_given_anew_while_every_row_stays(self, by_model: GroupModel, enter: Enter, qtbot: QtBot) -> None:
        enter("0.1", "0.02")
        show(by_model, qtbot)
        reset: list[int] = []
        by_model.modelReset.connect(lambda: reset.append(1))
        enter("0.1", first=2)
        show(by_model, qtbot)
        assert reset == []
        assert shown(by_model, 0, 1) == "0.2"

    def test_only_what_was_asked_for_last_is_shown(
        self, by_model: GroupModel, enter: Enter, tools: Tools, qtbot: QtBot
    ) -> None:
        """What was asked for first takes longer here: it is read in several portions."""
        enter("0.1", "0.2", conversation="d")
        sql(
            tools.store,
            """INSERT INTO requests SELECT position + n * 10, id || '-' || n, created, seconds, kind, state, practice,
                server, model, 'c', message_id, ahead, at_most, cost, exact, saved, input_tokens, cache_write_5m,
                cache_write_1h, cache_read, output_tokens, thinking_tokens, pictures FROM requests,
                (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT n FROM c)""",
        )
        by_model.show(Filter())
        by_model.show(Filter(conversation="d"))
        qtbot.waitUntil(lambda: not tools.tasks._running)
        assert [shown(by_model, row, 1) for row in range(2)] == ["0.2", "0.1"]

    def test_a_day_is_one_row_whatever_models_answered(self, tools: Tools, enter: Enter, qtbot: QtBot) -> None:
        enter("0.1", "0.2")
        enter("0.4", created=NOON - 86_400, first=2)
        model = GroupModel(tools.spending.ledger, tools.tasks, "day", GROUP)
        show(model, qtbot)
        assert [shown(model, row, 1) for row in range(model.rowCount())] == ["0.3", "0.4"]
        assert model.groups[0].saved == Decimal(-1)
        destroy(model)

    def test_knows_pictures_by_name(self, tools: Tools, enter: Enter, qtbot: QtBot) -> None:
        finish(_store(tools))
        enter("0.1", "0.2")
        model = GroupModel(tools.spending.ledger, tools.tasks, "picture", GROUP)
        show(model, qtbot)
        assert model.picture(model.row(0)) is None
        with qtbot.waitSignal(model.dataChanged):
            model.picture(model.row(1))
        assert model.picture(model.row(0)) is None
        assert model.picture(model.row(1)) == ("Überblick 📈.png", "0" * 64)
        assert model._wanted == {}
        destroy(model)


async def _store(tools: Tools) -> None:
    await add_conversation(tools.store, Conversation("c"))
    await tools.store.add_message("c", Message("user", (picture(1, "0" * 64),), id="q"))


class TestTheSummary:
    @pytest.fixture
    def summary(self, tools: Tools) -> Iterator[LedgerSummary]:
        summary = LedgerSummary(tools.spending, tools.tasks)
        summary.active = True
        yield summary
        finish(tools.tasks.close())
        destroy(summary)

    def test_tells_today_month_and_all(self, summary: LedgerSummary, enter: Enter, qtbot: QtBot) -> None:
        enter("0.1", created=time.time())
        enter("0.2", created=time.time() - 40 * 86_400, first=1)
        enter("7", created=time.time(), first=2, practice=True)
        with qtbot.waitSignal(summary.loaded):
            summary.show(Filter(model="m1"))
        assert (summary.today.cost, summary.month.cost, summary.whole.cost) == (
            Decimal("0.1"), Decimal("0.1"), Decimal("0.3"),
        )  # fmt: skip
        assert summary.shown.cost == Decimal("0.2")
        assert summary.whole.saved == Decimal(-1)
        assert list(summary.models) == ["m0", "m1"]
        with qtbot.waitSignal(summary.loaded):
            summary.show(Filter(practice=True))
        assert summary.whole.cost == summary.shown.cost == 7

    def test_follows_the_ledger_and_gathers_what_comes_together(
        self, summary: LedgerSummary, enter: Enter, tools: Tools, qtbot: QtBot
    ) -> None:
        with qtbot.waitSignal(summary.loaded):
            summary.show(Filter())
        enter("0.1")
        changed: list[int] = []
        summary.changed.connect(lambda: changed.append(1))
        with qtbot.waitSignal(summary.loaded):
            for _ in range(5):
                tools.spending.changed.emit()
        assert summary.whole.cost == Decimal("0.1")
        assert changed == [1]

    def test_rests_while_nobody_looks(self, summary: LedgerSummary, tools: Tools) -> None:
        summary.active = False
        tools.spending.changed.emit()
        assert not summary._pause.isActive()

    def test_says_when_the_ledger_cannot_be_read(self, summary: LedgerSummary, tools: Tools, qtbot: QtBot) -> None:
        _break(tools)
        with qtbot.waitSignal(summary.failed):
            summary.show(Filter())


class TestOneConversation:
    def test_is_told_with_what_it_saved_and_follows(self, tools: Tools, enter: Enter, qtbot: QtBot) -> None:
        enter("0.1")
        enter("5", conversation="other", first=1)
        total = ConversationTotal(tools.spending, tools.tasks)
        with qtbot.waitSignal(total.changed):
            total.show("c")
        assert total.total == Group("c", "", "", 1, 1, 0, Decimal("0.1"), True, Decimal("-0.5"))
        enter("0.2", first=2)
        with qtbot.waitSignal(total.changed):
            tools.spending.changed.emit()
        assert total.total is not None
        assert total.total.cost == Decimal("0.3")
        with qtbot.waitSignal(total.changed):
            total.show("other")
        assert total.total.cost == 5
        finish(tools.tasks.close())
        destroy(total)

    def test_what_changes_while_it_is_read_is_read_too(self, tools: Tools, enter: Enter, qtbot: QtBot) -> None:
        total = ConversationTotal(tools.spending, tools.tasks)
        total.show("c")
        enter("0.2")
        tools.spending.changed.emit()
        qtbot.waitUntil(lambda: total.total is not None and total.total.cost == Decimal("0.2"))
        finish(tools.tasks.close())
        destroy(total)


def _break(tools: Tools) -> None:
    """Damage the file behind the store."""
    sql(tools.store, "PRAGMA wal_checkpoint(TRUNCATE)")
    sql(tools.store, "PRAGMA shrink_memory")
    os.truncate(tools.store.path, 4096)


def test_a_row_of_no_model_is_nothing(entries: EntryModel) -> None:
    assert entries.data(QModelIndex()) is None
