"""The format of a picture file by its first bytes, never by its name."""

from __future__ import annotations

import re
from typing import Final

SNIFFED: Final = 4096
"""Bytes from the start of a file that `sniff` wants to see: drawings begin with comments."""

_JUNK: Final = 1024
"""Bytes that readers of PDF skip in search of its start."""

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0\x10\0\0\0CR", "CR2"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\0", "RW2"),
    (b"\0\0\x01\0", "ICO"),
    (b"\0\0\x02\0", "CUR"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "EPS"),
    (b"8BPS", "PSD"),
    (b"gimp xcf", "XCF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"icns", "ICNS"),
)
_BRANDS: Final = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "CR3"} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"), "HEIC"
)
_BMP_HEADERS: Final = (12, 16, 40, 52, 56, 64, 108, 124)


def sniff(head: bytes) -> str:
    """The format by the first `SNIFFED` bytes, as people call it; empty when they are no picture's."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[:2] == b"BM" and len(head) > 17 and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if _is_svg(head):
        return "SVG"
    return "PDF" if _LATE_PDF.search(head, 0, _JUNK) else ""


_LATE_PDF: Final = re.compile(rb"(?<![ -~])%PDF-[0-9]")
"""Behind junk, though not in the middle of a text."""
_MARKED: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def _is_svg(head: bytes) -> bool:
    encoding = next((name for mark, name in _MARKED if head.startswith(mark)), "latin-1")
    text = head.decode(encoding, "ignore").lstrip("\ufeff\t\r\n \u00ef\u00bb\u00bf").lower()
    return text.startswith("<") and _SVG.search(text) is not None and "<html" not in text


_SVG: Final = re.compile(r"<(?:[a-z_][\w.-]*:)?svg[\s/>]")


def _by_brand(head: bytes) -> str:
    """HEIC and AVIF share a container; AVIF files may call themselves by the common brand and list their own after."""
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    names = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if names and brands[0] in (b"mif1", b"msf1") and "AVIF" in names:
        return "AVIF"
    return names[0] if names else ""
