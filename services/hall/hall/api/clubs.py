"""Orgs and clubs over HTTP."""

from dataclasses import replace
from datetime import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, Field

from edge.auth import Caller, needs
from edge.http import Body, Flag, Text, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from hall.api.fields import MANAGE, READ, Changing, LocalTime, LongName, created
from hall.domain.club import Club, Org, known_time_zone
from hall.store import board, clubs, facts
from hall.store.refusals import ClubIdTaken, WholeOrgNeeded
from kit.db import Database, Tx
from kit.time import new_id

TimeZone = Annotated[Text, Field(max_length=64), AfterValidator(known_time_zone)]
"""An IANA name, such as Europe/Moscow."""


class OrgBody(Body):
    """The chain's name."""

    model_config = example(name="Лига")

    name: LongName


class OrgView(Body):
    org_id: UUID
    name: str


class _Club(Body):
    name: LongName
    time_zone: TimeZone
    day_starts_at: LocalTime = time(6)
    """When the working day begins, on the club's own clock."""
    start_on_unknown_receipt: Flag = True
    """A paid session starts 20 s after its receipt became unknown, without waiting for the register."""
    blind_count: Flag = False
    """Who closes a till counts before seeing what should be there."""


class NewClub(_Club):
    """A club to be registered."""

    model_config = example(name="Клуб на Лиговском", time_zone="Europe/Moscow", day_starts_at="06:00")

    club_id: UUID | None = None
    """Chosen beforehand where the club's fiscal worker was installed before the club was registered."""


class ClubChanges(Changing):
    """What is to be different about a club."""

    model_config = example(start_on_unknown_receipt=False)

    name: LongName | None = None
    time_zone: TimeZone | None = None
    day_starts_at: LocalTime | None = None
    start_on_unknown_receipt: Flag | None = None
    blind_count: Flag | None = None


class ClubView(_Club):
    club_id: UUID


def org_routes(db: Database) -> APIRouter:
    """The caller's org: its name."""
    routes = APIRouter(tags=["org"])

    @routes.get("/v1/org")
    async def read_org(caller: Caller = needs(READ)) -> OrgView:
        async with db.look() as tx:
            return OrgView.model_validate(await clubs.org_of(tx, caller.scope), from_attributes=True)

    @routes.put("/v1/org")
    async def name_org(body: OrgBody, caller: Caller = needs(MANAGE)) -> OrgView:
        """Give the org its name; safe to repeat."""
        _whole_org(caller)
        async with db.begin() as tx:
            await clubs.put_org(tx, Org(caller.scope.org_id, body.name))
            journal(tx, caller, "hall.org.named", caller.scope.org_id, after={"name": body.name})
        return OrgView(org_id=caller.scope.org_id, name=body.name)

    return routes


def changing_clubs(db: Database) -> APIRouter:
    """Clubs are registered and changed."""
    routes = APIRouter(tags=["clubs"])

    @routes.post("/v1/clubs", status_code=201, response_model=ClubView)
    async def register_club(body: NewClub, caller: Caller = needs(MANAGE), once: Once = Depends()) -> Response:
        """Register a club of the caller's org; for those who act for the whole org."""
        _whole_org(caller)

        async def change(tx: Tx) -> Answer:
            own = dict(body) | {"club_id": body.club_id or new_id()}
            club = Club(org_id=caller.scope.org_id, **own)
            if not await clubs.add_club(tx, club):
                raise ClubIdTaken(club.club_id)
            tx.tell(facts.club_registered(club))
            journal(tx, caller, "hall.club.registered", club.club_id, club_id=club.club_id, after=club)
            return created(_view(club), f"/v1/clubs/{club.club_id}")

        return await once.answer(caller, change)

    @routes.patch("/v1/clubs/{club_id}")
    async def change_club(club_id: UUID, body: ClubChanges, caller: Caller = needs(MANAGE)) -> ClubView:
        async with db.begin() as tx:
            before = await clubs.club_of(tx, caller.scope, club_id, lock=True)
            after = replace(before, **body.changes())
            if after != before:
                await clubs.save_club(tx, after)
                await board.layout_changed(tx, club_id)
                tx.tell(facts.club_changed(after))
                journal(tx, caller, "hall.club.changed", club_id, club_id=club_id, before=before, after=after)
        return _view(after)

    return routes


def reading_clubs(db: Database) -> APIRouter:
    """The caller's clubs."""
    routes = APIRouter(tags=["clubs"])

    @routes.get("/v1/clubs")
    async def list_clubs(caller: Caller = needs(READ), cursor: Cursor = None, limit: Limit = 50) -> Page[ClubView]:
        async with db.look() as tx:
            found = await clubs.clubs_of(tx, caller.scope, limit, cursor)
        return page([_view(club) for club in found], [club.club_id for club in found], limit)

    @routes.get("/v1/clubs/{club_id}")
    async def read_club(club_id: UUID, caller: Caller = needs(READ)) -> ClubView:
        async with db.look() as tx:
            return _view(await clubs.club_of(tx, caller.scope, club_id))

    return routes


def _whole_org(caller: Caller) -> None:
    """Raise WholeOrgNeeded where the caller acts for some clubs only: a new club would be none of them."""
    if caller.scope.clubs is not None:
        raise WholeOrgNeeded


def _view(club: Club) -> ClubView:
    return ClubView.model_validate(club, from_attributes=True)
