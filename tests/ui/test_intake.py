"""The questions that come with pictures: addresses, many, pages; and the quiet notes on what will be read badly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Aim, Document, DraftPicture, Many, Source
from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.gallery import Gallery
from app.core.catalog import Model
from app.core.cuts import Preset, cuts, offers
from app.core.errors import LinkRefused
from app.core.fetch import Fetched
from app.core.fit import Size, fit, image_tokens
from app.core.legibility import Findings
from app.ui.advice import found
from app.ui.composer import Composer
from app.ui.notes import Note, Notes
from app.ui.page_ranges import page_ranges, pages_in
from app.ui.pages_dialog import PagesDialog
from app.ui.sources import Dropped
from app.ui.theme import Theme
from app.ui.thumbnails import Thumbnails

ROOF = "https://pictures.example/2024/roof.jpg"


@pytest.fixture
def composer(qtbot: QtBot, theme: Theme, tools: Tools, desk: Desk, gallery: Gallery) -> Composer:
    composer = Composer(theme, tools.account, gallery)
    qtbot.addWidget(composer)
    composer.resize(800, 600)
    composer.show()
    composer.set_chat(desk.current)
    return composer


@pytest.fixture
def chat(desk: Desk) -> Chat:
    return desk.current


def notes(composer: Composer) -> list[str]:
    found = composer.findChild(Notes)
    assert isinstance(found, Notes)
    return found.texts


def choices(composer: Composer, row: int = -1) -> list[str]:
    """What the buttons of a note say, its cross apart."""
    note = [note for note in composer.findChildren(Note) if not note.isHidden()][row]
    return [button.text() for button in note.findChildren(QPushButton) if not button.isHidden()]


def choose(composer: Composer, text: str) -> None:
    (button,) = [b for b in composer.findChildren(QPushButton) if b.text() == text and b.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


# --- addresses ------------------------------------------------------------------------------------


def put_behind_links(chat: Chat, picture: Path) -> list[str]:
    """Let a picture lie behind every address; returns those that will be fetched."""
    fetched: list[str] = []
    data = picture.read_bytes()

    async def fetch(url: str) -> Fetched:
        fetched.append(url)
        return Fetched(data, url, "roof.jpg")

    chat.draft._workshop._fetch_from = fetch
    return fetched


def test_an_address_is_asked_about_and_fetched_only_after_a_click(
    qtbot: QtBot, composer: Composer, chat: Chat, picture: Callable[..., Path]
) -> None:
    fetched = put_behind_links(chat, picture())
    composer.take(Dropped(links=(ROOF,)))
    assert notes(composer) == ["pictures.example/2024/roof.jpg is on the web."]
    assert choices(composer) == ["Fetch the picture"]
    assert fetched == []
    choose(composer, "Fetch the picture")
    assert notes(composer) == []
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert fetched == [ROOF]
    assert [picture.source.url for picture in chat.draft.pictures] == [""]


def test_a_link_is_offered_to_a_server_that_takes_links_alone(
    qtbot: QtBot, theme: Theme, online: Tools, picture: Callable[..., Path]
) -> None:
    shown = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
    composer, chat = Composer(theme, online.account, shown), Chat.new(online.account.catalog.default_id, online)
    qtbot.addWidget(composer)
    composer.show()
    composer.set_chat(chat)
    put_behind_links(chat, picture())
    composer.take(Dropped(links=(ROOF,)))
    assert choices(composer) == ["Fetch the picture"]
    online.preferences.update(foreign_sources=True)
    composer.take(Dropped(links=(ROOF,)))
    assert choices(composer) == ["Fetch the picture", "Send the link"]
    choose(composer, "Send the link")
    qtbot.waitUntil(lambda: chat.draft.ready)
    assert [picture.source.url for picture in chat.draft.pictures] == [ROOF]


def test_a_pasted_address_of_a_picture_stays_text_and_offers_it(composer: Composer, chat: Chat) -> None:
    mime = QMimeData()
    mime.setText(ROOF)
    composer.paste(mime)
    assert chat.draft.text == ROOF
    assert notes(composer) == ["pictures.example/2024/roof.jpg is on the web."]


def test_the_same_address_is_asked_about_in_one_note(composer: Composer) -> None:
    composer.take(Dropped(links=(ROOF,)))
    composer.take(Dropped(links=(ROOF,)))
    assert len(notes(composer)) == 1


# --- many pictures and pages ----------------------------------------------------------------------


def files(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (32, 32), (number * 5, 0, 0)).save(path)
    return paths


def test_of_a_large_folder_it_is_asked_before_a_picture_is_added(
    qtbot: QtBot, composer: Composer, chat: Chat, tmp_path: Path
) -> None:
    files(tmp_path / "roofs", 34)
    composer.take(Dropped((Source(path=str(tmp_path / "roofs")),)))
    qtbot.waitUntil(lambda: bool(notes(composer)))
    assert notes(composer) == ["There are 34 pictures in roofs."]
    assert choices(composer) == ["Add all 34", "Cancel"]
    assert not chat.draft.pictures
    choose(composer, "Add all 34")
    assert len(chat.draft.pictures) == 34
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)


def test_many_pictures_can_be_left(composer: Composer, chat: Chat) -> None:
    chat.draft.many_wanted.emit(Many(500, ("a", "b", "c"), (), more=True))
    assert notes(composer) == ["There are more than 500 pictures in a, b and 1 more; the first 500 can be added."]
    choose(composer, "Cancel")
    assert notes(composer) == []


def test_a_question_waits_for_its_own_conversation_and_goes_with_its_message(
    qtbot: QtBot, composer: Composer, chat: Chat, desk: Desk, tools: Tools
) -> None:
    composer.take(Dropped(links=(ROOF,)))
    composer.set_chat(Chat.new(chat.model.id, tools, desk))
    assert notes(composer) == []
    chat.draft.many_wanted.emit(Many(34, (), ()))
    composer.set_chat(chat)
    assert notes(composer) == ["pictures.example/2024/roof.jpg is on the web.", "These are 34 pictures."]
    composer.set_chat(Chat.new(chat.model.id, tools, desk))
    chat.draft.set_text("hello")
    chat.worker.send()
    qtbot.waitUntil(lambda: bool(chat.messages.messages) and not chat.worker.busy)
    composer.set_chat(chat)
    assert notes(composer) == []


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    pages = [Image.new("RGB", (310, 438), color) for color in ("white", "red", "green", "blue")]
    path = tmp_path / "lease.pdf"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


@pytest.fixture
def dialog(qtbot: QtBot, composer: Composer, lease: Path) -> PagesDialog:
    composer.take(Dropped((Source(path=str(lease)),)))
    qtbot.waitUntil(lambda: bool(composer.findChildren(PagesDialog)), timeout=20_000)
    (dialog,) = composer.findChildren(PagesDialog)
    qtbot.waitUntil(lambda: len(dialog._sizes) == 4, timeout=20_000)
    return dialog


def the(parent: QWidget, text: str) -> QAbstractButton:
    return next(button for button in parent.findChildren(QPushButton) if button.text() == text)


def test_pages_are_chosen_by_key_or_in_writing_and_come_as_pictures(
    qtbot: QtBot, dialog: PagesDialog, chat: Chat
) -> None:
    (pages,), (field,) = dialog.findChildren(QListWidget), dialog.findChildren(QLineEdit)
    assert dialog.selected == [1]
    QTest.keyClick(pages, Qt.Key.Key_Right)
    QTest.keyClick(pages, Qt.Key.Key_Right)
    QTest.keyClick(pages, Qt.Key.Key_Space)
    assert (dialog.selected, field.text()) == ([1, 3], "1, 3")
    field.clear()
    QTest.keyClicks(field, "2-3, 4")
    assert (dialog.selected, field.text()) == ([2, 3, 4], "2-3, 4")
    QTest.mouseClick(the(dialog, "Add 3 pages"), Qt.MouseButton.LeftButton)
    assert [picture.page for picture in chat.draft.pictures] == [2, 3, 4]
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
    assert chat.draft.pictures[0].name == "lease.pdf, page 2"


def test_pages_have_a_total_that_is_what_they_come_to(qtbot: QtBot, dialog: PagesDialog, chat: Chat) -> None:
    the(dialog, "Select all").click()
    told = dialog._total.text()
    assert told.startswith("4 pages · ")
    assert "≈" not in told
    the(dialog, "Add 4 pages").click()
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
    assert f"{sum(picture.tokens for picture in chat.draft.pictures):,} tok" in told


def test_pages_beside_many_pictures_are_told_as_small_as_they_go(composer: Composer, chat: Chat) -> None:
    chat.draft.pages_wanted.emit(Document("0" * 64, "plan.pdf", 25, "PDF"))
    (dialog,) = composer.findChildren(PagesDialog)
    dialog._sizes = dict.fromkeys(range(1, 26), Size(2479, 3508))
    few, many = fit(2479, 3508, chat.model.tier), fit(2479, 3508, chat.model.tier, 2000)
    for count, size in ((20, few), (25, many)):
        dialog._select(range(1, count + 1))
        dialog._tell_total()
        assert f" · {count * image_tokens(*size):,} tok · " in dialog._total.text()
    assert many != few


def test_without_pages_nothing_is_added_and_nothing_is_lost(
    composer: Composer, dialog: PagesDialog, chat: Chat
) -> None:
    the(dialog, "Select none").click()
    assert not the(dialog, "Add").isEnabled()
    assert dialog._total.text() == "No page chosen"
    QTest.keyClicks(dialog.findChildren(QLineEdit)[0], "x")
    assert dialog._total.text() == "Write pages as 1-3, 7"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not chat.draft.pictures
    assert notes(composer) == ["lease.pdf has 4 pages."]
    assert choices(composer) == ["Choose pages"]


def test_of_two_documents_one_asks_after_the_other(composer: Composer, dialog: PagesDialog, chat: Chat) -> None:
    chat.draft.pages_wanted.emit(Document("0" * 64, "plan.pdf", 3, "PDF"))
    assert dialog.isVisible()
    assert len(composer.findChildren(PagesDialog)) == 1
    assert notes(composer) == ["plan.pdf has 3 pages."]


def test_no_more_pages_are_added_than_the_model_takes(composer: Composer, chat: Chat) -> None:
    most = chat.model.max_images
    chat.draft.pages_wanted.emit(Document("0" * 64, "plan.pdf", 5000, "PDF"))
    (dialog,) = composer.findChildren(PagesDialog)
    the(dialog, f"Select the first {most}").click()
    assert (len(dialog.selected), dialog.findChildren(QLineEdit)[0].text()) == (most, f"1-{most}")
    assert the(dialog, f"Add {most} pages").isEnabled()
    dialog.findChildren(QLineEdit)[0].clear()
    QTest.keyClicks(dialog.findChildren(QLineEdit)[0], f"1-{most + 1}")
    assert dialog._total.text() == f"{most + 1} pages: {chat.model.name} takes at most {most} pictures in one request"
    assert not the(dialog, f"Add {most + 1} pages").isEnabled()


@pytest.mark.parametrize(
    ("text", "pages"),
    [("1-3, 7", [1, 2, 3, 7]), ("7;2", [2, 7]), ("8-", [8, 9]), ("2–4", [2, 3, 4]), ("", []), ("1, x", []), ("99", [])],
)
def test_pages_are_read_as_people_write_them(text: str, pages: list[int]) -> None:
    assert pages_in(text, 9) == pages
    assert pages_in(page_ranges(pages), 9) == pages


def test_a_written_range_as_long_as_the_world_costs_nothing() -> None:
    assert pages_in("1-999999", 3) == [1, 2, 3]


# --- what is worth knowing ------------------------------------------------------------------------


def seen(
    model: Model, size: tuple[int, int], preset: Preset = "auto", findings: Findings | None = None
) -> DraftPicture:
    whole = Size(*size)
    return DraftPicture(
        7,
        "roof.png",
        "ready",
        *size,
        aim=Aim(cuts(whole, preset, model.tier), 7_400_000),
        tokens=4000,
        source=Source(kept="0" * 64, preset=preset),
        offers=offers(whole, model.tier),
        findings=findings or Findings(),
    )


def test_text_that_gets_too_small_is_told_until_tiles_cure_it(chat: Chat) -> None:
    (hint,) = found([seen(chat.model, (3840, 2160), findings=Findings(12))])
    assert (hint.kind, hint.heights) == ("text", (8,))
    assert hint.for_tiles
    assert hint.for_region
    assert found([seen(chat.model, (3840, 2160), findings=Findings(14))]) == []
    assert found([seen(chat.model, (3840, 2160), "tiles", findings=Findings(12))]) == []


def test_where_the_original_has_no_more_to_show_nothing_is_offered(chat: Chat) -> None:
    (hint,) = found([seen(chat.model, (800, 600), findings=Findings(7))])
    assert (hint.for_tiles, hint.for_region) == ((), False)


def test_a_long_capture_is_offered_in_tiles(chat: Chat) -> None:
    (hint,) = found([seen(chat.model, (1200, 9000))])
    assert hint.kind == "long"
    assert hint.for_tiles
    assert found([seen(chat.model, (1200, 9000), "tiles")]) == []
    assert found([seen(chat.model, (300, 900))]) == []


@pytest.mark.parametrize(
    ("size", "findings", "kind"),
    [
        ((640, 199), Findings(), "small"),
        ((640, 400), Findings(blurred=True), "blurred"),
        ((640, 400), Findings(dark=True), "dark"),
    ],
)
def test_small_blurred_and_dark_pictures_are_told(
    chat: Chat, size: tuple[int, int], findings: Findings, kind: str
) -> None:
    assert [hint.kind for hint in found([seen(chat.model, size, findings=findings)])] == [kind]


def test_a_picture_that_goes_as_a_sentence_needs_no_advice(chat: Chat) -> None:
    assert found([replace(seen(chat.model, (640, 199)), same_as=1)]) == []


@pytest.fixture
def page_of_text(tmp_path: Path) -> Callable[[str], Source]:
    def write(name: str) -> Source:
        page = Image.new("RGB", (3840, 2160), "white")
        draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
        for y in range(40, 2100, 22):
            draw.text((60, y), f"{name}: the quarterly figures of the northern branch " * 8, "black", font)
        page.save(tmp_path / name)
        return Source(path=str(tmp_path / name))

    return write


def test_one_click_sends_small_text_as_tiles_and_the_note_goes(
    qtbot: QtBot, composer: Composer, chat: Chat, page_of_text: Callable[[str], Source]
) -> None:
    composer.attach([page_of_text("roof.png")])
    qtbot.waitUntil(lambda: bool(notes(composer)), timeout=20_000)
    assert notes(composer) == ["Text in roof.png will be about 8 px high, hard to read."]
    tiles, region = choices(composer)
    assert tiles.startswith("Tiles +$0.0")
    assert region == "Mark a region"
    choose(composer, tiles)
    assert chat.draft.pictures[0].preset == "tiles"
    qtbot.waitUntil(lambda: chat.draft.ready, timeout=20_000)
    assert notes(composer) == []


def test_a_region_is_asked_for_by_the_pictures_row(
    qtbot: QtBot, composer: Composer, picture: Callable[..., Path], page_of_text: Callable[[str], Source]
) -> None:
    composer.attach([Source(path=str(picture())), page_of_text("roof.png")])
    qtbot.waitUntil(lambda: bool(notes(composer)), timeout=20_000)
    with qtbot.waitSignal(composer.region_wanted) as caught:
        choose(composer, "Mark a region")
    assert caught.args == [1]


def test_what_was_dismissed_is_not_said_again(
    qtbot: QtBot, composer: Composer, chat: Chat, picture: Callable[..., Path]
) -> None:
    composer.attach([Source(path=str(picture("tiny.png", size=(100, 100))))])
    qtbot.waitUntil(lambda: bool(notes(composer)))
    assert notes(composer) == ["tiny.png is a small picture: under 200 px on an edge, it may be misread."]
    (cross,) = [b for b in composer.findChildren(QAbstractButton) if b.accessibleName() == "Dismiss"]
    cross.click()
    composer.attach([Source(path=str(picture("also.png", size=(120, 120), color="blue")))])
    qtbot.waitUntil(lambda: bool(notes(composer)))
    assert notes(composer) == ["also.png is a small picture: under 200 px on an edge, it may be misread."]
    chat.draft.remove_all()
    qtbot.waitUntil(lambda: not notes(composer))


def test_a_picture_that_could_not_be_fetched_can_be_tried_again(
    composer: Composer, chat: Chat, qtbot: QtBot, picture: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> Fetched:
        asked.append(url)
        if len(asked) == 1:
            raise LinkRefused("pictures.example", "timeout", limit=15)
        return Fetched(picture("roof.jpg").read_bytes(), url, "roof.jpg")

    monkeypatch.setattr(chat.draft._workshop, "_fetch_from", fetch)
    composer.take(Dropped(links=(ROOF,)))
    choose(composer, "Fetch the picture")
    qtbot.waitUntil(lambda: bool(notes(composer)))
    assert choices(composer) == ["Try again"]
    choose(composer, "Try again")
    qtbot.waitUntil(lambda: len(chat.draft.pictures) == 1 and chat.draft.ready)
    assert (asked, notes(composer)) == ([ROOF, ROOF], [])


def test_a_link_that_may_not_be_fetched_is_not_offered_again(
    composer: Composer, chat: Chat, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_url: str) -> Fetched:
        raise LinkRefused("pictures.example", "private")

    monkeypatch.setattr(chat.draft._workshop, "_fetch_from", fetch)
    composer.take(Dropped(links=(ROOF,)))
    choose(composer, "Fetch the picture")
    qtbot.waitUntil(lambda: bool(notes(composer)))
    assert choices(composer) == []


@pytest.mark.parametrize("change", ["remove", "move", "remove all"])
def test_what_a_note_says_by_number_goes_when_the_numbers_change(
    composer: Composer, chat: Chat, qtbot: QtBot, picture: Callable[..., Path], change: str
) -> None:
    draft = chat.draft
    draft.attach(Source(path=str(picture(f"{n}.png", size=(300 + n, 240)))) for n in range(3))
    qtbot.waitUntil(lambda: draft.ready)
    draft.attach([Source(path=str(picture("again.png", size=(301, 240))))])
    qtbot.waitUntil(lambda: notes(composer) == ["again.png is the same picture as Image 2 and was not added again."])
    composer.note("Something else.")
    draft.attach([Source(path=str(picture("more.png", size=(400, 240))))])
    qtbot.waitUntil(lambda: draft.ready)
    assert len(notes(composer)) == 2
    if change == "remove":
        draft.remove(3)
        assert len(notes(composer)) == 2
        draft.remove(0)
    elif change == "move":
        draft.move(1, 2)
    else:
        draft.remove_all()
    assert notes(composer) == ["Something else."]


def test_pictures_removed_at_once_come_back_at_once(
    composer: Composer, chat: Chat, qtbot: QtBot, picture: Callable[..., Path]
) -> None:
    chat.draft.attach(Source(path=str(picture(f"{n}.png", size=(300 + n, 240)))) for n in range(3))
    qtbot.waitUntil(lambda: chat.draft.ready)
    (strip,) = composer.findChildren(Thumbnails)
    chat.draft.remove(0)
    strip._remove_all()
    assert notes(composer) == ["Removed 2 pictures."]
    choose(composer, "Undo")
    assert [p.name for p in chat.draft.pictures] == ["1.png", "2.png"]
    assert notes(composer) == []
