"""Registers and tax settings."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, model_validator

from contracts.branch import Device
from edge.auth import Caller, needs
from edge.http import Body, Text, Whole
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Limit, Page
from fiscal.central import store
from fiscal.central.api.register_views import RegisterView, view_of, views
from fiscal.central.domain.ffd import Tax, contradiction
from fiscal.central.store import Register, facts, manual
from kit.db import Database, Tx
from kit.errors import Invalid, NotFound, Refused
from kit.time import new_id

System = Literal["osn", "usn_income", "usn_income_expense", "eshn", "patent"]
Vat = Literal["none", "0", "5", "7", "10", "20", "22"]

NOT_TAXABLE = {
    "vat_for_usn_only": "VAT of 5 % and 7 % is for the simplified system (usn_...) alone.",
    "vat_22_since_2026": "The 22 % rate is in force since 2026-01-01. Use 20 for earlier days.",
    "vat_20_until_2025": "The 20 % rate was in force until 2025-12-31. Use 22 from 2026-01-01 on.",
}


class RegisterExists(Refused):
    """The club has a register."""


class NewRegister(Body):
    """A register of a club. What is empty in the address is not looked at."""

    club_id: UUID
    name: Text = Field(min_length=1, max_length=64, examples=["Атол 30Ф"])
    mode: Literal["kkm_server", "off"] = "kkm_server"
    num_device: Whole = Field(default=0, ge=0, le=99)
    kkt_number: Text = Field(default="", pattern=r"^[0-9]{0,20}$", examples=["00105700000001"])
    inn: Text = Field(default="", pattern=r"^([0-9]{10}|[0-9]{12})?$", examples=["7712345678"])
    cashier_name: Text = Field(default="", max_length=64)
    address: Text = Field(default="", max_length=256)
    """On drawn receipts, in the place of the one that the register is registered at."""


class RegisterChange(Body):
    """What is different from now on."""

    name: Text | None = Field(default=None, min_length=1, max_length=64)
    mode: Literal["kkm_server", "off"] | None = None
    num_device: Whole | None = Field(default=None, ge=0, le=99)
    kkt_number: Text | None = Field(default=None, pattern=r"^[0-9]{0,20}$")
    inn: Text | None = Field(default=None, pattern=r"^([0-9]{10}|[0-9]{12})?$")
    cashier_name: Text | None = Field(default=None, max_length=64)
    address: Text | None = Field(default=None, max_length=256)


class TaxFrom(Body):
    """Tax settings in force from a day on, in the club's own time."""

    since: date = Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))
    system: System
    vat: Vat

    @model_validator(mode="after")
    def possible(self) -> "TaxFrom":
        problem = contradiction(Tax(self.since, self.system, self.vat))
        if problem:
            raise ValueError(NOT_TAXABLE[problem])
        return self


class Taxes(Body):
    settings: list[TaxFrom] = Field(max_length=50)


class ShiftView(BaseModel):
    """One shift of the register."""

    number: int
    opened_at: datetime | None
    closed_at: datetime | None
    document: dict[str, Any] | None
    totals: dict[str, Any] | None
    foreign: list[dict[str, Any]]


def registers(router: APIRouter, db: Database) -> None:
    @router.post("/v1/registers", status_code=201, response_model=RegisterView)
    async def add(
        body: NewRegister, caller: Caller = needs("fiscal.register.manage"), once: Once = Depends()
    ) -> Response:
        """Add the register of a club. With `Prefer: wait` the answer comes when its worker was told."""
        register_id = new_id()

        async def change(tx: Tx) -> Answer:
            await _club(tx, caller, body.club_id)
            device = Device(num_device=body.num_device, kkt_number=body.kkt_number, inn=body.inn)
            ours = (register_id, caller.scope.org_id, body.club_id, body.name, body.mode, device, body.cashier_name)
            register = Register(*ours, state=None, watched=body.mode == "off", address=body.address)
            if not await store.add_register(tx, register):
                raise RegisterExists("register_exists", "This club has a register already: change that one.")
            facts.tell_register(tx, register)
            added = "fiscal.register.added"
            journal(tx, caller, added, register_id, club_id=body.club_id, after=_settings(register))
            return _answer(await view_of(tx, caller, register))

        async def look() -> Answer:
            async with db.look() as tx:
                return _answer(await view_of(tx, caller, await _register(tx, caller, register_id)))

        return await once.answer(caller, change, look)

    _changes(router, db)
    _views(router, db)


