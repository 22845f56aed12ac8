"""The faults the test server makes on command, each seen byte for byte from a raw socket or as httpx sees it."""

from __future__ import annotations

import gzip as gzip_format
import json
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.servers import replies
from tests.servers.models import DATA
from tests.servers.questions import HEADERS, QUICK, ask, post, refusal, turn
from tests.servers.replies import Reply, answer_blocks, recorded, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.api import ApiServer

STREAMS = sorted(file.name for file in (DATA / "examples").glob("stream_*.sse"))


@contextmanager
def asked(server: ApiServer, body: bytes | None = None, announced: int | None = None) -> Iterator[socket.socket]:
    """A connection on which a request has been sent."""
    content = json.dumps(ask()).encode() if body is None else body
    headers = {**HEADERS, "content-type": "application/json", "content-length": str(announced or len(content))}
    lines = ["POST /v1/messages HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        yield connection


def until(connection: socket.socket, end: bytes = b"") -> bytes:
    """Everything up to the given bytes, or up to the end of the connection."""
    data = b""
    while part := connection.recv(65_536):
        data += part
        if end and data.endswith(end):
            break
    return data


def pending(connection: socket.socket) -> bytes:
    """What has come and not been read yet: while a reply is held, all it has sent."""
    data = b""
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while part := connection.recv(65_536):
            data += part
    connection.settimeout(10)
    return data


def whole(server: ApiServer, reply: Reply) -> bytes:
    """Everything that comes before the server closes the connection."""
    server.script(reply)
    with asked(server) as connection:
        return until(connection)


def body_of(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


def unchunked(data: bytes) -> list[bytes]:
    """The chunks of a body, which may break off; an ended one ends with an empty chunk."""
    chunks = []
    while data:
        size, _, rest = data.partition(b"\r\n")
        chunks.append(rest[: int(size, 16)])
        data = rest[int(size, 16) + 2 :]
    return chunks


@pytest.mark.parametrize("name", STREAMS)
def test_recorded_streams_are_sent_byte_for_byte_and_event_by_event(server: ApiServer, name: str) -> None:
    data = (DATA / "examples" / name).read_bytes()
    *chunks, end = unchunked(body_of(whole(server, recorded(name).then("hang_up"))))
    assert end == b""
    assert b"".join(chunks) == data
    assert len(chunks) == data.count(b"event: ")


def test_recorded_json_is_sent_too(server: ApiServer) -> None:
    server.script(recorded("resp_refusal.json"))
    assert post(server, ask(stream=False)).json()["stop_reason"] == "refusal"


def test_errors_have_the_shape_of_the_api(server: ApiServer) -> None:
    server.script(
        replies.error(
            429, "rate_limit_error", "Limit reached.", headers={"retry-after": "2"}, code="ramp_limit_exceeded"
        )
    )
    answer = post(server, ask())
    assert refusal(answer) == (429, "rate_limit_error", "Limit reached.")
    assert answer.json()["error"]["details"] == {"error_code": "ramp_limit_exceeded"}
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["request-id"] == answer.json()["request_id"]


def test_errors_can_have_a_body_of_their_own(server: ApiServer) -> None:
    server.script(replies.error(529, "", "", body='{"error":"busy"}'), replies.error(500, "", "", body=b"\xff"))
    assert post(server, ask()).json() == {"error": "busy"}
    assert post(server, ask()).content == b"\xff"


def test_a_web_page_can_come_instead(server: ApiServer) -> None:
    server.script(replies.html(200), replies.html(413, "<h1>Too large</h1>"))
    answer = post(server, ask())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Log in" in answer.text
    assert post(server, ask()).text == "<h1>Too large</h1>"


def test_json_can_come_instead_of_a_stream(server: ApiServer) -> None:
    server.script(replies.json_to_stream("Red."))
    answer = post(server, ask())
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["content"] == [{"type": "text", "text": "Red."}]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_name_another_place(server: ApiServer, status: int) -> None:
    server.script(replies.redirect(status, "http://127.0.0.1:9/v1/messages"))
    answer = post(server, ask())
    assert (answer.status_code, answer.headers["location"]) == (status, "http://127.0.0.1:9/v1/messages")


@pytest.mark.parametrize("status", [200, 204])
def test_an_answer_can_be_empty(server: ApiServer, status: int) -> None:
    server.script(replies.empty(status))
    answer = post(server, ask())
    assert (answer.status_code, answer.content) == (status, b"")


def test_the_connection_can_be_closed_instead_of_an_answer(server: ApiServer) -> None:
    assert whole(server, replies.close_before_reply()) == b""
    assert len(server.posts) == 1


def test_the_connection_can_be_reset_instead_of_an_answer(server: ApiServer) -> None:
    server.script(replies.reset_before_reply())
    with asked(server) as connection, pytest.raises(ConnectionResetError):
        until(connection)
    assert len(server.posts) == 1


def test_silence_lasts_until_the_client_leaves(server: ApiServer) -> None:
    server.script(replies.silence(), replies.silence(headers=True))
    with asked(server) as silent, asked(server) as headed:
        assert until(headed, b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
        assert pending(silent) == b""
    server.wait_for_clients_left(2)
    assert server.connections == 0


@pytest.mark.parametrize("at", ["start", "headers", "message_start", "content_block_delta", "message_stop"])
def test_a_held_reply_sends_so_far_and_no_further_until_released(server: ApiServer, at: str) -> None:
    server.script(text("Red.", chunks=2).hold(at))
    with asked(server) as connection:
        server.wait_for_hold()
        before = pending(connection)
        names = [name for name in (replies.event_name(piece) for piece in before.split(b"\r\n")) if name]
        assert names[-1:] == ([at] if at.islower() and "_" in at else [])
        assert (before == b"") == (at == "start")
        server.release()
        assert until(connection, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_a_reply_can_be_held_several_times(server: ApiServer) -> None:
    server.script(text("abcd").hold("content_block_delta", 1).hold("content_block_delta", 3))
    with asked(server) as connection:
        for count, letter in ((1, b'"a"'), (2, b'"c"')):
            server.wait_for_hold(count)
            assert letter in pending(connection)
            server.release()
        assert b"message_stop" in until(connection, b"0\r\n\r\n")


def test_a_release_given_before_the_hold_counts(server: ApiServer) -> None:
    server.release()
    server.script(text("Red.").hold("message_start"))
    assert turn(post(server, ask()))["content"][0]["text"] == "Red."


def test_a_client_that_leaves_a_held_reply_is_noticed(server: ApiServer) -> None:
    server.script(text().hold("message_start"))
    with asked(server):
        server.wait_for_hold()
    server.wait_for_clients_left()
    assert server.connections == 0


@pytest.mark.parametrize("size", [0, 1, 400, 700])
def test_a_stream_can_be_cut_at_any_byte(server: ApiServer, size: int) -> None:
    data = (DATA / "examples" / "stream_text.sse").read_bytes()
    chunks = unchunked(body_of(whole(server, recorded("stream_text.sse").cut_at(size))))
    assert b"".join(chunks) == data[:size]
    assert b"" not in chunks


def test_a_cut_stream_can_end_as_if_it_were_whole(server: ApiServer) -> None:
    server.script(recorded("stream_text.sse").cut_at(700, "end"))
    assert len(post(server, ask()).content) == 700


def test_a_cut_stream_can_end_with_a_reset(server: ApiServer) -> None:
    server.script(recorded("stream_text.sse").hold("content_block_delta").cut_after("content_block_delta", 1, "reset"))
    with asked(server) as connection:
        server.wait_for_hold()
        assert b"Red and " in pending(connection)
        server.release()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_cut_stream_can_fall_silent(server: ApiServer) -> None:
    server.script(text("Red.").cut_after("content_block_delta", 2, "silence"))
    with asked(server) as connection:
        assert until(connection, b'"e"}}\n\n\r\n').count(b"text_delta") == 2
    server.wait_for_clients_left()


def test_a_stream_can_be_cut_after_an_event(server: ApiServer) -> None:
    *_, last = unchunked(body_of(whole(server, text("Red.").cut_after("content_block_stop"))))
    assert replies.event_name(last) == "content_block_stop"


def test_a_body_can_come_byte_by_byte(server: ApiServer) -> None:
    *chunks, _ = unchunked(body_of(whole(server, text("Größe").byte_by_byte().then("hang_up"))))
    assert {len(one) for one in chunks} == {1}
    assert answer_blocks([b"".join(chunks)])[0]["text"] == "Größe"


def test_the_end_of_a_body_can_be_told_by_length_or_by_closing(server: ApiServer) -> None:
    server.script(text("Red.").framed("length"))
    answer = post(server, ask())
    assert int(answer.headers["content-length"]) == len(answer.content)
    closed = whole(server, text("Red.").framed("close"))
    assert b"\r\nconnection: close\r\n" in closed
    assert closed.endswith(b'data: {"type":"message_stop"}\n\n')


def test_a_kept_alive_connection_can_be_closed_unannounced(server: ApiServer) -> None:
    data = whole(server, text("Red.").then("hang_up"))
    assert data.endswith(b"0\r\n\r\n")
    assert b"connection: close" not in data


def test_headers_can_be_added_and_replaced(server: ApiServer) -> None:
    server.script(text().with_headers(content_type="text/plain", x_should_retry="true"))
    answer = post(server, ask())
    assert (answer.headers["content-type"], answer.headers["x-should-retry"]) == ("text/plain", "true")


def test_bytes_can_be_changed(server: ApiServer) -> None:
    server.script(text("Red.").transformed(lambda piece: piece.replace(b"\n", b"\r")))
    answer = post(server, ask()).content
    assert b"\n" not in answer
    assert b"\r\r" in answer


def test_events_can_break_the_grammar(server: ApiServer) -> None:
    server.script(replies.events({"type": "message_stop"}, {"type": "content_block_stop", "index": 7}))
    assert post(server, ask()).text.count("event: ") == 2


def test_an_answer_can_be_compressed_unasked(server: ApiServer) -> None:
    data = whole(server, replies.gzip(text("Red.")).then("hang_up"))
    assert b"\r\ncontent-encoding: gzip\r\n" in data
    assert b"message_stop" in gzip_format.decompress(body_of(data))


def test_a_line_can_be_huge(server: ApiServer) -> None:
    server.script(replies.huge_line(3_000_000))
    longest = max(post(server, ask()).content.split(b"\n"), key=len)
    assert len(longest) >= 3_000_000


def test_a_stream_can_be_endless(server: ApiServer) -> None:
    server.script(replies.endless())
    with asked(server) as connection:
        received = 0
        while received < 5_000_000:
            received += len(connection.recv(1 << 20))
    server.wait_for_clients_left()


def test_the_answer_can_be_no_http_at_all(server: ApiServer) -> None:
    assert whole(server, replies.raw(b"SSH-2.0-OpenSSH_9.2\r\n")) == b"SSH-2.0-OpenSSH_9.2\r\n"


def test_an_early_answer_reaches_a_client_that_is_still_sending(server: ApiServer) -> None:
    server.script(replies.html(413).early())
    with asked(server, b'{"model":', announced=1_000_000) as connection:
        assert until(connection, b"</h1>").startswith(b"HTTP/1.1 413 ")
        connection.sendall(b" " * 500_000)
    assert server.requests[0].body == b""


def test_an_upload_can_be_left_unread(server: ApiServer) -> None:
    server.script(replies.silence().early())
    with asked(server, b"", announced=100_000_000) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.sendall(bytes(100_000_000))


@pytest.mark.parametrize("line", [b"HELO mail", b"GET /v1/models HTTP/1.0"])
def test_what_is_no_http_of_today_is_refused(server: ApiServer, line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(line + b"\r\n\r\n")
        assert until(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_client_that_leaves_in_the_middle_of_its_request_does_no_harm(server: ApiServer) -> None:
    with asked(server, b'{"model":', announced=1000):
        pass
    server.wait_for_clients_left()
    assert server.requests == []
    assert post(server, ask()).status_code == 200


def test_httpx_reports_a_cut_answer(server: ApiServer) -> None:
    server.script(recorded("stream_cut.sse").then("close"))
    with pytest.raises(httpx.RemoteProtocolError), httpx.Client(**QUICK) as client:
        client.post(f"{server.url}/v1/messages", json=ask(), headers=HEADERS)
