"""What of an export takes a while to be drawn: formulas, in the em of the words around them, and the tones of code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from app.core.export.parsed import Code, Piece, Prose
from app.core.toning import Run, toned

if TYPE_CHECKING:
    from markdown_it.token import Token

    from app.core.typeset import Outline

SIZE: Final = 1.15
"""Of a formula's letters to those around it, as in the window: those of its font are smaller for the same em."""


class Key(NamedTuple):
    tex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    formulas: dict[Key, Outline] = field(default_factory=dict)
    """Those that can be drawn; of the others there is their TeX."""
    code: dict[str, list[list[Run]]] = field(default_factory=dict)
    """Blocks of code by their text: their lines."""


def key(formula: Token) -> Key:
    """Of a token "formula"."""
    return Key(str(formula.meta["tex"]), bool(formula.meta["display"]))


def draw(piece: Piece) -> Drawn:
    """Draw what is in a piece. Blocks: a hundred signs of a formula take some 25 ms."""
    match piece:
        case Code():
            return Drawn(code={piece.text: toned(piece.text, piece.language)})
        case Prose():
            within = [each for token in piece.tokens for each in token.children or ()]
            keys = {key(each) for each in within if each.type == "formula"}
            fences = {
                token.content: toned(token.content, token.info) for token in piece.tokens if token.type == "fence"
            }
            return Drawn({each: found for each in keys if (found := outline(each)) is not None}, fences)
    return Drawn()


def outline(formula: Key) -> Outline | None:
    """None where only its TeX can be shown."""
    from app.core.typeset import NotTypeset, typeset  # it takes a fifth of a second

    try:
        return typeset(formula.tex, display=formula.display)
    except NotTypeset:
        return None
