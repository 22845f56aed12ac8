"""What is dropped on a draft: folders, many at once, documents, the same twice, and what means harm."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from app.conversation.attachment import Document, Source
from app.conversation.draft import ASK_ABOVE
from app.conversation.tools import Tools
from app.core.cuts import Box
from app.core.errors import AlreadyAttached, NotAPicture, PictureTooBig, PictureUnreadable
from tests.conftest import finish
from tests.conversation.conftest import Bench
from tests.pictures import jpeg

Draw = Callable[..., Path]

# --- folders and many ---------------------------------------------------------------------------


def album(tmp_path: Path, picture: Draw, count: int, name: str = "album") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for n in range(count):
        picture(f"{name}/{n}.png", (30 + n, 30))
    return folder


def test_a_folder_gives_its_pictures_where_it_was_dropped(bench: Bench, picture: Draw, tmp_path: Path) -> None:
    bench.drop(picture("first.png"), album(tmp_path, picture, 2), picture("last.png", (99, 40)))
    assert bench.names == ["first.png", "0.png", "1.png", "last.png"]


def test_twenty_are_taken_and_one_more_is_asked_about(bench: Bench, picture: Draw, tmp_path: Path) -> None:
    folder = album(tmp_path, picture, ASK_ABOVE)
    bench.drop(folder)
    assert (len(bench.names), bench.many) == (ASK_ABOVE, [])
    bench.draft.remove_all()
    bench.drop(folder, picture("extra.png", (200, 40)))
    assert bench.names == []
    (many,) = bench.many
    assert (many.count, many.folders, many.more) == (ASK_ABOVE + 1, ("album",), False)
    bench.attach(*many.sources)
    assert len(bench.names) == ASK_ABOVE + 1
    assert len(bench.many) == 1


def test_photographs_show_a_thumbnail_before_they_are_prepared(bench: Bench, tools: Tools, tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.jpg" for n in range(2)]
    for seed, path in enumerate(paths):
        path.write_bytes(jpeg(800 + seed, 600))
    seen = set[tuple[str, str]]()
    bench.draft.dataChanged.connect(
        lambda: seen.update((picture.state, picture.name) for picture in bench.draft.pictures if picture.thumbnail)
    )
    bench.drop(*paths)
    assert {("measured", "0.jpg"), ("measured", "1.jpg")} <= seen
    originals = {picture.original for picture in bench.draft.pictures}
    assert finish(tools.store.thumbnails(originals)).keys() == originals


def test_a_folder_without_pictures_is_told(bench: Bench, picture: Draw, tmp_path: Path) -> None:
    bench.drop(album(tmp_path, picture, 0, "empty <b>\nfolder"), picture("one.png"))
    assert bench.names == ["one.png"]
    assert bench.refused == [PictureUnreadable("empty <b>\nfolder", "no_pictures")]


def test_send_waits_for_a_drop_that_is_still_looked_through(bench: Bench, picture: Draw) -> None:
    bench.draft.drop([Source(path=str(picture()))])
    assert not bench.draft.ready
    bench.settle()
    assert bench.names == ["red.png"]


# --- documents ----------------------------------------------------------------------------------


def lease(tmp_path: Path, pages: int) -> Path:
    drawn = [Image.new("RGB", (90 + 30 * n, 120), (200, 20 * n, 30)) for n in range(pages)]
    path = tmp_path / "lease.pdf"
    drawn[0].save(path, save_all=True, append_images=drawn[1:])
    return path


def test_a_document_of_several_pages_is_asked_about_and_has_no_row(bench: Bench, tmp_path: Path) -> None:
    bench.drop(lease(tmp_path, 3))
    assert bench.names == []
    assert bench.refused == []
    (document,) = bench.documents
    assert document == Document(document.sha256, "lease.pdf", 3, "PDF")


def test_the_pages_chosen_are_pictures_of_their_own(bench: Bench, tmp_path: Path) -> None:
    bench.drop(lease(tmp_path, 3))
    (document,) = bench.documents
    bench.attach(*(Source(kept=document.sha256, name=document.name, page=page) for page in (3, 1)))
    assert bench.names == ["lease.pdf, page 3", "lease.pdf, page 1"]
    first, second = bench.draft.numbered()
    assert [(image.number, image.page, image.name) for image in (first, second)] == [
        (1, 3, "lease.pdf, page 3"),
        (2, 1, "lease.pdf, page 1"),
    ]
    assert first.sent != second.sent
    assert first.thumbnail != second.thumbnail
    assert len(bench.documents) == 1


def test_a_tiff_of_several_pages_is_asked_about_like_any_document(bench: Bench, tmp_path: Path) -> None:
    drawn = [Image.new("RGB", (90 + 30 * n, 120), (200, 20 * n, 30)) for n in range(3)]
    drawn[0].save(tmp_path / "fax.tif", save_all=True, append_images=drawn[1:])
    bench.drop(tmp_path / "fax.tif")
    (document,) = bench.documents
    assert document == Document(document.sha256, "fax.tif", 3, "TIFF")
    bench.attach(Source(kept=document.sha256, name=document.name, page=3))
    assert (bench.only.name, bench.only.width, bench.only.page) == ("fax.tif, page 3", 150, 3)


def test_a_document_of_one_page_is_that_page(bench: Bench, tmp_path: Path) -> None:
    bench.drop(lease(tmp_path, 1))
    assert (bench.names, bench.only.page, bench.documents) == (["lease.pdf, page 1"], 1, [])


# --- the same twice -----------------------------------------------------------------------------


def test_the_same_bytes_under_another_name_are_merged_with_a_note(bench: Bench, picture: Draw) -> None:
    one = picture("one.png")
    bench.drop(one, picture("other.png", (50, 50)))
    bench.attach(Source(data=one.read_bytes(), name="copy.png"))
    assert bench.names == ["one.png", "other.png"]
    assert bench.refused == [AlreadyAttached("copy.png", 1)]


def test_of_one_drop_the_first_stays_whichever_was_read_first(bench: Bench, picture: Draw, tmp_path: Path) -> None:
    path = picture("one.png")
    copies = [tmp_path / f"{n}.png" for n in range(6)]
    for copy in copies:
        copy.write_bytes(path.read_bytes())
    bench.drop(path, *copies)
    assert bench.names == ["one.png"]
    assert bench.refused == [AlreadyAttached(copy.name, 1) for copy in copies]


def test_two_marked_regions_of_one_picture_are_two_pictures(bench: Bench, picture: Draw) -> None:
    path = str(picture("plan.png", (900, 600)))
    whole = Source(path=path)
    left, right = (Source(path=path, preset="region", region=Box(at, 0, 100, 100)) for at in (0, 500))
    bench.attach(whole, left, right, left)
    assert [picture.source.region for picture in bench.draft.pictures] == [None, left.region, right.region]
    assert bench.refused == [AlreadyAttached("plan.png", 2)]


def test_a_picture_that_was_added_again_does_not_come_back_twice(bench: Bench, picture: Draw) -> None:
    path = picture("one.png")
    bench.drop(path)
    bench.draft.remove(0)
    bench.drop(path)
    bench.draft.undo_remove()
    assert bench.names == ["one.png"]
    assert not bench.draft.can_undo


# --- what means harm (RELIABILITY, X9) ----------------------------------------------------------


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """A file that gets longer for as long as it is looked at."""
    path.write_bytes(b"words that never end " * 50)
    ended = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            while not ended.is_set():
                file.write(b"and on " * 1000)
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


def refusal_of(bench: Bench, path: object) -> object:
    """The one refusal of a drop, within a second."""
    began = time.monotonic()
    bench.drop(path)
    assert time.monotonic() - began < 1
    assert bench.names == []
    (error,) = bench.refused
    return error


def put(name: str, data: bytes = b"") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return make


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def loop(folder: Path) -> Path:
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return folder / "loop.png"


def link_to_device(folder: Path) -> Path:
    (folder / "zero.png").symlink_to("/dev/zero")
    return folder / "zero.png"


def sparse(folder: Path) -> Path:
    path = folder / "huge.png"
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(5 << 30)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (pipe, PictureUnreadable("pipe.png", "special")),
        (link_to_device, PictureUnreadable("zero.png", "special")),
        (lambda _: Path("/dev/zero"), PictureUnreadable("zero", "special")),
        (lambda _: Path("/dev/tty"), None),
        (lambda _: Path("/proc/self/environ"), NotAPicture("environ")),
        (lambda _: Path("/proc/self/mem"), PictureUnreadable("mem", "failed")),
        (loop, PictureUnreadable("loop.png", "failed")),
        (lambda folder: folder / "gone.png", PictureUnreadable("gone.png", "missing")),
        (lambda folder: str(folder / "nul\0.png"), None),
        (put("empty.png"), PictureUnreadable("empty.png", "empty")),
        (put("line\nbreak <img src=x>.png", b"words"), NotAPicture("line\nbreak <img src=x>.png")),
        (put("key.txt", b"-----BEGIN PRIVATE KEY-----"), NotAPicture("key.txt")),
        (sparse, PictureTooBig("huge.png", file_bytes=5 << 30, limit_bytes=64 << 20)),
    ],
)  # fmt: skip
def test_a_hostile_drop_ends_within_a_second_with_one_refusal(
    bench: Bench, tools: Tools, tmp_path: Path, make: Callable[[Path], object], expected: object
) -> None:
    error = refusal_of(bench, make(tmp_path))
    assert expected is None or error == expected
    assert not list(tools.pictures.path("0" * 64).parents[1].rglob("*"))  # nothing of it was copied


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_a_socket_is_refused(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        assert refusal_of(bench, tmp_path / "socket.png") == PictureUnreadable("socket.png", "special")


def test_a_file_that_grows_is_refused(bench: Bench, tmp_path: Path) -> None:
    with growing(tmp_path / "log.png"):
        assert refusal_of(bench, tmp_path / "log.png") == NotAPicture("log.png")


def test_a_picture_whose_name_is_markup_or_not_text_is_a_picture(bench: Bench, picture: Draw, tmp_path: Path) -> None:
    name = "line\nbreak <img src=x>"
    path = picture("plain.png")
    bench.drop(path.rename(tmp_path / name))
    assert bench.names == [name]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_can_be_kept(bench: Bench, picture: Draw, tmp_path: Path, tools: Tools) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    os.rename(picture("plain.png"), raw)  # noqa: PTH104
    bench.drop(os.fsdecode(raw))
    (image,) = bench.draft.numbered()
    assert tools.pictures.read(image.sent)
    finish(tools.store.save_draft("c", bench.draft.to_json()))
