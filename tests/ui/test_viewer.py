"""The viewer over a real window: real pictures, decoded and looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.gallery import Gallery
from app.core.message import ImageBlock
from app.ui.picture_canvas import PictureCanvas
from app.ui.theme import DARK, LIGHT, Theme
from app.ui.viewer import Viewer
from tests.conftest import destroy, finish

RED = "#c03028"
Show = Callable[..., Viewer]


class Window(QWidget):
    """A window that takes every key nobody else wants, as the main window does for the composer."""

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.typed += event.text()


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    """A window with a field that has the focus."""
    window = Window()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    layout = QVBoxLayout(window)
    layout.addWidget(QLineEdit())
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field(window).setFocus()
    return window


def field(window: QWidget) -> QLineEdit:
    found = window.findChild(QLineEdit)
    assert found is not None
    return found


@pytest.fixture
def images(tools: Tools, picture: Callable[..., Path]) -> list[ImageBlock]:
    """Prepared pictures: one that is made smaller, a small one, a wide one."""
    paths = [
        picture("large.png", (2800, 700), RED),
        picture("small.png", (300, 200), "#2030c0"),
        picture("x" * 200 + ".png", (1000, 500), "#20c030"),
    ]
    chat = Chat.new("claude-sonnet-5-5", tools)
    chat.draft.attach([Source(path=str(path)) for path in paths])
    finish(chat.draft.settled())
    prepared = chat.draft.numbered()
    destroy(chat)
    return prepared


@pytest.fixture
def show(theme: Theme, tools: Tools, gallery: Gallery, window: QWidget, images: list[ImageBlock], qtbot: QtBot) -> Show:
    def show(index: int = 0, shown: list[ImageBlock] | None = None, model: str = "claude-sonnet-5-5") -> Viewer:
        viewer = Viewer(theme, gallery, tools.account.catalog.get(model), window)
        viewer.show_pictures(shown or images, index)
        qtbot.waitUntil(lambda: not canvas(viewer).empty or bool(canvas(viewer).text))
        return viewer

    return show


def canvas(viewer: Viewer) -> PictureCanvas:
    return viewer._canvas


def texts(viewer: Viewer) -> list[str]:
    return [label.text() for label in viewer.findChildren(QLabel) if label.isVisible()]


def fact(viewer: Viewer, caption: str) -> str:
    names = [label.accessibleName() for label in viewer.findChildren(QLabel)]
    return next(name.partition(": ")[2] for name in names if name.startswith(f"{caption}: "))


def button(viewer: Viewer, name: str) -> QPushButton:
    return next(b for b in viewer.findChildren(QPushButton) if b.accessibleName() == name)


def pixel(viewer: Viewer, x: float, y: float) -> str:
    view = canvas(viewer)
    return view.grab().toImage().pixelColor(QPoint(round(x), round(y))).name()


def wheel(view: QWidget, at: QPointF, steps: int) -> None:
    turn = QWheelEvent(
        at,
        at,
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, turn)


def test_a_large_picture_is_shown_whole_in_its_own_colours(show: Show) -> None:
    viewer = show()
    frame, view = canvas(viewer).frame, canvas(viewer)
    assert view.rect().contains(frame.toAlignedRect())
    assert abs(frame.width() / frame.height() - 4) < 0.01
    shown = QColor(pixel(viewer, frame.left() + 10, frame.top() + 10))
    wanted = QColor(RED)
    assert abs(shown.red() - wanted.red()) + abs(shown.green() - wanted.green()) < 12
    assert f"{round(view.zoom * 100)} %" in texts(viewer)


def test_a_small_picture_is_not_enlarged(show: Show) -> None:
    viewer = show(1)
    assert canvas(viewer).zoom == 1
    assert canvas(viewer).frame.size().toSize() == QSize(300, 200)
    assert "100 %" in texts(viewer)


def test_the_viewer_covers_its_window_and_follows_its_size(show: Show, window: QWidget) -> None:
    viewer = show()
    assert viewer.geometry() == window.rect()
    before = canvas(viewer).zoom
    window.resize(800, 500)
    assert viewer.geometry() == window.rect()
    assert canvas(viewer).zoom < before
    assert canvas(viewer).fits


def test_one_and_zero_show_actual_size_and_the_whole(show: Show) -> None:
    viewer = show()
    fitted = canvas(viewer).zoom
    QTest.keyClick(canvas(viewer), Qt.Key.Key_1)
    assert canvas(viewer).zoom == 1
    assert button(viewer, "Actual size").isChecked()
    assert not button(viewer, "Fit to the window").isChecked()
    QTest.keyClick(canvas(viewer), Qt.Key.Key_0)
    assert canvas(viewer).zoom == fitted
    button(viewer, "Actual size").click()
    assert canvas(viewer).zoom == 1
    button(viewer, "Fit to the window").click()
    assert canvas(viewer).zoom == fitted


def test_the_wheel_zooms_where_the_pointer_is(show: Show) -> None:
    viewer = show()
    view = canvas(viewer)
    QTest.keyClick(view, Qt.Key.Key_1)
    at = QPointF(200, 150)
    under = (at - view.frame.topLeft()) / view.zoom
    wheel(view, at, 2)
    assert view.zoom > 1
    moved = (at - view.frame.topLeft()) / view.zoom - under
    assert abs(moved.x()) <= 1
    assert abs(moved.y()) <= 1
    for _ in range(40):
        wheel(view, at, -1)
    assert view.fits
    for _ in range(40):
        wheel(view, at, 1)
    assert view.zoom == 16


def test_a_double_click_toggles_between_fitted_and_actual_size(show: Show) -> None:
    viewer = show()
    view = canvas(viewer)
    fitted = view.zoom
    at = QPoint(120, 300)
    under = (QPointF(at) - view.frame.topLeft()) / view.zoom
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert view.zoom == 1
    moved = (QPointF(at) - view.frame.topLeft()) / view.zoom - under
    assert abs(moved.x()) <= 1
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert view.zoom == fitted


def test_dragging_moves_the_picture_and_leaves_no_gap(show: Show) -> None:
    viewer = show()
    view = canvas(viewer)
    QTest.keyClick(view, Qt.Key.Key_1)
    before = view.frame.topLeft()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QTest.mouseMove(view, QPoint(260, 310))
    assert view.frame.topLeft() - before == QPointF(-40, 10)
    QTest.mouseMove(view, QPoint(9000, 9000))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(9000, 9000))
    assert view.frame.topLeft() == QPointF(0, 0)
    QTest.mouseMove(view, QPoint(100, 100))
    assert view.frame.topLeft() == QPointF(0, 0)


def test_arrows_go_through_the_pictures_and_stop_at_the_ends(show: Show, qtbot: QtBot) -> None:
    viewer = show()
    assert not button(viewer, "Previous picture").isEnabled()
    QTest.keyClick(canvas(viewer), Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: canvas(viewer).frame.size().toSize() == QSize(300, 200))
    assert canvas(viewer).accessibleName() == "Image 2 · small.png"
    button(viewer, "Next picture").click()
    assert not button(viewer, "Next picture").isEnabled()
    QTest.keyClick(canvas(viewer), Qt.Key.Key_Right)
    assert canvas(viewer).accessibleName().startswith("Image 3")
    QTest.keyClick(canvas(viewer), Qt.Key.Key_Left)
    assert canvas(viewer).accessibleName() == "Image 2 · small.png"


def test_one_picture_alone_has_no_arrows(show: Show, images: list[ImageBlock]) -> None:
    viewer = show(0, images[:1])
    assert not button(viewer, "Previous picture").isVisible()
    assert not button(viewer, "Next picture").isVisible()


def test_going_on_quickly_shows_the_picture_that_was_asked_for_last(show: Show, qtbot: QtBot) -> None:
    viewer = show()
    QTest.keyClick(canvas(viewer), Qt.Key.Key_Right)
    QTest.keyClick(canvas(viewer), Qt.Key.Key_Left)
    QTest.keyClick(canvas(viewer), Qt.Key.Key_Right)
    viewer._on_opened("another", None)  # type: ignore[arg-type]  # must not even be looked at
    qtbot.waitUntil(lambda: not canvas(viewer).empty)
    assert canvas(viewer).frame.size().toSize() == QSize(300, 200)


def test_what_is_sent_is_told_with_its_price(show: Show, images: list[ImageBlock]) -> None:
    viewer = show()
    image = images[0]
    assert fact(viewer, "Size") == f"{image.width}×{image.height}, from 2800×700"
    assert fact(viewer, "Tokens").replace(",", "") == f"{image.tokens} exact"
    assert fact(viewer, "Rule of thumb").replace(",", "") == "2212 (w × h / 750)"
    assert fact(viewer, "Bytes").endswith(" WebP")
    assert fact(viewer, "Input price") == "$0.0042"
    assert fact(viewer, "Cache write") == "$0.0053"
    assert fact(viewer, "Each later turn").startswith("$0.000")
    for line in ("Made smaller", "Compressed anew", "Metadata removed"):
        assert line in texts(viewer)


def test_a_picture_that_goes_as_it_is_says_so(show: Show) -> None:
    viewer = show(1)
    assert fact(viewer, "Size") == "300×200"
    assert "Not compressed again" in texts(viewer)
    assert "Made smaller" not in texts(viewer)


def test_all_that_was_done_is_told(show: Show, images: list[ImageBlock]) -> None:
    notes = ("turned", "resized", "first_frame", "srgb", "reencoded")
    viewer = show(0, [replace(images[0], notes=notes)])
    told = texts(viewer)
    for line in ("Turned upright", "Made smaller", "First frame only", "Colours converted to sRGB", "Compressed anew"):
        assert line in told


def test_a_model_without_a_known_price_shows_none(show: Show) -> None:
    assert fact(show(0, None, "house-model"), "Price") == "not known for this model"


def test_a_model_of_a_smaller_tier_counts_fewer_tokens(show: Show) -> None:
    few = int(fact(show(0, None, "claude-haiku-4-5"), "Tokens").replace(",", "").split()[0])
    assert few <= 1568


def test_a_missing_picture_says_so_in_its_place(show: Show, images: list[ImageBlock]) -> None:
    viewer = show(0, [replace(images[0], sent="0" * 64)])
    assert canvas(viewer).text == "large.png is missing from the data folder."
    assert not button(viewer, "Actual size").isEnabled()
    assert fact(viewer, "Size")


def test_a_damaged_picture_says_so_in_its_place(show: Show, tools: Tools, images: list[ImageBlock]) -> None:
    path = tools.pictures.path(images[1].sent)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:60])
    viewer = show(1)
    assert "small.png is damaged or incomplete." in canvas(viewer).text


def test_typing_does_not_reach_the_window_behind(show: Show, window: Window) -> None:
    viewer = show()
    QTest.keyClicks(canvas(viewer), "abc")
    assert window.typed == ""


def test_tab_goes_round_inside_and_the_focus_returns_at_the_end(show: Show, window: QWidget, qtbot: QtBot) -> None:
    viewer = show()
    assert canvas(viewer).hasFocus()
    names = []
    for _ in range(5):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        names.append(window.focusWidget().accessibleName())
    assert names == ["Fit to the window", "Actual size", "Next picture", "Close", "Image 1 · large.png"]
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Backtab)
    assert window.focusWidget().accessibleName() == "Close"
    with qtbot.waitSignal(viewer.destroyed):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.focusWidget() is field(window)


def test_the_cross_closes(show: Show, qtbot: QtBot) -> None:
    viewer = show()
    with qtbot.waitSignal(viewer.destroyed):
        button(viewer, "Close").click()


def test_a_window_may_go_while_the_viewer_is_open(
    theme: Theme, tools: Tools, gallery: Gallery, images: list[ImageBlock], qtbot: QtBot
) -> None:
    window = QWidget()
    window.show()
    Viewer(theme, gallery, tools.account.catalog.get("claude-sonnet-5-5"), window).show_pictures(images, 0)
    with qtbot.waitSignal(gallery.opened):
        destroy(window)


def test_it_is_dark_in_both_themes(show: Show, tools: Tools, theme: Theme) -> None:
    for name, tokens in (("light", LIGHT), ("dark", DARK)):
        tools.preferences.update(theme=name)
        assert theme.tokens is tokens
        viewer = show(1)
        assert pixel(viewer, 3, 3) == "#0e0e10"
        shot = viewer.grab().toImage()
        assert shot.pixelColor(QPoint(viewer.width() - 4, viewer.height() - 4)).name().upper() == DARK.background


def test_a_transparent_picture_lies_on_a_checkerboard(show: Show, tools: Tools, images: list[ImageBlock]) -> None:
    folder = tools.preferences._folder
    Image.new("RGBA", (200, 100), (0, 0, 0, 0)).save(folder / "clear.png")
    clear = tools.pictures.add_file(folder / "clear.png", "clear.png")
    viewer = show(0, [replace(images[1], sent=clear.sha256)])
    frame = canvas(viewer).frame
    shot: QImage = canvas(viewer).grab().toImage()
    row = {shot.pixelColor(QPoint(round(frame.left()) + x, round(frame.top()) + 2)).name() for x in range(40)}
    assert row == {DARK.line.lower(), DARK.badge.lower()}
