"""Formulas in tables: drawn in their columns, in every part of a table, and copied as their TeX."""

from __future__ import annotations

from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextTable
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat
from app.core.blocks import Block, split
from app.core.tables import weights
from app.ui.theme import Theme
from app.ui.transcript.content import Table
from app.ui.transcript.host import Host
from app.ui.transcript.markup import PICTURE
from app.ui.transcript.table_row import TableRow
from app.ui.transcript.view import Transcript
from tests.ui.talk import answered, asked, put, seen

WIDTH = 600
HEAD = "| $h_1$ | name |\n|:-:|---|\n"
WIDE = "$" + "+".join(f"x_{{{n}}}" for n in range(25)) + "$"


@pytest.fixture
def row(host: Host, page: QWidget) -> TableRow:
    row = TableRow(host, page)
    row.show()
    return row


def show(row: TableRow, text: str, *, first: bool = True, last: bool = True) -> int:
    row.show_content(Table(Block("table", text, first=first, last=last), weights=weights(text)))
    height = row.height_for(WIDTH)
    row.resize(WIDTH, height)
    return height


def wait(host: Host, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)


def grid(row: TableRow) -> QTextTable:
    (found,) = row.view.document().rootFrame().childFrames()
    assert isinstance(found, QTextTable)
    return found


def pictures(row: TableRow) -> list[QTextCursor]:
    """The formulas, each selected."""
    found = []
    for position, letter in enumerate(row.view.document().toRawText()):
        if letter == PICTURE:
            found.append(QTextCursor(row.view.document()))
            found[-1].setPosition(position)
            found[-1].setPosition(position + 1, QTextCursor.MoveMode.KeepAnchor)
    return found


@pytest.mark.parametrize(("in_head", "is_first", "is_unknown"), list(product([False, True], repeat=3)))
def test_formulas_come_in_every_part(
    row: TableRow, host: Host, qtbot: QtBot, *, in_head: bool, is_first: bool, is_unknown: bool
) -> None:
    told: list[QWidget] = []
    host.resized.connect(told.append)
    tex = r"$\unknown{y}$" if is_unknown else r"$\frac{y}{2}$"
    head = HEAD if in_head else HEAD.replace("$h_1$", "head")
    height = show(row, f"{head}| {tex} | one |\n| two | $$z^2$$ |", first=is_first)
    assert tex in row.view.plain
    wait(host, qtbot)
    qtbot.waitUntil(lambda: told[-1:] == [row])
    assert len(pictures(row)) == (in_head and is_first) + (not is_unknown) + 1
    assert grid(row).rows() == 2 + is_first
    assert [source in row.view.plain for source in ("$h_1$", tex, "$$z^2$$")] == [in_head and is_first, True, True]
    assert is_unknown or row.height_for(WIDTH) > height
    cell = grid(row).cellAt(int(is_first), 0).firstCursorPosition()
    assert cell.blockFormat().alignment() & Qt.AlignmentFlag.AlignHCenter


def test_a_formula_is_no_wider_than_its_column(row: TableRow, host: Host, qtbot: QtBot) -> None:
    show(row, f"| a | b |\n|---|---|\n| {WIDE} | {'word ' * 40} |")
    wait(host, qtbot)
    for width in (WIDTH, 400, WIDTH):
        row.resize(width, row.height_for(width))
        (shown,) = pictures(row)
        column = grid(row).format().columnWidthConstraints()[0].rawValue()
        assert column / 2 < shown.charFormat().toImageFormat().width() <= column - 16 + 1


def test_a_formula_of_the_head_is_in_its_colour(row: TableRow, host: Host, qtbot: QtBot, theme: Theme) -> None:
    show(row, f"{HEAD}| $h_2$ | one |")
    wait(host, qtbot)
    looks = [place.look.color for place in row._cells._formulas._inserted]
    assert looks == [theme.tokens.text2, theme.tokens.text]


def test_cells_that_are_selected_are_copied_with_their_own_tex(row: TableRow, host: Host, qtbot: QtBot) -> None:
    show(row, "| $a$ | $b$ |\n|---|---|\n| $c$ | $d$ |\n| $e$ | $f$ |")
    wait(host, qtbot)
    cells = grid(row)
    start, end = cells.cellAt(0, 0).firstPosition(), cells.cellAt(2, 0).lastPosition()
    assert row.view.plain_between(start, end).split() == ["$a$", "$c$", "$e$"]


def test_a_table_that_grows_and_one_that_follows_have_their_own(row: TableRow, host: Host, qtbot: QtBot) -> None:
    show(row, f"{HEAD}| $p$ | one |")
    show(row, f"{HEAD}| $p$ | one |\n| $q$ | $r$ |")
    wait(host, qtbot)
    assert len(pictures(row)) == 4
    row.let_go()
    show(row, "| a |\n|---|\n| $s$ |", first=False)
    wait(host, qtbot)
    assert [row.view.plain.split(), len(pictures(row))] == [["$s$"], 1]


def test_a_long_table_of_formulas_is_laid_out_to_its_end(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    text = "before\n\n" + HEAD + "\n".join(f"| $x_{{{n}}}$ | {n} |" for n in range(120)) + "\n\nafter"
    assert sum(block.kind == "table" for block in split(text)) > 1
    put(chat, asked(), answered(text))
    qtbot.waitUntil(lambda: not transcript.host.formulas.is_waiting, timeout=20_000)
    bar = transcript.verticalScrollBar()
    for value in (0, bar.maximum() // 2, bar.maximum()):
        bar.setValue(value)
        qtbot.waitUntil(lambda: not transcript.host.formulas.is_waiting, timeout=20_000)
        for row in seen(transcript, TableRow):
            assert not row._cells._formulas.is_waiting
            assert row.height() == row.height_for(row.width())
            assert len(pictures(row)) == row.view.plain.count("$") // 2
