"""A member of staff: who they are, what they may do, and where."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from staff.domain.roles import OWNER, Role


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here. `clubs` is None where that is every club of the org."""

    member_id: UUID
    org_id: UUID
    login: str
    name: str
    inn: str | None
    role: Role
    clubs: tuple[UUID, ...] | None
    password_hash: str = field(repr=False)
    must_change_password: bool
    added_at: datetime
    pin_hash: str | None = field(default=None, repr=False)
    """Of the six digits that let them in at an enrolled till; None before they chose any."""

    def __post_init__(self) -> None:
        assert self.login == self.login.lower(), self.login
        assert self.clubs != (), "a member of no club could do nothing anywhere"

    @property
    def has_pin(self) -> bool:
        return self.pin_hash is not None

    def works_at(self, club_id: UUID) -> bool:
        return self.clubs is None or club_id in self.clubs

    @property
    def only_club(self) -> UUID | None:
        """The club that all they do concerns; None where they work at more."""
        return self.clubs[0] if self.clubs is not None and len(self.clubs) == 1 else None

    @property
    def leads(self) -> bool:
        """An owner of the whole org: one of these must always be left, or nobody could let anybody in."""
        return self.role == OWNER and self.clubs is None
