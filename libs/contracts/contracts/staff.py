"""What staff tells: members and tills."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Instant, Message

RoleName = Literal["owner", "administrator", "operator", "accountant"]


class _Member(Message):
    TOPIC: ClassVar[str] = "staff.member"
    KEY: ClassVar[str] = "member_id"

    member_id: UUID
    name: str = Field(max_length=128)
    role: RoleName
    clubs: tuple[UUID, ...]
    """Empty: every club of the org."""
    at: Instant


class MemberAdded(_Member):
    """Somebody joined the staff."""

    TYPE: ClassVar[str] = "staff.member.added.v1"


class MemberChanged(_Member):
    """A member's name, role or clubs are these now."""

    TYPE: ClassVar[str] = "staff.member.changed.v1"


class MemberRemoved(_Member):
    """A member works here no more and cannot sign in."""

    TYPE: ClassVar[str] = "staff.member.removed.v1"


class _Till(Message):
    TOPIC: ClassVar[str] = "staff.till"
    KEY: ClassVar[str] = "till_id"

    till_id: UUID
    club_id: UUID
    name: str = Field(max_length=64)
    at: Instant


class TillAdded(_Till):
    """A desk where money is taken."""

    TYPE: ClassVar[str] = "staff.till.added.v1"


class TillChanged(_Till):
    """A till's name is this now."""

    TYPE: ClassVar[str] = "staff.till.changed.v1"
