"""Every limit of today's API checked over the whole request before it leaves (API.md, section 1.5).

What the API would refuse is found here, with the picture that is to blame, so that no conversation is ever stuck on a
400 that names nothing. What `app.core.refit` mends is mended before; what is wrong then is the person's to
decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.core.catalog import Limits, Model
from app.core.errors import Offence, OffenceKind, RequestRefused
from app.core.message import ImageBlock
from app.core.refit import expires_by
from app.core.request import Request, base64_length


def check(
    request: Request,
    model: Model,
    limits: Limits,
    *,
    body_bytes: int,
    tokens: int,
    found: Mapping[str, str],
    now: float,
) -> None:
    """Raise `RequestRefused` with every offence of the request.

    `body_bytes` is the length of the whole body, `tokens` the estimated prompt, `found` what the kept files are (see
    `app.core.refit.Today`), `now` in seconds since the epoch.
    """
    offences = tuple(_offences(request, model, limits, body_bytes, tokens, found, now))
    if offences:
        raise RequestRefused(offences)


def _offences(
    request: Request,
    model: Model,
    limits: Limits,
    body_bytes: int,
    tokens: int,
    found: Mapping[str, str],
    now: float,
) -> Iterator[Offence]:
    if not request.messages or request.messages[-1][0] != "user":
        yield Offence("empty")
    images = request.images
    if len(images) > model.max_images:
        yield Offence("too_many_pictures", len(images), model.max_images)
    edge = limits.many_edge if len(images) > limits.many_images else limits.max_edge
    for image in images:
        if (wrong := _wrong_source(request, image, limits, found, now)) is not None:
            yield wrong
        if request.source(image) != "url" and max(image.width, image.height) > edge:
            kind: OffenceKind = "edge" if max(image.width, image.height) > limits.max_edge else "edge_of_many"
            limit = limits.max_edge if kind == "edge" else edge
            yield _offence(kind, image, max(image.width, image.height), limit)
    if body_bytes > limits.request_bytes:
        yield Offence("request_bytes", body_bytes, limits.request_bytes)
    if model.context_window and tokens > model.context_window:
        yield Offence("context", tokens, model.context_window)


def _wrong_source(
    request: Request, image: ImageBlock, limits: Limits, found: Mapping[str, str], now: float
) -> Offence | None:
    """What is wrong with where the server is to have the picture from; a file still to be uploaded is bytes."""
    match request.source(image):
        case "url":
            return None
        case "file" if image.file is not None and image.file.id:
            return _offence("expired_file", image) if expires_by(image.file, now) else None
    if not image.sent:
        return _offence("link" if image.url else "missing_picture", image)
    kind = found.get(image.sent, image.media_type)
    if not kind:
        return _offence("missing_picture", image)
    if kind != image.media_type:
        return _offence("media_type", image)
    characters = base64_length(image.sent_bytes)
    return (
        _offence("picture_bytes", image, characters, limits.picture_chars)
        if characters > limits.picture_chars
        else None
    )


def _offence(kind: OffenceKind, image: ImageBlock, value: int = 0, limit: int = 0) -> Offence:
    return Offence(kind, value, limit, image.number, image.name)
