"""What the viewer says beside a picture: remarks on small text, and nothing that does not hold; and when it smooths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat
from app.conversation.gallery import Gallery
from app.conversation.resending import Resending
from app.conversation.tools import Tools
from app.core.image import Pixels
from app.core.refit import Refit
from app.ui.sharper_words import made_anew, sharper_words
from app.ui.theme import Theme
from app.ui.viewer.levels import Levels
from app.ui.viewer.panel import SentAs
from app.ui.viewer.resends import Sharper
from app.ui.viewer.shown import Terms, of_draft
from tests import pictures
from tests.conftest import destroy, finish
from tests.ui.viewer_window import Room, Window, button, canvas, fact, key, texts

BLACK, WHITE = b"\0\0\0\xff", b"\xff\xff\xff\xff"


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.resize(1100, 700)
    window.show()
    return window


@pytest.fixture
def chat(tools: Tools) -> Iterator[Chat]:
    """A draft of a screenshot with small text and a link that nobody looked behind."""
    chat = Chat.new("claude-sonnet-5-5", tools)
    screen = Source(data=pictures.png(3840, 2160), name="screen.png")
    chat.draft.attach([screen, Source(url="https://pictures.example/17.jpg", name="17.jpg")])
    finish(chat.draft.settled())
    yield chat
    finish(tools.tasks.close())
    destroy(chat)


@pytest.fixture
def room(theme: Theme, tools: Tools, gallery: Gallery, chat: Chat, window: Window, qtbot: QtBot) -> Room:
    return Room(theme, gallery, tools, chat, window, qtbot)


def test_small_text_is_told_in_the_panel_as_long_as_it_is_small(room: Room) -> None:
    viewer = room.draft()
    remark = next(text for text in texts(viewer) if text.startswith("Text of "))
    assert remark.endswith(" px high: hard to read. Tiles keep it sharp.")
    button(viewer, "Tiles").click()
    room.until(lambda: room.chat.draft.ready and not any(text.startswith("Text of ") for text in texts(viewer)))


def test_what_was_done_begins_with_the_format(room: Room) -> None:
    told = texts(room.draft())
    assert told[told.index("What was done") + 1] == "PNG → WebP"


def test_of_an_unseen_link_nothing_is_said_that_nobody_knows(room: Room) -> None:
    viewer = room.draft(1)
    assert "What was done" not in texts(viewer)
    assert fact(viewer, "Tokens") == f"at most {room.chat.draft.pictures[1].tokens:,}"
    assert not button(viewer, "Original").isEnabled()
    assert not button(viewer, "Original").isChecked()
    assert not button(viewer, "What Claude sees").isEnabled()


def test_no_region_is_marked_on_an_original_that_is_gone(room: Room) -> None:
    room.tools.pictures.path(room.chat.draft.pictures[0].original).unlink()
    viewer = room.draft()
    key(viewer, Qt.Key.Key_C)
    kept = "What Claude sees of it is kept."
    room.until(lambda: canvas(viewer).text == f"screen.png is missing from the data folder.\n{kept}")
    assert button(viewer, "Mark a region").isHidden()
    key(viewer, Qt.Key.Key_M)
    assert not viewer._marking.on


def test_marking_moves_the_picture_nowhere(room: Room) -> None:
    viewer = room.draft()
    place = canvas(viewer).frame
    key(viewer, Qt.Key.Key_M)
    assert viewer._marking.on
    room.until(lambda: viewer._bar.cancel.isVisible() and canvas(viewer).frame == place)


@pytest.mark.parametrize(("edge", "smooth"), [(6, True), (8, False), (10, False)])
def test_single_pixels_are_shown_from_twice_their_size_on(edge: int, smooth: bool) -> None:
    """At one and a half they would be of two widths."""
    levels = Levels(Pixels(4, 4, (BLACK + WHITE) * 8))
    shot = QImage(edge, edge, QImage.Format.Format_RGB32)
    painter, whole = QPainter(shot), QRectF(shot.rect())
    levels.draw(painter, whole, whole)
    painter.end()
    levels_of_grey = {shot.pixelColor(x, edge // 2).lightness() for x in range(edge)}
    assert (levels_of_grey != {0, 255}) == smooth


def test_what_a_sharper_picture_makes_anew_is_told_with_the_offer() -> None:
    refits = tuple(Refit("m", number, "a.png", "edge_of_many", (), 1) for number in (2, 3))
    both = Resending(Decimal("0.24"), refits)
    assert sharper_words(both, 2) == "Resend Image 2 sharper, and make 2 pictures smaller (+$0.2400)"
    assert sharper_words(both, alone=True) == "Resend sharper (+$0.2400)"
    assert made_anew(both) == "Makes 2 earlier pictures smaller; their price is included."
    mended = Resending(None, (replace(refits[0], reason="media_type"),))
    assert sharper_words(mended) == "Resend sharper, and make 1 picture anew"
    assert made_anew(mended) == "Makes 1 earlier picture anew; its price is included."
    assert made_anew(Resending(Decimal(1))) == ""
    assert sharper_words(replace(both, free=True), 2) == "Resend Image 2 sharper, and make 2 pictures smaller"


def test_the_panel_tells_what_else_is_made_anew(theme: Theme, qtbot: QtBot, chat: Chat) -> None:
    panel = SentAs(theme)
    qtbot.addWidget(panel)
    whole = "Resend sharper, and make 19 pictures smaller (+$0.24)"
    sharper = Sharper("Resend sharper (+$0.24)", "Makes 19 earlier pictures smaller.", whole)
    panel.show_picture(of_draft(chat)[1], Terms.of(chat), lambda _: None, sharper)
    panel.show()
    assert "Makes 19 earlier pictures smaller." in texts(panel)
    (offer,) = panel.buttons
    assert (offer.text(), offer.accessibleName()) == ("Resend sharper (+$0.24)", whole)
