"""What tests ask of a store that the app does not: conversations without messages, and all there are at once."""

from __future__ import annotations

from sqlite3 import Connection

from app.core.rows import (
    INSERT_CONVERSATION,
    SELECT_CONVERSATIONS,
    Conversation,
    conversation_from_row,
    conversation_row,
)
from app.core.store import Store


async def add_conversation(store: Store, conversation: Conversation) -> None:
    """Raises StoreError, as every operation of the store."""
    await store.run(lambda db: db.execute(INSERT_CONVERSATION, conversation_row(conversation)))


def conversations_of(store: Store) -> list[Conversation]:
    """All that are not deleted, the one with the last activity first."""

    def read(db: Connection) -> list[Conversation]:
        query = SELECT_CONVERSATIONS + "WHERE deleted_at IS NULL ORDER BY updated DESC, rowid DESC"
        return [conversation_from_row(row) for row in db.execute(query)]

    return store.run_now(read)
