"""A byte-pair tokenizer with the data of tests/data/tokenizer, for the test server where it is asked to count well."""

from __future__ import annotations

import base64
import json
import math
import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.models import Model

DATA = Path(__file__).parent.parent / "data" / "tokenizer" / "claude.json"

NEWER = 1.3
"""How many more tokens the tokenizer since 4.7 makes of a text (API.md, section 2)."""

# As in the data's `pat_str`, in the terms of Python's `re`: \p{L} is [^\W\d_], and what is neither letter, number nor
# space includes "_".
_PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
_VERSION = re.compile(r"-(\d{1,2})-(\d{1,2})(?!\d)")


def for_model(text: str, model: Model) -> int:
    """Tokens of a text for a model of the test server."""
    version = _VERSION.search(model.id)
    older = version is not None and (int(version[1]), int(version[2])) <= (4, 6)
    return count(text) if older else math.ceil(count(text) * NEWER)


def count(text: str) -> int:
    """Tokens of a text."""
    return sum(_piece(piece.encode()) for piece in _PIECES.findall(unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=100_000)
def _piece(piece: bytes) -> int:
    """Tokens of one piece: the pair of the lowest rank is joined until none is left that can be."""
    ranks = _ranks()
    if piece in ranks:
        return 1
    parts = [piece[n : n + 1] for n in range(len(piece))]
    while len(parts) > 1:
        pairs = [ranks.get(left + right, math.inf) for left, right in pairwise(parts)]
        lowest = min(pairs)
        if lowest == math.inf:
            break
        at = pairs.index(lowest)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return len(parts)


@cache
def _ranks() -> dict[bytes, int]:
    """The vocabulary: each entry with its rank."""
    _, first, *words = json.loads(DATA.read_text("utf-8"))["bpe_ranks"].split(" ")
    return {base64.b64decode(word): rank for rank, word in enumerate(words, int(first))}
