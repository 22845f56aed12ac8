"""The words for an answer that did not end as it should."""

from __future__ import annotations

from app.core.message import Message
from app.ui.errors.form import filled, harmless, tr


def stop_words(message: Message) -> str:
    """Why an answer ends where it ends; empty for one that is whole, under way, or has a stored error to tell it.

    The stop reasons are those of API.md, section 3.5. After a crash an answer comes back interrupted without an error.
    """
    if message.role != "assistant" or message.state == "streaming":
        return ""
    if message.state == "stopped":
        return tr("You stopped this answer.") if message.text else tr("You stopped this before any text came.")
    if message.error is not None:
        return ""
    if message.state != "complete":
        return tr("Visavis ended before this answer was whole. What had come is kept; try again for a whole answer.")
    match message.stop_reason:
        case None | "end_turn" | "stop_sequence" | "tool_use":
            return ""
        case "max_tokens":
            return _at_the_limit(message)
        case "model_context_window_exceeded":
            return tr("This chat no longer fits into the model. Go on in a new chat with fewer pictures.")
        case "refusal":
            return _refusal(message)
        case "pause_turn":
            return tr("The server paused in the middle of the answer. Ask it to go on.")
        case reason:
            return filled(tr("The server ended the answer with a reason unknown to Visavis: %1."), harmless(reason))


def _at_the_limit(message: Message) -> str:
    if message.text:
        return tr("The answer was cut at the limit of tokens. Ask it to go on, or raise the limit in Settings.")
    return tr("Thinking used up all tokens before any text came. Raise the limit in Settings and try again.")


def _refusal(message: Message) -> str:
    category = (message.stop_details or {}).get("category")
    if not isinstance(category, str) or not category:
        return tr("The model declined to answer. This turn stays here and is not sent again.")
    words = {
        "cyber": tr("cybersecurity"),
        "bio": tr("biology"),
        "frontier_llm": tr("building AI models"),
        "reasoning_extraction": tr("the model's own reasoning"),
        "general_harms": tr("harm to people"),
    }
    text = tr("The model declined to answer (%1). This turn stays here and is not sent again.")
    return filled(text, words.get(category, harmless(category)))
