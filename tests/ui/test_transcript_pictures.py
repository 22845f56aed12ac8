"""Pictures in the conversation: parts, sentences in their place, "Image 2" in an answer, sharper ones, blamed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QMenu, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.core.cuts import Box
from app.core.errors import ApiError, Offence, RequestRefused
from app.core.failure import error_to_json
from app.core.message import ImageBlock
from app.ui.theme import Theme
from app.ui.transcript import Transcript
from app.ui.transcript.card import Card, blamed_picture, error_card
from app.ui.transcript.message_menu import MessageMenu
from app.ui.transcript.picture_menu import PictureMenu
from app.ui.transcript.sharper_button import SharperButton
from app.ui.transcript.text import SafeTextView
from app.ui.transcript.tiles import PictureTile
from tests.conftest import finish
from tests.servers.api import ApiServer
from tests.servers.replies import error
from tests.ui.talk import PICTURE, answered, asked, button, contents, follows, foot_of, put, said, seen, talk, view

OVERVIEW = replace(PICTURE, kind="overview", width=1456, height=819, tokens=1560, preset="tiles")
TILE = replace(PICTURE, kind="tile", box=Box(0, 0, 1323, 2160), part=1, parts=2, width=1323, height=2160, tokens=3760)


def tiles(transcript: Transcript) -> list[PictureTile]:
    return seen(transcript, PictureTile)


def sharper(transcript: Transcript) -> SharperButton:
    (button,) = seen(transcript, SharperButton)
    return button


def ask(chat: Chat, text: str = "What is it?") -> None:
    chat.draft.set_text(text)
    chat.worker.send()


@pytest.mark.parametrize(
    ("images", "caption", "badge"),
    [
        ((OVERVIEW, TILE, replace(TILE, part=2)), "overview + 2 tiles", "9,080 tok"),
        ((OVERVIEW, replace(TILE, kind="region")), "overview + region, left", "5,320 tok"),
        ((replace(PICTURE, same_as=1, number=2),), "the same as Image 1", ""),
        ((replace(PICTURE, withheld=True),), "left out", ""),
        (
            (replace(PICTURE, url="https://pictures.example/a.png", width=0, height=0, sent=""),),
            "link, size unknown",
            None,
        ),
    ],
    ids=["tiles", "region", "same", "left out", "link"],
)
def test_a_tile_says_how_its_picture_went(
    transcript: Transcript, chat: Chat, images: tuple[ImageBlock, ...], caption: str, badge: str | None
) -> None:
    put(chat, asked("", *images), answered(server="practice"))
    (tile,) = tiles(transcript)
    assert tile.caption == caption
    if badge is not None:
        assert tile.badge == badge


def links(transcript: Transcript) -> list[tuple[str, str]]:
    """Words and target of every link in the answers."""
    found = []
    for text in seen(transcript, SafeTextView):
        block = text.document().begin()
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                if fragment.charFormat().isAnchor():
                    found.append((fragment.text(), fragment.charFormat().anchorHref()))
                fragments += 1
            block = block.next()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See Image 2.", [("Image 2", "picture:2")]),
        ("**Image 1** and 😀 image 2!", [("Image 1", "picture:1"), ("image 2", "picture:2")]),
        ("Bild 2, 图2", [("Bild 2", "picture:2")]),
        ("画像2を見て", [("画像2", "picture:2")]),
        ("Image 3, Images, Image 20, imagery 2", []),
        ("`Image 2`", []),
        ("[Image 2](https://pictures.example/)", [("Image 2", "https://pictures.example/")]),
        ("| a |\n|---|\n| Image 1 |", [("Image 1", "picture:1")]),
    ],
)
def test_a_picture_named_in_an_answer_is_a_link(
    transcript: Transcript, chat: Chat, text: str, expected: list[tuple[str, str]]
) -> None:
    put(chat, asked("", PICTURE, replace(PICTURE, number=2)), answered(text))
    assert links(transcript) == expected


def test_a_question_names_no_links(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked("Look at Image 1", PICTURE), answered("Yes."))
    assert links(transcript) == []


def test_the_link_brings_the_picture_into_view_and_flashes_it(transcript: Transcript, chat: Chat) -> None:
    fill = [message for _ in range(30) for message in (asked("More?"), answered("Word. " * 200))]
    put(chat, asked("", PICTURE, replace(PICTURE, number=2)), *fill, answered("As Image 2 shows."))
    view(transcript, 61, 0).anchorClicked.emit(QUrl("picture:2"))
    first, second = tiles(transcript)
    assert (second.image.number, second._flashing.isActive(), first._flashing.isActive()) == (2, True, False)
    assert transcript.viewport().rect().contains(QRect(second.mapTo(transcript.viewport(), QPoint()), second.size()))
    assert not follows(transcript)


@pytest.mark.parametrize(
    ("text", "address"), [("Image 2.", ""), ("[Image 2](https://pictures.example/a).", "https://pictures.example/a")]
)
def test_only_an_address_that_means_something_elsewhere_can_be_copied(
    transcript: Transcript, chat: Chat, text: str, address: str
) -> None:
    put(chat, asked("", PICTURE, replace(PICTURE, number=2)), answered(text))
    shown = view(transcript, 1, 0)
    cursor = shown.textCursor()
    cursor.setPosition(3)
    on_it = shown.cursorRect(cursor).center()
    assert shown.anchorAt(on_it) == (address or "picture:2")
    place = shown.viewport().mapTo(transcript.viewport(), on_it)
    at = transcript.viewport().mapToGlobal(place)
    QApplication.sendEvent(transcript.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, at))
    (menu,) = transcript.findChildren(MessageMenu)
    copies = [action for action in menu.actions() if action.text() == "Copy link address"]
    assert bool(copies) is bool(address)
    for copy in copies:
        copy.trigger()
        assert QApplication.clipboard().text() == address
    menu.close()


def test_a_picture_that_changes_is_shown_anew(transcript: Transcript, chat: Chat) -> None:
    question = asked("Which?", PICTURE)
    put(chat, question, answered())
    chat.messages.replace(replace(question, content=(replace(PICTURE, withheld=True), *question.content[1:])))
    QApplication.processEvents()
    (tile,) = tiles(transcript)
    assert tile.caption == "left out"


def test_an_answered_picture_can_be_sent_again_sharper(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    put(chat, asked("What?", PICTURE), answered())
    assert foot_of(contents(transcript)).offers == ((1, "Resend Image 1 sharper"),)  # practice is free
    with qtbot.waitSignal(transcript.host.sharper_wanted) as wanted:
        QTest.mouseClick(sharper(transcript), Qt.MouseButton.LeftButton)
    assert wanted.args == [1]
    assert chat.worker.busy
    qtbot.waitUntil(lambda: not chat.worker.busy)


def test_an_offer_that_does_not_fit_is_told_in_a_menu(
    transcript: Transcript, chat: Chat, tools: Tools, qtbot: QtBot
) -> None:
    finish(tools.account.set_practice(False))
    put(chat, asked("What?", PICTURE), answered())
    button = sharper(transcript)
    transcript.resize(480, 480)
    qtbot.waitUntil(lambda: button.text() == "Resend sharper…")
    qtbot.waitUntil(lambda: button.width() >= button.sizeHint().width())
    assert button.accessibleName().startswith("Resend Image 1 sharper (+$")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    (menu,) = button.findChildren(QMenu)
    assert [action.text().split(" (")[0] for action in menu.actions()] == ["Resend Image 1 sharper"]
    menu.close()
    transcript.resize(1000, 480)
    qtbot.waitUntil(lambda: button.text().startswith("Resend Image 1 sharper (+$"))


def test_a_sharper_picture_that_makes_others_smaller_says_so(transcript: Transcript, chat: Chat, tools: Tools) -> None:
    finish(tools.account.set_practice(False))
    others = [replace(PICTURE, number=number, width=2400, height=600) for number in range(2, 21)]
    put(chat, asked("What?", PICTURE, *others), answered())
    chat.refresh()
    QApplication.processEvents()
    words = foot_of(contents(transcript)).offers[0][1]
    assert words.startswith("Resend Image 1 sharper, and make 20 pictures smaller (+$")


def test_of_several_pictures_a_menu_offers_each(transcript: Transcript, chat: Chat) -> None:
    put(chat, asked("What?", PICTURE, replace(PICTURE, number=2)), answered())
    button = sharper(transcript)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    (menu,) = button.findChildren(QMenu)
    assert [action.text().split(" (")[0] for action in menu.actions()] == [
        "Resend Image 1 sharper",
        "Resend Image 2 sharper",
    ]
    menu.close()


def test_a_picture_seen_whole_is_not_offered_sharper(transcript: Transcript, chat: Chat) -> None:
    whole = replace(PICTURE, width=1000, height=800, original_width=1000, original_height=800, tokens=1044)
    put(chat, asked("What?", whole), answered())
    assert foot_of(contents(transcript)).offers == ()
    assert seen(transcript, SharperButton) == []


def test_the_error_that_names_a_picture_shows_it_and_offers_to_mend_it(transcript: Transcript, chat: Chat) -> None:
    error = ApiError(400, "invalid_request_error", "bad", picture=1, picture_name="q4-dashboard.png")
    failed = answered("", state="failed", usage=None, error=error_to_json(error))
    put(chat, asked("What?", PICTURE), failed)
    (card,) = seen(transcript, Card)
    assert {"Make it smaller", "Leave it out", "Replace it…"} <= {b.text() for b in card.findChildren(QPushButton)}
    assert "Image 1" in card.words
    assert [label for label in card.findChildren(QLabel) if label.pixmap().isNull()] == []


def test_the_blamed_picture_is_one_or_none() -> None:
    assert blamed_picture(RequestRefused((Offence("edge", 9000, 8000, 3, "a"),))) == 3
    assert blamed_picture(RequestRefused((Offence("edge", 9000, 8000, 3), Offence("edge", 9000, 8000, 4)))) == 0
    assert blamed_picture(ApiError(500, "api_error", "")) == 0


# --- what can be done with a picture that was sent ------------------------------------------------


def opened_menu(transcript: Transcript, number: int) -> PictureMenu:
    tile = next(tile for tile in tiles(transcript) if tile.image.number == number)
    middle = tile.rect().center()
    QApplication.sendEvent(tile, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, tile.mapToGlobal(middle)))
    (menu,) = [menu for menu in transcript.findChildren(PictureMenu) if menu.isVisible()]
    return menu


def choose(menu: QMenu, words: str) -> None:
    next(action for action in menu.actions() if action.text().startswith(words)).trigger()
    menu.close()


def offered(menu: QMenu) -> list[str]:
    return [action.text().split("\t")[0].split(" (")[0] for action in menu.actions() if not action.isSeparator()]


def test_a_sent_picture_has_a_menu(transcript: Transcript, chat: Chat, qtbot: QtBot) -> None:
    put(chat, asked("What?", PICTURE), answered())
    menu = opened_menu(transcript, 1)
    keep = ["Copy", "Save original…", "Save what was sent…"]
    mend = ["Resend Image 1 sharper", "Leave it out from now on", "Replace it…"]
    assert offered(menu) == ["Open", "Details", *keep, *mend]
    assert all(action.isEnabled() for action in menu.actions())
    with qtbot.waitSignal(transcript.details_wanted) as details:
        choose(menu, "Details")
    assert details.args == [1]
    menu = opened_menu(transcript, 1)
    with qtbot.waitSignal(transcript.picture_opened) as opened:
        choose(menu, "Open")
    with qtbot.waitSignal(transcript.replacement_wanted) as wanted:
        choose(opened_menu(transcript, 1), "Replace")
    assert (opened.args, wanted.args) == ([1], [1, False])


def test_a_sent_picture_is_copied_and_saved_from_its_menu(
    live: Transcript,
    online_chat: Chat,
    qtbot: QtBot,
    picture: Callable[..., Path],
    tmp_path: Path,
) -> None:
    online_chat.draft.attach([Source(path=str(picture("a.png", (3000, 200))))])
    ask(online_chat)
    qtbot.waitUntil(lambda: bool(tiles(live)) and not online_chat.worker.busy)
    clipboard = QApplication.clipboard()
    clipboard.clear()
    choose(opened_menu(live, 1), "Copy")
    qtbot.waitUntil(lambda: clipboard.image().size() == QSize(3000, 200))
    clipboard.clear()
    folder = tmp_path / "kept"
    folder.mkdir()
    for words, name in (("Save original", "a.png"), ("Save what was sent", "a-sent.webp")):
        choose(opened_menu(live, 1), words)
        (dialog,) = [dialog for dialog in live.findChildren(QFileDialog) if dialog.isVisible()]
        assert Path(dialog.selectedFiles()[0]).name == name
        dialog.fileSelected.emit(str(folder / name))
        qtbot.waitUntil((folder / name).exists)
        dialog.done(0)
        qtbot.waitUntil(lambda: not [d for d in live.findChildren(QFileDialog) if d.isVisible()])
    with Image.open(folder / "a.png") as original, Image.open(folder / "a-sent.webp") as sent:
        assert original.size == (3000, 200)
        assert sent.width < 3000


def test_what_is_saved_elsewhere_is_not_told_here(live: Transcript, qtbot: QtBot) -> None:
    keeping = live._pictures._keeper()
    live.host.gallery.saved.emit("/elsewhere/a.png")
    live.host.gallery.taken.emit("0" * 64, "/elsewhere/a.png")
    qtbot.wait(1)
    assert not live.findChildren(QMessageBox)
    assert keeping.saving._said.isHidden()


def test_what_is_said_stays_where_it_is_when_the_conversation_moves(
    live: Transcript, theme: Theme, online: Tools, online_chat: Chat
) -> None:
    put(online_chat, *talk(20))
    said_there = live._pictures._keeper().saving
    said_there.say("Copied")
    place = said_there._said.geometry()
    assert live.rect().contains(place)
    live.scroll_by(-120)
    QApplication.processEvents()
    assert said_there._said.geometry() == place
    assert not live.viewport().isAncestorOf(said_there._said)
    before = said_there._said.styleSheet()
    online.preferences.update(theme="light" if theme.tokens.dark else "dark")
    assert said_there._said.styleSheet() != before


@pytest.mark.parametrize("ending", ["complete", "failed"])
def test_a_menu_entry_without_a_price_makes_no_request(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot, picture: Callable[..., Path], ending: str
) -> None:
    """Nor one that does not say that it asks ("Retry")."""
    if ending == "failed":
        api.script(error(400, "invalid_request_error", "No."))
    online_chat.draft.attach([Source(path=str(picture("a.png", (3000, 2000))))])
    ask(online_chat)
    qtbot.waitUntil(lambda: len(online_chat.messages.messages) == 2 and not online_chat.worker.busy)
    assert online_chat.messages.messages[-1].state == ending
    qtbot.waitUntil(lambda: len(seen(live, PictureTile)) == 1)
    before = sorted(api.counts.items())
    tried = set()

    def opened(which: int) -> QMenu:
        if which < 0:
            return opened_menu(live, 1)
        live.deeds.do("more", online_chat.messages.messages[which], live.mapToGlobal(QPoint(20, 20)))
        return next(menu for menu in live.findChildren(MessageMenu) if menu.isVisible())

    for which in (-1, 0, 1):
        for words in [action.text() for action in opened(which).actions()]:
            if not words or "$" in words or words.startswith("Retry"):
                continue
            [menu] = [menu for menu in live.findChildren(QMenu) if menu.isVisible()]
            action = next((action for action in menu.actions() if action.text() == words), None)
            if action is None or not action.isEnabled() or action.menu() is not None:
                continue
            action.trigger()
            menu.close()
            tried.add(words.partition("\t")[0])
            qtbot.waitUntil(lambda: not online_chat.worker.busy)
            mended(live, online_chat, qtbot)
            opened(which)
        for menu in live.findChildren(QMenu):
            menu.close()
        QApplication.processEvents()
    assert {"Leave it out from now on", "Replace it…", "Edit…", "Delete answer", "Details"} <= tried
    assert sorted(api.counts.items()) == before


def mended(live: Transcript, chat: Chat, qtbot: QtBot) -> None:
    """As it was before an entry was tried."""
    for dialog in live.window().findChildren(QDialog):
        dialog.close()
    chat.cancel_edit()
    chat.undo_delete()
    qtbot.waitUntil(lambda: not chat.worker.busy)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: len(chat.messages.messages) == 2 and len(seen(live, PictureTile)) == 1)


TURNED = replace(PICTURE, original_format="HEIC", media_type="image/jpeg", original_width=2576, original_height=1449)


@pytest.mark.parametrize(
    ("image", "caption", "notes"),
    [
        (replace(TURNED, notes=("turned", "reencoded")), "2576×1449", "HEIC → JPEG · turned upright"),
        (replace(TURNED, original_format="JPEG", notes=("turned", "reencoded")), "2576×1449", "turned upright"),
        (replace(TURNED, original_format="JPEG", notes=("reencoded",)), "2576×1449", ""),
        (replace(TURNED, original_format="JPEG", notes=()), "2576×1449, as it is", ""),
    ],
    ids=["converted and turned", "turned", "compressed anew", "as it is"],
)
def test_a_tile_says_what_was_done_as_the_draft_does(
    transcript: Transcript, chat: Chat, image: ImageBlock, caption: str, notes: str
) -> None:
    put(chat, asked("What?", image, replace(PICTURE, number=2, notes=())), answered())
    tile, other = tiles(transcript)
    assert (tile.caption, tile.notes()) == (caption, notes)
    assert tile.height() - other.height() == (tile._painter.height_with_notes - tile._painter.height if notes else 0)
    assert notes in tile.accessibleDescription()


def test_a_wide_picture_leaves_the_words_their_room(qtbot: QtBot, theme: Theme) -> None:
    wide = QPixmap(9000, 500)
    wide.fill(Qt.GlobalColor.red)
    error = ApiError(400, "invalid_request_error", "bad", picture=1, picture_name="w9000.png")
    for width in (760, 520, 360):
        card = error_card(theme, error, can_retry=True, thumbnail=lambda _number: wide)
        qtbot.addWidget(card)
        card.resize(width, 400)
        card.show()
        qtbot.waitExposed(card)
        QApplication.processEvents()
        words = card.findChildren(SafeTextView)[0]
        assert words.width() >= 0.6 * width
        buttons = [b for b in card.findChildren(QPushButton) if b.isVisible()]
        places = [QRect(button.mapTo(card, QPoint()), button.size()) for button in buttons]
        assert all(card.rect().contains(place) for place in places)
        assert not any(a.intersects(b) for a, b in combinations(places, 2))


def test_each_link_that_may_be_to_blame_can_be_left_out(
    transcript: Transcript, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ApiError(400, "invalid_request_error", "Unable to download the file.", of_link=True, links=(1, 2))
    link = replace(PICTURE, url="https://pictures.example/a.png")
    failed = answered("", state="failed", usage=None, error=error_to_json(error))
    put(chat, asked("What?", link, replace(link, number=2)), failed)
    (card,) = seen(transcript, Card)
    assert "Image 1 and Image 2" in card.words
    offers = {b.text() for b in card.findChildren(QPushButton)}
    assert {"Leave out Image 1", "Leave out Image 2"} <= offers
    repaired: list[tuple[int, str]] = []
    monkeypatch.setattr(chat.worker, "repair", lambda number, how: repaired.append((number, how)))
    button(transcript, "Leave out Image 2").click()
    assert repaired == [(2, "remove")]


def test_a_picture_can_be_left_out_and_sent_along_again(
    live: Transcript, online_chat: Chat, api: ApiServer, qtbot: QtBot, picture: Callable[..., Path]
) -> None:
    online_chat.draft.attach([Source(path=str(picture()))])
    ask(online_chat)
    qtbot.waitUntil(lambda: bool(tiles(live)) and not online_chat.worker.busy)
    choose(opened_menu(live, 1), "Leave it out")
    qtbot.waitUntil(lambda: tiles(live)[0].caption == "left out" and not online_chat.worker.busy)
    menu = opened_menu(live, 1)
    assert "Send it along again" in offered(menu)
    choose(menu, "Send it along")
    qtbot.waitUntil(lambda: tiles(live)[0].caption != "left out")
    assert len(api.posts) == 1  # neither asks anything by itself


def test_it_says_how_far_the_pictures_are_on_their_way(
    live: Transcript,
    online: Tools,
    online_chat: Chat,
    api: ApiServer,
    qtbot: QtBot,
    picture: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.core.server.ANTHROPIC", api.url)
    online.preferences.update(upload=True)
    steps: list[str] = []
    online_chat.worker.progressed.connect(lambda: steps.extend(said(contents(live))))
    online_chat.draft.attach(
        [Source(path=str(picture(name, color=color))) for name, color in (("a.png", "#102030"), ("b.png", "#a0b0c0"))]
    )
    ask(online_chat)
    qtbot.waitUntil(lambda: bool(live.messages) and not online_chat.worker.busy)
    assert steps[:2] == ["Uploading picture 1 of 2…", "Uploading picture 2 of 2…"]
    assert said(contents(live)) == []
