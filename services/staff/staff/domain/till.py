"""A till: a desk where money is taken."""

from dataclasses import dataclass
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
