"""What a next request of one conversation carries, what is due before it can go, and what it costs by that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from operator import is_not
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.conversation.draft import Draft
from app.conversation.editing import Editing
from app.conversation.kept_files import KeptFiles
from app.conversation.messages import MessageModel
from app.conversation.resending import Resendings
from app.conversation.room import ENDLESS, Surroundings
from app.conversation.tally import Tally
from app.conversation.tools import Tools
from app.conversation.worker import Worker
from app.core.catalog import Model
from app.core.cost import Context
from app.core.message import Message
from app.core.outline import Memory
from app.core.refit import Refit, Today, due, planned, spare_bytes, whole_pictures
from app.core.request import Request, base64_length
from app.core.store import Conversation

_COALESCE: Final = 30
"""Milliseconds in which changes of the draft are worked out together."""
AT_ONCE: Final = 1024
"""Messages of a history that is worked out without a pause."""
_PIECE: Final = 32
"""Messages that are gone through at a time."""
_TOGETHER: Final = 8
"""Pieces after which the beginning of the history is gone through as one, which goes on from where it ended before."""
_STRETCH: Final = 0.003
"""Seconds of going through them after which what else is to be done has its turn."""


class Prospective(Protocol):
    """The outlook's view of its `Chat`."""

    @property
    def facts(self) -> Conversation: ...
    @property
    def model(self) -> Model: ...
    @property
    def draft(self) -> Draft: ...
    @property
    def messages(self) -> MessageModel: ...
    @property
    def worker(self) -> Worker: ...
    @property
    def files(self) -> KeptFiles: ...
    @property
    def history(self) -> Sequence[Message]: ...
    @property
    def today(self) -> Today: ...
    @property
    def refits(self) -> Sequence[Refit]: ...
    @property
    def loading(self) -> bool: ...
    def model_of(self, model_id: str) -> Model: ...


