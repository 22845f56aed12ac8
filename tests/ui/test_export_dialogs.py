"""The dialogs of export and import: what they ask for is what comes, and they say what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pypdfium2
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.desk import Desk
from app.conversation.history import ARCHIVE, HistoryModel
from app.conversation.tools import Tools
from app.core import backup, private
from app.core.export import archive
from app.core.export.archive import Archive, to_json
from app.core.export.asked import Wanted
from app.core.export.files import Files
from app.core.filing import Filed, FiledAs
from app.core.rows import Conversation
from app.core.whole import Whole
from app.ui import export_dialog
from app.ui.export_dialog import ExportDialog, open_export
from app.ui.export_words import export_words
from app.ui.import_dialog import ImportDialog
from app.ui.switch import Switch
from app.ui.theme import Theme
from tests.conftest import finish
from tests.talks import picture, reply, store_whole, talk

pytestmark = pytest.mark.usefixtures("american_figures")


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return parent


@pytest.fixture
def stored(tools: Tools) -> list[Whole]:
    made = [talk(picture(tools.pictures), title="Two <b>lakes</b>"), talk(picture(tools.pictures, 2), chat="other")]
    for each in made:
        finish(store_whole(tools.store, each))
    return made


@pytest.fixture
def export(theme: Theme, tools: Tools, stored: list[Whole], parent: QWidget) -> Callable[..., ExportDialog]:
    def open_for(count: int = 1) -> ExportDialog:
        dialog = ExportDialog(theme, tools, [each.conversation for each in stored[:count]], parent)
        dialog.open()
        return dialog

    return open_for


@pytest.fixture
def importing(theme: Theme, tools: Tools, parent: QWidget) -> ImportDialog:
    dialog = ImportDialog(theme, tools, parent)
    dialog.open()
    return dialog


def texts(dialog: QWidget) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisibleTo(dialog)]


def button(dialog: QWidget, text: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text)


def choose(dialog: QWidget, text: str) -> None:
    next(b for b in dialog.findChildren(QRadioButton) if b.text() == text).click()


def switch(dialog: QWidget, name: str) -> Switch:
    return next(s for s in dialog.findChildren(Switch) if s.accessibleName() == name)


def write(qtbot: QtBot, dialog: ExportDialog, path: Path) -> None:
    dialog.export(dialog.order(path))
    qtbot.waitUntil(lambda: not dialog._exporter.busy, timeout=20_000)


# --- export ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Web page", "PDF", "Markdown", "Visavis archive"])
def test_each_format_is_written_and_shown(
    qtbot: QtBot, export: Callable[..., ExportDialog], tmp_path: Path, name: str
) -> None:
    dialog = export(2)
    choose(dialog, name)
    assert "Export 2 chats" in texts(dialog)
    path = tmp_path / "out"
    write(qtbot, dialog, path)
    assert f"Saved as {path}" in texts(dialog)
    assert button(dialog, "Show in folder").isVisibleTo(dialog)
    assert path.exists()
    if name == "PDF":
        assert sorted(each.name for each in path.iterdir()) == ["Two _b_lakes__b_.pdf", "Two lakes.pdf"]
        with pypdfium2.PdfDocument(path / "Two lakes.pdf") as document:
            assert "Which is larger?" in document[0].get_textpage().get_text_bounded()


def test_what_is_switched_on_is_asked_for(export: Callable[..., ExportDialog], tmp_path: Path) -> None:
    dialog = export()
    assert dialog.order(tmp_path).wanted == Wanted(costs=True)
    for name in ("Tokens and costs", "Thinking", "Original pictures", "Text that is not sent yet"):
        switch(dialog, name).click()
    assert dialog.order(tmp_path).wanted == Wanted(costs=False, thinking=True, originals=True)
    assert not switch(dialog, "Text that is not sent yet").isVisibleTo(dialog)
    choose(dialog, "Visavis archive")
    assert switch(dialog, "Text that is not sent yet").isVisibleTo(dialog)
    assert dialog.order(tmp_path).wanted.drafts
    assert any("such as a photo's place" in text for text in texts(dialog))


def test_drafts_that_were_chosen_too_are_said_to_be_left_out(
    theme: Theme, tools: Tools, stored: list[Whole], parent: QWidget
) -> None:
    history = HistoryModel()
    history.reset(each.conversation for each in stored)
    for draft in ("one", "two"):
        history.put(Conversation(draft), unsent=True)
    ids = [each.conversation.id for each in stored]
    said = [
        "One of the chats you chose is left out: nothing was sent in it yet.",
        "2 of the chats you chose are left out: nothing was sent in them yet.",
    ]
    for count in range(3):
        assert open_export(theme, tools, history, [*ids, *("one", "two")[:count]], parent)
        [dialog] = parent.findChildren(ExportDialog)
        assert [text for text in texts(dialog) if "left out" in text] == said[count - 1 : count]
        dialog.close()
        QApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete)
    assert not open_export(theme, tools, history, ["one"], parent)


def test_the_words_fit_one_and_many(export: Callable[..., ExportDialog]) -> None:
    assert "One file with its pictures, for any browser, also offline" in texts(export(1))
    assert not [text for text in texts(export(2)) if text.startswith(("One file with its", "A text and"))]


def test_enter_on_a_choice_or_a_switch_is_for_the_button(qtbot: QtBot, export: Callable[..., ExportDialog]) -> None:
    dialog = export()
    dialog.activateWindow()
    costs = switch(dialog, "Tokens and costs")
    for focused in (next(b for b in dialog.findChildren(QRadioButton) if b.text() == "PDF"), costs):
        focused.setFocus()
        qtbot.waitUntil(focused.hasFocus)
        QTest.keyClick(focused, Qt.Key.Key_Return)
        [chooser] = dialog.findChildren(QFileDialog)
        chooser.reject()
        QApplication.sendPostedEvents(chooser, QEvent.Type.DeferredDelete)
    assert costs.isChecked()


def test_the_title_is_words_and_the_file_is_called_by_it(export: Callable[..., ExportDialog]) -> None:
    dialog = export()
    assert "Export “Two <b>lakes</b>”" in texts(dialog)
    button(dialog, "Export…").click()
    chooser = dialog.findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    assert [Path(name).name for name in chooser.selectedFiles()] == ["Two _b_lakes__b_.html"]
    assert chooser.testOption(QFileDialog.Option.DontConfirmOverwrite)
    chooser.reject()


def test_a_file_that_is_there_is_replaced_only_when_asked_for(
    qtbot: QtBot, export: Callable[..., ExportDialog], tmp_path: Path
) -> None:
    dialog, path = export(), tmp_path / "a.html"
    path.write_text("old")
    write(qtbot, dialog, path)
    assert path.read_text() == "old"
    question = dialog.findChild(QMessageBox)
    assert isinstance(question, QMessageBox)
    assert question.text() == "a.html exists already."
    button(question, "Replace").click()
    qtbot.waitUntil(lambda: path.read_text("utf-8").startswith("<!doctype html>"))
    qtbot.waitUntil(lambda: f"Saved as {path}" in texts(dialog))


def test_what_cannot_be_written_is_said_in_one_sentence(
    qtbot: QtBot, export: Callable[..., ExportDialog], tmp_path: Path
) -> None:
    dialog = export()
    write(qtbot, dialog, tmp_path / "no" / "a.html")
    assert "It could not be written there. Free some space, or choose another folder." in texts(dialog)
    assert button(dialog, "Export…").isEnabled()


def test_escape_ends_the_export_and_not_the_dialog(
    qtbot: QtBot, export: Callable[..., ExportDialog], tmp_path: Path
) -> None:
    dialog = export(2)
    dialog.export(dialog.order(tmp_path / "out"))
    assert not button(dialog, "Export…").isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: "Nothing was written." in texts(dialog))
    assert not (tmp_path / "out").exists()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_missing_picture_is_counted(
    qtbot: QtBot, export: Callable[..., ExportDialog], tools: Tools, stored: list[Whole], tmp_path: Path
) -> None:
    tools.pictures.path(stored[0].shown[0].images[0].sent).unlink()
    dialog = export()
    write(qtbot, dialog, tmp_path / "a.html")
    assert "Picture files that are missing or damaged: 1" in texts(dialog)[-1]
    assert "is missing." in (tmp_path / "a.html").read_text("utf-8")


def test_an_export_speaks_as_the_window_does(tools: Tools) -> None:
    words = export_words(tools.account.catalog.get)
    assert words.model("claude-sonnet-5-5") == tools.account.catalog.get("claude-sonnet-5-5").name
    assert words.model("") == ""
    assert words.day(0) == ""
    assert "2026" in words.day(1_790_000_000.0) or "26" in words.day(1_790_000_000.0)
    assert words.cost(reply("So.", "a")) == "5 in · 7 out · $0.0123 · estimated $0.0200"
    assert words.cost(talk().shown[0]) == ""
    assert words.ending(reply("So.", "a", stop_reason="max_tokens"))


# --- import ---------------------------------------------------------------------------------------


def looked(qtbot: QtBot, dialog: ImportDialog, path: Path) -> list[str]:
    dialog.look(path)
    qtbot.waitUntil(lambda: not dialog._importer.busy, timeout=20_000)
    return texts(dialog)


def test_an_archive_is_looked_at_and_then_brought_in(
    qtbot: QtBot, importing: ImportDialog, export: Callable[..., ExportDialog], tools: Tools, tmp_path: Path
) -> None:
    dialog = export(2)
    choose(dialog, "Visavis archive")
    write(qtbot, dialog, tmp_path / "a.visavis")
    finish(tools.store.run(lambda db: db.execute("DELETE FROM conversations WHERE id = 'c0ffee'")))
    arrived: list[Conversation] = []
    importing.arrived.connect(arrived.append)

    words = looked(qtbot, importing, tmp_path / "a.visavis")
    for caption, number in (("Chats", "2"), ("Messages", "8"), ("In the list already", "1")):
        assert words[words.index(caption) + 1] == number
    assert words[words.index("Pictures") + 1].startswith("2 · ")
    assert "Not taken" not in words
    assert arrived == []
    assert switch(importing, "Leave out what is in the list already").isChecked()
    assert importing.focusWidget() is button(importing, "Import")

    button(importing, "Import").click()
    qtbot.waitUntil(lambda: "Imported" in texts(importing))
    words = texts(importing)
    assert words[words.index("Imported") + 1] == "1"
    assert words[words.index("Left out, since they are in the list") + 1] == "1"
    assert [each.id for each in arrived] == ["c0ffee"]
    assert not button(importing, "Import").isEnabled()
    assert [each.kind for each in backup.backups(tools.store.path.parent / backup.FOLDER)] == ["import"]


def test_what_is_imported_is_put_where_it_was(
    qtbot: QtBot, importing: ImportDialog, tools: Tools, tmp_path: Path, desk: Desk
) -> None:
    made = replace(talk(), filed=FiledAs(archived=True, folder="Lakes"))
    with Archive(tmp_path / "a.visavis", Files(tools.pictures, Wanted()), 1) as archive:
        archive.add(made)
    importing.filed.connect(desk.cabinet.take_in)
    importing.arrived.connect(desk.history.put)
    looked(qtbot, importing, tmp_path / "a.visavis")
    button(importing, "Import").click()
    qtbot.waitUntil(lambda: "Imported" in texts(importing))
    [folder] = desk.cabinet.folders
    assert folder.name == "Lakes"
    assert desk.history.filed(made.conversation.id) == Filed(archived=True, folder=folder.id)
    desk.cabinet.show(ARCHIVE)
    assert [each.id for each in desk.history.conversations] == [made.conversation.id]


def test_looking_through_a_file_ends_where_it_is_cancelled(
    qtbot: QtBot, importing: ImportDialog, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([to_json(talk())]), "utf-8")
    importing.look(path)
    button(importing, "Cancel").click()
    qtbot.waitUntil(lambda: not importing._importer.busy)
    assert not {"Chats", "Looking through it…"} & set(texts(importing))
    assert importing.isVisible()
    assert not button(importing, "Import").isEnabled()
    assert button(importing, "Close").isEnabled()


def test_what_is_not_taken_of_an_export_of_claude_is_counted(
    qtbot: QtBot, importing: ImportDialog, tmp_path: Path
) -> None:
    content = [{"type": "tool_use"}, {"type": "text", "text": "So."}]
    chat = {"uuid": "a", "chat_messages": [{"uuid": "m", "sender": "assistant", "content": content}], "mood": "fine"}
    (tmp_path / "conversations.json").write_text(json.dumps([chat, 5]))
    words = looked(qtbot, importing, tmp_path / "conversations.json")
    at = words.index("Not taken")
    assert words[at + 1 : at + 7] == [
        *("What is no chat", "1", "Steps of tools", "1", "Details that Visavis has no place for", "1")
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "%1 is neither a Visavis archive nor a data export of claude.ai."),
        (b"[1", "%1 is damaged. Nothing was taken from it."),
        (b"[" * 1000, "%1 unpacks to more than Visavis takes. Nothing was taken from it."),
        (b"[]", "There is no chat in %1."),
    ],
)
def test_what_cannot_be_imported_is_said(
    qtbot: QtBot, importing: ImportDialog, tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "<i>a.json"
    path.write_bytes(data)
    assert words.replace("%1", path.name) in looked(qtbot, importing, path)
    assert not button(importing, "Import").isEnabled()


def test_what_came_before_a_damaged_part_is_said_to_stay(
    qtbot: QtBot, importing: ImportDialog, export: Callable[..., ExportDialog], tools: Tools, tmp_path: Path
) -> None:
    dialog, path = export(2), tmp_path / "a.visavis"
    choose(dialog, "Visavis archive")
    write(qtbot, dialog, path)
    finish(tools.store.run(lambda db: db.execute("DELETE FROM conversations")))
    looked(qtbot, importing, path)
    with ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with ZipFile(path, "w") as damaged:
        for name, data in parts.items():
            damaged.writestr(name, b"{" if name.endswith("00002.json") else data)
    button(importing, "Import").click()
    qtbot.waitUntil(lambda: not importing._importer.busy, timeout=20_000)
    assert "a.visavis is damaged. What had come by then is whole, and stays." in texts(importing)


def test_an_archive_that_cannot_come_back_is_warned_of(
    qtbot: QtBot, export: Callable[..., ExportDialog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warned() -> bool:
        return any("more than Visavis can import again" in text for text in texts(dialog))

    dialog = export(2)
    choose(dialog, "Visavis archive")
    write(qtbot, dialog, tmp_path / "small")
    assert not warned()
    monkeypatch.setattr(archive, "UNPACKED", 1000)
    write(qtbot, dialog, tmp_path / "large")
    assert warned()
    assert f"Saved as {tmp_path / 'large'}" in texts(dialog)
    choose(dialog, "PDF")
    assert not warned()
    monkeypatch.setattr(export_dialog, "ENTRIES", 3)
    dialog = export(2)
    assert not warned()
    choose(dialog, "Visavis archive")
    assert warned()


def test_that_no_backup_could_be_made_is_told(
    qtbot: QtBot, export: Callable[..., ExportDialog], importing: ImportDialog, tools: Tools, tmp_path: Path
) -> None:
    dialog = export()
    choose(dialog, "Visavis archive")
    write(qtbot, dialog, tmp_path / "a.visavis")
    importing.look(tmp_path / "a.visavis")
    qtbot.waitUntil(lambda: button(importing, "Import").isEnabled(), timeout=20_000)
    private.touch(tools.store.path.parent / backup.FOLDER)
    button(importing, "Import").click()
    assert "A backup is made first…" in texts(importing)
    qtbot.waitUntil(lambda: not importing.work.busy, timeout=20_000)
    assert any("No backup could be made before the import, so nothing was imported." in t for t in texts(importing))
    assert importing._mark.isVisible()
