"""What a next message, a question asked again or the rest of an answer would be: price, pictures, and if it can go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.conversation.aims import Bounds, all_aimed, block_tokens
from app.conversation.attachment import DraftPicture
from app.conversation.chat import Chat
from app.conversation.room import ENDLESS, Surroundings
from app.core.catalog import Model
from app.core.cost import Estimate, estimate
from app.core.fit import fit
from app.core.message import Message
from app.core.refit import due, planned, whole_pictures
from app.core.request import Request

Obstacle = Literal["", "pictures", "context"]
"""Why the model could not be asked: more pictures, or more tokens, than it takes."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Costs are in USD, as everywhere in `Estimate`."""

    estimate: Estimate
    edges: Mapping[int, int]
    """Number of each picture that goes → pixels of its longer edge, as the model sees it. Those of links that nobody
    has looked behind are missing."""
    pictures: int
    """Blocks, each part of a picture counted."""
    obstacle: Obstacle


def what_if(chat: Chat, model: Model) -> WhatIf:
    """The next message of a chat, draft and history, as it would go to `model`. Nothing is changed by asking.

    Of the present model it is what the draft says, to the last digit.
    """
    today, history, draft = chat.today_with(model), chat.history, chat.draft
    pictures: Sequence[DraftPicture] = draft.pictures
    if model == chat.model:
        request = today.build(planned(history, chat.refits))
        return _seen(draft.estimate, request, pictures, draft.first_number, model)
    for _ in range(2):  # other cuts of the draft's pictures may ask another size of the earlier ones
        blocks = _blocks(pictures)
        ahead = planned(history, due(history, today, new_blocks=blocks))
        request = today.build(ahead)
        carried = today.context(request, ahead)
        earlier = whole_pictures(request)
        around = Surroundings(model, today.limits, ENDLESS, carried, draft.first_number, request.max_tokens, earlier)
        pictures, _, _ = all_aimed(pictures, around.target(draft.text), Bounds())
        if _blocks(pictures) == blocks:
            break
    return _seen(around.estimate(pictures, draft.text), request, pictures, draft.first_number, model)


def asked_again(chat: Chat, answer_id: str, model: Model) -> WhatIf | None:
    """The question of an answer as it would go to `model` once more, to the last digit; None where there is none.

    The draft is no part of it. Nothing is changed by asking.
    """
    history = before_answer(chat, answer_id)
    return _forecast(chat, history, model) if history else None


def going_on(chat: Chat, words: str) -> WhatIf:
    """These words as `Worker.go_on` would send them, after the last message. Nothing is changed by asking."""
    history = [*chat.messages.messages, Message.from_user(words, ())]
    return _forecast(chat, history, chat.model)


def before_answer(chat: Chat, answer_id: str) -> Sequence[Message]:
    """What goes with the question of an answer: all up to that question; nothing where there is none."""
    messages, row = chat.messages.messages, chat.messages.row_of(answer_id)
    asked = next((row for row in range(row, -1, -1) if messages[row].role == "user"), -1)
    return messages[: asked + 1]


def _forecast(chat: Chat, history: Sequence[Message], model: Model) -> WhatIf:
    """What having a history answered would be, whose last message is the person's."""
    today = chat.today_with(model)
    ahead = planned(history, due(history, today))
    request = today.build(ahead)
    carried = today.context(request, chat.messages.messages)
    found = estimate(carried, model, (), "", max_tokens=request.max_tokens)
    return _seen(found, request, (), 1, model)


def _seen(
    found: Estimate, request: Request, pictures: Sequence[DraftPicture], first_number: int, model: Model
) -> WhatIf:
    blocks = len(request.images) + _blocks(pictures)
    obstacle: Obstacle = ""
    if blocks > model.max_images:
        obstacle = "pictures"
    elif model.context_window and found.prompt_tokens > model.context_window:
        obstacle = "context"
    return WhatIf(found, dict(_edges(request, pictures, first_number, model)), blocks, obstacle)


def _edges(
    request: Request, pictures: Sequence[DraftPicture], first_number: int, model: Model
) -> Iterator[tuple[int, int]]:
    known = set()
    for image in request.images:
        if image.width and image.number not in known:  # of a picture in parts the first shows all of it
            known.add(image.number)
            yield image.number, max(fit(image.width, image.height, model.tier))
    for number, picture in enumerate(pictures, first_number):
        if not picture.same_as and (size := picture.sent) is not None:
            yield number, max(fit(size.width, size.height, model.tier))


def _blocks(pictures: Sequence[DraftPicture]) -> int:
    return sum(len(block_tokens(picture)) for picture in pictures)
