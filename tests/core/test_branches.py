"""Branches: which messages are shown, which are versions of each other, and how the store keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import rows, schema
from app.core.branches import Branches, Node
from app.core.message import Message, ReplyBlock, TextBlock
from app.core.store import FILE, Conversation, Store
from tests.core.test_store import STREAM, picture
from tests.stored import add_conversation


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def node(id_: str, parent: str = "", *, deleted: bool = False) -> Node:
    """A question or an answer, by the first letter of its id."""
    return Node(id_, parent, "user" if id_.startswith("q") else "assistant", deleted)


TREE = (node("q1"), node("a1", "q1"), node("q2", "a1"), node("a2", "q2"), node("a1b", "q1"), node("q2b", "a1b"))


# --- the tree -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leaf", "path"),
    [
        ("", ["q1", "a1b", "q2b"]),
        ("gone", ["q1", "a1b", "q2b"]),
        ("a2", ["q1", "a1", "q2", "a2"]),
        ("a1", ["q1", "a1"]),
    ],
)
def test_the_branch_that_ends_with_the_leaf_is_shown(leaf: str, path: list[str]) -> None:
    assert Branches(TREE, leaf).path == path


def test_versions_are_of_one_role_in_one_place() -> None:
    tree = Branches(TREE)
    assert tree.versions("a1b") == ["a1", "a1b"]
    assert tree.versions("q2") == ["q2"]
    assert tree.versions("nobody") == []
    tree.add(node("q1b"))
    assert tree.versions("q1") == ["q1", "q1b"]
    assert tree.path == ["q1b"]


def test_the_newest_of_what_follows_ends_a_branch() -> None:
    assert [Branches(TREE).end_of(each) for each in ("a1", "a1b", "q1", "a2")] == ["a2", "q2b", "q2b", "a2"]


def test_what_follows_a_deleted_message_stays() -> None:
    tree = Branches([*TREE[:4]])
    tree.mark(["q1", "a1"], deleted=True)
    assert tree.path == ["q2", "a2"]
    tree.mark(["q1", "a1"], deleted=False)
    assert tree.path == ["q1", "a1", "q2", "a2"]


def test_what_follows_a_removed_message_follows_the_one_before_it() -> None:
    tree = Branches(TREE, "a1")
    tree.remove("a1")
    assert (tree.leaf, tree.parent_of("q2")) == ("q1", "q1")
    assert tree.end_of("q1") == "q2b"


@given(st.lists(st.tuples(st.integers(-3, 12), st.booleans(), st.booleans()), max_size=12), st.integers(0, 12))
def test_however_damaged_every_path_ends_and_is_in_order(facts: list[tuple[int, bool, bool]], leaf: int) -> None:
    """Parents that are unknown, come later, or are the message itself."""
    nodes = [
        Node(f"m{row}", "" if parent < 0 else f"m{parent}", "user" if asks else "assistant", deleted)
        for row, (parent, asks, deleted) in enumerate(facts)
    ]
    tree = Branches(nodes, f"m{leaf}")
    for each in nodes:
        tree.leaf = tree.end_of(each.id)
        rows_ = [int(found[1:]) for found in tree.path]
        assert rows_ == sorted(set(rows_))
        assert (each.id in tree.path) is not each.deleted


# --- the store ----------------------------------------------------------------------------------


def asked(id_: str, *content: object) -> Message:
    return Message("user", (*content, TextBlock(id_)), id=id_)  # type: ignore[arg-type]


def answered(id_: str, text: str = "Yes.") -> Message:
    return Message("assistant", (ReplyBlock({"type": "text", "text": text}),) if text else (), id=id_)


async def ids(store: Store) -> list[str]:
    return [message.id for message in await store.messages("c")]


async def test_a_version_is_shown_and_the_others_stay_stored(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    for message, parent in ((asked("q1"), ""), (answered("a1"), "q1"), (asked("q2"), "a1"), (answered("b1"), "q1")):
        await store.add_message("c", message, parent)
    assert await ids(store) == ["q1", "b1"]
    await store.set_leaf("c", "q2")
    assert await ids(store) == ["q1", "a1", "q2"]
    await store.finish("c", answered("b1", "No."))
    assert await ids(store) == ["q1", "a1", "q2"]
    assert [m.text for m in await store.messages("c", ["b1", "nobody", "q1"])] == ["No.", "q1"]
    assert (await store.branches("c")).versions("a1") == ["a1", "b1"]


async def test_messages_without_a_parent_follow_the_last_shown(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    for message in (asked("q1"), answered("a1"), asked("q2")):
        await store.add_message("c", message)
    assert (await store.branches("c")).parent_of("q2") == "a1"
    await store.delete_messages("c", ["q2"], "q2")
    await store.add_message("c", asked("q3"))
    assert await ids(store) == ["q1", "a1", "q3"]


async def test_deleted_messages_count_no_pictures_but_cost_what_they_did(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", asked("q1", picture(1, "aa"), picture(2, "bb")))
    await store.add_message("c", Message("assistant", id="a1", cost="0.25"))
    await store.add_message("c", asked("q2", picture(3, "cc")))
    facts = await store.delete_messages("c", ["q1", "a1"], "q2")
    assert (facts.pictures, facts.thumbnail, facts.cost) == (1, "cc", "0.25")
    assert await store.delete_messages("c", ["q1", "a1"], "q2") == facts
    assert await ids(store) == ["q2"]
    facts = await store.restore_messages("c", ["q1", "a1"], "q2")
    assert (facts.pictures, facts.thumbnail, facts.cost) == (3, "aa", "0.25")
    assert await ids(store) == ["q1", "a1", "q2"]


async def test_an_answer_that_a_crash_cut_off_is_shown_only_if_its_branch_was(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", asked("q1"))
    await store.add_message("c", answered("a1"))
    await store.add_message("c", Message("assistant", id="b1", state="streaming"), "q1")
    await store.append_events("b1", STREAM)
    await store.set_leaf("c", "a1")
    store.close()
    reopened = Store.open(tmp_path)
    assert await ids(reopened) == ["q1", "a1"]
    [cut] = await reopened.messages("c", ["b1"])
    assert (cut.state, cut.text) == ("interrupted", "Both show a lake.")
    reopened.close()


async def test_a_draft_that_waited_is_kept_in_the_place_of_the_one_that_was_sent(store: Store) -> None:
    await store.save_draft("c", {"text": "edited", "editing": "q1"})
    await store.begin(Conversation("c"), asked("q1b"), "", {"text": "waited"})
    assert await store.drafts() == {"c": {"text": "waited"}}


async def test_the_answers_of_the_last_hour_are_found_on_all_branches(store: Store) -> None:
    await add_conversation(store, Conversation("c"))
    for id_, created in (("old", 100.0), ("q", 150.0), ("one", 200.0), ("two", 300.0)):
        message = Message("user" if id_ == "q" else "assistant", id=id_, created=created)
        await store.add_message("c", message, "")
    await store.delete_messages("c", ["one"], "two")
    assert [message.id for message in await store.answers_since("c", 150.0)] == ["one", "two"]


async def test_a_store_without_branches_becomes_one_with_them(tmp_path: Path) -> None:
    """Version 3: answers one after another, of which the last that said anything went back."""
    db = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    for statements in schema.MIGRATIONS[:3]:
        for statement in statements:
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 3")
    insert = """INSERT INTO messages (id, conversation_id, role, state, created, content, facts, checksum)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
    refused = Message("assistant", (ReplyBlock({"type": "text", "text": "No"}),), id="r2", stop_reason="refusal")
    talks = {
        "c": [asked("q1", picture()), answered("a1"), answered("b1"), asked("q2"), answered("a2"), refused],
        "d": [answered("lone"), asked("p1"), answered("o1"), answered("n1", ""), asked("p2"), answered("m2", "")],
    }
    talks["c"] += [asked("q3")]
    talks["d"] += [asked("p3")]
    for conversation, messages in talks.items():
        db.execute(rows.INSERT_CONVERSATION, rows.conversation_row(Conversation(conversation)))
        for message in messages:
            db.execute(insert, rows.message_row(conversation, message))
    db.close()

    store = Store.open(tmp_path)
    stored = {message.id: message for messages in talks.values() for message in messages}
    assert [m.id for m in await store.messages("c")] == ["q1", "b1", "q2", "a2", "q3"]
    assert [m.id for m in await store.messages("d")] == ["lone", "p1", "o1", "p2", "m2", "p3"]
    assert (await store.branches("c")).versions("a1") == ["a1", "b1"]
    for conversation, messages in talks.items():
        everything = await store.messages(conversation, [message.id for message in messages])
        assert everything == [stored[message.id] for message in messages]
    store.close()
