"""SVG drawings as pictures, in a process that can be killed: see `app.core.decoding`.

A drawing is read here and written anew before it is drawn: the library that draws would read files it refers to, and
never sees anything but the elements that were checked.
"""

from __future__ import annotations

import math
import re
from io import BytesIO
from typing import Any, Final, NamedTuple
from xml.etree import ElementTree as ET
from xml.parsers import expat

import resvg_py
from PIL import Image

from app.core.container import Header
from app.core.errors import FormatUnsupported, PictureTooBig
from app.core.fit import Size
from app.core.metadata import Stripped
from app.core.source import Source

MAX_BYTES: Final = 1_000_000
LONGEST, SHORTEST_LONG_EDGE = 2576, 1568
"""Pixels of a drawing's long edge at most and at least: the tiers', for a drawing has no pixels of its own."""

_SPACE: Final = "{http://www.w3.org/2000/svg}"


LINKED, WITH_ENTITIES = "linked SVG", "SVG with entities"
"""What a drawing that is refused is called."""


class Refused(Exception):
    """The drawing refers to something outside itself, or declares text of its own; the argument names its kind."""


def open_source(data: bytes, name: str) -> Source:
    """Raises FormatUnsupported for a drawing that refers to anything outside itself, PictureTooBig for a long one."""
    if len(data) > MAX_BYTES:
        raise PictureTooBig(name, file_bytes=len(data), limit_bytes=MAX_BYTES)
    try:
        root = _parsed(data)
        _check(root)
    except Refused as error:
        raise FormatUnsupported(name, str(error)) from error
    width, height = _size(root)
    header = Header("SVG", *canvas(width, height), common=False)
    return Source(header, Stripped(b""), lambda size: _draw(root, width, height, size), None)


def canvas(width: float, height: float) -> Size:
    """Pixels that a drawing of this size, in CSS pixels, is drawn in."""
    edge = max(width, height)
    pixels = min(max(edge, SHORTEST_LONG_EDGE), LONGEST)
    return Size(max(1, round(width * pixels / edge)), max(1, round(height * pixels / edge)))


# --- reading ------------------------------------------------------------------------------------


def _parsed(data: bytes) -> ET.Element:
    """The elements; what was pasted from a web page without a namespace gets SVG's."""
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(None, "}")
    parser.buffer_text = True
    bare = False

    def named(name: str, default: str = "") -> str:
        return "{" + name if "}" in name else default + name

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal bare
        bare = bare or name == "svg"
        builder.start(named(name, _SPACE if bare else ""), {named(key): value for key, value in attributes.items()})

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: builder.end(named(name, _SPACE if bare else ""))
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _doctype
    parser.ProcessingInstructionHandler = _instruction
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError("not XML") from error
    root = builder.close()
    if root.tag != _SPACE + "svg":
        raise ValueError("not an SVG")
    return root


def _doctype(_: str, __: str | None, public: str | None, internal: bool) -> None:
    # The W3C's own say nothing, and are not fetched; older programs write them into every file.
    if internal or not (public or "").startswith("-//W3C//DTD SVG "):
        raise Refused(WITH_ENTITIES)


def _instruction(target: str, _: str) -> None:
    if target.startswith("xml-stylesheet"):
        raise Refused(LINKED)


# --- references ---------------------------------------------------------------------------------

