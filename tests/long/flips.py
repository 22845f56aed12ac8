"""Flips bits of a database and of pictures, and looks whether anybody notices: `python -m tests.long.flips`.

Each flip is made from its number alone, in a copy of one data folder with some hundreds of messages. The copy is opened
as the app opens it, and all that a person sees is held against what was written: what differs has to be told, by the
opening, by the check after it, or in its place. Then what is intact is salvaged as the dialog of a bad start does it,
and counted. `NUMBER…` repeats single flips and tells all about them.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from app.core import salvage
from app.core.branches import Branches
from app.core.errors import PictureError, StoreDamaged, StoreError
from app.core.failure import error_from_json
from app.core.filing import Filed, Filing, Folder
from app.core.ledger import Call, Caps, Filter, Ledger, Outcome
from app.core.message import ImageBlock, Message, ReplyBlock, TextBlock, Usage
from app.core.pictures import Pictures
from app.core.prompts import Prompt, Prompts
from app.core.search import Search
from app.core.store import FILE, Conversation, Store
from tests.benchmarks.row import Row, table
from tests.stored import add_conversation

_FLIPS: Final = 2000
_PAGE: Final = 4096
"""Bytes, of SQLite's pages."""
_PICTURE: Final = 8
"""Last digit of the faults that are in a picture."""
_WHOLE_PAGE: Final = 9
"""Last digit of those that take more than a bit."""
_LONGEST: Final = 30
"""Seconds after which something hangs."""
_ALTERED_TELL: Final = 99.9
"""Percent of the flips that alter what is seen which have to be told."""
_SALVAGED: Final = 99.0
"""Percent of the messages that are there again after the worst flip."""
_WORDS: Final = ("harbour", "roof", "tide", "crane", "gull", "rope", "lamp", "fog", "port", "wharf", "mast", "sail")
_BEGAN: Final = 1_790_000_000.0

Cells = dict[tuple[str, ...], Any]
"""What a person sees, by what it is and whose."""


