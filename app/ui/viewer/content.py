"""What the canvas shows of a picture: its original, the pixels that are sent of it, or words where neither can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QImage, QPainter

from app.core.errors import PictureError, PictureUnreadable
from app.core.message import ImageBlock
from app.ui import figures
from app.ui.errors import words
from app.ui.picture_facts import shown_name
from app.ui.viewer.canvas import Layer
from app.ui.viewer.loader import Loader
from app.ui.viewer.shown import Shown

translate = QCoreApplication.translate

AHEAD: Final = 24_000_000
"""Pixels of an original up to which it is decoded before it is asked for, so that switching takes no time."""


@dataclass(frozen=True, slots=True)
class Content:
    """Layers or a text; neither as long as pixels are waited for."""

    sent: bool
    """They are what is sent, not the original."""
    layers: tuple[Layer, ...] = ()
    text: str = ""
    chip: str = ""
    """Says what is seen, and its pixels."""

    @property
    def waits(self) -> bool:
        return not self.layers and not self.text


def content(picture: Shown, loader: Loader, *, sent: bool, parts: bool) -> Content:
    """What is to be seen; what is missing for it is asked of the loader.

    `sent` is what Claude sees, where something is prepared; `parts` are then drawn over the overview they belong to.
    """
    if sent and picture.images and not picture.url:
        return _sent(picture, loader, parts=parts)
    if not picture.original:
        text = _unseen() if picture.url else ""
        return Content(sent=False, text=text)
    if error := loader.error(picture.original, picture.page):
        return Content(sent=False, text=_refusal(error, picture, loader, sent=False))
    levels = loader.levels(picture.original, picture.page)
    if levels is None:
        return Content(sent=False)
    size = figures.size(levels.image.width(), levels.image.height())
    chip = translate("content", "Seen at the link %1") if picture.url else translate("content", "Original %1")
    chip = chip.replace("%1", size)
    return Content(sent=False, layers=(Layer(levels),), chip=chip)


def _sent(picture: Shown, loader: Loader, *, parts: bool) -> Content:
    name = translate("content", "What Claude sees")
    if picture.stands_for:
        text = translate("content", "In place of the picture, Claude reads:\n%1").replace("%1", picture.stands_for)
        return Content(sent=True, text=text, chip=name)
    layers = []
    for image in picture.images if parts else picture.images[:1]:
        if error := loader.error(image.sent):
            return Content(sent=True, text=_refusal(error, picture, loader, sent=True), chip=name)
        if (levels := loader.levels(image.sent)) is not None:
            layers.append(Layer(levels, image.box, outlined=image.box is not None))
    if not layers or layers[0].box is not None:  # the overview comes first
        return Content(sent=True)
    levels = layers[0].levels
    chip = f"{name} {figures.size(levels.image.width(), levels.image.height())}"
    if len(layers) > 1:
        chip += f" · {_parts(picture.images[1:])}"
    return Content(sent=True, layers=_uncovered(tuple(layers), picture), chip=chip)


def _uncovered(layers: tuple[Layer, ...], picture: Shown) -> tuple[Layer, ...]:
    """Without the overview once tiles hide all of it."""
    tiled = picture.images[-1].kind == "tile" and len(layers) == len(picture.images)
    return layers[1:] if tiled else layers


def _parts(parts: tuple[ImageBlock, ...]) -> str:
    if parts[0].kind == "region":
        return translate("content", "region %1").replace("%1", figures.size(parts[0].width, parts[0].height))
    return translate("content", "%1 tiles").replace("%1", str(len(parts)))


def _unseen() -> str:
    return translate("content", "Claude fetches this link itself. Nothing of it was seen here.")


def _refusal(error: PictureError, picture: Shown, loader: Loader, *, sent: bool) -> str:
    """What is the matter with the original, or with what was sent, and what there is all the same."""
    name = shown_name(picture.name)
    if isinstance(error, PictureUnreadable) and error.reason == "missing":
        what = translate("content", "%1 is missing from the data folder.").replace("%1", name)
    else:
        what = words(replace(error, name=name)).what
    return f"{what}\n{_way_on(picture, loader, sent=sent)}"


def _way_on(picture: Shown, loader: Loader, *, sent: bool) -> str:
    has_original = bool(picture.original) and loader.error(picture.original, picture.page) is None
    has_sent = picture.sendable and loader.error(picture.images[0].sent) is None
    if has_sent and not sent:
        return translate("content", "What Claude sees of it is kept.")
    if has_original and sent:
        return translate("content", "It is made anew from the original when it goes to Claude again.")
    if picture.row is not None:
        return translate("content", "Remove it from the message and add it again.")
    return translate("content", "In the chat, its menu leaves it out from now on, or replaces it.")


def ask_ahead(picture: Shown, loader: Loader) -> None:
    """Have the other pixels ready when they are asked for."""
    if picture.original and picture.size.width * picture.size.height <= AHEAD:
        loader.levels(picture.original, picture.page)
    if picture.sendable:
        loader.levels(picture.images[0].sent)


def pixels_of(shown: Content, picture: Shown) -> QImage:
    """The pixels shown, in their own number; parts are put together in the original's."""
    if len(shown.layers) == 1 and shown.layers[0].box is None:
        return shown.layers[0].levels.image.copy()
    whole = QImage(*picture.size, QImage.Format.Format_ARGB32_Premultiplied)
    whole.fill(0)
    painter, everything = QPainter(whole), QRectF(whole.rect())
    for layer in shown.layers:
        box = everything if layer.box is None else QRectF(*layer.box)
        layer.levels.draw(painter, box, everything)
    painter.end()
    return whole
