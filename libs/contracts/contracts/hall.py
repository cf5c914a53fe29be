"""What the hall tells: clubs and sessions."""

from datetime import time
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Instant, Message, Part
from contracts.money import Line, Person, Tender


class _Club(Message):
    TOPIC: ClassVar[str] = "hall.club"
    KEY: ClassVar[str] = "club_id"

    club_id: UUID
    name: str = Field(max_length=128)
    time_zone: str = Field(max_length=64)
    """IANA name, such as `Europe/Moscow`."""
    start_on_unknown_receipt: bool
    """A paid session starts 20 s after its receipt became unknown, without waiting for the register."""
    day_starts_at: time | None = None
    """When its working day begins, by its own clock."""
    blind_count: bool = False
    """Who closes a till counts before seeing what should be there."""


class ClubRegistered(_Club):
    """A club exists."""

    TYPE: ClassVar[str] = "hall.club.registered.v1"


class ClubChanged(_Club):
    """A club's name or settings are these now."""

    TYPE: ClassVar[str] = "hall.club.changed.v1"


class _Session(Message):
    TOPIC: ClassVar[str] = "hall.session"
    KEY: ClassVar[str] = "session_id"

    session_id: UUID
    sale_id: UUID
    club_id: UUID
    device_id: UUID
    device_name: str = Field(max_length=64)


class PaymentOrder(Part):
    """How the guest pays at once."""

    tenders: tuple[Tender, ...] = Field(min_length=1, max_length=8)


class SessionOrdered(_Session):
    """A device is held for a session that waits to be paid until `pay_by`."""

    TYPE: ClassVar[str] = "hall.session.ordered.v1"

    till_id: UUID
    client_id: UUID | None
    tariff_id: UUID
    minutes: int = Field(gt=0, le=7 * 24 * 60)
    lines: tuple[Line, ...] = Field(min_length=1, max_length=100)
    bonus_cap_percent: int = Field(default=0, ge=0, le=100)
    ordered_at: Instant
    pay_by: Instant
    ordered_by: Person
    payment: PaymentOrder | None = None
    """Absent: the sale waits for a payment of its own."""


class SessionStarted(_Session):
    """A paid session runs; its clock began at `started_at`."""

    TYPE: ClassVar[str] = "hall.session.started.v1"

    started_at: Instant
    ends_at: Instant
    paid_s: int = Field(gt=0)


class SessionEnded(_Session):
    """A session is over and its device is free; `unused_s` of its paid time was left."""

    TYPE: ClassVar[str] = "hall.session.ended.v1"

    ended_at: Instant
    cause: Literal["time", "hand"]
    unused_s: int = Field(ge=0)


class SessionRefused(_Session):
    """A session never started; its device is free. `code` is the sale's reason."""

    TYPE: ClassVar[str] = "hall.session.refused.v1"

    code: str = Field(max_length=64)
    refused_at: Instant
