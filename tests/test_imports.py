"""What an import brings along, found in fresh processes: the layers at run time, and what a start must not load."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"httpx", "httpcore", "PIL", "keyring", "truststore", "cryptography"}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after the code."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"],
        stdout=subprocess.PIPE,
        check=True,
    )
    return set(json.loads(run.stdout))


def test_the_worker_runs_without_widgets_and_without_the_event_loop_of_qt() -> None:
    loaded = loaded_by("import app.conversation.worker")
    assert "PySide6.QtCore" in loaded
    assert loaded.isdisjoint({"PySide6.QtWidgets", "PySide6.QtGui", "qasync"})


def test_the_core_knows_no_qt() -> None:
    loaded = loaded_by("from app.__main__ import load_core; load_core()")
    assert "app.core.store" in loaded
    assert not any(name.split(".")[0] in {"PySide6", "shiboken6", "qasync"} for name in loaded)


@pytest.mark.parametrize("module", ["app.window", "app.ask", "app.conversation.worker"])
def test_what_is_heavy_waits_for_the_first_paint(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert module in loaded
    assert {name.split(".")[0] for name in loaded}.isdisjoint(HEAVY)


def test_the_transcript_and_the_dialogs_wait_for_the_first_paint() -> None:
    loaded = loaded_by("import app.window")
    late = {"transcript.view", "thumbnails", "viewer", "key_dialog", "settings_dialog"}
    assert loaded.isdisjoint({f"app.ui.{name}" for name in late})
