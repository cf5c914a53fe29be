"""The journal over HTTP: one list of what people did, whichever service they did it in."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from edge.auth import Caller, needs
from edge.http import Instant
from edge.pages import Cursor, Limit, Page, page
from kit.db import Database
from staff.domain.journal import Wanted
from staff.store import journal
from staff.store.journal import Shown

ActName = Annotated[
    str | None,
    Query(
        max_length=80, pattern=r"^[a-z_.]+$", description="an act, or the beginning of some: `billing`, `billing.sale`"
    ),
]
From = Annotated[Instant | None, Query(alias="from", description="done at this moment or later")]
To = Annotated[Instant | None, Query(alias="to", description="done before this moment")]


class ActorView(BaseModel):
    """Who did it, by the name that they had then."""

    member_id: UUID
    name: str


class EntryView(BaseModel):
    """`before` and `after` hold the fields that tell something; `trace_id` finds the act in logs and traces."""

    act_id: UUID
    at: datetime
    act: str
    person: ActorView
    club_id: UUID | None
    till_id: UUID | None
    till_name: str | None
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    trace_id: str | None

    @classmethod
    def of(cls, shown: Shown) -> "EntryView":
        one = shown.entry
        person = {"member_id": one.member_id, "name": one.member_name}
        known = {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
        return cls.model_validate(known | {"person": person, "till_name": shown.till_name})


def routes(db: Database) -> APIRouter:
    """The journal is read; it is written by what services tell."""
    router = APIRouter(prefix="/v1/journal", tags=["journal"])

    @router.get("")
    async def read_journal(
        club_id: UUID | None = None,
        member_id: UUID | None = None,
        act: ActName = None,
        since: From = None,
        until: To = None,
        after: Cursor = None,
        limit: Limit = 50,
        caller: Caller = needs("staff.journal.read"),
    ) -> Page[EntryView]:
        """What people did, newest first; who acts for some clubs sees what concerned these alone."""
        wanted = Wanted(club_id, member_id, act, since, until)
        async with db.look() as tx:
            found = await journal.page(tx, caller.scope, wanted, after, limit)
        return page([EntryView.of(shown) for shown in found], [shown.entry.act_id for shown in found], limit)

    return router
