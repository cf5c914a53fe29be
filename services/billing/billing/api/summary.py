"""All clubs at a glance, over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from billing.store import summary
from contracts.money import Person
from edge.auth import Caller, needs
from kit.db import Database


class OpenShiftView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    shift_id: UUID
    number: int
    till_id: UUID
    opened_by: Person
    opened_at: datetime


class ClubView(BaseModel):
    """A club since its day began. Revenue is what was sold and paid, however it was paid; top-ups are not in it."""

    model_config = ConfigDict(from_attributes=True)

    club_id: UUID
    day_began: datetime
    revenue_kopecks: int
    refunds_kopecks: int
    open_shifts: list[OpenShiftView]


def routes(db: Database) -> APIRouter:
    """The chain's view of today."""
    router = APIRouter()

    @router.get("/v1/shifts/summary")
    async def today(club_id: UUID | None = None, caller: Caller = needs("billing.shift.read")) -> list[ClubView]:
        """Each of the caller's clubs, or one: sold today, refunded today, and its shifts that are not closed. A day
        begins when the club says, by its own clock."""
        if club_id is not None:
            caller.at_club(club_id)
        async with db.look() as tx:
            found = await summary.today(tx, caller.scope, club_id)
        return [ClubView.model_validate(one) for one in found]

    return router
