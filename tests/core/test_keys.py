"""Keys in real keyrings: each state of the keyring is a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from app.core.errors import BadKey
from app.core.keys import clean_key
from app.core.server import ANTHROPIC, Server

KEY = "sk-ant-api03-" + "Aa0_-" * 10
OTHER = Server("https://models.example.org")

PROLOGUE = f"""
import json, keyring
from app.core.keys import Keys
key, origin, keys = {KEY!r}, {ANTHROPIC!r}, Keys()
"""

KEPT_FOR_THIS_RUN = """
assert keys.get(origin) == ("", "none")
assert keys.put(origin, key) == "session"
assert keys.get(origin) == (key, "session")
assert keys.get("https://models.example.org") == ("", "none")
assert Keys().get(origin) == ("", "none")
assert keys.remove(origin)
assert keys.get(origin) == ("", "none")
"""


def run(script: str, home: Path, *prefix: str, **environ: str) -> None:
    """Run a script as a fresh user with nothing but what is given, and expect that it ends well."""
    (home / "runtime").mkdir(mode=0o700, exist_ok=True)
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "runtime")}
    clean |= {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(home)])}
    command = [*prefix, sys.executable, "-W", "error", "-c", PROLOGUE + script]
    ended = subprocess.run(command, env=clean | environ, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr


def holds(folder: Path, secret: str) -> bool:
    return any(secret.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


# --- no keyring worth the name ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "backend",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "plaintext.Keyring",
        "plaintext.Missing",
        "no.such.module",
    ],
)
def test_a_key_never_goes_to_a_backend_that_may_not_encrypt(tmp_path: Path, backend: str) -> None:
    (tmp_path / "plaintext.py").write_text(PLAIN_TEXT_BACKEND)
    run(KEPT_FOR_THIS_RUN, tmp_path, PYTHON_KEYRING_BACKEND=backend)
    assert not holds(tmp_path, KEY)


def test_without_a_session_bus_a_key_is_kept_for_this_run(tmp_path: Path) -> None:
    run(KEPT_FOR_THIS_RUN, tmp_path)
    assert not holds(tmp_path, KEY)


PLAIN_TEXT_BACKEND = """
from pathlib import Path
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 9

    def get_password(self, service, username):
        return (Path.home() / "stored").read_text()

    def set_password(self, service, username, password):
        (Path.home() / "stored").write_text(password)

    def delete_password(self, service, username):
        (Path.home() / "stored").unlink()
