"""An approval: somebody asks at a till to do what they may not do alone, and a second person lets them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

APPROVAL_LIFE = timedelta(minutes=10)
"""As long as somebody with the right needs to come to the desk."""
PROOF_LIFE = timedelta(minutes=2)
PROOF_AUDIENCE = "savepoint-proof"


@dataclass(frozen=True, slots=True)
class Approval:
    """What is asked for; granted once, by one person."""

    approval_id: UUID
    org_id: UUID
    club_id: UUID
    till_id: UUID
    asked_by: UUID
    act: str
    subject: str
    amount_kopecks: int | None
    asked_at: datetime
    expires_at: datetime
    granted_at: datetime | None = None
    granted_by: UUID | None = None

    def state(self, now: datetime) -> Literal["asked", "granted", "over"]:
        if self.granted_at is not None:
            return "granted"
        return "asked" if now < self.expires_at else "over"


@dataclass(frozen=True, slots=True)
class Proof:
    """What staff signs for whoever does the act: `by` entered their PIN for it just now."""

    jti: UUID
    org_id: UUID
    asker: UUID
    by_id: UUID
    by_name: str
    act: str
    subject: str
    amount_kopecks: int | None = None


def permission_to_approve(act: str) -> str:
    """What the second person must be allowed: `billing.refund` needs `billing.refund.approve`."""
    return f"{act}.approve"
