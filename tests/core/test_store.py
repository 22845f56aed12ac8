"""The store, on a real SQLite file and across real processes."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import StoreDamaged, StoreLocked, StreamInterrupted
from app.core.failure import error_from_json, error_to_json
from app.core.filing import Filing
from app.core.message import JSON, ImageBlock, Message, ReplyBlock, TextBlock, Usage
from app.core.store import FILE, Conversation, Store
from tests.stored import add_conversation, conversations_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def picture(number: int = 1, original: str = "0" * 64) -> ImageBlock:
    return ImageBlock(
        number=number,
        name="Überblick 📈.png",
        sent="5" * 64,
        media_type="image/png",
        width=2576,
        height=1449,
        sent_bytes=5,
        tokens=4784,
        original=original,
        original_width=3840,
        original_height=2160,
        original_bytes=9,
        original_format="PNG",
        notes=("turned", "resized"),
    )


def answer(message_id: str = "a") -> Message:
    usage = Usage.from_json({"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": None, "new": {"x": [1]}})
    return Message(
        role="assistant",
        content=(
            ReplyBlock({"type": "thinking", "thinking": "…", "signature": "EqQB+/=="}),
            ReplyBlock({"type": "hologram", "parts": [None, 1.5, {"deep": "\u2028"}]}),
            ReplyBlock({"type": "text", "text": "half a pair \ud83d, a nul \x00"}),
        ),
        id=message_id,
        created=1_700_000_000.25,
        model="claude-sonnet-5-5",
        server="api.anthropic.com",
        prefix="f00d",
        stop_reason="end_turn",
        stop_details={"type": "none"},
        usage=usage,
        estimate="0.0123",
        cost="0.0000123",
        api_id="msg_1",
        seconds=2.5,
        error=error_to_json(StreamInterrupted("cut")),
    )


def sql(store: Store, statement: str) -> Any:
    """Run one statement past the store's own operations; its first row."""
    return store._submit(lambda db: db.execute(statement).fetchone()).result()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


