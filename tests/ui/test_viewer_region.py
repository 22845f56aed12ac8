"""Marking a region in the viewer, by mouse and by keyboard, and what becomes of it; saving pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.tools import Tools
from app.core.cuts import Box
from app.core.fit import Size
from app.ui.theme import Theme
from app.ui.viewer.region import LEAST, RegionMarker, edges
from app.ui.viewer.view import Viewer
from tests.conftest import destroy, finish
from tests.ui.viewer_window import Room, Window, button, canvas, chip, key, texts, wheel

KEYS = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


@pytest.fixture
def chat(tools: Tools, picture: Callable[..., Path]) -> Iterator[Chat]:
    chat = Chat.new("claude-sonnet-5-5", tools)
    chat.draft.attach([Source(path=str(picture("screen: one.png", (4000, 1000))))])
    finish(chat.draft.settled())
    yield chat
    finish(tools.tasks.close())
    destroy(chat)


@pytest.fixture
def room(theme: Theme, tools: Tools, gallery: Gallery, chat: Chat, window: Window, qtbot: QtBot) -> Room:
    return Room(theme, gallery, tools, chat, window, qtbot)


def send(room: Room) -> None:
    room.chat.draft.propose("What is it?")
    room.chat.worker.send()
    room.until(lambda: len(room.chat.messages.messages) == 2 and not room.chat.worker.busy)


def marking(viewer: Viewer) -> RegionMarker:
    key(viewer, KEYS.Key_M)
    marker = viewer._marking.marker
    assert marker.isVisible()
    return marker


def at(viewer: Viewer, x: float, y: float) -> QPoint:
    """Where a pixel of the original is on the canvas."""
    return canvas(viewer).place(QRectF(x, y, 0, 0)).topLeft().toPoint()


def drag(viewer: Viewer, start: QPoint, end: QPoint) -> None:
    marker = viewer._marking.marker
    QTest.mousePress(marker, LEFT, pos=start)
    QTest.mouseMove(marker, (start + end) / 2)
    QTest.mouseMove(marker, end)
    QTest.mouseRelease(marker, LEFT, pos=end)


def close_to(box: Box, wanted: tuple[int, int, int, int], by: int = 5) -> bool:
    return all(abs(a - b) <= by for a, b in zip(box, wanted, strict=True))


def test_it_begins_with_the_middle_of_what_is_seen_on_the_original(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    assert close_to(marker.box, (1000, 250, 2000, 500), 2)
    room.until(lambda: chip(viewer) == "Original 4000×1000")
    assert marker.hasFocus()


def test_a_region_is_drawn_moved_and_sized_with_the_mouse(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    drag(viewer, at(viewer, 3000, 100), at(viewer, 3800, 500))
    assert close_to(marker.box, (3000, 100, 800, 400))
    drag(viewer, at(viewer, 3400, 300), at(viewer, 3300, 400))
    assert close_to(marker.box, (2900, 200, 800, 400), 9)
    grips = {(3700, 600): (3900, 800), (2900, 500): (2500, 500), (3200, 200): (3200, 100)}
    for start, end in grips.items():
        drag(viewer, at(viewer, *start), at(viewer, *end))
    assert close_to(marker.box, (2500, 100, 1400, 700), 9)


def test_an_edge_dragged_over_the_other_changes_sides_and_none_leaves_the_picture(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    drag(viewer, at(viewer, 3500, 100), at(viewer, 3800, 500))
    drag(viewer, at(viewer, 3500, 300), at(viewer, 9000, 300))
    assert marker.box.left + marker.box.width == 4000
    assert close_to(marker.box, (3800, 100, 200, 400))
    drag(viewer, at(viewer, 3900, 300), at(viewer, 3900, -900))
    assert marker.box.top == 0
    assert abs(marker.box.height - 400) <= 5


def test_arrows_move_it_by_a_pixel_with_shift_by_ten_and_with_ctrl_they_size_it(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    left, top, width, height = marker.box
    key(viewer, KEYS.Key_Right)
    key(viewer, KEYS.Key_Up)
    assert marker.box == (left + 1, top - 1, width, height)
    key(viewer, KEYS.Key_Down, SHIFT)
    assert marker.box == (left + 1, top + 9, width, height)
    key(viewer, KEYS.Key_Left, CTRL)
    key(viewer, KEYS.Key_Down, CTRL | SHIFT)
    assert marker.box == (left + 1, top + 9, width - 1, height + 10)
    for _ in range(100):
        key(viewer, KEYS.Key_Up, SHIFT)
    assert marker.box.top == 0


def test_a_region_is_never_too_small_to_show_anything(room: Room) -> None:
    viewer = room.draft(mark=True)
    marker = marking(viewer)
    QTest.mouseClick(marker, LEFT, pos=at(viewer, 3990, 990))
    assert marker.box == Box(3984, 984, LEAST, LEAST)
    marker.begin(viewer._picture.size, Box(100, 100, 20, 1))
    assert marker.box == Box(100, 100, 20, LEAST)
    for _ in range(9):
        key(viewer, KEYS.Key_Left, CTRL)
    assert marker.box == Box(100, 100, LEAST, LEAST)
    marker.begin(Size(20, 9), Box(8, 0, 5, 5))
    assert marker.box == Box(4, 0, LEAST, 9)


@pytest.mark.parametrize(
    ("held", "to", "expected"),
    [(1, 103, (100, 116)), (1, 97, (84, 100)), (-1, 300, (197, 300)), (-1, 197, (181, 197)), (1, 100, (100, 116))],
)
def test_an_edge_keeps_its_distance_on_the_side_it_is_dragged_to(held: int, to: int, expected: tuple[int, int]) -> None:
    assert edges(100, 100 if held > 0 else 97, held, to, 400) == expected


def test_without_room_at_either_side_an_edge_goes_with_the_other() -> None:
    assert edges(8, 4, 1, 9, 20) == (4, 20)


def test_the_wheel_and_the_middle_button_still_zoom_and_move_the_picture(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    box, zoom = marker.box, canvas(viewer).zoom
    wheel(marker, QPointF(300, 200), 6)
    assert canvas(viewer).zoom > zoom
    place = canvas(viewer).frame.topLeft()
    QTest.mousePress(marker, Qt.MouseButton.MiddleButton, pos=QPoint(300, 200))
    QTest.mouseMove(marker, QPoint(280, 200))
    QTest.mouseRelease(marker, Qt.MouseButton.MiddleButton, pos=QPoint(280, 200))
    assert marker.box == box
    assert canvas(viewer).frame.topLeft() != place


def test_what_would_be_sent_is_told_while_it_is_marked(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    marker.begin(viewer._picture.size, Box(3100, 40, 812, 300))
    told = next(text for text in texts(viewer) if text.startswith("Region"))
    assert told.startswith("Region 812×300 at the top right, with a small overview · ")
    offer = viewer._terms.region(viewer._picture, marker.box)
    price = viewer._terms.price(offer)
    assert price is not None
    assert told.replace("\N{NO-BREAK SPACE}", " ").endswith(
        f"{viewer._terms.tokens(offer)} tok · ${price.quantize(price.__class__('0.0001'))}"
    )
    assert not any("Larger than" in text for text in texts(viewer))
    marker.begin(viewer._picture.size, Box(0, 0, 4000, 900))
    assert any(text.startswith("Larger than goes at full size: it is sent as ") for text in texts(viewer))


def test_enter_takes_it_into_the_draft_and_it_is_seen_at_its_place(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    marker.begin(viewer._picture.size, Box(3000, 100, 500, 300))
    key(viewer, KEYS.Key_Return)
    assert not marker.isVisible()
    source = room.chat.draft.pictures[0].source
    assert (source.preset, source.region) == ("region", Box(3000, 100, 500, 300))
    room.until(lambda: room.chat.draft.ready and chip(viewer).endswith("region 500×300"))
    room.until(lambda: [layer.box for layer in canvas(viewer).layers] == [None, Box(3000, 100, 500, 300)])
    assert button(viewer, "Region, 500×300").isChecked()
    assert marking(viewer).box == Box(3000, 100, 500, 300)


def test_esc_leaves_it_and_the_picture_as_they_were(room: Room) -> None:
    viewer = room.draft()
    marker = marking(viewer)
    key(viewer, KEYS.Key_Escape)
    assert not marker.isVisible()
    assert canvas(viewer).hasFocus()
    assert room.chat.draft.pictures[0].preset == "auto"
    assert isValid(viewer)
    button(viewer, "Mark a region").click()
    button(viewer, "Cancel").click()
    assert not marker.isVisible()


def test_it_can_be_opened_for_marking_at_once(room: Room) -> None:
    viewer = room.draft(mark=True)
    assert viewer._marking.marker.hasFocus()


def test_a_region_of_a_sent_picture_asks_again_with_it(room: Room) -> None:
    send(room)
    viewer = room.sent(1)
    marker = marking(viewer)
    marker.begin(viewer._picture.size, Box(100, 100, 600, 300))
    take = button(viewer, "Send this region")
    assert take.text() == "Send this region", "practice is free"
    viewer._marking._terms = replace(viewer._marking._terms, free=False)
    viewer._marking._tell()
    assert take.text().startswith("Send this region (+$0.00")
    take.click()
    room.until(lambda: len(room.chat.messages.messages) == 4 and not room.chat.worker.busy)
    again = room.chat.messages.messages[2].images
    assert [image.kind for image in again] == ["overview", "region"]
    assert again[1].box == Box(100, 100, 600, 300)
    assert not isValid(viewer)


# --- saving -------------------------------------------------------------------------------------


def dialog(viewer: Viewer) -> QFileDialog:
    found = [d for d in viewer.window().findChildren(QFileDialog) if d.isVisible()]
    assert len(found) == 1
    return found[0]


def test_the_original_is_saved_under_its_own_name(room: Room, tmp_path: Path) -> None:
    viewer = room.draft()
    key(viewer, KEYS.Key_S, CTRL)
    asked = dialog(viewer)
    assert [Path(path).name for path in asked.selectedFiles()] == ["screen_ one.png"]
    asked.setDirectory(str(tmp_path))
    asked.selectFile(str(tmp_path / "kept"))
    asked.accept()
    kept = tmp_path / "kept.png"
    room.until(lambda: "Saved as kept.png" in texts(viewer))
    assert kept.read_bytes() == (tmp_path / "screen: one.png").read_bytes()


def test_a_file_that_is_there_is_only_replaced_after_a_question(room: Room, tmp_path: Path) -> None:
    there = tmp_path / "there.webp"
    there.write_bytes(b"mine")
    viewer = room.draft()
    for choice, is_replaced in ((QMessageBox.ButtonRole.RejectRole, False), (QMessageBox.ButtonRole.AcceptRole, True)):
        key(viewer, KEYS.Key_S, CTRL | SHIFT)
        asked = dialog(viewer)
        assert Path(asked.selectedFiles()[0]).name == "screen_ one-sent.webp"
        asked.setDirectory(str(tmp_path))
        asked.selectFile(str(there))
        asked.accept()
        room.until(lambda: [q for q in viewer.window().findChildren(QMessageBox) if q.isVisible()])
        question = next(q for q in viewer.window().findChildren(QMessageBox) if q.isVisible())
        assert question.text() == "there.webp exists already."
        next(b for b in question.buttons() if question.buttonRole(b) == choice).click()
        room.until(lambda: not any(q.isVisible() for q in viewer.window().findChildren(QMessageBox)))
        if is_replaced:
            room.until(lambda: "Saved as there.webp" in texts(viewer))
        else:
            assert there.read_bytes() == b"mine"
    sent = room.chat.draft.pictures[0].images[0].sent
    assert there.read_bytes() == room.tools.pictures.read(sent)


def test_parts_are_saved_into_a_folder_beside_what_is_there(room: Room, tmp_path: Path) -> None:
    room.chat.draft.set_preset(0, "tiles")
    finish(room.chat.draft.settled())
    images = room.chat.draft.pictures[0].images
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "screen_ one-sent-1.webp").write_bytes(b"mine")
    viewer = room.draft()
    key(viewer, KEYS.Key_S, CTRL | SHIFT)
    asked = dialog(viewer)
    asked.setDirectory(str(folder))
    asked.selectFile(str(folder))
    asked.accept()
    room.until(lambda: len(list(folder.iterdir())) == len(images) + 1)
    assert (folder / "screen_ one-sent-1.webp").read_bytes() == b"mine"
    room.until(
        lambda: (folder / "screen_ one-sent-1 (2).webp").read_bytes() == room.tools.pictures.read(images[1].sent)
    )


def test_a_place_that_takes_no_file_is_told(room: Room, tmp_path: Path) -> None:
    viewer = room.draft()
    viewer._saving.save(room.chat.draft.pictures[0].original, str(tmp_path / "nowhere" / "a.png"))
    room.until(lambda: any(text.startswith("a.png could not be written there.") for text in texts(viewer)))
