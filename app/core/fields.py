"""The headers and fields of a Messages request beside its system and messages, checked (API.md, sections 3.1 to 3.3).

Here are the words and steps that all checks of `app.core.validate` share: `Refusal`, `refuse`, `need`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Never

from app.core.catalog import Catalog, Model
from app.core.message import JSON

VERSIONS: Final = frozenset({"2026-10-21", "2023-06-01"})
ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""HTTP status → `error.type` (API.md, section 4.1)."""

_FIELDS: Final = frozenset(
    [
        "model",
        "max_tokens",
        "messages",
        "system",
        "stream",
        "stop_sequences",
        "thinking",
        "output_config",
        "cache_control",
        "metadata",
        "service_tier",
        "speed",
        "inference_geo",
        "diagnostics",
    ]
)
_COUNTED: Final = frozenset({"model", "messages", "system", "thinking", "output_config", "cache_control", "speed"})
"""What `count_tokens` takes (API.md, section 6), tools aside."""
_BEYOND: Final = frozenset({"tools", "tool_choice", "container"})
_SAMPLING: Final = frozenset({"temperature", "top_p", "top_k"})


@dataclass
class Refusal(Exception):
    """The API's refusal of a request, before any answer began."""

    status: int
    """HTTP status; the error's type follows from it."""
    message: str
    code: str = ""
    """`error.details.error_code`."""
    headers: dict[str, str] = field(default_factory=dict)


def refuse(message: str) -> Never:
    raise Refusal(400, message)


def need(condition: bool, message: str) -> None:
    if not condition:
        refuse(message)


def check_version(headers: Mapping[str, str]) -> str:
    """The API version that is asked for. `headers` have lower-case names (API.md, section 3.1)."""
    version = headers.get("anthropic-version", "")
    need(bool(version), "anthropic-version: header is required")
    need(version in VERSIONS, f'anthropic-version: "{version}" is not a valid version')
    return version


