"""All clubs at a glance, over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from edge.auth import Caller, needs
from edge.http import Body
from hall.api.fields import READ
from hall.domain.board import TileState
from hall.store import summary
from kit.db import Database


class ClubSummary(Body):
    """A club, and how many of its places are in each state."""

    club_id: UUID
    name: str
    time_zone: str
    counts: dict[TileState, int]


class LoadView(Body):
    """How full a club was: hours up to now, the oldest first; 100 is every place for all of it."""

    class Of(Body):
        since: datetime
        percent: int

    hours: list[Of]


def summary_routes(db: Database) -> APIRouter:
    """The chain's view of the halls."""
    routes = APIRouter(tags=["board"])

    @routes.get("/v1/summary")
    async def read_summary(caller: Caller = needs(READ)) -> list[ClubSummary]:
        """Each of the caller's clubs, by name, as its board shows it now."""
        async with db.look() as tx:
            found = await summary.today(tx, caller.scope)
        return [ClubSummary.model_validate(one, from_attributes=True) for one in found]

    @routes.get("/v1/clubs/{club_id}/load")
    async def read_load(club_id: UUID, caller: Caller = needs(READ)) -> LoadView:
        """How full the club was in each of the last 24 hours."""
        async with db.look() as tx:
            found = await summary.load(tx, caller.scope, club_id)
        return LoadView(hours=[LoadView.Of.model_validate(one, from_attributes=True) for one in found])

    return routes
