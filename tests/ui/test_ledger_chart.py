"""The chart of the ledger: the right bars, told in words and by keys, in colours that can be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.conversation.preferences import Preferences
from app.core.ledger import Group
from app.ui.ledger.bars import MOST, OTHERS, SERIES, scale, stacked
from app.ui.ledger.chart import DARK_OTHERS, DARK_SERIES, LIGHT_OTHERS, LIGHT_SERIES, CostChart
from app.ui.theme import DARK, LIGHT, Theme

pytestmark = pytest.mark.usefixtures("american_figures")

FIRST = date(2026, 2, 27)


def group(day: date, cost: str, model: str = "m", *, exact: bool = True) -> Group:
    return Group(day.isoformat(), "", model, 1, 0, 0, Decimal(cost), exact, Decimal(0))


class TestBars:
    def test_there_are_none_without_days(self) -> None:
        assert stacked([], None, None).bars == ()

    def test_days_without_requests_are_bars_too(self) -> None:
        bars = stacked([group(FIRST, "0.1"), group(FIRST + timedelta(3), "0.2")], None, None)
        assert [bar.whole for bar in bars.bars] == [Decimal("0.1"), 0, 0, Decimal("0.2")]
        assert bars.bars[2].begins == date(2026, 3, 1)

    def test_the_time_that_was_asked_for_is_shown_whole(self) -> None:
        bars = stacked([group(FIRST, "0.1")], FIRST - timedelta(2), FIRST + timedelta(1))
        assert [bar.whole for bar in bars.bars] == [0, 0, Decimal("0.1"), 0]

    def test_the_dearest_model_is_at_the_foot(self) -> None:
        groups = [group(FIRST, "0.1", "a"), group(FIRST, "0.3", "b", exact=False), group(FIRST, "0", "free")]
        bars = stacked(groups, None, None)
        assert bars.series == ("b", "a")
        assert bars.bars[0].parts == (Decimal("0.3"), Decimal("0.1"))
        assert not bars.bars[0].exact

    def test_more_models_than_colours_are_put_together(self) -> None:
        groups = [group(FIRST, str(10 + number), f"m{number}") for number in range(SERIES + 3)]
        bars = stacked(groups, None, None)
        assert bars.series == ("m8", "m7", "m6", "m5", "m4", "m3", OTHERS)
        assert bars.bars[0].parts[-1] == 10 + 11 + 12

    @pytest.mark.parametrize(
        ("days", "step", "count"),
        [(MOST - 1, "day", MOST), (MOST, "month", 3), (365 * 4, "month", 49), (365 * 6, "year", 7)],
    )
    def test_many_days_become_months_and_years(self, days: int, step: str, count: int) -> None:
        bars = stacked([group(FIRST, "0.1"), group(FIRST + timedelta(days), "0.2")], None, None)
        assert (bars.step, len(bars.bars)) == (step, count)

    @given(st.lists(st.tuples(st.integers(0, 4000), st.decimals(0, 100, places=6), st.sampled_from("abcdefghi"))))
    def test_no_amount_is_lost_and_bars_are_few(self, spent: list[tuple[int, Decimal, str]]) -> None:
        groups = [group(FIRST + timedelta(day), str(cost), model) for day, cost, model in spent]
        bars = stacked(groups, None, None)
        assert sum(bar.whole for bar in bars.bars) == sum(cost for _, cost, _ in spent)
        assert len(bars.bars) <= MOST
        assert [bar.begins for bar in bars.bars] == sorted({bar.begins for bar in bars.bars})

    @given(st.decimals("0.0000001", 100_000, places=7))
    def test_lines_are_few_round_and_reach_over_the_bars(self, top: Decimal) -> None:
        lines = scale(top)
        assert 1 <= len(lines) <= 4
        assert lines[-1] >= top
        assert lines[-1] < top * 3
        assert len(lines[0].normalize().as_tuple().digits) <= 2

    def test_nothing_has_no_lines(self) -> None:
        assert scale(Decimal(0)) == []


@pytest.fixture
def chart(theme: Theme, qtbot: QtBot) -> Iterator[CostChart]:
    chart = CostChart(theme, lambda model: f"Model {model}")
    qtbot.addWidget(chart)
    chart.resize(700, 216)
    chart.show()
    chart.show_groups(
        [
            group(FIRST, "0.1", "a"),
            group(FIRST + timedelta(1), "0.3", "a"),
            group(FIRST + timedelta(1), "0.2", "b", exact=False),
        ],
        None,
        FIRST + timedelta(2),
    )
    yield chart
    chart.hide()


class TestTheChart:
    def test_is_told_in_words(self, chart: CostChart) -> None:
        assert chart.accessibleDescription() == (
            "From 27 February 2026 to 1 March 2026: ≈ $0.6000 together. The most, ≈ $0.5000, was spent on "
            "28 February 2026. Model a $0.4000, Model b $0.2000."
        )

    def test_says_so_where_nothing_was_spent(self, chart: CostChart) -> None:
        chart.show_groups([], FIRST, FIRST)
        assert chart.accessibleDescription() == "Nothing was spent in this time."
        assert not chart.grab().isNull()

    def test_keys_point_at_bars(self, chart: CostChart) -> None:
        keys = Qt.Key
        seen = []
        for key in (keys.Key_Left, keys.Key_Left, keys.Key_Left, keys.Key_Left, keys.Key_End, keys.Key_Right):
            QTest.keyClick(chart, key)
            seen.append(chart.pointed)
        assert seen == [2, 1, 0, 0, 2, 2]
        QTest.keyClick(chart, keys.Key_Home)
        assert chart.accessibleDescription() == "27 February 2026: $0.1000, Model a $0.1000"
        QTest.keyClick(chart, keys.Key_Escape)
        assert chart.pointed == -1

    def test_the_mouse_points_at_bars(self, chart: CostChart) -> None:
        plot = chart._plot()
        QTest.mouseMove(chart, QPoint(plot.center().x(), plot.center().y()))
        assert chart.pointed == 1
        assert chart._caption() == "28 February 2026: ≈ $0.5000  ·  Model a $0.3000  ·  Model b $0.2000"
        QTest.mouseMove(chart, QPoint(3, 3))
        assert chart.pointed == -1

    def test_a_window_from_right_to_left_has_the_latest_day_on_the_left(self, chart: CostChart) -> None:
        chart.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        plot = chart._plot()
        assert chart.bar_at(plot.topLeft().toPointF() + QPoint(4, 4).toPointF()) == 2
        QTest.keyClick(chart, Qt.Key.Key_Right)
        assert chart.pointed == 2
        assert not chart.grab().isNull()

    def test_bars_are_as_high_as_what_they_stand_for(self, chart: CostChart) -> None:
        plot, image = chart._plot(), chart.grab().toImage()
        colors = [chart.color(series) for series in range(2)]
        heights = []
        for number in range(3):
            x = round(chart._slot(plot, number).center().x())
            column = [QColor(image.pixel(x, y)) for y in range(plot.top(), plot.bottom())]
            heights.append([column.count(color) for color in colors])
        assert heights[2] == [0, 0]
        top = scale(Decimal("0.5"))[-1]
        for count, cost in ((heights[0][0], "0.1"), (heights[1][0], "0.3"), (heights[1][1], "0.2")):
            assert abs(count - plot.height() * Decimal(cost) / top) <= 3

    def test_what_was_pointed_at_stays_so_when_days_come(self, chart: CostChart) -> None:
        QTest.keyClick(chart, Qt.Key.Key_Home)
        chart.show_groups([group(FIRST - timedelta(1), "1"), group(FIRST, "0.5")], None, None)
        assert chart.pointed == 1
        chart.show_groups([group(FIRST + timedelta(9), "1")], None, None)
        assert chart.pointed == -1

    def test_follows_the_theme(self, chart: CostChart, preferences: Preferences) -> None:
        before = chart.color(0)
        preferences.update(theme="dark", text_size=150)
        assert chart.color(0) != before
        assert chart.sizeHint().height() == 324
        chart.resize(200, 120)
        assert not chart.grab().isNull()


SIGHTS = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    # Machado, Oliveira and Fernandes 2009, severity 1
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("colors", [(*LIGHT_SERIES, LIGHT_OTHERS), (*DARK_SERIES, DARK_OTHERS)])
def test_colours_can_be_told_apart_by_everybody(colors: tuple[str, ...], sight: str) -> None:
    """As far apart in CIELAB as is seen at a glance, where a dozen is the least that is."""
    seen = [
        _lab(tuple(sum(a * b for a, b in zip(row, _linear(c), strict=True)) for row in SIGHTS[sight])) for c in colors
    ]
    least = min(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5 for a, b in combinations(seen, 2))
    assert least > (12 if sight == "tritanopia" else 20)


@pytest.mark.parametrize(
    ("colors", "ground"),
    [((*LIGHT_SERIES, LIGHT_OTHERS), LIGHT.surface), ((*DARK_SERIES, DARK_OTHERS), DARK.surface)],
)
def test_colours_stand_out_from_their_ground(colors: tuple[str, ...], ground: str) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1."""
    for color in colors:
        light, dark = sorted((_luminance(color), _luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3


def _linear(color: str) -> tuple[float, ...]:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lab(linear: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = (min(1.0, max(0.0, c)) for c in linear)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
