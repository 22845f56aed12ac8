"""Errors as JSON, so that a stored answer can say again why it stopped short."""

from __future__ import annotations

from dataclasses import asdict

from app.core import errors
from app.core.errors import Offence, RequestRefused, VisavisError
from app.core.message import JSON


def error_to_json(error: VisavisError) -> JSON:
    """The error's class and facts. `error_from_json` is the way back."""
    facts: JSON = {name: getattr(error, name) for name in _facts_of(type(error))}
    if isinstance(error, RequestRefused):
        facts["offences"] = [asdict(offence) for offence in error.offences]
    return {"class": type(error).__name__, "facts": facts}


def error_from_json(stored: JSON) -> VisavisError:
    """The error as it was raised; a plain VisavisError where its class or its facts are none we know."""
    kind = getattr(errors, str(stored.get("class")), None)
    facts = stored.get("facts")
    if not (isinstance(kind, type) and issubclass(kind, VisavisError) and isinstance(facts, dict)):
        return VisavisError()
    known = {name: facts[name] for name in _facts_of(kind) if name in facts}
    try:
        if "offences" in known:
            known["offences"] = tuple(Offence(**offence) for offence in known["offences"])
        if "links" in known:
            known["links"] = tuple(known["links"])
        return kind(**known)
    except TypeError:
        return VisavisError()


def _facts_of(kind: type[VisavisError]) -> tuple[str, ...]:
    # Not dataclasses.fields(): some kinds carry no facts and are no dataclasses.
    return tuple(getattr(kind, "__dataclass_fields__", ()))
