"""The waiting line before the threads: rank before arrival, so many at a time, nothing lost by a cancel."""

from __future__ import annotations

import asyncio

from app.conversation.line import Line


async def test_the_lowest_rank_goes_first_and_equals_in_order() -> None:
    line, done = Line(1), list[str]()
    gate = asyncio.Event()

    async def work(name: str, rank: int) -> None:
        async with line.turn(rank):
            await gate.wait()
            done.append(name)

    tasks = [asyncio.create_task(work(name, rank)) for name, rank in (("a", 2), ("b", 2), ("c", 0), ("d", 1))]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    assert done == ["a", "c", "d", "b"]


async def test_only_so_many_at_a_time() -> None:
    line, most, now = Line(2), 0, 0

    async def work() -> None:
        nonlocal most, now
        async with line.turn(0):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(work() for _ in range(9)))
    assert most == 2


async def test_who_gives_up_waiting_or_working_leaves_the_turn_to_others() -> None:
    line, gate = Line(1), asyncio.Event()

    async def work() -> str:
        async with line.turn(0):
            await gate.wait()
            return "done"

    working, waiting, last = (asyncio.create_task(work()) for _ in range(3))
    await asyncio.sleep(0)
    waiting.cancel()
    working.cancel()
    gate.set()
    assert await last == "done"


async def test_a_turn_given_at_the_moment_of_a_cancel_is_given_on() -> None:
    line, gate = Line(1), asyncio.Event()

    async def work() -> str:
        async with line.turn(0):
            await gate.wait()
            return "done"

    first, second, third = (asyncio.create_task(work()) for _ in range(3))
    await asyncio.sleep(0)
    gate.set()
    await first
    second.cancel()
    assert await third == "done"
