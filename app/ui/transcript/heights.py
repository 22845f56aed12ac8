"""How high the messages are, one below the other: most are guessed alike, those that were laid out are known."""

from __future__ import annotations


class Heights:
    """A Fenwick tree of what each message differs from the usual. Pixels; every operation but `reset` is O(log n)."""

    def __init__(self) -> None:
        self._usual = 0
        self._differs: list[int] = []
        self._tree: list[int] = [0]

    def __len__(self) -> int:
        return len(self._differs)

    def reset(self, count: int, usual: int) -> None:
        """So many messages of which nothing is known but how high one usually is."""
        self._usual = usual
        self._differs = [0] * count
        self._tree = [0] * (count + 1)

    def insert(self, row: int, count: int) -> None:
        """More messages, the first of them at `row`. O(n) where others follow."""
        self._differs[row:row] = [0] * count
        self._grow()

    def remove(self, first: int, last: int) -> None:
        del self._differs[first : last + 1]
        self._grow()

    def set(self, row: int, height: int) -> None:
        """Raises IndexError where there is no such row; -1 is none."""
        if not 0 <= row < len(self._differs):
            raise IndexError(row)
        change = height - self._usual - self._differs[row]
        if not change:
            return
        self._differs[row] += change
        place = row + 1
        while place < len(self._tree):
            self._tree[place] += change
            place += place & -place

    def get(self, row: int) -> int:
        return self._usual + self._differs[row]

    def above(self, row: int) -> int:
        """The heights of all messages before `row` together."""
        total, place = self._usual * row, row
        while place:
            total += self._tree[place]
            place -= place & -place
        return total

    @property
    def total(self) -> int:
        return self.above(len(self._differs))

    def at(self, y: int) -> tuple[int, int]:
        """The message at a height, and how far into it that is; the last message for all that is below."""
        row, rest, step = 0, max(0, y), 1 << max(0, len(self._differs).bit_length())
        while step:
            reached = row + step
            if reached <= len(self._differs):
                height = self._tree[reached] + self._usual * step
                if height <= rest:
                    row, rest = reached, rest - height
            step >>= 1
        if row == len(self._differs):
            return max(0, row - 1), self.get(row - 1) if row else 0
        return row, rest

    def _grow(self) -> None:
        self._tree = [0, *self._differs]
        for place in range(1, len(self._tree)):
            after = place + (place & -place)
            if after < len(self._tree):
                self._tree[after] += self._tree[place]
