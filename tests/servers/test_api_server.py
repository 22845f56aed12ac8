"""The test server as a server: what it records, how it answers by itself, how it is waited for, and how it closes."""

from __future__ import annotations

import ast
import asyncio
import gc
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.servers.api import TEST_KEY, ApiServer
from tests.servers.models import openai_listing
from tests.servers.questions import (
    HEADERS,
    QUICK,
    ask,
    assistant,
    example,
    image,
    models,
    picture,
    post,
    refusal,
    turn,
    usage,
    user,
)
from tests.servers.replies import answer_blocks, error, event_name, html, recorded, silence, text


def test_it_imports_nothing_of_the_app() -> None:
    for file in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "app"], file.name


@pytest.mark.parametrize("name", ["req_two_images_stream.json", "req_thinking_effort.json", "req_pdf.json"])
def test_the_documented_requests_are_answered(server: ApiServer, name: str) -> None:
    assert post(server, example(name)).status_code == 200


def test_a_streamed_answer_follows_the_grammar(server: ApiServer) -> None:
    server.thinking = "Two squares."
    answer = post(server, ask())
    names = [event_name(piece) for piece in answer.content.split(b"\n\n")[:-1]]
    start, stop = "content_block_start", "content_block_stop"
    assert names[:5] == ["message_start", "ping", start, "content_block_delta", stop]
    assert names[5] == start
    assert len(names[6:-3]) > 1
    assert set(names[6:-3]) == {"content_block_delta"}
    assert names[-3:] == [stop, "message_delta", "message_stop"]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["request-id"]


def test_it_tells_which_pictures_it_received(server: ApiServer) -> None:
    sent = ask(user(image(), image(picture(3840, 2160, "JPEG"), "image/jpeg"), "Which is larger?"))
    (block,) = turn(post(server, sent))["content"]
    assert block["text"].startswith("You sent 2 pictures:\n\n")
    assert "1. image/png, **28 × 28 px**, 1 token\n" in block["text"]
    assert "2. image/jpeg, **3840 × 2160 px**, 4784 tokens" in block["text"]


def test_without_stream_the_answer_is_one_message(server: ApiServer) -> None:
    server.answer = "Red."
    message = post(server, ask(stream=False)).json()
    assert message["content"] == [{"type": "text", "text": "Red."}]
    assert message["stop_reason"] == "end_turn"
    assert message["usage"]["output_tokens"] == 1


def test_the_answer_can_be_made_from_the_request(server: ApiServer) -> None:
    server.answer = lambda body: f"{body['max_tokens']} at most"
    (block,) = turn(post(server, ask()))["content"]
    assert block["text"] == "16000 at most"


def test_an_answer_ends_at_max_tokens(server: ApiServer) -> None:
    server.answer = "x" * 100
    message = post(server, ask(stream=False, max_tokens=5)).json()
    assert message["stop_reason"] == "max_tokens"
    assert message["content"][0]["text"] == "x" * 20


def test_thinking_can_use_up_max_tokens(server: ApiServer) -> None:
    server.thinking = "y" * 100
    message = post(server, ask(stream=False, max_tokens=5)).json()
    assert message["stop_reason"] == "max_tokens"
    assert [block["type"] for block in message["content"]] == ["thinking"]


@pytest.mark.parametrize(("asked", "shown"), [("summarized", "Hm."), ("omitted", "")])
def test_thinking_shows_its_text_only_where_asked(server: ApiServer, asked: str, shown: str) -> None:
    server.thinking = "Hm."
    thought, _ = turn(post(server, ask(thinking={"type": "adaptive", "display": asked})))["content"]
    assert thought["thinking"] == shown
    assert thought["signature"]


def test_scripted_replies_come_in_order_and_then_its_own(server: ApiServer) -> None:
    server.script(error(529, "overloaded_error", "Overloaded"), recorded("stream_text.sse"))
    assert refusal(post(server, ask())) == (529, "overloaded_error", "Overloaded")
    assert turn(post(server, ask()))["content"] == [{"type": "text", "text": "Red and blue."}]
    assert turn(post(server, ask()))["content"][0]["text"] == "You sent no pictures."


def test_a_refused_request_uses_up_no_scripted_reply(server: ApiServer) -> None:
    server.script(text("Here."))
    assert post(server, ask(max_tokens=0)).status_code == 400
    assert turn(post(server, ask()))["content"][0]["text"] == "Here."


def test_a_lenient_server_answers_what_breaks_the_rules() -> None:
    with ApiServer(strict=False) as server:
        assert httpx.post(f"{server.url}/v1/messages", json={}, **QUICK).status_code == 200


def test_every_request_is_recorded(server: ApiServer) -> None:
    post(server, ask(), x_custom="one")
    models(server, "limit=3")
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/v1/messages")
    assert first.headers["authorization"] == f"Bearer {TEST_KEY}"
    assert first.json["messages"][0]["content"][0]["text"] == "What is this?"
    assert len(first.body) == int(first.headers["content-length"])
    assert (second.method, second.path, second.query) == ("GET", "/v1/models", (("limit", "3"),))
    assert server.posts == [first]


def test_a_body_in_chunks_is_read_too(server: ApiServer) -> None:
    parts = iter([b'{"model":"claude-sonnet-5-5","max_tokens":9,', b'"messages":[{"role":"user","content":"Hi"}]}'])
    headers = {**HEADERS, "content-type": "application/json"}
    answer = httpx.post(f"{server.url}/v1/messages", content=parts, headers=headers, **QUICK)
    assert answer.json()["type"] == "message"
    assert "content-length" not in server.requests[0].headers


