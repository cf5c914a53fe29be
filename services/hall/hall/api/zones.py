"""Zones over HTTP."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from edge.auth import Caller, needs
from edge.http import Body, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from hall.api.fields import MANAGE, READ, Name, created
from hall.domain.club import Zone
from hall.store import board, clubs
from kit.db import Database, Tx
from kit.time import new_id


class ZoneBody(Body):
    """A zone's name; the club has one of that name."""

    model_config = example(name="VIP")

    name: Name


class ZoneView(Body):
    zone_id: UUID
    club_id: UUID
    name: str


def changing_zones(db: Database) -> APIRouter:
    """Zones are added and renamed."""
    routes = APIRouter(tags=["zones"])

    @routes.post("/v1/clubs/{club_id}/zones", status_code=201, response_model=ZoneView)
    async def add_zone(
        club_id: UUID, body: ZoneBody, caller: Caller = needs(MANAGE), once: Once = Depends()
    ) -> Response:
        async def change(tx: Tx) -> Answer:
            club = await clubs.club_of(tx, caller.scope, club_id)
            zone = Zone(club.org_id, club_id, new_id(), body.name)
            await clubs.add_zone(tx, zone)
            journal(tx, caller, "hall.zone.added", zone.zone_id, club_id=club_id, after=zone)
            await board.layout_changed(tx, club_id)
            return created(_view(zone), f"/v1/zones/{zone.zone_id}")

        return await once.answer(caller, change)

    @routes.patch("/v1/zones/{zone_id}")
    async def rename_zone(zone_id: UUID, body: ZoneBody, caller: Caller = needs(MANAGE)) -> ZoneView:
        async with db.begin() as tx:
            before = await clubs.zone_of(tx, caller.scope, zone_id, lock=True)
            after = replace(before, name=body.name)
            if after != before:
                await clubs.save_zone(tx, after)
                journal(tx, caller, "hall.zone.renamed", zone_id, club_id=after.club_id, before=before, after=after)
                await board.layout_changed(tx, after.club_id)
        return _view(after)

    return routes


def reading_zones(db: Database) -> APIRouter:
    """The zones of the caller's clubs."""
    routes = APIRouter(tags=["zones"])

    @routes.get("/v1/clubs/{club_id}/zones")
    async def list_zones(
        club_id: UUID, caller: Caller = needs(READ), cursor: Cursor = None, limit: Limit = 50
    ) -> Page[ZoneView]:
        async with db.look() as tx:
            await clubs.club_of(tx, caller.scope, club_id)
            found = await clubs.zones_of(tx, caller.scope, club_id, limit, cursor)
        return page([_view(zone) for zone in found], [zone.zone_id for zone in found], limit)

    @routes.get("/v1/zones/{zone_id}")
    async def read_zone(zone_id: UUID, caller: Caller = needs(READ)) -> ZoneView:
        async with db.look() as tx:
            return _view(await clubs.zone_of(tx, caller.scope, zone_id))

    return routes


def _view(zone: Zone) -> ZoneView:
    return ZoneView.model_validate(zone, from_attributes=True)
