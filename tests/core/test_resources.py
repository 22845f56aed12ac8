"""Where the files of `resources/` are found."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.core.resources import resource

LOOKUP = Path(resource.__code__.co_filename)


def test_a_checkout_keeps_its_resources_beside_the_package() -> None:
    assert resource("models.toml") == Path(__file__).parents[2] / "resources" / "models.toml"
    assert resource("icons/plus.svg").is_file()


@pytest.mark.parametrize("place", ["app/resources", "resources"], ids=["wheel and frozen app", "editable install"])
def test_an_installed_app_finds_them_in_or_beside_the_package(tmp_path: Path, place: str) -> None:
    package = tmp_path / "app" / "core"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()  # or an editable install's own `app` would win
    (tmp_path / place).mkdir()
    (package / "resources.py").write_bytes(LOOKUP.read_bytes())
    program = "from app.core.resources import resource; print(resource('models.toml'))"

    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert Path(found.stdout.strip()) == tmp_path / place / "models.toml"


def test_every_icon_takes_the_colour_of_the_theme_and_comes_with_its_licence() -> None:
    icons = sorted(resource("icons").glob("*.svg"))
    assert icons
    assert all('stroke="currentColor"' in icon.read_text("utf-8") for icon in icons)
    assert "ISC License" in resource("icons/LICENSE").read_text("utf-8")
