"""The viewer over a real window: real pictures of a draft and of a conversation, decoded and looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.cuts import Box
from app.core.image import Pixels
from app.ui.theme import DARK, LIGHT, Theme
from app.ui.viewer.canvas import CHECKS
from app.ui.viewer.levels import Levels
from tests import pictures
from tests.conftest import destroy, finish
from tests.ui.viewer_window import Room, Window, button, canvas, chip, fact, grabbed, key, texts, wheel

RED = "#c03028"
KEYS = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.field.setFocus()
    return window


@pytest.fixture
def chat(tools: Tools, picture: Callable[..., Path]) -> Iterator[Chat]:
    """A draft of prepared pictures: one that is made smaller, a small one, a wide one."""
    paths = [
        picture("large.png", (3400, 850), RED),
        picture("small.png", (300, 200), "#2030c0"),
        picture("x" * 200 + ".png", (1000, 500), "#20c030"),
    ]
    chat = Chat.new("claude-sonnet-5-5", tools)
    chat.draft.attach([Source(path=str(path)) for path in paths])
    finish(chat.draft.settled())
    yield chat
    finish(tools.tasks.close())
    destroy(chat)


@pytest.fixture
def room(theme: Theme, tools: Tools, gallery: Gallery, chat: Chat, window: Window, qtbot: QtBot) -> Room:
    return Room(theme, gallery, tools, chat, window, qtbot)


def decoded(room: Room, sha256: str) -> QImage:
    """The bytes of a file of the folder, decoded by core."""
    pixels = room.tools.decoder.pixels(room.tools.pictures.path(sha256), "")
    form = QImage.Format.Format_RGBA8888
    return QImage(pixels.rgba, pixels.width, pixels.height, 4 * pixels.width, form).copy()


def part(shot: QImage, left: float, top: float, width: int, height: int) -> QImage:
    return shot.copy(round(left), round(top), width, height).convertToFormat(QImage.Format.Format_RGB32)


def send(room: Room) -> None:
    room.chat.draft.propose("What is it?")
    room.chat.worker.send()
    room.until(lambda: len(room.chat.messages.messages) == 2 and not room.chat.worker.busy)


# --- the picture and its place ------------------------------------------------------------------


def test_a_large_picture_is_shown_whole_in_its_own_colours(room: Room) -> None:
    viewer = room.draft()
    frame, view = canvas(viewer).frame, canvas(viewer)
    assert view.rect().contains(frame.toAlignedRect())
    assert abs(frame.width() / frame.height() - 4) < 0.01
    shown = grabbed(viewer).pixelColor(QPoint(round(frame.left()) + 10, round(frame.top()) + 10))
    wanted = QColor(RED)
    assert abs(shown.red() - wanted.red()) + abs(shown.green() - wanted.green()) < 12
    assert f"{round(view.zoom * 100)} %" in texts(viewer)


def test_a_small_picture_is_not_enlarged(room: Room) -> None:
    viewer = room.draft(1)
    assert canvas(viewer).zoom == 1
    assert canvas(viewer).frame.size().toSize() == QSize(300, 200)
    assert "100 %" in texts(viewer)


def test_the_viewer_covers_its_window_and_follows_its_size(room: Room) -> None:
    viewer = room.draft()
    assert viewer.geometry() == room.window.rect()
    before = canvas(viewer).zoom
    room.window.resize(950, 500)
    assert viewer.geometry() == room.window.rect()
    assert canvas(viewer).zoom < before
    assert canvas(viewer).fits


def test_one_and_zero_show_actual_size_and_the_whole(room: Room) -> None:
    viewer = room.draft()
    fitted = canvas(viewer).zoom
    key(viewer, KEYS.Key_1)
    assert canvas(viewer).zoom == 1
    key(viewer, KEYS.Key_0)
    assert canvas(viewer).zoom == fitted
    key(viewer, KEYS.Key_Plus, SHIFT)
    assert canvas(viewer).zoom == pytest.approx(fitted * 1.25)
    key(viewer, KEYS.Key_Minus)
    assert canvas(viewer).zoom == pytest.approx(fitted)


def test_the_wheel_zooms_where_the_pointer_is(room: Room) -> None:
    viewer = room.draft()
    view = canvas(viewer)
    key(viewer, KEYS.Key_1)
    at = QPointF(200, 150)
    under = view.picture_point(at)
    wheel(view, at, 2)
    assert view.zoom > 1
    moved = view.picture_point(at) - under
    assert abs(moved.x()) <= 1
    assert abs(moved.y()) <= 1
    for _ in range(40):
        wheel(view, at, -1)
    assert view.fits
    for _ in range(40):
        wheel(view, at, 1)
    assert view.zoom == 16


def test_shift_with_wheel_or_arrows_moves_the_picture(room: Room) -> None:
    viewer = room.draft()
    view = canvas(viewer)
    key(viewer, KEYS.Key_1)
    before = view.frame.topLeft()
    wheel(view, QPointF(200, 150), -1, SHIFT)
    assert view.zoom == 1
    assert view.frame.left() == before.x() - 80
    key(viewer, KEYS.Key_Left, SHIFT)
    assert view.frame.topLeft() == before
    key(viewer, KEYS.Key_Down)
    assert view.frame.top() < before.y()
    assert viewer._picture.number == 1


def test_two_fingers_zoom_where_they_are(room: Room) -> None:
    viewer = room.draft()
    view = canvas(viewer)
    fitted, at = view.zoom, QPointF(200, 350)

    def gesture(kind: Qt.NativeGestureType, value: float) -> None:
        device = QPointingDevice.primaryPointingDevice()
        QApplication.sendEvent(view, QNativeGestureEvent(kind, device, 2, at, at, at, value, QPointF()))

    under = view.picture_point(at)
    gesture(Qt.NativeGestureType.ZoomNativeGesture, 1.0)
    assert view.zoom == pytest.approx(2 * fitted)
    assert abs((view.picture_point(at) - under).x()) <= 1 / view.zoom + 1
    gesture(Qt.NativeGestureType.SmartZoomNativeGesture, 0)
    assert view.fits
    gesture(Qt.NativeGestureType.SmartZoomNativeGesture, 0)
    assert view.zoom == 1


def test_dragging_moves_the_picture_and_leaves_no_gap(room: Room) -> None:
    viewer = room.draft()
    view = canvas(viewer)
    key(viewer, KEYS.Key_1)
    before = view.frame.topLeft()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QTest.mouseMove(view, QPoint(260, 310))
    assert view.frame.topLeft() - before == QPointF(-40, 10)
    QTest.mouseMove(view, QPoint(9000, 9000))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(9000, 9000))
    assert view.frame.topLeft() == QPointF(0, 0)
    QTest.mouseMove(view, QPoint(100, 100))
    assert view.frame.topLeft() == QPointF(0, 0)


def test_a_transparent_picture_lies_on_a_checkerboard(room: Room, tmp_path: Path) -> None:
    Image.new("RGBA", (200, 100), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    room.chat.draft.attach([Source(path=str(tmp_path / "clear.png"))])
    finish(room.chat.draft.settled())
    viewer = room.draft(3)
    frame, shot = canvas(viewer).frame, grabbed(viewer)
    row = {shot.pixelColor(QPoint(round(frame.left()) + x, round(frame.top()) + 2)).name() for x in range(40)}
    assert row == {check.lower() for check in CHECKS}


@pytest.mark.parametrize("check", CHECKS)
def test_black_and_white_stand_out_from_the_checkerboard(check: str) -> None:
    colour = QColor(check)
    levels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels)
    bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # WCAG 2: 3:1 is what can be told apart
    assert min((bright + 0.05) / 0.05, 1.05 / (bright + 0.05)) >= 3.5


def test_a_picture_at_full_size_says_that_a_region_would_add_nothing(room: Room) -> None:
    viewer = room.draft(1)
    assert any(words.startswith("It goes whole and at full size") for words in texts(viewer))
    key(viewer, KEYS.Key_M)
    hint = "The whole picture goes at full size: a region costs more and shows no more."
    assert hint in texts(viewer)
    key(viewer, KEYS.Key_Escape)
    key(viewer, KEYS.Key_Left)
    assert not any(words.startswith("It goes whole and at full size") for words in texts(viewer))
    key(viewer, KEYS.Key_M)
    assert hint not in texts(viewer)


# --- from picture to picture --------------------------------------------------------------------


def test_arrows_go_through_the_pictures_and_stop_at_the_ends(room: Room) -> None:
    viewer = room.draft()
    assert not button(viewer, "Previous picture").isEnabled()
    key(viewer, KEYS.Key_Right)
    room.until(lambda: canvas(viewer).frame.size().toSize() == QSize(300, 200))
    room.until(lambda: canvas(viewer).accessibleName() == "Image 2 · small.png")
    button(viewer, "Next picture").click()
    assert not button(viewer, "Next picture").isEnabled()
    key(viewer, KEYS.Key_Right)
    assert viewer._heading.title.startswith("Image 3")
    key(viewer, KEYS.Key_Left)
    assert viewer._heading.title == "Image 2 · small.png"


def test_one_picture_alone_has_no_arrows(room: Room) -> None:
    room.chat.draft.remove(2)
    room.chat.draft.remove(1)
    viewer = room.draft()
    assert not button(viewer, "Previous picture").isVisible()
    assert not button(viewer, "Next picture").isVisible()


def test_going_on_quickly_shows_the_picture_that_was_asked_for_last(room: Room) -> None:
    viewer = room.draft()
    for pressed in (KEYS.Key_Right, KEYS.Key_Left, KEYS.Key_Right):
        key(viewer, pressed)
    room.gallery.opened.emit("another", None)  # must not even be looked at
    room.until(lambda: not canvas(viewer).empty)
    assert canvas(viewer).layers[0].levels.image.size() == QSize(300, 200)


def test_all_pictures_of_the_conversation_are_gone_through(room: Room) -> None:
    send(room)
    viewer = room.sent(3)
    assert viewer._heading.title.startswith("Image 3")
    key(viewer, KEYS.Key_Left)
    key(viewer, KEYS.Key_Left)
    room.until(lambda: chip(viewer).startswith("What Claude sees 2576×"))
    assert viewer._heading.title == "Image 1 · large.png"


# --- what Claude sees ---------------------------------------------------------------------------


def test_at_full_size_every_pixel_is_the_decoded_one(room: Room, tmp_path: Path) -> None:
    pictures.photo(420, 300).save(tmp_path / "photo.jpg", quality=80)
    room.chat.draft.attach([Source(path=str(tmp_path / "photo.jpg"))])
    finish(room.chat.draft.settled())
    viewer = room.draft(3)
    frame, sent = canvas(viewer).frame, room.chat.draft.pictures[3].images[0]
    assert chip(viewer) == "What Claude sees 420×300"
    shown = part(grabbed(viewer), frame.left(), frame.top(), 420, 300)
    assert shown == decoded(room, sent.sent).convertToFormat(QImage.Format.Format_RGB32)


def test_magnified_every_pixel_sent_is_seen_as_it_is(room: Room, tmp_path: Path) -> None:
    pictures.photo(3456, 2592).save(tmp_path / "photo.jpg", quality=80)
    room.chat.draft.attach([Source(path=str(tmp_path / "photo.jpg"))])
    finish(room.chat.draft.settled())
    viewer = room.draft(3)
    view, sent = canvas(viewer), room.chat.draft.pictures[3].images[0]
    wanted = decoded(room, sent.sent)
    assert (wanted.width(), wanted.height()) == (sent.width, sent.height)
    view.zoom_to(4.0)
    shot, frame = grabbed(viewer), view.frame
    across, down = frame.width() / sent.width, frame.height() / sent.height
    for column in range(10, 60):
        x, y = 700 + column, 500 + column
        middle = QPoint(round(frame.left() + (x + 0.5) * across), round(frame.top() + (y + 0.5) * down))
        if view.rect().contains(middle):
            assert shot.pixelColor(middle).rgb() == wanted.pixelColor(x, y).rgb()
    view.pan(9000, 9000)
    shot = grabbed(viewer)
    for x in range(1, 60):
        assert shot.pixelColor(round((x + 0.5) * across), 2).rgb() == wanted.pixelColor(x, 0).rgb()


def test_space_shows_the_original_as_long_as_it_is_held(room: Room) -> None:
    viewer = room.draft()
    view = canvas(viewer)
    key(viewer, KEYS.Key_1)
    before = view.frame
    assert chip(viewer) == "What Claude sees 2576×644"
    QTest.keyPress(view, KEYS.Key_Space)
    room.until(lambda: chip(viewer) == "Original 3400×850")
    assert view.frame == before
    assert view.layers[0].levels.image.size() == QSize(3400, 850)
    QTest.keyRelease(view, KEYS.Key_Space)
    assert chip(viewer) == "What Claude sees 2576×644"
    assert view.frame == before


def test_the_buttons_and_c_switch_and_say_what_is_seen(room: Room) -> None:
    viewer = room.draft()
    sees, original = button(viewer, "What Claude sees"), button(viewer, "Original")
    assert (sees.isChecked(), original.isChecked()) == (True, False)
    original.click()
    room.until(lambda: chip(viewer) == "Original 3400×850")
    assert (sees.isChecked(), original.isChecked()) == (False, True)
    canvas(viewer).setFocus()
    key(viewer, KEYS.Key_C)
    assert chip(viewer).startswith("What Claude sees")
    key(viewer, KEYS.Key_C)
    assert chip(viewer).startswith("Original")


def test_tiles_lie_where_they_were_cut_and_can_be_taken_away(room: Room) -> None:
    room.chat.draft.set_preset(0, "tiles")
    finish(room.chat.draft.settled())
    images = room.chat.draft.pictures[0].images
    viewer = room.draft()
    view = canvas(viewer)
    room.until(lambda: len(view.layers) == len(images) - 1)  # tiles hide the overview
    assert chip(viewer) == f"What Claude sees {images[0].width}×{images[0].height} · {len(images) - 1} tiles"
    key(viewer, KEYS.Key_1)
    view.pan(9000, 9000)
    first = images[1]
    assert first.box is not None
    shown = part(grabbed(viewer), 1, 1, 400, 300)  # beside the outline
    tile = decoded(room, first.sent).copy(1, round(1 - view.frame.top()), 400, 300)
    assert shown == tile.convertToFormat(QImage.Format.Format_RGB32)
    key(viewer, KEYS.Key_P)
    assert [layer.box for layer in view.layers] == [None]
    assert chip(viewer) == f"What Claude sees {images[0].width}×{images[0].height}"


def test_a_picture_that_goes_as_a_sentence_shows_the_sentence(room: Room) -> None:
    send(room)
    room.chat.draft.attach([Source(kept=room.chat.messages.messages[0].images[1].original, name="again.png")])
    finish(room.chat.draft.settled())
    viewer = room.draft()
    assert canvas(viewer).text.endswith("Image 4: the same picture as Image 2.")
    assert fact(viewer, "Sentence") == "Image 4: the same picture as Image 2."
    key(viewer, KEYS.Key_C)
    room.until(lambda: chip(viewer) == "Original 300×200")


def test_a_missing_picture_says_so_in_its_place(room: Room) -> None:
    room.tools.pictures.path(room.chat.draft.pictures[0].images[0].sent).unlink()
    viewer = room.draft()
    anew = "It is made anew from the original when it goes to Claude again."
    assert canvas(viewer).text == f"large.png is missing from the data folder.\n{anew}"
    assert fact(viewer, "Size")
    key(viewer, KEYS.Key_C)
    room.until(lambda: chip(viewer) == "Original 3400×850")


def test_where_all_of_a_picture_is_missing_the_way_on_is_told(room: Room) -> None:
    send(room)
    image = room.chat.messages.messages[0].images[0]
    for sha256 in {image.sent, image.original}:
        room.tools.pictures.path(sha256).unlink()
    viewer = room.sent()
    way = "In the chat, its menu leaves it out from now on, or replaces it."
    room.until(lambda: canvas(viewer).text.endswith(f" is missing from the data folder.\n{way}"))


def test_a_damaged_picture_says_so_in_its_place(room: Room) -> None:
    path = room.tools.pictures.path(room.chat.draft.pictures[1].images[0].sent)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:60])
    viewer = room.draft(1)
    assert canvas(viewer).text == "small.png is damaged or incomplete.\nRemove it from the message and add it again."


# --- the panel ----------------------------------------------------------------------------------


def test_what_is_sent_is_told_with_its_price(room: Room) -> None:
    viewer = room.draft()
    image = room.chat.draft.pictures[0].images[0]
    assert fact(viewer, "Size") == f"{image.width}×{image.height}, from 3400×850"
    assert fact(viewer, "Tokens").replace(",", "") == f"{image.tokens} exact"
    assert fact(viewer, "Rule of thumb").replace(",", "") == "2212 (w × h / 750)"
    assert fact(viewer, "Bytes").endswith(" WebP")
    assert fact(viewer, "Price now") == "$0.0053, then $0.00021\N{NO-BREAK SPACE}a\N{NO-BREAK SPACE}turn"
    for line in ("Made smaller", "Compressed anew", "Metadata removed"):
        assert line in texts(viewer)


def test_a_picture_that_goes_as_it_is_says_so(room: Room) -> None:
    viewer = room.draft(1)
    assert fact(viewer, "Size") == "300×200"
    assert "Not compressed again" in texts(viewer)
    assert "Made smaller" not in texts(viewer)


def test_a_model_without_a_known_price_shows_none(room: Room) -> None:
    room.chat.set_model("house-model")
    assert fact(room.draft(), "Price") == "not known for this model"


def test_another_preset_is_chosen_in_the_panel_and_seen_at_the_same_place(room: Room) -> None:
    viewer = room.draft()
    view = canvas(viewer)
    key(viewer, KEYS.Key_1)
    before = view.frame
    tokens = room.chat.draft.pictures[0].tokens
    cheap = button(viewer, "Cheap")
    assert cheap.accessibleName().startswith("Cheap: ")
    QTest.mouseClick(cheap, Qt.MouseButton.LeftButton)
    assert room.chat.draft.pictures[0].preset == "cheap"
    room.until(lambda: room.chat.draft.ready)
    sent = room.chat.draft.pictures[0].images[0]
    room.until(lambda: chip(viewer) == f"What Claude sees {sent.width}×{sent.height}")
    assert sent.width < 2000
    assert room.chat.draft.pictures[0].tokens < tokens
    assert view.frame == before
    assert button(viewer, "Cheap").isChecked()
    assert not button(viewer, "Auto").isChecked()


def test_a_sent_picture_can_be_sent_again_sharper(room: Room) -> None:
    send(room)
    viewer = room.sent(1)
    offer = room.chat.sharper(1)
    assert offer is not None
    again = button(viewer, "Resend sharper")
    assert "$" not in again.text(), "practice is free"
    again.click()
    room.until(lambda: len(room.chat.messages.messages) == 4 and not room.chat.worker.busy)
    assert room.chat.messages.messages[2].images[0].preset == offer.preset


# --- copy, full screen, keys --------------------------------------------------------------------


def test_copy_takes_the_pixels_that_are_shown(room: Room) -> None:
    viewer = room.draft()
    key(viewer, KEYS.Key_C, CTRL)
    assert "Copied" in texts(viewer)
    sent = room.chat.draft.pictures[0].images[0]
    form = QImage.Format.Format_RGB32
    assert QGuiApplication.clipboard().image().convertToFormat(form) == decoded(room, sent.sent).convertToFormat(form)
    key(viewer, KEYS.Key_C)
    room.until(lambda: chip(viewer).startswith("Original"))
    key(viewer, KEYS.Key_C, CTRL)
    assert QGuiApplication.clipboard().image().size() == QSize(3400, 850)


def test_copy_puts_parts_together(room: Room) -> None:
    room.chat.draft.set_preset(0, "region", Box(600, 200, 300, 200))
    finish(room.chat.draft.settled())
    viewer = room.draft()
    room.until(lambda: len(canvas(viewer).layers) == 2)
    key(viewer, KEYS.Key_C, CTRL)
    copied = QGuiApplication.clipboard().image()
    assert copied.size() == QSize(3400, 850)
    region = decoded(room, room.chat.draft.pictures[0].images[1].sent).convertToFormat(QImage.Format.Format_RGB32)
    assert part(copied, 600, 200, 300, 200) == region


def test_full_screen_is_left_cleanly(room: Room) -> None:
    viewer = room.draft()
    panel = viewer._panel
    assert panel.isVisible()
    key(viewer, KEYS.Key_F11)
    assert room.window.isFullScreen()
    assert not panel.isVisible()
    key(viewer, KEYS.Key_Escape)
    assert not room.window.isFullScreen()
    assert panel.isVisible()
    QTest.mouseDClick(canvas(viewer), Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    assert room.window.isFullScreen()
    button(viewer, "Close").click()
    room.until(lambda: not isValid(viewer))
    assert not room.window.isFullScreen()


def test_the_panel_gives_way_in_a_narrow_window_and_comes_when_it_is_asked_for(room: Room) -> None:
    room.window.resize(720, 480)
    viewer = room.draft()
    assert not viewer._panel.isVisible()
    words = button(viewer, "What Claude sees").text()
    key(viewer, KEYS.Key_I)
    assert viewer._panel.isVisible()
    assert canvas(viewer).width() >= 400
    assert (words.strip(), button(viewer, "What Claude sees").text()) == ("What Claude sees", "")
    button(viewer, "Details").click()
    assert not viewer._panel.isVisible()


def test_the_menu_holds_what_has_no_button(room: Room) -> None:
    viewer = room.draft()
    button(viewer, "More").click()
    menu = QApplication.activePopupWidget()
    assert menu is not None
    entries = {action.text().partition("\t")[0]: action for action in menu.actions()}
    assert {"Actual size", "Fit to the window", "Copy", "Save original…", "Save what was sent…"} <= entries.keys()
    entries["Actual size"].trigger()
    assert canvas(viewer).zoom == 1
    menu.close()


def test_typing_and_shortcuts_do_not_reach_the_window_behind(room: Room) -> None:
    viewer = room.draft()
    QTest.keyClicks(canvas(viewer), "abx")
    key(viewer, KEYS.Key_S, SHIFT)
    assert room.window.typed == ""


def test_tab_goes_round_inside_and_the_focus_returns_at_the_end(room: Room) -> None:
    viewer, window = room.draft(), room.window
    assert canvas(viewer).hasFocus()
    names = []
    for _ in range(11):
        QTest.keyClick(window.focusWidget(), KEYS.Key_Tab)
        names.append(window.focusWidget().accessibleName().partition(":")[0])
    assert names[:4] == ["What Claude sees", "Original", "Mark a region", "More"]
    assert names[4:8] == ["Next picture", "Cheap", "Auto", "Tiles, 1 + 2"]
    assert names[8:] == ["Details", "Close", "Image 1 · large.png"]
    QTest.keyClick(window.focusWidget(), KEYS.Key_Backtab)
    assert window.focusWidget().accessibleName() == "Close"
    QTest.keyClick(window.focusWidget(), KEYS.Key_Escape)
    room.until(lambda: not isValid(viewer))
    assert window.focusWidget() is window.field


def test_the_arrows_go_to_the_picture_whichever_button_has_the_focus(room: Room) -> None:
    viewer = room.draft()
    for name in ("What Claude sees", "Auto", "Details"):
        button(viewer, name).setFocus()
        key(viewer, KEYS.Key_Right)
        assert viewer._heading.title.startswith("Image 2 ")
        key(viewer, KEYS.Key_Left)
        assert viewer._heading.title.startswith("Image 1 ")
    button(viewer, "Original").setFocus()
    key(viewer, KEYS.Key_M)
    before = viewer._marking.marker.box
    viewer._bar.cancel.setFocus()
    key(viewer, KEYS.Key_Right)
    assert viewer._marking.marker.box == before._replace(left=before.left + 1)


def test_a_dialog_over_the_viewer_has_the_colours_of_the_window(room: Room) -> None:
    viewer = room.draft()
    assert button(viewer, "Original").palette().buttonText().color() == QColor(DARK.text)
    key(viewer, KEYS.Key_S, CTRL)
    (dialog,) = room.window.findChildren(QFileDialog)
    for widget in (*dialog.findChildren(QLabel), *dialog.findChildren(QPushButton)):
        widget.ensurePolished()
        text = widget.palette().color(widget.foregroundRole()).name().upper()
        assert text in {LIGHT.text, LIGHT.text2}, widget
    key(viewer, KEYS.Key_Escape)
    viewer.close()
    room.until(lambda: not isValid(dialog))


def test_the_window_or_the_picture_may_go_while_the_viewer_is_open(
    theme: Theme, room: Room, qtbot: QtBot, chat: Chat
) -> None:
    viewer = room.draft(2)
    chat.draft.remove_all()
    room.until(lambda: not isValid(viewer))
    chat.draft.undo_remove()
    window = Window()
    window.show()
    other = Room(theme, room.gallery, room.tools, chat, window, qtbot).draft()
    QTest.keyPress(canvas(other), KEYS.Key_C)
    destroy(window)
    chat.draft.set_text("nobody listens any more")
    finish(chat.draft.settled())


def test_it_is_dark_in_both_themes(room: Room, tools: Tools, theme: Theme) -> None:
    for name, tokens in (("light", LIGHT), ("dark", DARK)):
        tools.preferences.update(theme=name)
        assert theme.tokens is tokens
        viewer = room.draft(1)
        assert grabbed(viewer).pixelColor(3, 3).name() == "#0e0e10"
        shot = viewer.grab().toImage()
        assert shot.pixelColor(QPoint(viewer.width() - 4, viewer.height() - 4)).name().upper() == DARK.background


def test_halves_are_made_once_and_keep_colours_and_transparency() -> None:
    opaque = pictures.photo(1024, 512).convert("RGBA")
    levels = Levels(Pixels(1024, 512, opaque.tobytes()))
    assert [image.width() for image in levels._images] == [1024, 512, 256]
    assert not any(image.hasAlphaChannel() for image in levels._images)
    assert levels.image.pixelColor(700, 300).getRgb() == opaque.getpixel((700, 300))
    clear = Image.new("RGBA", (1024, 512), (200, 40, 20, 255))
    clear.putpixel((1023, 511), (10, 20, 30, 99))
    levels = Levels(Pixels(1024, 512, clear.tobytes()))
    assert all(image.hasAlphaChannel() for image in levels._images)
    assert levels.image.pixelColor(1023, 511).getRgb() == (10, 20, 30, 99)
