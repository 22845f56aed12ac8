"""The words for pictures, links and requests that are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from app.core.errors import (
    AlreadyAttached,
    FormatUnsupported,
    LinkReason,
    LinkRefused,
    NotAPicture,
    Offence,
    PictureCleared,
    PictureDamaged,
    PictureError,
    PictureTooBig,
    PictureTooSlow,
    PictureUnreadable,
    RequestRefused,
    StoreFull,
    VisavisError,
)
from app.ui.errors import refusals, words

pytestmark = pytest.mark.usefixtures("american_figures")

ADD = "Add a JPEG, PNG, GIF, WebP, HEIC, AVIF, TIFF, BMP, ICO, SVG or PDF file."
AS_PNG = "Save it as JPEG or PNG and add that."
BY_HAND = "Open the link in a browser, save the picture and add the file."
BY_FILE = "save the picture in a browser and add the file."
CHECK = "Check the link and the internet connection, and add it again."
MEND = "Make it smaller, leave it out or replace it."
LEAVE_OUT = "Leave it out or replace it."
ALONG = "go on in a new chat that takes the pictures along."
REMOVE_THEM = f"Leave them out, or {ALONG}"
CHOOSE = "Remove pictures from this message, or go on in a new chat that takes them along; there you can choose."


def refused(*offences: Offence) -> RequestRefused:
    return RequestRefused(offences)


PICTURE_TEXTS: list[tuple[VisavisError, str]] = [
    # pictures
    (PictureError("a.png"), f"a.png cannot be used. {ADD}"),
    (PictureUnreadable("a.png", "missing"), "a.png was not found. Check where it is now and add it again."),
    (
        PictureUnreadable("a.png", "denied"),
        "a.png may not be read. Allow reading it, or add a copy from a folder of yours.",
    ),
    (PictureUnreadable("trip", "folder"), "“trip” is a folder. Open it and choose the pictures in it."),
    (PictureUnreadable("pipe", "special"), "pipe is not a file. Add a picture file instead."),
    (PictureUnreadable("a.png", "empty"), "a.png is empty. Save or download it again."),
    (PictureUnreadable("a.png", "failed"), "a.png could not be read. Copy it to this computer and add the copy."),
    (NotAPicture("notes.docx"), f"notes.docx is not a picture. {ADD}"),
    (
        PictureUnreadable("a.pdf", "password"),
        "a.pdf is locked with a password. Save a copy without the password and add that.",
    ),
    (
        PictureUnreadable("trip", "no_pictures"),
        "“trip” has no pictures in it. Choose another folder, or pictures themselves.",
    ),
    (
        FormatUnsupported("a.psd", "PSD"),
        f"a.psd is of a kind that Visavis does not take: PSD. {AS_PNG}",
    ),
    (
        FormatUnsupported("a.svg", "linked SVG"),
        f"a.svg refers to something outside itself, and Visavis loads nothing that a drawing asks for. {AS_PNG}",
    ),
    (
        FormatUnsupported("a.svg", "SVG with entities"),
        f"a.svg declares entities, which are not read because they can hide other files. {AS_PNG}",
    ),
    (
        PictureCleared("a.png", 1_795_262_400.0),
        (
            "a.png: the original was removed on 21 Nov 2026 to make room. "
            "What was sent of it is kept. Add the picture again for more."
        ),
    ),
    (
        PictureTooSlow("a.tiff", "TIFF"),
        f"Opening a.tiff was ended: it took too much time or memory. {AS_PNG}",
    ),
    (
        AlreadyAttached("a.png", 3),
        "a.png is the same picture as Image 3 and was not added again. Nothing needs to be done: it goes once.",
    ),
    # links
    (
        LinkRefused("pics.example", "scheme"),
        f"The link to pics.example does not begin with https://, and no other is fetched. {BY_HAND}",
    ),
    (
        LinkRefused("pics.example", "credentials"),
        f"The link to pics.example contains a name or a password, and is not fetched with them. {BY_HAND}",
    ),
    (
        LinkRefused("pics.example", "port"),
        f"The link to pics.example names a port, and no other than the usual one is asked. {BY_HAND}",
    ),
    (
        LinkRefused("https://127.1/", "unreadable"),
        f"“https://127.1/” is not a link that can be read. Copy the link again, or {BY_FILE}",
    ),
    (
        LinkRefused("10.0.0.1", "private"),
        f"10.0.0.1 is not on the public internet, and nothing is fetched from elsewhere. {BY_HAND}",
    ),
    (
        LinkRefused("pics.example", "redirects", limit=5),
        f"The link to pics.example was passed on more than 5 times. {BY_HAND}",
    ),
    (LinkRefused("pics.example", "dns"), f"pics.example was not found. {CHECK}"),
    (LinkRefused("pics.example", "connect"), f"pics.example could not be reached. {CHECK}"),
    (
        LinkRefused("pics.example", "tls"),
        (
            "The connection to pics.example is not safe: its certificate could not be verified. "
            "Nothing was fetched. Check this computer's date, or ask for the picture as a file."
        ),
    ),
    (
        LinkRefused("pics.example", "timeout", limit=15),
        f"pics.example did not send the picture within 15 seconds. Add it again, or {BY_FILE}",
    ),
    (
        LinkRefused("pics.example", "too_large", limit=20_000_000),
        f"What pics.example sends is above the limit of 20.0 MB. {BY_HAND}",
    ),
    (
        LinkRefused("pics.example", "status", status=404),
        f"pics.example answered with status 404 and no picture. Check the link, or {BY_FILE}",
    ),
    (
        LinkRefused("pics.example", "failed"),
        f"What pics.example sent broke off or could not be read. Add it again, or {BY_FILE}",
    ),
    (PictureDamaged("a.png"), "a.png is damaged or incomplete. Save or download it again."),
    (
        PictureTooBig("a.png", 30000, 20000),
        "a.png has 30,000×20,000 pixels, more than can be opened safely. Make it smaller and add it again.",
    ),
    (
        PictureTooBig("a.png", file_bytes=300_000_000, limit_bytes=67_108_864),
        "a.png has 300.0 MB, and the limit is 67.1 MB. Make it smaller and add it again.",
    ),
    (PictureTooBig("a.png"), "a.png is too big to be opened safely. Make it smaller and add it again."),
    (PictureDamaged(""), "The pasted picture is damaged or incomplete. Save or download it again."),
    # the preflight
    (refused(), f"This message cannot be sent. {CHOOSE}"),
    (
        refused(Offence("too_many_pictures", 601, 600)),
        f"This chat has 601 pictures, and the model takes 600. {CHOOSE}",
    ),
    (
        refused(Offence("edge", 9000, 8000, 3, "a.png")),
        f"Image 3 (a.png) has an edge of 9,000 pixels, and the limit is 8,000. {MEND}",
    ),
    (
        refused(Offence("edge", 9000, 8000, 3, "a.png"), Offence("edge", 9100, 8000, 4, "")),
        f"Image 3 (a.png) and Image 4 have an edge above 8,000 pixels. {REMOVE_THEM}",
    ),
    (
        refused(Offence("edge_of_many", 2576, 2000, 3, "a.png")),
        (f"Image 3 (a.png) has an edge of 2,576 pixels, and with this many pictures the limit is 2,000. {MEND}"),
    ),
    (
        refused(*(Offence("edge_of_many", 2576, 2000, n, "") for n in range(1, 22))),
        (
            "Image 1, Image 2 and 19 more have an edge above 2,000 pixels, the limit with this many pictures. "
            f"{REMOVE_THEM}"
        ),
    ),
    (
        refused(Offence("picture_bytes", 12_000_000, 10_000_000, 3, "a.png")),
        f"Image 3 (a.png) has 9.0 MB, and the limit is 7.5 MB. {MEND}",
    ),
    (
        refused(*(Offence("picture_bytes", 12_000_000, 10_000_000, n, "") for n in (1, 2))),
        f"Image 1 and Image 2 have more than 7.5 MB each. {REMOVE_THEM}",
    ),
    (
        refused(Offence("request_bytes", 33_100_000, 32_000_000)),
        f"Pictures and text together have 33.1 MB, and the limit is 32.0 MB. {CHOOSE}",
    ),
    (refused(Offence("empty")), "There is nothing to send. Write something or add a picture."),
    (
        refused(Offence("context", 210_000, 200_000)),
        f"This chat has about 210,000 tokens, and the model takes 200,000. Choose a model that takes more, or {ALONG}",
    ),
    (
        refused(Offence("missing_picture", picture=3, name="a.png")),
        f"Image 3 (a.png) is missing from the data folder. {LEAVE_OUT}",
    ),
    (
        refused(*(Offence("missing_picture", picture=n, name="a.png") for n in (1, 2, 3))),
        (
            "Image 1 (a.png), Image 2 (a.png) and Image 3 (a.png) are missing from the data folder. "
            "Leave them out; what you have written stays."
        ),
    ),
    (
        refused(Offence("edge_of_tier", picture=3, name="a.png")),
        f"Image 3 (a.png) is larger than the model takes without shrinking it. {MEND}",
    ),
    (
        refused(*(Offence("edge_of_tier", picture=n) for n in (1, 2))),
        f"Image 1 and Image 2 are larger than the model takes without shrinking them. {REMOVE_THEM}",
    ),
    (
        refused(Offence("media_type", picture=3, name="a.png")),
        f"Image 3 (a.png) is kept under the name of another format. {MEND}",
    ),
    (
        refused(*(Offence("media_type", picture=n) for n in (1, 2))),
        f"Image 1 and Image 2 are kept under the names of other formats. {REMOVE_THEM}",
    ),
    (
        refused(Offence("expired_file", picture=3, name="a.png")),
        f"Image 3 (a.png) has expired on the server. {LEAVE_OUT}",
    ),
    (
        refused(*(Offence("expired_file", picture=n) for n in (1, 2))),
        f"Image 1 and Image 2 have expired on the server. {REMOVE_THEM}",
    ),
    (
        refused(Offence("link", picture=3, name="a.png")),
        f"Image 3 (a.png) is a link, and this server takes none. {LEAVE_OUT}",
    ),
    (
        refused(*(Offence("link", picture=n) for n in (1, 2))),
        f"Image 1 and Image 2 are links, and this server takes none. {REMOVE_THEM}",
    ),
    (
        refused(*(Offence("edge", edge, 8000, 3, "a.png") for edge in (9000, 8500, 8100))),
        f"Image 3 (a.png) has an edge of 9,000 pixels, and the limit is 8,000. {MEND}",
    ),
    (
        refused(Offence("edge", 9000, 8000, 3, "a.png"), Offence("link", picture=3, name="a.png")),
        (
            "Image 3 (a.png) has an edge of 9,000 pixels, and the limit is 8,000. "
            f"Image 3 (a.png) is a link, and this server takes none. {LEAVE_OUT}"
        ),
    ),
]


def test_foreign_names_stay_on_one_line_whole_in_direction_and_short() -> None:
    evil = "a\n<b>\u202egnp.exe%2" + "x" * 300 + ".png"
    text = words(PictureDamaged(evil)).what
    assert text.startswith("a <b>gnp.exe%2xxx")
    assert "\u202e" not in text
    assert "…xxx" in text
    assert text.endswith("xxx.png is damaged or incomplete.")
    assert len(text) < 100


def test_a_name_that_looks_like_a_placeholder_is_left_alone() -> None:
    assert refusals([NotAPicture("%2"), NotAPicture("%1")]) == ["2 files are not pictures: %2 and %1."]


def test_refused_pictures_are_told_by_kind() -> None:
    texts = [NotAPicture(f"{letter}.txt") for letter in "abcdefghijkl"]
    assert refusals(texts) == ["12 files are not pictures: a.txt, b.txt and 10 more."]
    assert refusals(texts[:1]) == ["a.txt is not a picture."]
    folder = PictureUnreadable("folder", "folder")
    assert refusals([folder]) == ["“folder” is a folder. Open it and choose the pictures in it."]
    assert refusals(texts[:3]) == ["3 files are not pictures: a.txt, b.txt and c.txt."]
    mixed = [texts[0], PictureDamaged("x.png"), texts[1], FormatUnsupported("y.psd", "PSD"), StoreFull("/d")]
    assert refusals([*mixed, StoreFull("/d")]) == [
        "2 files are not pictures: a.txt and b.txt.",
        "x.png is damaged or incomplete.",
        "y.psd is of a kind that Visavis does not take: PSD.",
        "Nothing can be written to /d. Free some space or allow writing there, and try again.",
    ]


SEVERAL: list[tuple[PictureError, str]] = [
    (PictureUnreadable("", "missing"), "2 files were not found: a and b."),
    (PictureUnreadable("", "denied"), "2 files may not be read: a and b."),
    (PictureUnreadable("", "folder"), "2 are folders: “a” and “b”. Open them and choose the pictures in them."),
    (PictureUnreadable("", "special"), "2 are not files: a and b."),
    (PictureUnreadable("", "empty"), "2 files are empty: a and b."),
    (PictureUnreadable("", "failed"), "2 files could not be read: a and b."),
    (PictureUnreadable("", "password"), "2 files are locked with passwords: a and b."),
    (PictureUnreadable("", "no_pictures"), "2 folders have no pictures in them: “a” and “b”."),
    (FormatUnsupported("", "PSD"), "2 pictures are of a kind that Visavis does not take (PSD): a and b."),
    (
        FormatUnsupported("", "linked SVG"),
        "2 drawings refer to something outside themselves, which is not loaded: a and b.",
    ),
    (FormatUnsupported("", "SVG with entities"), "2 drawings declare entities, which are not read: a and b."),
    (
        PictureTooSlow("", "TIFF"),
        "Opening 2 pictures was ended, because it took too much time or memory: a and b.",
    ),
    (AlreadyAttached("", 3), "2 pictures are here already and were not added again: a and b."),
    (LinkRefused("", "scheme"), "2 links do not begin with https://, and no others are fetched: a and b."),
    (LinkRefused("", "credentials"), "2 links contain names or passwords, and are not fetched with them: a and b."),
    (LinkRefused("", "port"), "2 links name ports, and no other than the usual one is asked: a and b."),
    (LinkRefused("", "unreadable"), "2 links cannot be read: a and b."),
    (LinkRefused("", "private"), "2 links lead out of the public internet, and are not fetched: a and b."),
    (LinkRefused("", "redirects"), "2 links were passed on too often: a and b."),
    (LinkRefused("", "dns"), "The hosts of 2 links were not found: a and b."),
    (LinkRefused("", "connect"), "The hosts of 2 links could not be reached: a and b."),
    (LinkRefused("", "tls"), "2 links were not fetched because certificates could not be verified: a and b."),
    (LinkRefused("", "timeout"), "The pictures of 2 links did not come in time: a and b."),
    (LinkRefused("", "too_large"), "What 2 links lead to is above the limit of size: a and b."),
    (LinkRefused("", "status", 404), "2 links lead to no picture: a and b."),
    (LinkRefused("", "failed"), "What 2 links lead to broke off or could not be read: a and b."),
    (PictureCleared("", 0), "2 originals were removed to make room: a and b."),
    (PictureDamaged(""), "2 pictures are damaged or incomplete: a and b."),
    (PictureTooBig("", 40000, 40000), "2 pictures have more pixels than can be opened safely: a and b."),
    (PictureTooBig("", 0, 0, 99_000_000, 67_108_864), "2 files are above the limit of 67.1 MB: a and b."),
    (PictureTooBig(""), "2 pictures are too big to be opened safely: a and b."),
    (PictureError(""), "2 pictures cannot be used: a and b."),
]


@pytest.mark.parametrize(("error", "text"), SEVERAL, ids=lambda value: str(value)[:40])
def test_two_refused_pictures_of_a_kind_read(error: PictureError, text: str) -> None:
    assert refusals([replace(error, name="a"), replace(error, name="b")]) == [text]


def test_links_to_one_host_name_it_once() -> None:
    assert refusals([LinkRefused("a", "status", status) for status in (403, 404, 500)]) == [
        "3 links lead to no picture: a."
    ]


def test_every_reason_of_a_link_has_words_for_several() -> None:
    assert {error.reason for error, _ in SEVERAL if isinstance(error, LinkRefused)} == {*get_args(LinkReason)}
