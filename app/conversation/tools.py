"""What every conversation works with; made once, where the app is put together."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from app.conversation.account import Account
from app.conversation.learning import Learning
from app.conversation.preferences import Preferences
from app.conversation.spending import Spending
from app.conversation.tasks import Tasks
from app.core.decoder import Decoder
from app.core.pictures import Pictures
from app.core.store import Store


@dataclass(frozen=True, slots=True)
class Tools:
    store: Store
    pictures: Pictures
    decoder: Decoder
    threads: Executor
    """For work on files and pixels."""
    tasks: Tasks
    account: Account
    preferences: Preferences
    spending: Spending
    learning: Learning
    temporary: bool = False
    """Whether nothing is to be kept of a conversation: not here, and not in the server's store of files either."""
