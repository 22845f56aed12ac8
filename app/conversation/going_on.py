"""Which answers can be gone on with: those that ended before they were whole, and have words."""

from __future__ import annotations

from typing import Final

from app.core.message import Message

_BROKE_OFF: Final = frozenset({"stopped", "interrupted", "failed"})
_CUT: Final = frozenset({"max_tokens", "pause_turn"})
"""Stop reasons of answers that end before their end and may be gone on with (API.md, section 3.5)."""


def can_go_on(answer: Message) -> bool:
    """Whether there is a rest to be asked for, and words for it to come after.

    An answer without any does not go back to the server, and neither does one that was declined
    (`app.core.request`): there the model would be asked to go on with nothing.
    """
    if answer.role != "assistant" or answer.refused or not answer.text.strip():
        return False
    return answer.state in _BROKE_OFF or (answer.state == "complete" and answer.stop_reason in _CUT)
