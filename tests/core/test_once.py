"""What is worked out once for as long as a value lives."""

from __future__ import annotations

import gc

from app.core.message import ReplyBlock
from app.core.once import Once


def test_the_same_object_is_worked_on_once_and_an_equal_one_by_itself() -> None:
    worked: list[ReplyBlock] = []

    def length(block: ReplyBlock) -> int:
        worked.append(block)
        return len(block.text)

    once = Once[ReplyBlock, int](length)
    block, equal = (ReplyBlock({"type": "text", "text": "Yes."}) for _ in range(2))
    assert [once(block), once(block), once(equal), once(block)] == [4, 4, 4, 4]
    assert [each is block for each in worked] == [True, False]


def test_nothing_is_kept_of_values_that_are_gone() -> None:
    once = Once[ReplyBlock, str](lambda block: block.text)
    for n in range(1000):
        assert once(ReplyBlock({"type": "text", "text": str(n)})) == str(n)
    gc.collect()
    assert once._known == {}
