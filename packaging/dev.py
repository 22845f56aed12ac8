"""Sets Visavis up in `.venv`, then runs the app, its checks, its benchmarks or its screenshots there.

    python3 packaging/dev.py run [ARGUMENT...]        the app; every argument goes to it
    python3 packaging/dev.py test [ARGUMENT...]       lint, format, types, layers and tests; the arguments go to pytest
    python3 packaging/dev.py bench [NAME...] [--json] the benchmarks
    python3 packaging/dev.py long [NAME [ARGUMENT...]] what takes too long for the tests (--help tells the names)
    python3 packaging/dev.py shots [FOLDER]           the screenshots
    python3 packaging/dev.py menu [--remove]          the applications menu and "Open with", on Linux
    python3 packaging/dev.py lock [--upgrade]         makes packaging/requirements*.txt anew from pyproject.toml

Nothing but Python 3.11 and its pip (or uv) has to be there. The first run fetches what requirements.txt names, checked
by hash; later runs see by a stamp that nothing changed and start at once. It is all in `.venv`, to be deleted at will.
"""

# Standard library only, and a syntax that Python 3.8 can parse: an older Python has to get as far as main()'s sentence.
from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "requirements.txt"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "set-up-of"
BENCH_LOCK = ROOT / "packaging" / "requirements-bench.txt"
BENCH_STAMP = VENV / "set-up-of-bench"
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # the Python behind a virtual environment's

# Where each library of Qt's is in Debian and Ubuntu. Without the first group PySide6 cannot be imported, not even to
# draw off the screen; the second opens windows under X11 and Wayland. The rest come as dependencies of these.
IMPORT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
# Programs that some tests need; without them those tests are skipped.
TEST_PROGRAMS = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "dbus-run-session": "dbus-daemon",
    "gnome-keyring-daemon": "gnome-keyring",
    "strace": "strace",
}
BENCH_PROGRAMS = {"tesseract": "tesseract-ocr"}  # reads text; without it that benchmark is left out


