"""The format of a picture file by its first bytes, never by its name."""

from __future__ import annotations

from typing import Final

SNIFFED: Final = 1024
"""Bytes from the start of a file that `sniff` wants to see."""

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
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
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<") and b"<svg" in text and b"<html" not in text:
        return "SVG"
    return ""


def _by_brand(head: bytes) -> str:
    """HEIC and AVIF share a container; AVIF files may call themselves by the common brand and list their own after."""
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    names = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if names and brands[0] in (b"mif1", b"msf1") and "AVIF" in names:
        return "AVIF"
    return names[0] if names else ""
