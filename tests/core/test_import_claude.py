"""The data export of claude.ai, as those who read it have told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.core import whole
from app.core.importing import claude
from app.core.importing.typed import Counts
from tests.core.test_import import preview, zipped

ROOT = "00000000-0000-4000-8000-000000000000"
"""What claude.ai calls the message before the first."""


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


def test_one_without_a_name_is_called_by_its_first_words() -> None:
    made, _ = read(exported(said(1, "assistant", text="Hello!"), said(2, "human"), name=""))
    assert made.conversation.title == "said 2"
    made, _ = read(exported(said(1, "human", content=[], text=""), said(2, "assistant"), name=" "))
    assert made.conversation.title == "said 2"
    made, _ = read(exported(name=None))
    assert made.conversation.title == ""


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
