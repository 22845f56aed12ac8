"""The models the test server knows, out of tests/data/api/models.json, and their listing (API.md, section 2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data" / "api"

BOUND = (
    "claude-fable-5-1",
    "claude-mythos-5-1",
    "claude-fable-5-2",
    "claude-mythos-5-2",
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
)
"""Models whose thinking blocks hold only for the history before them (API.md, section 3.6)."""


@dataclass(frozen=True, slots=True)
class Model:
    """What the API knows of one model; lengths in tokens unless said otherwise."""

    id: str
    facts: dict[str, Any]
    """The entry of models.json."""
    max_edge: int
    """Pixels."""
    max_image_tokens: int
    max_images: int
    max_output: int
    context_window: int
    min_cacheable: int
    thinking_types: tuple[str, ...]
    thinking_display: str
    """"omitted" or "summarized": what `thinking.display` is when left out."""
    effort_levels: tuple[str, ...]
    takes_prefill: bool
    binds_thinking: bool

    def listed(self) -> dict[str, Any]:
        """The model's entry in GET /v1/models (API.md, section 2.1)."""
        thinking = {kind: {"supported": kind in self.thinking_types} for kind in _THINKING_TYPES}
        effort = {
            level: {"supported": level in self.effort_levels} for level in ("low", "medium", "high", "xhigh", "max")
        }
        return {
            "id": self.id,
            "type": "model",
            "display_name": self.facts["display_name"],
            "created_at": f"{self.facts['released']}T00:00:00Z",
            "lifecycle": self.facts["lifecycle"],
            "deprecated_at": None,
            "retires_at": self.facts["retires_at"] and f"{self.facts['retires_at']}T00:00:00Z",
            "line": self.facts["line"],
            "max_input_tokens": self.context_window,
            "max_tokens": self.max_output,
            "capabilities": {
                "image_input": {"supported": self.facts["image_input"]},
                "pdf_input": {"supported": True},
                "batch": {"supported": True},
                "citations": {"supported": True},
                "structured_outputs": {"supported": True},
                "effort": {"supported": bool(self.effort_levels), **effort},
                "thinking": {"supported": True, "types": thinking},
            },
        }


_THINKING_TYPES = ("adaptive", "between_tools", "disabled", "enabled")


@cache
def models() -> dict[str, Model]:
    """Every model by id, newest first; aliases lead to the same model."""
    listed = json.loads((DATA / "models.json").read_text("utf-8"))["models"]
    found: dict[str, Model] = {}
    for facts in listed:
        model = _model(facts)
        found |= dict.fromkeys((model.id, *facts["aliases"]), model)
    return found


def _model(facts: dict[str, Any]) -> Model:
    return Model(
        id=facts["id"],
        facts=facts,
        max_edge=facts["vision"]["max_edge_px"],
        max_image_tokens=facts["vision"]["max_tokens"],
        max_images=facts["max_images_per_request"],
        max_output=facts["max_output_tokens"],
        context_window=facts["context_window_tokens"],
        min_cacheable=facts["min_cacheable_prompt_tokens"],
        thinking_types=tuple(facts["thinking"]["types"]),
        thinking_display=facts["thinking"]["display_default"],
        effort_levels=tuple((facts["effort"] or {"levels": ()})["levels"]),
        takes_prefill=facts["assistant_prefill_accepted"],
        binds_thinking=facts["id"] in BOUND,
    )


def page(after_id: str | None, limit: int) -> dict[str, Any]:
    """One page of GET /v1/models, as `after_id` and `limit` ask for it. Raises KeyError for an unknown `after_id`."""
    ids = list(dict.fromkeys(model.id for model in models().values()))
    if after_id is not None and after_id not in ids:
        raise KeyError(after_id)
    rest = ids[ids.index(after_id) + 1 :] if after_id else ids
    shown = rest[:limit]
    return {
        "data": [models()[name].listed() for name in shown],
        "has_more": len(rest) > limit,
        "first_id": shown[0] if shown else None,
        "last_id": shown[-1] if shown else None,
    }


def openai_listing(*ids: str) -> dict[str, Any]:
    """The list other servers answer instead (API.md, section 10): OpenAI's shape, nothing sure but the ids."""
    entries = [{"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "library"} for name in ids]
    return {"object": "list", "data": entries}
