"""How amounts are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.ui import figures
from app.ui.ledger import words

pytestmark = pytest.mark.usefixtures("american_figures")


@pytest.mark.parametrize(
    ("amount", "written", "limit"),
    [
        ("0", "$0", "$0"),
        ("0.0000009", "< $0.0001", "$0.0001"),
        ("0.000099", "< $0.0001", "$0.0001"),
        ("0.0001", "$0.00010", "$0.00010"),
        ("0.00012345", "$0.00012", "$0.00013"),
        ("0.01234", "$0.0123", "$0.0124"),
        ("12.341", "$12.34", "$12.35"),
    ],
)
def test_an_amount_has_the_digits_that_say_something(amount: str, written: str, limit: str) -> None:
    assert figures.dollars(Decimal(amount)) == written
    assert figures.dollars(Decimal(amount), up=True) == limit


def test_where_digits_are_asked_for_a_tiny_amount_keeps_two() -> None:
    assert figures.dollars(Decimal("0.0000009"), digits=4) == "$0.00000090"


def test_a_size_has_the_unit_that_keeps_it_short() -> None:
    sizes = (999, 999_499, 999_500, 999_949_999, 999_950_000, 12_340_000_000)
    assert list(map(figures.file_size, sizes)) == ["999 bytes", "999 kB", "1.0 MB", "999.9 MB", "1.0 GB", "12.3 GB"]


def test_what_is_less_than_an_amount_is_not_about_it_too() -> None:
    assert figures.about(Decimal("0.0000009")) == "< $0.0001"
    assert figures.about(Decimal("0.0209")) == "≈ $0.0209"
    assert words.money(Decimal("0.0000009"), exact=False) == "< $0.0001"
    assert words.money(Decimal("0.0009"), exact=False) == "≈ $0.00090"
    assert words.money(Decimal("-0.0000009")) == "−$0.00000090"
