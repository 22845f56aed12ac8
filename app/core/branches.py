"""The branches of one conversation: which messages are shown, and which stand in the place of which.

Every message knows the one before it. Two with the same one before them are versions of each other; what follows a
version is its branch. Nothing here knows what messages say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Node(NamedTuple):
    """A message by its place."""

    id: str
    parent: str
    """Id of the message before it; empty for one that begins the conversation."""
    role: str
    deleted: bool = False


class Branches:
    """All messages of a conversation, those of a deleted message among them, in the order in which they came."""

    def __init__(self, nodes: Iterable[Node] = (), leaf: str = "") -> None:
        """`leaf` is the last message of the branch shown; where there is no such message, the newest stands for it.

        A message whose parent is not known, or came after it, follows the one that came before it.
        """
        self.leaf = leaf
        self._nodes: dict[str, Node] = {}
        self._children: dict[str, list[str]] = {}
        last = ""
        for node in nodes:
            known = not node.parent or node.parent in self._nodes
            self._enter(node if known else node._replace(parent=last))
            last = node.id

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._nodes

    def parent_of(self, message_id: str) -> str:
        """Id of the message before it; empty where there is none."""
        node = self._nodes.get(message_id)
        return node.parent if node is not None else ""

    @property
    def path(self) -> list[str]:
        """Ids of the branch shown, from its beginning. A deleted message is left out, and what follows it stays."""
        at = self.leaf if self.leaf in self._nodes else self._newest()
        found = []
        while at:
            node = self._nodes[at]
            if not node.deleted:
                found.append(at)
            at = node.parent
        return found[::-1]

    def versions(self, message_id: str) -> list[str]:
        """Ids of the messages in the same place that are not deleted, itself included, the oldest first."""
        node = self._nodes.get(message_id)
        if node is None:
            return []
        beside = (self._nodes[each] for each in self._children[node.parent])
        return [each.id for each in beside if each.role == node.role and not each.deleted]

    def following(self, message_id: str) -> list[str]:
        """Ids of all messages that come right after it, deleted ones included, the oldest first."""
        return list(self._children.get(message_id, ()))

    def end_of(self, message_id: str) -> str:
        """Id of the newest message of all that follow it and are not deleted; its own where nothing does."""
        below, newest = {message_id}, message_id
        passed = False
        for node in self._nodes.values():  # a parent comes before its children
            passed = passed or node.id == message_id
            if passed and node.parent in below:
                below.add(node.id)
                newest = newest if node.deleted else node.id
        return newest

    def add(self, node: Node) -> None:
        """Enter a message that has just come, and show it."""
        self._enter(node)
        self.leaf = node.id

    def remove(self, message_id: str) -> None:
        """Forget a message for good. What follows it follows the one before it."""
        node = self._nodes.pop(message_id, None)
        if node is None:
            return
        self._children[node.parent].remove(message_id)
        for child in self._children.pop(message_id, ()):
            self._nodes[child] = self._nodes[child]._replace(parent=node.parent)
            self._children.setdefault(node.parent, []).append(child)
        if self.leaf == message_id:
            self.leaf = node.parent

    def mark(self, message_ids: Iterable[str], *, deleted: bool) -> None:
        """Let messages be deleted, or be there again."""
        for message_id in message_ids:
            self._nodes[message_id] = self._nodes[message_id]._replace(deleted=deleted)

    def _enter(self, node: Node) -> None:
        self._nodes[node.id] = node
        self._children.setdefault(node.parent, []).append(node.id)

    def _newest(self) -> str:
        return next((node.id for node in reversed(self._nodes.values()) if not node.deleted), "")
