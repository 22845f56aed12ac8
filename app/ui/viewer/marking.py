"""While a region is marked: the rubber band on the canvas, and below it in words what would be sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QKeyEvent

from app.core.cuts import Box, Offer, Place, place
from app.core.fit import Size
from app.ui import figures
from app.ui.viewer.bar import ARROWS, Bar
from app.ui.viewer.canvas import PictureCanvas
from app.ui.viewer.panel import in_one_line, price_words
from app.ui.viewer.region import RegionMarker
from app.ui.viewer.shown import Shown, Terms

translate = QCoreApplication.translate


class Marking(QObject):
    """Signals:
    accepted(Box): this region is to be sent.
    ended(): nothing is marked any more.
    """

    accepted = Signal(object)
    ended = Signal()

    def __init__(self, canvas: PictureCanvas, bar: Bar, parent: QObject) -> None:
        super().__init__(parent)
        self._bar = bar
        self._picture: Shown
        self._terms: Terms
        self._price: Callable[[Offer], Decimal | None]
        self._besides: Callable[[Offer], str]
        self.marker = RegionMarker(canvas)
        self.marker.changed.connect(self._tell)
        self.marker.accepted.connect(self._accept)
        self.marker.cancelled.connect(self.end)
        bar.accept.clicked.connect(self._accept)
        bar.cancel.clicked.connect(self.end)

    @property
    def on(self) -> bool:
        return self._bar.marking

    def begin(
        self,
        picture: Shown,
        terms: Terms,
        price: Callable[[Offer], Decimal | None],
        besides: Callable[[Offer], str],
    ) -> None:
        """`price` tells the US dollars that sending it adds, None where they are not known, `besides` what else it
        does."""
        self._picture, self._terms, self._price, self._besides = picture, terms, price, besides
        self._bar.set_marking(on=True)
        self.marker.begin(picture.size, picture.region)

    def end(self) -> None:
        if self.on:
            self._bar.set_marking(on=False)
            self.marker.hide()
            self.ended.emit()

    def takes(self, event: QKeyEvent) -> bool:
        """Whether it is a key that moves or sizes the region, which it then does, whatever has the focus."""
        mine = self.on and event.key() in ARROWS
        if mine:
            self.marker.keyPressEvent(event)
        return mine

    def _accept(self) -> None:
        box = self.marker.box
        self.end()
        self.accepted.emit(box)

    def _tell(self) -> None:
        box, size = self.marker.box, self._picture.size
        offer = self._terms.region(self._picture, box)
        price = self._price(offer)
        cost = in_one_line(price_words(self._terms.tokens(offer), price))
        what = translate("marking", "with a small overview")
        region = f"{region_words(box, size)}, {what} · {cost}"
        sent = offer.cuts[-1].size
        shrinks = sent != (box.width, box.height)
        useless = self._adds_nothing(offer)
        if useless:
            hint = translate("marking", "The whole picture goes at full size: a region costs more and shows no more.")
        elif shrinks:
            hint = translate("marking", "Larger than goes at full size: it is sent as %1.")
            hint = hint.replace("%1", figures.size(*sent))
        else:
            hint = translate("marking", "At full size. Arrows move it, with Ctrl they size it, with Shift by 10 px.")
        besides = self._besides(offer)
        hint = f"{besides} {hint}" if besides else hint
        self._bar.set_region(region, hint, warns=shrinks or useless or bool(besides))
        self._bar.set_accept(self._accept_words(price))
        self.marker.setAccessibleDescription(f"{region}. {hint}")

    def _adds_nothing(self, region: Offer) -> bool:
        """Whether all that the region shows can be seen already, or for no more tokens."""
        if self._picture.row is None:
            return self._picture.goes_whole
        auto = self._terms.auto(self._picture)
        whole = auto.cuts[0].size == self._picture.size
        return whole and self._terms.tokens(region) >= self._terms.tokens(auto)

    def _accept_words(self, price: Decimal | None) -> str:
        if self._picture.row is not None:
            return translate("marking", "Use this region")
        words = translate("marking", "Send this region")
        return words if price is None or self._terms.free else f"{words} (+{figures.dollars(price)})"


def region_words(box: Box, whole: Size) -> str:
    """A region's size and place: "Region 812×430 at the top right"."""
    words = translate("marking", "Region %1 %2").replace("%1", figures.size(box.width, box.height))
    return words.replace("%2", _place_words(place(box, whole)))


def _place_words(where: Place) -> str:
    words: dict[Place, str] = {
        "top left": translate("marking", "at the top left"),
        "top": translate("marking", "at the top"),
        "top right": translate("marking", "at the top right"),
        "left": translate("marking", "at the left"),
        "centre": translate("marking", "in the centre"),
        "right": translate("marking", "at the right"),
        "bottom left": translate("marking", "at the bottom left"),
        "bottom": translate("marking", "at the bottom"),
        "bottom right": translate("marking", "at the bottom right"),
        "whole": translate("marking", "of nearly all of it"),
    }
    return words[where]