STREAM: list[JSON] = [
    {"type": "message_start", "message": {"id": "msg_9", "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Both show "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a lake."}},
]


# --- messages ---------------------------------------------------------------------------------------


async def test_messages_come_back_exactly_and_in_order_after_reopening(tmp_path: Path) -> None:
    sent = [
        Message("user", (picture(), TextBlock("What\x00 is \ud83d this?")), id="q", created=5.0),
        answer(),
        Message("user", (TextBlock("And?"),), id="q2", state="complete"),
    ]
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    for message in sent:
        await store.add_message("c", message)
    store.close()

    reopened = Store.open(tmp_path)
    assert await reopened.messages("c") == sent
    assert await reopened.messages("another") == []
    reopened.close()


async def test_finishing_an_answer_keeps_its_place_and_drops_its_events(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", Message("assistant", id="a", state="streaming"))
    await store.append_events("a", STREAM)
    await store.add_message("c", Message("user", (TextBlock("next"),), id="q"))
    await store.finish("c", answer())

    assert await store.messages("c") == [answer(), Message("user", (TextBlock("next"),), id="q")]
    assert sql(store, "SELECT count(*) FROM events") == (0,)


async def test_a_removed_message_is_gone_with_its_events(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", Message("assistant", id="a", state="streaming"))
    await store.append_events("a", STREAM)
    await store.remove_message("a")
    await store.remove_message("a")

    assert await store.messages("c") == []
    assert sql(store, "SELECT count(*) FROM events") == (0,)


async def test_a_message_for_no_conversation_is_a_bug_and_leaves_nothing(store: Store) -> None:
    with pytest.raises(LookupError):
        await store.add_message("nowhere", answer())
    assert await store.messages("nowhere") == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE messages SET content = replace(content, 'deep', 'beep') WHERE id = 'a'",
        "UPDATE messages SET content = CAST(X'5B7BFF5D' AS TEXT) WHERE id = 'a'",
        "UPDATE messages SET facts = '{' WHERE id = 'a'",
        "UPDATE messages SET created = 'x' WHERE id = 'a'",
        "UPDATE messages SET state = 'streaming' WHERE id = 'a'",
        "UPDATE messages SET checksum = 1 WHERE id = 'a'",
    ],
)
async def test_a_damaged_message_keeps_its_place_and_says_so(tmp_path: Path, damage: str) -> None:
    question = Message("user", (TextBlock("What?"),), id="q")
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", answer())
    await store.add_message("c", question)
    store.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(damage)
    db.close()

    reopened = Store.open(tmp_path)
    [damaged, intact] = await reopened.messages("c")
    reopened.close()
    assert (damaged.role, damaged.id, damaged.state, damaged.content) == ("assistant", "a", "failed", ())
    assert damaged.error is not None
    assert isinstance(error_from_json(damaged.error), StoreDamaged)
    assert intact == question


# --- conversations ----------------------------------------------------------------------------------


async def test_conversations_are_listed_by_last_activity(store: Store) -> None:
    await add_conversation(store, Conversation("old", title="First", created=1, updated=1))
    await add_conversation(store, Conversation("new", title="Second", created=2, updated=2, practice=True))
    assert [c.id for c in conversations_of(store)] == ["new", "old"]

    await store.add_message("old", Message("user", (TextBlock("Hi"),), id="q", created=3))
    assert conversations_of(store) == [
        Conversation("old", title="First", created=1, updated=3),
        Conversation("new", title="Second", created=2, updated=2, practice=True),
    ]


async def test_a_conversation_can_be_renamed_and_set(store: Store) -> None:
    await add_conversation(store, Conversation("c", title="A"))
    await store.rename("c", "Zwei Häfen \ud83d")
    await store.set_model("c", "claude-haiku-5-5")
    await store.set_system("c", "Be brief.")
    [c] = conversations_of(store)
    assert (c.title, c.model, c.system) == ("Zwei Häfen \ufffd", "claude-haiku-5-5", "Be brief.")


async def test_a_deleted_conversation_is_restored_whole(store: Store) -> None:
    await add_conversation(store, Conversation("c", title="A"))
    await store.add_message("c", answer())
    before = conversations_of(store)

    await Filing(store).discard(["c"])
    assert conversations_of(store) == []
    await Filing(store).restore(["c"])
    assert conversations_of(store) == before
    assert await store.messages("c") == [answer()]


async def test_pictures_and_the_first_thumbnail_are_counted(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    first = await store.add_message("c", Message("user", (picture(1, "aa"), picture(2, "bb")), id="1"))
    second = await store.add_message("c", Message("user", (picture(3, "cc"),), id="2"))
    assert (first.pictures, first.thumbnail) == (2, "aa")
    assert (second.pictures, second.thumbnail) == (3, "aa")
    again = await store.finish("c", Message("user", (picture(3, "cc"), TextBlock("Edited")), id="2"))
    assert again == second
    assert conversations_of(store) == [second]

    await store.remove_message("1")
    [left] = conversations_of(store)
    assert (left.pictures, left.thumbnail) == (1, "cc")


async def test_a_picture_counts_once_however_often_it_stands_there(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    parts = [replace(picture(1, "aa"), kind="overview"), replace(picture(1, "aa"), kind="tile")]
    await store.add_message("c", Message("user", (*parts, picture(2, "bb")), id="1"))
    edited = await store.add_message("c", Message("user", (picture(1, "bb"), picture(2, "cc")), id="1b"), "")
    assert (edited.pictures, edited.thumbnail) == (3, "aa")
    pages = Message("user", (replace(picture(3, "dd"), page=1), replace(picture(4, "dd"), page=2)), id="2")
    assert (await store.add_message("c", pages)).pictures == 5
    link = replace(picture(5, ""), url="https://pictures.example/a.png")
    links = [link, replace(link, number=6), replace(link, number=7, url="https://pictures.example/b.png")]
    assert (await store.add_message("c", Message("user", tuple(links), id="3"))).pictures == 7
    assert (await store.replace_messages("c", [replace(pages, content=(picture(3, "aa"),))])).pictures == 5
    assert (await store.delete_messages("c", ["1b"], "3")).pictures == 4
    await store.remove_message("1")
    [left] = conversations_of(store)
    assert (left.pictures, left.thumbnail) == (3, "aa")


async def test_costs_add_up_exactly_and_a_removed_answer_stays_paid(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    await add_conversation(store, Conversation("tiny"))
    assert (await store.add_message("tiny", Message("assistant", id="t", cost="2E-7"))).cost == "0.0000002"
    assert (await store.add_message("c", Message("assistant", id="a", state="streaming"))).cost == ""
    await store.finish("c", Message("assistant", id="a", cost="0.1"))
    await store.finish("c", Message("assistant", id="a", cost="0.10"))
    assert (await store.add_message("c", Message("assistant", id="b", cost="2E-7"))).cost == "0.1000002"

    await store.remove_message("a")
    assert {c.id: c.cost for c in conversations_of(store)} == {"c": "0.1000002", "tiny": "0.0000002"}


# --- thumbnails and drafts --------------------------------------------------------------------------


async def test_thumbnails_are_found_by_hash(store: Store) -> None:
    await store.put_thumbnail("aa", b"\x00\xff")
    await store.put_thumbnail("bb", b"old")
    await store.put_thumbnail("bb", b"new")
    assert await store.thumbnails(["aa", "bb", "cc"]) == {"aa": b"\x00\xff", "bb": b"new"}
    assert await store.thumbnails([]) == {}
    assert len(await store.thumbnails(f"{n:02x}" for n in range(100_000))) == 2


async def test_drafts_are_kept_by_conversation_until_they_are_empty(store: Store) -> None:
    await store.save_draft("", {"text": "half a \ud83d"})
    await store.save_draft("c", {"text": "old"})
    await store.save_draft("c", {"text": "new", "pictures": []})
    assert await store.drafts() == {"": {"text": "half a \ud83d"}, "c": {"text": "new", "pictures": []}}

    await store.save_draft("c", {})
    sql(store, "INSERT INTO drafts VALUES ('damaged', '{')")
    assert await store.drafts() == {"": {"text": "half a \ud83d"}}


async def test_the_draft_of_a_deleted_conversation_waits_with_it(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    await store.save_draft("c", {"text": "before"})
    await Filing(store).discard(["c"])
    assert await store.drafts() == {}
    await store.save_draft("c", {"text": "kept after"})
    assert await store.drafts() == {}
    await Filing(store).restore(["c"])
    assert await store.drafts() == {"c": {"text": "kept after"}}


# --- processes, crashes and cancelled tasks ---------------------------------------------------------


def python(script: str, folder: Path) -> subprocess.Popen[str]:
    code = "import asyncio, sys\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n" + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)


def test_a_second_process_is_refused(tmp_path: Path, store: Store) -> None:
    script = """
        from app.core.errors import StoreLocked
        from app.core.store import Store
        try:
            Store.open(folder)
        except StoreLocked as error:
            print("locked", error.path == str(folder / "conversations.db"))
    """
    with python(script, tmp_path) as process:
        assert process.communicate()[0] == "locked True\n"
    assert conversations_of(store) == []


def test_a_second_store_of_this_process_is_refused(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreLocked):
        Store.open(tmp_path)
    assert conversations_of(store) == []


async def test_an_answer_killed_in_mid_stream_is_interrupted_with_its_text(tmp_path: Path) -> None:
    script = """
        import json, sys
        from app.core.message import Message, TextBlock
        from app.core.store import Conversation, Store
        from tests.stored import add_conversation
        from tests.core.test_store import STREAM
        async def main():
            store = Store.open(folder)
            await add_conversation(store, Conversation("c"))
            await store.add_message("c", Message("user", (TextBlock("What?"),), id="q"))
            await store.add_message("c", Message("assistant", id="a", model="m", state="streaming"))
            await store.append_events("a", STREAM[:2])
            await store.append_events("a", STREAM[2:])
            print("acknowledged", flush=True)
            await asyncio.Event().wait()
        asyncio.run(main())
    """
    with python(script, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "acknowledged\n"
        process.send_signal(signal.SIGKILL)

    for _ in range(2):  # the second opening finds nothing left to end
        store = Store.open(tmp_path)
        [question, interrupted] = await store.messages("c")
        assert sql(store, "SELECT count(*) FROM events") == (0,)
        store.close()
        assert question == Message("user", (TextBlock("What?"),), id="q")
        assert (interrupted.state, interrupted.text, interrupted.model) == ("interrupted", "Both show a lake.", "m")
        assert interrupted.usage is not None
        assert interrupted.usage.input_tokens == 3


async def test_events_are_trusted_up_to_the_first_unreadable_one(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", Message("assistant", id="a", state="streaming"))
    await store.append_events("a", STREAM[:3])
    sql(store, "INSERT INTO events (message_id, events) VALUES ('a', '[5')")
    await store.append_events("a", STREAM[3:])
    store.close()

    reopened = Store.open(tmp_path)
    [message] = await reopened.messages("c")
    reopened.close()
    assert (message.state, message.text) == ("interrupted", "Both show ")


async def test_closing_finishes_what_was_asked_for(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    pending = [asyncio.ensure_future(store.add_message("c", replace(answer(), id=str(n)))) for n in range(20)]
    await asyncio.sleep(0)  # each has been asked for; none has been waited for
    store.close()
    store.close()
    await asyncio.gather(*pending)
    assert names(tmp_path) == [FILE]

    reopened = Store.open(tmp_path)
    assert [message.id for message in await reopened.messages("c")] == [str(n) for n in range(20)]
    reopened.close()


async def test_a_cancelled_task_does_not_take_its_writes_along(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    tasks = [asyncio.ensure_future(store.add_message("c", replace(answer(), id=str(n)))) for n in range(5)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    assert all(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*tasks, return_exceptions=True))
    assert len(await store.messages("c")) == 5


def test_a_write_that_the_system_refuses_is_reported_and_what_was_there_stays(tmp_path: Path) -> None:
    script = """
        import resource, signal
        from app.core.errors import StoreFull
        from app.core.store import Conversation, Store
        from tests.stored import add_conversation
        async def main():
            store = Store.open(folder)
            await add_conversation(store, Conversation("c"))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
            try:
                await store.save_draft("", {"text": "x" * 1_000_000})
            except StoreFull:
                print("full")
            store.close()
        asyncio.run(main())
    """
    with python(script, tmp_path) as process:
        assert process.communicate()[0] == "full\n"
    store = Store.open(tmp_path)
    assert [conversation.id for conversation in conversations_of(store)] == ["c"]
    store.close()


# --- the file ---------------------------------------------------------------------------------------


async def test_whether_it_was_closed_is_known_at_the_next_opening(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    assert not store.unclean
    await add_conversation(store, Conversation("c"))
    script = """
        from app.core.store import Conversation, Store
        from tests.stored import add_conversation
        async def main():
            store = Store.open(folder)
            await add_conversation(store, Conversation("d"))
            print(store.unclean, flush=True)
            await asyncio.Event().wait()
        asyncio.run(main())
    """
    store.close()
    with python(script, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "False\n"
        process.send_signal(signal.SIGKILL)
    for unclean in (True, False):
        reopened = Store.open(tmp_path)
        assert reopened.unclean is unclean
        await reopened.check()
        reopened.close()


def test_what_a_crash_has_left_half_way_in_is_gone_after_the_next_opening(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    for name in (".tmp-5ca1ab1e", ".tmp-5ca1ab1e-wal"):
        (tmp_path / name).write_bytes(b"half a database")
    Store.open(tmp_path).close()
    assert {each.name for each in tmp_path.iterdir()} == {FILE}


async def test_a_damaged_page_is_found_by_the_check(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    for number in range(40):
        await store.add_message("c", replace(answer(), id=str(number)))
    [page] = sql(store, "SELECT rootpage FROM sqlite_master WHERE name = 'messages_of'")
    store.close()
    with (tmp_path / FILE).open("r+b") as file:
        file.seek((page - 1) * 4096 + 3)
        file.write(b"\x00\x01")
    reopened = Store.open(tmp_path)
    with pytest.raises(StoreDamaged):
        await reopened.check()
    reopened.close()
    before = (tmp_path / FILE).read_bytes()
    for _ in range(2):  # from now on no opening goes past it
        with pytest.raises(StoreDamaged):
            Store.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


async def test_others_have_their_turn_in_something_long(store: Store) -> None:
    had: list[int] = []
    asked = threading.Event()

    def long(_: sqlite3.Connection, pause: Callable[[], None]) -> list[int]:
        asked.wait(10)
        pause()
        return list(had)

    long_one = asyncio.ensure_future(store.run_in_turns(long))
    other = asyncio.ensure_future(store.run(lambda _: had.append(1)))
    await asyncio.sleep(0)  # the store has been asked for both by now
    asked.set()
    assert await long_one == [1]
    await other


async def test_tidying_leaves_nothing_in_the_log(tmp_path: Path, store: Store) -> None:
    log = tmp_path / f"{FILE}-wal"
    await store.save_draft("", {"text": "a secret that is taken back"})
    await store.save_draft("", {})
    assert log.stat().st_size
    await store.tidy()
    assert log.stat().st_size == 0
    assert b"a secret" not in (tmp_path / FILE).read_bytes()


def test_there_is_one_connection_to_the_file(tmp_path: Path, store: Store) -> None:
    """SQLite before 3.51.3 may damage a WAL database that two connections write to."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("no /proc here")
    assert conversations_of(store) == []
    opened = [each.readlink() for each in descriptors.iterdir() if each.is_symlink()]
    assert opened.count(tmp_path / FILE) == 1
