"""The journal: what people did that somebody may ask about later, told by each service and kept by staff in one place.

A topic has one owner, so each service tells its own acts on its own topic: `ACTS` by the service's name.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from contracts.message import Instant, Message, Part

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z_]+\.[a-z_]+$", max_length=80)]
"""Service, noun, verb in the past tense: `billing.sale.refunded`."""
State = dict[str, JsonValue]
"""Fields of a thing by their names; only those that tell something."""


class Actor(Part):
    """Who did it, by the name that they had then."""

    member_id: UUID
    name: str = Field(max_length=128)


class Act(Message):
    """Somebody did something that not everybody may do."""

    KEY: ClassVar[str] = "act_id"

    act_id: UUID
    at: Instant
    act: Slug
    person: Actor
    club_id: UUID | None = None
    """None: it concerns the whole org."""
    till_id: UUID | None = None
    """The enrolled till at which it was done."""
    subject: str = Field(max_length=100)
    """The id of the thing that it was done to."""
    before: State | None = None
    after: State | None = None
    reason: str | None = Field(default=None, max_length=1000)


class StaffAct(Act):
    """An act on members, tills, machines and sessions."""

    TYPE: ClassVar[str] = "staff.act.done.v1"
    TOPIC: ClassVar[str] = "staff.act"


class HallAct(Act):
    """An act on clubs, zones, devices, tariffs and guests' sessions."""

    TYPE: ClassVar[str] = "hall.act.done.v1"
    TOPIC: ClassVar[str] = "hall.act"


class BillingAct(Act):
    """An act on shifts, sales and money."""

    TYPE: ClassVar[str] = "billing.act.done.v1"
    TOPIC: ClassVar[str] = "billing.act"


class FiscalAct(Act):
    """An act on registers, taxes and receipts."""

    TYPE: ClassVar[str] = "fiscal.act.done.v1"
    TOPIC: ClassVar[str] = "fiscal.act"


ACTS: dict[str, type[Act]] = {"staff": StaffAct, "hall": HallAct, "billing": BillingAct, "fiscal": FiscalAct}
