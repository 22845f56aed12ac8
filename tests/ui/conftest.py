"""What every test of the window needs besides the parts of `tests/conftest.py`."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.core import load_keyring
from PySide6.QtCore import QLocale


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """The person's own keyring is not to be touched."""
    before = keyring.get_keyring()
    keyring.set_keyring(load_keyring("keyring.backends.fail.Keyring"))
    yield
    keyring.set_keyring(before)


@pytest.fixture
def american_figures() -> Iterator[None]:
    """Numbers are written as texts of tests have them, whatever the system's way is."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)