def _changes(router: APIRouter, db: Database) -> None:
    @router.patch("/v1/registers/{register_id}")
    async def change(
        register_id: UUID, body: RegisterChange, caller: Caller = needs("fiscal.register.manage")
    ) -> RegisterView:
        """Change how the register is reached; jobs that it has already are not moved."""
        async with db.begin() as tx:
            before = await _register(tx, caller, register_id, lock=True)
            values = body.model_dump(exclude_none=True)
            # Its club's topics may not be there yet when it comes back from "off"; else its worker is told at once.
            back = before.mode == "off" and body.mode == "kkm_server"
            watched = body.mode == "off" or (before.watched and not back)
            if values:
                await store.change_register(tx, register_id, **values, watched=watched)
            register = await _register(tx, caller, register_id)
            by_hand = (await manual.on(tx, [register_id])).get(register_id)
            if by_hand is not None and register.mode == "off":
                await manual.end(tx, by_hand, caller.person())
            if register.watched:
                facts.watch(tx, register)
            facts.tell_register(tx, register)
            was, now = _settings(before), _settings(register)
            if was != now:
                act = "fiscal.register.changed"
                journal(tx, caller, act, register_id, club_id=register.club_id, before=was, after=now)
            return await view_of(tx, caller, register)


def _views(router: APIRouter, db: Database) -> None:
    @router.get("/v1/registers")
    async def listed(
        club_id: UUID | None = None,
        state: Literal["trouble"] | None = None,
        caller: Caller = needs("fiscal.register.read"),
    ) -> Page[RegisterView]:
        """Registers with their states, all on one page; `state=trouble`: those alone that somebody has to look at."""
        async with db.look() as tx:
            found = await views(tx, caller, await store.registers_of(tx, caller.scope, club_id=club_id))
        return Page(items=[one for one in found if one.troubles or state is None])

    @router.get("/v1/registers/{register_id}")
    async def one(register_id: UUID, caller: Caller = needs("fiscal.register.read")) -> RegisterView:
        async with db.look() as tx:
            return await view_of(tx, caller, await _register(tx, caller, register_id))


def fiscal_shifts(router: APIRouter, db: Database) -> None:
    @router.get("/v1/registers/{register_id}/shifts")
    async def shifts(
        register_id: UUID, limit: Limit = 50, caller: Caller = needs("fiscal.register.read")
    ) -> list[ShiftView]:
        async with db.look() as tx:
            await _register(tx, caller, register_id)
            rows = await store.shifts_of(tx, register_id, limit)
            return [ShiftView.model_validate(row, from_attributes=True) for row in rows]


def taxes(router: APIRouter, db: Database) -> None:
    @router.put("/v1/clubs/{club_id}/tax")
    async def replace(club_id: UUID, body: Taxes, caller: Caller = needs("fiscal.tax.manage")) -> Taxes:
        """The club's tax system and VAT, each from its day on: the rate of a day stays what it was."""
        if len({one.since for one in body.settings}) < len(body.settings):
            raise Invalid("tax_day_twice", "Two settings begin on the same day. Keep one of them.")
        async with db.begin() as tx:
            await _club(tx, caller, club_id)
            was = await store.taxes_of(tx, caller.scope, club_id)
            settings = sorted((Tax(one.since, one.system, one.vat) for one in body.settings), key=lambda tax: tax.since)
            await store.replace_taxes(tx, caller.scope.org_id, club_id, settings)
            if settings != was:
                before, after = {"settings": was}, {"settings": settings}
                journal(tx, caller, "fiscal.tax.changed", club_id, club_id=club_id, before=before, after=after)
        return body

    @router.get("/v1/clubs/{club_id}/tax")
    async def get(club_id: UUID, caller: Caller = needs("fiscal.register.read")) -> Taxes:
        async with db.look() as tx:
            await _club(tx, caller, club_id)
            found = await store.taxes_of(tx, caller.scope, club_id)
            return Taxes.model_validate(
                {"settings": [{"since": t.since, "system": t.system, "vat": t.vat} for t in found]}
            )


async def _club(tx: Tx, caller: Caller, club_id: UUID) -> None:
    if await store.club_zone(tx, caller.scope, club_id) is None:
        raise NotFound("club", club_id)


async def _register(tx: Tx, caller: Caller, register_id: UUID, lock: bool = False) -> Register:
    found = await store.registers_of(tx, caller.scope, register_id=register_id, lock=lock)
    if not found:
        raise NotFound("register", register_id)
    return found[0]


def _settings(register: Register) -> dict[str, Any]:
    """What people set, for the journal."""
    own = {name: getattr(register, name) for name in ("name", "mode", "cashier_name", "address")}
    return own | register.device.model_dump()


def _answer(view: RegisterView) -> Answer:
    return Answer(view, f"/v1/registers/{view.register_id}", status=201, done=view.connected)
