"""A furnished club, and what happens in it, with good defaults."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from conftest import ORG, eventually
from contracts import Message
from contracts.billing import ClientChanged, ClientRegistered, SaleCancelled, SaleFailed, SalePaid, SaleUnconfirmed
from contracts.headers import headers
from contracts.money import Person, Tender
from edge.scope import Scope
from hall.domain.club import Club, Org, Zone
from hall.domain.device import Device, Kind
from hall.domain.schedule import Window
from hall.domain.session import Session, Staff
from hall.domain.tariff import Tariff
from hall.store import board, clubs, devices, sessions, tariffs
from kit.db import Database
from kit.parked import Delivery
from kit.time import derived_id, new_id, utc_now

__all__ = ["ORG"]

OTHER_ORG = UUID("0193a000-0000-7000-8000-000000000002")
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, 12:00 in Moscow."""
ANNA = Staff(UUID(int=7), "Анна К.")
EVERY_DAY = frozenset(range(1, 8))

_numbers = itertools.count(1)


def a_window(starts: str = "22:00", ends: str = "08:00", days: frozenset[int] = EVERY_DAY) -> Window:
    return Window(days, time.fromisoformat(starts), time.fromisoformat(ends))


def a_club(**changes: Any) -> Club:
    usual: dict[str, Any] = {
        "org_id": ORG,
        "club_id": new_id(),
        "name": "Клуб на Лиговском",
        "time_zone": "Europe/Moscow",
    }
    return Club(**(usual | {"day_starts_at": time(6), "start_on_unknown_receipt": True} | changes))


def a_device(club_id: UUID, zone_id: UUID, **changes: Any) -> Device:
    usual: dict[str, Any] = {
        "org_id": ORG,
        "club_id": club_id,
        "device_id": new_id(),
        "zone_id": zone_id,
        "kind": Kind.PC,
    }
    return Device(**(usual | {"name": f"PC-{next(_numbers):03}", "in_service": True} | changes))


def a_tariff(club_id: UUID, zone_id: UUID, **changes: Any) -> Tariff:
    usual: dict[str, Any] = {
        "org_id": ORG,
        "club_id": club_id,
        "tariff_id": new_id(),
        "name": f"3 часа {next(_numbers)}",
    }
    terms = {"minutes": 180, "bonus_cap_percent": 30, "active": True, "prices": {zone_id: 450_00}, "windows": ()}
    return Tariff(**(usual | terms | changes))


def a_session(**changes: Any) -> Session:
    session_id = changes.get("session_id", new_id())
    ids: dict[str, Any] = {name: new_id() for name in ("club_id", "till_id", "device_id", "tariff_id")}
    names = {"device_name": "PC-037", "zone_name": "VIP", "tariff_name": "3 часа", "client_name": None}
    sold = {"minutes": 180, "price_kopecks": 450_00, "bonus_cap_percent": 30, "client_id": None}
    when = {"ordered_at": NOON, "ordered_by": ANNA, "pay_by": NOON + timedelta(minutes=10)}
    own = {"org_id": ORG, "session_id": session_id, "sale_id": derived_id("sale", session_id)}
    return Session(**(ids | names | sold | when | own | changes))


@dataclass(frozen=True)
class Furnished:
    """A club with a VIP zone, three PCs in it, an empty Standard zone, and a tariff for VIP."""

    club: Club
    vip: Zone
    standard: Zone
    devices: list[Device]
    tariff: Tariff
    scope: Scope = field(default_factory=lambda: Scope(ORG))

    @property
    def device(self) -> Device:
        return self.devices[0]

    def a_session(self, device: Device | None = None, **changes: Any) -> Session:
        """An order for a device of this club."""
        device, now = device or self.device, utc_now()
        place = {"org_id": self.club.org_id, "club_id": self.club.club_id, "tariff_id": self.tariff.tariff_id}
        seat = {"device_id": device.device_id, "device_name": device.name}
        when = {"ordered_at": now, "pay_by": now + timedelta(minutes=10)}
        return a_session(**(place | seat | when | changes))


