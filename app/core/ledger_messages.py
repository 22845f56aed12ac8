"""The ledger's gate for another process: what it asks as JSON, and the answers of whoever has the data folder open."""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from app.core.errors import VisavisError
from app.core.failure import error_to_json
from app.core.ledger import Call, Caps, Ledger, Outcome, PictureShare
from app.core.ledger_rows import text
from app.core.message import JSON, Usage


def checking(call: Call) -> JSON:
    return {"check": _call_to_json(call)}


def entering(entry_id: str, call: Call) -> JSON:
    return {"enter": entry_id, "call": _call_to_json(call)}


def settling(entry_id: str, outcome: Outcome) -> JSON:
    return {"settle": entry_id, "outcome": _outcome_to_json(outcome)}


def withdrawing(entry_id: str) -> JSON:
    return {"withdraw": entry_id}


async def answer(ledger: Ledger, caps: Caps, message: JSON) -> JSON | None:
    """Do what a message asks. Returns {} or {"error": …}; None for what is no message of these."""
    try:
        match message:
            case {"check": dict(call)}:
                await ledger.check(_call(call), caps)
            case {"enter": str(entry_id), "call": dict(call)}:
                await ledger.enter(entry_id, _call(call), caps)
            case {"settle": str(entry_id), "outcome": dict(outcome)}:
                await ledger.settle(entry_id, _outcome(outcome))
            case {"withdraw": str(entry_id)}:
                await ledger.withdraw(entry_id)
            case _:
                return None
    except VisavisError as error:
        return {"error": error_to_json(error)}
    except (TypeError, ValueError, ArithmeticError, KeyError):
        return None
    return {}


def _call_to_json(call: Call) -> JSON:
    return asdict(call) | {"ahead": _text(call.ahead), "at_most": _text(call.at_most)}


def _call(stored: JSON) -> Call:
    return Call(**stored | {name: _amount(stored[name]) for name in ("ahead", "at_most")})


def _outcome_to_json(outcome: Outcome) -> JSON:
    usage = replace(outcome.usage, raw={}) if outcome.usage else None
    pictures = [asdict(share) | {"cost": _text(share.cost)} for share in outcome.pictures]
    return asdict(replace(outcome, usage=usage, pictures=())) | {
        "cost": _text(outcome.cost),
        "saved": _text(outcome.saved),
        "pictures": pictures,
    }


def _outcome(stored: JSON) -> Outcome:
    return Outcome(
        **stored
        | {
            "usage": Usage(**stored["usage"]) if stored["usage"] else None,
            "cost": _amount(stored["cost"]),
            "saved": _amount(stored["saved"]),
            "pictures": tuple(PictureShare(**share | {"cost": _amount(share["cost"])}) for share in stored["pictures"]),
        }
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else text(amount)


def _amount(stored: Any) -> Decimal | None:
    return None if stored is None else Decimal(stored)
