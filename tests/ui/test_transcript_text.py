"""The text view: what it shows of hostile Markdown, and what it never does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QTextCursor, QTextDocument, QTextTable
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import DARK, LIGHT, Theme, Tokens
from app.ui.transcript.markup import safe_link, written
from app.ui.transcript.text import SafeTextView


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> SafeTextView:
    view = SafeTextView(theme)
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    return view


@pytest.mark.parametrize(
    "target",
    ["https://example.org/a?b=c", "http://example.org", "HTTPS://EXAMPLE.ORG/", "mailto:someone@example.org?subject=x"],
)
def test_web_pages_and_mail_can_be_followed(target: str) -> None:
    assert safe_link(target) is not None


@pytest.mark.parametrize(
    "target",
    [
        "",
        "page.html",
        "/etc/passwd",
        "file:///etc/passwd",
        "//host/share",
        "javascript:alert(1)",
        "data:text/html,x",
        "smb://host/share",
        "ms-msdt:/id",
        "claude-cli://run",
        "https://",
        "https:///path",
        "http:path",
        "mailto:a@b.c?attach=/etc/passwd",
        "mailto:a@b.c?Attachment=/etc/passwd",
        "qrc:/x",
        "about:blank",
    ],
)
def test_nothing_else_can(target: str) -> None:
    assert safe_link(target) is None


def test_an_address_is_written_so_that_look_alikes_show() -> None:
    assert written(QUrl("https://аpple.com/ä b")) == "https://xn--pple-43d.com/%C3%A4%20b"


def test_links_of_other_kinds_are_plain_text(view: SafeTextView) -> None:
    view.set_markdown("[bad](file:///etc/passwd) [good](https://example.org)")
    assert view.plain == "bad good"
    anchors = [anchor_at(view, i) for i in range(len("bad good"))]
    assert set(anchors[:3]) == {""}
    assert set(anchors[-4:]) == {"https://example.org"}


def test_a_click_on_a_link_tells_its_address_and_loads_nothing(view: SafeTextView, qtbot: QtBot) -> None:
    view.set_markdown("[good](https://example.org/x)")
    with qtbot.waitSignal(view.link_opened) as told:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    assert told.args == ["https://example.org/x"]
    assert view.plain == "good"


def test_pictures_show_as_words_and_html_as_it_is(view: SafeTextView) -> None:
    view.set_markdown("![a chart](https://evil.example/x.png) <img src='/etc/passwd'> <b>bold</b>\n\nafter")
    assert view.plain == ("[a chart https://evil.example/x.png] <img src='/etc/passwd'> <b>bold</b>\nafter")


def test_no_file_is_opened(view: SafeTextView, tmp_path: Path) -> None:
    trap = tmp_path / "trap.png"
    os.mkfifo(trap)  # whoever opens it waits for ever
    for kind in QTextDocument.ResourceType:
        image = view.loadResource(kind.value, QUrl.fromLocalFile(str(trap)))
        assert isinstance(image, QImage)
        assert image.size().width() == 1
    view.set_markdown(f"![x](file://{trap}) ![y]({trap}) <img src='{trap}'>")
    view.grab()


def test_it_is_as_high_as_its_text(view: SafeTextView) -> None:
    view.set_markdown("one")
    one = view.heightForWidth(600)
    view.set_markdown("word " * 200)
    assert view.heightForWidth(600) > 4 * one
    assert view.heightForWidth(300) > view.heightForWidth(600)
    assert view.verticalScrollBar().maximum() == 0


def test_its_height_is_that_of_the_width_asked_for_and_not_of_its_own(qtbot: QtBot, theme: Theme) -> None:
    view = SafeTextView(theme)
    qtbot.addWidget(view)
    view.resize(100, 30)
    view.show()
    view.set_words("A line of words that is far wider than the view is now.")
    assert view.heightForWidth(600) == theme.line("body")
    view.resize(150, 200)
    assert view.document().size().height() > 2 * theme.line("body")  # nor is it left at that width


@pytest.mark.parametrize(
    ("text", "height"),
    [
        ("one", 22),
        ("one\n\ntwo", 2 * 22 + 12),
        ("one\n\n- two\n- three\n\nfour", 4 * 22 + 12 + 4 + 12),
        ("one\n\n> two\n\nthree", 3 * 22 + 2 * 12),
        ("# one", 24),
        ("# one\n\ntwo", 24 + 4 + 22),
        ("| one |\n|---|\n\ntwo", 8 + 6 + 22 + 6 + 1 + 12 + 22),
    ],
)
def test_lines_and_the_room_between_them_have_the_heights_of_the_look(
    view: SafeTextView, text: str, height: int
) -> None:
    view.set_markdown(text)
    assert view.heightForWidth(600) == pytest.approx(height, abs=1)


@pytest.mark.parametrize(("text", "is_bold"), [("_longer_", False), ("__longer__", True), ("*longer*", False)])
def test_underscores_mean_what_asterisks_do(view: SafeTextView, text: str, *, is_bold: bool) -> None:
    view.set_markdown(text)
    form = QTextCursor(view.document().findBlock(1)).charFormat()
    assert (form.fontItalic(), form.fontWeight() > 500, form.fontUnderline()) == (not is_bold, is_bold, False)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_heading_has_the_letters_of_a_heading(view: SafeTextView, theme: Theme, level: int) -> None:
    view.set_markdown("#" * level + " Refunds first")
    view.heightForWidth(600)
    line = view.document().firstBlock().layout().lineAt(0)
    wanted = QFontMetricsF(theme.font("heading", 600)).horizontalAdvance("Refunds first")
    assert line.naturalTextWidth() == pytest.approx(wanted, abs=1)


def test_the_head_of_a_table_is_aligned_as_its_column(view: SafeTextView) -> None:
    view.set_markdown("| a | b | c |\n|:-:|--:|---|\n| 1 | 2 | 3 |")
    (table,) = view.document().rootFrame().childFrames()
    assert isinstance(table, QTextTable)
    head, row = (
        [table.cellAt(row, column).firstCursorPosition().blockFormat().alignment() for column in range(3)]
        for row in range(2)
    )
    assert head == row
    assert len(set(head)) == 3


def test_a_line_runs_along_a_quote_and_a_second_along_a_quote_in_it(view: SafeTextView, theme: Theme) -> None:
    view.set_markdown("before\n\n> one\n>\n> two\n>\n>> three\n\nafter")
    view.resize(600, view.heightForWidth(600))
    shown = view.grab().toImage()

    def edge(x: int) -> list[int]:
        return [y for y in range(shown.height()) if shown.pixelColor(x, y).name() == theme.tokens.line.lower()]

    outer, inner = edge(1), edge(17)
    assert outer == list(range(outer[0], outer[-1] + 1))
    assert 2 * 22 < len(outer) < 5 * 22
    assert 12 < len(inner) < 22
    assert inner[-1] == outer[-1]
    assert edge(3) == []


def test_the_caret_stands_in_the_cell_that_is_being_written(view: SafeTextView) -> None:
    view.set_markdown("| a | b | c |\n|---|---|---|\n| 1 | 22")
    end = view._end()
    assert end.block().text() == "22"
    assert end.atBlockEnd()
    view.set_markdown("| a | b |\n|---|---|\n| 1 | 2 |\n\nafter")
    assert view._end().atEnd()


def test_code_at_the_end_has_room_for_its_box(view: SafeTextView) -> None:
    view.set_markdown("```\none\n```")
    height = view.heightForWidth(600)
    view.resize(600, height)
    ground = view.grab().toImage()
    middle = [ground.pixelColor(300, y).name() for y in range(height)]
    assert len(set(middle[:6])) > 1
    assert len(set(middle[-6:])) > 1


def test_a_table_has_a_line_below_each_row_and_none_between_columns(view: SafeTextView, theme: Theme) -> None:
    view.set_markdown("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |")
    table = view.document().rootFrame().childFrames()[0]
    assert isinstance(table, QTextTable)
    assert (table.rows(), table.columns(), table.format().border()) == (3, 2, 0.0)
    view.resize(600, view.heightForWidth(600))
    shown = view.grab().toImage()
    rows = [y for y in range(shown.height()) if shown.pixelColor(590, y).name() == theme.tokens.line.lower()]
    assert len(rows) == 3
    assert "\ufdd0" not in view.plain


def test_what_is_selected_stays_selected_while_text_comes(view: SafeTextView) -> None:
    view.set_markdown("one two **thr")
    cursor = view.textCursor()
    cursor.setPosition(4)
    cursor.setPosition(7, cursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)
    view.set_markdown("one two **three** four\n\n- five")
    assert view.selected == "two"


def test_copying_gives_plain_text_alone(view: SafeTextView) -> None:
    view.set_markdown("**bold** and `code`")
    view.selectAll()
    data = view.createMimeDataFromSelection()
    assert isinstance(data, QMimeData)
    assert (data.text(), data.hasHtml()) == ("bold and code", False)


def test_a_selection_is_set_from_outside_without_a_word(view: SafeTextView, qtbot: QtBot) -> None:
    view.set_markdown("one two")
    with qtbot.assertNotEmitted(view.selectionChanged), qtbot.assertNotEmitted(view.copyAvailable):
        view.select(7, 4)
        assert (view.selection, view.selected, view.length) == ((7, 4), "two", 7)
        view.clear_selection()
    assert view.selection is None
    view.select(-5, 99)
    assert view.selected == "one two"


def test_a_place_on_the_screen_is_a_position_in_the_text(view: SafeTextView) -> None:
    view.set_markdown("one two")
    end = view.viewport().mapToGlobal(QPoint(590, 10))
    assert view.position_at(view.viewport().mapToGlobal(QPoint(0, 10))) == 0
    assert view.position_at(end) == 7


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_what_was_found_can_be_read(tokens: Tokens) -> None:
    ink = tokens.background if tokens.dark else tokens.text
    assert contrast(tokens.text, tokens.found) > 4.5
    assert contrast(ink, tokens.found_here) > 4.5
    assert contrast(tokens.found, tokens.found_here) > 1.3


def test_what_was_found_stays_marked_while_text_comes_and_is_forgotten_with_it(view: SafeTextView) -> None:
    view.set_markdown("one two one")
    view.mark([(0, 3), (8, 11)], 1)
    view.set_markdown("one two one **three**")
    shown = view.extraSelections()
    assert [(each.cursor.selectionStart(), each.cursor.selectionEnd()) for each in shown] == [(0, 3), (8, 11)]
    assert len({each.format.background().color().name() for each in shown}) == 2
    view.mark(())
    assert view.extraSelections() == []


def test_a_part_of_a_text_is_given_as_it_is_read(view: SafeTextView) -> None:
    view.set_markdown("one **two**\n\n😀 three")
    assert view.plain_between(4) == "two\n😀 three"
    assert view.plain_between(4, 10) == "two\n😀"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "# One\n\ntwo **three** *four* ~~five~~ `six <`",
            "<h1>One</h1><p>two <strong>three</strong> <em>four</em> <s>five</s> <code>six &lt;</code></p>",
        ),
        (
            "- one\n  1. two\n  2. three\n- four",
            "<ul><li>one<ol><li>two</li><li>three</li></ol></li><li>four</li></ul>",
        ),
        ("1. one\n   - two\n2. three", "<ol><li>one<ul><li>two</li></ul></li><li>three</li></ol>"),
        ("5. one\n6. two", '<ol start="5"><li>one</li><li>two</li></ol>'),
        ("- [ ] one\n- [x] two", "<ul><li>☐ one</li><li>☑ two</li></ul>"),
        ("> one\n>\n>> two", "<blockquote><p>one</p><blockquote><p>two</p></blockquote></blockquote>"),
        ("```\na <b>\n  c\n```", "<pre>a &lt;b&gt;\n  c</pre>"),
        ("one\n\n---\n\ntwo", "<p>one</p><hr><p>two</p>"),
        (
            "| a | b |\n|---|---|\n| 1 | **2** |",
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td><strong>2</strong></td></tr></table>",
        ),
        (
            "[a](https://example.org/?x=1&y) [b](file:///etc/passwd)",
            '<p><a href="https://example.org/?x=1&amp;y">a</a> b</p>',
        ),
        (
            "<script>x</script> ![p](https://example.org/p.png)",
            "<p>&lt;script&gt;x&lt;/script&gt; [p https://example.org/p.png]</p>",
        ),
    ],
)
def test_rich_text_has_what_the_words_are_and_no_look(view: SafeTextView, text: str, html: str) -> None:
    view.set_markdown(text)
    assert view.rich_between(0) == html


def test_a_part_of_a_text_is_given_as_rich_text(view: SafeTextView) -> None:
    view.set_markdown("one **two three**\n\n- 😀 four\n- five")
    assert view.rich_between(8, 16) == "<p><strong>three</strong></p><ul><li>😀</li></ul>"


@pytest.mark.parametrize("text", ["**bold**", "# heading", "# **both**", "- *a* **b**"])
def test_nothing_is_heavier_than_the_look_allows(view: SafeTextView, text: str) -> None:
    view.set_markdown(text)
    cursor = QTextCursor(view.document())
    cursor.movePosition(QTextCursor.MoveOperation.End)
    assert cursor.charFormat().fontWeight() == 600


def test_words_in_a_quote_are_in_the_second_colour(view: SafeTextView, theme: Theme) -> None:
    view.set_markdown("> quoted\n\nnot")
    cursor = QTextCursor(view.document())
    cursor.setPosition(3)
    assert cursor.charFormat().foreground().color().name().upper() == theme.tokens.text2
    cursor.setPosition(9)
    assert cursor.charFormat().foreground().style() == Qt.BrushStyle.NoBrush


def test_keys_that_scroll_are_left_to_the_conversation(view: SafeTextView, qtbot: QtBot) -> None:
    pressed: list[int] = []

    class Around(QWidget):
        def keyPressEvent(self, event: object) -> None:
            pressed.append(event.key())  # type: ignore[attr-defined]  # a QKeyEvent

    around = Around()
    qtbot.addWidget(around)
    view.setParent(around)
    around.show()
    for key in (Qt.Key.Key_PageUp, Qt.Key.Key_End, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    view.setParent(None)
    assert pressed == [Qt.Key.Key_PageUp, Qt.Key.Key_End, Qt.Key.Key_Down]


def anchor_at(view: SafeTextView, position: int) -> str:
    cursor = view.textCursor()
    cursor.setPosition(position + 1)
    return cursor.charFormat().anchorHref()


def contrast(one: str, other: str) -> float:
    """WCAG's, of two colours."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in _channels(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _channels(color: str) -> tuple[float, float, float]:
    shown = QColor(color)
    return shown.redF(), shown.greenF(), shown.blueF()