def test_one_connection_carries_many_requests(server: ApiServer) -> None:
    with httpx.Client(base_url=server.url, headers=HEADERS, **QUICK) as client:
        for _ in range(3):
            client.post("/v1/messages", json=ask())
        client.get("/v1/models")
        assert server.connections == 1
    assert len(server.requests) == 4


def test_a_test_can_wait_for_requests_it_did_not_send_itself(server: ApiServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, server, ask())
        assert server.wait_for_requests(1)[0].path == "/v1/messages"
        assert answer.result().status_code == 200


def test_waiting_ends_with_an_error_when_nothing_comes(server: ApiServer) -> None:
    with pytest.raises(TimeoutError, match=r"no 1 requests within 0.01 s; 0 requests came"):
        server.wait_for_requests(1, timeout=0.01)


async def test_it_serves_a_client_in_the_loop_of_the_test(server: ApiServer) -> None:
    server.script(text("abc", chunks=3).hold("content_block_delta", 2))
    seen = b""
    async with (
        httpx.AsyncClient(**QUICK, headers=HEADERS) as client,
        client.stream("POST", f"{server.url}/v1/messages", json=ask()) as answer,
    ):
        async for data in answer.aiter_raw():
            seen += data
            if seen.count(b"text_delta") == 2 and b"message_stop" not in seen:
                await asyncio.to_thread(server.wait_for_hold)
                server.release()
    assert answer_blocks([seen])[0]["text"] == "abc"


def test_two_conversations_stream_side_by_side(server: ApiServer) -> None:
    server.script(text("first").hold("content_block_delta"), text("second"))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(post, server, ask())
        server.wait_for_hold()
        assert turn(post(server, ask()))["content"][0]["text"] == "second"
        server.release()
        assert turn(held.result())["content"][0]["text"] == "first"


def test_its_models_are_listed_page_by_page(server: ApiServer) -> None:
    def page(query: str) -> dict[str, object]:
        answer = models(server, query)
        found: dict[str, object] = answer.json()
        return found

    first = page("limit=2")
    assert first["has_more"] is True
    assert first["last_id"] == "claude-mythos-5-2"
    rest = page("limit=1000&after_id=claude-mythos-5-2")
    assert rest["has_more"] is False
    assert rest["first_id"] == "claude-haiku-5-5"
    assert len(page("limit=1000")["data"]) == 19  # type: ignore[arg-type]  # a list, as JSON is not typed


def test_the_listing_has_the_documented_fields(server: ApiServer) -> None:
    listed = models(server).json()["data"]
    (sonnet,) = [model for model in listed if model["id"] == "claude-sonnet-5-5"]
    (documented,) = example("resp_models.json")["data"]
    beyond = {"code_execution", "context_management", "server_tools"}
    documented["capabilities"] = {k: v for k, v in documented["capabilities"].items() if k not in beyond}
    assert sonnet == documented


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "after_id=claude-2"])
def test_a_listing_that_makes_no_sense_is_refused(server: ApiServer, query: str) -> None:
    answer = models(server, query)
    assert refusal(answer)[:2] == (400, "invalid_request_error")


def test_the_listing_can_be_another(server: ApiServer) -> None:
    server.models_reply = openai_listing("llava:7b")
    answer = models(server)
    assert [model["id"] for model in answer.json()["data"]] == ["llava:7b"]
    server.models_reply = html(502)
    assert models(server).status_code == 502


def test_tokens_are_counted_as_they_are_billed(server: ApiServer) -> None:
    counted = {"model": "claude-sonnet-5-5", "messages": [user(image(picture(200, 200)), "What is this?")]}
    tokens = post(server, counted, "/v1/messages/count_tokens").json()["input_tokens"]
    assert tokens == 64 + 4 + 3
    assert usage(post(server, {**counted, "max_tokens": 9, "stream": True}))["input_tokens"] == tokens


def test_it_can_live_below_a_path() -> None:
    with ApiServer(base_path="/api") as server:
        assert server.url.endswith("/api")
        assert post(server, ask()).status_code == 200
        assert httpx.get(server.url.removesuffix("/api") + "/v1/models", headers=HEADERS, **QUICK).status_code == 404


def test_it_closes_at_once_while_replies_are_held_and_leaves_nothing_open() -> None:
    with ThreadPoolExecutor(2) as pool:
        threads = threading.active_count()
        with ApiServer() as server:
            server.script(text().hold("message_start"), silence())
            answers = [pool.submit(post, server, ask()) for _ in range(2)]
            server.wait_for_requests(2)
            server.wait_for_hold()
        for answer in answers:
            with pytest.raises(httpx.RemoteProtocolError):
                answer.result()
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", server.port)):
            pass
        assert threading.active_count() == threads + 2, "the two of the pool"
    gc.collect()


def test_a_crash_in_the_server_is_the_tests_failure() -> None:
    server = ApiServer()

    def crash(_: object) -> str:
        raise LookupError("no answer")

    def run() -> None:
        with server:
            server.answer = crash
            with pytest.raises(httpx.RemoteProtocolError):
                post(server, ask())

    with pytest.raises(LookupError, match="no answer"):
        run()


def test_a_prefilled_answer_is_left_to_the_models_that_take_it(server: ApiServer) -> None:
    turns = [user("Name a colour."), assistant("Red")]
    assert post(server, ask(*turns, model="claude-haiku-4-5")).status_code == 200
    status, _, message = refusal(post(server, ask(*turns)))
    assert status == 400
    assert message.startswith("This model does not support assistant message prefill")
