"""Shifts over HTTP."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from billing import store
from billing.domain.shift import Count, State, counts
from billing.store import closing, shifts
from billing.store.shifts import Shift
from contracts.billing import ShiftOpened
from contracts.fiscal import OpenShift
from edge import problems
from edge.auth import Caller, needs
from edge.http import Body, Text, Whole, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from edge.proofs import Shown, proof
from kit.db import Database, Tx
from kit.errors import Invalid, NotFound, Refused
from kit.time import new_id

KOPECKS_MAX = 10_000_000_00
NOMINALS_KOPECKS = (5000_00, 2000_00, 1000_00, 500_00, 200_00, 100_00, 50_00, 10_00, 5_00, 2_00, 1_00, 50, 10)


class ShiftIsOpen(Refused):
    """The till has an open shift."""


class ShiftNotOpen(Refused):
    """The shift is closing or closed."""


class ShiftBlocked(Refused):
    """Something keeps the shift from closing; `params.blockers` names it."""


class CountDiffers(Refused):
    """The count is not what is expected, and nobody said why."""


class DifferenceTooBig(Refused):
    """The count is so far from what is expected that somebody above has to agree."""


class NewShift(Body):
    """Open a till with the cash that is in its drawer."""

    model_config = example(till_id="0193a000-0000-7000-8000-000000000003", float_kopecks=200000)

    till_id: UUID
    float_kopecks: Whole = Field(ge=0, le=KOPECKS_MAX)


class Closing(Body):
    """What was counted: the cash as a sum, as notes and coins, or both."""

    model_config = example(cash_kopecks=350000, denominations={"100000": 3, "50000": 1})

    cash_kopecks: Whole = Field(ge=0, le=KOPECKS_MAX)
    denominations: dict[int, Annotated[Whole, Field(ge=0, le=100_000)]] = Field(default_factory=dict, max_length=20)
    """Kopecks of a note or coin -> how many of them."""
    card_kopecks: Whole | None = Field(default=None, ge=0, le=KOPECKS_MAX)
    """From the terminal's own report; absent: not compared."""
    reason: Text | None = Field(default=None, min_length=1, max_length=200)


class ShiftView(BaseModel):
    shift_id: UUID
    number: int
    club_id: UUID
    till_id: UUID
    state: str
    float_kopecks: int
    blind_count: bool
    """Show the person who counts nothing of what is expected before it is counted."""
    difference_limit_kopecks: int
    """A tender that differs by more needs the agreement of somebody above."""
    expected_cash_kopecks: int
    taken: dict[str, int]
    opened_at: datetime
    opened_by: dict[str, Any]
    closed_at: datetime | None
    report: dict[str, Any] | None
    code: str | None
    device_text: str | None


class BlockerView(BaseModel):
    code: str
    subject: str
    link: str
    params: dict[str, Any]


class Wanted(Body):
    """Which shifts, newest first."""

    till_id: UUID | None = None
    club_id: UUID | None = None
    after: Cursor = None
    limit: Limit = 50


ACT = "billing.difference"
AGREES = f"{ACT}.approve"


def routes(db: Database, limit_kopecks: int) -> APIRouter:
    """Shifts: open, look, close. `limit_kopecks`: how much a tender may differ before somebody above has to agree."""
    router = APIRouter()
    _looking(router, db, limit_kopecks)
    _opening(router, db, limit_kopecks)
    _closing(router, db, limit_kopecks)
    return router


