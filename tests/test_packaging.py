"""Tests of `packaging/`: the set-up script in a checkout of its own, the lock, the notices, the locked PySide6."""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app import __version__
from app.core.container import MEDIA_TYPES

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "packaging" / "dev.py"
LOCK = (ROOT / "packaging" / "requirements.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

SHOW_ARGUMENTS = """
import importlib.metadata, pathlib, sys
print(importlib.metadata.version("visavis"), pathlib.Path.cwd().name, *sys.argv[1:], sep="|")
def main(): print("main")
"""


class Checkout:
    """A checkout without packages in its lock, so that its set-up needs no network; its app prints its arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venv = folder / ".venv"
        self.lock = folder / "packaging" / "requirements.txt"
        for name in ("pyproject.toml", "README.md", "LICENSE", "packaging/THIRD_PARTY.md", "packaging/dev.py"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self.lock.write_text("# nothing\n", encoding="utf-8")
        (folder / "resources").mkdir()
        (folder / "resources" / "models.toml").touch()
        (folder / "app").mkdir()
        shutil.copy(ROOT / "app" / "__init__.py", folder / "app" / "__init__.py")
        (folder / "app" / "__main__.py").write_text(SHOW_ARGUMENTS, encoding="utf-8")

    def run(self, *arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Call `dev.py run` with `arguments` from `cwd`, with this environment's hatchling and without a network."""
        packages = sysconfig.get_path("purelib")
        offline = {**os.environ, "PYTHONPATH": packages, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "PYTHONUTF8": "1"}
        command = [sys.executable, str(self.folder / "packaging" / "dev.py"), "run", *arguments]
        return subprocess.run(command, cwd=cwd, env=offline, capture_output=True, encoding="utf-8", check=False)

    @staticmethod
    def printed(cwd: Path, *arguments: str) -> str:
        """What the app prints when it is called with `arguments` from `cwd`."""
        return "|".join([__version__, cwd.name, *arguments]) + "\n"

    def script(self) -> Path:
        """The console script that the set-up makes."""
        return self.venv / ("Scripts/visavis.exe" if os.name == "nt" else "bin/visavis")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    folder = tmp_path_factory.mktemp("packaging") / "a chéckout with spaces"
    made = Checkout(folder)
    ran = made.run()
    assert ran.returncode == 0, ran.stderr
    return made


def test_run_hands_every_argument_to_the_app_and_stays_in_the_caller_s_folder(
    checkout: Checkout, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text("print('an app of the folder, not ours')")

    ran = checkout.run("--help", "two words.png", "--practice", cwd=tmp_path)

    assert ran.stdout == checkout.printed(tmp_path, "--help", "two words.png", "--practice")


def test_the_set_up_makes_the_console_script(checkout: Checkout, tmp_path: Path) -> None:
    ran = subprocess.run([checkout.script()], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ran.stdout.endswith("main\n")


def test_a_second_run_sets_nothing_up(checkout: Checkout) -> None:
    before = (checkout.venv / "pyvenv.cfg").stat()

    ran = checkout.run()

    assert ran.stderr == ""
    assert (checkout.venv / "pyvenv.cfg").stat().st_mtime_ns == before.st_mtime_ns


def test_a_half_finished_set_up_is_repaired(checkout: Checkout, tmp_path: Path) -> None:
    checkout.lock.write_text("# nothing, again\n", encoding="utf-8")
    moved = (checkout.folder / "README.md").rename(tmp_path / "README.md")
    failed = checkout.run()  # the packages are in, the project cannot be
    moved.rename(checkout.folder / "README.md")

    repaired = checkout.run(cwd=tmp_path)

    assert failed.returncode == 1
    assert failed.stdout == ""
    assert "The packages could not be installed" in failed.stderr
    assert repaired.stdout == checkout.printed(tmp_path)


def test_a_changed_lock_makes_the_environment_anew(checkout: Checkout, tmp_path: Path) -> None:
    left_over = checkout.venv / "left-over"
    left_over.touch()
    checkout.lock.write_text("# nothing, in other words\n", encoding="utf-8")

    ran = checkout.run(cwd=tmp_path)

    assert not left_over.exists()
    assert ran.stdout == checkout.printed(tmp_path)


def test_an_older_python_is_told_in_one_sentence() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8))
    pretend = f"import runpy, sys; sys.version_info = (3, 8, 0); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"

    ran = subprocess.run([sys.executable, "-c", pretend, "run"], capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert re.fullmatch(r"Visavis needs Python 3\.11 or newer; this is Python .*\.\n", ran.stderr)


def test_an_unknown_command_shows_the_usage() -> None:
    ran = subprocess.run([sys.executable, SCRIPT, "rum"], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "packaging/dev.py run" in ran.stderr


def test_one_failing_check_fails_all_but_the_others_still_run(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script: dict[str, Any] = runpy.run_path(str(SCRIPT))
    script["check"].__globals__["PYTHON"] = Path(sys.executable)
    last = tmp_path / "last"

    code = script["check"]({"first": ["-c", "raise SystemExit(5)"], "last": ["-c", f"open({str(last)!r}, 'w')"]})

    summary = capfd.readouterr().out.splitlines()[-3:]
    assert code == 1
    assert last.exists()
    assert [line.split()[:2] for line in summary[:2]] == [["first", "FAILED"], ["last", "ok"]]
    assert summary[2] == "1 of 2 checks failed"


def test_the_lock_has_hashes_and_no_address() -> None:
    pins = re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", LOCK, flags=re.MULTILINE).strip())

    assert len(pins) > 20
    assert [pin for pin in pins if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin, re.DOTALL)] == []
    assert re.findall(r"://|--(?:extra-)?index|--find-links|^-", LOCK, flags=re.MULTILINE) == []


def test_the_lock_holds_every_dependency_in_a_version_that_the_project_takes() -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, flags=re.MULTILINE))
    wanted = [Requirement(text) for text in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]]

    assert [str(one) for one in wanted if locked.get(canonicalize_name(one.name), "0") not in one.specifier] == []


