"""Puts Visavis into the applications menu and under the file manager's "Open with", on Linux; or takes it out again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
ENTRY = ROOT / "packaging" / "linux" / "app.visavis.Visavis.desktop"
ICON = ROOT / "resources" / "visavis.svg"


def add(program: Path, environ: Mapping[str, str]) -> Path:
    """Write the entry that starts `program`; returns where. Raises OSError."""
    entry, icon = _places(environ)
    text = ENTRY.read_text(encoding="utf-8").replace("Exec=visavis ", f"Exec={_quoted(program)} ")
    for path in (entry, icon):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ICON, icon)
    entry.write_text(text, encoding="utf-8")
    _tell(entry.parent)
    return entry


def remove(environ: Mapping[str, str]) -> Path:
    """Take away what `add` wrote; returns where it was. Raises OSError."""
    entry, icon = _places(environ)
    for path in (entry, icon):
        path.unlink(missing_ok=True)
    if entry.parent.is_dir():
        _tell(entry.parent)
    return entry


def _places(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Where this person's entries and icons are (XDG Base Directory, Icon Theme)."""
    data = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "applications" / ENTRY.name, data / "icons/hicolor/scalable/apps" / f"{ENTRY.stem}.svg"


def _quoted(program: Path) -> str:
    """The path as an argument of Exec (Desktop Entry Specification): quoted, then escaped as every string there is."""
    quoted = "".join("\\" + letter if letter in '"`$\\' else letter for letter in str(program))
    return f'"{quoted}"'.replace("\\", "\\\\").replace("%", "%%")


def _tell(applications: Path) -> None:
    """File managers look formats up in a cache; without the program that writes it they read the entries themselves."""
    if program := shutil.which("update-desktop-database", path=os.environ.get("PATH")):
        subprocess.run([program, "-q", str(applications)], check=False)
