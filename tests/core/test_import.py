"""Files of strangers: what they are told to be, and archives made to do harm."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import stat
import struct
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core import whole
from app.core.decoder import Decoder
from app.core.errors import StoreFull
from app.core.export.archive import Archive, to_json
from app.core.export.asked import Wanted
from app.core.export.files import Cancelled, Files
from app.core.importing import json_items, ours
from app.core.importing.bringing import Bringing, Brought, bring_in
from app.core.importing.order import chain, tree
from app.core.importing.reading import Preview, Reading
from app.core.importing.refused import ImportRefused
from app.core.importing.typed import Counts
from app.core.importing.unpacking import Unpacking
from app.core.message import ImageBlock, Message, ReplyBlock
from app.core.pictures import Pictures
from app.core.store import Store
from app.core.whole import Placed
from tests.bombs import _laughs
from tests.pictures import encoded, photo
from tests.stored import conversations_of
from tests.talks import picture, talk


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path / "pictures")


def preview(path: Path) -> Preview:
    with Reading(path, path.name) as reading:
        return reading.preview()


def refusal(path: Path) -> str:
    with pytest.raises(ImportRefused) as caught:
        preview(path)
    return caught.value.reason


def zipped(path: Path, entries: dict[str, bytes | str], **facts: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for fact, value in facts.items():
                setattr(info, fact, value)
            archive.writestr(info, data)
    return path


def header(**facts: Any) -> str:
    return json.dumps({"format": "visavis", "version": 1, **facts})


def one(made: whole.Whole | None = None) -> str:
    return json.dumps(to_json(made or talk()))


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def brought(path: Path, target: Pictures) -> tuple[list[whole.Whole], list[Brought]]:
    decoder = Decoder()
    try:
        with Reading(path, path.name) as reading:
            bringing = Bringing(reading, target, decoder)
            found = [each.whole for each in reading.conversations()]
            return found, [bringing.pictures_of(each, lambda: None) for each in found]
    finally:
        decoder.close()


# --- what it is -----------------------------------------------------------------------------------


def test_a_preview_says_what_will_come(pictures: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "a.visavis"
    with Archive(path, Files(pictures, Wanted(originals=True)), 2) as archive:
        archive.add(talk(picture(pictures), picture(pictures, 2)))
        archive.add(talk(chat="other"))
    found = preview(path)
    assert (found.kind, found.conversations, found.messages, found.pictures) == ("visavis", 2, 8, 4)
    assert found.picture_bytes == sum(p.stat().st_size for p in (tmp_path / "pictures").rglob("*") if p.is_file())
    assert found.ids == ["c0ffee", "other"]
    assert not +found.left_out


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "unknown"),
        (b"hello", "unknown"),
        (b"PK\3\4 and no more", "damaged"),
        (b"[1, 2", "damaged"),
        (b"[]", "empty"),
        (b'{"a": 1}', "unknown"),
        (b'[{"chat_messages": []}] {}', "damaged"),
        (b'{"messages": [], "a": NaN}', "damaged"),
        (b'{"messages": [], "a": 1e999}', "damaged"),
        (b"[" * 100_000, "too_large"),
        (b'{"a":' * 100_000, "too_large"),
        (b"[[" + b"[]," * 4_000_000 + b"[]]]", "too_large"),
        (b'["' + b"a" * (49 << 20) + b'"]', "too_large"),
        (b'{"messages": [], "a": ' + b"9" * 10_000 + b"}", "damaged"),
        (b'{"messages": [], "a": "\xff"}', "damaged"),
    ],
)
def test_what_is_no_import_is_refused_with_its_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert refusal(path) == reason


def test_folders_pipes_and_missing_files_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "unreadable"
    assert refusal(tmp_path / "none.zip") == "unreadable"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert refusal(tmp_path / "pipe") == "unreadable"


def test_a_later_version_and_a_foreign_zip_are_told_apart(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path / "a", {"visavis.json": header(version=2)})) == "too_new"
    assert refusal(zipped(tmp_path / "b", {"visavis.json": header(version=True)})) == "damaged"
    assert refusal(zipped(tmp_path / "c", {"visavis.json": "[5]"})) == "unknown"
    assert refusal(zipped(tmp_path / "d", {"readme.txt": "x"})) == "unknown"
    assert refusal(zipped(tmp_path / "e", {"visavis.json": header()})) == "empty"


# --- hostile archives -----------------------------------------------------------------------------

NAMES = [
    *("../evil.txt", "../../pictures/evil", "/etc/evil", "\\evil", "C:\\evil", "C:evil", "//host/share/evil"),
    *("..\\..\\evil", "pictures/../../evil", "pictures/" + "a" * 64 + "/../../x", "CON", "pictures/NUL", "aux.json"),
    *("PICTURES/" + "a" * 64, "pictures/" + "A" * 64, "Visavis.JSON", "conversations/00001.JSON"),
    *("conversations/../00001.json", "conversations/１.json", "a" * 4000, "nested.zip", "\u202egnp.exe"),
    *("conversations/00001.json/", "file://x", "~/.ssh/keys", "pictures/.tmp-1", "con.txt.", "a:b", "a\x00b", " ", "."),
    *("pictures/" + "é" * 64, "pictures/a\nb"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_no_name_of_an_archive_leads_out_of_the_picture_folder(tmp_path: Path, number: int) -> None:
    inside = tmp_path / "box" / "data"
    inside.mkdir(parents=True)
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("../evil", b"x")
    path = zipped(
        tmp_path / "a.visavis",
        {"visavis.json": header(), "conversations/00002.json": one(), NAMES[number]: nested.getvalue()},
    )
    before = files_below(tmp_path)
    found, pictures_of = brought(path, Pictures(inside / "pictures"))
    assert len(found) == 1
    assert pictures_of[0].pictures == 0
    assert files_below(tmp_path) == before


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    for mode in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFSOCK):
        attributes = (mode | 0o777) << 16
        path = zipped(
            tmp_path / f"{mode}",
            {"visavis.json": header(), "conversations/00001.json": one()},
            external_attr=attributes,
            create_system=3,
        )
        assert refusal(path) == "damaged"


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("visavis.json", header())
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("visavis.json", header())
    assert refusal(path) == "damaged"


@pytest.fixture
def grown() -> Iterator[Callable[[], int]]:
    """By how many bytes the process has grown, and that it took no more than some seconds."""
    process, began = psutil.Process(), time.process_time()
    before = process.memory_info().rss
    yield lambda: process.memory_info().rss - before
    assert time.process_time() - began < 20


def test_a_bomb_ends_at_its_limit(tmp_path: Path, grown: Callable[[], int]) -> None:
    zeros = bytes(1 << 20)
    path = tmp_path / "bomb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visavis.json", header())
        with archive.open("conversations/00001.json", "w", force_zip64=True) as entry:
            entry.write(b'{"messages": [], "a": "')
            for _ in range(100):
                entry.write(zeros.replace(b"\0", b"a"))
            entry.write(b'"}')
    assert path.stat().st_size < 200_000
    assert refusal(path) == "too_large"
    assert grown() < 200 << 20


def test_an_entry_that_unpacks_to_much_more_ends_at_its_limit(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a", {"bomb": bytes(100 << 20), "flat": os.urandom(30 << 20)})
    with Unpacking(path, "a") as archive:
        with pytest.raises(ImportRefused, match="too_large"):
            archive.read("bomb", 1 << 40)
        assert len(archive.read("flat", 1 << 40)) == 30 << 20
        with pytest.raises(ImportRefused, match="too_large"):
            archive.read("flat", 1 << 20)
        archive._left = 10 << 20
        with pytest.raises(ImportRefused, match="too_large"):
            archive.read("flat", 1 << 40)


def test_what_an_entry_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a", {"visavis.json": header(), "conversations/00001.json": b"[" + b" " * (40 << 20) + b"]"}
    )
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2")
    struct.pack_into("<I", data, at + 24, 10)
    path.write_bytes(data)
    assert refusal(path) in {"too_large", "damaged", "empty"}


def test_a_million_entries_are_refused_before_they_are_listed(tmp_path: Path, grown: Callable[[], int]) -> None:
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%07d" % number for number in range(1_000_000))
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, len(directory), 4, 0)
    path = tmp_path / "many"
    path.write_bytes(b"PK\3\4" + directory + end)
    assert refusal(path) == "too_large"
    assert grown() < 200 << 20


def test_a_list_that_fits_and_has_too_many_is_refused(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%06d" % number for number in range(110_000))
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, len(directory), 4, 0)
    path = tmp_path / "many"
    path.write_bytes(b"PK\3\4" + directory + end)
    assert refusal(path) == "too_large"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(at=st.integers(0, 4000), bits=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_archive_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, bits: int, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("a")
    path = zipped(folder / "a", {"visavis.json": header(), "conversations/00001.json": one()})
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at] ^= bits
    path.write_bytes(data[: at if cut else len(data)])
    try:
        found = preview(path)
    except ImportRefused:
        return
    assert found.conversations <= 1


# --- hostile pictures -----------------------------------------------------------------------------


def with_file(tmp_path: Path, data: bytes, name: str = "") -> tuple[Path, ImageBlock]:
    """An archive of a picture whose bytes are these, under their own hash or another."""
    image = picture(Pictures(tmp_path / "elsewhere"), sent=name or hashlib.sha256(data).hexdigest())
    made = talk(replace(image, original="0" * 64))
    entries: dict[str, bytes | str] = {"visavis.json": header(), "conversations/00001.json": one(made)}
    return zipped(tmp_path / "a", {**entries, f"pictures/{made.shown[0].images[0].sent}": data}), made.shown[0].images[
        0
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<html></html>", b"\x89PNG\r\n\x1a\n", encoded(photo(16, 16), "PNG")[:40], b"%PDF-1.4", _laughs()],
    ids=["empty", "text", "page", "head", "cut", "pdf", "svg"],
)
def test_what_is_no_picture_is_not_kept(tmp_path: Path, data: bytes) -> None:
    path, image = with_file(tmp_path, data)
    target = Pictures(tmp_path / "target")
    [made], [found] = brought(path, target)
    assert made.shown[0].images == (image,)
    assert (found.pictures, found.missing, found.thumbnails) == (0, 1, {})
    assert not [each for each in (tmp_path / "target").rglob("*") if each.is_file()]


def test_a_picture_under_another_hash_is_not_kept(tmp_path: Path) -> None:
    path, _ = with_file(tmp_path, encoded(photo(16, 16), "PNG"), "a" * 64)
    _, [found] = brought(path, Pictures(tmp_path / "target"))
    assert (found.pictures, found.refused, found.missing) == (0, 1, 1)
    assert not (tmp_path / "target").exists()


def test_a_good_picture_is_kept_with_a_thumbnail_made_here(tmp_path: Path) -> None:
    data = encoded(photo(16, 16), "PNG")
    path, image = with_file(tmp_path, data)
    target = Pictures(tmp_path / "target")
    _, [found] = brought(path, target)
    assert target.read(image.sent) == data
    assert list(found.thumbnails) == [image.thumbnail]
    assert stat.S_IMODE(target.path(image.sent).stat().st_mode) == 0o600 or sys.platform == "win32"


def test_a_picture_that_is_there_already_is_young_again(tmp_path: Path) -> None:
    """Nothing may refer to it before the conversation is stored, and what is old is collected."""
    path, image = with_file(tmp_path, encoded(photo(16, 16), "PNG"))
    target = Pictures(tmp_path / "target")
    brought(path, target)
    os.utime(target.path(image.sent), (1000, 1000))
    _, [found] = brought(path, target)
    assert (found.pictures, target.collect((), 2000)) == (0, [])


def test_a_picture_that_cannot_be_read_again_ends_the_import_and_stays(tmp_path: Path) -> None:
    data = encoded(photo(16, 16), "BMP")
    path, image = with_file(tmp_path, data)
    target, decoder = Pictures(tmp_path / "target"), Decoder()
    decoder.close()  # as when the app ends meanwhile
    with Reading(path, path.name) as reading:
        [found] = reading.conversations()
        with pytest.raises(StoreFull):
            Bringing(reading, target, decoder).pictures_of(found.whole, lambda: None)
    assert target.read(image.sent) == data


# --- hostile facts --------------------------------------------------------------------------------

_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1 << 70,
        1e300,
        -0.5,
        "",
        "x",
        "\ud800",
        "../../x",
        [],
        [1],
        {},
        {"type": 5},
        "0" * 64,
        ["a"] * 60,
    ]
)


@settings(max_examples=80, deadline=None)
@given(name=st.text(max_size=3), value=_ODD, where=st.integers(0, 3), pick=st.integers(0, 60))
@example(name="", value=-1, where=3, pick=0)
def test_any_fact_may_be_anything(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any, where: int, pick: int
) -> None:
    found = json.loads(one(talk(picture(Pictures(tmp_path_factory.getbasetemp() / "odd")))))
    message = found["messages"][1]
    places = (found["conversation"], message, message["usage"], found["messages"][0]["content"][0]["image"])
    place = places[where]
    place[[*place, name][pick % (len(place) + 1)]] = value
    left_out = Counts()
    made = ours.conversation(found, left_out)
    assert made is not None
    store = Store.open(tmp_path_factory.mktemp("data"))
    try:
        now = asyncio.run(store.run(partial(bring_in, whole=made, thumbnails={})))
        assert conversations_of(store) == [now]
        stored = asyncio.run(store.run(lambda db: whole.read(db, "", now.id)))
        assert stored is not None
        assert [p.message for p in stored.messages] == [p.message for p in made.messages]
    finally:
        store.close()


def test_a_draft_of_a_stranger_brings_no_paths() -> None:
    found = json.loads(one())
    found["draft"] = {"text": "hello", "pictures": [{"path": "/home/me/secret.png"}], "model": "x"}
    made = ours.conversation(found, Counts())
    assert made is not None
    assert made.draft == {"text": "hello", "pictures": []}


@pytest.mark.parametrize(
    "facts",
    [
        {"original": "../../etc/passwd"},
        {"kept": "a" * 64},
        {"url": "file:///etc/passwd"},
        {"url": "http://10.0.0.1/a.png"},
        {"original": "a" * 64, "preset": "region"},
        {"original": "a" * 64, "preset": "region", "region": [0, 0, 0, 9]},
        {"original": "a" * 64, "page": 1 << 40},
        "a.png",
        None,
    ],
)
def test_a_picture_of_a_draft_that_makes_no_sense_is_left_out(facts: Any) -> None:
    found = json.loads(one())
    found["draft"] = {"text": "", "pictures": [facts, {"original": "b" * 64}]}
    left_out = Counts()
    made = ours.conversation(found, left_out)
    assert made is not None
    assert made.draft == {"text": "", "pictures": [{"kept": "b" * 64, "name": ""}]}
    assert left_out["block"] == 1


def test_a_picture_of_a_draft_whose_file_is_no_picture_does_not_come(tmp_path: Path) -> None:
    data = b"MZ and no picture"
    found = json.loads(one())
    sha256 = hashlib.sha256(data).hexdigest()
    found["draft"] = {"text": "hello", "pictures": [{"original": sha256}, {"url": "https://example.org/a.png"}]}
    entries: dict[str, bytes | str] = {
        "visavis.json": header(),
        "conversations/00001.json": json.dumps(found),
        f"pictures/{sha256}": data,
    }
    target = Pictures(tmp_path / "target")
    _, [done] = brought(zipped(tmp_path / "a.visavis", entries), target)
    assert done.draft == {"text": "hello", "pictures": [{"name": "", "url": "https://example.org/a.png"}]}
    assert not target.path(sha256).exists()


@pytest.mark.parametrize("is_ours", [True, False])
def test_reading_ends_within_a_conversation_where_it_is_cancelled(tmp_path: Path, is_ours: bool) -> None:
    messages = [{"role": "user", "sender": "human", "content": [], "text": "hello"}] * 3000
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"messages" if is_ours else "chat_messages": messages}]), "utf-8")
    asked = 0

    def go_on() -> None:
        nonlocal asked
        asked += 1
        if asked > 50:
            raise Cancelled

    with Reading(path, path.name, go_on) as reading, pytest.raises(Cancelled):
        reading.preview()
    assert asked == 51


@pytest.mark.parametrize("value", ['"k{}":1', '"k{}":{{}}', '"k{}":{{"a":"b"}}'])
def test_others_have_their_turn_while_json_is_parsed(value: str) -> None:
    """As in the app, where a thread is asked for the interpreter after a millisecond."""
    data = ("{" + ",".join(map(value.format, range(200_000))) + "}").encode()
    before, waits, done = sys.getswitchinterval(), [0.0], Event()

    def parse() -> None:
        json_items.parse(data)
        done.set()

    sys.setswitchinterval(0.001)
    try:
        began = last = time.perf_counter()
        Thread(target=parse).start()
        while not done.wait(0.001):
            now = time.perf_counter()
            waits.append(now - last)
            last = now
    finally:
        sys.setswitchinterval(before)
    assert max(waits) < (last - began) / 2


def test_an_item_of_many_arrays_is_refused() -> None:
    for count, is_too_long in ((150_000, False), (170_000, True)):
        text = b'{"a":[' + b",".join([b"[]"] * count) + b"]}"
        with pytest.raises(json_items.TooLong) if is_too_long else nullcontext():
            list(json_items.items([text]))


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/a", "file:///etc/passwd", "javascript:1", "https://example.org/a.png"]
)
def test_only_secure_links_are_taken(url: str, pictures: Pictures) -> None:
    found = json.loads(one(talk(picture(pictures, url=url))))
    made = ours.conversation(found, Counts())
    assert made is not None
    assert bool(made.shown[0].images) == (url == "https://example.org/a.png")


def test_circles_and_strangers_among_parents_become_a_tree() -> None:
    messages = [Message("user", id=name) for name in "abcd"]
    placed = tree([Placed(m, parent) for m, parent in zip(messages, ["b", "a", "zzz", "d"], strict=True)])
    assert sorted(each.message.id for each in placed) == list("abcd")
    seen = {""}
    for message, parent in placed:
        assert parent in seen
        seen.add(message.id)
    assert [each.parent for each in chain(messages)] == ["", "a", "b", "c"]


def test_ids_that_could_be_paths_or_come_twice_are_changed() -> None:
    found = tree([Placed(Message("user", id=name), "") for name in ("../x", "", "a", "a", "b" * 65)])
    ids = [each.message.id for each in found]
    assert len(set(ids)) == 5
    assert "a" in ids
    assert all(each.isalnum() for each in ids)


def test_bringing_in_is_all_or_nothing(tmp_path: Path) -> None:
    store, made = Store.open(tmp_path), talk()
    broken = replace(made, messages=(*made.messages, Placed(Message("user", id=""), "")))
    with pytest.raises(Exception, match="CHECK"):
        asyncio.run(store.run(partial(bring_in, whole=broken, thumbnails={})))
    assert conversations_of(store) == []
    assert asyncio.run(store.messages(made.conversation.id)) == []
    store.close()


@given(
    value=st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)),
    size=st.integers(1, 50),
)
def test_items_are_found_however_the_bytes_come(value: Any, size: int) -> None:
    for whole_text, wanted in (
        (json.dumps([value, value]), [value, value]),
        (json.dumps({"a": value}), [{"a": value}]),
    ):
        data = whole_text.encode()
        assert list(json_items.items(data[at : at + size] for at in range(0, len(data), size))) == wanted


def test_an_unknown_block_of_an_answer_is_kept_raw() -> None:
    made = talk()
    odd = replace(made.messages[1].message, content=(ReplyBlock({"type": "hologram", "deep": [{"a": None}]}),))
    found = ours.conversation(json.loads(one(replace(made, messages=(Placed(odd, ""),), leaf=""))), Counts())
    assert found is not None
    assert found.shown == [odd]
