"""Drawings as files: what they may refer to, how large they are drawn, and that nothing else is read."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from PIL import Image

from app.core.errors import FormatUnsupported, PictureTooBig
from app.core.fit import Size
from app.core.source import decode, upright
from app.core.svg import LINKED, MAX_BYTES, WITH_ENTITIES, open_source
from tests import pictures, rare_pictures
from tests.rare_pictures import SVG_START

PLACES = (
    "<image href='{0}' width='9' height='9'/>",
    "<image xlink:href='{0}' width='9' height='9'/>",
    "<use href='{0}#a'/>",
    "<a href='{0}'><rect width='1' height='1'/></a>",
    "<filter id='f'><feImage href='{0}'/></filter>",
    "<linearGradient id='g' xlink:href='{0}#h'/>",
    "<script src='{0}'/>",
    "<rect fill='url({0}#p)' width='9' height='9'/>",
    "<rect style='fill: URL( \"{0}#p\" )' width='9' height='9'/>",
    "<rect style='fill: \\75 rl({0})' width='9' height='9'/>",
    "<rect style='fill: u/**/rl({0})' width='9' height='9'/>",
    "<style>@import '{0}';</style>",
    "<style>@import url({0});</style>",
    "<style>@\\69mport '{0}';</style>",
    "<style><![CDATA[@font-face {{ src: url('{0}') }}]]></style>",
    "<g xml:base='{0}'/>",
    "<image><set attributeName='href' to='{0}'/></image>",
    "<image><animate attributeName='xlink:href' values='{0}'/></image>",
    "<x:image xmlns:x='http://www.w3.org/2000/svg' xmlns:y='http://www.w3.org/1999/xlink' y:href='{0}'/>",
)
ADDRESSES = (
    "https://example.org/a.png", "//example.org/a.png", "file:///etc/hostname", "/etc/hostname", "../a.png", "a.png",
    " a.png", "&#x66;ile:///a", "data:image/svg+xml,%3Csvg/%3E", "data:text/plain;base64,AAAA", "javascript:0",
)  # fmt: skip


def drawn(data: bytes) -> Image.Image:
    source = open_source(data, "x")
    return decode(source, upright(source.header), "x")


@pytest.mark.parametrize("place", PLACES)
def test_a_reference_to_anything_outside_is_refused_wherever_it_stands(place: str) -> None:
    with pytest.raises(FormatUnsupported) as caught:
        open_source(rare_pictures.svg(place.format("http://127.0.0.1/a.png")), "x")
    assert caught.value.format == LINKED


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_reference_is_refused_however_it_is_spelled(address: str) -> None:
    with pytest.raises(FormatUnsupported):
        open_source(rare_pictures.svg(f"<image href='{address}' width='9' height='9'/>"), "x")


def test_parts_of_its_own_and_pictures_within_are_drawn() -> None:
    png = pictures.encoded(Image.new("RGB", (2, 2), (10, 200, 30)), "PNG")
    body = f"<image x='90' width='90' height='60' href='data:image/png;base64,{b64encode(png).decode()}'/>"
    body = f"<g id='a'>{body}</g><use href='#a' y='60'/><style>.x{{fill:url(#b)}}</style>"
    image = drawn(rare_pictures.svg(body))
    assert image.convert("RGB").getpixel((image.width * 3 // 4, image.height * 3 // 4)) == (10, 200, 30)


def test_a_file_beside_it_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (9, 9), (1, 2, 3)).save(tmp_path / "secret.png")
    monkeypatch.chdir(tmp_path)
    for href in ("secret.png", str(tmp_path / "secret.png")):
        with pytest.raises(FormatUnsupported):
            open_source(rare_pictures.svg(f"<image href='{href}' width='9' height='9'/>"), "x")


def test_what_programs_write_about_a_drawing_is_no_reference() -> None:
    doctype = "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>"
    about = "<metadata><r xmlns='urn:r' href='http://creativecommons.org/licenses/by/4.0/'/></metadata>"
    assert drawn(rare_pictures.svg(about, before=f"<?xml version='1.0'?>{doctype}<!-- by hand -->")).width == 1568


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE svg SYSTEM 'file:///etc/passwd'>",
        "<!DOCTYPE svg [<!ENTITY a 'b'>]>",
        "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' '' [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE svg [<!ENTITY % p SYSTEM 'http://127.0.0.1/'> %p;]>",
    ],
)
def test_entities_are_refused(doctype: str) -> None:
    with pytest.raises(FormatUnsupported) as caught:
        open_source(rare_pictures.svg(before=doctype), "x")
    assert caught.value.format == WITH_ENTITIES


def test_a_style_sheet_from_elsewhere_is_refused() -> None:
    with pytest.raises(FormatUnsupported):
        open_source(rare_pictures.svg(before="<?xml-stylesheet href='a.css'?>"), "x")


def test_a_long_drawing_is_too_big() -> None:
    with pytest.raises(PictureTooBig) as caught:
        open_source(rare_pictures.svg("<!--" + "x" * MAX_BYTES + "-->"), "x")
    assert caught.value.limit_bytes == MAX_BYTES


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("width='180' height='120'", (1568, 1045)),
        ("width='2000px' height='1000px'", (2000, 1000)),
        ("width='9000' height='4500'", (2576, 1288)),
        ("viewBox='0 0 30 10'", (1568, 523)),
        ("viewBox='0,0,30,10'", (1568, 523)),
        ("width='100%' height='100%' viewBox='0 0 30 10'", (1568, 523)),
        ("width='20in' height='10in'", (1920, 960)),
        ("width='500mm' height='25cm'", (1890, 945)),
        ("width='2000' viewBox='0 0 30 10'", (2000, 667)),
        ("height='1000' viewBox='0 0 30 10'", (2576, 859)),
        ("", (1568, 1045)),
        ("width='1e9' height='1'", (2576, 1)),
    ],
)
def test_a_drawing_is_as_large_as_it_says_within_limits(size: str, expected: tuple[int, int]) -> None:
    source = open_source(rare_pictures.svg(size=size), "x")
    assert upright(source.header) == expected
    assert decode(source, Size(300, 200), "x").size == (300, 200)


@pytest.mark.parametrize("size", ["width='0' height='0' ", "width='-5' height='-5' viewBox='0 0 0 0'"])
def test_a_drawing_that_says_nonsense_is_as_large_as_what_it_shows_or_damaged(size: str) -> None:
    with pytest.raises(ValueError, match="size"):
        open_source(f"{SVG_START} {size}/>".encode(), "x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_every_encoding_of_xml_is_read(encoding: str) -> None:
    name = {"latin-1": "iso-8859-1"}.get(encoding, encoding.removesuffix("-sig"))
    source = rare_pictures.svg("<desc>é</desc>", before=f"<?xml version='1.0' encoding='{name}'?>").decode()
    assert drawn(source.encode(encoding)).size == (1568, 1045)


def test_a_drawing_copied_out_of_a_page_needs_no_namespace() -> None:
    bare = b"<svg width='18' height='12'><rect width='18' height='12' fill='#c03028'/></svg>"
    assert drawn(bare).getpixel((9, 9)) == (0xC0, 0x30, 0x28)


def test_its_ground_stays_transparent() -> None:
    image = drawn(f"{SVG_START} width='18' height='12'><rect width='9' height='12'/></svg>".encode())
    assert image.mode == "RGBA"
    assert image.getpixel((image.width - 5, 5)) == (0, 0, 0, 0)
    assert image.getpixel((5, 5)) == (0, 0, 0, 255)


def test_its_shape_is_kept_where_its_frame_has_another() -> None:
    data = f"{SVG_START} width='200' height='50' viewBox='0 0 10 10'><rect width='10' height='10'/></svg>".encode()
    alpha = drawn(data).getchannel("A")
    assert alpha.getbbox() == (588, 0, 980, 392)
