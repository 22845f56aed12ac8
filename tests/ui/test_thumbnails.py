"""The strip of attached pictures: real files through a real draft, mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Aim, DraftPicture, Source
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.draft import Draft
from app.core.cuts import Cut
from app.core.fit import Size
from app.ui import picture_facts
from app.ui.theme import HIT, Theme
from app.ui.thumbnails import Thumbnails
from app.ui.tile import fitting

Write = Callable[..., Path]


@pytest.fixture
def draft(desk: Desk) -> Draft:
    return desk.current.draft


@pytest.fixture
def strip(qtbot: QtBot, theme: Theme, draft: Draft) -> Thumbnails:
    strip = Thumbnails(theme)
    qtbot.addWidget(strip)
    strip.resize(780, 400)
    strip.show()
    strip.set_draft(draft)
    return strip


@pytest.fixture
def three(qtbot: QtBot, draft: Draft, strip: Thumbnails, picture: Write) -> Draft:
    draft.attach(Source(path=str(picture(f"{color}.png", color=color))) for color in ("red", "green", "blue"))
    qtbot.waitUntil(lambda: draft.ready)
    assert strip.isVisible()
    return draft


def names(draft: Draft) -> list[str]:
    return [picture.name for picture in draft.pictures]


def center(strip: Thumbnails, row: int) -> QPoint:
    return strip.visualRect(strip.model().index(row, 0)).center()


def cross(strip: Thumbnails, row: int) -> QPoint:
    area = strip._tiles.cross(strip.visualRect(strip.model().index(row, 0)))
    assert min(area.width(), area.height()) >= HIT
    return area.center()


def test_an_empty_strip_takes_no_room(strip: Thumbnails) -> None:
    assert not strip.isVisible()


@pytest.mark.usefixtures("three")
def test_a_picture_stands_in_its_colours_under_number_and_badge(strip: Thumbnails) -> None:
    image = strip.grab().toImage()
    tile = strip._tiles.tile(strip.visualRect(strip.model().index(1, 0)))
    seen = image.pixelColor((tile.center() + QPoint(30, -30)) * image.devicePixelRatio())
    assert abs(seen.green() - QColor("green").green()) < 12
    assert seen.red() < 12
    badge = image.pixelColor(QPoint(tile.left() + 12, tile.bottom() - 10) * image.devicePixelRatio())
    assert badge == QColor(strip._theme.tokens.badge)


@pytest.mark.usefixtures("three")
def test_a_screen_reader_hears_name_size_tokens_and_price(strip: Thumbnails) -> None:
    text = strip.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "Picture 1, red.png, 640 by 400, 345 tokens, $0.00086"


def test_the_cross_removes_and_undo_brings_back(strip: Thumbnails, three: Draft) -> None:
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=cross(strip, 1))
    assert names(three) == ["red.png", "blue.png"]
    QTest.keyClick(strip, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(three) == ["red.png", "green.png", "blue.png"]


def test_a_press_that_leaves_the_cross_removes_nothing(strip: Thumbnails, three: Draft) -> None:
    QTest.mousePress(strip.viewport(), Qt.MouseButton.LeftButton, pos=cross(strip, 1))
    QTest.mouseRelease(strip.viewport(), Qt.MouseButton.LeftButton, pos=center(strip, 1))
    assert len(names(three)) == 3


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_keys_remove_the_current_picture(strip: Thumbnails, three: Draft, key: Qt.Key) -> None:
    strip.setCurrentIndex(strip.model().index(2, 0))
    QTest.keyClick(strip, key)
    assert names(three) == ["red.png", "green.png"]
    assert strip.currentIndex().row() == 1


def test_alt_and_arrows_move_the_current_picture(strip: Thumbnails, three: Draft) -> None:
    strip.setCurrentIndex(strip.model().index(0, 0))
    alt = Qt.KeyboardModifier.AltModifier
    QTest.keyClick(strip, Qt.Key.Key_Right, alt)
    QTest.keyClick(strip, Qt.Key.Key_Right, alt)
    QTest.keyClick(strip, Qt.Key.Key_Right, alt)
    assert names(three) == ["green.png", "blue.png", "red.png"]
    QTest.keyClick(strip, Qt.Key.Key_Left, alt)
    assert names(three) == ["green.png", "red.png", "blue.png"]


@pytest.mark.parametrize(
    ("row", "to", "order"),
    [
        (0, 2, ["green.png", "blue.png", "red.png"]),
        (2, 0, ["blue.png", "red.png", "green.png"]),
        (1, 1, ["red.png", "green.png", "blue.png"]),
    ],
)
def test_dragging_sorts(strip: Thumbnails, three: Draft, row: int, to: int, order: list[str]) -> None:
    beyond = QPoint(40 if to > row else -40 if to < row else 20, 0)
    left, pane = Qt.MouseButton.LeftButton, strip.viewport()
    QTest.mousePress(pane, left, pos=center(strip, row))
    QTest.mouseMove(pane, center(strip, row) + QPoint(15, 0))
    QTest.mouseMove(pane, center(strip, to) + beyond)
    strip.grab()
    QTest.mouseRelease(pane, left, pos=center(strip, to) + beyond)
    assert names(three) == order


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_a_key_opens_the_picture(qtbot: QtBot, strip: Thumbnails, three: Draft, key: Qt.Key) -> None:
    strip.setCurrentIndex(strip.model().index(1, 0))
    with qtbot.waitSignal(strip.picture_opened) as caught:
        QTest.keyClick(strip, key)
    assert caught.args == [1]
    assert len(names(three)) == 3


def test_a_double_click_opens_the_picture(qtbot: QtBot, strip: Thumbnails, three: Draft) -> None:
    with qtbot.waitSignal(strip.picture_opened) as caught:
        QTest.mouseDClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=center(strip, 2))
    assert caught.args == [2]
    assert len(names(three)) == 3


def test_the_menu_removes_all(strip: Thumbnails, three: Draft) -> None:
    strip._open_menu(QPoint(0, 0), 0)
    menu = strip.findChild(QMenu)
    assert isinstance(menu, QMenu)
    by_name = {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}
    assert list(by_name) == ["Open", "Details", "Remove", "Remove all"]
    by_name["Remove all"].trigger()
    menu.close()
    assert not strip.isVisible()
    assert three.can_undo


def test_details_open_beside_the_work(strip: Thumbnails, three: Draft) -> None:
    strip.show_details(0)
    dialog = strip.findChild(picture_facts.PictureDetails)
    assert isinstance(dialog, picture_facts.PictureDetails)
    assert dialog.isVisible()
    assert not dialog.isModal()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert len(names(three)) == 3


@pytest.mark.usefixtures("three")
def test_a_picture_ends_at_the_round_line_around_it(strip: Thumbnails, tools: Tools) -> None:
    tools.preferences.update(theme="dark")
    image = strip.grab().toImage()
    corner = strip._tiles.tile(strip.visualRect(strip.model().index(1, 0))).topLeft()
    outside = {image.pixelColor(corner + QPoint(x, 0)).name() for x in range(4)}
    assert outside == {image.pixelColor(corner + QPoint(-1, -1)).name()}


@pytest.mark.usefixtures("three")
def test_tiles_stand_twelve_pixels_apart_and_grow_with_the_text(strip: Thumbnails, tools: Tools) -> None:
    def first_two() -> list[QRect]:
        return [strip._tiles.tile(strip.visualRect(strip.model().index(row, 0))) for row in (0, 1)]

    for percent, size in ((100, QSize(168, 100)), (150, QSize(252, 150))):
        tools.preferences.update(text_size=percent)
        QApplication.processEvents()
        one, two = first_two()
        assert one.size() == size
        assert two.left() - one.right() - 1 == 12
        badge = strip._tiles._painter
        words = QFontMetrics(badge._caption).horizontalAdvance(picture_facts.badge(4784, Decimal("0.012")))
        assert words < size.width() - 24


def test_a_change_of_one_picture_paints_that_one_alone(qtbot: QtBot, strip: Thumbnails, three: Draft) -> None:
    painted: list[QRect] = []

    class Watch(QObject):
        def eventFilter(self, _: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                painted.append(event.rect())
            return False

    watch = Watch()
    QApplication.processEvents()
    strip.viewport().installEventFilter(watch)
    three.dataChanged.emit(three.index(1), three.index(1))
    qtbot.waitUntil(lambda: bool(painted))
    assert painted == [strip.visualRect(strip.model().index(1, 0))]


def test_many_pictures_scroll_within_the_limit(qtbot: QtBot, strip: Thumbnails, draft: Draft) -> None:
    draft.attach(Source(path=f"/nowhere/{n}.png") for n in range(500))
    strip.set_height_limit(320)
    assert strip.height() == 2 * strip._tiles.cell.height()
    assert strip.verticalScrollBar().maximum() > 320
    strip.set_height_limit(100)
    assert strip.height() == 100
    strip.set_height_limit(10)
    assert strip.height() == HIT
    qtbot.waitUntil(lambda: not draft.pictures)
    assert not strip.isVisible()


def test_a_slow_picture_says_so_only_after_a_while(qtbot: QtBot, strip: Thumbnails, draft: Draft) -> None:
    draft.attach([Source(path="/nowhere/slow.png")])
    key = draft.pictures[0].key
    assert key not in strip._tiles.slow
    strip._patience.timeout.emit()
    assert key in strip._tiles.slow
    strip.grab()
    qtbot.waitUntil(lambda: not draft.pictures)


# --- words ----------------------------------------------------------------------------------------


def aimed(width: int, height: int) -> Aim:
    return Aim((Cut("whole", Size(width, height)),), 7_400_000)


SHRUNK = DraftPicture(1, "q4.png", "measured", 3840, 2160, aimed(2576, 1449), 4784, "PNG", file_bytes=1_200_000)
SQUARE = DraftPicture(2, "<img src=x>", "measured", 1000, 1000, aimed(1000, 1000), 1296, "JPEG", file_bytes=900)


def test_a_badge_reads_tokens_and_price_or_a_dash() -> None:
    assert picture_facts.badge(691, Decimal("0.00382")) == "691 tok · $0.0038"
    assert picture_facts.badge(691, None) == "691 tok · –"


def test_the_size_line_says_what_becomes_of_the_picture() -> None:
    assert picture_facts.size_line(SHRUNK) == "3840×2160 → 2576×1449"
    assert picture_facts.size_line(SQUARE) == "1000×1000"


def test_a_note_costs_no_digit_of_the_numbers(theme: Theme) -> None:
    metrics, numbers = QFontMetrics(theme.font("caption")), "3000×4000 → 1659×2212"
    whole = f"{numbers} · first frame only · turned upright"
    room = metrics.horizontalAdvance(numbers) + 2
    assert fitting(whole, metrics, room) == numbers
    assert fitting(whole, metrics, metrics.horizontalAdvance(whole) - 1) == f"{numbers} · first frame only"
    assert fitting(whole, metrics, metrics.horizontalAdvance(whole)) == whole
    assert fitting(whole, metrics, 40).endswith("…")


def test_a_name_reads_from_its_own_side_as_in_its_tooltip(
    qtbot: QtBot, strip: Thumbnails, draft: Draft, picture: Write
) -> None:
    draft.attach([Source(path=str(picture("صورة.png")))])
    qtbot.waitUntil(lambda: draft.ready)
    image = strip.grab().toImage()
    tile = strip._tiles.tile(strip.visualRect(strip.model().index(0, 0)))
    y = range(tile.bottom() + 6, tile.bottom() + 20)
    ground = image.pixelColor(tile.left(), tile.bottom() + 12)
    inked = [x for x in range(tile.left(), tile.right() + 1) if any(image.pixelColor(x, at) != ground for at in y)]
    assert min(inked) > tile.center().x()
    assert max(inked) > tile.right() - 4


def test_details_show_the_guides_figure_beside_the_exact_one() -> None:
    tokens = dict(picture_facts.details(SQUARE, None))["Tokens"].replace(",", "")
    assert tokens == "guide's rule of thumb ~1334 · exact 1296"


def test_a_file_name_is_no_markup_in_a_tooltip() -> None:
    assert "&lt;img src=x&gt;" in picture_facts.tooltip(SQUARE, None)


def test_a_name_cannot_hide_its_ending_and_a_nameless_picture_has_one() -> None:
    assert picture_facts.shown_name("invoice\u202egnp.exe\n") == "invoicegnp.exe"
    assert picture_facts.shown_name("") == "Pasted picture"
