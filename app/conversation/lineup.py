"""The pictures of a draft in their order, found by row or by key, each aimed at what all of them together allow."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from app.conversation.aims import Bounds, Load, Target, aimed, all_aimed, weight
from app.conversation.attachment import DraftPicture


class Lineup:
    """Keys never change; rows do. What is asked for one picture costs the same however many there are.

    Pictures taken out are kept, and can come back.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._bounds = Bounds()
        self._load = Load()
        self._pictures: dict[int, DraftPicture] = {}
        self._order: list[int] = []
        self._rows: dict[int, int] = {}
        self._removed: list[list[tuple[int, int]]] = []
        """Row and key of what was taken out, what went together in one list, the first to come back last."""
        self._alike: dict[Hashable, int] = {}
        self.copying: set[int] = set()
        """Keys of those in a row that are not measured yet."""
        self.unready: set[int] = set()

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, row: int) -> DraftPicture:
        return self._pictures[self._order[row]]

    @property
    def pictures(self) -> list[DraftPicture]:
        return [self._pictures[key] for key in self._order]

    @property
    def target(self) -> Target:
        return self._target

    @property
    def can_undo(self) -> bool:
        return bool(self._removed)

    def get(self, key: int) -> DraftPicture | None:
        """The picture of that key, if it has a row."""
        return self._pictures[key] if key in self._rows else None

    def known(self, key: int) -> DraftPicture | None:
        """The picture of that key, with a row or taken out."""
        return self._pictures.get(key)

    def row_of(self, key: int) -> int | None:
        return self._rows.get(key)

    def twin(self, picture: DraftPicture) -> DraftPicture | None:
        """Another with a row that would send the same."""
        key = self._alike.get(picture.identity, picture.key)
        return self.get(key) if key != picture.key else None

    def as_told(self, picture: DraftPicture) -> DraftPicture:
        """A picture just measured, to be sent as the person has asked for meanwhile."""
        said = (self._pictures.get(picture.key) or picture).source
        return replace(
            picture, source=replace(picture.source, preset=said.preset, region=said.region, again=said.again)
        )

    def insert(self, row: int, pictures: Iterable[DraftPicture]) -> None:
        """Give them rows from `row` on."""
        pictures = list(pictures)
        self._order[row:row] = [picture.key for picture in pictures]
        self._number(row)
        for picture in pictures:
            self.put(picture)

    def put(self, picture: DraftPicture) -> DraftPicture | None:
        """Take over another form of a picture, one taken out included: as it is aimed, or None where it has no row."""
        picture, key = aimed(picture, self._target, self._bounds), picture.key
        if key not in self._rows:
            if key in self._pictures:
                self._pictures[key] = picture
            return None
        self._list(picture)
        self._load.put(key, weight(picture, self._target))
        return picture

    def rebalance(self) -> bool:
        """Aim all anew where one picture more or less, or larger, changes what holds for the others."""
        unbalanced = self._load.bounds(self._target, self._bounds) != self._bounds
        if unbalanced:
            self.aim_at(self._target)
        return unbalanced

    def aim_at(self, target: Target) -> None:
        """Aim all at another target."""
        self._target = target
        pictures, self._load, self._bounds = all_aimed(self.pictures, target, self._bounds)
        for picture in pictures:
            self._list(picture)

    def move(self, row: int, to: int) -> None:
        self._order.insert(to, self._order.pop(row))
        self._number(min(row, to))

    def remove(self, row: int) -> None:
        """Take a picture out; it can come back."""
        self._removed.append([(row, self._order[row])])
        self._take(row)

    def remove_all(self) -> None:
        """Take all out; they come back together."""
        self._removed.append(list(reversed(list(enumerate(self._order)))))
        for key in self._order:
            self._unlist(key)
            self._load.drop(key)
        self._order, self._rows = [], {}

    def undone(self) -> list[tuple[int, DraftPicture]]:
        """What was taken out last and where it belongs, in the order in which to insert it; it has no row yet.

        Nothing where nothing is left to bring back.
        """
        found: list[tuple[int, DraftPicture]] = []
        while self._removed and not found:
            for row, key in reversed(self._removed.pop()):
                picture = self._pictures[key]
                if self.twin(picture) is None:
                    found.append((min(row, len(self._order) + len(found)), picture))
                else:
                    del self._pictures[key]  # it was added again meanwhile
        return found

    def forget(self, key: int) -> None:
        """Let go of a picture for good."""
        if (row := self._rows.get(key)) is not None:
            self._take(row)
        left = ([(row, removed) for row, removed in deed if removed != key] for deed in self._removed)
        self._removed = [deed for deed in left if deed]
        self._pictures.pop(key, None)

    def _take(self, row: int) -> None:
        key = self._order.pop(row)
        self._unlist(key)
        self._load.drop(key)
        del self._rows[key]
        self._number(row)

    def _number(self, first: int) -> None:
        for row in range(first, len(self._order)):
            self._rows[self._order[row]] = row

    def _list(self, picture: DraftPicture) -> None:
        key = picture.key
        self._unlist(key)
        self._pictures[key] = picture
        self._alike.setdefault(picture.identity, key)
        if picture.state == "copying":
            self.copying.add(key)
        if picture.state != "ready":
            self.unready.add(key)

    def _unlist(self, key: int) -> None:
        self.copying.discard(key)
        self.unready.discard(key)
        known = self._pictures.get(key)
        if known is not None and self._alike.get(known.identity) == key:
            del self._alike[known.identity]
