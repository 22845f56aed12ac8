"""The columns of the ledger's tables."""

from __future__ import annotations

from collections.abc import Sequence

from app.conversation.ledger_model import Column
from app.core.ledger import By, Entry, Group
from app.ui import figures
from app.ui.foreign_text import one_line
from app.ui.ledger import words
from app.ui.ledger.words import Namer, tr


def entry_columns(named: Namer) -> Sequence[Column]:
    """Of every request."""
    return (
        Column(tr("Time"), lambda entry: words.time(entry.created), figure=False, sample=words.longest_time()),
        Column(tr("Request"), words.kind, figure=False, hint=_server, sample=tr("Count of tokens")),
        Column(tr("Model"), lambda e: _model(e, named), figure=False, hint=_model_id, sample="Claude Sonnet 5.5"),
        Column(tr("Chat"), _conversation, figure=False, hint=_conversation),
        Column(tr("Tokens"), _tokens, hint=_counts, explained=tr("Of the prompt and the answer together"),
               sample="1,234,567"),
        Column(tr("Estimate"), words.expected, explained=tr("What it was expected to cost before it left"),
               sample="≈ $0.00000"),
        Column(tr("Cost"), words.actual, hint=_why, sample=tr("at most %1").replace("%1", "$0.0000")),
        Column(tr("State"), words.state, figure=False, hint=words.state_hint, sample=tr("Interrupted")),
    )  # fmt: skip


def group_columns(by: By, named: Namer) -> Sequence[Column]:
    """Of requests together."""
    first = {
        "day": Column(tr("Day"), lambda g: words.day(g.key), figure=False, order=lambda g: g.key),
        "conversation": Column(tr("Chat"), _title, figure=False, hint=_title, order=lambda g: _title(g).casefold()),
        "model": Column(
            tr("Model"), lambda g: named(g.key), figure=False, hint=lambda g: g.key, order=lambda g: named(g.key)
        ),
        "picture": Column(tr("Picture"), lambda _: "", figure=False),
    }[by]
    requests = Column(tr("Requests"), lambda g: figures.count(g.requests), order=lambda g: g.requests, sample="123,456")
    pictures = Column(tr("Pictures"), lambda g: _some(g.pictures), order=lambda g: g.pictures, sample="123,456",
                      explained=tr("Pictures in these requests; one that went along three times counts three times"),
                      )  # fmt: skip
    tokens = Column(tr("Tokens"), lambda g: _some(g.tokens), order=lambda g: g.tokens, sample="123,456,789",
                    explained=tr("Of prompts and answers together"))  # fmt: skip
    cost = Column(tr("Cost"), words.cost, hint=words.cost_hint, order=lambda g: g.cost, sample="≈ $12,345.00")
    saved = Column(tr("Saved by caching"), lambda g: words.saved(g.saved), hint=lambda g: words.saved_hint(g.saved),
                   order=lambda g: g.saved, sample="−$1,234.00",
                   explained=tr("In comparison with no caching. Below zero, caching cost more than it saved."),
                   )  # fmt: skip
    if by == "picture":
        return first, requests, tokens, cost
    return first, requests, pictures, tokens, cost, saved


def picture_name(name: str | None) -> str:
    """None where nothing is known of it, empty for one that was pasted."""
    if name is None:
        return tr("Picture of a deleted chat")
    return one_line(name) or tr("Pasted picture")


def _title(group: Group) -> str:
    return words.conversation(group.name, group.key)


def _conversation(entry: Entry) -> str:
    return words.place(entry)


def _model(entry: Entry, named: Namer) -> str:
    return named(entry.call.model) if entry.call.model else ""


def _model_id(entry: Entry) -> str:
    return entry.call.model


def _server(entry: Entry) -> str:
    return one_line(entry.call.server)


def _some(number: int) -> str:
    return figures.count(number) if number else ""


def _tokens(entry: Entry) -> str:
    usage = entry.outcome.usage
    return _some(usage.prompt_tokens + usage.output_tokens) if usage else ""


def _counts(entry: Entry) -> str:
    """What the tokens of a request were: those of each price."""
    usage = entry.outcome.usage
    if usage is None:
        return ""
    thinking = tr("%1 out, %2 of it thinking").replace("%2", figures.count(usage.thinking_tokens))
    parts = (
        (tr("%1 in that the cache had no part in"), usage.input_tokens),
        (tr("%1 read from the cache"), usage.cache_read),
        (tr("%1 written to the cache for 5 minutes"), usage.cache_write_5m),
        (tr("%1 written to the cache for 1 hour"), usage.cache_write_1h),
        (thinking if usage.thinking_tokens else tr("%1 out"), usage.output_tokens),
    )
    return "\n".join(text.replace("%1", figures.count(number)) for text, number in parts if number)


def _why(entry: Entry) -> str:
    """What a cost is, and what caching did to it."""
    said = []
    if entry.outcome.cost is not None and not entry.outcome.exact:
        said.append(tr("The answer broke off before the server had counted it: this is an estimate."))
    if (saved := entry.outcome.saved) is not None and saved:
        text = tr("Caching saved %1.") if saved > 0 else tr("Caching cost %1 more than it saved.")
        said.append(text.replace("%1", words.money(abs(saved))))
    return "\n".join(said)
