"""The command line as scripts rely on it: a real process, a real server, exit codes and streams."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import __version__
from app.conversation.chat import Tools
from app.core.ledger import Entry, Filter, Ledger
from app.core.lock import DataFolderLock
from app.core.store import Store
from app.instance import Instance
from tests import rare_pictures
from tests.conftest import destroy
from tests.servers.api import ApiServer
from tests.servers.replies import close_before_reply, error, recorded
from tests.stored import conversations_of

ROOT = Path(__file__).parent.parent

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the app with a bare environment: no display, no key but what is given."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
        bare = {"HOME": str(tmp_path), "VISAVIS_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=kept | bare | environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def online(run: Run, api: ApiServer) -> Run:
    def online(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run(*arguments, ANTHROPIC_BASE_URL=api.url, ANTHROPIC_API_KEY=api.key)

    return online


def test_ask_streams_the_answer_to_standard_output(online: Run, api: ApiServer, picture: Callable[..., Path]) -> None:
    api.answer = "The second is **blue**: ü 这."
    done = online("ask", "How do these differ?", str(picture("a.png")), str(picture("b.png", color="#2040c0")))
    assert (done.returncode, done.stdout, done.stderr) == (0, "The second is **blue**: ü 这.\n", "")
    [message] = api.posts[0].json["messages"]
    assert [block["type"] for block in message["content"]] == ["text", "image", "text", "image", "text"]


def test_json_is_one_object_with_the_api_s_usage_and_an_exact_cost(
    online: Run, api: ApiServer, picture: Callable[..., Path]
) -> None:
    api.answer = "A screen."
    done = online("ask", "What?", str(picture("shot.png", (3840, 2160))), "--json", "--model", "claude-opus-5-5")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert list(result) == ["text", "model", "stop_reason", "usage", "cost_usd", "pictures"]
    assert (result["text"], result["model"], result["stop_reason"]) == ("A screen.", "claude-opus-5-5", "end_turn")
    usage = result["usage"]
    assert Decimal(result["cost_usd"]) == (
        usage["input_tokens"] * 4 + usage["cache_creation_input_tokens"] * 5 + usage["output_tokens"] * 20
    ) / Decimal(1_000_000)
    [shot] = result["pictures"]
    assert (shot["name"], shot["from"], shot["sent"], shot["tokens"]) == ("shot.png", [3840, 2160], [2576, 1449], 4784)
    assert set(shot) == {"name", "from", "sent", "media_type", "bytes", "tokens"}


def test_the_system_prompt_is_sent(online: Run, api: ApiServer) -> None:
    assert online("ask", "Hello", "--system", "Only Spanish.").returncode == 0
    assert api.posts[0].json["system"] == "Only Spanish."


def test_practice_needs_no_key_and_measures(run: Run, picture: Callable[..., Path]) -> None:
    done = run("ask", "What is this?", str(picture()), "--practice", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert "640" in result["text"]
    assert result["cost_usd"] == "0"


def test_options_may_stand_before_ask(run: Run, tmp_path: Path) -> None:
    done = run("--data-dir", str(tmp_path / "other"), "--practice", "ask", "Hello")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_has_read_enough_ends_it_quietly(tmp_path: Path) -> None:
    environ = os.environ | {"VISAVIS_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    start = [sys.executable, "-m", "app", "ask", "--practice", "Hello"]
    with subprocess.Popen(start, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        assert asking.stderr is not None
        asking.stdout.read(1)
        asking.stdout.close()
        assert asking.stderr.read() == b""
    assert asking.returncode == 1


def test_ask_leaves_a_damaged_settings_file_where_it_is(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_text("{")
    assert run("ask", "Hello", "--practice").returncode == 0
    assert (tmp_path / "data" / "settings.json").read_text() == "{"
    assert list((tmp_path / "data").glob("settings-*")) == []


def test_ask_keeps_nothing_but_what_it_cost(online: Run, tmp_path: Path, picture: Callable[..., Path]) -> None:
    assert online("ask", "Hello", str(picture())).returncode == 0
    store = Store.open(tmp_path / "data")
    assert (conversations_of(store), asyncio.run(store.drafts())) == ([], {})
    store.close()
    assert not (tmp_path / "data" / "pictures").exists()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (error(401, "authentication_error", "invalid x-api-key"), "key"),
        (error(529, "overloaded_error", "Overloaded", headers={"retry-after": "3600"}), "overloaded"),
        (close_before_reply(), "charged"),
        (recorded("stream_cut.sse"), "broke off"),
    ],
    ids=["401", "529", "lost", "cut"],
)
def test_an_error_is_one_sentence_on_standard_error_and_exit_code_1(
    online: Run, api: ApiServer, reply: object, words: str
) -> None:
    api.script(reply)  # type: ignore[arg-type]  # a Reply
    done = online("ask", "Hello")
    assert done.returncode == 1
    assert words in done.stderr.lower()
    assert len(done.stderr.strip().splitlines()) == 1
    assert api.key not in done.stdout + done.stderr
    assert len(api.posts) == 1


def test_a_file_that_is_no_picture_is_named_and_nothing_is_sent(online: Run, api: ApiServer, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    done = online("ask", "What?", "notes.png")
    assert done.returncode == 1
    assert "notes.png" in done.stderr
    assert api.requests == []


@pytest.mark.parametrize(
    ("pages", "labels"),
    [("", ["page 1", "page 2", "page 3"]), ("2-", ["page 2", "page 3"]), ("3, 1", ["page 1", "page 3"])],
)
def test_pages_of_a_document_are_sent_as_pictures(
    online: Run, api: ApiServer, tmp_path: Path, pages: str, labels: list[str]
) -> None:
    (tmp_path / "lease.pdf").write_bytes(rare_pictures.pdf((200, 100), (100, 200), (100, 100)))
    done = online("ask", "What is owed?", "lease.pdf", "--pages", pages, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [picture["name"] for picture in json.loads(done.stdout)["pictures"]] == [
        f"lease.pdf, {label}" for label in labels
    ]
    [message] = api.posts[0].json["messages"]
    assert sum(block["type"] == "image" for block in message["content"]) == len(labels)


@pytest.mark.parametrize("pages", ["9-", "first"])
def test_pages_that_a_document_does_not_have_are_said(online: Run, api: ApiServer, tmp_path: Path, pages: str) -> None:
    (tmp_path / "lease.pdf").write_bytes(rare_pictures.pdf((200, 100), (100, 200)))
    done = online("ask", "What is owed?", "lease.pdf", "--pages", pages)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'visavis ask: lease.pdf has 2 pages, and none of them is "{pages}"\n'
    assert api.posts == []


def test_more_pages_than_the_model_takes_are_not_even_made(
    online: Run, api: ApiServer, tmp_path: Path, picture: Callable[..., Path]
) -> None:
    (tmp_path / "lease.pdf").write_bytes(rare_pictures.pdf(*[(200, 100)] * 150))
    asked = "ask", "What is owed?", str(picture()), "lease.pdf", "--model", "claude-haiku-4-5"
    words = "takes at most 100 pictures in one request, and lease.pdf would add {}: choose fewer with --pages\n"
    for pages, count in (("", 150), ("1-100", 100)):
        done = online(*asked, "--pages", pages)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "visavis ask: Claude Haiku 4.5 " + words.format(count)
    assert api.posts == []


def test_the_same_picture_given_twice_goes_once_and_that_is_said(
    online: Run, api: ApiServer, picture: Callable[..., Path]
) -> None:
    shot = picture("a.png")
    done = online("ask", "How do these differ?", str(shot), str(picture("b.png")), str(shot))
    assert (done.returncode, done.stderr.count("\n")) == (0, 2)
    [message] = api.posts[0].json["messages"]
    assert sum(block["type"] == "image" for block in message["content"]) == 1


def test_without_a_key_it_says_so(run: Run) -> None:
    done = run("ask", "Hello", PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    assert done.returncode == 1
    assert "key" in done.stderr


@pytest.mark.parametrize("arguments", [("ask",), ("ask", "Hi", "--nonsense"), ("--nonsense",)])
def test_wrong_usage_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="these always have a display")
@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ":4711"}])
def test_without_a_display_it_says_so_names_ask_and_exits_3(run: Run, environ: dict[str, str]) -> None:
    done = run(**environ)
    assert (done.returncode, done.stdout) == (3, "")
    assert "visavis ask" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout == f"Visavis {__version__}\n"


def test_a_picture_named_ask_can_be_opened_by_its_path(run: Run) -> None:
    assert run("./ask").returncode == 3


# --- what it spends ---------------------------------------------------------------------------------


def spent(folder: Path) -> list[Entry]:
    store = Store.open(folder)
    try:
        return asyncio.run(Ledger(store).entries(Filter()))
    finally:
        store.close()


def test_what_was_asked_is_in_the_ledger(
    online: Run, api: ApiServer, tmp_path: Path, picture: Callable[..., Path]
) -> None:
    done = online("ask", "What?", str(picture("a.png")), "--json")
    [entry] = spent(tmp_path / "data")
    assert (entry.call.kind, entry.outcome.state, entry.outcome.exact) == ("message", "complete", True)
    assert entry.outcome.cost == Decimal(json.loads(done.stdout)["cost_usd"])
    assert (entry.pictures, len(api.posts)) == (1, 1)


def test_nothing_tells_later_what_was_asked_about(online: Run, tmp_path: Path, picture: Callable[..., Path]) -> None:
    online("ask", "What?", str(picture("a.png")))
    with sqlite3.connect(tmp_path / "data" / "conversations.db") as db:
        assert db.execute("SELECT conversation_id, message_id, pictures FROM requests").fetchall() == [("", "", 1)]
        assert db.execute("SELECT count(*) FROM request_pictures").fetchone() == (0,)
    db.close()


def test_a_cap_keeps_it_from_being_sent(online: Run, api: ApiServer, tmp_path: Path) -> None:
    settings = tmp_path / "data" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"cap_day": "0.01"}')
    done = online("ask", "What?")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "$0.01" in done.stderr
    assert (api.posts, spent(tmp_path / "data")) == ([], [])


def test_a_window_that_is_open_is_asked(
    online: Run, api: ApiServer, tools: Tools, tmp_path: Path, qtbot: QtBot
) -> None:
    """The window's caps and ledger count, not those of the folder's files."""
    folder = tmp_path / "data"
    instance = Instance(folder, tools.spending, tools.tasks)
    with DataFolderLock.acquire(folder), ThreadPoolExecutor(1) as thread:
        asking = thread.submit(online, "ask", "What?")
        qtbot.waitUntil(asking.done, timeout=30_000)
        assert asking.result().returncode == 0
        tools.preferences.update(cap_day="0.01")
        refused = thread.submit(online, "ask", "What?")
        qtbot.waitUntil(refused.done, timeout=30_000)
        assert (refused.result().returncode, len(api.posts)) == (1, 1)
    entries: list[Entry] = []
    tools.tasks.start(_read(tools.spending.ledger, entries), "read")
    qtbot.waitUntil(lambda: len(entries) == 1)
    assert entries[0].outcome.state == "complete"
    instance.close()
    destroy(instance)


async def _read(ledger: Ledger, entries: list[Entry]) -> None:
    entries += await ledger.entries(Filter())