"""


# --- the Secret Service -----------------------------------------------------------------------------


def missing_programs() -> str:
    return ", ".join(name for name in ("dbus-run-session", "gnome-keyring-daemon") if not shutil.which(name))


def run_with_secret_service(script: str, home: Path, *, unlocked: bool = True) -> None:
    if missing := missing_programs():
        pytest.skip(f"needs {missing}")
    unlock = "echo -n password | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
    start = unlock if unlocked else "gnome-keyring-daemon --start --components=secrets >/dev/null"
    run(script, home, "dbus-run-session", "--", "bash", "-c", f'{start} && "$@"', "bash")


@pytest.mark.keyring
def test_a_key_is_kept_in_the_secret_service_and_bound_to_its_server(tmp_path: Path) -> None:
    script = """
    assert keys.get(origin) == ("", "none")
    assert keys.put(origin, key) == "keyring"
    assert Keys().get(origin) == (key, "keyring")
    assert Keys().get("https://models.example.org") == ("", "none")
    assert keys.put(origin, key + "2") == "keyring"
    assert Keys().get(origin) == (key + "2", "keyring")
    assert keys.remove(origin) and keys.remove(origin)
    assert Keys().get(origin) == ("", "none")
    """
    run_with_secret_service(dedent(script), tmp_path)
    assert not holds(tmp_path, KEY)


@pytest.mark.keyring
def test_an_entry_that_is_not_for_this_server_is_ignored(tmp_path: Path) -> None:
    script = """
    for entry in (json.dumps({"origin": "https://models.example.org", "key": key}), key, "[]", "5", "{}",
                  json.dumps({"origin": origin, "key": 5}), json.dumps({"origin": origin})):
        keyring.set_password("visavis", origin, entry)
        assert keys.get(origin) == ("", "none"), entry
    """
    run_with_secret_service(dedent(script), tmp_path)


@pytest.mark.keyring
def test_the_secret_service_is_used_even_beside_a_plain_text_backend(tmp_path: Path) -> None:
    (tmp_path / "plaintext.py").write_text(PLAIN_TEXT_BACKEND)
    script = """
    import plaintext
    from keyring.backends.chainer import ChainerBackend
    keyring.set_keyring(ChainerBackend())
    first, second, *_ = (type(backend).__module__ for backend in keyring.get_keyring().backends)
    assert (first, second) == ("plaintext", "keyring.backends.SecretService")
    assert keys.put(origin, key) == "keyring"
    assert Keys().get(origin) == (key, "keyring")
    """
    run_with_secret_service(dedent(script), tmp_path)
    assert not holds(tmp_path, KEY)


@pytest.mark.keyring
def test_a_key_kept_for_this_run_gives_way_to_one_that_is_stored(tmp_path: Path) -> None:
    script = """
    from keyring.backends import null
    usual = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())
    assert keys.put(origin, key) == "session"
    keyring.set_keyring(usual)
    assert keys.put(origin, key + "2") == "keyring"
    assert keys.get(origin) == (key + "2", "keyring")
    """
    run_with_secret_service(dedent(script), tmp_path)


@pytest.mark.keyring
def test_where_the_keyring_stays_locked_a_key_is_kept_for_this_run(tmp_path: Path) -> None:
    # Nobody answers the daemon's prompt here, as when a person dismisses it.
    script = """
    assert keys.get(origin) == ("", "none")
    assert keys.put(origin, key) == "session"
    assert keys.get(origin) == (key, "session")
    assert not keys.remove(origin)
    assert keys.get(origin) == ("", "none")
    """
    run_with_secret_service(dedent(script), tmp_path, unlocked=False)
    assert not holds(tmp_path, KEY)


# --- what was pasted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        KEY,
        f"  {KEY}\r\n",
        f"\t'{KEY}' ",
        f"“{KEY}”",
        f"\ufeff{KEY[:9]}\u200b{KEY[9:]}\u2060\u00ad",
        f"{KEY[:20]}\n{KEY[20:]}",
        f"\u00a0{KEY}\u3000",
    ],
)
def test_a_key_is_found_in_what_was_pasted(pasted: str) -> None:
    assert clean_key(pasted, Server()) == KEY


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "empty"),
        (" '\u200b' \n", "empty"),
        ("sk-ant-admin01-" + "a" * 60, "admin"),
        ("sk-ant-oat01-" + "a" * 60, "oauth"),
        ("a" * 19, "short"),
        ("a" * 201, "long"),
        (f"{KEY} {KEY}", "characters"),
        (f"ANTHROPIC_API_KEY={KEY}", "characters"),
        (KEY.replace("a", "а"), "characters"),
        (KEY + "\ud83d", "characters"),
    ],
)
def test_what_cannot_be_anthropics_key_is_refused_without_repeating_it(pasted: str, reason: str) -> None:
    with pytest.raises(BadKey) as raised:
        clean_key(pasted, Server())
    assert raised.value.reason == reason
    assert not pasted or pasted not in str(raised.value)


def test_other_servers_take_any_printable_key() -> None:
    assert clean_key(" abc:$%/+=~ \n", OTHER) == "abc:$%/+=~"
    assert clean_key("x", OTHER) == "x"
    for pasted in ("two words", "schlüssel"):
        with pytest.raises(BadKey) as raised:
            clean_key(pasted, OTHER)
        assert raised.value.reason == "characters"
    with pytest.raises(BadKey):
        clean_key("sk-ant-admin01-" + "a" * 60, OTHER)


def test_a_key_hides_in_every_repr() -> None:
    key = clean_key(KEY, Server())
    assert KEY not in repr(key) + repr({"key": key}) + f"{[key]}"
