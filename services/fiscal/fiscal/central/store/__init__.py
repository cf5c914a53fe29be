"""Clubs, tax settings, registers and fiscal shifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    Integer,
    Row,
    String,
    Uuid,
    column,
    delete,
    insert,
    select,
    table,
    update,
)

from contracts.branch import Device
from contracts.fiscal import ForeignDocument
from edge.scope import Scope
from fiscal.central.domain.ffd import Tax, tax_at
from kit.columns import Moment, insert_on
from kit.db import Tx

clubs = table("club", column("club_id", Uuid), column("org_id", Uuid), column("time_zone", String))
taxes = table(
    "tax",
    column("club_id", Uuid),
    column("since", Date),
    column("org_id", Uuid),
    column("system", String),
    column("vat", String),
)
registers = table(
    "register",
    *[column(name, Uuid) for name in ("register_id", "org_id", "club_id")],
    *[column(name, String) for name in ("name", "mode", "kkt_number", "inn", "cashier_name", "address", "model")],
    column("num_device", Integer),
    column("state", JSON),
    column("last_error", JSON),
    column("watched", Boolean),
    column("created_at", Moment),
)
documents = table("receipt", column("fn", String), column("fd", BigInteger))
"""Whose a document is, as far as receipts tell."""
UNWATCHED = select(registers).where(~registers.c.watched, registers.c.mode == "kkm_server")
fiscal_shifts = table(
    "fiscal_shift",
    *[column(name, Uuid) for name in ("register_id", "org_id", "club_id", "told_shift_id")],
    column("number", Integer),
    *[column(name, Moment) for name in ("opened_at", "closed_at")],
    *[column(name, JSON) for name in ("document", "totals", "foreign")],
)


@dataclass(frozen=True, slots=True)
class Register:
    """A fiscal register of a club and how it is reached."""

    register_id: UUID
    org_id: UUID
    club_id: UUID
    name: str
    mode: str
    device: Device
    cashier_name: str
    """Whose name goes on documents; empty: who works at the till."""
    state: dict[str, Any] | None
    watched: bool
    """Its club's topics exist and its worker was told of it."""
    address: str = ""
    """Of the settlement, where the register's registration is not to be shown."""
    model: str | None = None
    last_error: dict[str, Any] | None = None


async def note_club(tx: Tx, club_id: UUID, org_id: UUID, time_zone: str) -> None:
    """Remember where a club is."""
    put = insert_on(tx.conn, clubs).values(club_id=club_id, org_id=org_id, time_zone=time_zone)
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["club_id"], set_={"time_zone": time_zone}))


async def club_zone(tx: Tx, scope: Scope, club_id: UUID) -> ZoneInfo | None:
    """The club's time zone; None where there is no such club for the caller."""
    zone = await tx.conn.scalar(select(clubs.c.time_zone).where(clubs.c.club_id == club_id, *scope.rows(clubs)))
    return ZoneInfo(zone) if zone else None


async def replace_taxes(tx: Tx, org_id: UUID, club_id: UUID, settings: Sequence[Tax]) -> None:
    """The club's tax settings are these now, each from its day on."""
    await tx.conn.execute(delete(taxes).where(taxes.c.club_id == club_id, taxes.c.org_id == org_id))
    rows = [
        {"club_id": club_id, "org_id": org_id, "since": t.since, "system": t.system, "vat": t.vat} for t in settings
    ]
    if rows:
        await tx.conn.execute(insert(taxes), rows)


async def taxes_of(tx: Tx, scope: Scope, club_id: UUID) -> list[Tax]:
    """The club's tax settings, oldest first."""
    query = select(taxes).where(taxes.c.club_id == club_id, *scope.rows(taxes)).order_by(taxes.c.since)
    return [Tax(row.since, row.system, row.vat) for row in await tx.conn.execute(query)]


async def tax_of(tx: Tx, scope: Scope, club_id: UUID, at: datetime) -> Tax | None:
    """The settings in force in the club's own day at `at`."""
    zone = await club_zone(tx, scope, club_id)
    day: date = at.astimezone(zone).date() if zone else at.date()
    return tax_at(await taxes_of(tx, scope, club_id), day)


