"""Tells what a screen reader is told, over a real accessibility bus: the tree of the app's window after an answer, and
what was announced: `dbus-run-session -- xvfb-run -a python -m tests.long.screen_reader`.

It needs Linux with at-spi2-core. It returns 1 where a text cannot be read or nothing was announced.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from jeepney import DBusAddress, HeaderFields, MatchRule, message_bus, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import DBusConnection, open_dbus_connection  # type: ignore[import-untyped]

from tests.benchmarks.child import APP, Child
from tests.benchmarks.data import screenshots
from tests.servers.api import TEST_KEY, ApiServer

_REGISTRY: Final = "org.a11y.atspi.Registry"
_ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_SHOWING: Final = 1 << 25
"""ATSPI_STATE_SHOWING."""
_DEEPEST: Final = 30
_SETTLED: Final = 2.0
"""Seconds after the answer."""
_ANSWER: Final = (
    "## A heading\n\nA **short** answer about Image 1.\n\n| part | before |\n|---|---:|\n| roof | 12 |\n\n"
    "```python\nprint('hello')\n```\n\n- one\n- two\n\nThe area is $a^2$ here.\n"
)
_EXPECTED: Final = ("A heading", "A short answer", "roof", "print('hello')", "one", "The area is $a^2$")


class Told(NamedTuple):
    """A node of the tree that is on screen."""

    depth: int
    role: str
    name: str
    description: str
    text: str | None


class Reader:
    """Asks the bus, and listens to it."""

    def __init__(self) -> None:
        session = open_dbus_connection("SESSION")
        (address,) = _call(session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            value = ("org.a11y.Status", name, ("b", True))
            _call(session, "org.a11y.Bus", "/org/a11y/bus", _PROPERTIES, "Set", "ssv", value)
        self.announced: list[str] = []
        self._bus = open_dbus_connection(address)
        wanted: tuple[Any, ...] = ("object:announcement", [], "")
        _call(self._bus, _REGISTRY, "/org/a11y/atspi/registry", _REGISTRY, "RegisterEvent", "sass", wanted)
        ear = open_dbus_connection(address)
        ear.send_and_get_reply(message_bus.AddMatch(MatchRule(type="signal", interface="org.a11y.atspi.Event.Object")))
        threading.Thread(target=self._listen, args=(ear,), daemon=True).start()

    def tree(self) -> Iterator[Told]:
        """All that is on screen of all apps on the bus."""
        yield from self._below(_REGISTRY, "/org/a11y/atspi/accessible/root", 0)

    def _below(self, app: str, path: str, depth: int) -> Iterator[Told]:
        for owner, child in _call(self._bus, app, path, _ACCESSIBLE, "GetChildren")[0]:
            told = self._told(owner, child, depth)
            if told is not None and depth < _DEEPEST:
                yield told
                yield from self._below(owner, child, depth + 1)

    def _told(self, app: str, path: str, depth: int) -> Told | None:
        (states,) = _call(self._bus, app, path, _ACCESSIBLE, "GetState")
        if depth and not states[0] & _SHOWING:
            return None
        name, description = (
            _call(self._bus, app, path, _PROPERTIES, "Get", "ss", (_ACCESSIBLE, what))[0][1]
            for what in ("Name", "Description")
        )
        (role,) = _call(self._bus, app, path, _ACCESSIBLE, "GetRoleName")
        text = None
        if "org.a11y.atspi.Text" in _call(self._bus, app, path, _ACCESSIBLE, "GetInterfaces")[0]:
            (text,) = _call(self._bus, app, path, "org.a11y.atspi.Text", "GetText", "ii", (0, -1))
        return Told(depth, role, name, description, text)

    def _listen(self, ear: DBusConnection) -> None:
        while True:
            message = ear.receive()
            if message.header.fields.get(HeaderFields.member) == "Announcement":
                self.announced.append(message.body[3][1])


def main() -> int:
    reader = Reader()
    with tempfile.TemporaryDirectory() as folder, ApiServer() as server:
        server.answer = _ANSWER
        pictures = [str(path) for path in screenshots(Path(folder))]
        environ = {
            "ANTHROPIC_BASE_URL": server.url,
            "ANTHROPIC_API_KEY": TEST_KEY,
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        }
        with Child(APP, "answered", "--data-dir", str(Path(folder, "data")), *pictures, environ=environ) as child:
            child.hear("answered")
            time.sleep(_SETTLED)
            told = list(reader.tree())
    for one in told:
        words = f"[{one.role}] {one.name!r} {one.description!r} {one.text!r}"
        sys.stdout.write("  " * one.depth + words + "\n")
    sys.stdout.write(f"announced: {reader.announced}\n")
    read = "\n".join(f"{one.text}\n{one.description}" for one in told if one.text is not None)
    missing = [words for words in _EXPECTED if words not in read]
    sys.stdout.write(f"not read: {missing}\n")
    return 1 if missing or not reader.announced else 0


def _call(
    bus: DBusConnection, app: str, path: str, interface: str, method: str, kinds: str = "", values: tuple[Any, ...] = ()
) -> Any:
    """What the method returns. Raises RuntimeError where it fails."""
    call = new_method_call(DBusAddress(path, app, interface), method, kinds or None, values)
    reply = bus.send_and_get_reply(call, timeout=10)
    if reply.header.message_type.name == "error":
        raise RuntimeError(f"{method}: {reply.body}")
    return reply.body


if __name__ == "__main__":
    sys.exit(main())
