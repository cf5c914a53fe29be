"""A till: a desk where money is taken."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Till:
    """A desk of one club; its name is the only one of its kind there."""

    till_id: UUID
    org_id: UUID
    club_id: UUID
    name: str
    added_at: datetime
    secret_hash: str | None = field(default=None, repr=False)
    """Of the secret that the till's browser holds; None where no browser is enrolled."""
    enrolled_at: datetime | None = None
