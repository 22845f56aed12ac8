"""What practice mode answers: measured facts put into Markdown. Pure text; the same facts give the same words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.core.image_block import Picture
    from app.core.measure import Colour, Difference, Facts

OPENING: Final = "No model was asked: this is practice mode."
"""The first sentence of every answer."""

_MAX_ROWS: Final = 20
_MAX_BOXES: Final = 8


@dataclass(frozen=True, slots=True)
class Comparison:
    first: Picture
    second: Picture
    difference: Difference


def without_pictures(commands: Mapping[str, str], as_words: Mapping[int, str] = MappingProxyType({})) -> str:
    """The answer in a conversation that holds no picture; `commands` are what a person may type, and what it shows.

    `as_words` are descriptions that came in place of pictures, by their numbers.
    """
    if as_words:
        return f"{OPENING} No picture came with this conversation.\n\n{_as_words(as_words)}\n"
    rows = [f"| `{command}` | {shows} |" for command, shows in commands.items()]
    return "\n".join(
        [
            f"{OPENING} There is no picture in this conversation yet, and measuring pictures is all it can do.",
            "",
            "## What to try",
            "",
            "- Drop one picture: its size, format, tokens, main colours and brightness are measured.",
            "- Drop two: they are compared, and you get the box of each region that differs.",
            "- Ask about earlier pictures by name, such as *Image 1*.",
            "",
            "To see how a failure looks, send one of these lines alone:",
            "",
            "| Send | To see |",
            "| --- | --- |",
            *rows,
            "",
            "```text",
            next(iter(commands)),
            "```",
            "",
        ]
    )


def with_pictures(
    pictures: Sequence[tuple[Picture, Facts]],
    comparison: Comparison | None,
    *,
    earlier: bool,
    as_words: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """The answer about `pictures`; `earlier` when all of them came with earlier turns.

    `as_words` are those that are asked for and came as a description, by their numbers.
    """
    opening = f"{OPENING} All that follows was measured from the pictures themselves."
    if earlier:
        opening += " No new picture came with this question, so it is about those sent before."
    shown = pictures[:_MAX_ROWS]
    parts = [opening, _heading(pictures, comparison), _table(shown)]
    if len(pictures) > len(shown):
        parts.append(f"{_left_out(pictures, shown)} were measured and are left out here.")
    parts.append("\n".join(_bullet(picture, facts) for picture, facts in shown))
    if as_words:
        parts.append(_as_words(as_words))
    if comparison is not None:
        parts += _comparison(comparison)
    parts.append(_json(shown, comparison))
    parts.append("The question itself was not read, save for pictures that it names, such as *Image 1*.")
    return "\n\n".join(parts) + "\n"


def _as_words(described: Mapping[int, str]) -> str:
    """Each description as a quotation."""
    quoted = ("\n".join(f"> {line}".rstrip() for line in words.splitlines()) for words in described.values())
    told = [f"Image {number} came as words, of which nothing can be measured:" for number in described]
    return "\n\n".join(part for both in zip(told, quoted, strict=True) for part in both)


def _heading(pictures: Sequence[tuple[Picture, Facts]], comparison: Comparison | None) -> str:
    if comparison is not None:
        return f"## {_whole(comparison.first)} and {_whole(comparison.second)} compared"
    count = len({picture.number for picture, _ in pictures})
    return f"## {_whole(pictures[0][0])}" if count == 1 else f"## {count} pictures"


def _left_out(pictures: Sequence[tuple[Picture, Facts]], shown: Sequence[tuple[Picture, Facts]]) -> str:
    told = {picture.number for picture, _ in shown}
    more = {picture.number for picture, _ in pictures} - told
    return f"{len(more)} more pictures" if more else f"{len(pictures) - len(shown)} more parts"


def _table(pictures: Iterable[tuple[Picture, Facts]]) -> str:
    rows = ["| Picture | Size received | Format | Bytes | Tokens |", "| --- | --- | --- | ---: | ---: |"]
    for picture, _ in pictures:
        width, height = picture.size
        rows.append(
            f"| {_name(picture)} | {width} × {height} | {picture.header.format} "
            f"| {len(picture.data):,} | {picture.tokens:,} |"
        )
    return "\n".join(rows)


def _bullet(picture: Picture, facts: Facts) -> str:
    colours = ", ".join(f"{_colour(c)} {_percent(c.share)}" for c in facts.colours)
    text = f"- **{_name(picture)}** is {_brightness(facts.brightness)} (mean brightness {_percent(facts.brightness)}). "
    text += f"Main colours: {colours}." if colours else "It has no main colour; every shade has a small share."
    if facts.transparent:
        text += " Parts of it are transparent; they were measured on white."
    if facts.seen != picture.size:
        text += f" A model would see it at {facts.seen.width} × {facts.seen.height}."
    return text


def _comparison(comparison: Comparison) -> list[str]:
    first, second, difference = _whole(comparison.first), _whole(comparison.second), comparison.difference
    parts = [f"### Where {first} and {second} differ"]
    if difference.scaled:
        parts.append(f"Their sizes differ, so {second} was scaled to the size of {first} before comparing.")
    if not difference.changed:
        parts.append(_sameness(difference))
        return parts
    total = len(difference.regions)
    width, height = difference.size
    regions = "1 region" if total == 1 else f"{'more than ' if difference.partial else ''}{total} regions"
    text = (
        f"{_percent(difference.share)} of the pixels changed ({difference.changed:,} of {width * height:,}),"
        f" in {regions}. Each box is `[x1, y1, x2, y2]` in pixels of {first} at {width} × {height}, from the top left."
    )
    if total > _MAX_BOXES:
        text += f" The {_MAX_BOXES} largest are listed."
    if difference.tolerance:
        text += f" A pixel counts when a colour channel differs by more than {difference.tolerance} of 255 levels."
    rows = [
        f"{number}. `{json.dumps(region.box)}`, {region.x2 - region.x1} × {region.y2 - region.y1} pixels,"
        f" on average `{region.before}` before and `{region.after}` after"
        for number, region in enumerate(difference.regions[:_MAX_BOXES], start=1)
    ]
    return [*parts, text, "\n".join(rows)]


def _sameness(difference: Difference) -> str:
    if difference.tolerance:
        return f"Nowhere: no colour channel of any pixel differs by more than {difference.tolerance} of 255 levels."
    return "Nowhere: they are the same, pixel for pixel."


def _json(pictures: Iterable[tuple[Picture, Facts]], comparison: Comparison | None) -> str:
    rows = [
        {
            "image": picture.number,
            **({"part": picture.part} if picture.part else {}),
            "width": picture.size.width,
            "height": picture.size.height,
            "format": picture.header.format,
            "bytes": len(picture.data),
            "tokens": picture.tokens,
            "brightness": round(facts.brightness, 3),
            "colours": [colour.hex for colour in facts.colours],
        }
        for picture, facts in pictures
    ]
    lines = ['  "pictures": [\n' + ",\n".join(f"    {json.dumps(row)}" for row in rows) + "\n  ]"]
    if comparison is not None:
        difference = comparison.difference
        facts = {
            "images": [comparison.first.number, comparison.second.number],
            "changed": round(difference.share, 6),
            "boxes": [region.box for region in difference.regions[:_MAX_BOXES]],
        }
        entries = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in facts.items())
        lines.append('  "difference": {\n' + entries + "\n  }")
    return "```json\n{\n" + ",\n".join(lines) + "\n}\n```"


def _name(picture: Picture) -> str:
    return f"{_whole(picture)}, {picture.part}" if picture.part else _whole(picture)


def _whole(picture: Picture) -> str:
    return f"Image {picture.number}"


def _colour(colour: Colour) -> str:
    return f"{colour.name} `{colour.hex}`"


def _brightness(mean: float) -> str:
    words = ((0.85, "very bright"), (0.6, "bright"), (0.4, "of medium brightness"), (0.15, "dark"), (0, "very dark"))
    return next(word for least, word in words if mean >= least)


def _percent(share: float) -> str:
    """ "62%", "3.9%", "0.05%": as many digits as tell something, and 0% and 100% only where they are exact."""
    if 0 < share < 0.0001:
        return "less than 0.01%"
    if 0.99 < share < 1:
        return f"{min(share * 100, 99.99):.2f}%"
    digits = 0 if share in (0, 1) or share >= 0.1 else 1 if share >= 0.01 else 2
    return f"{share * 100:.{digits}f}%"
