"""An entry of the journal: who did what, where and when, and what was different then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """Written once, as a service told it. `club_id` is None where it concerned the whole org."""

    act_id: UUID
    org_id: UUID
    club_id: UUID | None
    at: datetime
    act: str
    member_id: UUID
    member_name: str
    till_id: UUID | None
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is None does not matter."""

    club_id: UUID | None = None
    member_id: UUID | None = None
    act: str | None = None
    """An act, or the beginning of some: `billing`, `billing.sale`."""
    since: datetime | None = None
    until: datetime | None = None


def trace_of(traceparent: str | None) -> str | None:
    """The trace's id in a W3C `traceparent`; None where there is none that a person could look for."""
    parts = (traceparent or "").split("-")
    wrong = len(parts) != 4 or len(parts[1]) != 32 or not parts[1].isalnum() or not parts[1].isascii()
    return None if wrong else parts[1]