async def furnish(db: Database, org_id: UUID = ORG, pcs: int = 3) -> Furnished:
    club = a_club(org_id=org_id)
    vip = Zone(org_id, club.club_id, new_id(), "VIP")
    standard = Zone(org_id, club.club_id, new_id(), "Standard")
    seats = [a_device(club.club_id, vip.zone_id, org_id=org_id) for _ in range(pcs)]
    tariff = a_tariff(club.club_id, vip.zone_id, org_id=org_id)
    async with db.begin() as tx:
        await clubs.put_org(tx, Org(org_id, "Лига"))
        await clubs.add_club(tx, club)
        await clubs.add_zone(tx, vip)
        await clubs.add_zone(tx, standard)
        for device in seats:
            await devices.add_device(tx, device)
        await tariffs.add_tariff(tx, tariff)
    return Furnished(club, vip, standard, seats, tariff, Scope(org_id))


async def ordered(db: Database, hall: Furnished, device: Device | None = None, **changes: Any) -> Session:
    """An order that is stored."""
    session = hall.a_session(device, **changes)
    async with db.begin() as tx:
        await sessions.add_order(tx, hall.scope, session)
        await board.devices_changed(tx, (session.club_id, session.device_id))
    return session


async def started(db: Database, hall: Furnished, device: Device | None = None, **changes: Any) -> Session:
    """A session that is stored and runs."""
    session = await ordered(db, hall, device, **changes)
    async with db.begin() as tx:
        running = session.start(tx.now)
        await sessions.save_session(tx, running)
        await board.devices_changed(tx, (session.club_id, session.device_id))
    return running


async def stored(db: Database, session: Session) -> Session:
    """The session as it is in the database now."""
    async with db.look() as tx:
        return await sessions.session_of(tx, Scope(session.org_id), session.session_id)


async def only_session(db: Database) -> Session:
    """The one session there is, as soon as it is there."""
    await eventually(lambda: rows(db, "select 1 from session"))
    async with db.look() as tx:
        (session,) = await sessions.sessions_of(tx, Scope(ORG), limit=10, after=None)
    return session


def _of(session: Session) -> dict[str, Any]:
    names = ("org_id", "sale_id", "club_id", "till_id", "session_id", "client_id")
    return {name: getattr(session, name) for name in names} | {"total_kopecks": session.price_kopecks}


def paid(session: Session, **changes: Any) -> SalePaid:
    tenders = (Tender(kind="cash", amount_kopecks=session.price_kopecks, received_kopecks=500_00),)
    usual: dict[str, Any] = {"shift_id": new_id(), "receipt_id": new_id(), "tenders": tenders, "paid_at": utc_now()}
    return SalePaid(**(_of(session) | usual | changes))


def unconfirmed(session: Session, **changes: Any) -> SaleUnconfirmed:
    return SaleUnconfirmed(**(_of(session) | {"receipt_id": new_id(), "since": utc_now()} | changes))


def failed(session: Session, **changes: Any) -> SaleFailed:
    usual: dict[str, Any] = {"code": "register_paper_out", "device_text": "Нет бумаги", "money": "returning"}
    return SaleFailed(**(_of(session) | usual | changes))


def cancelled(session: Session, **changes: Any) -> SaleCancelled:
    by = Person(member_id=ANNA.member_id, name=ANNA.name)
    return SaleCancelled(**(_of(session) | {"cancelled_by": by} | changes))


def registered(client_id: UUID, name: str = "Иванов И.", org_id: UUID = ORG) -> ClientRegistered:
    return ClientRegistered(org_id=org_id, client_id=client_id, phone="+79161234567", name=name)


def renamed(client_id: UUID, name: str, org_id: UUID = ORG) -> ClientChanged:
    return ClientChanged(org_id=org_id, client_id=client_id, phone="+79161234567", name=name)


def a_delivery(message: Message, **changes: Any) -> Delivery:
    known = headers(message, new_id(), utc_now(), None)
    place: dict[str, Any] = {"topic": message.topic, "partition": 0, "offset": next(_numbers), "key": message.key}
    return Delivery(**(place | {"headers": known, "body": message.body()} | changes))


async def rows(db: Database, query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with db.engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query), values)]


async def told(db: Database) -> list[str]:
    """The types that were told, in order, without service and version; what is for the journal alone is left out."""
    return [
        kind.removeprefix("hall.").removesuffix(".v1")
        for (kind,) in await rows(db, "select type from outbox where type <> 'hall.act.done.v1' order by id")
    ]


async def acts(db: Database) -> list[dict[str, Any]]:
    """What was told for the journal, in order."""
    query = "select body from outbox where type = 'hall.act.done.v1' order by id"
    return [json.loads(bytes(body)) for (body,) in await rows(db, query)]
