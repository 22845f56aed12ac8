"""The words for what can go wrong on the way to the server and back."""

from __future__ import annotations

import math
from typing import Final

from app.core.errors import (
    ApiError,
    BadAddress,
    BadKey,
    NoKey,
    NotConnected,
    NotTheApi,
    ReplyLost,
    ServerError,
    StreamInterrupted,
)
from app.ui import figures
from app.ui.errors.form import Action, Words, details, filled, harmless, listed, numbered, tr

_KEYS_ARE_MADE: Final = "console.anthropic.com"


def server_words(error: ServerError) -> Words:
    match error:
        case NoKey():
            return _no_key(error)
        case BadKey():
            return _bad_key(error)
        case BadAddress():
            return _bad_address(error)
        case NotConnected():
            return _not_connected(error)
        case ReplyLost():
            return _reply_lost(error)
        case NotTheApi():
            return _not_the_api(error)
        case ApiError():
            said = details(f"HTTP {error.status} · {error.type}", error.message, error.request_id)
            return Words(*_api_error(error), said)
        case StreamInterrupted():
            return _interrupted(error)
    return Words(tr("Something went wrong on the way to the server."), tr("Try again."), ("retry",))


# --- key and address ----------------------------------------------------------------------------


def _no_key(error: NoKey) -> Words:
    host = harmless(error.host)
    what = filled(tr("There is no API key for %1."), host) if host else tr("There is no API key yet.")
    return Words(what, tr("Paste a key, or try without one in practice mode."), ("key", "practice"))


def _bad_key(error: BadKey) -> Words:
    again = tr("Copy the whole key and nothing else, and paste it again.")
    make = filled(tr("Make an API key at %1 and paste that."), _KEYS_ARE_MADE)
    what, remedy = {
        "empty": (tr("No key was entered."), tr("Paste the API key.")),
        "characters": (tr("The API key contains characters that no key has."), again),
        "admin": (tr("This is an admin key, and it opens more than Visavis needs."), make),
        "oauth": (tr("This is a sign-in token and not an API key."), make),
        "short": (tr("This is too short for an API key."), again),
        "long": (tr("This is too long for an API key."), again),
    }[error.reason]
    if error.variable:
        remedy = tr("Correct %1 and start Visavis again, or try without a key in practice mode.")
        return Words(what, filled(remedy, error.variable), ("practice",))
    return Words(what, remedy, ("key",))


def _bad_address(error: BadAddress) -> Words:
    what, remedy = {
        "scheme": (tr("%1 is not the address of a server."), tr("Begin the address with https://.")),
        "plain_http": (
            tr("%1 is not encrypted: others could read the key on its way."),
            tr("Use https://; http:// is for this computer only."),
        ),
        "credentials": (
            tr("The address of %1 contains a name or a password."),
            tr("Leave them out; the key has a field of its own."),
        ),
        "unreadable": (tr("%1 is not an address."), tr("Write it like https://server.example.")),
    }[error.reason]
    return Words(filled(what, f"“{harmless(error.address)}”"), remedy, ("key",))


# --- the connection -----------------------------------------------------------------------------


def _not_connected(error: NotConnected) -> Words:
    online = tr("Nothing was sent. Check the internet connection and try again.")
    what, remedy = {
        "dns": (tr("%1 was not found."), online),
        "refused": (
            tr("%1 refused the connection."),
            tr("Nothing was sent. Check the server and its address, and try again."),
        ),
        "timeout": (tr("%1 could not be reached in time."), online),
        "tls": (
            tr("The connection to %1 is not safe: its certificate could not be verified."),
            tr("Nothing was sent. Check this computer's date, and ask who runs the network or the server."),
        ),
        "proxy": (
            tr("The proxy let nothing through to %1."),
            tr("Nothing was sent. Check the proxy settings of this computer and try again."),
        ),
        "failed": (tr("There is no connection to %1."), online),
    }[error.reason]
    return Words(filled(what, harmless(error.host)), remedy, ("retry",))


def _reply_lost(error: ReplyLost) -> Words:
    what = {
        "closed": tr("The connection to %1 broke off before an answer came; the request may have been charged."),
        "timeout": tr("No answer came from %1 in time; the request may have been charged."),
    }[error.reason]
    return Words(filled(what, harmless(error.host)), tr("It is not repeated unless you try again."), ("retry",))


def free_reply_lost_words(error: ReplyLost) -> Words:
    """For a request that costs nothing, such as for the list of models."""
    return Words(filled(tr("No answer came from %1."), harmless(error.host)), tr("Try again."), ("retry",))


def _not_the_api(error: NotTheApi) -> Words:
    address = tr("Check the address of the server.")
    what, remedy = {
        "html": (
            tr("%1 sent a web page and not an answer."),
            tr("If this network asks you to sign in, do so in a browser; else check the address of the server."),
        ),
        "redirect": (tr("%1 points to another address, which is not followed."), address),
        "empty": (tr("%1 sent an empty answer."), tr("Try again, or check the address of the server.")),
        "json": (tr("%1 sent something else than a message."), address),
        "encoded": (tr("%1 sent a compressed answer, which is not accepted."), address),
        "too_large": (tr("%1 sent far more than an answer can be."), address),
        "garbage": (tr("%1 sent something that is no answer."), address),
    }[error.reason]
    status = f"HTTP {error.status}" if error.status else ""
    return Words(filled(what, harmless(error.host)), remedy, ("retry", "key"), status)


