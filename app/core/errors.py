"""The errors a person may meet: types and facts, no words (those live in `app.ui.errors`).

    VisavisError
    ├── PictureError            one picture cannot be used
    │   ├── PictureUnreadable       its bytes could not be had
    │   ├── NotAPicture             its bytes are no picture we know
    │   ├── FormatUnsupported       a picture, in a format we do not take
    │   ├── PictureDamaged          it starts like a picture and breaks off
    │   ├── PictureCleared          an original that the person had removed to make room
    │   ├── PictureTooBig           more pixels or bytes than can be handled safely
    │   ├── PictureTooSlow          decoding it was ended: it took too long, or broke its process
    │   ├── AlreadyAttached         the draft has the same picture
    │   └── LinkRefused             a picture on the web that is not fetched, or could not be
    ├── RequestRefused          the preflight found what the API would refuse; nothing was sent
    ├── ServerError             talking to the server went wrong
    │   ├── NoKey                   there is no key for this server
    │   ├── BadKey                  what was entered cannot be an API key
    │   ├── BadAddress              the base URL is not one we may use
    │   ├── NotConnected            no byte of the request was sent: safe to repeat
    │   ├── ReplyLost               sent, and no answer came: may have been charged
    │   ├── NotTheApi               an answer came, and it is not the API's
    │   ├── ApiError                the API's own error, before any answer began
    │   └── StreamInterrupted       the answer broke off after it began
    └── StoreError              the conversations on disk
        ├── StoreLocked             another process owns the data folder
        ├── StoreGone               the data folder is not where it was moved to
        ├── StoreTooNew             written by a newer version
        ├── StoreDamaged            not a database, or a broken one
        ├── StoreFull               no space left, or not writable
        └── StoreLow                little space left

Callers decide by type and field, never by the text of a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class VisavisError(Exception):
    """Anything that is put before the person in words."""


# --- money --------------------------------------------------------------------------------------


@dataclass
class CapReached(VisavisError):
    """A request was not sent, because it might have cost more than the person allows. Amounts are exact USD."""

    period: Literal["day", "month", "conversation"]
    limit: str
    spent: str
    """Already spent, and kept back for requests that are under way."""
    at_most: str
    """What the request can cost; empty where the model's price is not known, so that no cap can be kept."""


# --- pictures -----------------------------------------------------------------------------------


@dataclass
class PictureError(VisavisError):
    name: str
    """The name the person knows the picture by: a file name without its folder."""


@dataclass
class PictureUnreadable(PictureError):
    reason: Literal["missing", "denied", "folder", "special", "empty", "failed", "password", "no_pictures"]


@dataclass
class NotAPicture(PictureError):
    pass


@dataclass
class FormatUnsupported(PictureError):
    format: str
    """As people call it: "HEIC", "TIFF", "SVG"."""


@dataclass
class PictureDamaged(PictureError):
    pass


@dataclass
class PictureCleared(PictureError):
    when: float
    """Seconds since the epoch."""


@dataclass
class PictureTooBig(PictureError):
    width: int = 0
    """Pixels; 0 when it is the file that is too big."""
    height: int = 0
    file_bytes: int = 0
    limit_bytes: int = 0


@dataclass
class PictureTooSlow(PictureError):
    format: str
    """As people call it."""


@dataclass
class AlreadyAttached(PictureError):
    number: int
    """The picture's number in the conversation, as in "Image 3"."""


LinkReason = Literal[
    "scheme", "credentials", "port", "unreadable", "private", "redirects", "dns", "connect", "tls", "timeout",
    "too_large", "status", "failed",
]  # fmt: skip


@dataclass
class LinkRefused(PictureError):
    """`name` is the host that it failed at, as it is shown to the person; the address where that has none."""

    reason: LinkReason
    status: int = 0
    """HTTP status, where the server answered with one that is no picture."""
    limit: int = 0
    """Bytes or seconds, where one was reached."""


# --- the preflight ------------------------------------------------------------------------------


