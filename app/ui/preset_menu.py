"""The ways a picture can be sent, side by side: size, tokens and price of each, as entries of a menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QActionGroup, QFont
from PySide6.QtWidgets import QMenu

from app.conversation.attachment import DraftPicture
from app.conversation.chat import Chat
from app.core.cuts import Offer, Preset
from app.ui import figures, picture_facts
from app.ui.next_price import next_price

translate = QCoreApplication.translate

_ORDER: Final[tuple[Preset, ...]] = ("cheap", "auto", "tiles")
_DIGIT, _MARK = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"
"""As wide as a digit, and as a comma."""


def add_presets(menu: QMenu, chat: Chat, row: int, mark_region: Callable[[int], object]) -> None:
    """Put in an entry for each way that differs for the picture of `row`, the present one marked.

    Of a picture that goes as a sentence there is one: to send it again. A link goes as it is. No region is offered of
    one that goes whole at full size: it would cost more and show no more. `mark_region` is told the row.
    """
    picture, draft = chat.draft.pictures[row], chat.draft
    if picture.source.url or not picture.width:
        return
    menu.setToolTipsVisible(True)
    patch = chat.model.tier.patch
    if picture_facts.goes_as_words(picture):
        words = translate("preset_menu", "Send again") + "\t" + _priced(chat, picture, picture.offers[0].tokens(patch))
        menu.addAction(words, lambda: draft.send_again(row))
        return
    group = QActionGroup(menu)
    widest = max((figures.tokens(offer.tokens(patch)) for offer in picture.offers), key=len)
    font = menu.font()
    font.setFeature(QFont.Tag.fromString("tnum"), 1)
    menu.setFont(font)
    for offer in sorted(picture.offers, key=lambda offer: _ORDER.index(offer.preset)):
        priced = _priced(chat, picture, offer.tokens(patch), widest)
        words = f"{picture_facts.preset_name(offer.preset)} · {_size(offer)}\t{priced}"
        action = _checkable(menu, group, words, on=picture.preset == offer.preset)
        action.setToolTip(_why(offer.preset))
        action.triggered.connect(lambda _on, preset=offer.preset: draft.set_preset(row, preset))
    if not _adds(picture):
        return
    region = _checkable(menu, group, _region_words(chat, picture, widest), on=picture.preset == "region")
    region.setToolTip(_why("region"))
    region.triggered.connect(lambda: mark_region(row))


def _checkable(menu: QMenu, group: QActionGroup, words: str, *, on: bool) -> QAction:
    action = menu.addAction(words)
    action.setCheckable(True)
    action.setChecked(on)
    group.addAction(action)
    return action


def _adds(picture: DraftPicture) -> bool:
    """Whether a marked region shows what the whole picture does not, or is marked already."""
    return picture.preset == "region" or picture.offers[0].cuts[0].size != (picture.width, picture.height)


def _region_words(chat: Chat, picture: DraftPicture, widest: str) -> str:
    words = translate("preset_menu", "Mark a region…")
    if picture.preset != "region":
        return words
    return f"{words}\t{_priced(chat, picture, picture.tokens, widest)}"


def _size(offer: Offer) -> str:
    size = figures.size(*offer.cuts[0].size)
    count = len(offer.cuts) - 1
    if not count:
        return size
    tiles = translate("preset_menu", "1 tile") if count == 1 else translate("preset_menu", "%1 tiles")
    return f"{size} + {tiles.replace('%1', figures.count(count))}"


def _priced(chat: Chat, picture: DraftPicture, tokens: int, widest: str = "") -> str:
    """Tokens and price, with room before them so that figures of one kind stand below each other."""
    price = next_price(chat, tokens, instead_of=picture.tokens)
    counted = figures.tokens(tokens)
    digits = _digits(widest) - _digits(counted)
    room = _DIGIT * digits + _MARK * (len(widest) - len(counted) - digits)
    return f"{room}{counted} · {'–' if price is None else figures.dollars(price)}"


def _digits(words: str) -> int:
    return sum(sign.isdigit() for sign in words)


def _why(preset: Preset) -> str:
    return {
        "cheap": translate("preset_menu", "Smaller: a quicker first word for less"),
        "auto": translate("preset_menu", "The largest size that the model takes"),
        "tiles": translate("preset_menu", "An overview, and parts in full size: for small text"),
        "region": translate("preset_menu", "A small overview, and one part in full size"),
    }[preset]
