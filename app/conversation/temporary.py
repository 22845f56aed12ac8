"""A conversation that is not kept: everything it is made of is in memory, and gone when it is closed.

Nothing of it comes to the disk: no message, no draft, no picture, no thumbnail. Its requests are in the ledger, since
they were paid for, with ids that lead nowhere and without any trace of which pictures they were about.
"""

from __future__ import annotations

from dataclasses import replace

from app.conversation.spending import Spending
from app.conversation.tools import Tools
from app.core.gate import Gate, Permit
from app.core.ledger import Call, Outcome
from app.core.memory_pictures import MemoryPictures
from app.core.store import Store


class Temporary:
    """What such a conversation works with. Given back by `close`."""

    def __init__(self, tools: Tools) -> None:
        self.store = Store.in_memory()
        self.pictures = MemoryPictures()
        self._spending = Spending(
            tools.spending.ledger, tools.preferences, gate=_Nameless(tools.spending.gate), parent=tools.spending
        )
        tools.spending.changed.connect(self._spending.changed)
        self.tools = replace(tools, store=self.store, pictures=self.pictures, spending=self._spending)

    async def close(self) -> None:
        """Forget it all, when what was asked of the store is done. May be called again."""
        if not self.store.closed:
            await self.store.run(lambda _: None)
            self.store.close()
        self.pictures.close()


class _Nameless:
    """A gate that does not tell the ledger which pictures a request was about: their hashes would."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def check(self, call: Call) -> None:
        await self._gate.check(call)

    async def admit(self, call: Call) -> Permit:
        permit = await self._gate.admit(call)

        async def settle(outcome: Outcome) -> None:
            shares = tuple(replace(share, sha256="", page=0) for share in outcome.pictures)
            await permit.settle(replace(outcome, pictures=shares))

        return Permit(settle, permit.withdraw)
