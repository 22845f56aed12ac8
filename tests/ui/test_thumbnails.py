"""The strip of attached pictures: real files through a real draft, mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFontMetrics, QKeyEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Aim, DraftPicture, Source
from app.conversation.chat import Tools
from app.conversation.desk import Desk
from app.conversation.draft import Draft
from app.core.cuts import Box, Cut, Preset, cuts
from app.core.fit import Size, Tier
from app.core.message import ImageBlock
from app.ui import picture_facts
from app.ui.theme import HIT, LIGHT, TILE, Theme
from app.ui.thumbnails import Thumbnails
from app.ui.tile import fitting
from tests.conftest import destroy

Write = Callable[..., Path]
MOVES: Final = ("Move left", "Move right")
STANDARD: Final = Tier(max_edge=1_568, max_tokens=1_568)


@pytest.fixture
def draft(desk: Desk) -> Draft:
    return desk.current.draft


@pytest.fixture
def strip(qtbot: QtBot, theme: Theme, desk: Desk) -> Thumbnails:
    strip = Thumbnails(theme)
    qtbot.addWidget(strip)
    strip.resize(780, 400)
    strip.show()
    strip.set_chat(desk.current)
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
    """A point of the picture that is neither cross nor badge."""
    return strip._tiles.tile(strip.visualRect(strip.model().index(row, 0))).center() - QPoint(0, 10)


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


def test_a_click_opens_the_picture_and_a_double_click_opens_it_once(strip: Thumbnails, three: Draft) -> None:
    opened: list[int] = []
    strip.picture_opened.connect(opened.append)
    pane, left = strip.viewport(), Qt.MouseButton.LeftButton
    QTest.mouseClick(pane, left, pos=center(strip, 2))
    assert opened == [2]
    QTest.mouseDClick(pane, left, pos=center(strip, 2))
    QTest.mouseRelease(pane, left, pos=center(strip, 2))
    assert opened == [2]
    assert len(names(three)) == 3


@pytest.mark.usefixtures("three")
def test_a_click_leaves_the_focus_and_one_with_ctrl_selects(strip: Thumbnails) -> None:
    strip.clearFocus()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=center(strip, 1))
    assert not strip.hasFocus()
    opened: list[int] = []
    strip.picture_opened.connect(opened.append)
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, center(strip, 2))
    assert (strip.hasFocus(), strip.currentIndex().row(), opened) == (True, 2, [])


@pytest.mark.usefixtures("three")
def test_what_is_typed_here_is_left_to_the_message(strip: Thumbnails) -> None:
    strip.setFocus()
    for letter in "hg":
        event = QKeyEvent(QEvent.Type.KeyPress, ord(letter.upper()), Qt.KeyboardModifier.NoModifier, letter)
        QApplication.sendEvent(strip, event)
        assert not event.isAccepted()
    assert strip.currentIndex().row() == 0


@pytest.fixture
def rows(qtbot: QtBot, draft: Draft, strip: Thumbnails, picture: Write) -> Draft:
    """Three rows of pictures, of which one is seen."""
    sizes = [(60 + 10 * number, 40) for number in range(11)]
    draft.attach(Source(path=str(picture(f"{number}.png", size=size))) for number, size in enumerate(sizes, 1))
    strip.set_height_limit(strip._tiles.cell.height())
    qtbot.waitUntil(lambda: draft.ready and strip.verticalScrollBar().maximum() > 0)
    return draft


def test_the_cross_of_a_picture_that_was_scrolled_to_removes_that_picture(strip: Thumbnails, rows: Draft) -> None:
    strip.clearFocus()
    strip.setCurrentIndex(QModelIndex())
    bar = strip.verticalScrollBar()
    bar.setValue(bar.maximum())
    pane, place = strip.viewport(), cross(strip, 10)
    assert pane.rect().contains(place)
    strip.setFocus(Qt.FocusReason.MouseFocusReason)
    assert bar.value() == bar.maximum()
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=place)
    assert names(rows) == [f"{number}.png" for number in range(1, 11)]


def test_a_picture_moved_by_keys_stays_in_sight(strip: Thumbnails, rows: Draft) -> None:
    strip.setCurrentIndex(strip.model().index(4, 0))
    assert strip.viewport().rect().contains(center(strip, 4))
    QTest.keyClick(strip, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert names(rows)[3] == "5.png"
    assert strip.viewport().rect().contains(center(strip, 3))


def test_a_picture_held_at_the_edge_scrolls_the_strip(qtbot: QtBot, strip: Thumbnails, rows: Draft) -> None:
    pane, left, bar = strip.viewport(), Qt.MouseButton.LeftButton, strip.verticalScrollBar()
    QTest.mousePress(pane, left, pos=center(strip, 0))
    below = QPoint(center(strip, 0).x() + 40, pane.height() + 10)
    QTest.mouseMove(pane, below)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    assert not strip.grab().toImage().isNull()
    QTest.mouseRelease(pane, left, pos=below)
    assert names(rows).index("1.png") == 8
    assert pane.rect().contains(center(strip, 8))


def test_a_picture_put_down_far_from_the_strip_stays_where_it_was(strip: Thumbnails, rows: Draft) -> None:
    pane, left = strip.viewport(), Qt.MouseButton.LeftButton
    before = names(rows)
    QTest.mousePress(pane, left, pos=center(strip, 2))
    QTest.mouseMove(pane, QPoint(10, -200))
    QTest.mouseRelease(pane, left, pos=QPoint(10, -200))
    assert names(rows) == before


def test_behind_the_last_picture_of_a_line_is_before_the_first_of_the_next(strip: Thumbnails, rows: Draft) -> None:
    in_line = sum(strip.visualRect(strip.model().index(row, 0)).top() == 0 for row in range(11))
    QTest.mousePress(strip.viewport(), Qt.MouseButton.LeftButton, pos=center(strip, 0))
    end = QPoint(strip.viewport().width() - 2, center(strip, 0).y())
    assert not strip.indexAt(end).isValid()
    QTest.mouseMove(strip.viewport(), end)
    QTest.mouseRelease(strip.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert names(rows).index("1.png") == in_line - 1


def test_the_menu_removes_all(strip: Thumbnails, three: Draft) -> None:
    strip._open_menu(QPoint(0, 0), 0)
    menu = strip.findChild(QMenu)
    assert isinstance(menu, QMenu)
    by_name = {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}
    assert list(by_name) == ["Open", "Details", "Auto · 640×400", *MOVES, "Remove", "Remove all"]
    assert (by_name["Move left"].isEnabled(), by_name["Move right"].isEnabled()) == (False, True)
    by_name["Move right"].trigger()
    assert names(three) == ["green.png", "red.png", "blue.png"]
    removed: list[int] = []
    strip.removed.connect(removed.append)
    by_name["Remove all"].trigger()
    menu.close()
    assert removed == [3]
    assert not strip.isVisible()
    assert three.can_undo


def presets(strip: Thumbnails) -> dict[str, QAction]:
    """The entries of the open menu by what stands before their prices."""
    menu = [menu for menu in strip.findChildren(QMenu) if menu.isVisible()][-1]
    return {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}


@pytest.fixture
def large(qtbot: QtBot, draft: Draft, strip: Thumbnails, picture: Write) -> Draft:
    draft.attach([Source(path=str(picture("large.png", size=(3840, 2160))))])
    qtbot.waitUntil(lambda: draft.ready)
    assert strip.isVisible()
    return draft


def badge(strip: Thumbnails, row: int) -> QRect:
    index = strip.model().index(row, 0)
    return strip._tiles.badge(strip.visualRect(index), index)


@pytest.mark.parametrize("by", ["key", "click"])
def test_the_ways_to_send_a_picture_stand_side_by_side(strip: Thumbnails, large: Draft, by: str) -> None:
    strip.setCurrentIndex(strip.model().index(0, 0))
    if by == "key":
        QTest.keyClick(strip, Qt.Key.Key_P)
    else:
        assert badge(strip, 0).height() >= HIT
        QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=badge(strip, 0).center())
    ways, parts = presets(strip), len(large.pictures[0].offers[-1].cuts)
    tiles = f"Tiles · 1456×819 + {parts - 1} tiles"
    assert list(ways) == ["Cheap · 1456×819", "Auto · 2576×1449", tiles, "Mark a region…"]
    assert [name for name, action in ways.items() if action.isChecked()] == ["Auto · 2576×1449"]
    assert "4,784 tok · $0.01" in ways["Auto · 2576×1449"].text()
    ways["Cheap · 1456×819"].trigger()
    assert large.pictures[0].preset == "cheap"
    strip.findChildren(QMenu)[0].close()


def test_prices_in_the_menu_are_those_the_badge_will_have(qtbot: QtBot, strip: Thumbnails, large: Draft) -> None:
    strip.open_presets(0)
    promised = {name.partition(" ")[0]: action.text().partition("\t")[2] for name, action in presets(strip).items()}
    strip.findChildren(QMenu)[0].close()
    for row, preset in (("Cheap", "cheap"), ("Tiles", "tiles"), ("Auto", "auto")):
        large.set_preset(0, cast("Preset", preset))
        qtbot.waitUntil(lambda: large.ready)
        cost = large.index(0).data(Draft.NextCostRole)
        assert picture_facts.badge(large.pictures[0], cost) == promised[row].strip("\N{FIGURE SPACE}")


def test_figures_of_one_kind_stand_below_each_other(
    qtbot: QtBot, strip: Thumbnails, draft: Draft, picture: Callable[..., Path]
) -> None:
    draft.attach([Source(path=str(picture("wide.png", size=(4000, 900))))])  # of hundreds, and of thousands of tokens
    qtbot.waitUntil(lambda: draft.ready)
    strip.open_presets(0)
    (menu,) = strip.findChildren(QMenu)
    told = [action.text().partition("\t")[2] for action in presets(strip).values() if "\t" in action.text()]
    assert {len(words.strip().partition(" ")[0]) for words in told} == {3, 5}
    metrics = menu.fontMetrics()
    ends = [metrics.horizontalAdvance(words.partition(" tok")[0]) for words in told]
    assert max(ends) - min(ends) <= 1
    menu.close()


def test_the_mark_of_the_way_chosen_grows_with_the_text(strip: Thumbnails, large: Draft, tools: Tools) -> None:
    assert large.pictures[0].preset == "auto"
    marked = []
    for percent in (100, 150):
        tools.preferences.update(text_size=percent)
        strip.open_presets(0)
        (menu,) = strip.findChildren(QMenu)
        shot = menu.grab().toImage()
        pixels = (shot.pixelColor(x, y) for x in range(30) for y in range(shot.height()))
        marked.append(sum(colour == QColor(LIGHT.accent) for colour in pixels))
        menu.close()
        destroy(menu)
    assert marked[0] > 30
    assert marked[1] > 2 * marked[0]


def test_a_region_is_left_to_the_viewer(qtbot: QtBot, strip: Thumbnails, large: Draft) -> None:
    strip.open_presets(0)
    with qtbot.waitSignal(strip.region_wanted) as caught:
        presets(strip)["Mark a region…"].trigger()
    assert caught.args == [0]
    assert large.pictures[0].preset == "auto"
    strip.findChildren(QMenu)[0].close()


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
        words = QFontMetrics(badge._caption).horizontalAdvance("4,784 tok · $0.0120")
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
    strip.set_height_limit(380)
    assert strip.height() == 2 * strip._tiles.cell.height()
    assert strip.verticalScrollBar().maximum() > 380
    strip.set_height_limit(100)
    assert strip.height() == 100
    strip.set_height_limit(10)
    assert strip.height() == HIT
    qtbot.waitUntil(lambda: not draft.pictures, timeout=20_000)
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
    assert picture_facts.badge(SQUARE, Decimal("0.00382")) == "1,296 tok · $0.0038"
    assert picture_facts.badge(SQUARE, None) == "1,296 tok · –"


def test_the_size_line_says_what_becomes_of_the_picture() -> None:
    assert picture_facts.size_line(SHRUNK) == "3840×2160 → 2576×1449"
    assert picture_facts.size_line(SQUARE) == "1000×1000"


def block(**facts: Any) -> ImageBlock:
    usual: dict[str, Any] = {
        "number": 1,
        "name": "",
        "sent": "",
        "media_type": "image/jpeg",
        "width": 1659,
        "height": 2212,
    }
    rest: dict[str, Any] = {"sent_bytes": 9, "tokens": 9, "original": "", "original_width": 0, "original_height": 0}
    return ImageBlock(**usual | rest | {"original_bytes": 9, "original_format": ""} | facts)


@pytest.mark.parametrize(
    ("format_", "notes", "media_type", "told"),
    [
        ("HEIC", ("turned", "resized", "reencoded"), "image/jpeg", "HEIC → JPEG · turned upright"),
        ("GIF", ("first_frame",), "image/gif", "first frame only"),
        ("TIFF", ("flattened", "srgb"), "image/webp", "TIFF → WebP · transparency filled · to sRGB"),
        ("TIFF", ("flattened", "on_black"), "image/webp", "TIFF → WebP · transparency filled with black"),
        ("PNG", ("eight_bits",), "image/png", "16 → 8 bits per channel"),
        ("SVG", ("drawn", "reencoded"), "image/png", "drawn from SVG"),
        ("PDF", ("drawn",), "image/webp", "drawn from PDF"),
        ("JPEG", ("resized",), "image/jpeg", ""),
    ],
)
def test_a_line_says_what_was_done(format_: str, notes: tuple[str, ...], media_type: str, told: str) -> None:
    images = (block(notes=notes, media_type=media_type),)
    assert picture_facts.note_line(replace(SHRUNK, format=format_, images=images, state="ready")) == told


def test_what_was_made_anew_says_so() -> None:
    done = picture_facts.done("JPEG", ("resized", "reencoded", "refitted"), "image/jpeg")
    assert done[0] == "Made anew from the original"


def test_what_was_drawn_was_not_made_smaller() -> None:
    done = picture_facts.done("PDF", ("drawn", "resized", "flattened", "on_white", "reencoded"), "image/webp")
    assert done[:2] == ["Drawn from PDF", "Transparency filled with white"]


def test_two_names_are_joined_and_more_are_counted() -> None:
    assert picture_facts.listed(["a.png"]) == "a.png"
    assert picture_facts.listed(["a%2.png", "b%1.png"]) == "a%2.png and b%1.png"
    assert picture_facts.listed(["a.png", "b.png", "c.png"]) == "a.png, b.png and 1 more"


def test_the_size_line_names_the_parts() -> None:
    whole, region = Size(3840, 2160), Box(2900, 900, 600, 400)
    tiled = replace(SHRUNK, aim=Aim(cuts(whole, "tiles", STANDARD), 1))
    assert picture_facts.size_line(tiled).startswith("overview + ")
    marked = replace(SHRUNK, aim=Aim(cuts(whole, "region", STANDARD, region=region), 1))
    assert picture_facts.size_line(marked) == "overview + region, right"
    assert "overview + region, right" in picture_facts.spoken(2, marked, None)


def test_the_same_picture_says_so_and_costs_nothing() -> None:
    same = replace(SHRUNK, same_as=1, tokens=0)
    assert picture_facts.size_line(same) == "same picture as Image 1"
    assert picture_facts.badge(same, None) == "0 tok"
    told = "same picture as Image 1, a sentence goes instead"
    assert picture_facts.spoken(2, same, None) == f"Picture 2, q4.png, {told}"


def test_an_unseen_link_has_no_size_and_at_most_a_price() -> None:
    link = DraftPicture(3, "roof.jpg", "ready", tokens=4784, source=Source(url="https://a.example/roof.jpg"))
    assert picture_facts.size_line(link) == "link, size unknown"
    assert picture_facts.badge(link, Decimal("0.012")) == "≤ 4,784 tok · $0.0120"
    assert dict(picture_facts.details(link, None))["Tokens"] == "at most 4,784"


def test_a_note_costs_no_digit_of_the_numbers(theme: Theme) -> None:
    metrics, numbers = QFontMetrics(theme.font("caption")), "3000×4000 → 1659×2212"
    whole = f"{numbers} · first frame only · turned upright"
    room = metrics.horizontalAdvance(numbers) + 2
    assert fitting(numbers, metrics, room) == numbers
    assert fitting(whole, metrics, room + 20) == f"{numbers} +2"
    assert fitting(whole, metrics, metrics.horizontalAdvance(whole) - 1) == f"{numbers} · first frame only +1"
    assert fitting(whole, metrics, metrics.horizontalAdvance(whole)) == whole
    assert fitting(whole, metrics, 40).endswith("…")


def test_what_was_done_to_a_photo_of_a_phone_fits_under_its_tile(theme: Theme) -> None:
    images = (block(notes=("turned", "resized", "reencoded")),)
    photo = replace(SHRUNK, format="HEIC", images=images, state="ready")
    short = picture_facts.note_line(photo, short=True)
    assert short == "HEIC → JPEG · upright"
    metrics = QFontMetrics(theme.font("caption"))
    assert fitting(short, metrics, theme.grown(TILE.width())) == short


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
    assert tokens == "exact 1296 · guide's rule of thumb ≈ 1334"


def test_a_file_name_is_no_markup_in_a_tooltip() -> None:
    assert "&lt;img src=x&gt;" in picture_facts.tooltip(SQUARE, None)


def test_a_name_cannot_hide_its_ending_and_a_nameless_picture_has_one() -> None:
    assert picture_facts.shown_name("invoice\u202egnp.exe\n") == "invoicegnp.exe"
    assert picture_facts.shown_name("") == picture_facts.shown_title("", 2) == "Pasted picture"
    assert picture_facts.shown_title(" ", 0) == "Untitled chat"
