"""Files of strangers: what claude.ai exports, and archives made to do harm."""

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
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core import whole
from app.core.decoder import Decoder
from app.core.export.archive import Archive, to_json
from app.core.export.asked import Wanted
from app.core.export.files import Files
from app.core.importing import claude, json_items, ours
from app.core.importing.bringing import Bringing, Brought, bring_in
from app.core.importing.order import chain, tree
from app.core.importing.reading import Preview, Reading
from app.core.importing.refused import ImportRefused
from app.core.importing.typed import Counts
from app.core.message import ImageBlock, Message, ReplyBlock
from app.core.pictures import Pictures
from app.core.store import Store
from app.core.whole import Placed
from tests.bombs import _laughs
from tests.pictures import encoded, photo
from tests.talks import picture, talk

ROOT = "00000000-0000-4000-8000-000000000000"


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


# --- claude.ai ------------------------------------------------------------------------------------


def uuid(number: int) -> str:
    return f"0000000{number}-0000-4000-9000-000000000000"


def said(number: int, sender: str, parent: str | None = None, **facts: Any) -> dict[str, Any]:
    entry = {
        "uuid": uuid(number),
        "sender": sender,
        "text": f"said {number}",
        "content": [{"type": "text", "text": f"said {number}", "citations": []}],
        "created_at": f"2025-03-01T10:0{number}:00.000000Z",
        "updated_at": f"2025-03-01T10:0{number}:00.000000Z",
        "attachments": [],
        "files": [],
    }
    return entry | ({} if parent is None else {"parent_message_uuid": parent}) | facts


def exported(*messages: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {
        "uuid": uuid(9),
        "name": "Two lakes",
        "summary": "",
        "created_at": "2025-03-01T10:00:00.000000Z",
        "updated_at": "2025-03-02T10:00:00.000000Z",
        "account": {"uuid": uuid(8)},
        "chat_messages": list(messages),
    } | facts


def read(found: Any) -> tuple[whole.Whole, Counts]:
    left_out = Counts()
    made = claude.conversation(json.loads(json.dumps(found)), left_out)
    assert made is not None
    return made, +left_out


def test_a_conversation_of_claude_is_read_with_its_times_and_roles() -> None:
    made, left_out = read(exported(said(1, "human"), said(2, "assistant"), said(3, "human")))
    assert made.conversation.id == uuid(9).replace("-", "")
    assert made.conversation.title == "Two lakes"
    assert made.conversation.created == 1740823200.0
    assert made.conversation.updated == 1740909600.0
    assert [(m.role, m.text) for m in made.shown] == [("user", "said 1"), ("assistant", "said 2"), ("user", "said 3")]
    assert made.shown[1].created == 1740823320.0
    assert not left_out


def test_branches_of_claude_hang_where_they_hung() -> None:
    made, _ = read(
        exported(
            said(1, "human", ROOT),
            said(4, "assistant", uuid(3)),
            said(2, "assistant", uuid(1)),
            said(3, "human", uuid(2)),
            said(5, "human", uuid(2)),
            current_leaf_message_uuid=uuid(4),
        )
    )
    assert [m.text for m in made.shown] == ["said 1", "said 2", "said 3", "said 4"]
    parents = {placed.message.text: placed.parent for placed in made.messages}
    assert parents["said 5"] == parents["said 3"] == uuid(2).replace("-", "")


def test_what_claude_thought_is_thinking_and_steps_of_tools_are_counted() -> None:
    steps = [{"type": "tool_use", "name": "a"}, {"type": "tool_result"}, {"type": "token_budget"}, "odd"]
    content = [{"type": "thinking", "thinking": "Hm."}, *steps, {"type": "text", "text": "So.", "citations": [{}, {}]}]
    made, left_out = read(exported(said(1, "human"), said(2, "assistant", content=content)))
    assert made.shown[1].thinking == "Hm."
    assert made.shown[1].text == "So."
    assert left_out == {"step": 2, "block": 2, "citation": 2}


def test_attached_texts_come_along_and_files_are_named() -> None:
    made, left_out = read(
        exported(
            said(
                1,
                "human",
                text="",
                content=[],
                attachments=[{"file_name": "notes.txt", "extracted_content": "a\n```\nb"}, {"file_name": "b.bin"}],
                files=[{"file_name": "lake.png", "file_uuid": "x"}],
                files_v2=[{"file_name": "lake.png", "file_uuid": "x", "file_kind": "image"}],
            )
        )
    )
    assert made.shown[0].text == "notes.txt\n\n````\na\n```\nb\n````\n\n[b.bin]\n\n[lake.png]"
    assert left_out == {"file": 2}


def test_what_is_not_known_is_counted() -> None:
    made, left_out = read(
        exported(said(1, "human", mood="fine"), {"sender": "robot"}, 5, summary="Long.", settings={})  # type: ignore[arg-type]
    )
    assert len(made.messages) == 1
    assert left_out == {"message": 2, "fact": 2}


def test_an_export_is_found_in_a_zip_and_alone(tmp_path: Path) -> None:
    text = json.dumps([exported(said(1, "human")), exported(said(2, "human"), uuid="odd"), {"no": 1}])
    (tmp_path / "conversations.json").write_text(f"\ufeff{text}", "utf-8")
    zipped(tmp_path / "data.zip", {"users.json": "[]", "conversations.json": text})
    zipped(tmp_path / "folder.zip", {"data-2025/conversations.json": text})
    for name, others in (("conversations.json", 0), ("data.zip", 1), ("folder.zip", 0)):
        found = preview(tmp_path / name)
        assert (found.kind, found.conversations, found.messages, found.pictures) == ("claude", 2, 2, 0)
        assert +found.left_out == +Counts(conversation=1, entry=others)


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
        path = zipped(tmp_path / f"{mode}", {"visavis.json": "/etc/passwd"}, external_attr=attributes, create_system=3)
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
        assert store.conversations_now() == [now]
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
    assert store.conversations_now() == []
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