async def add_register(tx: Tx, register: Register) -> bool:
    """False where the club has one already."""
    values = {name: getattr(register, name) for name in ("register_id", "org_id", "club_id", "name", "mode", "watched")}
    values |= register.device.model_dump() | {"cashier_name": register.cashier_name, "address": register.address}
    values |= {"created_at": tx.now}
    put = insert_on(tx.conn, registers).values(values).on_conflict_do_nothing(constraint="register_one_per_club")
    return (await tx.conn.execute(put)).rowcount == 1


async def change_register(tx: Tx, register_id: UUID, **values: Any) -> None:
    await tx.conn.execute(update(registers).where(registers.c.register_id == register_id).values(values))


async def registers_of(
    tx: Tx, scope: Scope, *, register_id: UUID | None = None, club_id: UUID | None = None, lock: bool = False
) -> list[Register]:
    """The caller's registers, or one of them."""
    query = select(registers).where(*scope.rows(registers)).order_by(registers.c.register_id)
    if register_id is not None:
        query = query.where(registers.c.register_id == register_id)
    if club_id is not None:
        query = query.where(registers.c.club_id == club_id)
    return [_register(row) for row in await tx.conn.execute(query.with_for_update() if lock else query)]


async def unwatched(tx: Tx) -> list[Register]:
    """Registers whose club's topics or worker do not know of them yet."""
    return [_register(row) for row in await tx.conn.execute(UNWATCHED)]


async def take_unwatched(tx: Tx, register_id: UUID) -> Register | None:
    """The register as it is now, locked; None where its worker has nothing to be told any more."""
    this = UNWATCHED.where(registers.c.register_id == register_id).with_for_update()
    row = (await tx.conn.execute(this)).first()
    return _register(row) if row else None


async def shift_opened(tx: Tx, register: Register, number: int, at: datetime) -> None:
    """The register's shift `number` is open."""
    values = {"register_id": register.register_id, "org_id": register.org_id, "club_id": register.club_id}
    put = insert_on(tx.conn, fiscal_shifts).values(**values, number=number, opened_at=at, foreign=[])
    await tx.conn.execute(put.on_conflict_do_nothing())


async def shift_closed(tx: Tx, register: Register, number: int, at: datetime, **closing: Any) -> None:
    """The register's shift `number` is closed; `closing`: document, totals, foreign."""
    await shift_opened(tx, register, number, at)
    this = (fiscal_shifts.c.register_id == register.register_id, fiscal_shifts.c.number == number)
    await tx.conn.execute(update(fiscal_shifts).where(*this).values(closed_at=at, **closing))


async def take_foreign(tx: Tx, register_id: UUID, shift_id: UUID) -> tuple[ForeignDocument, ...]:
    """Foreign documents that no till's shift was told of yet; from now on `shift_id` was.

    One whose receipt was found later is ours: its shift ended while nobody could say so.
    """
    untold = (fiscal_shifts.c.register_id == register_id, fiscal_shifts.c.closed_at.is_not(None))
    mark = update(fiscal_shifts).where(*untold, fiscal_shifts.c.told_shift_id.is_(None)).values(told_shift_id=shift_id)
    rows = (await tx.conn.execute(mark.returning(fiscal_shifts.c.foreign, fiscal_shifts.c.document))).all()
    found = {
        (row.document["fn"], one["fd"]): ForeignDocument.model_validate(one) for row in rows for one in row.foreign
    }
    ours = select(documents.c.fn, documents.c.fd).where(documents.c.fd.in_([fd for _, fd in found]))
    claimed = {(row.fn, row.fd) for row in await tx.conn.execute(ours)}
    return tuple(one for place, one in found.items() if place not in claimed)


async def shifts_of(tx: Tx, register_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """The register's fiscal shifts, newest first."""
    mine = select(fiscal_shifts).where(fiscal_shifts.c.register_id == register_id)
    return (await tx.conn.execute(mine.order_by(fiscal_shifts.c.number.desc()).limit(limit))).all()


def _register(row: Row[Any]) -> Register:
    device = Device(num_device=row.num_device, kkt_number=row.kkt_number, inn=row.inn)
    ours = (row.register_id, row.org_id, row.club_id, row.name, row.mode, device, row.cashier_name)
    return Register(*ours, row.state, row.watched, row.address, row.model, row.last_error)
