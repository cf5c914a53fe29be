"""Tills over HTTP: the desks where money is taken."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from contracts.staff import TillAdded, TillChanged
from edge.auth import Caller, needs
from edge.http import Body
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from kit.db import Database, Tx
from kit.time import new_id
from staff.api.fields import Name
from staff.domain.till import Till
from staff.store import orgs, tills

OfClub = Annotated[UUID | None, Query(description="only this club's tills")]


class NewTill(Body):
    name: Name = Field(examples=["Стойка у входа"])
    club_id: UUID


class TillChange(Body):
    """A till stays in its club: its shifts and its money are there."""

    name: Name = Field(examples=["Бар"])


class TillView(BaseModel):
    till_id: UUID
    club_id: UUID
    name: str
    added_at: datetime
    enrolled_at: datetime | None
    """Since when a browser is this till; null where none is."""

    @classmethod
    def of(cls, till: Till) -> "TillView":
        return cls.model_validate(till, from_attributes=True)


class Tills:
    """What may be done with tills over HTTP."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def list_tills(
        self, club_id: OfClub = None, after: Cursor = None, limit: Limit = 50, caller: Caller = needs("staff.till.read")
    ) -> Page[TillView]:
        """The tills of the caller's clubs, newest first."""
        async with self.db.begin() as tx:
            found = await tills.page(tx, caller.scope, club_id, after, limit)
        return page([TillView.of(till) for till in found], [till.till_id for till in found], limit)

    async def add_till(
        self, body: NewTill, caller: Caller = needs("staff.till.manage"), once: Once = Depends()
    ) -> Response:
        """A desk in a club; its name is the only one of its kind there."""
        caller.at_club(body.club_id)

        async def change(tx: Tx) -> Answer:
            await orgs.known(tx, caller.scope.org_id)
            till = Till(new_id(), caller.scope.org_id, body.club_id, body.name, tx.now)
            await tills.add(tx, till)
            tx.tell(tills.fact(TillAdded, till, tx))
            journal(tx, caller, "staff.till.added", till.till_id, club_id=till.club_id, after=till)
            return Answer(TillView.of(till), status=201)

        return await once.answer(caller, change)

    async def rename_till(
        self, till_id: UUID, body: TillChange, caller: Caller = needs("staff.till.manage")
    ) -> TillView:
        """A till's name is this now."""
        async with self.db.begin() as tx:
            before = await tills.for_update(tx, caller.scope, till_id)
            after = replace(before, name=body.name)
            if after != before:
                await tills.save(tx, after)
                tx.tell(tills.fact(TillChanged, after, tx))
                journal(tx, caller, "staff.till.renamed", till_id, club_id=after.club_id, before=before, after=after)
        return TillView.of(after)


def routes(db: Database) -> APIRouter:
    router, do = APIRouter(prefix="/v1/tills", tags=["tills"]), Tills(db)
    router.get("")(do.list_tills)
    router.post("", status_code=201, response_model=TillView)(do.add_till)
    router.patch("/{till_id}")(do.rename_till)
    return router
