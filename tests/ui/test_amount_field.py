"""Amounts of money as people type them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.amount_field import AmountField, read_amount, shown_amount
from app.ui.theme import Theme

GERMAN = QLocale(QLocale.Language.German, QLocale.Country.Germany)


@pytest.fixture
def german() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(GERMAN)
    yield
    QLocale.setDefault(before)


@pytest.fixture
def field(theme: Theme, qtbot: QtBot) -> AmountField:
    field = AmountField(theme, "Cap")
    qtbot.addWidget(field)
    field.show()
    return field


@pytest.mark.usefixtures("american_figures")
@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", None),
        ("  ", None),
        ("$", None),
        ("2.50", "2.50"),
        ("2,50", "2.50"),
        ("$2.5", "2.5"),
        ("2", "2"),
        (".5", "0.5"),
        ("2.", "2"),
        ("0,125", "0.125"),
        ("3.125", "3.125"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234,567.5", "1234567.5"),
        ("1 234.50", "1234.50"),
        ("1\N{NARROW NO-BREAK SPACE}234,50", "1234.50"),
        ("0", "0"),
    ],
)
def test_an_amount_is_read(text: str, amount: str | None) -> None:
    assert read_amount(text) == (None if amount is None else Decimal(amount))


@pytest.mark.usefixtures("american_figures")
@pytest.mark.parametrize(
    "text",
    ["two", "-1", "1e5", "2.5.1", "2,5,1", "1,23.5", "12,3456.7", ".", ",", "1,500", "NaN", "٣", "9999999999", "€2"],
)
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_amount(text)


@pytest.mark.usefixtures("german")
def test_thousands_are_grouped_by_a_point_elsewhere() -> None:
    assert read_amount("3,125") == Decimal("3.125")
    with pytest.raises(ValueError, match="thousands"):
        read_amount("1.500")


@given(st.decimals(0, 999_999_999, places=4), st.sampled_from((QLocale.c(), GERMAN)))
def test_what_is_shown_is_read_as_the_same(amount: Decimal, locale: QLocale) -> None:
    before = QLocale()
    QLocale.setDefault(locale)
    try:
        assert read_amount(shown_amount(amount)) == amount
    finally:
        QLocale.setDefault(before)


def test_a_field_tells_an_edit_once(field: AmountField) -> None:
    field.set_amount(Decimal("2.5"))
    assert field.text() == "2.50"
    told: list[Decimal | None] = []
    field.edited.connect(lambda: told.append(field.amount))
    field.selectAll()
    QTest.keyClicks(field, "3,75")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert told == [Decimal("3.75")]


def test_a_field_shows_that_it_cannot_be_read_and_keeps_what_was_typed(field: AmountField, theme: Theme) -> None:
    QTest.keyClicks(field, "two")
    assert (field.is_readable, field.amount, field.text()) == (False, None, "two")
    assert theme.tokens.danger in field.styleSheet()
    field.setText("2")
    assert field.styleSheet() == ""
