"""Saved prompts, in a real store, and those the app comes with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.prompts import MOST_CHARACTERS, NoPrompts, Prompt, Prompts, from_json, new_id, starters, to_json
from app.core.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


async def test_they_are_there_after_a_restart_in_their_order(store: Store, tmp_path: Path) -> None:
    kept = [Prompt("Zebra", "What?", "", "z"), Prompt("Ape", "", "Be \ud800 brief.", "a"), Prompt("", "x", "y", "e")]
    prompts = Prompts(store)
    await prompts.put([Prompt("Old", "gone", "", "o"), kept[2], Prompt("Zoo", id="z")])
    await prompts.put(kept)
    await prompts.remove("o")
    await prompts.arrange(["z", "a", "e", "nowhere"])
    store.close()
    again = Store.open(tmp_path)
    assert await Prompts(again).all() == [kept[0], Prompt("Ape", "", "Be \ufffd brief.", "a"), kept[2]]
    again.close()


def test_a_file_of_them_is_read_back_under_new_ids() -> None:
    kept = [Prompt("Zebra", "Wäs?\n", "", new_id()), Prompt("Ape", "", "Be brief.", new_id())]
    back = from_json(to_json(kept))
    assert [(p.name, p.text, p.system) for p in back] == [(p.name, p.text, p.system) for p in kept]
    assert not {p.id for p in back} & {p.id for p in kept}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        "{}",
        '{"format": "visavis-prompts"}',
        '{"format": "visavis-prompts", "prompts": [1]}',
        '{"format": "visavis-prompts", "prompts": [{"name": 1}]}',
        '{"format": "visavis-prompts", "prompts": [{"text": "' + "x" * (MOST_CHARACTERS + 1) + '"}]}',
        '{"format": "visavis-prompts", "prompts": [], "more": [' + "0," * 200_000 + "0]}",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NoPrompts):
        from_json(text)


def test_those_to_begin_with_say_something_each() -> None:
    found = starters()
    assert len(found) == 6
    assert all(prompt.name and prompt.text and not prompt.id for prompt in found)
    assert len({prompt.name for prompt in found}) == len(found)
    assert sum(bool(prompt.system) for prompt in found) == 1
