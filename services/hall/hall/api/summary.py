"""All clubs at a glance, over HTTP."""

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


def summary_routes(db: Database) -> APIRouter:
    """The chain's view of the halls."""
    routes = APIRouter(tags=["board"])

    @routes.get("/v1/summary")
    async def read_summary(caller: Caller = needs(READ)) -> list[ClubSummary]:
        """Each of the caller's clubs, by name, as its board shows it now."""
        async with db.look() as tx:
            found = await summary.today(tx, caller.scope)
        return [ClubSummary.model_validate(one, from_attributes=True) for one in found]

    return routes
