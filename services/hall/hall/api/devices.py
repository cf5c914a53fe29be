"""Devices over HTTP."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from edge.auth import Caller, needs
from edge.http import Body, Flag, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from hall.api.fields import MANAGE, READ, Changing, Name, created
from hall.domain.device import Device, Kind
from hall.store import board, clubs, devices, sessions
from hall.store.refusals import DeviceInUse
from kit.db import Database, Tx
from kit.time import new_id


class NewDevice(Body):
    """A device to be put into a zone of the club."""

    model_config = example(name="PC-037", kind="pc", zone_id="0193a000-0000-7000-8000-0000000000a1")

    name: Name
    kind: Kind
    zone_id: UUID
    in_service: Flag = True


class DeviceChanges(Changing):
    """What is to be different about a device. A held or active one stays in service and in its zone."""

    model_config = example(in_service=False)

    name: Name | None = None
    kind: Kind | None = None
    zone_id: UUID | None = None
    in_service: Flag | None = None


class DeviceView(Body):
    device_id: UUID
    club_id: UUID
    zone_id: UUID
    name: str
    kind: Kind
    in_service: bool


def changing_devices(db: Database) -> APIRouter:
    """Devices are added, renamed, moved, and taken out of service."""
    routes = APIRouter(tags=["devices"])

    @routes.post("/v1/clubs/{club_id}/devices", status_code=201, response_model=DeviceView)
    async def add_device(
        club_id: UUID, body: NewDevice, caller: Caller = needs(MANAGE), once: Once = Depends()
    ) -> Response:
        async def change(tx: Tx) -> Answer:
            club = await clubs.club_of(tx, caller.scope, club_id)
            device = Device(org_id=club.org_id, club_id=club_id, device_id=new_id(), **dict(body))
            await devices.add_device(tx, device)
            journal(tx, caller, "hall.device.added", device.device_id, club_id=club_id, after=device)
            await board.devices_changed(tx, (club_id, device.device_id))
            return created(_view(device), f"/v1/devices/{device.device_id}")

        return await once.answer(caller, change)

    @routes.patch("/v1/devices/{device_id}")
    async def change_device(device_id: UUID, body: DeviceChanges, caller: Caller = needs(MANAGE)) -> DeviceView:
        """Rename a device, move it to another zone, or take it out of service."""
        async with db.begin() as tx:
            before = await devices.device_of(tx, caller.scope, device_id, lock=True)
            after = replace(before, **body.changes())
            if after != before:
                await _refuse_in_use(tx, before, after)
                await devices.save_device(tx, after)
                journal(tx, caller, "hall.device.changed", device_id, club_id=after.club_id, before=before, after=after)
                await board.devices_changed(tx, (after.club_id, device_id))
        return _view(after)

    return routes


def reading_devices(db: Database) -> APIRouter:
    """The devices of the caller's clubs."""
    routes = APIRouter(tags=["devices"])

    @routes.get("/v1/clubs/{club_id}/devices")
    async def list_devices(
        club_id: UUID, caller: Caller = needs(READ), cursor: Cursor = None, limit: Limit = 50
    ) -> Page[DeviceView]:
        async with db.look() as tx:
            await clubs.club_of(tx, caller.scope, club_id)
            found = await devices.devices_of(tx, caller.scope, club_id, limit, cursor)
        return page([_view(device) for device in found], [device.device_id for device in found], limit)

    @routes.get("/v1/devices/{device_id}")
    async def read_device(device_id: UUID, caller: Caller = needs(READ)) -> DeviceView:
        async with db.look() as tx:
            return _view(await devices.device_of(tx, caller.scope, device_id))

    return routes


async def _refuse_in_use(tx: Tx, before: Device, after: Device) -> None:
    """Raise DeviceInUse where the change would take the device from under a guest."""
    if (after.zone_id, after.in_service) == (before.zone_id, before.in_service):
        return
    session = await sessions.open_on(tx, before.device_id)
    if session is not None:
        raise DeviceInUse(before, session)


def _view(device: Device) -> DeviceView:
    return DeviceView.model_validate(device, from_attributes=True)