OffenceKind = Literal[
    "too_many_pictures",
    "edge",
    "edge_of_many",
    "picture_bytes",
    "request_bytes",
    "empty",
    "context",
    "missing_picture",
    "edge_of_tier",
    "media_type",
    "expired_file",
    "link",
]


@dataclass(frozen=True)
class Offence:
    """One thing in a request that the API would refuse."""

    kind: OffenceKind
    value: int = 0
    limit: int = 0
    picture: int | None = None
    """The picture's number in the conversation, as in "Image 3"; None when no single one is to blame."""
    name: str = ""


@dataclass
class RequestRefused(VisavisError):
    offences: tuple[Offence, ...]


# --- the server ---------------------------------------------------------------------------------


class ServerError(VisavisError):
    """Talking to the server went wrong."""


@dataclass
class NoKey(ServerError):
    host: str


@dataclass
class BadKey(ServerError):
    """Carries the reason and never what was entered: it may be a key all the same."""

    reason: Literal["empty", "characters", "admin", "oauth", "short", "long"]
    variable: str = ""
    """The environment's variable that holds it; empty for one that was entered."""


@dataclass
class BadAddress(ServerError):
    address: str
    reason: Literal["scheme", "plain_http", "credentials", "unreadable"]


@dataclass
class NotConnected(ServerError):
    host: str
    reason: Literal["dns", "refused", "timeout", "tls", "proxy", "failed"]


@dataclass
class ReplyLost(ServerError):
    """The request went out (in part or whole) and no answer came back."""

    host: str
    reason: Literal["closed", "timeout"]


@dataclass
class NotTheApi(ServerError):
    """An answer that is not the Messages API's: a login page, a redirect, an empty body, a bomb."""

    host: str
    reason: Literal["html", "redirect", "empty", "json", "encoded", "too_large", "garbage"]
    status: int = 0


@dataclass
class ApiError(ServerError):
    """An error in the API's own shape, or one made from a bare status (API.md, section 4)."""

    status: int
    """HTTP status; 200 never appears here (see StreamInterrupted)."""
    type: str
    """`error.type` as sent ("rate_limit_error"); derived from the status where the body has none."""
    message: str
    request_id: str = ""
    code: str = ""
    """`error.details.error_code`, where given."""
    retry_after: float | None = None
    """Seconds the server asks us to wait; None when it does not say."""
    block: tuple[int, int] | None = None
    """The N and M of "messages.N.content.M" where a 400 names a content block."""
    picture: int = 0
    """The number of the picture that block is, as in "Image 3"; 0 where it is none."""
    picture_name: str = ""
    of_link: bool = False
    """A 400 about fetching the picture behind a link."""
    links: tuple[int, ...] = ()
    """Numbers of the pictures that went as links, where such an error names none and there are several."""
    of_file: bool = False
    """It is about a file that the server does not have, or has no longer (API.md, section 5)."""
    bad_signature: bool = False
    """A 400 about the signature of a thinking block (API.md, section 3.6)."""
    should_retry: bool = True
    """False where the server says `x-should-retry: false`."""

    @property
    def spend_limit(self) -> bool:
        """A limit on money: waiting does not help (API.md, section 4.1)."""
        return self.code in {"enforced_spend_limit_reached", "contract_spend_limit_reached"}


@dataclass
class StreamInterrupted(ServerError):
    """The answer began and did not end well; what has come stays."""

    reason: Literal["cut", "silent", "error", "protocol", "too_large"]
    type: str = ""
    """`error.type` of an error event in mid-stream."""
    message: str = ""
    request_id: str = ""


# --- the store ----------------------------------------------------------------------------------


@dataclass
class StoreError(VisavisError):
    path: str


class StoreLocked(StoreError):
    pass


class StoreGone(StoreError):
    pass


class StoreTooNew(StoreError):
    pass


class StoreDamaged(StoreError):
    pass


class StoreFull(StoreError):
    pass


@dataclass
class StoreLow(StoreError):
    free_bytes: int
    """What is left on its disk."""
