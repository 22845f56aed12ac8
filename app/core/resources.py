"""Where the files of `resources/` are, whichever way the app was installed."""

from __future__ import annotations

from pathlib import Path

_APP = Path(__file__).parent.parent
_FOLDER = _APP / "resources"
if not _FOLDER.is_dir():
    # A checkout and an editable install keep the folder beside `app`; a wheel and a frozen app put it inside.
    _FOLDER = _APP.parent / "resources"


def resource(name: str) -> Path:
    """The path of one file or folder of `resources/`, named with forward slashes: `resource("icons/plus.svg")`."""
    return _FOLDER / name