def _looking(router: APIRouter, db: Database, limit_kopecks: int) -> None:
    @router.get("/v1/shifts")
    async def listed(
        wanted: Annotated[Wanted, Query()], caller: Caller = needs("billing.shift.read")
    ) -> Page[ShiftView]:
        async with db.look() as tx:
            found = await shifts.listed(tx, caller.scope, wanted.till_id, wanted.club_id, wanted.after, wanted.limit)
            views = [await _view(tx, shift, limit_kopecks) for shift in found]
        return page(views, [shift.shift_id for shift in found], wanted.limit)

    @router.get("/v1/shifts/current")
    async def current(till_id: UUID, caller: Caller = needs("billing.shift.read")) -> ShiftView:
        """The till's shift that is not closed; 404 when there is none."""
        async with db.look() as tx:
            shift = await shifts.current(tx, caller.scope, till_id)
            if shift is None:
                raise NotFound("shift", f"at till {till_id}")
            return await _view(tx, shift, limit_kopecks)

    @router.get("/v1/shifts/{shift_id}")
    async def one(shift_id: UUID, caller: Caller = needs("billing.shift.read")) -> ShiftView:
        async with db.look() as tx:
            return await _view(tx, await _found(tx, caller, shift_id), limit_kopecks)

    @router.get("/v1/shifts/{shift_id}/blockers")
    async def blockers(shift_id: UUID, caller: Caller = needs("billing.shift.read")) -> list[BlockerView]:
        """All that keeps the shift from closing, each with where to look."""
        async with db.look() as tx:
            shift = await _found(tx, caller, shift_id)
            if shift.state is State.CLOSED:
                return []
            return [BlockerView(**asdict(one)) for one in await closing.blockers(tx, shift)]


def _opening(router: APIRouter, db: Database, limit_kopecks: int) -> None:
    @router.post("/v1/shifts", status_code=201, response_model=ShiftView)
    async def open_shift(
        body: NewShift, caller: Caller = needs("billing.shift.open"), once: Once = Depends()
    ) -> Response:
        """Open a shift with the counted float; the register's shift is opened if it is closed."""

        async def change(tx: Tx) -> Answer:
            club_id = await store.till_club(tx, caller.scope, body.till_id)
            if club_id is None:
                raise NotFound("till", body.till_id)
            by = caller.person()
            place = (caller.scope.org_id, club_id, body.till_id)
            shift = Shift(new_id(), *place, State.OPEN, body.float_kopecks, tx.now, by.model_dump(mode="json"))
            opened = await shifts.open_shift(tx, shift)
            if opened is None:
                raise ShiftIsOpen("shift_is_open", "This till has an open shift. Go on with it, or close it first.")
            ours = {"org_id": shift.org_id, "club_id": club_id, "till_id": body.till_id, "shift_id": shift.shift_id}
            tx.tell(ShiftOpened(**ours, float_kopecks=body.float_kopecks, opened_at=tx.now, opened_by=by))
            tx.tell(OpenShift(**ours, cashier=by, ordered_at=tx.now))
            told = {"till_id": body.till_id, "float_kopecks": body.float_kopecks}
            journal(tx, caller, "billing.shift.opened", shift.shift_id, club_id=club_id, after=told)
            return Answer(await _view(tx, opened, limit_kopecks), f"/v1/shifts/{shift.shift_id}", status=201)

        return await once.answer(caller, change)


def _closing(router: APIRouter, db: Database, limit_kopecks: int) -> None:
    @router.post("/v1/shifts/{shift_id}/close", response_model=ShiftView)
    async def close(
        shift_id: UUID,
        body: Closing,
        caller: Caller = needs("billing.shift.close"),
        once: Once = Depends(),
        shown: Shown = proof(ACT),
    ) -> Response:
        """Close a counted shift. A count that differs by much needs the proof of somebody who may agree to it.
        `Prefer: wait=N` holds the answer until the register has made its Z-report."""

        async def change(tx: Tx) -> Answer:
            _check_count(body)
            shift = await _found(tx, caller, shift_id, lock=True)
            if shift.state is not State.OPEN:
                raise ShiftNotOpen(f"shift_{shift.state}", "This shift is being closed already, or is closed.")
            await _check_blockers(tx, shift)
            counted = counts(
                shift.float_kopecks, await shifts.taken(tx, shift_id), body.cash_kopecks, body.card_kopecks
            )
            _check_difference(counted, body.reason)
            agreed = await _agreed(tx, caller, shown, shift_id, counted, limit_kopecks)
            await closing.begin(tx, shift, caller.person(), counted, body.reason)
            told: dict[str, Any] = {"counted": counted, "approved_by": agreed}
            told |= {"difference_kopecks": sum(one.difference_kopecks for one in counted)}
            act = "billing.shift.closed"
            journal(tx, caller, act, shift_id, club_id=shift.club_id, after=told, reason=body.reason)
            return await _answer(tx, caller, shift_id, limit_kopecks)

        async def look() -> Answer:
            async with db.look() as tx:
                return await _answer(tx, caller, shift_id, limit_kopecks)

        return await once.answer(caller, change, look)


