"""Rows of tables: their columns and parts, growing, moving sideways, copying and saving as cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QTextCursor,
    QTextDocument,
    QTextTable,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QMessageBox, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from app.core.blocks import Block
from app.ui.theme import Theme
from app.ui.transcript.content import Table
from app.ui.transcript.host import Host
from app.ui.transcript.table_keeping import save_to
from app.ui.transcript.table_row import TableRow, column_widths

_SMALL = "| Figure | Q3 | Change |\n|---|--:|:-:|\n| Revenue | $265k | **+5 %** |\n| Refunds | 1.1 % | =1+1 |"
_WIDE = "\n".join(
    "| " + " | ".join(cells) + " |"
    for cells in [[f"Column {i}" for i in range(12)], ["---"] * 12, [f"value {i}000" for i in range(12)]]
)


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    return page


def table(
    text: str, weights: tuple[int, ...] = (), *, first: bool = True, last: bool = True, is_open: bool = False
) -> Table:
    return Table(Block("table", text, first=first, last=last), weights=weights, pictures=2, open=is_open)


def shown(row: TableRow, content: Table, width: int = 760) -> TableRow:
    """Show it as the transcript does."""
    row.show_content(content)
    row.setGeometry(40, 200, width, row.height_for(width))  # not where the pointer is
    row.show()
    return row


def grid(row: TableRow) -> QTextTable:
    (found,) = row.view.document().rootFrame().childFrames()
    assert isinstance(found, QTextTable)
    return found


def lefts(row: TableRow) -> list[int]:
    """Where the columns begin."""
    cells = grid(row)
    return [row.view.cursorRect(cells.cellAt(0, i).firstCursorPosition()).left() for i in range(cells.columns())]


# --- columns ---


def test_columns_share_the_room_by_what_is_in_them() -> None:
    widths = column_widths([10, 20, 10], 8, 760, round)
    assert sum(widths) == 760
    assert widths[1] > 1.5 * widths[0]
    assert widths[0] == pytest.approx(widths[2], abs=2)


def test_wide_columns_give_way_before_the_table_gets_wider_than_its_row() -> None:
    widths = column_widths([6, 200, 200], 8, 600, round)
    assert sum(widths) == 600
    assert widths[0] == 6 * 8 + 17
    assert column_widths([200] * 6, 8, 600, round) == [144] * 6


@settings(max_examples=100)
@given(st.lists(st.integers(0, 500), max_size=20), st.integers(100, 1000))
def test_a_table_is_as_wide_as_its_row_or_wider(weights: list[int], room: int) -> None:
    widths = column_widths(weights, 7.5, room, round)
    assert len(widths) == len(weights)
    assert not widths or sum(widths) >= room
    assert all(width >= 48 for width in widths)


def test_a_table_is_as_wide_as_its_row(host: Host, page: QWidget, theme: Theme) -> None:
    row = shown(TableRow(host, page), table(_SMALL, (7, 5, 6)))
    image = row.grab().toImage()
    rules = [y for y in range(image.height()) if image.pixelColor(755, y).name() == theme.tokens.line.lower()]
    assert len(rules) == 3
    assert row.findChildren(QScrollBar, options=Qt.FindChildOption.FindDirectChildrenOnly) == []


def test_the_parts_of_a_table_have_the_same_columns_and_one_head(host: Host, page: QWidget) -> None:
    head, delimiter, *lines = _SMALL.split("\n")
    first = shown(TableRow(host, page), table("\n".join([head, delimiter, lines[0]]), (12, 5, 6), last=False))
    second = shown(TableRow(host, page), table("\n".join([head, delimiter, lines[1]]), (12, 5, 6), first=False))
    assert [grid(first).rows(), grid(second).rows()] == [2, 1]
    assert "Figure" not in second.view.plain
    assert grid(first).format().columnWidthConstraints() == grid(second).format().columnWidthConstraints()
    assert lefts(first)[0] == lefts(second)[0]
    assert second.height_for(760) < first.height_for(760)


def test_long_cells_are_wrapped(host: Host, page: QWidget) -> None:
    text = "| a | b |\n|---|---|\n| one | " + "words " * 60 + "|"
    row = shown(TableRow(host, page), table(text, (3, 360)))
    assert row.height_for(760) > 150
    assert row.height_for(400) > row.height_for(760)


# --- sideways ---


def test_a_wide_table_is_moved_with_its_other_parts(host: Host, page: QWidget) -> None:
    rows = [TableRow(host, page), TableRow(host, page)]
    for index, row in enumerate(rows):
        shown(row, table(_WIDE, (12,) * 12, first=index == 0, last=index == 1))
    moved: list[tuple[QWidget, int]] = []
    host.shifted.connect(lambda row, pixels: moved.append((row, pixels)))
    event = QWheelEvent(
        QPointF(20, 5),
        QPointF(20, 5),
        QPoint(),
        QPoint(-240, 0),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    rows[0].wheelEvent(event)
    assert moved == [(rows[0], 120)]
    rows[1].shift(120)
    assert rows[0].offset == rows[1].offset == 120
    assert moved == [(rows[0], 120)]
    bars = [row.findChildren(QScrollBar, options=Qt.FindChildOption.FindDirectChildrenOnly) for row in rows]
    assert [len(found) for found in bars] == [0, 1]
    rows[1].let_go()
    assert rows[1].offset == 0


def test_what_is_cut_off_fades(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table(_WIDE, (12,) * 12))
    left, right = edges(row)
    assert (left.isVisible(), right.isVisible()) == (False, True)
    row.shift(100)
    assert (left.isVisible(), right.isVisible()) == (True, True)
    row.shift(100_000)
    assert (left.isVisible(), right.isVisible()) == (True, False)


def edges(row: TableRow) -> tuple[QWidget, QWidget]:
    found = row._sideways._edges
    assert found is not None
    return found


# --- growing ---


def test_a_table_that_grows_is_laid_out_now_and_then(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = shown(TableRow(host, page), table("| a | b |\n|---|---|\n| 1 | 2", (1, 1), is_open=True))
    resized: list[QWidget] = []
    host.resized.connect(resized.append)
    for index in range(3, 9):
        shown(row, table(f"| a | b |\n|---|---|\n| 1 | {'2' * index}", (1, index), is_open=True))
    assert row.view.plain.split() == ["a", "b", "1", "2"]
    qtbot.waitUntil(lambda: resized == [row])
    assert row.view.plain.split()[-1] == "2" * 8


def test_a_finished_table_is_there_at_once(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table("| a | b |\n|---|---|\n| 1 | 2", (1, 1), is_open=True))
    shown(row, table("| a | b |\n|---|---|\n| 1 | 23 |", (1, 2)))
    assert row.view.plain.split() == ["a", "b", "1", "23"]


def test_what_is_selected_stays_selected_while_the_table_grows(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table("| a | word |\n|---|---|\n| 1 | 2", (1, 4)))
    cursor = row.view.document().find("word")
    row.view.setTextCursor(cursor)
    shown(row, table("| a | word |\n|---|---|\n| 1 | 2 |\n| 3 | 4", (1, 4)))
    assert row.view.textCursor().selectedText() == "word"


def test_another_table_is_not_selected(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table(_SMALL, (7, 5, 6)))
    row.view.selectAll()
    row.let_go()
    shown(row, table(_WIDE, (12,) * 12))
    assert not row.view.textCursor().hasSelection()


# --- text ---


def test_cells_are_read_without_the_marks_of_qt(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table(_SMALL, (7, 5, 6)))
    assert row.view.accessibleName() == "Table"
    description = row.view.accessibleDescription()
    assert "Revenue" in description
    assert not {"\ufdd0", "\ufdd1"} & set(description)


def test_links_in_cells_are_told(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = shown(TableRow(host, page), table("| a |\n|---|\n| [there](https://example.org) Image 2 |", (20,)))
    cell = grid(row).cellAt(1, 0).firstCursorPosition()
    with qtbot.waitSignal(host.link_opened) as told:
        click(row, cell, 2)
    assert told.args == ["https://example.org"]
    with qtbot.waitSignal(host.picture_named) as named:
        click(row, cell, 8)
    assert named.args == [2]


def click(row: TableRow, cell: QTextCursor, character: int) -> None:
    place = QTextCursor(cell)
    place.setPosition(cell.position() + character)
    QTest.mouseClick(
        row.view.viewport(), Qt.MouseButton.LeftButton, pos=row.view.cursorRect(place).center() + QPoint(2, 0)
    )


def test_the_menu_is_the_messages(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table(_SMALL, (7, 5, 6)))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(20, 20), row.mapToGlobal(QPoint(20, 20)))
    event.accept()
    QApplication.sendEvent(row.view.viewport(), event)
    assert not event.isAccepted()


# --- buttons ---


def test_its_buttons_come_with_the_focus_and_go_with_it(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = shown(TableRow(host, page), table(_SMALL, (7, 5, 6)))
    height = row.height_for(760)
    assert row.findChildren(QAbstractButton) == []
    row.view.setFocus(Qt.FocusReason.TabFocusReason)
    buttons = row.findChildren(QAbstractButton)
    assert [button.accessibleName() for button in buttons] == ["Copy the table", "Save as CSV…"]
    assert all(button.isVisible() and button.toolTip() for button in buttons)
    assert row.height_for(760) == height
    buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    assert buttons[0].isVisible()
    buttons[0].clearFocus()
    qtbot.waitUntil(lambda: not buttons[0].isVisible())


def copied() -> QMimeData:
    data = QGuiApplication.clipboard().mimeData()
    assert data is not None
    return data


def test_a_copy_pastes_as_cells(host: Host, page: QWidget) -> None:
    row = shown(TableRow(host, page), table(_SMALL, (7, 5, 6)))
    row.whole = lambda: _SMALL + "\n| a < b, c | `2` | <b>3</b> |"
    row.copy()
    lines = copied().text().splitlines()
    assert lines[0] == "Figure\tQ3\tChange"
    assert lines[1] == "Revenue\t$265k\t+5 %"
    assert lines[3] == "a < b, c\t2\t<b>3</b>"
    assert "<b>" not in copied().html()
    document = QTextDocument()
    document.setHtml(copied().html())
    (pasted,) = document.rootFrame().childFrames()
    assert isinstance(pasted, QTextTable)
    assert (pasted.rows(), pasted.columns()) == (4, 3)
    assert "a < b, c" in document.toPlainText()
    assert '"a < b, c"' in copied().data("text/csv").toStdString()


def test_no_form_of_a_copy_runs_as_a_formula(host: Host, page: QWidget) -> None:
    text = "| =SUM(A1) | b |\n|---|---|\n| =HYPERLINK(1) | -5 % |\n| - | @x |"
    row = shown(TableRow(host, page), table(text, (9, 9)))
    row.copy()
    assert copied().text() == "'=SUM(A1)\tb\n'=HYPERLINK(1)\t-5 %\n-\t'@x"
    document = QTextDocument()
    document.setHtml(copied().html())
    assert document.toPlainText().split() == ["'=SUM(A1)", "b", "'=HYPERLINK(1)", "-5", "%", "-", "'@x"]
    assert copied().data("text/csv").toStdString().startswith("'=SUM(A1),b")
    assert "<td>'=HYPERLINK(1)</td>" in row.view.rich_between(0)


def test_all_cells_of_a_table_run_as_its_first_letter_does(host: Host, page: QWidget) -> None:
    head, lines = "| `a` שם | Name | כמה |\n|---|---|--:|", ["| one | עולם | 3 |", "| שלום | 1 | 4 |"]
    for number, line in enumerate(lines):
        row = shown(TableRow(host, page), table(f"{head}\n{line}", (5, 5, 5), first=not number))
        cells = grid(row)
        for column in range(3):
            places = [cells.cellAt(n, column).firstCursorPosition() for n in range(cells.rows())]
            assert {place.block().textDirection() for place in places} == {Qt.LayoutDirection.RightToLeft}
            edges = [place.block().layout().lineAt(0).naturalTextRect().right() for place in places]
            assert max(edges) - min(edges) <= 1
    row = shown(TableRow(host, page), table("| Name |\n|---|\n| שלום |", (5,)))
    assert grid(row).cellAt(1, 0).firstCursorPosition().block().textDirection() == Qt.LayoutDirection.LeftToRight


def test_saving_asks_for_a_file_and_writes_what_spreadsheets_read(host: Host, page: QWidget, tmp_path: Path) -> None:
    row = shown(TableRow(host, page), table("| a | b |\n|---|---|\n| ä, 1 | 漢 |", (4, 2)))
    row.save()
    (dialog,) = page.findChildren(QFileDialog)
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    dialog.fileSelected.emit(str(tmp_path / "table.csv"))
    dialog.close()
    assert (tmp_path / "table.csv").read_bytes().decode("utf-8") == '\ufeffa,b\r\n"ä, 1",漢\r\n'


def test_another_file_is_replaced_only_when_that_is_wanted(page: QWidget, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("mine")
    save_to(page, path, _SMALL)
    (question,) = page.findChildren(QMessageBox)
    assert "table.csv exists already." in question.text()
    assert path.read_text() == "mine"
    next(button for button in question.buttons() if button.text() == "Replace").click()
    assert "Revenue" in path.read_text("utf-8")


def test_a_file_that_cannot_be_written_is_told(page: QWidget, tmp_path: Path) -> None:
    save_to(page, tmp_path / "gone" / "table.csv", _SMALL)
    (said,) = page.findChildren(QMessageBox)
    assert said.text() == "table.csv could not be written there. Choose another folder."
    said.close()
