"""The words of every error: exact, complete, plain."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest

from app.core import errors as types
from app.core.errors import (
    ApiError,
    BadAddress,
    BadKey,
    NoKey,
    NotConnected,
    NotTheApi,
    Offence,
    OffenceKind,
    ReplyLost,
    ServerError,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreGone,
    StoreLocked,
    StoreLow,
    StoreTooNew,
    StreamInterrupted,
    VisavisError,
)
from app.core.failure import error_from_json
from app.core.message import JSON
from app.ui.errors import sentence, words
from tests.ui.test_money_errors import MONEY_TEXTS
from tests.ui.test_picture_errors import CHOOSE, MEND, PICTURE_TEXTS, refused

pytestmark = pytest.mark.usefixtures("american_figures")

HOST = "api.anthropic.com"
KEPT = "What has come is kept. Try again for a whole answer."


def api(status: int, kind: str = "", **facts: object) -> ApiError:
    return replace(ApiError(status, kind, "said the server"), **facts)  # type: ignore[arg-type]  # fields by name


TEXTS: list[tuple[VisavisError, str]] = [
    (VisavisError(), "Something went wrong that this version has no words for. Try again."),
    *PICTURE_TEXTS,
    *MONEY_TEXTS,
    # key and address
    (ServerError(), "Something went wrong on the way to the server. Try again."),
    (NoKey(HOST), f"There is no API key for {HOST}. Paste a key, or try without one in practice mode."),
    (NoKey(""), "There is no API key yet. Paste a key, or try without one in practice mode."),
    (BadKey("empty"), "No key was entered. Paste the API key."),
    (
        BadKey("characters"),
        "The API key contains characters that no key has. Copy the whole key and nothing else, and paste it again.",
    ),
    (
        BadKey("admin"),
        (
            "This is an admin key, and it opens more than Visavis needs. "
            "Make an API key at console.anthropic.com and paste that."
        ),
    ),
    (
        BadKey("oauth"),
        "This is a sign-in token and not an API key. Make an API key at console.anthropic.com and paste that.",
    ),
    (
        BadKey("short"),
        "This is too short for an API key. Copy the whole key and nothing else, and paste it again.",
    ),
    (BadKey("long"), "This is too long for an API key. Copy the whole key and nothing else, and paste it again."),
    (
        BadAddress("ftp://x.example", "scheme"),
        "“ftp://x.example” is not the address of a server. Begin the address with https://.",
    ),
    (
        BadAddress("http://x.example", "plain_http"),
        (
            "“http://x.example” is not encrypted: others could read the key on its way. "
            "Use https://; http:// is for this computer only."
        ),
    ),
    (
        BadAddress("x.example", "credentials"),
        "The address of “x.example” contains a name or a password. Leave them out; the key has a field of its own.",
    ),
    (BadAddress("https://a b", "unreadable"), "“https://a b” is not an address. Write it like https://server.example."),
    # the connection
    (
        NotConnected(HOST, "dns"),
        f"{HOST} was not found. Nothing was sent. Check the internet connection and try again.",
    ),
    (
        NotConnected(HOST, "refused"),
        f"{HOST} refused the connection. Nothing was sent. Check the server and its address, and try again.",
    ),
    (
        NotConnected(HOST, "timeout"),
        f"{HOST} could not be reached in time. Nothing was sent. Check the internet connection and try again.",
    ),
    (
        NotConnected(HOST, "tls"),
        (
            f"The connection to {HOST} is not safe: its certificate could not be verified. "
            "Nothing was sent. Check this computer's date, and ask who runs the network or the server."
        ),
    ),
    (
        NotConnected(HOST, "proxy"),
        (
            f"The proxy let nothing through to {HOST}. "
            "Nothing was sent. Check the proxy settings of this computer and try again."
        ),
    ),
    (
        NotConnected(HOST, "failed"),
        f"There is no connection to {HOST}. Nothing was sent. Check the internet connection and try again.",
    ),
    (
        ReplyLost(HOST, "closed"),
        (
            f"The connection to {HOST} broke off before an answer came; the request may have been charged. "
            "It is not repeated unless you try again."
        ),
    ),
    (
        ReplyLost(HOST, "timeout"),
        (
            f"No answer came from {HOST} in time; the request may have been charged. "
            "It is not repeated unless you try again."
        ),
    ),
    (
        NotTheApi(HOST, "html", 200),
        (
            f"{HOST} sent a web page and not an answer. "
            "If this network asks you to sign in, do so in a browser; else check the address of the server."
        ),
    ),
    (
        NotTheApi(HOST, "redirect", 302),
        f"{HOST} points to another address, which is not followed. Check the address of the server.",
    ),
    (NotTheApi(HOST, "empty", 204), f"{HOST} sent an empty answer. Try again, or check the address of the server."),
    (NotTheApi(HOST, "json", 200), f"{HOST} sent something else than a message. Check the address of the server."),
    (
        NotTheApi(HOST, "encoded", 200),
        f"{HOST} sent a compressed answer, which is not accepted. Check the address of the server.",
    ),
    (
        NotTheApi(HOST, "too_large", 200),
        f"{HOST} sent far more than an answer can be. Check the address of the server.",
    ),
    (NotTheApi(HOST, "garbage"), f"{HOST} sent something that is no answer. Check the address of the server."),
    # what the server says
    (
        api(400),
        (
            "The server refused this request. "
            "The details say why. Change the message, or go on in a new chat that takes the pictures along."
        ),
    ),
    (
        api(400, picture=3, picture_name="roof.png"),
        f"The server refused Image 3 (roof.png). {MEND} The details say why.",
    ),
    (api(404, picture=3), f"The server refused Image 3. {MEND} The details say why."),
    (
        api(400, bad_signature=True),
        "The server no longer accepts the thinking of an earlier answer. The question is asked without it.",
    ),
    (api(401), "The server does not accept the API key. Check the key or paste another one."),
    (api(402), "The account cannot pay for this request. Look at the billing page of the account, then try again."),
    (api(403), "The API key does not allow this request. Use another key, or ask who manages the account."),
    (
        api(404),
        (
            "The server does not have this model, or its address is wrong. "
            "Choose another model, or check the address of the server."
        ),
    ),
    (api(408), "The server stopped waiting for the request. Try again."),
    (api(409), "The server was busy with something that conflicts with this request. Try again."),
    (api(413), f"The request is too large for the server. {CHOOSE}"),
    (api(429), "The account's limit of requests or tokens a minute is reached. Try again in a minute."),
    (
        api(429, retry_after=0.4),
        "The account's limit of requests or tokens a minute is reached. Try again in 1 second.",
    ),
    (
        api(429, retry_after=90.0),
        "The account's limit of requests or tokens a minute is reached. Try again in 90 seconds.",
    ),
    (
        api(429, retry_after=121.0),
        "The account's limit of requests or tokens a minute is reached. Try again in 3 minutes.",
    ),
    (
        api(429, retry_after=2 * 3600.0),
        "The account's limit of requests or tokens a minute is reached. Try again in 2 hours.",
    ),
    (
        api(429, code="enforced_spend_limit_reached"),
        (
            "A spending limit of the account is reached. "
            "Trying again does not help until the limit is raised or begins anew."
        ),
    ),
    (
        api(404, of_file=True),
        (
            "The server no longer keeps the file of a picture in this chat. "
            "Try again: what is missing there is uploaded anew."
        ),
    ),
    (
        api(404, of_file=True, picture=2, picture_name="roof.jpg"),
        (
            "The server no longer keeps the file of Image 2 (roof.jpg). "
            "Try again: what is missing there is uploaded anew."
        ),
    ),
    (
        api(400, of_link=True, picture=2, picture_name="roof.jpg"),
        (
            "The server could not fetch the link of Image 2 (roof.jpg). "
            "Leave it out, or replace it with a file or another link."
        ),
    ),
    (
        api(400, of_link=True, links=(2, 5)),
        (
            "The server could not fetch a link: those of Image 2 and Image 5 may be to blame. "
            "Leave out the picture whose link leads nowhere."
        ),
    ),
    (api(500), "The server failed. Nothing is lost. Try again."),
    (api(503), "The server is not available at the moment. Try again in a minute."),
    (api(504), "The server ran out of time for this request. Try again."),
    (api(529, retry_after=6.0), "Claude is overloaded. Try again in 6 seconds."),
    (api(418, "overloaded_error"), "Claude is overloaded. Try again in a minute."),
    (api(502), "The server failed with status 502. Nothing is lost. Try again."),
    (api(418), "The server refused this request with status 418. The details say why."),
    (StreamInterrupted("cut"), f"The connection broke off in the middle of the answer. {KEPT}"),
    (StreamInterrupted("silent"), f"The server fell silent in the middle of the answer. {KEPT}"),
    (StreamInterrupted("error", "api_error"), f"The server failed in the middle of the answer. {KEPT}"),
    (
        StreamInterrupted("error", "overloaded_error"),
        f"Claude became overloaded in the middle of the answer. {KEPT}",
    ),
    (StreamInterrupted("protocol"), f"The server sent the parts of the answer in the wrong order. {KEPT}"),
    (StreamInterrupted("too_large"), f"The server sent far more than an answer can be. {KEPT}"),
    # the store
    (StoreError("/data"), "The chats in /data could not be read or written. Try again."),
    (
        StoreLocked("/data"),
        "The data folder /data is in use by another Visavis. Use that one, or close it and start again.",
    ),
    (
        StoreGone("/data"),
        "The data folder /data is not there. Connect its disk, or start Visavis and choose another folder.",
    ),
    (
        StoreTooNew("/data"),
        "The chats in /data were written by a newer Visavis. Nothing was changed. Start the newer version.",
    ),
    (
        StoreDamaged("/data"),
        (
            "The chats in /data cannot be read, at least in part. "
            "Nothing was changed. There may be a backup: see Settings, Data, or start Visavis again."
        ),
    ),
    (
        StoreFull("/data"),
        "Nothing can be written to /data. Free some space or allow writing there, and try again.",
    ),
    (
        StoreLow("/data", 150_000_000),
        ("Only 150.0 MB are left on the disk of /data. Free some space soon: on a full disk nothing more can be kept."),
    ),
]


@pytest.mark.parametrize(("error", "text"), TEXTS, ids=lambda value: str(value)[:60])
def test_an_error_reads(error: VisavisError, text: str) -> None:
    assert sentence(error) == text


def test_no_reason_is_without_words() -> None:
    told: set[tuple[type, str]] = {(type(error), error.reason) for error, _ in TEXTS if hasattr(error, "reason")}
    told |= {(Offence, offence.kind) for error, _ in TEXTS for offence in getattr(error, "offences", ())}
    ours = [kind for kind in all_kinds(VisavisError) if kind.__module__ == types.__name__]
    kinds = [kind for kind in ours if "reason" in get_type_hints(kind)]
    known = {(kind, reason) for kind in kinds for reason in get_args(get_type_hints(kind)["reason"])}
    assert told == known | {(Offence, kind) for kind in get_args(OffenceKind)}


def all_kinds(kind: type[VisavisError]) -> Iterator[type[VisavisError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from all_kinds(below)


def test_no_error_type_is_without_words() -> None:
    ours = {kind for kind in all_kinds(VisavisError) if kind.__module__ == types.__name__}
    assert {type(error) for error, _ in TEXTS} == ours


@pytest.mark.parametrize(
    "error", [error for error, _ in TEXTS], ids=lambda error: f"{type(error).__name__}{error}"[:60]
)
def test_what_and_todo_are_whole_sentences_in_plain_words(error: VisavisError) -> None:
    said = words(error)
    for text in (said.what, said.remedy):
        assert text.endswith(".")
        assert "%" not in text
        assert "!" not in text
        assert "attachment" not in text
        assert "said the server" not in text


def test_what_the_server_said_is_in_the_details_without_keys_and_at_most_500_characters() -> None:
    said = words(ApiError(400, "invalid_request_error", "no sk-ant-api03-abcdefghijkl here", request_id="req_1"))
    assert said.details == "HTTP 400 · invalid_request_error\nno sk-… here\nreq_1"
    assert len(words(ApiError(400, "x", "long " * 400)).details) == 500
    assert words(StreamInterrupted("error", "api_error", "broke", "req_2")).details == "api_error\nbroke\nreq_2"
    assert words(NotTheApi(HOST, "redirect", 302)).details == "HTTP 302"


def test_a_full_disk_is_called_one() -> None:
    error = StoreFull("/data/conversations.db")
    error.__cause__ = OSError(errno.ENOSPC, "no space")
    assert sentence(error) == "The disk is full. Free some space and try again."


def test_ways_on_are_offered_as_actions() -> None:
    assert words(NoKey(HOST)).actions == ("key", "practice")
    assert words(api(401)).actions == ("key",)
    assert words(api(404)).actions == ("model", "key")
    assert words(api(429, code="contract_spend_limit_reached")).actions == ()
    assert words(refused(Offence("edge", 9000, 8000, 3))).actions == ("shrink", "remove", "replace")
    assert words(refused(*(Offence("edge", 9000, 8000, n) for n in (3, 4)))).actions == ("remove_all", "take_along")
    assert words(refused(Offence("missing_picture", picture=3))).actions == ("remove", "replace")
    assert words(refused(Offence("edge", 9000, 8000, 3), Offence("context", 2, 1))).actions == ("model", "take_along")
    assert words(api(400, picture=3)).actions == ("shrink", "remove", "replace")
    assert words(refused(Offence("context", 2, 1))).actions == ("model", "take_along")
    assert words(refused(Offence("empty"))).actions == ("attach",)
    assert words(StreamInterrupted("cut")).actions == ("retry",)


def test_words_fit_a_card() -> None:
    for error, _ in TEXTS:
        said = words(error)
        assert len(said.what) <= 200
        assert len(said.remedy) <= 130


def test_the_words_need_no_window() -> None:
    code = (
        "import sys\n"
        "from app.core.errors import NoKey\n"
        "from app.ui.errors import sentence\n"
        "assert sentence(NoKey('x')).startswith('There is no API key for x.')\n"
        "assert not {'PySide6.QtGui', 'PySide6.QtWidgets', 'httpx', 'PIL'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "stored",
    [
        {"class": "NotConnected", "facts": {"host": HOST, "reason": "of a newer version"}},
        {"class": "StreamInterrupted", "facts": {"reason": "of a newer version"}},
        {"class": "PictureUnreadable", "facts": {"name": "a.png", "reason": "of a newer version"}},
        {"class": "LinkRefused", "facts": {"name": "pics.example", "reason": "of a newer version"}},
        {"class": "RequestRefused", "facts": {"offences": [{"kind": "of a newer version"}]}},
    ],
)
def test_a_stored_error_of_a_newer_version_has_general_words(stored: JSON) -> None:
    assert words(error_from_json(stored)).what == "Something went wrong that this version has no words for."


def test_a_bad_key_of_the_environment_is_corrected_there() -> None:
    said = words(BadKey("characters", "ANTHROPIC_API_KEY"))
    assert said.remedy == "Correct ANTHROPIC_API_KEY and start Visavis again, or try without a key in practice mode."
    assert said.actions == ("practice",)


def test_a_free_request_is_not_said_to_have_been_charged() -> None:
    error = ReplyLost(HOST, "timeout")
    assert "charged" in sentence(error)
    assert sentence(error, charged=False) == f"No answer came from {HOST}. Try again."
    assert sentence(NoKey(HOST), charged=False) == sentence(NoKey(HOST))
