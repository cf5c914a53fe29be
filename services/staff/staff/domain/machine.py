"""A machine that works without a person: an agent on a gaming PC, or a club's fiscal worker."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from staff.domain.roles import Kind


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of one club; it proves itself with a secret of which the hash is kept."""

    machine_id: UUID
    org_id: UUID
    club_id: UUID
    name: str
    kind: Kind
    secret_hash: str = field(repr=False)
    added_at: datetime
