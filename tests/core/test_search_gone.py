"""What goes for good is no longer in the file, not even in the index of the search."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from app.core import garbage
from app.core.filing import Filing
from app.core.search import Search
from app.core.store import FILE, Conversation, Store
from tests.core.test_search import catch_up, ids, question
from tests.core.test_store import sql
from tests.stored import add_conversation


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


async def _erase_conversation(store: Store) -> None:
    await Filing(store).discard(["c"])
    await Filing(store).erase(["c"])


async def _erase_old_ones(store: Store) -> None:
    await Filing(store).discard(["c"])
    assert await Filing(store).erase_before(time.time() + 1) == 1


async def _remove(store: Store) -> None:
    await store.remove_message("q")


async def _hide_and_sweep(store: Store) -> None:
    await store.delete_messages("c", ["q"], "")
    await catch_up(Search(store))
    assert await store.run(lambda db: garbage.sweep(db, time.time() + 1)) == 1


@pytest.mark.parametrize("deed", [_erase_conversation, _erase_old_ones, _remove, _hide_and_sweep])
async def test_of_what_goes_for_good_no_word_is_left_in_the_file(
    store: Store, tmp_path: Path, deed: Callable[[Store], Coroutine[None, None, None]]
) -> None:
    search = Search(store)
    await add_conversation(store, Conversation("kept"))
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("my secretword, and 图片 besides", "q"))
    await catch_up(search)
    for number in range(20):
        await store.add_message("kept", question(f"other words {number}", f"k{number}"))
        await catch_up(search)
    await store.tidy()
    assert "secretword" in _all_files(tmp_path)
    await deed(store)
    await search.step()
    store.close()
    store = Store.open(tmp_path)  # it is gone on with
    search = Search(store)
    await store.add_message("kept", question("words meanwhile", "k"))
    await catch_up(search)
    assert "secretword" not in _all_files(tmp_path)
    assert len(await ids(search, "words")) == 21
    assert sql(store, "SELECT count(DISTINCT segid) FROM search_text_idx") == (1,)
    assert sql(store, "SELECT count(*) FROM search_erased") == (0,)
    written = await store.changes()
    await catch_up(search)
    assert await store.changes() == written
    store.close()


async def test_nor_is_it_in_the_log(store: Store, tmp_path: Path) -> None:
    search = Search(store)
    await add_conversation(store, Conversation("c"))
    await store.add_message("c", question("my secretword", "q"))
    await catch_up(search)
    await store.remove_message("q")
    assert "secretword" in _all_files(tmp_path)
    await catch_up(search)
    assert "secretword" not in _all_files(tmp_path)


def _all_files(folder: Path) -> str:
    """All bytes of the database and its log."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.glob(f"{FILE}*"))
