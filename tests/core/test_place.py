"""Where the data folder is: the word of the start, the note, the usual place; and a folder that is not there."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import platformdirs
import pytest

from app.core.errors import StoreFull, StoreGone
from app.core.place import NOTE, Place, data_place, note
from app.core.store import Store

XDG = pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the place is named by XDG_DATA_HOME elsewhere")


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share" / "Visavis"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A data folder elsewhere."""
    Store.open(tmp_path / "disk").close()
    return tmp_path / "disk"


def test_the_command_line_comes_before_the_environment_and_the_system(tmp_path: Path) -> None:
    environ = {"VISAVIS_DATA_DIR": str(tmp_path / "environ")}
    assert data_place(str(tmp_path / "argument"), environ) == Place(tmp_path / "argument")
    assert data_place(None, environ) == Place(tmp_path / "environ")
    assert data_place("", environ) == Place(tmp_path / "environ")
    assert data_place("here", {}) == Place(Path.cwd() / "here")
    assert data_place("~/here", {}) == Place(Path.home() / "here")
    assert data_place(None, {"VISAVIS_DATA_DIR": ""}).usual == platformdirs.user_data_path("Visavis", appauthor=False)


@XDG
def test_the_note_counts_where_nothing_was_named(usual: Path, disk: Path) -> None:
    assert data_place(None, {}) == Place(usual, usual)
    note(usual, disk)
    place = data_place(None, {})
    assert place == Place(disk, usual)
    place.check()
    assert data_place(str(usual), {}) == Place(usual)
    note(usual, usual)
    assert data_place(None, {}) == Place(usual, usual)
    assert not (usual / NOTE).exists()


@XDG
def test_the_note_is_private_and_holds_any_path(usual: Path, tmp_path: Path) -> None:
    folder = tmp_path / 'a "b" ü 这 \udcff'
    note(usual, folder)
    assert data_place(None, {}).folder == folder
    assert stat.S_IMODE((usual / NOTE).stat().st_mode) == 0o600


@XDG
@pytest.mark.parametrize("damaged", ["", "{", "[]", "7", '{"folder": 3}', '{"folder": ""}', '{"folder": "disk"}', "\0"])
def test_a_note_that_cannot_be_read_is_not_taken_for_none(usual: Path, damaged: str) -> None:
    usual.mkdir(parents=True)
    (usual / NOTE).write_text(damaged)
    with pytest.raises(StoreGone) as raised:
        data_place(None, {}).check()
    assert raised.value.path == str(usual / NOTE)


@pytest.mark.parametrize("there", ["nothing", "empty", "other", "lock"])
def test_a_folder_without_anything_of_ours_is_gone(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "disk"
    if there != "nothing":
        folder.mkdir()
    if there in {"other", "lock"}:
        (folder / there).touch()
    with pytest.raises(StoreGone) as raised:
        Place(folder, tmp_path / "usual").check()
    assert raised.value.path == str(folder)
    Place(folder).check()
    Place(folder, folder).check()
    assert folder.exists() == (there != "nothing")


def test_a_note_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with pytest.raises(StoreFull):
        note(tmp_path / "usual", tmp_path / "disk")


def test_another_folder_is_the_usual_one_only_where_the_note_says_so(tmp_path: Path) -> None:
    usual, disk, other = tmp_path / "usual", tmp_path / "disk", tmp_path / "other"
    place = Place(disk, usual)
    assert place.elsewhere(usual) == Place(usual, usual)
    note(usual, disk)
    assert place.elsewhere(usual) == Place(usual)
    assert place.elsewhere(disk) == place
    assert Place(disk).elsewhere(other) == Place(other)
