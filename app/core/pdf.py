"""Pages of PDF documents as pictures, in a process that can be killed: see `app.core.decoding`."""

from __future__ import annotations

from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from app.core.container import Header
from app.core.errors import PictureUnreadable
from app.core.fit import Size
from app.core.metadata import Stripped
from app.core.source import Source

DOTS_PER_INCH: Final = 300
LONGEST, SHORTEST_LONG_EDGE = 5152, 1568
"""Pixels of a page's long edge at most and at least: twice the high tier's, and the standard tier's."""

_POINTS_PER_INCH: Final = 72
_WHITE: Final = (255, 255, 255, 255)


def open_source(data: bytes, name: str, page: int) -> Source:
    """A page, from 1, of a document; 0 is the first. Raises PictureUnreadable where a password is needed."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise PictureUnreadable(name, "password") from error
        raise
    pages, index = len(document), max(0, page - 1)
    if index >= pages:
        raise IndexError("a page that the document does not have")
    document.init_forms()
    drawn = document[index]
    size = canvas(*drawn.get_size())
    header = Header("PDF", *size, common=False)
    return Source(header, Stripped(b""), lambda size: _draw(drawn, size), None, pages=pages)


def canvas(width: float, height: float) -> Size:
    """Pixels that a page of this size, in points, is drawn in."""
    if not (width > 0 and height > 0):
        raise ValueError("a page without a size")
    edge = max(width, height)
    pixels = min(max(edge * DOTS_PER_INCH / _POINTS_PER_INCH, SHORTEST_LONG_EDGE), LONGEST)
    return Size(max(1, round(width * pixels / edge)), max(1, round(height * pixels / edge)))


def _draw(page: pypdfium2.PdfPage, size: Size) -> Image.Image:
    """The page on white, in exactly `size` pixels, with its annotations and filled forms."""
    bitmap = pypdfium2.PdfBitmap.new_native(*size, pdfium.FPDFBitmap_BGRx, rev_byteorder=True)
    bitmap.fill_rect(_WHITE, 0, 0, *size)
    place = (bitmap, page, 0, 0, *size, 0, pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER)
    pdfium.FPDF_RenderPageBitmap(*place)
    if page.formenv:
        pdfium.FPDF_FFLDraw(page.formenv, *place)
    image: Image.Image = bitmap.to_pil()
    return image.convert("RGB")
