"""Quiet notes on attached pictures: text too small to be read, long captures, small, blurred and dark pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QCoreApplication

from app.conversation.attachment import DraftPicture
from app.conversation.chat import Chat
from app.core.cuts import Cut
from app.core.fit import Size
from app.ui import figures
from app.ui.next_price import next_price
from app.ui.notes import Choice, Notes, Said
from app.ui.picture_facts import listed

translate = QCoreApplication.translate

Kind = Literal["text", "long", "small", "blurred", "dark"]

_SMALL: Final = 200
"""Pixels of an edge below which a picture is often misread (the guide, "Evaluate image quality")."""
_LONG: Final = 3
"""Times the short edge, from which on a picture loses most of its pixels."""
_WORTH: Final = 1.15
"""Times as high as it would be otherwise, so that it helps to read a text."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to know of one or several pictures, and which of them tiles would help."""

    kind: Kind
    pictures: tuple[DraftPicture, ...]
    heights: tuple[int, ...] = ()
    """Of their text, in pixels as sent."""
    for_tiles: tuple[DraftPicture, ...] = ()
    for_region: bool = False

    @property
    def about(self) -> tuple[Kind, tuple[int, ...]]:
        return self.kind, tuple(picture.key for picture in self.pictures)


class Remark(NamedTuple):
    """What a hint says beside its picture, which needs no name there."""

    text: str
    warns: bool
    """Whether most of the picture may be lost."""


class Advice:
    """Keeps the notes true while pictures come, go and are sent another way; what was dismissed stays away."""

    def __init__(self, notes: Notes, mark_region: Callable[[int], object]) -> None:
        """`mark_region` is told the row of a picture."""
        self._notes = notes
        self._mark_region = mark_region
        self._chat: Chat | None = None
        self._dismissed: dict[str, set[tuple[Kind, int]]] = {}
        self._shown: dict[Kind, tuple[Hint, Said]] = {}
        notes.dismissed.connect(self._dismiss)

    def set_chat(self, chat: Chat) -> None:
        """Another conversation's pictures from now on; the notes about the former's are gone."""
        self._chat = chat
        self._shown = {}
        self.update()

    def update(self) -> None:
        """Say what holds now."""
        if self._chat is None:
            return
        away = self._dismissed.get(self._chat.facts.id, set())
        new = {hint.kind: (hint, self._said(self._chat, hint)) for hint in found(self._chat.draft.pictures, away)}
        for kind, (hint, said) in list(self._shown.items()):
            if kind not in new or hint.about != new[kind][0].about or _told(said) != _told(new[kind][1]):
                self._notes.forget(hint.about)
                del self._shown[kind]
        for kind, (hint, said) in new.items():
            if kind not in self._shown:
                self._shown[kind] = hint, said
                self._notes.add(said)

    def _said(self, chat: Chat, hint: Hint) -> Said:
        choices = []
        if hint.for_tiles:
            keys = [picture.key for picture in hint.for_tiles]
            choices.append(Choice(_tiles_words(chat, hint), lambda: _send_as_tiles(chat, keys)))
        if hint.for_region:
            key = hint.pictures[0].key
            words = translate("advice", "Mark a region")
            choices.append(Choice(words, lambda: self._mark(chat, key)))
        return Said(_words(hint), tuple(choices), of_message=True, quiet=True, about=hint.about)

    def _mark(self, chat: Chat, key: int) -> None:
        for row, picture in enumerate(chat.draft.pictures):
            if picture.key == key:
                self._mark_region(row)

    def _dismiss(self, said: Said) -> None:
        for hint, shown in self._shown.values():
            if shown is said and self._chat is not None:
                away = self._dismissed.setdefault(self._chat.facts.id, set())
                away.update((hint.kind, picture.key) for picture in hint.pictures)


def found(pictures: Iterable[DraftPicture], dismissed: Iterable[tuple[Kind, int]] = ()) -> list[Hint]:
    """What there is to say, the pictures of one kind together."""
    away = set(dismissed)
    groups: dict[Kind, list[DraftPicture]] = {}
    for picture in pictures:
        for kind in _kinds(picture):
            if (kind, picture.key) not in away:
                groups.setdefault(kind, []).append(picture)
    return [_hint(kind, tuple(group)) for kind, group in groups.items()]


def remarks(picture: DraftPicture) -> tuple[Remark, ...]:
    """What there is to say of one picture, with what helps."""
    return tuple(Remark(_remark(hint), warns=hint.kind in {"text", "long"}) for hint in found([picture]))


def _hint(kind: Kind, pictures: tuple[DraftPicture, ...]) -> Hint:
    if kind not in {"text", "long"}:
        return Hint(kind, pictures)
    heights = tuple(int(_height(picture, _cuts(picture))) for picture in pictures) if kind == "text" else ()
    for_tiles = tuple(picture for picture in pictures if _helps(picture, _tiles_of(picture)))
    alone = len(pictures) == 1 and _could_be_sharper(pictures[0])
    return Hint(kind, pictures, heights, for_tiles, for_region=alone)


