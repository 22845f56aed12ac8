"""A gate for tests of what has no data folder: everything may leave, and is remembered."""

from __future__ import annotations

from app.core.gate import Permit
from app.core.ledger_types import Call, Outcome


class OpenGate:
    """`calls` have left, with what came of each; None while that is not known."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.outcomes: list[Outcome | None] = []

    async def check(self, call: Call) -> None:
        pass

    async def admit(self, call: Call) -> Permit:
        place = len(self.calls)
        self.calls.append(call)
        self.outcomes.append(None)

        async def settle(outcome: Outcome) -> None:
            self.outcomes[place] = outcome

        async def withdraw() -> None:
            self.outcomes[place] = None

        return Permit(settle, withdraw)

    def permit(self) -> Permit:
        """For one request, without a word about it."""

        async def nothing(*_: object) -> None:
            pass

        return Permit(nothing, nothing)
