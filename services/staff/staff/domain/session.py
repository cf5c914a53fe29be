"""A session: one person at one browser, from a sign-in to a sign-out, for half a day at most."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

SESSION_LIFE = timedelta(hours=12)
"""As long as a shift: who stays longer signs in again."""


@dataclass(frozen=True, slots=True)
class Session:
    """Its secret lies in the browser's cookie, its hash here; access tokens are given for it one by one."""

    session_id: UUID
    org_id: UUID
    member_id: UUID
    till_id: UUID | None
    """The enrolled till that it is at; None for a browser of no till."""
    secret_hash: str = field(repr=False)
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    locked_at: datetime | None = None
    """Since when the screen waits for the PIN: no token is given meanwhile."""
