"""A chat of which nothing is kept: not a byte of it comes to the data folder, and its money is counted all the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.attachment import Source
from app.conversation.chat import Chat, Tools
from app.conversation.desk import Desk
from app.conversation.exporting import Exporter, Order
from app.conversation.gallery import Gallery
from app.core.errors import PictureUnreadable
from app.core.export.asked import Format, Wanted
from app.core.ledger import Filter
from app.core.memory_pictures import MemoryPictures
from tests.conftest import destroy, finish
from tests.conversation.test_exporting import print_titles
from tests.servers.api import ApiServer
from tests.servers.replies import text
from tests.talks import WORDS

SECRET = "a word that nobody shall find"


@pytest.fixture
def ask(online_desk: Desk, picture: Callable[..., Path], qtbot: QtBot) -> Callable[[], Chat]:
    """Asks about a picture in the temporary chat."""

    def ask() -> Chat:
        online_desk.temporary_chat()
        chat = online_desk.current
        chat.draft.attach([Source(path=str(picture("secret-name.png")))])
        qtbot.waitUntil(lambda: chat.draft.ready, timeout=10_000)
        chat.draft.set_text(SECRET)
        with qtbot.waitSignal(chat.worker.answered, timeout=20_000):
            chat.worker.send()
        qtbot.waitUntil(lambda: not chat.worker.busy)
        return chat

    return ask


def folder_of(tools: Tools) -> Path:
    return tools.store.path.parent


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


class TestNothingIsKept:
    def test_no_word_name_picture_or_id_is_in_the_data_folder(
        self, online_desk: Desk, online: Tools, ask: Callable[[], Chat], picture: Callable[..., Path]
    ) -> None:
        chat = ask()
        chat.set_system(f"{SECRET} too")
        chat.draft.set_text(f"{SECRET}, unsent")
        finish(chat.save_draft())
        chat.rename(f"{SECRET} as a title")
        assert len(chat.messages.messages) == 2
        assert chat.messages.messages[1].text
        original = chat.messages.messages[0].images[0].original
        finish(online_desk.save())
        finish(online_desk.leave())
        found = on_disk(folder_of(online))
        for trace in (SECRET, "secret-name", original, chat.messages.messages[1].text):
            assert trace.encode() not in found
        assert picture("secret-name.png").read_bytes() not in found
        assert not list(folder_of(online).glob("pictures/*/*"))
        assert online_desk.history.conversations == []

    @pytest.mark.parametrize("form", ["markdown", "page", "pdf", "archive"])
    def test_an_export_keeps_it_pictures_and_all(
        self, online_desk: Desk, ask: Callable[[], Chat], tmp_path: Path, qtbot: QtBot, form: Format
    ) -> None:
        chat = ask()
        assert online_desk.temporary is not None
        exporter = Exporter(online_desk.temporary.tools, WORDS, "en", print_titles)
        place = tmp_path / "kept"
        with qtbot.waitSignal(exporter.exported, timeout=10_000) as told:
            exporter.start(Order((chat.facts.id,), form, Wanted(), place), 2)
        assert (told.args[0].conversations, told.args[0].missing) == (1, 0)
        if form != "archive":
            written = on_disk(place) if place.is_dir() else place.read_bytes()
            assert SECRET.encode() in written
        destroy(exporter)

    def test_its_cost_is_in_the_ledger(self, online: Tools, ask: Callable[[], Chat]) -> None:
        chat = ask()
        cost = Decimal(chat.messages.messages[1].cost)
        assert cost > 0
        assert finish(online.spending.ledger.spent("month")) == cost
        [entry] = finish(online.spending.ledger.entries(Filter()))
        assert entry.outcome.cost == cost

    def test_it_is_the_same_one_until_it_is_ended_and_gone_then(
        self, online_desk: Desk, online: Tools, ask: Callable[[], Chat], qtbot: QtBot
    ) -> None:
        chat = ask()
        online_desk.new_chat()
        assert not online_desk.is_temporary
        online_desk.temporary_chat()
        assert online_desk.current is chat
        original = chat.messages.messages[0].images[0].original
        pictures = chat._tools.pictures
        assert isinstance(pictures, MemoryPictures)
        assert original in pictures
        online_desk.end_temporary()
        assert not online_desk.is_temporary
        assert online_desk.current.messages.messages == []
        qtbot.waitUntil(lambda: not online.tasks._running)
        assert original not in pictures
        online_desk.temporary_chat()
        assert online_desk.current.messages.messages == []
        online_desk.end_temporary()

    def test_nothing_of_it_stays_in_the_process(
        self, online_desk: Desk, online: Tools, ask: Callable[[], Chat], qtbot: QtBot
    ) -> None:
        for _ in range(2):
            ask()
            online_desk.end_temporary()
            qtbot.waitUntil(lambda: not online.spending.children() and not online.tasks._running)

    def test_a_large_sort_stays_in_memory_too(self, online_desk: Desk) -> None:
        online_desk.temporary_chat()
        store = online_desk.current._tools.store
        assert finish(store.run(lambda db: db.execute("PRAGMA temp_store").fetchone())) == (2,)

    def test_its_pictures_do_not_come_into_the_servers_store_of_files(
        self, online_desk: Desk, online: Tools, api: ApiServer, ask: Callable[[], Chat], qtbot: QtBot
    ) -> None:
        online.preferences.update(upload=True, foreign_sources=True)
        chat = ask()
        with qtbot.waitSignal(chat.worker.answered, timeout=20_000):
            chat.worker.retry()
        qtbot.waitUntil(lambda: not chat.worker.busy)
        sources = [block["source"]["type"] for post in api.posts for block in post.json["messages"][0]["content"][:1]]
        assert sources == ["base64", "base64"]
        assert api.files.listed == []
        assert not [request for request in api.counts if "/v1/files" in request]
        online_desk.new_chat()
        assert online_desk.current.today.uploads, "those of another chat do"

    @pytest.mark.parametrize("moment", ["at once", "measured", "streaming"])
    def test_it_can_be_ended_at_any_moment(
        self,
        online_desk: Desk,
        api: ApiServer,
        online: Tools,
        picture: Callable[..., Path],
        qtbot: QtBot,
        moment: str,
    ) -> None:
        api.script(text("Slow.").hold("content_block_delta"))
        online_desk.temporary_chat()
        chat = online_desk.current
        chat.draft.attach([Source(path=str(picture(size=(2000, 1500))))])
        chat.draft.set_text(SECRET)
        if moment == "measured":
            qtbot.waitUntil(lambda: bool(chat.draft.pictures[0].width), timeout=10_000)
        if moment == "streaming":
            chat.worker.send()
            qtbot.waitUntil(lambda: chat.worker.phase == "streaming", timeout=10_000)
        online_desk.end_temporary()
        qtbot.waitUntil(lambda: not online.tasks._running, timeout=10_000)
        api.release()
        assert SECRET.encode() not in on_disk(folder_of(online))

    def test_quitting_in_mid_answer_leaves_nothing(
        self, online_desk: Desk, api: ApiServer, online: Tools, qtbot: QtBot
    ) -> None:
        api.script(text("Slow.").hold("content_block_delta"))
        online_desk.temporary_chat()
        chat = online_desk.current
        chat.draft.set_text(SECRET)
        chat.worker.send()
        qtbot.waitUntil(lambda: chat.worker.phase == "streaming")
        finish(online_desk.save())
        finish(online_desk.leave())
        assert not chat.worker.busy
        assert SECRET.encode() not in on_disk(folder_of(online))
        api.release()

    def test_nothing_is_taken_along_from_it(self, online_desk: Desk, ask: Callable[[], Chat]) -> None:
        chat = ask()
        online_desk.take_along()
        online_desk.duplicate(chat.facts.id)
        online_desk.fork(chat.messages.messages[0].id)
        assert online_desk.current is chat
        assert online_desk.history.conversations == []

    def test_its_pictures_are_shown(
        self, online_desk: Desk, online: Tools, ask: Callable[[], Chat], qtbot: QtBot
    ) -> None:
        gallery = Gallery(online.store, online.pictures, online.decoder, online.threads, online.tasks)
        online_desk.temporary_changed.connect(gallery.look_also_in)
        image = ask().messages.messages[0].images[0]
        with qtbot.waitSignal(gallery.thumbnail_ready):
            assert gallery.thumbnail(image.thumbnail) == b""
        assert gallery.thumbnail(image.thumbnail)
        with qtbot.waitSignal(gallery.opened):
            gallery.open(image.original, lambda: True)
        online_desk.end_temporary()
        assert gallery.thumbnail(image.thumbnail) == b""


class TestMemoryPictures:
    def test_holds_bytes_and_files_once_and_gives_them_back(self, picture: Callable[..., Path]) -> None:
        pictures, path = MemoryPictures(), picture()
        data = path.read_bytes()
        stored = pictures.add_bytes(data, "x")
        assert pictures.add_file(path, "x") == stored
        assert (stored.sha256, stored.size) == (hashlib.sha256(data).hexdigest(), len(data))
        assert pictures.read(stored.sha256) == pictures.read(stored.sha256) == data
        assert stored.sha256 in pictures
        assert pictures.path(stored.sha256).read_bytes() == data
        pictures.close()
        pictures.close()
        assert stored.sha256 not in pictures
        with pytest.raises(PictureUnreadable):
            pictures.read(stored.sha256)

    def test_what_is_not_there_or_empty_is_told(self) -> None:
        pictures = MemoryPictures()
        with pytest.raises(PictureUnreadable) as told:
            pictures.read("0" * 64)
        assert told.value.reason == "missing"
        with pytest.raises(PictureUnreadable):
            pictures.add_bytes(b"", "x")
        with pytest.raises(ValueError, match="SHA-256"):
            pictures.path("../x")
        pictures.close()