@dataclass
class Verdict:
    """What came of one fault."""

    number: int
    what: str
    """Where the file was changed."""
    told: str = ""
    """How it was told: by which step, or "in place"; empty where nobody noticed."""
    unseen: list[str] = field(default_factory=list)
    """What differs and is not told."""
    altered: bool = False
    """Whether anything that a person sees is not what was written, or cannot be seen."""
    crash: str = ""
    salvaged: float = 100.0
    """Percent of the messages that are what they were in the salvaged database."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="flips", description="Flip bits, and look whether anybody notices.")
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="these flips alone, with all details")
    parser.add_argument("--count", type=int, default=_FLIPS, help=f"flips, from number 0 (default: {_FLIPS:,})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--messages", type=int, default=400, help="messages of the database (default: 400)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="flips-") as folder:
        made = Path(folder, "made")
        asyncio.run(make(made, options.messages))
        numbers = options.numbers or range(options.count)
        began = time.monotonic()
        verdicts = []
        for verdict in _judged(made, numbers, options.workers):
            verdicts.append(verdict)
            lost = verdict.salvaged < _SALVAGED and verdict.number % 10 != _WHOLE_PAGE
            if options.numbers or verdict.crash or verdict.unseen or lost:
                sys.stdout.write(f"{verdict}\n")
                sys.stdout.flush()
    rows = figures(verdicts)
    told = ", ".join(f"{how or 'nobody'} {count:,}" for how, count in Counter(v.told for v in verdicts).most_common())
    sys.stdout.write(f"{table(rows)}\n{len(verdicts):,} in {time.monotonic() - began:.0f} s; told by: {told}\n")
    return int(any(row.verdict == "short" for row in rows))


def figures(verdicts: Sequence[Verdict]) -> list[Row]:
    """The goals of RELIABILITY, section 5, D7."""
    altered = [verdict for verdict in verdicts if verdict.altered]
    told = 100 * sum(not verdict.unseen for verdict in altered) / max(1, len(altered)) if altered else 100.0
    share = 100 * len(altered) / max(1, len(verdicts))
    bits = [verdict.salvaged for verdict in verdicts if verdict.number % 10 != _WHOLE_PAGE] or [100.0]
    pages = [verdict.salvaged for verdict in verdicts if verdict.number % 10 == _WHOLE_PAGE] or [100.0]
    crashes = 100 * sum(bool(verdict.crash) for verdict in verdicts) / max(1, len(verdicts))
    return [
        Row.of("crashes and raw errors", crashes, 100, "%", 0, absolute=True),
        Row.of("altered what is seen, and told", told, share, "%", _ALTERED_TELL, absolute=True, least=True),
        Row.of("messages salvaged, mean", sum(bits) / len(bits), 100, "%", _SALVAGED, absolute=True, least=True),
        Row.of("messages salvaged, worst", min(bits), 100, "%", _SALVAGED, absolute=True, least=True),
        Row.of("… of a file with a page less, or cut short, worst", min(pages), 100, "%", None),
    ]


def _judged(made: Path, numbers: Sequence[int], workers: int) -> Iterator[Verdict]:
    left = list(numbers)
    context = multiprocessing.get_context("spawn")
    while left:
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(made,)) as pool:
            try:
                for verdict in pool.map(_judge, list(left), chunksize=1):
                    left.remove(verdict.number)
                    yield verdict
            except BrokenProcessPool:  # by the first of those that are left, or by one of the few behind it
                yield Verdict(left.pop(0), "?", crash="the process ended", altered=True, salvaged=0.0)


_made: Path = Path()
_truth: Cells = {}


def _begin(made: Path) -> None:
    global _made, _truth  # noqa: PLW0603  # of this process: the truth is read once
    _made = made
    with _copied(made) as folder:
        _truth, told = asyncio.run(seen(folder))
    if told:
        raise RuntimeError(f"the database is damaged before anything was done to it: {told}")


def _judge(number: int) -> Verdict:
    faulthandler.dump_traceback_later(_LONGEST, exit=True)
    try:
        return judge(_made, _truth, number)
    finally:
        faulthandler.cancel_dump_traceback_later()


def judge(made: Path, truth: Cells, number: int) -> Verdict:
    """Do one fault to a copy of the data folder, and look what comes of it."""
    with _copied(made) as folder:
        verdict = Verdict(number, spoil(folder, number))
        try:
            found, verdict.told = asyncio.run(seen(folder))
            _compare(truth, found, verdict)
            verdict.salvaged = asyncio.run(_salvaged(folder, truth)) if verdict.told else 100.0
        except Exception:  # noqa: BLE001  # what a person would meet as a raw error
            verdict.crash = traceback.format_exc()
        return verdict


def place(number: int, size: int) -> tuple[int, int]:
    """The byte of a file of that size, and the bit of it, in which a flip is."""
    rng = random.Random(number)  # noqa: S311  # no secret is made of it
    return rng.randrange(size), rng.randrange(8)


def spoil(folder: Path, number: int) -> str:
    """Of ten faults eight are flips of one bit in the database and one in a picture; the last spoils a whole page."""
    kind, kept = number % 10, sorted((folder / "pictures").glob("??/*"))
    path = folder / FILE if kind != _PICTURE else kept[number // 10 % len(kept)]
    data = bytearray(path.read_bytes())
    at, bit = place(number, len(data))
    if kind != _WHOLE_PAGE:
        data[at] ^= 1 << bit
        what = f"{path.name[:16]}: bit {bit} of byte {at} (page {at // _PAGE + 1}, {at % _PAGE})"
    elif number // 10 % 2:
        first = at - at % _PAGE
        data[first : first + _PAGE] = bytes(_PAGE)
        what = f"page {at // _PAGE + 1} zeroed"
    else:
        del data[at:]
        what = f"cut short after {at} bytes"
    path.write_bytes(bytes(data))
    return what


def _compare(truth: Cells, found: Cells, verdict: Verdict) -> None:
    differing = [key for key in truth.keys() | found.keys() if found.get(key, ()) != truth.get(key, ())]
    verdict.altered = bool(differing)
    if not verdict.told:
        verdict.unseen = [str(key) for key in differing if found.get(key) != DAMAGED]
        if differing and not verdict.unseen:
            verdict.told = "in place"


# --- what a person sees -------------------------------------------------------------------------

DAMAGED: Final = "damaged"
"""Of a cell: that it is damaged is said in its place."""


async def seen(folder: Path) -> tuple[Cells, str]:
    """All that a person sees of a data folder, and what told of damage meanwhile."""
    cells: Cells = {}
    try:
        store = Store.open(folder)
    except StoreError as error:
        return cells, f"opening: {type(error).__name__}"
    told = ""
    try:
        for step in (_list, _talks, _drafts, _prompts, _spent, _found):
            try:
                cells |= await step(store, cells)
            except StoreError as error:
                told = told or f"{step.__name__[1:]}: {type(error).__name__}"
        try:
            await store.check()
        except StoreError as error:
            told = told or f"the check: {type(error).__name__}"
    finally:
        store.close()
    return cells | _pictures(folder), told


async def _list(store: Store, _: Cells) -> Cells:
    first = Filing(store).first_now()
    return {
        ("order",): [each.id for each in first.conversations],
        **{("conversation", each.id): each for each in first.conversations},
        **{("filed", id_): filed for id_, filed in first.filed.items()},
        **{("folder", folder.id): folder.name for folder in first.folders},
        ("trash",): await Filing(store).trash(),
    }


async def _talks(store: Store, listed: Cells) -> Cells:
    cells: Cells = {}
    for id_ in [key[1] for key in listed if key[0] == "conversation"]:
        branches = await store.branches(id_)
        cells["shown", id_] = branches.path
        for message in await store.messages(id_, list(_all(branches))):
            cells["message", id_, message.id] = DAMAGED if _is_damaged(message) else message
    return cells


def _all(branches: Branches) -> Iterator[str]:
    """Ids of all messages of all branches, whichever are shown."""
    waiting = [""]
    while waiting:
        for id_ in branches.following(waiting.pop()):
            waiting.append(id_)
            yield id_


def _is_damaged(message: Message) -> bool:
    return message.error is not None and isinstance(error_from_json(message.error), StoreDamaged)


async def _drafts(store: Store, _: Cells) -> Cells:
    return {("draft", id_): draft for id_, draft in (await store.drafts()).items()}


async def _prompts(store: Store, _: Cells) -> Cells:
    return {("prompts",): await Prompts(store).all()}


async def _spent(store: Store, _: Cells) -> Cells:
    entries = await Ledger(store).entries(Filter())
    return {("spent", entry.id): replace(entry, title="") for entry in entries}


async def _found(store: Store, _: Cells) -> Cells:
    """The search, once its index is up to date: what is damaged of it, it mends by itself."""
    search = Search(store)
    while await search.step():
        pass
    return {}


def _pictures(folder: Path) -> Cells:
    cells: Cells = {}
    pictures = Pictures(folder / "pictures")
    for path in sorted((folder / "pictures").glob("??/*")):
        try:
            cells["picture", path.name] = len(pictures.read(path.name))
        except PictureError:
            cells["picture", path.name] = DAMAGED
    return cells


async def _salvaged(folder: Path, truth: Cells) -> float:
    """Percent of the messages that are the same in what is salvaged, opened as the app opens it."""
    try:
        salvage.salvage(folder / FILE)
        store = Store.open(folder)
    except StoreError:
        return 0.0
    try:
        there = {key[1:]: message for key, message in truth.items() if key[0] == "message"}
        same = 0
        for owner in {owner for owner, _ in there}:
            ids = [id_ for each, id_ in there if each == owner]
            same += sum(there[owner, each.id] == each for each in await store.messages(owner, ids))
    finally:
        store.close()
    return 100 * same / len(there)


# --- what is written ----------------------------------------------------------------------------


@contextmanager
def _copied(made: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="flip-", dir=made.parent) as folder:
        yield shutil.copytree(made, Path(folder, "data"))


async def make(folder: Path, messages: int) -> None:
    """A data folder as it comes from use: conversations with pictures, branches, folders, drafts, prompts, costs."""
    rng = random.Random(1)  # noqa: S311  # no secret is made of it
    store = Store.open(folder)
    try:
        pictures = Pictures(folder / "pictures")
        kept = [pictures.add_bytes(rng.randbytes(20_000), f"{n}.png").sha256 for n in range(6)]
        owners = [Conversation(_id(rng), _text(rng, 6), _MODEL, _text(rng, 20), _BEGAN + n) for n in range(16)]
        for owner in owners:
            await add_conversation(store, owner)
        for number in range(0, messages, 2):
            await _add_turn(store, owners[(number // 2) % len(owners)], number, rng, kept)
        await _file_all(store, owners, rng)
        search = Search(store)
        while await search.step():
            pass
    finally:
        store.close()


_MODEL: Final = "claude-sonnet-5-5"


async def _add_turn(store: Store, owner: Conversation, number: int, rng: random.Random, kept: Sequence[str]) -> None:
    moment = _BEGAN + 60.0 * number
    images = [_image(rng, place, rng.choice(kept)) for place in range(1, 1 + rng.choice((0, 0, 1, 2)))]
    question = Message("user", (*images, TextBlock(_text(rng, rng.randrange(4, 400)))), id=_id(rng), created=moment)
    answered = ReplyBlock({"type": "text", "text": _text(rng, rng.randrange(20, 900))})
    answer = Message(
        "assistant",
        (answered,),
        id=_id(rng),
        created=moment + 2,
        model=_MODEL,
        server="api.anthropic.com",
        stop_reason="end_turn",
        usage=Usage(rng.randrange(9000), output_tokens=rng.randrange(900)),
        cost=f"0.{rng.randrange(10_000):06}",
        seconds=3.5,
    )
    await store.add_message(owner.id, question)
    await store.add_message(owner.id, answer)
    if number % 14 == 0:  # another version of the answer, and of those the older one shown
        await store.add_message(owner.id, replace(answer, id=_id(rng)), question.id)
        await store.set_leaf(owner.id, answer.id)
    ledger, entry = Ledger(store), _id(rng)
    await ledger.enter(entry, Call("message", "api.anthropic.com", _MODEL, owner.id, answer.id), Caps())
    await ledger.settle(entry, Outcome("complete", 3.5, answer.usage, Decimal(answer.cost)))


async def _file_all(store: Store, owners: Sequence[Conversation], rng: random.Random) -> None:
    filing = Filing(store)
    folders = [Folder(_id(rng), _text(rng, 2)) for _ in range(4)]
    for folder in folders:
        await filing.put_folder(folder)
    filed = {each.id: Filed(n % 3 == 0, n % 5 == 0, n % 7 == 0, folders[n % 4].id) for n, each in enumerate(owners)}
    await filing.file(filed)
    await filing.discard([owners[-1].id])
    for owner in owners[:8]:
        await store.save_draft(owner.id, {"text": _text(rng, 60), "pictures": [{"sha256": "0" * 64}]})
        await store.put_thumbnail(rng.randbytes(32).hex(), rng.randbytes(9000))
    saved = [Prompt(_text(rng, 3), _text(rng, 50), _text(rng, 10), _id(rng)) for _ in range(6)]
    await Prompts(store).put(saved)


def _image(rng: random.Random, number: int, sha256: str) -> ImageBlock:
    return ImageBlock(
        number=number,
        name=f"{_text(rng, 2)}.png",
        sent=sha256,
        media_type="image/png",
        width=1500,
        height=900,
        sent_bytes=20_000,
        tokens=1800,
        original=sha256,
        original_width=1500,
        original_height=900,
        original_bytes=20_000,
        original_format="PNG",
    )


def _id(rng: random.Random) -> str:
    return rng.randbytes(16).hex()


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(words))


if __name__ == "__main__":
    sys.exit(main())
