"""The reference of the archive's form: it names every fact, and what it shows is taken as it says."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import fields

import pytest

from app.core.export import archive
from app.core.export.archive import to_json
from app.core.export.drafts import DraftedPicture
from app.core.filing import FiledAs
from app.core.importing import ours
from app.core.importing.json_items import LONGEST
from app.core.message import ImageBlock, Message, RemoteFile, Usage
from app.core.pictures import MAX_FILE_BYTES
from app.core.resources import resource
from app.core.rows import Conversation
from app.core.whole import Whole

TEXT = resource("archive.md").read_text("utf-8")
EXAMPLES = [json.loads(example) for example in re.findall(r"(?:^    .*\n)+", TEXT, re.MULTILINE)]


@pytest.mark.parametrize("kind", [Conversation, Message, ImageBlock, RemoteFile, Usage, FiledAs, DraftedPicture])
def test_every_fact_is_named(kind: type) -> None:
    named = set(re.findall(r'[`"](\w+)[`"]', TEXT))
    assert {field.name for field in fields(kind)} - named == set()


def test_what_is_shown_is_what_is_written_and_read() -> None:
    header, shown = EXAMPLES
    assert (header["format"], header["version"]) == (archive.FORMAT, archive.VERSION)
    left_out: Counter[str] = Counter()
    whole = ours.conversation(shown, left_out)
    assert isinstance(whole, Whole)
    assert left_out == Counter()
    assert [each.message.text for each in whole.messages] == ["How old is this roof?", "Some forty years."]
    written = to_json(whole)
    assert written.keys() == shown.keys()
    assert (written["draft"], written["filed"]) == (shown["draft"], shown["filed"])
    for before, after in zip(shown["messages"], written["messages"], strict=True):
        usage = before.get("usage", {})
        assert {name: after[name] for name in before if name != "usage"} == {
            name: value for name, value in before.items() if name != "usage"
        }
        assert usage.items() <= (after["usage"] or {}).items()


def test_the_limits_are_ours() -> None:
    sizes = (f"{archive.UNPACKED >> 30} GiB", f"{LONGEST >> 20} MiB", f"{MAX_FILE_BYTES >> 20} MiB")
    for words in (f"{archive.ENTRIES:,} files", *sizes):
        assert words in TEXT