def main(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` begin with; returns the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one place that an older Python reaches
        return fail(f"Visavis needs Python 3.11 or newer; this is Python {sys.version.split()[0]} ({sys.executable}).")
    commands = {"run": run, "test": test, "bench": bench, "long": long, "shots": shots, "menu": menu, "lock": lock}
    if not arguments or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return commands[arguments[0]](list(arguments[1:]))
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """Open the app with `arguments`, in the caller's folder: paths among them are relative to that."""
    set_up()
    # An `app` in the caller's folder must not be taken for ours (-P). The editable install's path file would do for the
    # rest, did Python before 3.13 on Windows read it right where the checkout's path is not ASCII.
    search_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    become(["-P", "-m", "app", *arguments], {**os.environ, "PYTHONPATH": search_path}, Path.cwd())


def test(arguments: list[str]) -> int:
    """Run every check, all of them even when one fails; returns 0 when all passed, 1 otherwise."""
    set_up(programs=TEST_PROGRAMS)
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return check(
        {
            "ruff check": ["-m", "ruff", "check", "."],
            "ruff format": ["-m", "ruff", "format", "--check", "."],
            "mypy": ["-m", "mypy"],
            "lint-imports": ["-c", lint_imports, "--no-logo"],
            "pytest": ["-m", "pytest", *arguments],
        }
    )


def bench(arguments: list[str]) -> int:
    """Run the benchmarks named by `arguments`, or all."""
    set_up(programs=BENCH_PROGRAMS)
    add_references()
    become(["-m", "tests.benchmarks", *arguments], off_screen(), ROOT)


def long(arguments: list[str]) -> int:
    """Run what takes too long for `test`: the run that `arguments` begin with, or all."""
    set_up(programs=TEST_PROGRAMS)
    become(["-m", "tests.long", *arguments], off_screen(), ROOT)


def shots(arguments: list[str]) -> int:
    """Make the screenshots, in the folder that `arguments` name (relative to the caller's) or the module's choice."""
    set_up()
    paths = [word if word.startswith("-") else str(Path(word).absolute()) for word in arguments]
    become(["-m", "tests.shots", *paths], off_screen(), ROOT)


def menu(arguments: list[str]) -> int:
    """Put the app into the applications menu and under "Open with", or take it out again."""
    if not sys.platform.startswith("linux"):
        return fail('This is for Linux. Elsewhere, choose the program in .venv under "Open with" once.')
    set_up()
    from menu import add, remove

    place = remove(os.environ) if arguments == ["--remove"] else add(VENV / "bin" / "visavis", os.environ)
    say(f"Taken out: {place}" if arguments == ["--remove"] else f"Added: {place}")
    return 0


def lock(arguments: list[str]) -> int:
    """Make the locks anew: for every platform, with hashes and without a registry's address."""
    uv = shutil.which("uv")
    if uv is None:
        return fail("The lock is made by uv, which is not here: python3 -m pip install uv")
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", *arguments]
    command += ["--generate-hashes", "--no-emit-index-url", "--custom-compile-command", "python3 packaging/dev.py lock"]
    main_lock = ["--group", "dev", "--output-file", relative(LOCK), "pyproject.toml"]
    # What both locks name is of one version: they share an environment.
    bench_lock = ["--group", "bench", "--constraint", relative(LOCK), "--output-file", relative(BENCH_LOCK)]
    return subprocess.call([*command, *main_lock], cwd=ROOT) or subprocess.call([*command, *bench_lock], cwd=ROOT)


def check(checks: Mapping[str, Sequence[str]]) -> int:
    """Run each of `checks` (name → Python's arguments), then say in a line each how it went; returns 0 or 1."""
    lines: list[str] = []
    failed = 0
    for name, arguments in checks.items():
        print(f"--- {name}", flush=True)
        began = time.monotonic()
        code = subprocess.call([PYTHON, *arguments], cwd=ROOT, env=off_screen())
        failed += code != 0
        lines.append(f"{name:<14}{'ok' if code == 0 else 'FAILED':<8}{time.monotonic() - began:6.1f} s")
    print("---", *lines, f"{failed} of {len(lines)} checks failed" if failed else "All checks passed", sep="\n")
    return 1 if failed else 0


def set_up(programs: Mapping[str, str] | None = None) -> None:
    """Make `.venv` what the lock says, if it is not yet, and see to the system's libraries and the tests' `programs`.

    Ends the process with a sentence when that cannot be done.
    """
    see_to_system(programs or {})
    wanted = fingerprint()
    if is_set_up(wanted, STAMP):
        return
    say(f"Setting up {relative(VENV)} from {relative(LOCK)} (about 130 MB to fetch the first time)")
    # The stamp goes first and comes last: whatever interrupts what lies between is put right by the next run.
    STAMP.unlink(missing_ok=True)
    # Without pip, because Debian's Python has no ensurepip; an installer from outside needs none in there.
    if call([BASE_PYTHON, "-m", "venv", "--clear", "--without-pip", str(VENV)]) != 0:
        sys.exit(fail(f"{VENV} could not be made. Close Visavis if it runs from there, then try again."))
    if not any(install(installer) for installer in installers()):
        sys.exit(fail("The packages could not be installed. It takes a network, and pip (apt: python3-pip) or uv."))
    STAMP.write_text(wanted, encoding="utf-8")


def fingerprint() -> str:
    """A hash of all that a set-up depends on: the lock, the project's own metadata, Python's version, the folder."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [project["project"], project["build-system"], sys.version_info[:2], str(ROOT)]
    return hashlib.sha256(json.dumps(parts).encode() + LOCK.read_bytes()).hexdigest()


def add_references() -> None:
    """Install what the benchmarks hold the app against beside its own packages; ends the process if that fails."""
    wanted = hashlib.sha256(BENCH_LOCK.read_bytes()).hexdigest()
    if is_set_up(wanted, BENCH_STAMP):
        return
    say(f"Installing {relative(BENCH_LOCK)} (about 40 MB to fetch the first time)")
    BENCH_STAMP.unlink(missing_ok=True)
    if not any(install_locked(installer, BENCH_LOCK) for installer in installers()):
        sys.exit(fail("The benchmarks' references could not be installed. It takes a network, and pip or uv."))
    BENCH_STAMP.write_text(wanted, encoding="utf-8")


def is_set_up(wanted: str, stamp: Path) -> bool:
    """Whether the last set-up of that stamp was finished, was one of `wanted`, and its Python is still there."""
    try:
        return stamp.read_text(encoding="utf-8") == wanted and PYTHON.exists()
    except OSError:
        return False


def installers() -> Iterator[list[str]]:
    """The commands that can install into `.venv` from outside: uv, then a pip that knows --python (22.3 and newer)."""
    uv = shutil.which("uv")
    if uv is not None:
        yield [uv, "pip", "install", "--python", str(PYTHON)]
    # A virtual environment's Python may have no pip where the one behind it has, and the other way round.
    for python in dict.fromkeys([sys.executable, BASE_PYTHON]):
        pip = [python, "-m", "pip", "--python", str(PYTHON)]
        if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:
            yield [
                *pip,
                "install",
                "--disable-pip-version-check",
                "--no-warn-script-location",
                "--root-user-action=ignore",
            ]


def install(installer: list[str]) -> bool:
    """Install the locked packages, then the project itself as editable."""
    # Built by the locked hatchling: an isolated build would fetch one that no hash was checked of.
    project = [*installer, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    return install_locked(installer, LOCK) and call(project) == 0


def install_locked(installer: list[str], lock: Path) -> bool:
    """Install the packages of a lock: wheels only, so that no foreign code runs."""
    return call([*installer, "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]) == 0


def see_to_system(programs: Mapping[str, str]) -> None:
    """On Linux, have Qt's system libraries and `programs` installed, or say how; ends the process if Qt cannot load."""
    if sys.platform != "linux":
        return
    packages = [*lacking(IMPORT_LIBRARIES), *lacking(WINDOW_LIBRARIES)]
    packages += [package for program, package in programs.items() if shutil.which(program) is None]
    if not packages:
        return
    if os.geteuid() == 0 and shutil.which("apt-get") is not None and apt_install(packages):
        return
    say("Missing on this system; on Debian and Ubuntu this installs it:")
    say(f"    sudo apt-get install --no-install-recommends {' '.join(packages)}")
    if lacking(IMPORT_LIBRARIES):
        sys.exit(fail(f"Qt cannot be loaded without {', '.join(lacking(IMPORT_LIBRARIES))}."))


def lacking(libraries: Mapping[str, str]) -> list[str]:
    """The packages of those `libraries` (file → package) that the loader does not find."""
    packages = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    return packages


def apt_install(packages: Iterable[str]) -> bool:
    """Install `packages` as root, without questions; returns whether all are there now."""
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say(f"Installing with apt: {' '.join(packages)}")
    # A fresh container has no package lists, and old lists name files that are gone. One source out of reach fails the
    # update, yet need not keep the packages away.
    call(["apt-get", "update", "--quiet"], environment)
    return call(command, environment) == 0


def off_screen() -> dict[str, str]:
    """This process's environment, with Qt drawing off the screen unless it says otherwise."""
    return {"QT_QPA_PLATFORM": "offscreen", **os.environ}


def become(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> NoReturn:
    """Go on as the Python of `.venv` with `arguments` in `folder`, so that signals and the exit code are its own."""
    command = [str(PYTHON), *arguments]
    if os.name == "nt":  # where exec would return to the prompt at once and leave the app behind
        sys.exit(subprocess.call(command, cwd=folder, env=environment))
    os.chdir(folder)
    os.execve(PYTHON, command, environment)


def call(command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run `command` and return its exit code. What it prints goes to stderr: stdout is the app's alone."""
    return subprocess.call(command, env=environment, stdout=sys.stderr)


def relative(path: Path) -> str:
    """`path` as one says it in the checkout, the same on every system."""
    return path.relative_to(ROOT).as_posix()


def say(sentence: str) -> None:
    """Tell the person what happens."""
    print(sentence, file=sys.stderr, flush=True)


def fail(sentence: str) -> int:
    """Tell the person why it cannot go on; returns the exit code for it."""
    say(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
