"""Every limit of today's API checked over the whole request before it leaves (API.md, section 1.5).

What the API would refuse is found here, with the picture that is to blame, so that no conversation is ever stuck on a
400 that names nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.core.catalog import Limits, Model
from app.core.errors import Offence, OffenceKind, RequestRefused
from app.core.message import ImageBlock
from app.core.request import Request, base64_length


def check(
    request: Request, model: Model, limits: Limits, *, body_bytes: int, tokens: int, kept: Callable[[str], bool]
) -> None:
    """Raise `RequestRefused` with every offence of the request.

    `body_bytes` is the length of the whole body, `tokens` the estimated prompt, `kept(sha256)` says whether the bytes
    of a picture are still there.
    """
    offences = tuple(_offences(request, model, limits, body_bytes, tokens, kept))
    if offences:
        raise RequestRefused(offences)


def _offences(
    request: Request, model: Model, limits: Limits, body_bytes: int, tokens: int, kept: Callable[[str], bool]
) -> Iterator[Offence]:
    if not request.messages or request.messages[-1][0] != "user":
        yield Offence("empty")
    images = request.images
    if len(images) > model.max_images:
        yield Offence("too_many_pictures", len(images), model.max_images)
    many = len(images) > limits.many_images
    for image in images:
        yield from _of_picture(image, limits, many, kept)
    if body_bytes > limits.request_bytes:
        yield Offence("request_bytes", body_bytes, limits.request_bytes)
    if model.context_window and tokens > model.context_window:
        yield Offence("context", tokens, model.context_window)


def _of_picture(image: ImageBlock, limits: Limits, many: bool, kept: Callable[[str], bool]) -> Iterator[Offence]:
    def offence(kind: OffenceKind, value: int = 0, limit: int = 0) -> Offence:
        return Offence(kind, value, limit, image.number, image.name)

    edge = max(image.width, image.height)
    if edge > limits.max_edge:
        yield offence("edge", edge, limits.max_edge)
    elif many and edge > limits.many_edge:
        yield offence("edge_of_many", edge, limits.many_edge)
    characters = base64_length(image.sent_bytes)
    if characters > limits.picture_chars:
        yield offence("picture_bytes", characters, limits.picture_chars)
    if not kept(image.sent):
        yield offence("missing_picture")
