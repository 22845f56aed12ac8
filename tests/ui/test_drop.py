"""What drops and the clipboard hold, and the veil over the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.core.errors import LinkRefused
from app.ui.drop_overlay import DropOverlay
from app.ui.message_edit import MessageEdit
from app.ui.sources import Dropped, Glance, glance, sources_from_mime
from app.ui.theme import Theme


def with_urls(*urls: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl(url) for url in urls])
    return mime


def image(color: str = "#c03028") -> QImage:
    picture = QImage(40, 30, QImage.Format.Format_ARGB32)
    picture.fill(color)
    return picture


# --- sources --------------------------------------------------------------------------------------


def test_files_become_sources_though_none_of_them_can_be_opened() -> None:
    dropped = sources_from_mime(with_urls(*(f"file:///nowhere/{n}.png" for n in range(500))))
    assert [source.path for source in dropped.sources] == [f"/nowhere/{n}.png" for n in range(500)]
    assert not dropped.refused


def test_a_file_of_another_computer_is_named_and_not_looked_at() -> None:
    dropped = sources_from_mime(with_urls("file://server/share/x.png", "file:////server/y.png", "file:///z.png"))
    assert dropped.remote == ("x.png", "y.png")
    assert [source.path for source in dropped.sources] == ["/z.png"]


def test_this_computer_may_be_named() -> None:
    assert sources_from_mime(with_urls("file://localhost/x.png")).sources[0].path == "/x.png"


def test_a_folder_is_welcome_as_a_file_is() -> None:
    (source,) = sources_from_mime(with_urls("file:///home/me/holidays/")).sources
    assert source.path == "/home/me/holidays/"


def test_files_come_before_the_icon_that_a_file_manager_adds() -> None:
    mime = with_urls("file:///x.png")
    mime.setImageData(image())
    assert [source.path for source in sources_from_mime(mime).sources] == ["/x.png"]


def test_bytes_in_memory_are_taken_as_they_are() -> None:
    mime = with_urls("https://example.org/page")
    mime.setData("image/webp", b"webp bytes")
    mime.setImageData(image())
    (source,) = sources_from_mime(mime).sources
    assert source.data == b"webp bytes"


def test_pixels_in_memory_become_a_png_when_their_bytes_are_asked_for() -> None:
    mime = QMimeData()
    mime.setImageData(image("#2040d0"))
    (source,) = sources_from_mime(mime).sources
    assert not source.path
    assert not source.name
    assert callable(source.data)
    back = QImage.fromData(source.data())
    assert (back.width(), back.height(), back.pixelColor(5, 5).name()) == (40, 30, "#2040d0")


def test_a_web_address_is_taken_as_an_address_and_only_if_encrypted() -> None:
    dropped = sources_from_mime(with_urls("https://example.org/cat.png", "http://example.org/cat.png"))
    assert dropped == Dropped(links=("https://example.org/cat.png",), refused=(LinkRefused("example.org", "scheme"),))


@pytest.mark.parametrize(
    ("urls", "seen"),
    [
        (["file:///a.png", "file:///b.JPG", "file:///c.webp"], Glance(pictures=3)),
        (["file:///a.png", "file:///notes.docx"], Glance(pictures=1, no_pictures=("notes.docx",))),
        (["file:///a.heic", "file:///b.TIFF", "file:///c.svg"], Glance(pictures=3)),
        (["file:///a.psd"], Glance(other_formats=("a.psd",))),
        (["file:///a.pdf", "file:///a.png"], Glance(pictures=1, documents=1)),
        (["file:///README", "file:///a.tmp"], Glance(unknown=2)),
        (["file:///d/"], Glance(folders=1)),
        (["file://server/a.png"], Glance(remote=("a.png",))),
        (["https://example.org"], Glance(links=1)),
    ],
)
def test_a_glance_judges_by_names(urls: list[str], seen: Glance) -> None:
    assert glance(with_urls(*urls)) == seen


# --- the overlay ----------------------------------------------------------------------------------


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    QVBoxLayout(window).addWidget(MessageEdit(theme))
    window.show()
    return window


@pytest.fixture
def overlay(window: QWidget, theme: Theme) -> DropOverlay:
    return DropOverlay(theme, window)


def enter(target: QWidget, mime: QMimeData, actions: Qt.DropAction = Qt.DropAction.CopyAction) -> QDragEnterEvent:
    at = QPointF(20, 20).toPoint()
    event = QDragEnterEvent(at, actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(target, event)
    return event


def drop(target: QWidget, mime: QMimeData, actions: Qt.DropAction = Qt.DropAction.CopyAction) -> QDropEvent:
    event = QDropEvent(QPointF(20, 20), actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, event)
    return event


def words(overlay: DropOverlay) -> list[str]:
    return [label.text() for label in overlay.findChildren(QLabel) if label.isVisibleTo(overlay)]


def test_the_overlay_says_what_a_release_will_do_and_why_not(window: QWidget, overlay: DropOverlay) -> None:
    overlay.set_model("Claude Sonnet 5.5")
    event = enter(window, with_urls("file:///a.png", "file:///b.png", "file:///c.png", "file:///notes.docx"))
    assert event.isAccepted()
    assert overlay.isVisible()
    assert overlay.geometry() == window.rect()
    assert words(overlay) == [
        "Add 3 pictures",
        "Tokens and price with Claude Sonnet 5.5 follow, before anything is sent.",
        "1 file is not a picture: notes.docx",
    ]


@pytest.mark.parametrize("width", [900, 480])
def test_every_reason_shows_whole(window: QWidget, overlay: DropOverlay, width: int) -> None:
    window.setMinimumWidth(0)
    window.resize(width, 480)
    enter(
        window, with_urls(f"file:///{'long name ' * 10}.doc", "file:///b.zip", "file:///c.txt", "file://server/x.png")
    )
    QApplication.processEvents()
    reasons = [label for label in overlay.findChildren(QLabel) if ":" in label.text()]
    assert len(reasons) == 2
    for reason in reasons:
        assert reason.width() <= width - 64
        assert reason.height() == reason.heightForWidth(reason.width())
    assert (reasons[0].height() > reasons[1].height()) == (width == 480)


def test_with_nothing_to_add_the_overlay_promises_nothing(window: QWidget, overlay: DropOverlay) -> None:
    enter(window, with_urls("file:///a.txt", "file:///b.txt", "file:///c.txt", "file:///d.txt"))
    assert words(overlay) == ["No picture here", "4 files are not pictures: a.txt, b.txt and 2 more"]


@pytest.mark.parametrize(
    ("urls", "title"),
    [
        (["file:///a.png", "file:///b.pdf", "file:///holidays/"], "Add 1 picture, 1 document and 1 folder"),
        (["file:///a.png", "file:///holidays/", "file:///roofs/"], "Add 1 picture and 2 folders"),
        (["file:///README"], "Add 1 file"),
        (["https://a.example/x.png", "https://a.example/y.png"], "2 pictures on the web"),
    ],
)
def test_the_overlay_counts_every_kind(window: QWidget, overlay: DropOverlay, urls: list[str], title: str) -> None:
    enter(window, with_urls(*urls))
    assert words(overlay)[0] == title


def test_of_an_address_the_overlay_promises_that_nothing_is_fetched(window: QWidget, overlay: DropOverlay) -> None:
    enter(window, with_urls("https://a.example/x.png"))
    assert words(overlay) == ["Picture on the web", "Nothing is fetched before you say so."]


def test_the_overlay_goes_when_the_drag_leaves(window: QWidget, overlay: DropOverlay) -> None:
    enter(window, with_urls("file:///a.png"))
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not overlay.isVisible()


def test_the_text_field_lets_a_drag_of_files_through_to_the_window(window: QWidget, overlay: DropOverlay) -> None:
    edit = window.findChild(MessageEdit)
    assert isinstance(edit, MessageEdit)
    enter(edit.viewport(), with_urls("file:///a.png"))
    assert overlay.isVisible()


def test_text_is_left_to_the_text_field(window: QWidget, overlay: DropOverlay) -> None:
    mime = QMimeData()
    mime.setText("words")
    assert not enter(window, mime).isAccepted()
    assert not overlay.isVisible()


def test_a_release_hands_over_what_was_dropped_as_a_copy(qtbot: QtBot, window: QWidget, overlay: DropOverlay) -> None:
    mime = with_urls("file:///a.png")
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    enter(window, mime, actions)
    with qtbot.waitSignal(overlay.dropped) as caught:
        event = drop(overlay, mime, actions)
    assert event.dropAction() == Qt.DropAction.CopyAction
    assert [source.path for source in caught.args[0].sources] == ["/a.png"]
    assert not overlay.isVisible()


def test_a_file_is_never_moved(window: QWidget, overlay: DropOverlay) -> None:
    event = enter(window, with_urls("file:///a.png"), Qt.DropAction.MoveAction)
    assert overlay.isVisible()
    assert event.dropAction() == Qt.DropAction.IgnoreAction


def test_the_overlay_follows_the_window(qtbot: QtBot, window: QWidget, overlay: DropOverlay) -> None:
    enter(window, with_urls("file:///a.png"))
    window.resize(700, 500)
    qtbot.waitUntil(lambda: overlay.geometry() == window.rect())


def test_a_pasted_bitmap_reaches_the_draft(qtbot: QtBot, tools: Tools, desk: Desk) -> None:
    mime = QMimeData()
    mime.setImageData(image())
    chat = Chat.new(tools.account.catalog.default_id, tools, desk)
    chat.draft.attach(sources_from_mime(mime).sources)
    assert chat.draft.rowCount() == 1
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert chat.draft.pictures[0].format == "PNG"
    assert (chat.draft.pictures[0].width, chat.draft.pictures[0].height) == (40, 30)
