"""The settings file."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import settings
from app.core.errors import StoreFull
from app.core.settings import FILE, Settings


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    chosen = Settings(
        model="claude-haiku-5-5",
        max_tokens=64_000,
        theme="dark",
        base_url="https://example.org",
        auth="bearer",
        practice=True,
        sidebar_open=False,
        geometry="01d9",
        text_size=150,
        upload=True,
        upload_days=7,
        foreign_sources=True,
        cap_day="2.50",
        cap_month="20",
        cap_conversation="0.5",
        cache_ttl="1h",
        count_while_typing=True,
        advice_off="count",
        prices={"claude-sonnet-5-5": {"input": "1.5"}},
    )
    assert all(getattr(chosen, name) != getattr(Settings(), name) for name in settings._KNOWN)
    settings.save(chosen, tmp_path / "new")
    assert settings.load(tmp_path / "new") == (chosen, None)


def test_without_a_file_the_defaults_hold_and_nothing_is_wrong(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "nowhere") == (Settings(), None)


def test_keys_of_another_version_survive_saving(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"theme": "light", "holograms": {"depth": 3}}')
    loaded, problem = settings.load(tmp_path)
    assert problem is None
    settings.save(replace(loaded, theme="dark"), tmp_path)
    stored = json.loads((tmp_path / FILE).read_text())
    assert (stored["theme"], stored["holograms"]) == ("dark", {"depth": 3})


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"5", b"\xff\xfe", b"\x00" * 100, b'{"a": ' * 100_000, b"[" * 100_000]
)
def test_a_broken_file_is_kept_aside_and_the_defaults_hold(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    loaded, aside = settings.load(tmp_path)
    assert loaded == Settings()
    assert aside is not None
    assert list(tmp_path.iterdir()) == [aside]
    assert aside.read_bytes() == content

    settings.save(Settings(theme="dark"), tmp_path)
    assert settings.load(tmp_path) == (Settings(theme="dark"), None)
    assert aside.read_bytes() == content


def test_a_folder_in_the_files_place_does_not_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    loaded, aside = settings.load(tmp_path)
    assert loaded == Settings()
    assert aside is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("auth", "basic"),
        ("max_tokens", 0),
        ("max_tokens", True),
        ("max_tokens", 1.5),
        ("text_size", 10),
        ("practice", 1),
        ("upload", "yes"),
        ("upload_days", 0),
        ("upload_days", 91),
        ("foreign_sources", 1),
        ("model", None),
        ("geometry", ["00"]),
    ],
)
def test_a_value_out_of_range_counts_as_not_set(tmp_path: Path, name: str, value: object) -> None:
    (tmp_path / FILE).write_text(json.dumps({name: value, "sidebar_open": False}))
    assert settings.load(tmp_path) == (Settings(sidebar_open=False), None)


@pytest.mark.parametrize(
    ("written", "cap"),
    [
        (20, "20"),
        (2.5, "2.5"),
        ("5.00", "5.00"),
        ("5,00", "5.00"),
        (" 3 ", "3"),
        ("", ""),
        (None, ""),
        *((wrong, "0") for wrong in ("five", "1,000.50", "-1", "٣")),
        *((wrong, "0") for wrong in (-1, 1e300, float("nan"), True)),
        ([5], "0"),
    ],
)
def test_a_cap_of_another_form_is_read_or_lets_nothing_be_spent(tmp_path: Path, written: object, cap: str) -> None:
    (tmp_path / FILE).write_text(json.dumps({"cap_day": written, "cap_month": "7"}))
    assert settings.load(tmp_path) == (Settings(cap_day=cap, cap_month="7"), None)


def test_the_file_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        settings.save(Settings(), tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFull):
        settings.save(Settings(), tmp_path / "file")
