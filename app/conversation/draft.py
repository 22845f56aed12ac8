"""The pictures and the text of a message that is being written: from dropped to ready, with what they will cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from app.conversation.attachment import Aim, Document, DraftPicture, Many, Source, name_of_link, shown_name
from app.conversation.intake import Found
from app.conversation.lineup import Lineup
from app.conversation.messages import Index
from app.conversation.preparing import Made, numbered
from app.conversation.refusals import Refusals
from app.conversation.room import Surroundings
from app.conversation.tasks import Tasks
from app.conversation.workshop import Fetch, Workshop
from app.core.catalog import Limits, Model
from app.core.cost import Estimate, PictureCost, picture_cost
from app.core.cuts import Box, Preset
from app.core.decoder import Decoder
from app.core.errors import AlreadyAttached, VisavisError
from app.core.message import JSON, ImageBlock
from app.core.pictures import Pictures
from app.core.store import Store

ASK_ABOVE: Final = 20
"""Pictures of one drop that are taken without asking."""


class Draft(QAbstractListModel):
    """One row a picture. All work on files and pixels happens in the executor's threads.

    Signals:
        changed(): the totals, the readiness or the order.
        refused(list[VisavisError]): pictures that cannot be used, or that the draft has already, with the reason, in
            the order of the drop; they have no row.
        many_wanted(Many): more pictures than are taken without asking; none is attached.
        pages_wanted(Document): which of its pages? None is attached.
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
    many_wanted = Signal(object)
    pages_wanted = Signal(object)
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
        fetch: Fetch,
        parent: QObject | None = None,
    ) -> None:
        """`fetch` gets the pictures behind links."""
        super().__init__(parent)
        self._workshop = Workshop(pictures, decoder, store, threads, tasks, fetch, self)
        self._workshop.looked_through.connect(self._sort)
        self._workshop.arrived.connect(self._arrive)
        self._workshop.made.connect(self._take_over)
        self._workshop.refused.connect(self._refuse)
        self._refusals = Refusals(self._awaits_more, self._tell_refused, tasks)
        self._merged: dict[int, int] = {}
        """Key of a picture that was the same as another → key of that."""
        self._around = Surroundings(model, limits, limits.request_bytes)
        self._text = ""
        self._lineup = Lineup(self._around.target(""))
        self._next_key = 0
        self._heirs: dict[int, int] = {}
        """Keys of pictures that will take the place of others, and whose."""
        self._settled = asyncio.Event()
        self._ahead: Estimate | None = None

    # --- what it holds ---

    @property
    def pictures(self) -> list[DraftPicture]:
        return self._lineup.pictures

    @property
    def text(self) -> str:
        return self._text

    @property
    def empty(self) -> bool:
        return not len(self._lineup) and not self._text.strip()

    @property
    def ready(self) -> bool:
        return not self._lineup.unready and not self._workshop.looking

    @property
    def first_number(self) -> int:
        return self._around.first_number

    @property
    def can_undo(self) -> bool:
        return self._lineup.can_undo

    @property
    def sources(self) -> list[Source]:
        """The pictures as something to attach elsewhere."""
        sources = [picture.source for picture in self._lineup.pictures]
        return [source for source in sources if source.has_bytes or source.url]

    @property
    def estimate(self) -> Estimate:
        """What the next message will cost, from what is known now."""
        if self._ahead is None:
            self._ahead = self._around.estimate(self._lineup.pictures, self._text)
        return self._ahead

    async def settled(self) -> None:
        """Wait until every picture is ready or refused."""
        while not self.ready:
            self._settled.clear()
            await self._settled.wait()

    # --- what the person does ---

    def set_text(self, text: str) -> None:
        """Take over what was typed."""
        if text != self._text:
            self._text = text
            self._aim()

    def propose(self, text: str) -> None:
        """Put words in front of what was typed."""
        joined = "\n".join(part for part in (text, self._text) if part)
        if joined != self._text:
            self._text = joined
            self.text_changed.emit(joined)
            self._aim()

    def drop(self, sources: Sequence[Source]) -> None:
        """Add what was dropped or picked: folders are looked through, and many pictures are asked about first."""
        if sources:
            self._workshop.look_through(sources)

    def attach(self, sources: Iterable[Source]) -> None:
        """Add pictures: a row each at once; copying, measuring and preparing follow in the threads."""
        sources = list(sources)
        for key, source in zip(self._add(sources), sources, strict=True):
            self._workshop.bring_in(key, source)

    def fetch(self, url: str, as_link: bool = False) -> None:
        """Add the picture behind a link, as a copy, or as the link itself: then the server fetches it once more."""
        source = Source(name=name_of_link(url), url=url if as_link else "")
        (key,) = self._add([source])
        self._workshop.fetch(key, url, source)

    def replace(self, row: int, source: Source) -> None:
        """Put another picture in the place of one, which stays until the other is ready, or for good if it never is."""
        old = self._lineup[row].key
        (key,) = self._add([source])
        self._heirs[key] = old
        self._workshop.bring_in(key, source)

    def remove(self, row: int) -> None:
        """Take a picture out; `undo_remove` brings it back."""
        self.beginRemoveRows(QModelIndex(), row, row)
        self._lineup.remove(row)
        self.endRemoveRows()
        self._rebalance()

    def remove_all(self) -> None:
        """Take every picture out; one `undo_remove` brings all back."""
        self.beginResetModel()
        self._lineup.remove_all()
        self.endResetModel()
        self._rebalance()

    def undo_remove(self) -> None:
        """Bring back what was taken out last, unless it was added again meanwhile."""
        for row, picture in self._lineup.undone():
            self._insert(row, [picture])
            self._put(picture)

    def move(self, row: int, to: int) -> None:
        """Put the picture of `row` where it will be row `to`."""
        if row == to or not 0 <= row < len(self._lineup) or not 0 <= to < len(self._lineup):
            return
        self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), to + 1 if to > row else to)
        self._lineup.move(row, to)
        self.endMoveRows()
        self._tell_all()

    def set_preset(self, row: int, preset: Preset, region: Box | None = None) -> None:
        """Send a picture another way; `region` belongs to the preset "region"."""
        picture = self._lineup[row]
        again = picture.source.again or picture.same_as > 0
        self._put_once(replace(picture, source=replace(picture.source, preset=preset, region=region, again=again)))

    def send_again(self, row: int) -> None:
        """Send a picture although an earlier turn has the same."""
        picture = self._lineup[row]
        self._put(replace(picture, source=replace(picture.source, again=True)))

    # --- what the conversation does ---

    def retarget(self, around: Surroundings) -> None:
        """Fit, count and price for another model or another history."""
        was, self._around = self._around, around
        self._aim(tell_all=not around.tells_the_same(was))

    def numbered(self) -> list[ImageBlock]:
        """The ready pictures as content blocks, numbered in order: one number a row."""
        rows = enumerate(self._lineup.pictures, self.first_number)
        return [image for number, picture in rows for image in numbered(picture, number)]

    def take(self) -> JSON:
        """Empty the draft: it has become a message. Returns what `restore` needs to bring it back."""
        kept = self.to_json()
        self.beginResetModel()
        self._lineup, self._text = Lineup(self._lineup.target), ""
        self.endResetModel()
        self.taken.emit()
        self._aim()
        return kept

    def to_json(self) -> JSON:
        """Text and pictures, in order: by their kept originals, or by their paths while they are being copied."""
        kept = [s for s in self.sources if s.kept or s.path or s.url]
        return {"text": self._text, "pictures": [source.to_json() for source in kept]}

    def restore(self, kept: JSON) -> None:
        """Bring back what `to_json` gave, in front of what has been added since."""
        self.propose(str(kept.get("text", "")))
        self.attach(Source.from_json(picture) for picture in kept.get("pictures", ()))

    # --- what the workshop gives ---

    def _sort(self, found: Found) -> None:
        for key, error in zip(self._new_keys(len(found.refused)), found.refused, strict=True):
            self._refusals.add(key, error)
        if len(found.sources) > ASK_ABOVE:
            self.many_wanted.emit(Many(len(found.sources), found.folders, found.sources, found.more))
        else:
            self.attach(found.sources)
        self._tell_changed()

    def _arrive(self, key: int, brought: DraftPicture | Document) -> None:
        """A picture is measured: it stays, unless the draft has it."""
        row = self._lineup.row_of(key)
        if isinstance(brought, Document):
            self._forget(key)
            if row is not None:
                self.pages_wanted.emit(brought)
            return
        picture = self._lineup.as_told(brought)
        if row is None:
            self._put(picture)
        else:
            self._put_once(picture)

    def _take_over(self, key: int, aim: Aim, made: Made) -> None:
        picture = self._lineup.known(key)
        if picture is not None:
            thumbnail = picture.thumbnail or made.thumbnail
            images = {**picture.made, aim: made.images}
            self._put(replace(picture, made=images, thumbnail=thumbnail, findings=made.findings))
            self._succeed(key)

    def _refuse(self, key: int, error: VisavisError) -> None:
        self._refusals.add(key, error)
        self._forget(key)

    def _succeed(self, key: int) -> None:
        """A picture is ready: if it is to take the place of another, it does."""
        old, heir = self._lineup.row_of(self._heirs.pop(key, -1)), self._lineup.row_of(key)
        if old is not None and heir is not None:
            self.remove(old)
            self.move(heir - (heir > old), old - (heir < old))

    def _awaits_more(self) -> bool:
        return bool(self._lineup.copying - self._workshop.fetching)

    # --- keeping all in step ---

    def _new_keys(self, count: int) -> range:
        keys = range(self._next_key, self._next_key + count)
        self._next_key += count
        return keys

    def _add(self, sources: Sequence[Source]) -> range:
        """Rows for pictures that are being worked on from now on."""
        keys = self._new_keys(len(sources))
        if sources:
            pairs = zip(keys, sources, strict=True)
            self._insert(len(self._lineup), [DraftPicture(key, shown_name(each), source=each) for key, each in pairs])
            self._rebalance()
        return keys

    def _insert(self, row: int, pictures: Sequence[DraftPicture]) -> None:
        self.beginInsertRows(QModelIndex(), row, row + len(pictures) - 1)
        self._lineup.insert(row, pictures)
        self.endInsertRows()

    def _put(self, picture: DraftPicture) -> None:
        """Take over another form of a picture, and what follows from it for the others."""
        present = self._lineup.put(picture)
        if present is not None:
            row = self._lineup.row_of(present.key) or 0
            self.dataChanged.emit(self.index(row), self.index(row))
            self._work_on(present)
            self._rebalance()

    def _put_once(self, picture: DraftPicture) -> None:
        """Take it over, unless another row would send the same: of two the one added first stays."""
        twin = self._lineup.twin(picture)
        if twin is not None:
            kept, surplus = sorted((picture, twin), key=lambda each: each.key)
            self._merged[surplus.key] = kept.key
            self._refuse(surplus.key, AlreadyAttached(surplus.name, 0))
        if twin is None or twin.key > picture.key:
            self._put(picture)

    def _tell_refused(self, errors: Mapping[int, VisavisError]) -> None:
        """Which picture another was the same as is sure only when all of a drop have been looked at."""
        for key, error in errors.items():
            if isinstance(error, AlreadyAttached):
                kept = key
                while kept in self._merged:
                    kept = self._merged[kept]
                error.number = self.first_number + (self._lineup.row_of(kept) or 0)
        self.refused.emit(list(errors.values()))

    def _rebalance(self) -> None:
        if self._lineup.rebalance():
            self._tell_all()
        else:
            self._tell_changed()

    def _aim(self, *, tell_all: bool = False) -> None:
        """Aim all anew where they go elsewhere now, or have another room there."""
        target = self._around.target(self._text)
        if target != self._lineup.target:
            self._lineup.aim_at(target)
            tell_all = True
        if tell_all:
            self._tell_all()
        else:
            self._tell_changed()

    def _work_on(self, picture: DraftPicture) -> None:
        if picture.state == "measured":
            key = picture.key
            self._workshop.prepare(key, self._lineup.row_of(key) or 0, lambda: self._unprepared(key))

    def _unprepared(self, key: int) -> DraftPicture | None:
        picture = self._lineup.get(key)
        return picture if picture is not None and picture.state == "measured" else None

    def _tell_changed(self) -> None:
        self._ahead = None
        self._settled.set()
        self.changed.emit()

    def _tell_all(self) -> None:
        for picture in self._lineup.pictures:
            self._work_on(picture)
        if len(self._lineup):
            self.dataChanged.emit(self.index(0), self.index(len(self._lineup) - 1))
        self._tell_changed()

    def _forget(self, key: int) -> None:
        row = self._lineup.row_of(key)
        self._heirs.pop(key, None)
        if row is not None:
            self.beginRemoveRows(QModelIndex(), row, row)
        self._lineup.forget(key)
        if row is not None:
            self.endRemoveRows()
        self._rebalance()

    def _cost(self, picture: DraftPicture) -> PictureCost | None:
        prices = self._lineup.target.model.prices_for(self.estimate.prompt_tokens)
        ttl = self.estimate.context.ttl
        return picture_cost(picture.tokens, prices, ttl) if prices and (picture.tokens or picture.same_as) else None

    # --- QAbstractListModel ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._lineup)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractListModel.CheckIndexOption.IndexIsValid):
            return None
        picture = self._lineup[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return picture.name
        if role == self.PictureRole:
            return picture
        if role == self.NumberRole:
            return self.first_number + index.row()
        if role == self.CostRole:
            return self._cost(picture)
        if role == self.NextCostRole:
            cost = self._cost(picture)
            return cost and (cost.cache_write if self.estimate.caches else cost.input)
        return None