def _check_count(body: Closing) -> None:
    unknown = sorted(set(body.denominations) - set(NOMINALS_KOPECKS))
    if unknown:
        detail = f"There are no notes or coins of {unknown[0]} kopecks. Denominations are in kopecks."
        raise Invalid("denomination_unknown", detail, params={"denominations_kopecks": unknown})
    total = sum(nominal * number for nominal, number in body.denominations.items())
    if body.denominations and total != body.cash_kopecks:
        params = {"denominations_kopecks": total, "cash_kopecks": body.cash_kopecks}
        raise Invalid(
            "count_does_not_add_up", "The notes and coins do not add up to the sum. Count again.", params=params
        )


async def _check_blockers(tx: Tx, shift: Shift) -> None:
    found = await closing.blockers(tx, shift)
    if found:
        detail = f"The shift cannot close: {len(found)} things are not finished. Finish them, then close."
        raise ShiftBlocked(
            "shift_blocked", detail, retry="new_key", params={"blockers": [asdict(one) for one in found]}
        )


def _check_difference(counted: list[Count], reason: str | None) -> None:
    differ = [one for one in counted if one.difference_kopecks]
    if differ and reason is None:
        params = {"counts": _told(counted)}
        detail = "The count differs from what is expected. Count again, or give a reason."
        raise CountDiffers("count_differs", detail, retry="new_key", params=params)


async def _agreed(
    tx: Tx, caller: Caller, shown: Shown, shift_id: UUID, counted: list[Count], limit_kopecks: int
) -> str | None:
    """Who agreed to a big difference; None where it is none, or the caller may agree to it. Raises DifferenceTooBig."""
    most = max(abs(one.difference_kopecks) for one in counted)
    if most <= limit_kopecks or AGREES in caller.permissions:
        return None
    if not shown.given:
        params = {"counts": _told(counted), "amount_kopecks": most, "limit_kopecks": limit_kopecks}
        detail = "The count differs by more than you may close alone. Count again, or let somebody above enter a PIN."
        raise DifferenceTooBig("difference_too_big", detail, retry="new_key", params=params)
    return (await shown.spend(tx, caller, shift_id, most, second=True)).by_name


def _told(counted: list[Count]) -> list[dict[str, Any]]:
    return [asdict(one) | {"difference_kopecks": one.difference_kopecks} for one in counted]


async def _found(tx: Tx, caller: Caller, shift_id: UUID, lock: bool = False) -> Shift:
    shift = await shifts.find(tx, caller.scope, shift_id, lock=lock)
    if shift is None:
        raise NotFound("shift", shift_id)
    return shift


async def _answer(tx: Tx, caller: Caller, shift_id: UUID, limit_kopecks: int) -> Answer:
    """How closing went; a register that refused leaves the shift open, and says so."""
    shift, location = await _found(tx, caller, shift_id), f"/v1/shifts/{shift_id}"
    if shift.state is State.OPEN and shift.code is not None:
        detail = "The register did not close its shift; this one stays open. Its words say why. Then close again."
        params = {"shift_id": str(shift_id), "register_code": shift.code}
        refused = Refused(
            "register_did_not_close", detail, retry="new_key", device_text=shift.device_text, params=params
        )
        return Answer(problems.of(refused), location, status=409)
    done = shift.state is State.CLOSED
    return Answer(await _view(tx, shift, limit_kopecks), location, status=200 if done else 202, done=done)


async def _view(tx: Tx, shift: Shift, limit_kopecks: int) -> ShiftView:
    blind = shift.club_id in await store.counts_blind(tx, [shift.club_id])
    taken = await shifts.taken(tx, shift.shift_id)
    own = {name: getattr(shift, name) for name in ShiftView.model_fields if hasattr(shift, name)}
    asked = {"blind_count": blind, "difference_limit_kopecks": limit_kopecks}
    return ShiftView(
        **own, **asked, expected_cash_kopecks=shift.float_kopecks + taken.cash_kopecks, taken=asdict(taken)
    )