_LINKS: Final = frozenset({"href", "src"})
_PICTURE_DATA: Final = re.compile(r"data:image/(png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
_COMMENT: Final = re.compile(r"/\*.*?(\*/|$)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)
_IN_CSS: Final = re.compile(r"@\s*import|(?:url|src|image|image-set)\s*\(\s*[\"']?\s*(?!#|data:)", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[\0-\x20\x7f-\xa0]+")


def _check(root: ET.Element) -> None:
    """Raises Refused at any reference but those to the drawing's own parts and to pictures it holds as data."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag == _SPACE + "metadata":
                parent.remove(child)
    for element in root.iter():
        for key, value in element.attrib.items():
            local = key.rpartition("}")[2].lower()
            if local == "base" or (local == "attributename" and value.rpartition(":")[2].strip().lower() in _LINKS):
                raise Refused(LINKED)
            if local in _LINKS:
                _check_link(value)
            _check_css(value)
        if element.tag.rpartition("}")[2].lower() == "style":
            _check_css("".join(element.itertext()))


def _check_link(value: str) -> None:
    bare = _BLANKS.sub("", value)
    if bare and not bare.startswith("#") and not _PICTURE_DATA.match(bare):
        raise Refused(LINKED)


def _check_css(text: str) -> None:
    if _IN_CSS.search(_ESCAPE.sub(_unescaped, _COMMENT.sub("", text))) or _IN_CSS.search(text):
        raise Refused(LINKED)


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else 0
    return match[2] or (chr(code) if 0 < code < 0x110000 else "")


# --- size ---------------------------------------------------------------------------------------

_LENGTH: Final = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*([a-z]*|%)\s*", re.IGNORECASE)
_PIXELS: Final = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54, "q": 2.4 / 2.54,
    "em": 16.0, "rem": 16.0, "ex": 8.0,
}  # fmt: skip
_DPI: Final = 96.0


class _Canvas(NamedTuple):
    width: float
    height: float


def _size(root: ET.Element) -> _Canvas:
    """CSS pixels of the drawing: as it declares, or of its viewBox, or what resvg finds it to cover."""
    box = _view_box(root)
    width = _length(root.get("width"), box.width if box else None)
    height = _length(root.get("height"), box.height if box else None)
    if box and width is None and height is None:
        return box
    if box and width is None and height is not None:
        width = height * box.width / box.height
    if box and height is None and width is not None:
        height = width * box.height / box.width
    if width is None or height is None:
        drawn = _rendered(ET.tostring(root, encoding="unicode"), fonts=False)
        width, height = width or float(drawn.width), height or float(drawn.height)
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise ValueError("a drawing without a size")
    return _Canvas(width, height)


def _view_box(root: ET.Element) -> _Canvas | None:
    try:
        _, _, width, height = (float(number) for number in root.get("viewBox", "").replace(",", " ").split())
    except ValueError:
        return None
    return _Canvas(width, height) if 0 < width < math.inf and 0 < height < math.inf else None


def _length(text: str | None, whole: float | None) -> float | None:
    """CSS pixels; None where nothing usable is said."""
    match = _LENGTH.fullmatch(text or "")
    if match is None:
        return None
    number, unit = float(match[1]), match[2].lower()
    if unit == "%":
        return number / 100 * whole if whole else None
    return number * _PIXELS[unit] if unit in _PIXELS else None


# --- drawing ------------------------------------------------------------------------------------


def _draw(root: ET.Element, width: float, height: float, size: Size) -> Image.Image:
    """The drawing in exactly `size` pixels, in a frame that stretches it by less than one of them."""
    inner = ET.Element(root.tag, root.attrib | {"width": repr(width), "height": repr(height)})
    inner.text = root.text
    inner.extend(root)
    attributes: dict[str, Any] = {"viewBox": f"0 0 {width!r} {height!r}", "preserveAspectRatio": "none"}
    frame = ET.Element(_SPACE + "svg", attributes | {"width": str(size.width), "height": str(size.height)})
    frame.append(inner)
    fonts = any(element.tag == _SPACE + "text" for element in root.iter())
    image = _rendered(ET.tostring(frame, encoding="unicode"), fonts=fonts)
    if image.size != size:
        raise ValueError("drawn in another size")
    return image


def _rendered(source: str, *, fonts: bool) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=source, dpi=_DPI, skip_system_fonts=not fonts)
    image = Image.open(BytesIO(png), formats=("PNG",))
    image.load()
    return image
