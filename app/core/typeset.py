"""TeX formulas as outlines, by ziamath: paths and bars, in the em of the letters around them, and nothing else.

What a model writes decides how long this takes, and ziamath takes twice as long for every level of rows that have
something in them that stretches. A formula that would take too long is therefore known before, and not drawn. Macros
can double themselves, so a formula that defines any is not drawn either. Importing this module takes some 200 ms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from ziafont.config import config as font_config
from ziamath import operators
from ziamath.nodes.mrow import Mrow
from ziamath.tex import tex2mml
from ziamath.zmath import Math

LONGEST: Final = 2_000
"""Characters of TeX that are still drawn."""
_MOST: Final = 3_000
"""Signs that are laid out for a formula, each as often as ziamath does it. A hundred take some 25 ms."""
_DEEPEST: Final = 40
"""Braces and other things that open, within each other."""
_WIDEST: Final = 80
"""Em that a formula is wide or high: in a row of 760 pixels it is then shrunk to some 60 %, and can still be read."""
_EM: Final = 100
"""Units of the drawing in one em."""
_COLORS: Final = ("mathcolor", "mathbackground", "color", "background", "href", "style", "class")
_MACROS: Final = re.compile(
    r"\\(?:[egx]?def|let|futurelet|(?:re|provide)?newcommand|newenvironment|renewenvironment|DeclareMathOperator"
    r"|csname|input|include\w*)(?![A-Za-z])"
)
_OPENS: Final = re.compile(r"\\(?:left|begin|right|end)(?![A-Za-z])|\\.|[{}]", re.DOTALL)
_STEPS: Final = {"{": 1, r"\left": 1, r"\begin": 1, "}": -1, r"\right": -1, r"\end": -1}
_ESCAPED: Final = re.compile(r"\\([%$&#_{} \xa0])")
"""Signs in the words of a formula that TeX would take for something else."""
_PATH: Final = re.compile(r"[MLQCHVZmlqchvz0-9eE., -]*")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "path": ("d",),
    "rect": ("x", "y", "width", "height", "rx"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}

font_config.svg2 = False  # what is drawn twice is written twice: no shape refers to another


class NotTypeset(ValueError):
    """A formula that cannot be drawn, or would take too long."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A formula as it is drawn."""

    svg: str
    """A whole SVG of plain shapes, in the colour "currentColor"."""
    width: float
    """In em, as the other two."""
    ascent: float
    """Above the line it stands on."""
    descent: float
    """Below it; never negative."""


def typeset(tex: str, *, display: bool) -> Outline:
    """Draw TeX, without its dollars; `display` draws it larger, limits above and below. Raises NotTypeset."""
    _check(tex)
    try:
        math_ml = fromstring(tex2mml(tex, inline=not display))  # noqa: S314  # latex2mathml has just written it
        _prepare(math_ml)
        can_be_drawn = _weight(math_ml) <= _MOST and not _has_unknown(math_ml)
        drawn = Math(math_ml, size=_EM, margin=0) if can_be_drawn else None
        shapes = drawn.svgxml() if drawn is not None else None
    except Exception as error:
        raise NotTypeset from error  # whatever a formula makes of the two libraries, its TeX can be read
    if drawn is None or shapes is None:
        raise NotTypeset
    box = drawn.node.bbox
    width, ascent, descent = box.xmax - box.xmin, max(0, box.ymax), max(0, -box.ymin)
    if not all(math.isfinite(side) and side < _WIDEST * _EM for side in (width, ascent, descent)) or width <= 0:
        raise NotTypeset
    return Outline(_svg(shapes, box.xmin, width, ascent, descent), width / _EM, ascent / _EM, descent / _EM)


def _check(tex: str) -> None:
    if len(tex) > LONGEST or _MACROS.search(tex):
        raise NotTypeset
    depth = 0
    for found in _OPENS.finditer(tex):
        depth += _STEPS.get(found[0], 0)
        if depth > _DEEPEST:
            raise NotTypeset


def _prepare(element: Element) -> None:
    """Take away what a formula is not to have: colours of its own, links, namespaces, sums as high as what follows."""
    for each in element.iter():
        each.tag = each.tag.rpartition("}")[2]
        if _is(each, "largeop"):
            each.set("stretchy", "false")
        for name in _COLORS:
            each.attrib.pop(name, None)
        if each.tag == "mstyle" and not each.attrib:
            each.tag = "mrow"  # ziamath would take away its end alone
        if each.tag == "mtext" and each.text:
            each.text = _ESCAPED.sub(r"\1", each.text)


def _has_unknown(element: Element) -> bool:
    r"""Whether a command was not understood: latex2mathml takes it for letters, its backslash among them."""
    return any("\\" in (each.text or "") and each.text != "\\" for each in element.iter())


def _weight(element: Element) -> int:
    """How many signs are laid out for an element: those of a row that stretches are so twice."""
    if not len(element):
        return 1 + len(element.text or "")
    within = sum(_weight(child) for child in element)
    return 1 + within * (1 if element.tag in _ONCE and not _stretches(element) else 2)


_ONCE: Final = {
    *("math", "mrow", "mstyle", "mfrac", "msup", "msub", "msubsup"),
    *("msqrt", "mroot", "menclose", "mtable", "mtr", "mtd"),
}
"""What ziamath lays out once, unless something in it stretches."""


def _stretches(element: Element) -> bool:
    """Whether anything in an element may be as high as what stands beside it."""
    return any(_is(each, "stretchy") for each in element.iter())


def _is(element: Element, kind: str) -> bool:
    """Whether it is an operator of a kind, by its own word or by its sign; ziamath takes identifiers for some, too."""
    if element.tag not in {"mo", "mi"}:
        return False
    word, sign = element.get(kind), (element.text or "").strip()
    if word is not None:
        return word != "false"
    forms = ("prefix", "infix", "postfix")
    return any(operators.operators.get((sign, form), {}).get(kind, "false") != "false" for form in forms)


class _Row(Mrow, tag="mrow"):
    """A row as ziamath has it, save that it is not laid out a first time where nothing in it stretches."""

    def _get_height_nostretch(self, line: list[Element], **kwargs: Any) -> tuple[float, float]:
        if any(_stretches(child) for child in line):
            return super()._get_height_nostretch(line, **kwargs)
        return 0, 0


def _svg(drawing: Element, left: float, width: float, ascent: float, descent: float) -> str:
    """The shapes of a drawing, and of those only what a shape is made of."""
    box = f"{left:.2f} {-ascent:.2f} {width:.2f} {ascent + descent:.2f}"
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=box, color="#000000", fill="currentColor")
    for shape in _shapes(drawing):
        made = SubElement(svg, shape.tag)
        for name in _SHAPES[shape.tag]:
            if name in shape.attrib:
                made.set(name, _proper(name, shape.attrib[name]))
        if "stroke-width" in shape.attrib:
            made.set("stroke", "currentColor")
            made.set("fill", "none")
            made.set("stroke-width", _proper("", shape.attrib["stroke-width"]))
    return tostring(svg, encoding="unicode")


def _shapes(drawing: Element) -> Iterator[Element]:
    for shape in drawing.iter():
        if shape.tag in _SHAPES:
            yield shape
        elif shape.tag not in {"svg", "g"}:
            raise NotTypeset


def _proper(name: str, value: str) -> str:
    if not (_PATH if name == "d" else _NUMBER).fullmatch(value):
        raise NotTypeset
    return value