def _kinds(picture: DraftPicture) -> list[Kind]:
    seen = picture.findings
    if seen is None or not picture.width or (picture.same_as and not picture.source.again):
        return []
    from app.core.legibility import SMALLEST_READABLE

    kinds: list[Kind] = []
    short, long = sorted((picture.width, picture.height))
    if seen.text_height and _height(picture, _cuts(picture)) < SMALLEST_READABLE:
        kinds.append("text")
    elif not seen.text_height and long >= _LONG * short and _tiles_of(picture) and len(_cuts(picture)) == 1:
        kinds.append("long")
    if short < _SMALL:
        kinds.append("small")
    if seen.blurred:
        kinds.append("blurred")
    if seen.dark:
        kinds.append("dark")
    return kinds


def _height(picture: DraftPicture, cuts: Sequence[Cut]) -> float:
    """Pixels of the picture's text in the cut that shows it best."""
    from app.core.legibility import legible

    text = picture.findings.text_height if picture.findings else 0.0
    return max((legible(text, Size(picture.width, picture.height), cut) for cut in cuts), default=0.0)


def _cuts(picture: DraftPicture) -> Sequence[Cut]:
    return picture.aim.cuts if picture.aim else ()


def _tiles_of(picture: DraftPicture) -> Sequence[Cut]:
    return next((offer.cuts for offer in picture.offers if offer.preset == "tiles"), ())


def _helps(picture: DraftPicture, cuts: Sequence[Cut]) -> bool:
    if not cuts or tuple(cuts) == tuple(_cuts(picture)):
        return False
    text = picture.findings.text_height if picture.findings else 0.0
    return not text or _height(picture, cuts) > _WORTH * _height(picture, _cuts(picture))


def _could_be_sharper(picture: DraftPicture) -> bool:
    """Whether the original has more to show than goes of it."""
    size = _cuts(picture)[-1].size
    return not picture.source.url and max(picture.width, picture.height) > _WORTH * max(size)


def _send_as_tiles(chat: Chat, keys: Sequence[int]) -> None:
    for row, picture in enumerate(chat.draft.pictures):
        if picture.key in keys:
            chat.draft.set_preset(row, "tiles")


def _tiles_words(chat: Chat, hint: Hint) -> str:
    """The choice with what it costs more."""
    patch = chat.model.tier.patch
    more = sum(sum(cut.tokens(patch) for cut in _tiles_of(one)) - one.tokens for one in hint.for_tiles)
    price = next_price(chat, more)
    cost = figures.tokens(more) if price is None else figures.dollars(price, digits=3)
    if len(hint.pictures) == 1:
        words = translate("advice", "Tiles +%1")
    elif len(hint.for_tiles) == len(hint.pictures):
        words = translate("advice", "Tiles for all +%1")
    else:
        words = translate("advice", "Tiles for %2 of them +%1").replace("%2", figures.count(len(hint.for_tiles)))
    return words.replace("%1", cost)


def _words(hint: Hint) -> str:
    one, several = {
        "text": (
            translate("advice", "Text in %1 will be about %2 px high, hard to read."),
            translate("advice", "Text in %1 will be about %2 px high, hard to read."),
        ),
        "long": (
            translate("advice", "%1 is very long: little of its detail will be seen."),
            translate("advice", "%1 are very long: little of their detail will be seen."),
        ),
        "small": (
            translate("advice", "%1 is a small picture: under 200 px on an edge, it may be misread."),
            translate("advice", "%1 are small pictures: under 200 px on an edge, they may be misread."),
        ),
        "blurred": (translate("advice", "%1 looks blurred."), translate("advice", "%1 look blurred.")),
        "dark": (translate("advice", "%1 is very dark."), translate("advice", "%1 are very dark.")),
    }[hint.kind]
    words = one if len(hint.pictures) == 1 else several
    return words.replace("%2", _range(hint.heights)).replace("%1", listed([one.name for one in hint.pictures]))


def _remark(hint: Hint) -> str:
    (picture,) = hint.pictures
    words = {
        "text": translate("advice", "Text of %1 px will be %2 px high: hard to read."),
        "long": translate("advice", "Very long: little of its detail will be seen."),
        "small": translate("advice", "Under 200 px on an edge: it may be misread."),
        "blurred": translate("advice", "It looks blurred."),
        "dark": translate("advice", "It is very dark."),
    }[hint.kind]
    if hint.kind == "text" and picture.findings is not None:
        written = round(picture.findings.text_height)
        if written <= hint.heights[0]:
            words = translate("advice", "Text is about %2 px high: hard to read.")
        words = words.replace("%1", figures.count(written)).replace("%2", _range(hint.heights))
    if hint.for_tiles:
        return words + " " + translate("advice", "Tiles keep it sharp.")
    if hint.for_region:
        return words + " " + translate("advice", "A marked region keeps its part sharp.")
    return words


def _range(heights: Sequence[int]) -> str:
    if not heights:
        return ""
    least, most = max(1, min(heights)), max(1, *heights)
    return figures.count(least) if least == most else f"{figures.count(least)}–{figures.count(most)}"


def _told(said: Said) -> list[str]:
    return [said.text, *(choice.text for choice in said.choices)]
