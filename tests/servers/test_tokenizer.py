"""The stand-in tokenizer, against what `tiktoken` counts with the same data, and the server counting with it."""

from __future__ import annotations

import pytest

from tests.servers import tokenizer
from tests.servers.api import ApiServer
from tests.servers.models import models
from tests.servers.questions import ask, post, user
from tests.servers.replies import text

SENTENCE = "Which of the two pictures shows the taller house?"

# tiktoken 0.14, its encoding made from tests/data/tokenizer/claude.json, of the text in form NFKC
COUNTS = {
    "Hello, world!": 4,
    SENTENCE: 10,
    "Straßenbahnhaltestelle": 8,
    "  indented\n\n\treturn rows[0]  ": 10,
    "Привет, как дела?": 9,
    "你好，世界。": 7,
    "東京タワーはどこですか": 12,
    "it's 12,345.67 € ²½": 11,
    "snake_case_name": 5,
    "🙂": 3,
    "": 0,
}


@pytest.mark.parametrize("words", COUNTS)
def test_it_counts_as_tiktoken_does(words: str) -> None:
    assert tokenizer.count(words) == COUNTS[words]


def test_models_since_4_7_make_three_tenths_more() -> None:
    counts = {name: tokenizer.for_model(SENTENCE, models()[name]) for name in ("claude-sonnet-4-6", "claude-opus-4-7")}
    assert counts == {"claude-sonnet-4-6": 10, "claude-opus-4-7": 13}


def test_the_server_counts_and_bills_with_it_where_it_is_asked_to(server: ApiServer) -> None:
    server.tokenizer = tokenizer.for_model
    server.script(text(SENTENCE))
    prompt = ask(user(SENTENCE), stream=False)
    billed = post(server, prompt).json()["usage"]
    counted = post(server, {"model": prompt["model"], "messages": prompt["messages"]}, "/v1/messages/count_tokens")
    assert counted.json()["input_tokens"] == billed["input_tokens"] == 13 + 3
    assert billed["output_tokens"] == 13
