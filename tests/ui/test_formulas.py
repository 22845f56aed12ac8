"""Formulas in rows of words: drawn beside everything else, on the line, as high and as wide as there is room."""

from __future__ import annotations

import math
import sys
from itertools import pairwise, product

import pytest
from PySide6.QtGui import QImage, QTextCursor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.blocks import Block
from app.core.formulas import Formula, find, protect
from app.ui.theme import DARK, LIGHT, Theme, Tokens
from app.ui.transcript.content import Prose
from app.ui.transcript.formula_pictures import FormulaPictures, Look, descent
from app.ui.transcript.formulas_in import source_of
from app.ui.transcript.host import Host
from app.ui.transcript.prose_row import ProseRow
from tests.conftest import destroy

WIDTH = 600
LOOK = Look(14, "#201E1B", 1)
INTEGRAL = r"$$\int_0^\infty e^{-x^2}\,dx$$"


@pytest.fixture
def row(host: Host, page: QWidget) -> ProseRow:
    row = ProseRow(host, page)
    row.show()
    return row


def show(row: ProseRow, text: str) -> None:
    row.show_content(Prose(Block("prose", text)))
    row.resize(WIDTH, row.height_for(WIDTH))


def draw(row: ProseRow, text: str, qtbot: QtBot) -> None:
    """Show a text, all of its formulas drawn."""
    show(row, text)
    qtbot.waitUntil(lambda: not row._host.formulas.is_waiting, timeout=20_000)
    row.resize(WIDTH, row.height_for(WIDTH))


def formula(text: str) -> Formula:
    (found,) = find(text)
    return found


def test_until_it_is_drawn_its_tex_is_to_be_seen_in_the_same_place(row: ProseRow, qtbot: QtBot) -> None:
    told: list[QWidget] = []
    row._host.resized.connect(told.append)
    show(row, f"one\n\n{INTEGRAL}\n\ntwo")
    before, height = row.length, row.height_for(WIDTH)
    row.select(before - 3, before)
    assert row.plain == f"one\n{INTEGRAL}\ntwo"
    assert told == []
    qtbot.waitUntil(lambda: told == [row], timeout=20_000)
    assert row.length == before
    assert row.selected == "two"
    assert row.plain == f"one\n{INTEGRAL}\ntwo"
    assert row.height_for(WIDTH) > height


def test_a_drawing_is_there_at_once_the_second_time(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, "$x^2$", qtbot)
    show(row, "and $x^2$")
    assert not row._host.formulas.is_waiting
    assert not row._formulas.is_waiting


def test_copies_are_tex_and_what_reads_aloud_is_told_it(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, r"As \(a < b\) and **$c$** \$5 \ufffc", qtbot)
    assert row.plain == r"As \(a < b\) and $c$ $5 \ufffc"
    assert row.plain_between(3, 4) == r"\(a < b\)"
    assert row.rich_between(0).startswith(r"<p>As \(a &lt; b\) and ")
    assert row.accessibleDescription() == row.plain
    show(row, "none")
    assert row.accessibleDescription() == ""


def test_what_cannot_be_drawn_is_its_tex_in_the_font_of_code(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, r"a $\frac{1$ b $x$ c $\def\a{b}\a$", qtbot)
    assert row.plain == r"a $\frac{1$ b $x$ c $\def\a{b}\a$"
    cursor = QTextCursor(row.document())
    cursor.setPosition(5)
    assert cursor.charFormat().font().pixelSize() == 13
    assert source_of(cursor.charFormat()) == ""
    assert row.document().toRawText().count("￼") == 1


def test_tex_that_stays_tex_begins_where_words_do(row: ProseRow, qtbot: QtBot) -> None:
    for _ in range(2):
        draw(row, r"$$\frac{77$$", qtbot)
        assert row.plain == r"$$\frac{77$$"
        assert across(row, 0) < 4


def test_code_keeps_its_dollars(row: ProseRow) -> None:
    show(row, "- `$a$`\n\n  ```\n  $b$\n  ```\n\n  $c$")
    assert row.document().toRawText() == "$a$\u2029$b$\u2029￼"
    assert row.plain.endswith("$c$")


@pytest.mark.parametrize("code", ["`{}`", "```\n{}\n```"])
def test_what_only_qt_takes_for_code_gets_its_dollars_back(row: ProseRow, code: str) -> None:
    found = find("$x$")
    row.document().setMarkdown(code.format(protect("$x$", found)))
    row._formulas.put(found, LOOK)
    assert row.document().toPlainText() == "$x$"
    assert not row._formulas


def test_letters_of_a_formula_stand_on_the_line_of_the_words(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, "$x$ xx", qtbot)
    shown = row.grab().toImage()
    layout = row.document().firstBlock().layout().lineAt(0)
    edge = int(across(row, 1))
    baseline = layout.y() + layout.ascent()
    for left, right in ((0, edge), (edge + 4, edge + 20)):
        assert lowest(shown, left, right) == pytest.approx(baseline, abs=1.01)


