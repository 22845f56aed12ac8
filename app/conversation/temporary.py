"""A conversation that is not kept: everything it is made of is in memory, and gone when it is closed.

Nothing of it comes to the disk: no message, no draft, no picture, no thumbnail. Nor is a picture put in the server's
store of files, whatever the settings say: nothing would be left here to delete it by. Its requests are in the ledger,
since they were paid for, with ids that lead nowhere and without any trace of which pictures they were about.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from PySide6.QtCore import QObject

from app.conversation.chat import Chat
from app.conversation.spending import Spending
from app.conversation.tools import Tools
from app.core.gate import Gate, Permit
from app.core.ledger import Call, Outcome
from app.core.memory_pictures import MemoryPictures
from app.core.store import Store


class Temporary:
    """Such a conversation and what it works with. Given back by `close`, or, when the app ends, by `leave`."""

    def __init__(self, tools: Tools, model: str, parent: QObject) -> None:
        self.store = Store.in_memory()
        self.pictures = MemoryPictures()
        self._spending = Spending(
            tools.spending.ledger, tools.preferences, gate=_Nameless(tools.spending.gate), parent=tools.spending
        )
        tools.spending.changed.connect(self._spending.changed)
        self.tools = replace(tools, store=self.store, pictures=self.pictures, spending=self._spending, temporary=True)
        self.chat = Chat.new(model, self.tools, parent)

    async def close(self) -> None:
        """Stop what is under way, and forget it all."""
        await self._rest()
        await self.chat.draft.settled()
        self.chat.deleteLater()  # before the store: what is written is kept there for a while
        await self.store.run(lambda _: None)
        self.store.close()
        self.pictures.close()
        self._spending.deleteLater()

    async def leave(self) -> None:
        """Stop what is under way, and forget the pictures; memory goes with the process."""
        await self._rest()
        self.pictures.close()

    async def _rest(self) -> None:
        """Wait until nothing is under way any more."""
        worker, resting = self.chat.worker, asyncio.Event()
        worker.phase_changed.connect(lambda _: resting.set())
        worker.stop()
        while worker.busy:
            resting.clear()
            await resting.wait()
        await worker.kept()


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