def check_headers(headers: Mapping[str, str]) -> str:
    """The API version of a request with a JSON body."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    need(kind == "application/json", "content-type: the request body must be application/json")
    return check_version(headers)


def check_fields(fields: JSON, version: str, catalog: Catalog) -> Model:
    """The model of a Messages request whose fields are right; `system` and `messages` are left to others."""
    for name in ("model", "max_tokens", "messages"):
        need(name in fields, f"{name}: Field required")
    for name, value in fields.items():
        if name in _SAMPLING:
            # The older version still takes the one value that changes nothing (API.md, section 0).
            harmless = version == "2023-06-01" and name != "top_k" and value == 1
            need(harmless, f"{name}: Extra inputs are not permitted")
        else:
            _check_name(name, _FIELDS)
    model = _find_model(fields["model"], catalog)
    _check_max_tokens(fields["max_tokens"], model)
    need(isinstance(fields.get("stream", False), bool), "stream: Input should be a valid boolean")
    _check_stop_sequences(fields.get("stop_sequences"))
    _check_thinking(fields.get("thinking"), model, fields["max_tokens"])
    _check_output_config(fields.get("output_config"), model)
    _check_metadata(fields.get("metadata"))
    _check_diagnostics(fields.get("diagnostics"))
    check_choice(fields, "service_tier", ("auto", "standard_only"))
    check_choice(fields, "speed", ("standard", "fast"))
    return model


def check_count_fields(fields: JSON, catalog: Catalog) -> Model:
    """The same for `count_tokens`."""
    for name in ("model", "messages"):
        need(name in fields, f"{name}: Field required")
    for name in fields:
        _check_name(name, _COUNTED)
    model = _find_model(fields["model"], catalog)
    _check_thinking(fields.get("thinking"), model, max_tokens=None)
    _check_output_config(fields.get("output_config"), model)
    check_choice(fields, "speed", ("standard", "fast"))
    return model


def _check_name(name: str, allowed: frozenset[str]) -> None:
    if name in _BEYOND:
        refuse(f"{name}: practice mode has no tools")
    need(name in allowed, f"{name}: Extra inputs are not permitted")


def _find_model(name: object, catalog: Catalog) -> Model:
    if not isinstance(name, str) or not name:
        refuse("model: Input should be a valid string")
    model = catalog.get(name)
    if not model.known:
        raise Refusal(404, f"model: {name}")
    return model


def _check_max_tokens(value: object, model: Model) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        refuse("max_tokens: Input should be a valid integer")
    need(value >= 0, "max_tokens: Input should be greater than or equal to 0")
    if model.max_output is not None and value > model.max_output:
        refuse(
            f"max_tokens: {value} > {model.max_output}, which is the maximum allowed number of output tokens"
            f" for {model.id}"
        )


def _check_stop_sequences(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        refuse("stop_sequences: Input should be a valid list")
    for index, entry in enumerate(value):
        good = isinstance(entry, str) and bool(entry.strip())
        need(good, f"stop_sequences.{index}: each stop sequence must contain non-whitespace")


def _check_thinking(value: object, model: Model, max_tokens: int | None) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        refuse("thinking: Input should be a valid dictionary")
    kind = value.get("type")
    allowed = {"adaptive": {"display"}, "disabled": set(), "between_tools": set(), "enabled": {"budget_tokens"}}
    if not isinstance(kind, str) or kind not in allowed:
        refuse("thinking.type: Input should be 'adaptive', 'disabled', 'between_tools' or 'enabled'")
    no_extras(value, {"type", *allowed[kind]}, "thinking")
    if kind == "adaptive":
        check_choice(value, "display", ("summarized", "omitted"), "thinking.")
    if kind == "disabled":
        need(model.thinking != "always", f"thinking: thinking cannot be disabled on {model.id}")
    if kind == "enabled":
        # Thinking that is on by itself has no budget any more (API.md, section 3.3).
        need(model.thinking == "off", f"thinking: `enabled` is not supported by {model.id}")
        budget = value.get("budget_tokens")
        good = isinstance(budget, int) and budget >= 1024 and (max_tokens is None or budget < max_tokens)
        need(good, "thinking.budget_tokens: must be at least 1024 and less than max_tokens")


def _check_output_config(value: object, model: Model) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        refuse("output_config: Input should be a valid dictionary")
    no_extras(value, {"effort", "format"}, "output_config")
    if value.get("effort") is not None:
        need(value["effort"] in model.efforts, f"output_config.effort: not supported by {model.id}")


def _check_metadata(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        refuse("metadata: Input should be a valid dictionary")
    no_extras(value, {"user_id"}, "metadata")
    user = value.get("user_id")
    good = user is None or (isinstance(user, str) and len(user) <= 256)
    need(good, "metadata.user_id: Input should be a string of at most 256 characters")


def _check_diagnostics(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        refuse("diagnostics: Input should be a valid dictionary")
    no_extras(value, {"previous_message_id"}, "diagnostics")
    previous = value.get("previous_message_id")
    need(previous is None or isinstance(previous, str), "diagnostics.previous_message_id: Input should be a string")


def check_choice(fields: JSON, name: str, choices: Sequence[str], where: str = "") -> None:
    if fields.get(name) is not None:
        words = ", ".join(f"'{choice}'" for choice in choices)
        need(fields[name] in choices, f"{where}{name}: Input should be one of {words}")


def no_extras(value: JSON, allowed: set[str], where: str) -> None:
    for name in value:
        need(name in allowed, f"{where}.{name}: Extra inputs are not permitted")


def read_ttl(block: JSON, where: str) -> str:
    """The lifetime of the cache mark on a block, or empty (API.md, section 7)."""
    mark = block.get("cache_control")
    if mark is None:
        return ""
    if not isinstance(mark, dict) or mark.get("type") != "ephemeral":
        refuse(f"{where}cache_control.type: Input should be 'ephemeral'")
    no_extras(mark, {"type", "ttl"}, f"{where}cache_control")
    ttl = mark.get("ttl", "5m")
    need(ttl in ("5m", "1h"), f"{where}cache_control.ttl: Input should be '5m' or '1h'")
    return str(ttl)
