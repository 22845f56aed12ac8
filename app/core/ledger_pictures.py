"""What the pictures of one conversation have cost so far, from the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.core.store import Store


async def pictures_of(store: Store, conversation: str) -> dict[int, Decimal]:
    """USD by the number of each picture, practice and what nobody knows the price of left out. Raises StoreError."""
    query = """SELECT p.number, decimal_sum(p.cost) FROM requests r JOIN request_pictures p ON p.request_id = r.id
        WHERE r.conversation_id = ? AND r.practice = 0 GROUP BY p.number"""
    found = await store.run(lambda db: db.execute(query, (conversation,)).fetchall())
    return {number: Decimal(cost) for number, cost in found}
