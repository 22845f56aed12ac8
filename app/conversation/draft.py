"""The pictures and the text of a message that is being written: from dropped to ready, with what they will cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Final, ParamSpec, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from app.conversation.attachment import Aim, DraftPicture, Source, copy_and_measure, name_of, prepared_images
from app.conversation.messages import Index
from app.conversation.tasks import Tasks
from app.core.catalog import Limits, Model
from app.core.cost import Context, Estimate, PictureCost, estimate, picture_cost
from app.core.cuts import Box, Preset, cuts, offers
from app.core.decoder import Decoder
from app.core.errors import PictureError, StoreError, VisavisError
from app.core.fit import Size
from app.core.message import JSON, ImageBlock
from app.core.pictures import Pictures
from app.core.store import Store

_TOGETHER_SECONDS: Final = 0.15
"""Refusals of one drop come one by one; they are told as one when its last file has been looked at."""

P = ParamSpec("P")
T = TypeVar("T")


class Draft(QAbstractListModel):
    """One row a picture. All work on files and pixels happens in the executor's threads.

    Signals:
        changed(): the totals, the readiness or the order.
        refused(list[VisavisError]): pictures that cannot be used, with the reason, in the order of the drop; they have
            no row.
        taken(): the draft has become a message; the text is to be cleared.
        text_changed(str): the text was changed by something other than typing.
    """

    PictureRole: Final = int(Qt.ItemDataRole.UserRole)
    NumberRole: Final = PictureRole + 1
    """The number the picture will have in the conversation."""
    CostRole: Final = PictureRole + 2
    """`PictureCost`, or None where the model has no known price."""
    NextCostRole: Final = PictureRole + 3
    """Decimal USD that the picture adds to the next request, or None."""

    changed = Signal()
    refused = Signal(list)
    taken = Signal()
    text_changed = Signal(str)

    def __init__(
        self,
        pictures: Pictures,
        decoder: Decoder,
        store: Store,
        threads: Executor,
        tasks: Tasks,
        limits: Limits,
        model: Model,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = pictures
        self._decoder = decoder
        self._store = store
        self._threads = threads
        self._tasks = tasks
        self._limits = limits
        self._model = model
        self._context = Context()
        self._first_number = 1
        self._max_tokens = 0
        self._text = ""
        self._rows: list[DraftPicture] = []
        self._removed: list[tuple[int, DraftPicture]] = []
        self._next_key = 0
        self._in_work: set[int] = set()
        self._refusals: dict[int, VisavisError] = {}
        self._settled = asyncio.Event()

    # --- what it holds ---

    @property
    def pictures(self) -> list[DraftPicture]:
        return self._rows

    @property
    def text(self) -> str:
        return self._text

    @property
    def empty(self) -> bool:
        return not self._rows and not self._text.strip()

    @property
    def ready(self) -> bool:
        return all(picture.state == "ready" for picture in self._rows)

    @property
    def first_number(self) -> int:
        return self._first_number

    @property
    def estimate(self) -> Estimate:
        """What the next message will cost, from what is known now."""
        return estimate(
            self._context,
            self._model,
            [picture.tokens for picture in self._rows],
            self._text,
            max_tokens=self._max_tokens,
            first_number=self._first_number,
        )

    async def settled(self) -> None:
        """Wait until every attached picture is ready or refused."""
        while not self.ready:
            self._settled.clear()
            await self._settled.wait()

    # --- what the person does ---

    def set_text(self, text: str) -> None:
        """Take over what was typed."""
        if text != self._text:
            self._text = text
            self.changed.emit()

    def propose(self, text: str) -> None:
        """Put words in front of what was typed."""
        joined = "\n".join(part for part in (text, self._text) if part)
        if joined != self._text:
            self._text = joined
            self.text_changed.emit(joined)
            self.changed.emit()

    def attach(self, sources: Iterable[Source]) -> None:
        """Add pictures: a row each at once; copying, measuring and preparing follow in the threads."""
        sources = list(sources)
        if not sources:
            return
        first = len(self._rows)
        self.beginInsertRows(QModelIndex(), first, first + len(sources) - 1)
        keys = range(self._next_key, self._next_key + len(sources))
        self._next_key += len(sources)
        self._rows += [
            DraftPicture(key, name_of(source), source=source) for key, source in zip(keys, sources, strict=True)
        ]
        self.endInsertRows()
        self._in_work.update(keys)
        for key, source in zip(keys, sources, strict=True):
            self._tasks.start(self._bring_in(key, source), f"attach {key}")
        self._retarget()

    def remove(self, row: int) -> None:
        """Take a picture out; `undo_remove` brings it back."""
        self._removed.append((row, self._rows[row]))
        self._take_row(row)
        self._retarget()

    def remove_all(self) -> None:
        """Take every picture out; each `undo_remove` brings one back, from the first on."""
        self._removed += reversed(list(enumerate(self._rows)))
        self.beginResetModel()
        self._rows = []
        self.endResetModel()
        self._all_changed()

    @property
    def can_undo(self) -> bool:
        return bool(self._removed)

    def undo_remove(self) -> None:
        if not self._removed:
            return
        row, picture = self._removed.pop()
        row = min(row, len(self._rows))
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows.insert(row, picture)
        self.endInsertRows()
        self._retarget()

    def move(self, row: int, to: int) -> None:
        """Put the picture of `row` where it will be row `to`."""
        if row == to or not 0 <= row < len(self._rows) or not 0 <= to < len(self._rows):
            return
        self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), to + 1 if to > row else to)
        self._rows.insert(to, self._rows.pop(row))
        self.endMoveRows()
        self._all_changed()

    def set_preset(self, row: int, preset: Preset, region: Box | None = None) -> None:
        """Send a picture another way; `region` belongs to the preset "region"."""
        self._set_source(row, preset=preset, region=region)

    def send_again(self, row: int) -> None:
        """Send a picture although an earlier turn has the same."""
        self._set_source(row, again=True)

    def _set_source(self, row: int, **facts: Any) -> None:
        picture = self._rows[row]
        self._rows[row] = replace(picture, source=replace(picture.source, **facts))
        self._retarget()

    # --- what the conversation does ---

    def retarget(self, model: Model, context: Context, first_number: int, max_tokens: int) -> None:
        """Fit, count and price for another model or another history."""
        self._model, self._context = model, context
        self._first_number, self._max_tokens = first_number, max_tokens
        self._retarget()

    def numbered(self) -> list[ImageBlock]:
        """The ready pictures as content blocks, numbered in order."""
        return [
            replace(image, number=self._first_number + row)
            for row, picture in enumerate(self._rows)
            for image in picture.images
        ]

    def take(self) -> JSON:
        """Empty the draft: it has become a message. Returns what `restore` needs to bring it back."""
        kept = self.to_json()
        self.beginResetModel()
        self._rows, self._removed, self._text = [], [], ""
        self.endResetModel()
        self.taken.emit()
        self.changed.emit()
        return kept

    def to_json(self) -> JSON:
        """Text and pictures, in order: by their kept originals, or by their paths while they are being copied."""
        rows = [(picture.name, picture.source) for picture in self._rows]
        pictures = [
            {"kept": s.kept, "name": name} if s.kept else {"path": s.path, "name": name}
            for name, s in rows
            if s.kept or s.path
        ]
        return {"text": self._text, "pictures": pictures}

    @property
    def sources(self) -> list[Source]:
        """The pictures as something to attach elsewhere."""
        return [picture.source for picture in self._rows]

    def restore(self, kept: JSON) -> None:
        """Bring back what `to_json` gave, in front of what has been added since."""
        self.propose(str(kept.get("text", "")))
        self.attach(Source(**picture) for picture in kept.get("pictures", ()))

    # --- the way of one picture ---

    async def _bring_in(self, key: int, source: Source) -> None:
        try:
            picture = await self._in_thread(copy_and_measure, self._folder, self._decoder, key, source)
        except (PictureError, StoreError) as error:
            self._refuse(key, error)
            return
        self._in_work.discard(key)
        self._update(self._targeted(picture))
        await self._prepare(key)

    async def _prepare(self, key: int) -> None:
        """Prepare the picture until it is what the present model takes; the target may move meanwhile."""
        if key in self._in_work:
            return
        self._in_work.add(key)
        try:
            while (picture := self._find(key)) is not None and picture.state != "ready":
                aim = self._aim(picture)
                images, made = await self._in_thread(
                    prepared_images, self._folder, self._decoder, picture, aim, self._model.tier.patch
                )
                await self._store.put_thumbnail(images[0].thumbnail, made.thumbnail)
                if (current := self._find(key)) is not None:
                    ready = replace(
                        current, images=images, prepared_for=aim, findings=made.findings, thumbnail=made.thumbnail
                    )
                    self._update(self._targeted(ready))
        except (PictureError, StoreError) as error:
            self._refuse(key, error)
        finally:
            self._in_work.discard(key)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))

    @property
    def _edge_cap(self) -> int | None:
        many = self._context.pictures + len(self._rows) > self._limits.many_images
        return self._limits.many_edge if many else None

    def _aim(self, picture: DraftPicture) -> Aim:
        whole, source = Size(picture.width, picture.height), picture.source
        wanted = cuts(whole, source.preset, self._model.tier, edge_cap=self._edge_cap, region=source.region)
        return Aim(wanted, self._limits.picture_chars // 4 * 3)

    def _targeted(self, picture: DraftPicture) -> DraftPicture:
        """The picture with its cuts, tokens and state for the present target."""
        if not picture.width:
            return picture
        aim, patch = self._aim(picture), self._model.tier.patch
        offered = offers(Size(picture.width, picture.height), self._model.tier, edge_cap=self._edge_cap)
        picture = replace(picture, aim=aim, offers=offered)
        if picture.images and picture.prepared_for == aim:
            return replace(picture, tokens=sum(image.tokens for image in picture.images), state="ready")
        return replace(picture, tokens=sum(cut.tokens(patch) for cut in aim.cuts), state="measured")

    def _retarget(self) -> None:
        self._rows = [self._targeted(picture) for picture in self._rows]
        for picture in self._rows:
            if picture.state == "measured" and picture.key not in self._in_work:
                self._tasks.start(self._prepare(picture.key), f"prepare {picture.key}")
        self._all_changed()

    def _all_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
        self._settled.set()
        self.changed.emit()

    def _find(self, key: int) -> DraftPicture | None:
        return next((picture for picture in self._rows if picture.key == key), None)

    def _update(self, picture: DraftPicture) -> None:
        for row, present in enumerate(self._rows):
            if present.key == picture.key:
                self._rows[row] = picture
                self.dataChanged.emit(self.index(row), self.index(row))
                self._settled.set()
                self.changed.emit()
                return
        # Removed meanwhile: what was found out is kept for an undo.
        self._removed = [(row, picture if p.key == picture.key else p) for row, p in self._removed]

    def _refuse(self, key: int, error: VisavisError) -> None:
        self._in_work.discard(key)
        row = next((row for row, picture in enumerate(self._rows) if picture.key == key), None)
        if row is not None:
            self._take_row(row)
        self._removed = [(r, p) for r, p in self._removed if p.key != key]
        if not self._refusals:
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._tell_refusals)
        self._refusals[key] = error
        self._retarget()

    def _tell_refusals(self) -> None:
        if any(picture.state == "copying" for picture in self._rows):
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._tell_refusals)
            return
        refusals, self._refusals = self._refusals, {}
        self.refused.emit([refusals[key] for key in sorted(refusals)])

    def _take_row(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self.endRemoveRows()

    def _cost(self, picture: DraftPicture, ahead: Estimate) -> PictureCost | None:
        prices = self._model.prices_for(ahead.prompt_tokens)
        return picture_cost(picture.tokens, prices) if prices and picture.tokens else None

    # --- QAbstractListModel ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        picture = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return picture.name
        if role == self.PictureRole:
            return picture
        if role == self.NumberRole:
            return self._first_number + index.row()
        if role == self.CostRole:
            return self._cost(picture, self.estimate)
        if role == self.NextCostRole:
            ahead = self.estimate
            cost = self._cost(picture, ahead)
            return cost and (cost.cache_write if ahead.caches else cost.input)
        return None
