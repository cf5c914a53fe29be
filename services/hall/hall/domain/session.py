"""A session: a guest's time on a device, from the order to its end.

ordered -> active -> ended
ordered -> refused
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from hall.domain.line import line_name


class State(StrEnum):
    ORDERED = "ordered"
    """The device is held until the sale is paid."""
    ACTIVE = "active"
    ENDED = "ended"
    REFUSED = "refused"
    """The sale was not paid; the session never started."""


class Cause(StrEnum):
    """What ended a session."""

    TIME = "time"
    HAND = "hand"


class EndPolicy(StrEnum):
    """What becomes of the time that is left when a session is ended by hand."""

    BURNED = "burned"
    """It is counted, and not given back."""


class Money(StrEnum):
    """What is with the guest's money when the sale failed."""

    NONE = "none"
    TAKEN = "taken"
    RETURNING = "returning"
    UNKNOWN = "unknown"


TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.ORDERED: frozenset({State.ACTIVE, State.REFUSED}),
        State.ACTIVE: frozenset({State.ENDED}),
        State.ENDED: frozenset(),
        State.REFUSED: frozenset(),
    }
)
OPEN = frozenset({State.ORDERED, State.ACTIVE})
"""States in which a session takes its device and its client."""


class IllegalTransition(Exception):
    """A session was to do what its state does not allow."""

    def __init__(self, session_id: UUID, state: State, wanted: State) -> None:
        super().__init__(f"session {session_id} is {state} and cannot become {wanted}")
        self.session_id, self.state, self.wanted = session_id, state, wanted


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff, by the name that people know."""

    member_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the sale was not paid, in the till's or a device's words."""

    code: str
    money: Money
    device_text: str | None = None


@dataclass(frozen=True, slots=True)
class Leftover:
    """What ending a session now would leave, and what becomes of it."""

    left_s: int
    policy: EndPolicy
    returned_kopecks: int


@dataclass(frozen=True, slots=True)
class Session:
    """Time on a device, as it was when it was ordered, and what became of it."""

    org_id: UUID
    club_id: UUID
    session_id: UUID
    sale_id: UUID
    till_id: UUID
    device_id: UUID
    device_name: str
    zone_name: str
    client_id: UUID | None
    client_name: str | None
    tariff_id: UUID
    tariff_name: str
    minutes: int
    price_kopecks: int
    bonus_cap_percent: int
    ordered_at: datetime
    ordered_by: Staff
    pay_by: datetime
    state: State = State.ORDERED
    started_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None
    unused_s: int | None = None
    end_reason: str | None = None
    ended_by: Staff | None = None
    refused_at: datetime | None = None
    refusal: Refusal | None = None

    def __post_init__(self) -> None:
        ran = self.state in (State.ACTIVE, State.ENDED)
        ended, refused = self.state is State.ENDED, self.state is State.REFUSED
        assert (self.started_at is not None) == (self.ends_at is not None) == ran, self
        assert (self.ended_at is not None) == (self.cause is not None) == (self.unused_s is not None) == ended, self
        assert (self.refused_at is not None) == (self.refusal is not None) == refused, self
        assert (self.ended_by is not None) == (self.cause is Cause.HAND), self

    @property
    def line_name(self) -> str:
        return line_name(self.zone_name, self.minutes)

    @property
    def held_until(self) -> datetime | None:
        """Until when the device waits for the payment; None once it does not."""
        return self.pay_by if self.state is State.ORDERED else None

    @property
    def paid_s(self) -> int:
        return self.minutes * 60

    def start(self, at: datetime) -> "Session":
        """It is paid (or as good as paid), and its clock runs from `at`."""
        self._check(State.ACTIVE)
        return replace(self, state=State.ACTIVE, started_at=at, ends_at=at + timedelta(minutes=self.minutes))

    def refuse(self, at: datetime, refusal: Refusal) -> "Session":
        """It will not be paid, and its device is free."""
        self._check(State.REFUSED)
        return replace(self, state=State.REFUSED, refused_at=at, refusal=refusal)

    def end_by_time(self, at: datetime) -> "Session":
        """Its time is over. It ended when the time did, however late that was noticed."""
        self._check(State.ENDED)
        assert self.ends_at is not None
        assert at >= self.ends_at, f"session {self.session_id} ends at {self.ends_at}, not at {at}"
        return replace(self, state=State.ENDED, ended_at=self.ends_at, cause=Cause.TIME, unused_s=0)

    def end_by_hand(self, at: datetime, by: Staff, reason: str) -> "Session":
        """Somebody ended it; the time that was left is counted and not given back."""
        self._check(State.ENDED)
        assert self.started_at is not None
        assert self.ends_at is not None
        # Clocks of two machines differ a little: a session never ends before it started.
        ended_at = max(at, self.started_at)
        unused_s = max(0, int((self.ends_at - ended_at).total_seconds()))
        return replace(
            self,
            state=State.ENDED,
            ended_at=ended_at,
            cause=Cause.HAND,
            unused_s=unused_s,
            end_reason=reason,
            ended_by=by,
        )

    def leftover(self, at: datetime) -> Leftover:
        """What `end_by_hand` at `at` would leave; it changes nothing."""
        self._check(State.ENDED)
        assert self.ends_at is not None
        left_s = max(0, int((self.ends_at - at).total_seconds()))
        return Leftover(min(left_s, self.paid_s), EndPolicy.BURNED, 0)

    def _check(self, wanted: State) -> None:
        if wanted not in TRANSITIONS[self.state]:
            raise IllegalTransition(self.session_id, self.state, wanted)