class Outlook(QObject):
    """Signals:
    changed(): it is worked out anew, or begins to be.
    """

    changed = Signal()

    def __init__(self, chat: Prospective, editing: Editing, tools: Tools, parent: QObject) -> None:
        super().__init__(parent)
        self._chat = chat
        self._editing = editing
        self._tools = tools
        self.context = Context()
        """What the next request carries along, its pictures as they will be."""
        self.refits: tuple[Refit, ...] = ()
        """What will be done to earlier pictures before it can go. The prices know of it already."""
        self.resendings: Resendings
        """What sending a picture again adds to it."""
        self._around: Surroundings
        self._prefix = ""
        """Digest of the history as it will go."""
        self._drafted = (0, 0)
        self._terms: tuple[object, ...] = ()
        self._memory = Memory()
        self._gone_through: tuple[tuple[object, ...], Sequence[Message]] = (), ()
        """By which terms, and the messages."""
        self._task: asyncio.Task[None] | None = None
        self._cache_cools = self._timer(0)
        self._cache_cools.timeout.connect(self.refresh)
        self._draft_follows = self._timer(_COALESCE)
        self._draft_follows.timeout.connect(self._catch_up)
        self._tally = Tally(chat, tools, self)
        self._tally.changed.connect(self.refresh)
        self._tally.learnt.connect(self.refresh)
        chat.draft.changed.connect(self._follow_draft)
        chat.worker.answered.connect(self.refresh)
        chat.worker.amended.connect(self.refresh)
        chat.worker.phase_changed.connect(self._have_counted)

    def max_tokens(self, model: Model) -> int:
        """What an answer of a model may have at most."""
        wanted = self._tools.preferences.settings.max_tokens
        return min(wanted, model.max_output or wanted)

    def today(self, model: Model) -> Today:
        """What a request of now is made with, if that model were asked. It stays as it is, whatever is chosen then."""
        return self._today(model, self._memory)

    def today_apart(self) -> Today:
        """That of the present model, which shares nothing with others: for another thread."""
        return self._today(self._chat.model, None)

    @property
    def is_settled(self) -> bool:
        """Whether it is known what a next request carries."""
        return self._task is None

    async def settled(self) -> None:
        """Wait until it is known what a next request carries."""
        while self._task is not None:
            await asyncio.wait({self._task})

    def unsettle(self) -> None:
        """No price is known until it is worked out anew."""
        self.context = replace(self.context, known=False)
        self._around = replace(self._around, context=self.context, counted=None)
        self._chat.draft.retarget(self._around)

    def refresh(self) -> None:
        """Work out anew what a next request carries, what is due before it, and price the draft by both.

        That of a long history comes a little later, in steps between which everything else has its turn. No price is
        known until then where most of it was not gone through before. What is begun and not done is dropped.
        """
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._chat.loading:
            self.unsettle()
            self.changed.emit()
            return
        self._terms = self._present_terms()
        steps = self._steps()
        if len(self._chat.history) <= AT_ONCE:
            for _ in steps:
                pass
            return
        if self._unseen() > AT_ONCE:
            self.unsettle()
            self.changed.emit()
            steps = chain(self._through(), steps)
        self._task = self._tools.tasks.start(self._in_turns(steps), "work out what goes")
        self._task.add_done_callback(self._done)

    def follow_terms(self) -> None:
        """Account or settings changed: work it out anew if that touches what is sent."""
        if self._present_terms() != self._terms:
            self.refresh()

    # --- step by step ---

    async def _in_turns(self, steps: Iterator[None]) -> None:
        began = time.perf_counter()
        for _ in steps:
            if time.perf_counter() - began > _STRETCH:
                await asyncio.sleep(0)
                began = time.perf_counter()

    def _done(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self._task = None

    def _through(self) -> Iterator[None]:
        """Go through the history piece by piece: what each message comes to is then known wherever it is asked."""
        model, history = self._chat.model, list(self._chat.history)
        alone, together = self._today(model, None), self._today(model, self._memory)
        for start in range(0, len(history), _PIECE):
            piece = history[start : start + _PIECE]
            request = alone.build(piece)
            request.length  # noqa: B018
            alone.context(request, piece)
            if start % (_TOGETHER * _PIECE) == 0:
                together.build(history[:start])
            yield

    def _steps(self) -> Iterator[None]:
        today, history = self._chat.today, list(self._chat.history)
        blocks, characters = self._drafted = _load_of(self._chat.draft, today)
        refits = due(history, today, new_blocks=blocks, new_bytes=characters)
        yield
        ahead = planned(history, refits)
        request = today.build(ahead)
        yield
        context = today.context(request, ahead)
        yield
        spare = self._spare_bytes(request, today, refits)
        self._gone_through = self._seen_by, history
        yield
        self._take(today, request, context, refits, spare)

    def _take(
        self, today: Today, request: Request, context: Context, refits: tuple[Refit, ...], spare_bytes: int
    ) -> None:
        """This is how it is from now on."""
        self.refits, self.context = refits, context
        self.resendings = Resendings(self._chat.history, today, None if refits else context)
        if context.cached:
            self._cache_cools.start(max(1000, round((context.until - today.now) * 1000) + 1000))
        self._around = Surroundings(
            today.model,
            today.limits,
            spare_bytes,
            context,
            self._editing.pictures + 1,
            request.max_tokens,
            whole_pictures(request),
            self._tally.count,
        )
        self._chat.draft.retarget(self._around)
        self._prefix = request.prefix
        self._tally.follow(request.prefix)
        self.changed.emit()

    def _spare_bytes(self, ahead: Request, today: Today, refits: Sequence[Refit]) -> int:
        """Base64 characters for the draft, whose own do not count: else it and the history made room for each other."""
        if today.uploads:
            return ENDLESS
        if any(refit.reason == "request_bytes" for refit in refits):
            history = self._chat.history
            ahead = today.build(planned(history, due(history, today, new_blocks=self._drafted[0])))
        return spare_bytes(ahead, today.limits)

    def _unseen(self) -> int:
        """How many messages of the history are others than those gone through before, or stand elsewhere."""
        by, known = self._gone_through
        history = self._chat.history
        if by != self._seen_by:
            return len(history)
        return sum(map(is_not, known, history)) + max(0, len(history) - len(known))

    # --- keeping up ---

    def _follow_draft(self) -> None:
        if not self._draft_follows.isActive():
            self._draft_follows.start()

    def _catch_up(self) -> None:
        """The 21st picture may be one of the draft, and so may the one that the body has no room for.

        Send does not wait for it: the worker works out by itself what is due.
        """
        if self._task is None and _load_of(self._chat.draft, self._chat.today) != self._drafted:
            self.refresh()
        else:
            self._have_counted()

    def _have_counted(self) -> None:
        self._tally.follow(self._prefix)

    # --- terms ---

    @property
    def _seen_by(self) -> tuple[object, ...]:
        """What digests and tokens of a history depend on, besides itself."""
        return self._chat.model.id, self._chat.facts.system, self._tools.account.server_name

    def _present_terms(self) -> tuple[object, ...]:
        account, settings, model = self._tools.account, self._tools.preferences.settings, self._chat.model
        server = account.server_name, account.sources, account.exact_sizes
        return model, self.max_tokens(model), *server, settings.upload, settings.cache_ttl

    @property
    def _uploads(self) -> bool:
        """Whether pictures are put in the server's store of files."""
        wanted = self._tools.preferences.settings.upload and not self._tools.temporary
        return wanted and "file" in self._tools.account.sources

    def _today(self, model: Model, memory: Memory | None) -> Today:
        account = self._tools.account
        build = partial(
            Request.build,
            model=model.id,
            system=self._chat.facts.system,
            server=account.server_name,
            max_tokens=self.max_tokens(model),
            sources=account.sources,
            exact=model.tier if account.exact_sizes else None,
            ttl=self._tools.preferences.settings.cache_ttl,
            diagnoses=account.diagnoses,
            memory=memory,
        )
        return Today(
            build,
            model,
            account.catalog.limits,
            uploads=self._uploads,
            found=self._chat.files.found,
            now=time.time(),
            count=self._tools.learning.counter(model),
            usual=self._tools.learning.usual_answer(model.id, practice=account.practice),
            others=self._chat.messages.others,
        )

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        return timer


def _load_of(draft: Draft, today: Today) -> tuple[int, int]:
    """What the draft adds to a request: picture blocks, and characters of those that are made and go in the body."""
    going = [picture for picture in draft.pictures if not picture.same_as]
    blocks = sum(len(picture.aim.cuts) if picture.aim else 1 for picture in going)
    in_body = [] if today.uploads else [picture for picture in going if not picture.source.url]
    made = [image for picture in in_body for image in picture.images]
    return blocks, sum(base64_length(image.sent_bytes) for image in made)
