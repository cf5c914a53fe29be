"""Devices."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update

from edge.scope import Scope
from hall.domain.device import Device, Kind
from hall.store import tables
from hall.store.refusals import NameTaken
from hall.store.rows import constrained, one, room_for_one_more, some
from kit.db import Tx
from kit.errors import NotFound

DEVICES_MAX = 1000
"""What one map shows; ten times the largest club we know of."""


def device_from(row: Row[Any]) -> Device:
    return Device(**{**row._mapping, "kind": Kind(row.kind)})


async def add_device(tx: Tx, device: Device) -> None:
    """Keep a new device. Raises NameTaken, TooMany, NotFound where the zone is not the club's."""
    await room_for_one_more(tx, tables.device, device.club_id, DEVICES_MAX)
    async with constrained(tx, **_refusals(device)):
        await tx.conn.execute(insert(tables.device).values(asdict(device)))


async def device_of(tx: Tx, scope: Scope, device_id: UUID, lock: bool = False) -> Device:
    """The device, where the caller may see it; `lock` to change it or to sell its time. Raises NotFound."""
    return device_from(await one(tx, scope, tables.device, device_id, lock))


async def devices_of(tx: Tx, scope: Scope, club_id: UUID, limit: int, after: UUID | None) -> list[Device]:
    """A page of the club's devices and one more."""
    return [device_from(row) for row in await some(tx, scope, tables.device, limit, after, _of(club_id))]


async def save_device(tx: Tx, device: Device) -> None:
    """Write a device that was locked. Raises NameTaken, NotFound where the zone is not the club's."""
    async with constrained(tx, **_refusals(device)):
        ours = update(tables.device).where(tables.device.c.device_id == device.device_id)
        await tx.conn.execute(ours.values(asdict(device)))


def _of(club_id: UUID) -> Any:
    return tables.device.c.club_id == club_id


def _refusals(device: Device) -> dict[str, Exception]:
    return {
        tables.DEVICE_NAME_ONCE: NameTaken("device", device.name),
        tables.DEVICE_ZONE_OF_CLUB: NotFound("zone", device.zone_id),
    }
