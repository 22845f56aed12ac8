"""The processes that decode: limited in time and memory, ended in every case, and safe for several threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from app.core import children, exchange
from app.core.children import Children, allowed_seconds
from app.core.cuts import Box, Cut
from app.core.decoder import Decoder
from app.core.errors import PictureDamaged, PictureError, PictureTooBig, PictureTooSlow, PictureUnreadable
from app.core.fit import Size
from tests import pictures, rare_pictures
from tests.core.conftest import Write
from tests.rare_pictures import SVG_START

SLOW = (
    f"{SVG_START} width='2000' height='2000'><filter id='f'><feTurbulence baseFrequency='.01' numOctaves='999999'/>"
    "</filter><rect width='2000' height='2000' filter='url(#f)'/></svg>"
).encode()
"""Keeps a process busy for hours, in 250 bytes and little memory."""


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    before = _processes()
    decoder = Decoder()
    yield decoder
    decoder.close()
    assert _processes() == before


def _processes() -> set[int]:
    """Ended ones that nobody has waited for, too."""
    return {process.pid for process in psutil.Process().children()}


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        os.sched_yield() if hasattr(os, "sched_yield") else None


def _pids(decoder: Decoder) -> set[int]:
    return decoder._children.pids()


# --- one after another --------------------------------------------------------------------------


def test_one_process_answers_one_question_after_another(decoder: Decoder, write: Write) -> None:
    path = write(rare_pictures.bmp())
    first = decoder.probe(path, "x")
    (pid,) = _pids(decoder)
    assert decoder.probe(path, "x") == first
    with pytest.raises(PictureDamaged):
        decoder.pixels(write(rare_pictures.bare_bmp(90, 90)), "x")
    assert decoder.pixels(write(rare_pictures.tiff()), "x").width == 120
    assert _pids(decoder) == {pid}


def test_four_threads_share_two_processes(decoder: Decoder, tmp_path: Path) -> None:
    made = [rare_pictures.bmp(), rare_pictures.tiff(), rare_pictures.svg(), rare_pictures.pdf(), rare_pictures.heic()]
    paths = []
    for number, data in enumerate(made):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    cut = [Cut("whole", Size(60, 40))]

    def work(turn: int) -> tuple[int, bytes]:
        assert len(_pids(decoder)) <= children.CHILDREN
        return turn % len(paths), decoder.prepare(paths[turn % len(paths)], str(turn), cut).parts[0].data

    with ThreadPoolExecutor(4) as pool:
        results = set(pool.map(work, range(40)))
    assert len(results) == len(paths)  # the same file, the same bytes, in every process
    assert 1 <= len(_pids(decoder)) <= children.CHILDREN


def test_idle_processes_end(write: Write) -> None:
    decoder = Decoder(idle_seconds=0.05)
    decoder.probe(write(rare_pictures.bmp()), "x")
    _wait(lambda: not _pids(decoder))
    assert decoder.probe(write(rare_pictures.bmp()), "x").width == 120
    decoder.close()


def test_it_works_from_any_folder_and_without_an_installation(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise SystemExit('the wrong app')")
    (tmp_path / "x").write_bytes(rare_pictures.bmp())
    root = Path(children.__file__).parents[2]
    script = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from pathlib import Path; from app.core.decoder import Decoder\n"
        "d = Decoder(); print(d.probe(Path('x'), 'x').width); d.close()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("120\n", "")


def test_it_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    assert "sk-ant-secret" not in str(children._environment())


def test_a_bundle_starts_itself_with_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert children._command() == [sys.executable, children.FROZEN_ARGUMENT]
    script = f"import sys; sys.frozen = True; from app.__main__ import main; main([{children.FROZEN_ARGUMENT!r}])"
    done = subprocess.run([sys.executable, "-c", script], input=b"", capture_output=True, check=True)
    assert exchange.receive(BytesIO(done.stdout)) == ({"ready": True}, b"")


def test_it_loads_neither_qt_nor_what_talks_to_the_network() -> None:
    script = "import sys, app.core.decoding, app.core.svg, app.core.pdf; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "app.core.rare" in loaded
    assert not {"PySide6", "httpx", "keyring", "sqlite3", "asyncio", "socket"} & set(loaded)


# --- limits -------------------------------------------------------------------------------------


def test_what_takes_too_long_is_ended_after_two_seconds_of_work(decoder: Decoder, write: Write) -> None:
    decoder.probe(write(rare_pictures.svg()), "warm")
    (pid,) = _pids(decoder)
    path, began, before = write(SLOW), time.monotonic(), _worked_by_children()
    with pytest.raises(PictureTooSlow) as caught:
        decoder.prepare(path, "slow", [Cut("whole", Size(900, 900))])
    assert time.monotonic() - began > 1.5
    assert _worked_by_children() - before < 2.5  # the start of the process is among it
    assert (caught.value.name, caught.value.format) == ("slow", "SVG")
    assert _gone(pid)
    assert _pids(decoder) == set()
    assert decoder.probe(write(rare_pictures.svg()), "x").format == "SVG"


def _worked_by_children() -> float:
    """Processor seconds of all processes of ours that have ended; on a busy machine fewer than have gone by."""
    times = os.times()
    return times.children_user + times.children_system


def test_time_grows_with_pixels_as_far_as_the_file_does() -> None:
    assert allowed_seconds("SVG", 60_000, 60_000, 10_000) < 1.7
    assert allowed_seconds("HEIC", 9, 9, 60_000_000) < 1.7
    assert 3 < allowed_seconds("HEIC", 8064, 6048, 10_000) < 4
    assert 5 < allowed_seconds("HEIC", 8064, 6048, 3_000_000) < 10


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_memory_is_limited(decoder: Decoder, write: Write) -> None:
    path = write(rare_pictures.use_bomb())
    with pytest.raises((PictureDamaged, PictureTooBig, PictureTooSlow)):
        decoder.prepare(path, "x", [Cut("whole", Size(900, 900))])
    decoder.probe(write(rare_pictures.bmp()), "x")
    (pid,) = _pids(decoder)
    limits = {
        name: psutil.Process(pid).rlimit(getattr(psutil, f"RLIMIT_{name}"))[1] for name in ("DATA", "FSIZE", "CORE")
    }
    assert limits == {"DATA": 480 << 20, "FSIZE": 0, "CORE": 0}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_photo_of_48_megapixels_passes_and_stays_below_512_megabytes(decoder: Decoder, write: Write) -> None:
    path = write(rare_pictures.heic("large"))
    whole = decoder.probe(path, "x")
    made = decoder.prepare(
        path, "x", [Cut("whole", Size(1270, 952)), Cut("tile", Size(99, 99), Box(0, 0, 99, 99), 1, 2)]
    )
    assert (whole.width, made.parts[0].width) == (8064, 1270)
    (pid,) = _pids(decoder)
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 512 << 10


# --- the end ------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("how", "error"), [("SIGKILL", PictureDamaged), ("SIGSEGV", PictureDamaged), ("SIGABRT", PictureTooSlow)]
)
def test_a_process_that_dies_is_told_of_its_picture_and_the_next_is_opened(
    decoder: Decoder, write: Write, how: str, error: type[PictureError]
) -> None:
    path = write(SLOW)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(decoder.prepare, path, "x", [Cut("whole", Size(900, 900))])
        _wait(lambda: bool(_pids(decoder)))
        for pid in _pids(decoder):
            os.kill(pid, getattr(signal, how))
        with pytest.raises(error):
            asked.result()
    assert decoder.probe(write(rare_pictures.bmp()), "x").width == 120


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_process_that_died_while_idle_is_no_fault_of_a_picture(decoder: Decoder, write: Write) -> None:
    path = write(rare_pictures.bmp())
    decoder.probe(path, "x")
    (pid,) = _pids(decoder)
    os.kill(pid, signal.SIGKILL)
    _wait(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert decoder.probe(path, "x").width == 120
    assert _pids(decoder) != {pid}


def test_closing_ends_what_is_busy_and_what_waits(decoder: Decoder, write: Write) -> None:
    path = write(SLOW)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(decoder.prepare, path, "x", [Cut("whole", Size(900, 900))]) for _ in range(4)]
        _wait(lambda: len(_pids(decoder)) == children.CHILDREN)
        pids, began = _pids(decoder), time.monotonic()
        decoder.close()
        for each in asked:
            with pytest.raises(PictureUnreadable):
                each.result()
    assert time.monotonic() - began < 1.5
    assert all(map(_gone, pids))
    decoder.close()
    with pytest.raises(PictureUnreadable):
        decoder.probe(path, "x")
    assert decoder.probe(write(pictures.png()), "x").format == "PNG"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_processes_end_with_the_app_however_that_ends(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(rare_pictures.bmp())
    script = (
        "import sys, time; from pathlib import Path; from app.core.decoder import Decoder\n"
        "d = Decoder(); d.probe(Path(sys.argv[1]), 'x'); print(*d._children.pids(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "x")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        pid = int(app.stdout.readline())
        child = psutil.Process(pid)
        assert child.is_running()
        app.kill()
    _wait(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_no_descriptor_and_no_thread_is_left(write: Write) -> None:
    path, threads = write(rare_pictures.bmp()), threading.active_count()
    opened = psutil.Process().num_fds() if hasattr(psutil.Process(), "num_fds") else 0
    for _ in range(3):
        decoder = Decoder()
        decoder.probe(path, "x")
        decoder.close()
    assert threading.active_count() <= threads + 3  # timers that are ending
    assert opened == (psutil.Process().num_fds() if opened else 0)


# --- what is said -------------------------------------------------------------------------------


def test_a_message_comes_as_it_went() -> None:
    pipe = BytesIO()
    exchange.send(pipe, {"a": [1, None, "ü"]}, (b"xy", b"z"), 3)
    pipe.seek(0)
    assert exchange.receive(pipe) == ({"a": [1, None, "ü"]}, b"xyz")
    with pytest.raises(EOFError):
        exchange.receive(pipe)


@pytest.mark.parametrize(
    "said",
    [
        b"\xff" * 40,
        b"\0\0\0\2\0\0\0\0\0\0\0\0[]",
        b"\0\0\0\2\0\0\0\0\0\0\0\0{x",
        b"\0\0\0\2\0\0\0\0\0\0\0\7{}abc",
    ],
)
def test_what_is_no_message_is_an_error(said: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        exchange.receive(BytesIO(said))


def test_cuts_and_errors_come_as_they_went() -> None:
    cuts = [Cut("whole", Size(9, 8)), Cut("tile", Size(5, 4), Box(1, 2, 5, 4), 1, 2)]
    assert exchange.unpacked_cuts(exchange.packed_cuts(cuts)) == cuts
    error = PictureTooBig("x", 5, 6, 7, 8)
    assert exchange.unpacked_error(exchange.packed_error(error), "x") == error
    heads: list[exchange.Head] = [{"error": "SystemExit", "facts": {}}, {"error": "PictureTooBig", "facts": {"y": 1}}]
    for head in [*heads, {"error": []}]:
        with pytest.raises(ValueError, match="error"):
            exchange.unpacked_error(head, "x")


def test_an_answer_that_makes_no_sense_ends_the_process(write: Write) -> None:
    pool = Children()
    question = {"what": "probe", "name": "x", "kind": "BMP", "page": 0}

    def read(head: dict[str, object], _: bytes) -> object:
        return head["nothing"]

    with pytest.raises(PictureDamaged):
        pool.ask(question, write(rare_pictures.bmp()).read_bytes(), "x", "BMP", read)
    assert pool.pids() == set()
    pool.close()