def test_every_package_the_app_runs_with_has_its_notice() -> None:
    notices = (ROOT / "packaging" / "THIRD_PARTY.md").read_text(encoding="utf-8").lower()

    packages = runtime_packages()

    assert {"httpx", "h11", "secretstorage"} <= packages
    assert "pytest" not in packages
    assert [name for name in sorted(packages) if not re.search(rf"\b{re.escape(name)}\b", notices)] == []


def runtime_packages() -> set[str]:
    """The names in the lock that a dependency of the project leads to, by the lock's own "via" remarks."""
    via: dict[str, set[str]] = {}
    for line in LOCK.splitlines():
        if pin := re.match(r"([a-z0-9-]+)==", line):
            remarks = via.setdefault(pin[1], set())
        elif remark := re.match(r" +#(?: via)? +(\S.*)", line):
            remarks.add(remark[1])
    found: set[str] = set()
    reached = {"visavis (pyproject.toml)"}
    while reached:
        reached = {name for name, remarks in via.items() if remarks & reached} - found
        found |= reached
    return found


def test_open_with_starts_this_checkout_whatever_its_path(tmp_path: Path) -> None:
    menu = runpy.run_path(str(ROOT / "packaging" / "menu.py"))
    environ = {"XDG_DATA_HOME": str(tmp_path)}
    entry = menu["add"](Path('/home/zoe/50% "odd" $HOME/visavis'), environ)
    assert entry == tmp_path / "applications" / "app.visavis.Visavis.desktop"
    lines = entry.read_text(encoding="utf-8").splitlines()
    assert r"""Exec="/home/zoe/50%% \\"odd\\" \\$HOME/visavis" %F""" in lines
    offered = next(line for line in lines if line.startswith("MimeType=")).removeprefix("MimeType=").split(";")
    assert set(MEDIA_TYPES.values()) | {"image/heic", "image/svg+xml", "application/pdf"} <= set(offered)
    icon = tmp_path / "icons/hicolor/scalable/apps/app.visavis.Visavis.svg"
    assert icon.read_bytes() == (ROOT / "resources" / "visavis.svg").read_bytes()
    menu["remove"](environ)
    assert not entry.exists()
    assert not icon.exists()


VOID_CALLS = """
import sys
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication(sys.argv)
widget = QWidget()
before = sys.getrefcount(None)
for _ in range(5_000):
    widget.repaint(); widget.parent(); widget.setParent(None); app.processEvents()
print(before - sys.getrefcount(None))
"""


def test_pyside_keeps_its_references_to_none() -> None:
    """PySide6 6.12.0 loses one in each call that returns None and so ends Python 3.11 after some 5,000 of them."""
    command = [sys.executable, "-c", VOID_CALLS, "-platform", "offscreen"]

    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert abs(int(ran.stdout)) < 100
