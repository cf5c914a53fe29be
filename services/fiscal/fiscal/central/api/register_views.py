"""A register's one state, as the desk and the owner see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import Row

from contracts.branch import Device
from contracts.fiscal import RegisterState
from contracts.money import Person
from edge.auth import Caller
from fiscal.central import store
from fiscal.central.domain import register as registers
from fiscal.central.domain.register import Seen, heard_lately, moment_of, troubles
from fiscal.central.store import Register, manual, queues
from fiscal.central.store.manual import ManualPayment, Missing
from kit.db import Tx


class ShiftState(BaseModel):
    """The shift of the register itself."""

    number: int | None
    state: Literal["open", "closed", "expired", "unknown"]
    opened_at: datetime | None
    closes_by: datetime | None
    """By law; its worker closes it before."""


class Ofd(BaseModel):
    """Documents that have not reached the OFD."""

    unsent: int
    oldest_at: datetime | None


class Drive(BaseModel):
    """The fiscal drive's end."""

    until: datetime
    days_left: int


class Queued(BaseModel):
    """A receipt that the register has not ended."""

    receipt_id: UUID
    state: str
    since: datetime
    total_kopecks: int


class ManualPaymentView(BaseModel):
    """While the register does not answer, sales end without a receipt, by this person's word."""

    since: datetime
    until: datetime
    reason: str
    by: Person


class MissingView(BaseModel):
    """Sales without a receipt that no correction has closed."""

    count: int = 0
    total_kopecks: int = 0
    last_at: datetime | None = None
    """When the last of them was sold."""


class LastError(BaseModel):
    """The last that went wrong, over or not."""

    code: str
    device_text: str | None
    at: datetime


class RegisterView(BaseModel):
    """A register: how it is reached, and how it is. What is not known is null."""

    register_id: UUID
    club_id: UUID
    name: str
    mode: str
    device: Device
    cashier_name: str
    address: str
    connected: bool
    """Its worker was told of it."""
    reachable: bool | None = None
    """Null: its worker has not said anything for minutes, or there is none."""
    reachable_since: datetime | None = None
    last_seen_at: datetime | None = None
    shift: ShiftState | None = None
    paper: bool | None = None
    ofd: Ofd | None = None
    drive: Drive | None = None
    clock_gap_s: int | None = None
    """How far its clock is ahead of KKM-Server's."""
    ffd: str | None = None
    model: str | None = None
    serial: str | None = None
    organisation: str | None = None
    inn: str | None = None
    queue: list[Queued] = []
    """Oldest first."""
    last_error: LastError | None = None
    manual_payment: ManualPaymentView | None = None
    unfiscalised: MissingView = MissingView()
    troubles: list[str] = []
    """What somebody has to look at, worst first."""


async def view_of(tx: Tx, caller: Caller, register: Register) -> RegisterView:
    """One register's state."""
    return (await views(tx, caller, [register]))[0]


async def views(tx: Tx, caller: Caller, found: Sequence[Register]) -> list[RegisterView]:
    """The registers' states, in their order."""
    ids = [one.register_id for one in found]
    queued, by_hand, missing = (
        await queues.open_receipts(tx, ids),
        await manual.on(tx, ids),
        await manual.missing(tx, ids),
    )
    zones = {one.club_id: await store.club_zone(tx, caller.scope, one.club_id) for one in found}
    return [
        _view(
            one,
            Now(queued.get(one.register_id, []), by_hand.get(one.register_id), missing.get(one.register_id, Missing())),
            zones[one.club_id] or UTC,
            tx.now,
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Now:
    """What stands about a register besides its own state."""

    queued: Sequence[Row[Any]]
    by_hand: ManualPayment | None
    missing: Missing


UTC = ZoneInfo("UTC")


def _view(register: Register, stands: Now, zone: ZoneInfo, now: datetime) -> RegisterView:
    own = ("register_id", "club_id", "name", "mode", "device", "cashier_name", "address", "model")
    known: dict[str, Any] = {name: getattr(register, name) for name in own} | {"connected": register.watched}
    known["queue"] = [
        Queued(receipt_id=r.receipt_id, state=r.state, since=r.ordered_at, total_kopecks=r.total_kopecks)
        for r in stands.queued
    ]
    if stands.by_hand is not None:
        known["manual_payment"] = ManualPaymentView.model_validate(stands.by_hand, from_attributes=True)
    known["unfiscalised"] = MissingView.model_validate(stands.missing, from_attributes=True)
    known["last_error"] = LastError.model_validate(register.last_error) if register.last_error else None
    by_hand, missing = stands.by_hand is not None, stands.missing.count > 0
    if register.mode == "off":
        return RegisterView(**known, troubles=["unfiscalised"] if missing else [])
    state = RegisterState.model_validate(register.state) if register.state else None
    seen = Seen(receipts=tuple(row.state for row in stands.queued), by_hand=by_hand, unfiscalised=missing)
    if state is not None:
        known |= _told(state, zone, now)
        drive, ofd = known["drive"], known["ofd"]
        seen = replace(
            seen,
            reachable=known["reachable"],
            paper=state.paper,
            shift=state.shift,
            ofd_oldest_at=ofd.oldest_at if ofd and ofd.unsent else None,
            drive_days_left=drive.days_left if drive else None,
            clock_gap_s=state.clock_gap_s,
        )
    return RegisterView(**known, troubles=list(troubles(seen, now)))


def _told(state: RegisterState, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """What the register's worker told of it."""
    # Its worker remembers when the shift was opened that is closed by now.
    opened = state.shift_opened_at if state.shift != "closed" else None
    ends = moment_of(state.drive_ends_local, zone)
    closes_by = opened + registers.SHIFT_MAX if opened else None
    same = ("paper", "clock_gap_s", "ffd", "organisation", "inn")
    return {name: getattr(state, name) for name in same} | {
        "serial": state.kkt_number,
        "reachable": state.reachable if heard_lately(state.seen_at, now) else None,
        "reachable_since": state.since,
        "last_seen_at": state.seen_at,
        "shift": ShiftState(number=state.shift_number, state=state.shift, opened_at=opened, closes_by=closes_by),
        "ofd": _ofd(state, zone),
        "drive": Drive(until=ends, days_left=(ends - now).days) if ends else None,
    }


def _ofd(state: RegisterState, zone: ZoneInfo) -> Ofd | None:
    if state.ofd_unsent is None:
        return None
    return Ofd(unsent=state.ofd_unsent, oldest_at=moment_of(state.ofd_oldest_local, zone))
