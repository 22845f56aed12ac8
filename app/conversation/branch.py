"""The branch of a conversation that is shown, in step with the store: read, gone on with, switched, cut and mended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from app.conversation.messages import MessageModel
from app.core.branches import Branches, Node
from app.core.caching import LIFETIMES
from app.core.message import Message
from app.core.store import Conversation, Store

FIRST: Final = 64
"""Messages that are read at first, the newest: more than a screen has room for."""
BATCH: Final = 64
"""Messages that are read at a time after that."""


class Deleted(NamedTuple):
    """What brings deleted messages back as they were."""

    ids: tuple[str, ...]
    before: str
    """The last message of the branch shown until then."""
    after: str
    """The last message of the branch shown from then on."""


class Branch:
    """Nothing here is done twice at a time: who calls sees to it that the conversation is not busy otherwise."""

    def __init__(self, conversation: str, messages: MessageModel, store: Store) -> None:
        self.messages: Final = messages
        self._conversation = conversation
        self._store = store
        self._tree = Branches()

    async def load(self) -> None:
        """Show the newest messages, then put the earlier ones before them. Raises StoreError."""
        self._tree = await self._store.branches(self._conversation)
        path = self._tree.path
        lately = await self._store.answers_since(self._conversation, time.time() - LIFETIMES["1h"])
        self.messages.reset(await self._read(path[-FIRST:]))
        self.messages.remember(lately)
        for end in range(len(path) - FIRST, 0, -BATCH):
            self.messages.prepend(await self._read(path[max(0, end - BATCH) : end]))

    def version_of(self, message_id: str) -> tuple[int, int]:
        """Which one a message is of those in its place, from 1, and how many there are."""
        versions = self._tree.versions(message_id)
        return (versions.index(message_id) + 1, len(versions)) if len(versions) > 1 else (1, 1)

    def was_answered(self, question: str, *, besides: str) -> bool:
        """Whether there is another answer to a question, on whatever branch."""
        return any(answer != besides for answer in self._tree.following(question))

    # --- going on ---

    def parent_at(self, row: int, role: str) -> str:
        """Id of the message before one that comes in that row: a version of what stands there, if of the same role."""
        rows = self.messages.messages
        if row < len(rows) and rows[row].role == role:
            return self._tree.parent_of(rows[row].id)
        return rows[row - 1].id if row else ""

    def place(self, message: Message, row: int) -> str:
        """Show a new message in that row; what stood there, and all after it, stays on another branch.

        Returns the id of the message before it, for the store.
        """
        parent = self.parent_at(row, message.role)
        self.messages.remove(row, len(self.messages.messages) - 1)
        self._tree.add(Node(message.id, parent, message.role))
        self.messages.append(message)
        return parent

    async def drop_empty(self) -> None:
        """Take the last answer out for good if it says nothing, and nothing on any branch follows it."""
        last = self.messages.messages[-1]
        if last.role == "assistant" and not last.text and not self._tree.following(last.id):
            await self._store.remove_message(last.id)
            self._tree.remove(last.id)
            self.messages.remove_last()

    # --- switching and deleting ---

    async def switch(self, message_id: str, step: int) -> None:
        """Show another version of a message, so many further on, with the newest of what follows it."""
        versions = self._tree.versions(message_id)
        at = versions.index(message_id) + step if message_id in versions else -1
        if 0 <= at < len(versions):
            await self._show(self._tree.end_of(versions[at]))

    async def show(self, message_id: str) -> None:
        """Show the branch that a message is on, with the newest of what follows it."""
        if message_id in self._tree:
            await self._show(self._tree.end_of(message_id))

    async def delete(self, message_id: str) -> tuple[Deleted, Conversation] | None:
        """Hide a message, a question with the answers shown to it; what follows stays.

        At the end of its branch another version takes its place, where there is one. None for a message not shown.
        """
        rows, first = self.messages.messages, self.messages.row_of(message_id)
        if first < 0:
            return None
        end = first + 1
        if rows[first].role == "user":
            end = next((row for row in range(end, len(rows)) if rows[row].role == "user"), len(rows))
        before = self._tree.leaf or rows[-1].id
        after = before if end < len(rows) else self._beside(message_id) or before
        done = Deleted(tuple(message.id for message in rows[first:end]), before, after)
        facts = await self._store.delete_messages(self._conversation, done.ids, after)
        self._tree.mark(done.ids, deleted=True)
        self._tree.leaf = after
        await self._follow()
        return done, facts

    async def restore(self, done: Deleted) -> Conversation:
        """Bring back what `delete` has hidden, where it was; what was said since is then a version beside it."""
        leaf = done.before if self._tree.leaf == done.after else self._tree.leaf
        facts = await self._store.restore_messages(self._conversation, done.ids, leaf)
        self._tree.mark(done.ids, deleted=False)
        self._tree.leaf = leaf
        await self._follow()
        return facts

    def _beside(self, message_id: str) -> str:
        """The end of the branch of the version before it, or else after it; empty where there is none."""
        versions = self._tree.versions(message_id)
        at = versions.index(message_id)
        other = versions[at - 1] if at else next(iter(versions[1:]), "")
        return other and self._tree.end_of(other)

    async def _show(self, leaf: str) -> None:
        await self._store.set_leaf(self._conversation, leaf)
        self._tree.leaf = leaf
        await self._follow()

    async def _follow(self) -> None:
        """Show the messages of the path: what stays in its place is not touched."""
        rows, path = [message.id for message in self.messages.messages], self._tree.path
        head = _alike(rows, path)
        tail = _alike(rows[head:][::-1], path[head:][::-1])
        missing = path[head : len(path) - tail]
        coming = [await self._read(missing[at : at + BATCH]) for at in range(0, len(missing), BATCH)]
        self.messages.remove(head, len(rows) - tail - 1)
        self.messages.insert(head, [message for batch in coming for message in batch])

    async def _read(self, ids: Sequence[str]) -> list[Message]:
        return await self._store.messages(self._conversation, ids)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many are the same from the beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