# --- what the server says -----------------------------------------------------------------------

_STATUS_OF_TYPE: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""For statuses that stand in no table (API.md, section 4.1)."""
_MENDS: Final[tuple[Action, ...]] = ("shrink", "remove", "replace")


def _api_error(error: ApiError) -> tuple[str, str, tuple[Action, ...]]:
    if error.bad_signature:
        what = tr("The server no longer accepts the thinking of an earlier answer.")
        return what, tr("The question is asked without it."), ("retry",)
    if error.of_file:
        return _file_gone(error)
    if error.of_link and (error.picture or error.links):
        return _link_not_fetched(error)
    if error.picture:
        what = filled(tr("The server refused %1."), numbered(error.picture, error.picture_name))
        return what, tr("Make it smaller, leave it out or replace it. The details say why."), _MENDS
    if error.spend_limit:
        what = tr("A spending limit of the account is reached.")
        return what, tr("Trying again does not help until the limit is raised or begins anew."), ()
    return _by_status(error)


def _by_status(error: ApiError) -> tuple[str, str, tuple[Action, ...]]:
    again, soon = tr("Try again."), tr("Try again in a minute.")
    known: dict[int, tuple[str, str, tuple[Action, ...]]] = {
        400: (
            tr("The server refused this request."),
            tr("The details say why. Change the message, or go on in a new chat that takes the pictures along."),
            ("take_along",),
        ),
        401: (tr("The server does not accept the API key."), tr("Check the key or paste another one."), ("key",)),
        402: (
            tr("The account cannot pay for this request."),
            tr("Look at the billing page of the account, then try again."),
            ("retry",),
        ),
        403: (
            tr("The API key does not allow this request."),
            tr("Use another key, or ask who manages the account."),
            ("key",),
        ),
        404: (
            tr("The server does not have this model, or its address is wrong."),
            tr("Choose another model, or check the address of the server."),
            ("model", "key"),
        ),
        408: (tr("The server stopped waiting for the request."), again, ("retry",)),
        409: (tr("The server was busy with something that conflicts with this request."), again, ("retry",)),
        413: (
            tr("The request is too large for the server."),
            tr(
                "Remove pictures from this message, or go on in a new chat that takes them along; there you can choose."
            ),
            ("take_along",),
        ),
        429: (
            tr("The account's limit of requests or tokens a minute is reached."),
            _later(error.retry_after),
            ("retry",),
        ),
        500: (tr("The server failed."), tr("Nothing is lost. Try again."), ("retry",)),
        503: (tr("The server is not available at the moment."), soon, ("retry",)),
        504: (tr("The server ran out of time for this request."), again, ("retry",)),
        529: (tr("Claude is overloaded."), _later(error.retry_after), ("retry",)),
    }
    status = error.status if error.status in known else _STATUS_OF_TYPE.get(error.type, 0)
    if status in known:
        return known[status]
    number = str(error.status)
    if error.status >= 500:
        return filled(tr("The server failed with status %1."), number), tr("Nothing is lost. Try again."), ("retry",)
    return filled(tr("The server refused this request with status %1."), number), tr("The details say why."), ("retry",)


def _file_gone(error: ApiError) -> tuple[str, str, tuple[Action, ...]]:
    again = tr("Try again: what is missing there is uploaded anew.")
    if not error.picture:
        return tr("The server no longer keeps the file of a picture in this chat."), again, ("retry",)
    what = filled(tr("The server no longer keeps the file of %1."), numbered(error.picture, error.picture_name))
    return what, again, ("retry", "remove", "replace")


def _link_not_fetched(error: ApiError) -> tuple[str, str, tuple[Action, ...]]:
    if error.picture:
        what = filled(tr("The server could not fetch the link of %1."), numbered(error.picture, error.picture_name))
        return what, tr("Leave it out, or replace it with a file or another link."), ("remove", "replace")
    names = listed([numbered(number, "") for number in error.links])
    what = filled(tr("The server could not fetch a link: those of %1 may be to blame."), names)
    return what, tr("Leave out the picture whose link leads nowhere."), ()


def _later(seconds: float | None) -> str:
    """When to try again."""
    if seconds is None:
        return tr("Try again in a minute.")
    if seconds <= 90:
        number = max(1, math.ceil(seconds))
        text = tr("Try again in 1 second.") if number == 1 else tr("Try again in %1 seconds.")
    elif seconds <= 90 * 60:
        number = math.ceil(seconds / 60)
        text = tr("Try again in %1 minutes.")
    else:
        number = math.ceil(seconds / 3600)
        text = tr("Try again in %1 hours.")
    return filled(text, figures.count(number))


def _interrupted(error: StreamInterrupted) -> Words:
    what = {
        "cut": tr("The connection broke off in the middle of the answer."),
        "silent": tr("The server fell silent in the middle of the answer."),
        "error": tr("The server failed in the middle of the answer."),
        "protocol": tr("The server sent the parts of the answer in the wrong order."),
        "too_large": tr("The server sent far more than an answer can be."),
    }[error.reason]
    if error.reason == "error" and error.type == "overloaded_error":
        what = tr("Claude became overloaded in the middle of the answer.")
    remedy = tr("What has come is kept. Try again for a whole answer.")
    return Words(what, remedy, ("retry",), details(error.type, error.message, error.request_id))
