"""The context gauge: what it says, and when it warns."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor
from pytestqt.qtbot import QtBot

from app.conversation.preferences import Preferences
from app.ui.context_gauge import ContextGauge
from app.ui.theme import Theme

pytestmark = pytest.mark.usefixtures("american_figures")


@pytest.fixture
def gauge(theme: Theme, qtbot: QtBot) -> ContextGauge:
    gauge = ContextGauge(theme)
    qtbot.addWidget(gauge)
    return gauge


def colors(gauge: ContextGauge) -> list[str]:
    """Of its middle line, from left to right, rounded ends left out."""
    gauge.resize(gauge.sizeHint())
    image = gauge.grab().toImage()
    line = [image.pixelColor(x, image.height() // 2).name().upper() for x in range(2, image.width() - 2)]
    return list(dict.fromkeys(line))


@pytest.mark.parametrize(
    ("tokens", "window", "words"),
    [
        (21_400, 1_000_000, "21,400 of 1,000,000 tokens, 2 %"),
        (0, 200_000, "0 of 200,000 tokens, 0 %"),
        (1, 1_000_000, "1 of 1,000,000 tokens, 1 %"),
        (199_999, 200_000, "199,999 of 200,000 tokens, 99 %: hardly any room for an answer"),
        (210_000, 200_000, "210,000 of 200,000 tokens, 105 %: too long for this model"),
    ],
)
def test_the_figures_are_in_the_tooltip_and_for_screen_readers(
    gauge: ContextGauge, tokens: int, window: int, words: str
) -> None:
    gauge.tell(tokens, window)
    interface = QAccessible.queryAccessibleInterface(gauge)

    assert gauge.toolTip() == words
    assert interface.role() == QAccessible.Role.ProgressBar
    assert interface.text(QAccessible.Text.Name) == "Context"
    assert interface.text(QAccessible.Text.Description) == words


@pytest.mark.parametrize(
    ("percent", "color"), [(79, "text2"), (80, "warn"), (94, "warn"), (95, "danger"), (100, "danger"), (140, "danger")]
)
@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_is_amber_from_80_per_cent_and_red_from_95(
    gauge: ContextGauge, theme: Theme, preferences: Preferences, percent: int, color: str, look: str
) -> None:
    preferences.update(theme=look)
    gauge.tell(percent * 100, 10_000)

    assert colors(gauge)[0] == QColor(getattr(theme.tokens, color)).name().upper()


def test_the_bar_is_as_long_as_the_share(gauge: ContextGauge, theme: Theme) -> None:
    gauge.resize(gauge.sizeHint())
    gauge.tell(5_000, 10_000)
    image = gauge.grab().toImage()
    filled = [x for x in range(image.width()) if image.pixelColor(x, 2) == QColor(theme.tokens.text2)]

    assert max(filled) == pytest.approx(image.width() / 2, abs=2)


def test_it_begins_at_the_right_where_people_read_from_there(gauge: ContextGauge, theme: Theme) -> None:
    gauge.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    gauge.tell(5_000, 10_000)

    shown = colors(gauge)

    assert (shown[0], shown[-1]) == (theme.tokens.line, theme.tokens.text2)


def test_it_is_hidden_where_the_window_is_not_known(gauge: ContextGauge) -> None:
    gauge.tell(100, 1_000)
    assert not gauge.isHidden()

    gauge.tell(100, None)

    assert gauge.isHidden()


def test_it_grows_with_the_text(gauge: ContextGauge, preferences: Preferences) -> None:
    preferences.update(text_size=200)

    assert (gauge.sizeHint().width(), gauge.sizeHint().height()) == (96, 8)
