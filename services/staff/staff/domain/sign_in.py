"""A sign-in: the family of refresh tokens that came of one password, each replaced by the next at its use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

REFRESH_LIFE = timedelta(hours=12)
"""Longer than a shift's pauses: who has been away for this long signs in again."""
SIGN_IN_LIFE = timedelta(days=30)
"""However often it was refreshed."""
TABS_APART = timedelta(seconds=10)
"""Two tabs of one browser refresh in the same moment: the later one gets what the first one got."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """One refresh token, as it was found, and its sign-in."""

    sign_in_id: UUID
    member_id: UUID
    expires_at: datetime
    used_at: datetime | None
    ended: bool
    """The whole sign-in is over: signed out, removed, or a token of it came twice."""

    def verdict(self, now: datetime) -> Literal["good", "again", "reused", "over"]:
        """`again`: used this moment, most likely by another tab. `reused`: two hold this token, and one of them stole
        it; neither can be told from the other."""
        if self.ended:
            return "over"
        if self.used_at is not None:
            return "again" if now < self.used_at + TABS_APART else "reused"
        return "good" if now < self.expires_at else "over"


def expiry(now: datetime, ends_at: datetime) -> datetime:
    """Until when a refresh token is good that is given at `now` in a sign-in which ends at `ends_at`."""
    return min(now + REFRESH_LIFE, ends_at)
