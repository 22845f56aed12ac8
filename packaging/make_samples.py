"""Draw the sample pictures of the welcome page into `resources/samples`: `python packaging/make_samples.py`.

Every number is made up and adds up: the weeks of a dashboard to its totals, the items of an order to its sum.
The words are set in Inter; the same version of it gives the same files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPainter,
    QPainterPath,
    QPen,
)

FOLDER = Path(__file__).parents[1] / "resources" / "samples"
_PREVIEW_WIDTH = 560

INK, GREY, FAINT, LINE, WHITE = "#1C2230", "#667085", "#98A2B3", "#E4E7EC", "#FFFFFF"
PAPER, RED, GREEN = "#F6F7F9", "#C4362F", "#12805C"
INDIGO, INDIGO_SOFT, TEAL, TEAL_SOFT = "#5B5FEF", "#B9BCF9", "#0E9384", "#9FD9D0"

Align = Qt.AlignmentFlag
LEFT, RIGHT, CENTRE = Align.AlignLeft, Align.AlignRight, Align.AlignHCenter


class Page:
    """A picture being drawn; lengths are pixels, places the middle line of a text."""

    def __init__(self, width: int, height: int, colour: str) -> None:
        self.image = QImage(width, height, QImage.Format.Format_RGB32)
        self.image.fill(QColor(colour))
        self.painter = QPainter(self.image)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def text(
        self, x: float, y: float, words: str, size: int, colour: str = INK, weight: int = 400, align: Align = LEFT
    ) -> int:
        """Write one line; gives back its length."""
        font = QFont("Inter")
        font.setPixelSize(size)
        font.setWeight(QFont.Weight(weight))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        font.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
        if align == RIGHT:
            font.setFeature(QFont.Tag("tnum"), 1)
        self.painter.setFont(font)
        self.painter.setPen(QColor(colour))
        left = {LEFT: x, RIGHT: x - 2000, CENTRE: x - 1000}[align]
        self.painter.drawText(QRectF(left, y - size, 2000, 2 * size), align | Align.AlignVCenter, words)
        return self.painter.fontMetrics().horizontalAdvance(words)

    def box(self, rect: QRectF, fill: str, *, line: str = "", radius: float = 8, width: float = 1) -> None:
        half = width / 2 if line else 0
        self.painter.setPen(QPen(QColor(line), width) if line else Qt.PenStyle.NoPen)
        self.painter.setBrush(QColor(fill))
        self.painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius, radius)

    def bar(self, x: float, top: float, width: float, bottom: float, fill: str) -> None:
        """A column with a rounded head and a flat foot."""
        path = QPainterPath()
        path.addRoundedRect(QRectF(x, top, width, bottom - top + 4), 4, 4)
        with self.clipped(QRectF(x, top, width, bottom - top)):
            self.painter.fillPath(path, QColor(fill))

    @contextmanager
    def clipped(self, rect: QRectF) -> Iterator[None]:
        self.painter.save()
        self.painter.setClipRect(rect)
        yield
        self.painter.restore()

    def rule(self, x1: float, y: float, x2: float, colour: str = LINE) -> None:
        self.painter.fillRect(QRectF(x1, y, x2 - x1, 1), QColor(colour))

    def curve(self, points: Sequence[QPointF], colour: str, width: float = 3) -> None:
        pen = QPen(QColor(colour), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawPolyline(points)

    def dot(self, centre: QPointF, radius: float, fill: str, line: str) -> None:
        self.painter.setPen(QPen(QColor(line), 2.5))
        self.painter.setBrush(QColor(fill))
        self.painter.drawEllipse(centre, radius, radius)

    def save(self, name: str) -> None:
        """Write the picture, and the small copy that the welcome page shows without delay."""
        self.painter.end()
        small = self.image.scaledToWidth(_PREVIEW_WIDTH, Qt.TransformationMode.SmoothTransformation)
        for image, path in ((self.image, FOLDER / name), (small, FOLDER / "previews" / name)):
            writer = QImageWriter(str(path), b"png")
            writer.setCompression(100)
            if not writer.write(image):
                raise OSError(writer.errorString())


# --- dashboards ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quarter:
    """One quarter of a shop, week by week."""

    name: str
    dates: str
    colour: str
    soft: str
    revenue: tuple[int, ...]
    """Thousands of dollars."""
    orders: tuple[int, ...]
    cards: tuple[tuple[str, str, str, bool], ...]
    """Title, figure, change against the quarter before, and whether the change is good."""
    products: tuple[tuple[str, str, str], ...]
    reasons: tuple[tuple[str, int], ...]
    """Refunds by reason."""


Q3 = Quarter(
    "Q3",
    "1 Jul – 30 Sep 2025",
    INDIGO,
    INDIGO_SOFT,
    (17, 22, 15, 18, 25, 19, 24, 20, 16, 23, 27, 16, 23),
    (208, 241, 262, 270, 274, 259, 238, 226, 219, 241, 236, 228, 195),
    (
        ("Revenue", "$265k", "+8.2 %", True),
        ("Orders", "3,097", "+3.1 %", True),
        ("Refunds", "1.1 %", "−0.2 pts", True),
        ("NPS", "48", "+2", True),
    ),
    (
        ("Desk lamp, oak", "812", "$71,200"),
        ("Wall shelf, 80 cm", "640", "$58,900"),
        ("Monitor stand", "598", "$44,700"),
        ("Cable tray", "431", "$12,500"),
    ),
    (("Damaged", 14), ("Too late", 9), ("Changed mind", 7), ("Wrong item", 4)),
)
Q4 = Quarter(
    "Q4",
    "1 Oct – 31 Dec 2025",
    TEAL,
    TEAL_SOFT,
    (22, 24, 26, 23, 13, 19, 22, 24, 11, 20, 29, 26, 18),
    (214, 243, 240, 231, 162, 198, 226, 241, 148, 206, 268, 251, 212),
    (
        ("Revenue", "$277k", "+4.5 %", True),
        ("Orders", "2,840", "−8.3 %", False),
        ("Refunds", "6.4 %", "+5.3 pts", False),
        ("NPS", "44", "−4", False),
    ),
    (
        ("Desk lamp, oak", "905", "$79,600"),
        ("Monitor stand", "611", "$45,800"),
        ("Wall shelf, 80 cm", "402", "$37,100"),
        ("Gift card", "377", "$28,300"),
    ),
    (),
)


def dashboard(quarter: Quarter) -> Page:
    page = Page(1920, 1080, PAPER)
    page.text(56, 66, f"Sales overview · {quarter.name}", 34, weight=600)
    page.text(1864, 66, quarter.dates, 20, GREY, align=RIGHT)
    for index, card in enumerate(quarter.cards):
        _figure_card(page, QRectF(56 + index * 458, 116, 434, 164), *card)
    bars = _panel(page, QRectF(56, 304, 1120, 436), "Revenue per week", "thousand $")
    _weekly_bars(page, bars, quarter)
    line = _panel(page, QRectF(1200, 304, 664, 436), "Orders per week", "")
    _weekly_line(page, line, quarter)
    _products(page, _panel(page, QRectF(56, 764, 1120, 268), "Top products", ""), quarter)
    _reasons(page, _panel(page, QRectF(1200, 764, 664, 268), "Refunds by reason", ""), quarter)
    return page


def _figure_card(page: Page, rect: QRectF, title: str, figure: str, change: str, good: bool) -> None:
    page.box(rect, WHITE, line=LINE, radius=14)
    x, y = rect.x() + 28, rect.y()
    page.text(x, y + 36, title, 20, GREY, 500)
    page.text(x, y + 85, figure, 52, weight=600)
    length = page.text(x, y + 134, change, 18, GREEN if good else RED, 600)
    page.text(x + length + 8, y + 134, "against the quarter before", 18, FAINT)


def _panel(page: Page, rect: QRectF, title: str, unit: str) -> QRectF:
    """A titled white panel; gives back the space within."""
    page.box(rect, WHITE, line=LINE, radius=14)
    page.text(rect.x() + 28, rect.y() + 38, title, 20, weight=600)
    page.text(rect.right() - 28, rect.y() + 38, unit, 16, FAINT, align=RIGHT)
    return rect.adjusted(28, 72, -28, -24)


def _grid(page: Page, area: QRectF, top: int, step: int) -> Callable[[float], float]:
    """Lines and figures of a value axis from 0 to `top`; gives back the height of a value."""
    foot, height = area.bottom() - 32, area.height() - 44

    def level(value: float) -> float:
        return foot - height * value / top

    for value in range(0, top + 1, step):
        page.rule(area.x() + 44, round(level(value)), area.right())
        page.text(area.x() + 32, level(value), str(value), 15, FAINT, align=RIGHT)
    return level


def _weekly_bars(page: Page, area: QRectF, quarter: Quarter) -> None:
    level = _grid(page, area, 30, 10)
    step = (area.width() - 56) / len(quarter.revenue)
    for index, value in enumerate(quarter.revenue):
        x = area.x() + 56 + (index + 0.5) * step
        strong = value >= sorted(quarter.revenue)[-3]
        page.bar(x - 22, level(value), 44, level(0), quarter.colour if strong else quarter.soft)
        page.text(x, area.bottom() - 8, f"W{index + 1}", 15, GREY, align=CENTRE)


def _weekly_line(page: Page, area: QRectF, quarter: Quarter) -> None:
    level = _grid(page, area, 300, 100)
    step = (area.width() - 80) / (len(quarter.orders) - 1)
    points = [QPointF(area.x() + 58 + i * step, level(value)) for i, value in enumerate(quarter.orders)]
    page.curve(points, quarter.colour, 4)
    for index, point in enumerate(points):
        page.dot(point, 5, WHITE, quarter.colour)
        if index % 2 == 0:
            page.text(point.x(), area.bottom() - 8, f"W{index + 1}", 15, GREY, align=CENTRE)


def _products(page: Page, area: QRectF, quarter: Quarter) -> None:
    columns = ((area.x(), LEFT), (area.x() + 700, RIGHT), (area.right(), RIGHT))
    for row, cells in enumerate((("Product", "Sold", "Revenue"), *quarter.products)):
        y = area.y() + 8 + row * 38
        for (x, align), cell in zip(columns, cells, strict=True):
            page.text(x, y, cell, 18 if row else 15, INK if row else FAINT, align=align)
        if row < len(quarter.products):
            page.rule(area.x(), y + 19, area.right())


def _reasons(page: Page, area: QRectF, quarter: Quarter) -> None:
    if not quarter.reasons:
        page.text(area.center().x(), area.center().y() - 14, "No data for this period", 20, GREY, 500, CENTRE)
        return
    most = max(count for _, count in quarter.reasons)
    for row, (reason, count) in enumerate(quarter.reasons):
        y = area.y() + 14 + row * 42
        length = (area.width() - 210) * count / most
        page.text(area.x(), y, reason, 18)
        page.box(QRectF(area.x() + 150, y - 11, length, 22), quarter.soft, radius=5)
        page.text(area.x() + 150 + length + 12, y, str(count), 18, GREY)


# --- checkout mockups ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkout:
    """What differs between the two mockups."""

    phone: str
    promo_code: bool
    newsletter: bool
    """Ticked beforehand."""
    delivery: str
    total: str
    button: str
    colour: str


CHECKOUT_A = Checkout("Phone (optional)", True, False, "$4.90", "$93.90", "Pay $93.90", "#2F5BEA")
CHECKOUT_B = Checkout("Phone", False, True, "Free", "$89.00", "Place order", "#12805C")


def checkout(version: Checkout) -> Page:
    page = Page(1280, 800, WHITE)
    page.painter.fillRect(QRectF(780, 0, 500, 800), QColor(PAPER))
    page.text(72, 56, "Larkspur Home", 24, weight=600)
    page.text(72, 92, "Basket  ›  Checkout  ›  Done", 14, GREY)
    page.text(72, 140, "Contact", 18, weight=600)
    _field(page, QRectF(72, 164, 312, 46), "Email", "jo.martin@example.com")
    _field(page, QRectF(396, 164, 312, 46), version.phone, "")
    _tick(page, 72, 240, "Send me news and offers", version.newsletter, version.colour)
    page.text(72, 294, "Delivery address", 18, weight=600)
    _field(page, QRectF(72, 318, 312, 46), "First name", "Jo")
    _field(page, QRectF(396, 318, 312, 46), "Last name", "Martin")
    _field(page, QRectF(72, 376, 636, 46), "Street and number", "14 Harbour Lane")
    _field(page, QRectF(72, 434, 200, 46), "Postcode", "40213")
    _field(page, QRectF(284, 434, 424, 46), "Town", "Northhaven")
    page.text(72, 530, "Payment", 18, weight=600)
    _field(page, QRectF(72, 554, 636, 46), "Card number", "")
    _field(page, QRectF(72, 612, 312, 46), "Expires (MM / YY)", "")
    _field(page, QRectF(396, 612, 312, 46), "Security code", "")
    page.box(QRectF(72, 690, 636, 54), version.colour, radius=10)
    page.text(390, 717, version.button, 18, WHITE, 600, CENTRE)
    _summary(page, version)
    return page


def _field(page: Page, rect: QRectF, label: str, value: str) -> None:
    page.box(rect, WHITE, line="#CDD3DC", radius=8)
    x, middle = rect.x() + 14, rect.center().y()
    if value:
        page.text(x, middle - 10, label, 11, GREY)
        page.text(x, middle + 8, value, 15)
    else:
        page.text(x, middle, label, 15, FAINT)


def _tick(page: Page, x: float, y: float, words: str, ticked: bool, colour: str) -> None:
    rect = QRectF(x, y - 9, 18, 18)
    page.box(rect, colour if ticked else WHITE, line=colour if ticked else "#B6BEC9", radius=4)
    if ticked:
        page.curve([QPointF(x + 4.5, y), QPointF(x + 8, y + 3.5), QPointF(x + 13.5, y - 3.5)], WHITE, 2)
    page.text(x + 28, y, words, 15)


def _summary(page: Page, version: Checkout) -> None:
    left, right = 828, 1232
    page.text(left, 140, "Your order", 18, weight=600)
    items = (("Desk lamp, oak", "1 × $59.00", "$59.00", "#E9C46A"), ("Cable tray", "2 × $15.00", "$30.00", "#8AB6D6"))
    y = 200
    for name, count, amount, colour in items:
        page.box(QRectF(left, y - 32, 64, 64), WHITE, line=LINE, radius=10)
        page.box(QRectF(left + 14, y - 18, 36, 36), colour, radius=8)
        page.text(left + 82, y - 10, name, 16, weight=500)
        page.text(left + 82, y + 13, count, 13, GREY)
        page.text(right, y, amount, 16, align=RIGHT)
        y += 84
    y -= 12
    if version.promo_code:
        _field(page, QRectF(left, y, 294, 46), "Promo code", "")
        page.box(QRectF(left + 306, y, 98, 46), WHITE, line="#CDD3DC", radius=8)
        page.text(left + 355, y + 23, "Apply", 15, weight=600, align=CENTRE)
        y += 78
    page.rule(left, y, right)
    for label, amount in (("Goods", "$89.00"), ("Delivery", version.delivery)):
        y += 34
        page.text(left, y, label, 15, GREY)
        page.text(right, y, amount, 15, align=RIGHT)
    page.rule(left, y + 28, right)
    page.text(left, y + 64, "Total", 20, weight=600)
    page.text(right, y + 64, version.total, 24, weight=600, align=RIGHT)


# --- chart --------------------------------------------------------------------------------------

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BRANCHES = (
    ("Central", "#4C6FBF", (31, 29, 34, 30, 27, 24, 19, 18, 28, 35, 37, 26)),
    ("Harbour", "#E39A4B", (12, 12, 15, 16, 18, 21, 25, 24, 19, 16, 14, 11)),
)


def chart() -> Page:
    page = Page(1200, 800, WHITE)
    page.text(60, 58, "Library visits by month, 2025", 30, weight=600)
    page.text(60, 98, "Two branches, visits in thousands", 18, GREY)
    for index, (branch, colour, _) in enumerate(BRANCHES):
        page.box(QRectF(938 + index * 128, 50, 16, 16), colour, radius=4)
        page.text(962 + index * 128, 58, branch, 17)
    level = _grid(page, QRectF(76, 132, 1084, 608), 40, 10)
    for index, month in enumerate(MONTHS):
        x = 132 + (index + 0.5) * 1028 / len(MONTHS)
        page.text(x, 734, month, 17, GREY, align=CENTRE)
        for (_, colour, visits), offset in zip(BRANCHES, (-32, 1), strict=True):
            page.bar(x + offset, level(visits[index]), 31, level(0), colour)
            page.text(x + offset + 15.5, level(visits[index]) - 14, str(visits[index]), 15, align=CENTRE)
    page.text(646, 772, "Month", 17, GREY, 500, CENTRE)
    page.painter.translate(44, 424)
    page.painter.rotate(-90)
    page.text(0, 0, "Visits (thousands)", 17, GREY, 500, CENTRE)
    return page


def main() -> None:
    app = QGuiApplication([])
    if "Inter" not in QFontDatabase.families():
        raise SystemExit("The font Inter is needed (Debian: fonts-inter).")
    (FOLDER / "previews").mkdir(parents=True, exist_ok=True)
    dashboard(Q3).save("dashboard-q3.png")
    dashboard(Q4).save("dashboard-q4.png")
    checkout(CHECKOUT_A).save("checkout-a.png")
    checkout(CHECKOUT_B).save("checkout-b.png")
    chart().save("chart.png")
    app.shutdown()


if __name__ == "__main__":
    main()
