"""Links in answers: whatever Markdown is made of, none that is left leads to anything but pages, mail and pictures."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.blocks import Block
from app.ui.transcript.content import Prose, Table
from app.ui.transcript.host import Host
from app.ui.transcript.markup import safe_link
from app.ui.transcript.picture_names import PICTURE_MEANT
from app.ui.transcript.prose_row import ProseRow
from app.ui.transcript.table_row import TableRow
from app.ui.transcript.text import SafeTextView
from tests.conftest import destroy

_WORDS: Final = ["$x$", "$\\frac{1$", "word", "`code`", "**b**", "Image 2", "![$y$](file:///etc/passwd)", r"\(z\)", ""]
_TARGETS: Final = [
    *("javascript:alert(1)", "file:///etc/passwd", "picture:2", "picture:abc", "picture:99", "data:text/html,x"),
    *("https://good.example", "mailto:a@b.example", "mailto:a@b.example?attach=/etc/passwd", "$x$", "https://", "//x"),
]
_PIECES: Final = st.one_of(
    st.builds("[{}]({})".format, st.sampled_from(_WORDS), st.sampled_from(_TARGETS)),
    st.builds("[{}][d]".format, st.sampled_from(_WORDS)),
    st.builds("<{}>".format, st.sampled_from(_TARGETS)),
    st.sampled_from([*_WORDS, *_TARGETS, " ", "\n\n", "\\\n", "- [ ] ", "> ", "# ", "*", "[", "](", ")"]),
)
_TEXTS: Final = st.lists(_PIECES, min_size=1, max_size=10).map("".join)


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    return page


def links(document: QTextDocument) -> list[tuple[str, int]]:
    """The addresses in a document, each with the number of the picture it means, or 0."""
    found = []
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            form = fragments.fragment().charFormat()
            if form.isAnchor() or form.anchorHref():
                found.append((form.anchorHref(), form.intProperty(PICTURE_MEANT)))
            fragments += 1
        block = block.next()
    return found


def is_safe(address: str, picture: int) -> bool:
    return 0 < picture <= 2 and address == f"picture:{picture}" if picture else safe_link(address) is not None


def check(view: SafeTextView, told: list[object]) -> None:
    """Every link is safe, and one of another kind that is followed all the same does nothing."""
    assert all(is_safe(*link) for link in links(view.document())), links(view.document())
    rich = view.rich_between(0).lower()
    assert not any(f'href="{scheme}:' in rich for scheme in ("javascript", "file", "picture", "data"))
    told.clear()
    for target in ("javascript:alert(1)", "file:///etc/passwd", "picture:abc", "picture:99"):
        view.anchorClicked.emit(QUrl(target))
        view.highlighted.emit(QUrl(target))
    assert told == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TEXTS, target=st.sampled_from(_TARGETS))
def test_every_link_is_safe_before_and_after_its_formula_is_drawn(
    host: Host, page: QWidget, qtbot: QtBot, text: str, target: str
) -> None:
    told: list[object] = []
    host.link_opened.connect(told.append)
    host.picture_named.connect(told.append)
    prose, table = ProseRow(host, page), TableRow(host, page)
    prose.show_content(Prose(Block("prose", text), definitions=f"[d]: {target}", pictures=2))
    cell = text.replace("\n", " ").replace("|", " ")
    for first in (True, False):
        block = Block("table", f"| {cell} | b |\n|---|---|\n| c | {cell} |", first=first)
        table.show_content(Table(block, definitions=f"[d]: {target}", pictures=2))
        check(table.view, told)
    check(prose, told)
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)
    check(prose, told)
    check(table.view, told)
    for row in (prose, table):
        destroy(row)


@pytest.mark.parametrize("target", ["javascript:alert(1)", "picture:abc", "picture:2", "file:///etc/passwd"])
def test_a_formula_leads_nowhere_it_must_not(host: Host, page: QWidget, qtbot: QtBot, target: str) -> None:
    row = ProseRow(host, page)
    row.show_content(Prose(Block("prose", f"[$x$]({target})"), pictures=2))
    assert links(row.document()) == []
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)
    assert links(row.document()) == []


def test_a_formula_leads_where_it_may(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = ProseRow(host, page)
    row.show_content(Prose(Block("prose", "[$x$](https://good.example)")))
    qtbot.waitUntil(lambda: not host.formulas.is_waiting, timeout=20_000)
    assert links(row.document()) == [("https://good.example", 0)]


def test_only_a_link_of_ours_shows_a_picture(host: Host, page: QWidget, qtbot: QtBot) -> None:
    row = ProseRow(host, page)
    row.show_content(Prose(Block("prose", "[here](picture:1) Image 2"), pictures=2))
    assert links(row.document()) == [("picture:2", 2)]
    with qtbot.assertNotEmitted(host.picture_named):
        row.anchorClicked.emit(QUrl("picture:1"))
    with qtbot.waitSignal(host.picture_named) as named:
        row.anchorClicked.emit(QUrl("picture:2"))
    assert named.args == [2]
