"""An archive of ours, written and read back: nothing is lost on the way, and nothing goes that is not wanted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.core import whole
from app.core.decoder import Decoder
from app.core.export.archive import Archive, to_json
from app.core.export.asked import Wanted
from app.core.export.files import Cancelled, Files
from app.core.filing import Filed, FiledAs, Filing, Folder
from app.core.importing import ours
from app.core.importing.bringing import Bringing, bring_in
from app.core.importing.json_items import whole as parsed
from app.core.importing.reading import Reading
from app.core.importing.typed import Counts
from app.core.message import Message, TextBlock
from app.core.pictures import Pictures
from app.core.rows import Conversation
from app.core.store import Store
from app.core.whole import Whole
from tests.pictures import MARKER, encoded, photo
from tests.stored import add_conversation, conversations_of
from tests.talks import picture, reply, store_whole, talk, talks

EVERYTHING = Wanted(costs=True, thinking=True, originals=True, drafts=True)


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path / "pictures")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    opened: list[Store] = []

    def open_store(name: str) -> Store:
        opened.append(Store.open(tmp_path / name))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


def archived(path: Path, pictures: Pictures, talks: Sequence[Whole], wanted: Wanted = EVERYTHING) -> Files:
    files = Files(pictures, wanted)
    with Archive(path, files, len(talks)) as archive:
        for each in talks:
            archive.add(each)
    return files


async def brought(store: Store, path: Path, pictures: Pictures) -> list[Conversation]:
    found = []
    decoder = Decoder()
    with Reading(path, path.name) as reading:
        bringing = Bringing(reading, pictures, decoder)
        for each in reading.conversations():
            came = bringing.pictures_of(each.whole, lambda: None)
            whole_ = replace(each.whole, draft=came.draft)
            found.append(await store.run(partial(bring_in, whole=whole_, thumbnails=came.thumbnails)))
    decoder.close()
    return found


async def read(store: Store, conversation_id: str) -> Whole:
    found = await store.run(lambda db: whole.read(db, str(store.path), conversation_id))
    assert found is not None
    return found


# --- there and back -------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=talks())
def test_every_fact_of_every_message_comes_back(made: Whole) -> None:
    text = json.dumps(to_json(made)).encode("ascii")
    left_out = Counts()
    assert ours.conversation(parsed(text), left_out) == made
    assert not +left_out


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=talks())
def test_the_database_gives_back_what_was_brought_in(made: Whole, tmp_path_factory: pytest.TempPathFactory) -> None:
    async def there_and_back() -> Whole:
        store = Store.open(tmp_path_factory.mktemp("data"))
        try:
            return await read(store, (await store.run(lambda db: bring_in(db, made, {}))).id)
        finally:
            store.close()

    found = asyncio.run(there_and_back())
    counted = {name: getattr(found.conversation, name) for name in ("pictures", "thumbnail")}
    assert found == replace(made, conversation=replace(made.conversation, **counted))


async def test_a_conversation_goes_into_an_empty_folder_as_it_was(
    stores: Callable[[str], Store], pictures: Pictures, tmp_path: Path
) -> None:
    before, after = stores("before"), stores("after")
    made = talk(picture(pictures), picture(pictures, 2, "Überblick 📈.png"))
    await store_whole(before, made)
    stored = await read(before, made.conversation.id)
    assert stored == made
    archived(tmp_path / "a.visavis", pictures, [stored])
    target = Pictures(tmp_path / "others")

    [now] = await brought(after, tmp_path / "a.visavis", target)

    assert await read(after, now.id) == stored
    for message, _ in stored.messages:
        for image in message.images:
            for sha256 in (image.sent, image.original):
                assert target.read(sha256) == pictures.read(sha256)
            assert (await after.thumbnails([image.thumbnail]))[image.thumbnail]
    assert conversations_of(after) == [now]
    assert [m.id for m in await after.messages(now.id)] == [m.id for m in stored.shown]


async def test_a_draft_and_its_place_come_along(
    stores: Callable[[str], Store], pictures: Pictures, tmp_path: Path
) -> None:
    before, after = stores("before"), stores("after")
    kept = pictures.add_bytes(encoded(photo(40, 30), "PNG"), "roof.png").sha256
    waiting = {"kept": kept, "name": "roof.png", "preset": "region", "region": [1, 2, 3, 4]}
    draft = {"text": "", "pictures": [waiting, {"kept": "0" * 64, "name": "gone.png"}]}
    made = replace(talk(picture(pictures)), draft=draft, filed=FiledAs(pinned=True, folder="House"))
    other = talk(chat="d")
    await store_whole(before, made)
    await Filing(after).put_folder(Folder("f", "HOUSE"))
    archived(tmp_path / "a.visavis", pictures, [await read(before, made.conversation.id), other])
    target = Pictures(tmp_path / "others")

    [now, later] = await brought(after, tmp_path / "a.visavis", target)

    found = await read(after, now.id)
    assert found.draft == {**draft, "pictures": [waiting]}
    assert target.read(kept) == pictures.read(kept)
    assert found.filed == FiledAs(pinned=True, folder="HOUSE")
    assert await Filing(after).filed(now.id) == (Filed(pinned=True, folder="f"), [Folder("f", "HOUSE")])
    assert (await read(after, later.id)).filed == FiledAs()
    archived(tmp_path / "bare", pictures, [made], Wanted(drafts=True))
    assert f"pictures/{kept}" not in entries(tmp_path / "bare")
    assert b"roof.png" not in entries(tmp_path / "bare")["conversations/00001.json"]


async def test_what_is_there_already_stays_and_a_copy_comes_beside_it(
    stores: Callable[[str], Store], pictures: Pictures, tmp_path: Path
) -> None:
    store, made = stores("data"), talk(picture(pictures))
    await store_whole(store, made)
    archived(tmp_path / "a.visavis", pictures, [made, made])

    first, second = await brought(store, tmp_path / "a.visavis", pictures)

    assert len({first.id, second.id, made.conversation.id}) == 3
    assert await read(store, made.conversation.id) == made
    copy = await read(store, first.id)
    assert [m.text for m in copy.shown] == [m.text for m in made.shown]
    assert not {p.message.id for p in copy.messages} & {p.message.id for p in made.messages}


async def test_a_message_whose_id_is_taken_by_another_conversation_gets_another(
    stores: Callable[[str], Store], pictures: Pictures, tmp_path: Path
) -> None:
    store, made = stores("data"), talk()
    await add_conversation(store, Conversation("other"))
    await store.add_message("other", Message("user", (TextBlock("mine"),), id=made.messages[1].message.id))
    archived(tmp_path / "a.visavis", pictures, [made])
    [now] = await brought(store, tmp_path / "a.visavis", pictures)
    assert now.id == made.conversation.id
    assert [m.text for m in await store.messages("other")] == ["mine"]
    assert [p.message.text for p in (await read(store, now.id)).messages] == [p.message.text for p in made.messages]


async def test_deleted_messages_stay_at_home_and_an_answer_that_comes_is_interrupted(
    stores: Callable[[str], Store],
) -> None:
    store, made = stores("data"), talk()
    await store_whole(store, made)
    await store.delete_messages(made.conversation.id, [made.messages[2].message.id], made.messages[3].message.id)
    await store.add_message(made.conversation.id, Message("assistant", id="live", state="streaming"))
    await store.append_events(
        "live", [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "So f"}}]
    )
    found = await read(store, made.conversation.id)
    placed = {each.message.id: each for each in found.messages}
    assert made.messages[2].message.id not in placed
    assert placed[made.messages[3].message.id].parent == made.messages[0].message.id
    assert placed["live"].message.state == "interrupted"
    assert placed["live"].message.text == "So f"
    assert found.leaf == "live"


# --- what is wanted -------------------------------------------------------------------------------


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_originals_costs_thinking_and_drafts_go_only_where_they_are_wanted(pictures: Pictures, tmp_path: Path) -> None:
    image = picture(pictures)
    made = replace(talk(image), draft={"text": "not yet", "pictures": [{"path": "/home/me/secret.png"}]})
    archived(tmp_path / "bare", pictures, [made], Wanted(costs=False))
    archived(tmp_path / "full", pictures, [made])
    bare, full = entries(tmp_path / "bare"), entries(tmp_path / "full")
    assert f"pictures/{image.original}" not in bare
    text = bare["conversations/00001.json"].decode()
    assert not any(word in text for word in ("0.0123", "0.0246", "Let me look", "not yet", "secret"))
    assert MARKER not in b"".join(bare.values())
    assert MARKER in full[f"pictures/{image.original}"]
    text = full["conversations/00001.json"].decode()
    assert all(word in text for word in ("0.0123", "Let me look", "not yet"))
    assert "secret" not in text


def test_of_a_link_the_file_as_it_was_found_is_an_original(pictures: Pictures, tmp_path: Path) -> None:
    image = picture(pictures)
    linked = replace(image, sent=image.original, media_type="image/jpeg", url="https://example.org/a.jpg")
    archived(tmp_path / "bare", pictures, [talk(linked)], Wanted())
    assert MARKER not in b"".join(entries(tmp_path / "bare").values())
    files = Files(pictures, Wanted())
    [shown] = files.shown((linked,), lambda _: True)
    assert shown.data
    assert MARKER not in shown.data


def test_the_same_conversation_makes_the_same_bytes_named_by_their_hash(pictures: Pictures, tmp_path: Path) -> None:
    made = talk(picture(pictures), picture(pictures, 2), picture(pictures, 3, sent="0" * 64))
    files = archived(tmp_path / "one", pictures, [made, made])
    archived(tmp_path / "two", pictures, [made, made])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    found = entries(tmp_path / "one")
    assert all(hashlib.sha256(data).hexdigest() == n[9:] for n, data in found.items() if n.startswith("pictures/"))
    assert len(found) == 1 + 2 + 5
    assert files.missing == {"0" * 64}


def test_it_ends_where_it_is_cancelled(pictures: Pictures, tmp_path: Path) -> None:
    files = Files(pictures, Wanted(), stopped=lambda: True)
    with Archive(tmp_path / "a", files, 1) as archive, pytest.raises(Cancelled):
        archive.add(talk(picture(pictures)))


def test_half_a_surrogate_pair_survives(pictures: Pictures, tmp_path: Path) -> None:
    base = talk()
    odd = reply("half \ud83d and a nul \x00", "odd")
    made = replace(base, messages=(whole.Placed(odd, ""),), leaf="odd")
    archived(tmp_path / "a", pictures, [made])
    with Reading(tmp_path / "a", "a") as reading:
        assert [found.whole for found in reading.conversations()] == [made]


def test_facts_of_a_later_version_are_counted_and_harmless(pictures: Pictures) -> None:
    found: Any = to_json(talk(picture(pictures)))
    found["conversation"]["colour"] = "red"
    found["messages"][0]["mood"] = "fine"
    found["messages"][0]["content"][0]["image"]["smell"] = 5
    del found["messages"][1]["thought"]
    left_out = Counts()
    assert ours.conversation(found, left_out) == talk(picture(pictures))
    assert +left_out == {"fact": 3}
