"""Exports and imports as the window runs them: in threads, step by step, whole or without a trace."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.exporting import Exported, Exporter, Order, is_folder
from app.conversation.importing import Imported, Importer, Looked, NotBackedUp
from app.conversation.tools import Tools
from app.core import backup, private
from app.core import whole as wholes
from app.core.errors import StoreFull
from app.core.export import archive as archives
from app.core.export.asked import Format, Wanted, Words
from app.core.image import Pixels
from app.core.importing.refused import ImportRefused
from app.core.message import ImageBlock
from app.core.pictures import Pictures
from app.core.whole import Whole
from tests.conftest import destroy, finish
from tests.stored import conversations_of
from tests.talks import WORDS, picture, store_whole, talk

FORMATS: list[Format] = ["markdown", "page", "pdf", "archive"]


async def print_titles(
    whole: Whole,
    path: Path,
    wanted: Wanted,
    words: Words,
    *,
    draw: Callable[[ImageBlock, bool], Awaitable[Pixels | None]],
    did: Callable[[], None],
) -> None:
    """Stands for the printer, which is of the window."""
    assert words is WORDS
    lines = [whole.conversation.title, str(wanted.originals)]
    for message in whole.shown:
        for image in message.images:
            drawn = await draw(image, wanted.originals) or await draw(image, False)
            lines.append(f"{drawn.width}×{drawn.height}" if drawn else "missing")
            did()
    await asyncio.to_thread(path.write_text, "\n".join(lines), "utf-8")


class Desktop:
    """An exporter and an importer, and everything they say."""

    def __init__(self, tools: Tools, qtbot: QtBot) -> None:
        self.tools = tools
        self.exporter = Exporter(tools, WORDS, "en", print_titles)
        self.importer = Importer(tools)
        self.said: list[tuple[str, Any]] = []
        self.steps: list[tuple[int, int]] = []
        for signal in ("exported", "taken", "failed"):
            getattr(self.exporter, signal).connect(lambda it, signal=signal: self.said.append((signal, it)))
        self.exporter.cancelled.connect(lambda: self.said.append(("cancelled", None)))
        for signal in ("looked", "imported", "failed", "arrived"):
            getattr(self.importer, signal).connect(lambda it, signal=signal: self.said.append((signal, it)))
        for one in (self.exporter, self.importer):
            one.progressed.connect(lambda done, of: self.steps.append((done, of)))
        self._qtbot = qtbot

    def export(self, order: Order, steps: int = 4) -> tuple[str, Any]:
        self.exporter.start(order, steps)
        self._qtbot.waitUntil(lambda: not self.exporter.busy, timeout=20_000)
        return self.said.pop()

    def settle(self) -> tuple[str, Any]:
        self._qtbot.waitUntil(lambda: not self.importer.busy, timeout=20_000)
        return self.said.pop()


@pytest.fixture
def desktop(tools: Tools, qtbot: QtBot) -> Any:
    desktop = Desktop(tools, qtbot)
    yield desktop
    finish(tools.tasks.close())
    destroy(desktop.exporter, desktop.importer)


@pytest.fixture
def stored(tools: Tools) -> list[Whole]:
    """Two conversations of the same title in the store."""
    made = [talk(picture(tools.pictures)), talk(picture(tools.pictures, 2), chat="other")]
    for each in made:
        finish(store_whole(tools.store, each))
    return made


def order(path: Path, form: Format, ids: tuple[str, ...] = ("c0ffee", "other"), **facts: Any) -> Order:
    return Order(ids, form, facts.pop("wanted", Wanted()), path, **facts)


def below(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.is_file())


@pytest.mark.usefixtures("stored")
def test_several_conversations_become_a_folder_or_an_archive(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    found = {form: desktop.export(order(tmp_path / "out" / form, form)) for form in FORMATS}
    assert found == {form: ("exported", Exported(tmp_path / "out" / form, 2, 0)) for form in FORMATS}
    pictures = ["pictures/01-lake at dusk.png", "pictures/02-lake at dusk.png"]
    assert below(tmp_path / "out/markdown") == [
        "Two lakes (2)/Two lakes.md",
        f"Two lakes (2)/{pictures[1]}",
        "Two lakes/Two lakes.md",
        f"Two lakes/{pictures[0]}",
    ]
    assert below(tmp_path / "out/page") == ["Two lakes (2).html", "Two lakes.html"]
    assert (tmp_path / "out/pdf/Two lakes.pdf").read_text("utf-8") == "Two lakes\nFalse\n32×25"
    assert zipfile.is_zipfile(tmp_path / "out/archive")
    assert desktop.steps[-1] == (4, 4)
    assert not [name for name in below(tmp_path / "out") if ".visavis-" in name]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("form", FORMATS)
def test_one_conversation_becomes_a_file_and_replaces_none_unasked(
    desktop: Desktop, tmp_path: Path, form: Format
) -> None:
    path = tmp_path / "one"
    assert desktop.export(order(path, form, ("c0ffee",)))[0] == "exported"
    assert path.is_dir() == is_folder(form, 1) == (form == "markdown")
    before = below(path) if path.is_dir() else path.read_bytes()
    again = order(path, form, ("other",))
    assert desktop.export(again) == ("taken", again)
    assert before == (below(path) if path.is_dir() else path.read_bytes())
    if form != "markdown":
        assert desktop.export(order(path, form, ("other",), over=True))[0] == "exported"
        assert before != path.read_bytes()


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("form", FORMATS)
def test_what_cannot_be_written_is_told_and_leaves_nothing(desktop: Desktop, tmp_path: Path, form: Format) -> None:
    kind, error = desktop.export(order(tmp_path / "no" / "such", form))
    assert kind == "failed"
    assert isinstance(error, StoreFull)
    assert not (tmp_path / "no").exists()


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("form", FORMATS)
def test_a_cancelled_export_leaves_nothing(desktop: Desktop, tmp_path: Path, form: Format) -> None:
    (tmp_path / "out").mkdir()
    desktop.exporter.progressed.connect(lambda *_: desktop.exporter.cancel())
    assert desktop.export(order(tmp_path / "out" / "it", form))[0] == "cancelled"
    assert list((tmp_path / "out").iterdir()) == []


def test_of_an_original_that_is_gone_what_was_sent_is_printed(
    desktop: Desktop, stored: list[Whole], tmp_path: Path
) -> None:
    image = stored[0].messages[0].message.images[0]
    desktop.tools.pictures.path(image.original).unlink()
    ended, _ = desktop.export(Order(("c0ffee",), "pdf", Wanted(originals=True), tmp_path / "a.pdf"))
    assert ended == "exported"
    assert f"{image.width}×{image.height}" in (tmp_path / "a.pdf").read_text("utf-8").splitlines()


def test_missing_pictures_and_conversations_are_counted(desktop: Desktop, stored: list[Whole], tmp_path: Path) -> None:
    desktop.tools.pictures.path(stored[0].shown[0].images[0].sent).unlink()
    for form in FORMATS:
        _, done = desktop.export(order(tmp_path / form, form, ("c0ffee", "other", "gone")))
        assert (done.conversations, done.missing) == (2, 1)


@pytest.mark.usefixtures("stored")
def test_an_export_under_way_ends_with_the_app(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    desktop.exporter.start(order(tmp_path / "out" / "it", "page"), 4)
    finish(asyncio.sleep(0))
    finish(desktop.tools.tasks.close())
    assert list((tmp_path / "out").iterdir()) == []


# --- imports --------------------------------------------------------------------------------------


def archive(desktop: Desktop, path: Path) -> Path:
    assert desktop.export(order(path, "archive", wanted=Wanted(True, True, True, True)))[0] == "exported"
    return path


def read(tools: Tools, chat: str) -> Whole | None:
    return finish(tools.store.run(lambda db: wholes.read(db, "", chat)))


def test_an_import_is_looked_through_and_then_brought_in(desktop: Desktop, stored: list[Whole], tmp_path: Path) -> None:
    path = archive(desktop, tmp_path / "a.visavis")
    finish(desktop.tools.store.run(lambda db: db.execute("DELETE FROM conversations WHERE id = 'c0ffee'")))
    desktop.importer.look(path)
    kind, looked = desktop.settle()
    assert kind == "looked"
    assert (looked.preview.conversations, looked.preview.pictures, looked.there) == (2, 4, 1)
    assert read(desktop.tools, "c0ffee") is None  # nothing has changed

    desktop.importer.start(looked, skip=True)

    assert desktop.settle() == ("imported", Imported(conversations=1, skipped=1))
    [(kind, conversation)] = desktop.said
    assert (kind, conversation) == ("arrived", stored[0].conversation)
    assert read(desktop.tools, "c0ffee") == stored[0]
    assert desktop.steps[-1][0] <= desktop.steps[-1][1]


def test_what_is_there_comes_as_a_copy_where_that_is_wanted(
    desktop: Desktop, stored: list[Whole], tmp_path: Path
) -> None:
    path = archive(desktop, tmp_path / "a.visavis")
    desktop.importer.look(path)
    desktop.importer.start(desktop.settle()[1], skip=False)
    assert desktop.settle() == ("imported", Imported(conversations=2))
    assert len(conversations_of(desktop.tools.store)) == 4
    assert [read(desktop.tools, each.conversation.id) for each in stored] == stored


def test_a_cancelled_import_leaves_whole_conversations(desktop: Desktop, stored: list[Whole], tmp_path: Path) -> None:
    path = archive(desktop, tmp_path / "a.visavis")
    finish(desktop.tools.store.run(lambda db: db.execute("DELETE FROM conversations")))
    desktop.importer.look(path)
    looked = desktop.settle()[1]
    desktop.importer.arrived.connect(lambda _: desktop.importer.cancel())
    desktop.importer.start(looked, skip=True)
    _, done = desktop.settle()
    assert (done.conversations, done.cancelled) == (1, True)
    assert [c.id for c in conversations_of(desktop.tools.store)] == ["c0ffee"]
    assert read(desktop.tools, "c0ffee") == stored[0]


def test_an_archive_that_breaks_off_leaves_whole_conversations(
    desktop: Desktop, stored: list[Whole], tmp_path: Path
) -> None:
    path = archive(desktop, tmp_path / "a.visavis")
    finish(desktop.tools.store.run(lambda db: db.execute("DELETE FROM conversations")))
    desktop.importer.look(path)
    looked = desktop.settle()[1]
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in kept.items():
            new.writestr(name, b"{" if name == "conversations/00002.json" else data)
    desktop.importer.start(looked, skip=True)
    assert desktop.settle() == ("failed", ImportRefused("a.visavis", "damaged"))
    assert [each.id for each in conversations_of(desktop.tools.store)] == ["c0ffee"]
    assert read(desktop.tools, "c0ffee") == stored[0]


@pytest.mark.usefixtures("stored")
def test_a_fault_of_ours_ends_it_all_the_same(desktop: Desktop, tmp_path: Path, qtbot: QtBot) -> None:
    path = archive(desktop, tmp_path / "a.visavis")
    desktop.importer.look(path)
    looked = desktop.settle()[1]
    crashed, tasks = desktop.tools.tasks.crashed, desktop.tools.tasks
    crashed.disconnect()  # the fixture takes it for a failure
    nowhere = cast(Path, None)
    deeds: list[tuple[Callable[[], None], Any]] = [
        (lambda: desktop.importer.look(nowhere), desktop.importer.unlooked),
        (lambda: desktop.importer.start(replace(looked, path=nowhere), skip=True), desktop.importer.imported),
        (lambda: desktop.exporter.start(order(nowhere, "archive"), 4), desktop.exporter.cancelled),
    ]
    for begin, told in deeds:
        with qtbot.waitSignals([told, crashed]):
            begin()
        qtbot.waitUntil(lambda: not tasks._running)
    assert desktop.said[-2][1].cancelled
    assert (desktop.importer.busy, desktop.exporter.busy) == (False, False)


def test_a_file_that_is_no_import_is_refused(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    desktop.importer.look(tmp_path / "a.txt")
    assert desktop.settle() == ("failed", ImportRefused("a.txt", "unknown"))


def test_a_conversation_of_claude_gets_the_model_chosen_last(desktop: Desktop, tmp_path: Path) -> None:
    chat = {"uuid": "abc", "chat_messages": [{"uuid": "m", "sender": "human", "text": "hi"}]}
    (tmp_path / "conversations.json").write_text(json.dumps([chat]))
    desktop.importer.look(tmp_path / "conversations.json")
    looked: Looked = desktop.settle()[1]
    desktop.importer.start(looked, skip=True)
    desktop.settle()
    found = read(desktop.tools, "abc")
    assert found is not None
    assert found.conversation.model == desktop.tools.account.catalog.default_id


def test_pictures_come_into_an_empty_folder(desktop: Desktop, stored: list[Whole], tmp_path: Path) -> None:
    path = archive(desktop, tmp_path / "a.visavis")
    finish(desktop.tools.store.run(lambda db: db.execute("DELETE FROM conversations")))
    for each in (tmp_path / "data/pictures").rglob("*"):
        if each.is_file():
            each.unlink()
    desktop.importer.look(path)
    desktop.importer.start(desktop.settle()[1], skip=True)
    assert desktop.settle() == ("imported", Imported(conversations=2, pictures=4))
    folder: Pictures = desktop.tools.pictures
    for made in stored:
        image = made.shown[0].images[0]
        assert folder.read(image.sent)
        assert folder.read(image.original)
        assert finish(desktop.tools.store.thumbnails([image.thumbnail]))


def test_an_archive_that_cannot_come_back_says_so(
    desktop: Desktop, stored: list[Whole], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outgrown: list[bool] = []
    desktop.exporter.outgrown.connect(lambda: outgrown.append(True))
    for limit, many in (("ENTRIES", 3), ("UNPACKED", 3000), ("CONVERSATION", 300)):
        with monkeypatch.context() as patch:
            patch.setattr(archives, limit, many)
            told, exported = desktop.export(order(tmp_path / limit, "archive"))
        assert (told, exported.can_come_back, outgrown) == ("exported", False, [True])
        outgrown.clear()
    told, exported = desktop.export(order(tmp_path / "small", "archive"))
    assert (told, exported.can_come_back, outgrown) == ("exported", True, [])
    assert len(stored) == 2


@pytest.mark.usefixtures("stored")
def test_a_backup_is_made_before_anything_is_brought_in(desktop: Desktop, tools: Tools, tmp_path: Path) -> None:
    desktop.export(order(tmp_path / "a", "archive"))
    desktop.importer.look(tmp_path / "a")
    _, looked = desktop.settle()
    backups = tools.store.path.parent / backup.FOLDER
    assert backup.backups(backups) == []
    desktop.importer.start(looked, skip=False)
    told, imported = desktop.settle()
    assert (told, imported.conversations) == ("imported", 2)
    [made] = backup.backups(backups)
    assert made.whole
    assert backup.verified(made.path).counts["conversations"] == 2


@pytest.mark.usefixtures("stored")
def test_without_a_backup_nothing_is_brought_in(desktop: Desktop, tools: Tools, tmp_path: Path) -> None:
    desktop.export(order(tmp_path / "a", "archive"))
    desktop.importer.look(tmp_path / "a")
    _, looked = desktop.settle()
    private.touch(tools.store.path.parent / backup.FOLDER)
    desktop.importer.start(looked, skip=False)
    told, error = desktop.settle()
    assert (told, type(error), type(error.cause)) == ("failed", NotBackedUp, StoreFull)
    assert len(conversations_of(tools.store)) == 2
