"""A server that reads whatever is posted and answers with no event; says "listening" and its address."""

from __future__ import annotations

import re
import socket

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"listening http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        buffer = bytearray(1 << 20)
        while True:
            connection, _ = listening.accept()
            with connection:
                _read(connection, buffer)
                connection.sendall(_ANSWER)


def _read(connection: socket.socket, buffer: bytearray) -> None:
    """The head, then as many bytes as it says."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65_536)
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    left = int(length[1]) - len(head.partition(b"\r\n\r\n")[2]) if length else 0
    while left > 0:
        left -= connection.recv_into(buffer)
