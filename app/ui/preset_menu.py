"""The ways a picture can be sent, side by side: size, tokens and price of each, as entries of a menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.conversation.attachment import DraftPicture
from app.conversation.chat import Chat
from app.core.cuts import Offer, Preset
from app.ui import figures, picture_facts
from app.ui.next_price import next_price

translate = QCoreApplication.translate

_ORDER: Final[tuple[Preset, ...]] = ("cheap", "auto", "tiles")


def add_presets(menu: QMenu, chat: Chat, row: int, mark_region: Callable[[int], object]) -> None:
    """Put in an entry for each way that differs for the picture of `row`, the present one marked.

    Of a picture that goes as a sentence there is one: to send it again. A link goes as it is. `mark_region` is told
    the row.
    """
    picture, draft = chat.draft.pictures[row], chat.draft
    if picture.source.url or not picture.width:
        return
    menu.setToolTipsVisible(True)
    if picture_facts.goes_as_words(picture):
        words = translate("preset_menu", "Send again") + "\t" + _priced(chat, picture.offers[0])
        menu.addAction(words, lambda: draft.send_again(row))
        return
    group = QActionGroup(menu)
    for offer in sorted(picture.offers, key=lambda offer: _ORDER.index(offer.preset)):
        words = f"{picture_facts.preset_name(offer.preset)}\t{_size(offer)}   {_priced(chat, offer)}"
        action = _checkable(menu, group, words, on=picture.preset == offer.preset)
        action.setToolTip(_why(offer.preset))
        action.triggered.connect(lambda _on, preset=offer.preset: draft.set_preset(row, preset))
    region = _checkable(menu, group, _region_words(chat, picture), on=picture.preset == "region")
    region.setToolTip(_why("region"))
    region.triggered.connect(lambda: mark_region(row))


def _checkable(menu: QMenu, group: QActionGroup, words: str, *, on: bool) -> QAction:
    action = menu.addAction(words)
    action.setCheckable(True)
    action.setChecked(on)
    group.addAction(action)
    return action


def _region_words(chat: Chat, picture: DraftPicture) -> str:
    words = translate("preset_menu", "Mark a region…")
    if picture.preset != "region":
        return words
    return f"{words}\t{_tokens_and_price(chat, picture.tokens)}"


def _size(offer: Offer) -> str:
    size = figures.size(*offer.cuts[0].size)
    count = len(offer.cuts) - 1
    if not count:
        return size
    tiles = translate("preset_menu", "1 tile") if count == 1 else translate("preset_menu", "%1 tiles")
    return f"{size} + {tiles.replace('%1', figures.count(count))}"


def _priced(chat: Chat, offer: Offer) -> str:
    return _tokens_and_price(chat, offer.tokens(chat.model.tier.patch))


def _tokens_and_price(chat: Chat, tokens: int) -> str:
    price = next_price(chat, tokens)
    return f"{figures.tokens(tokens)} · {'–' if price is None else figures.dollars(price)}"


def _why(preset: Preset) -> str:
    return {
        "cheap": translate("preset_menu", "Smaller: a quicker first word for less"),
        "auto": translate("preset_menu", "The largest size that the model takes"),
        "tiles": translate("preset_menu", "An overview, and parts in full size: for small text"),
        "region": translate("preset_menu", "A small overview, and one part in full size"),
    }[preset]
