"""The library of prompts: changed, ordered, kept, and looked through."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.prompt_library import PromptLibrary, found
from app.core.prompts import Prompt, Prompts, from_json
from tests.conftest import finish


@pytest.fixture
def library(tools: Tools) -> PromptLibrary:
    return PromptLibrary(Prompts(tools.store), tools.tasks, tools.account)


def names(library: PromptLibrary) -> list[str]:
    return [library.index(row).data() for row in range(library.rowCount())]


def kept(tools: Tools) -> list[Prompt]:
    async def read() -> list[Prompt]:
        while running := list(tools.tasks._running):
            await asyncio.gather(*running)
        return await Prompts(tools.store).all()

    return finish(read())


def test_every_change_is_kept(library: PromptLibrary, tools: Tools, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(library)  # type: ignore[no-untyped-call]  # pytest-qt has half its types
    for name in "ABCD":
        library.put(Prompt(name, name.lower()))
    library.move(3, -2)
    library.move(0, 9)
    library.move(0, -1)
    library.remove(1)
    library.remove(7)
    changed = replace(library.saved[0], text="new")
    assert library.put(changed) == changed.id
    assert names(library) == ["D", "C", "A"]
    assert kept(tools) == library.saved
    again = PromptLibrary(Prompts(tools.store), tools.tasks, tools.account)
    finish(again.load())
    assert again.saved == library.saved
    assert again.saved[0].text == "new"


@pytest.mark.parametrize("reads", [True, False])
def test_what_is_changed_before_the_saved_ones_are_there_does_them_no_harm(
    library: PromptLibrary, tools: Tools, *, reads: bool
) -> None:
    old = [Prompt("A", "years of work", id="a"), Prompt("B", id="b")]
    finish(Prompts(tools.store).put(old))

    async def change() -> None:
        library.put(Prompt("soon gone"))
        await asyncio.sleep(0)
        reading = asyncio.ensure_future(library.load() if reads else asyncio.sleep(0))
        await asyncio.sleep(0)  # the store has been asked by now
        library.put(Prompt("new"))
        library.put(Prompt("B, changed", id="b"))
        library.move(0, 2)
        library.remove(2)
        await reading

    finish(change())
    there = kept(tools)
    assert old[0] in there
    assert {each.name for each in there} == {"A", "B, changed", "new"}
    if reads:
        assert sorted(library.saved, key=lambda each: each.name) == sorted(there, key=lambda each: each.name)


def test_an_export_takes_the_place_of_a_file_when_it_is_whole(
    library: PromptLibrary, tools: Tools, tmp_path: Path, qtbot: QtBot
) -> None:
    library.put(Prompt("A", "\ud800"))
    path, before = tmp_path / "prompts.json", tmp_path / "before.json"
    path.write_text("of last week")
    before.hardlink_to(path)
    library.export(str(path))
    kept(tools)
    assert [each.name for each in from_json(path.read_text("utf-8"))] == ["A"]
    assert before.read_text() == "of last week", "it was written over"
    with qtbot.waitSignal(library.refused) as told:
        library.export(str(tmp_path))
    assert told.args == [str(tmp_path)]


def test_what_is_there_already_is_not_added_again(library: PromptLibrary) -> None:
    library.put(Prompt("A", "a"))
    library.add_all([Prompt("A", "a", id="x"), Prompt("A", "b", id="y")])
    library.add_all([Prompt("A", "a", id="x")])
    assert [prompt.text for prompt in library.saved] == ["a", "b"]
    assert "y" not in {prompt.id for prompt in library.saved}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("", "abc"), ("roof", "ba"), ("ROOF leak", "a"), ("brief", "c"), ("sofa", "")],
)
def test_all_words_must_stand_in_it_and_names_come_first(words: str, wanted: str) -> None:
    prompts = [
        Prompt("Leak", "Where does the roof leak?", id="a"),
        Prompt("Roof", "How many tiles?", id="b"),
        Prompt("Short", "", "Be brief.", id="c"),
    ]
    assert "".join(prompt.id for prompt in found(prompts, words)) == wanted