def test_a_fraction_does_not_push_its_line_to_the_one_above(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, "word " * 20 + "$\\frac{a}{b}$" + " word" * 40, qtbot)
    layout = row.document().firstBlock().layout()
    lines = [layout.lineAt(number) for number in range(layout.lineCount())]
    baselines = [line.y() + line.ascent() for line in lines]
    apart = [below - above for above, below in pairwise(baselines)]
    assert min(apart) == pytest.approx(22, abs=1)
    assert 22 < max(apart) < 30  # below the fraction
    (place,) = row._formulas._inserted
    assert max(line.descent() for line in lines) == pytest.approx(descent(place.drawn.anchor), abs=0.1)


def test_a_formula_of_its_own_stands_in_the_middle_between_the_words_around_it(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, f"before {INTEGRAL} after", qtbot)
    document = row.document()
    assert [document.findBlockByNumber(n).text() for n in range(3)] == ["before", "￼", "after"]
    line = document.findBlockByNumber(1).layout().lineAt(0)
    assert line.naturalTextRect().center().x() == pytest.approx(WIDTH / 2, abs=1)


def test_in_a_list_it_stays_with_its_item(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, f"- before {INTEGRAL} after\n- next", qtbot)
    assert row.plain == f"• before\n{INTEGRAL}\nafter\n• next"
    assert row.document().blockCount() == 2


def test_a_wide_one_shrinks_with_the_row_and_grows_again(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, "$$" + "+".join(f"x_{{{n}}}" for n in range(20)) + "$$", qtbot)
    (place,) = row._formulas._inserted
    wide = place.drawn.width
    for width in (300, 400):
        row.height_for(width)
        assert width * 0.97 < place.drawn.width <= width + 1
    row.height_for(2_000)
    assert place.drawn.width == place.natural >= wide


def test_a_formula_in_a_heading_or_a_thought_is_as_large_as_its_words(row: ProseRow, qtbot: QtBot) -> None:
    draw(row, "# $x$\n\n$x$", qtbot)
    heading, body = row._formulas._inserted
    assert (heading.look.size, body.look.size) == (16, 14)
    row.show_content(Prose(Block("prose", "$x$"), "thought"))
    (thought,) = row._formulas._inserted
    assert (thought.look.size, thought.look.color) == (13, row._theme.tokens.text2)


@pytest.mark.parametrize("ratio", [1, 1.5, 2])
@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_it_is_painted_in_the_colour_of_the_words_with_the_pixels_of_the_screen(
    host: Host, qtbot: QtBot, ratio: float, tokens: Tokens
) -> None:
    wanted = formula("$\\sum$")
    host.formulas.draw(wanted, LOOK)
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)
    drawn = host.formulas.draw(wanted, Look(20, tokens.text, ratio))
    assert drawn is not None
    assert drawn.is_final
    assert drawn.image.width() == round(drawn.width * ratio)
    assert drawn.image.height() == math.ceil(drawn.height * ratio)
    places = product(range(drawn.image.width()), range(drawn.image.height()))
    inks = {drawn.image.pixelColor(x, y).name() for x, y in places if drawn.image.pixelColor(x, y).alpha() == 255}
    assert inks == {tokens.text.lower()}


@pytest.mark.usefixtures("theme")
def test_far_below_the_line_there_is_as_much_room_as_letters_need() -> None:
    for below in (0.1, 3, 9.5, 40):
        size = next(size for size in range(1, 400) if descent(size) >= below)
        assert below <= descent(size) < below + 0.5


def test_only_so_many_pictures_are_kept(host: Host, qtbot: QtBot) -> None:
    wanted = formula("$x$")
    host.formulas.draw(wanted, LOOK)
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)
    for size in range(200, 400):
        host.formulas.draw(wanted, Look(size, "#000000", 1))
    assert len(host.formulas._pictures) < 150
    assert host.formulas._pixels == sum(
        drawn.image.width() * drawn.image.height() for drawn in host.formulas._pictures.values()
    )


def test_who_has_left_the_screen_does_not_ask_for_room(row: ProseRow, qtbot: QtBot) -> None:
    told: list[QWidget] = []
    row._host.resized.connect(told.append)
    show(row, r"$\alpha_{91}$")
    row.let_go()
    qtbot.waitUntil(lambda: not row._host.formulas.is_waiting, timeout=20_000)
    assert told == []


def test_where_nothing_can_be_drawn_tex_is_shown_and_asked_for_no_more(
    row: ProseRow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "app.core.typeset", None)  # as where a library is missing
    draw(row, r"$\beta_{17}$ and $\beta_{18}$", qtbot)
    assert row.document().toRawText() == r"$\beta_{17}$ and $\beta_{18}$"
    monkeypatch.undo()
    draw(row, r"$\beta_{19}$", qtbot)
    assert row.document().toRawText() == "￼"


def test_warming_up_is_heard_by_nobody(theme: Theme, qtbot: QtBot) -> None:
    formulas = FormulaPictures(theme)
    with qtbot.assertNotEmitted(formulas.drawn):
        formulas.warm()
        formulas._thread.shutdown(wait=True)
    assert not formulas.is_waiting
    destroy(formulas)


def across(row: ProseRow, position: int) -> float:
    """Pixels from the left to a position in the first block."""
    cursor = QTextCursor(row.document())
    cursor.setPosition(position)
    return row.cursorRect(cursor).center().x()


def lowest(image: QImage, left: int, right: int) -> int:
    """The pixel below the lowest dark one between two columns."""
    rows = [y for y in range(image.height()) for x in range(left, right) if image.pixelColor(x, y).lightness() < 120]
    return max(rows) + 1
