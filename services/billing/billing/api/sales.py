"""Sales and top-ups over HTTP."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from billing import store
from billing.api.refusals import NotPayable, WrongState, problem_of
from billing.api.sale_view import SaleView, view
from billing.domain.paying import Unpayable
from billing.domain.sale import Cancel, Sale, State, What
from billing.store import payment, sales, shifts
from billing.store.sales import Stored
from contracts.money import Tender
from edge import problems
from edge.auth import Caller, needs
from edge.http import Body, Text, Whole, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from kit.db import Database, Tx
from kit.errors import NotFound, Refused
from kit.time import new_id

KOPECKS_MAX = 10_000_000_00
TOP_UP_PAY_WITHIN = timedelta(minutes=10)
QUICK_CASH = (100_00, 200_00, 500_00, 1000_00, 5000_00)


class TenderIn(Body):
    """One part of a payment. `received_kopecks`: what the guest handed over, where change is due."""

    kind: Literal["cash", "card", "balance"]
    amount_kopecks: Whole = Field(gt=0, le=KOPECKS_MAX)
    received_kopecks: Whole | None = Field(default=None, gt=0, le=KOPECKS_MAX)
    slip: Text | None = Field(default=None, max_length=40)

    def tender(self) -> Tender:
        return Tender(**self.model_dump())


CASH = {"kind": "cash", "amount_kopecks": 30000, "received_kopecks": 50000}
IDS = ["0193a000-0000-7000-8000-000000000002", "0193a000-0000-7000-8000-000000000003"]


class Payment(Body):
    """How the guest pays; the parts, with the bonuses, add up to the total."""

    model_config = example(tenders=[CASH])

    tenders: list[TenderIn] = Field(max_length=3)
    bonus_kopecks: Whole = Field(default=0, ge=0, le=KOPECKS_MAX)
    """Lowers the lines by so much first; the tenders pay the rest."""


class TopUp(Body):
    """Money for a client's balance."""

    model_config = example(client_id=IDS[0], till_id=IDS[1], tenders=[CASH])

    client_id: UUID
    till_id: UUID
    tenders: list[TenderIn] = Field(min_length=1, max_length=2)


class Options(BaseModel):
    """With what this sale can be paid now."""

    total_kopecks: int
    balance_kopecks: int | None
    """Absent where there is no client."""
    bonus_max_kopecks: int
    """So much of it the client's bonuses may pay for now."""
    terminal: Literal["by_hand"] = "by_hand"
    quick_cash_kopecks: list[int]
    shift_id: UUID | None
    """The till's open shift; absent: open one first."""


class Wanted(Body):
    """Which sales, newest first."""

    till_id: UUID | None = None
    shift_id: UUID | None = None
    client_id: UUID | None = None
    club_id: UUID | None = None
    session_id: UUID | None = None
    state: Text = Field(default="", max_length=60, description="several with commas: open,fiscalising")
    after: Cursor = None
    limit: Limit = 50


def routes(db: Database) -> APIRouter:
    """Sales: look, pay, cancel; top-ups."""
    router = APIRouter()
    _looking(router, db)
    _paying(router, db)
    _topping_up(router, db)
    return router


def _looking(router: APIRouter, db: Database) -> None:
    @router.get("/v1/sales")
    async def listed(wanted: Annotated[Wanted, Query()], caller: Caller = needs("billing.sale.read")) -> Page[SaleView]:
        """Sales, newest first; `state=open,fiscalising` gives a till's unfinished ones."""
        columns = wanted.model_dump(exclude={"state", "after", "limit"})
        states = [name for name in wanted.state.split(",") if name]
        async with db.look() as tx:
            found = await sales.listed(tx, caller.scope, wanted.limit, wanted.after, states, **columns)
        return page([view(one) for one in found], [one.sale.sale_id for one in found], wanted.limit)

    @router.get("/v1/sales/{sale_id}")
    async def one(sale_id: UUID, caller: Caller = needs("billing.sale.read")) -> SaleView:
        async with db.look() as tx:
            return view(await _found(tx, caller, sale_id))

    @router.get("/v1/sales/{sale_id}/payment-options")
    async def options(sale_id: UUID, caller: Caller = needs("billing.sale.pay")) -> Options:
        async with db.look() as tx:
            stored = await _found(tx, caller, sale_id)
            client_id = stored.sale.client_id
            client = await store.client(tx, caller.scope, client_id) if client_id else None
            shift = await shifts.current(tx, caller.scope, stored.till_id)
        due = stored.sale.total_kopecks
        return Options(
            total_kopecks=due,
            balance_kopecks=client.balance_kopecks if client else None,
            bonus_max_kopecks=min(stored.sale.bonus_max_kopecks, client.bonus_kopecks) if client else 0,
            quick_cash_kopecks=[due, *[sum_ for sum_ in QUICK_CASH if sum_ > due]],
            shift_id=shift.shift_id if shift else None,
        )


def _paying(router: APIRouter, db: Database) -> None:
    @router.post("/v1/sales/{sale_id}/payment", response_model=SaleView)
    async def pay(
        sale_id: UUID, body: Payment, caller: Caller = needs("billing.sale.pay"), once: Once = Depends()
    ) -> Response:
        """Pay an open sale. `Prefer: wait=N` holds the answer until the receipt is registered or refused."""

        async def change(tx: Tx) -> Answer:
            stored = await _found(tx, caller, sale_id, lock=True)
            if stored.sale.state is not State.OPEN:
                raise WrongState(stored.sale)
            sold_by = caller.person().model_dump(mode="json")
            sold = await sales.sold_by(tx, stored, sold_by)
            return _answer(await _pay(tx, caller, sold, body.tenders, body.bonus_kopecks))

        return await once.answer(caller, change, _look(db, caller, sale_id))

    @router.post("/v1/sales/{sale_id}/cancel", response_model=SaleView)
    async def cancel(sale_id: UUID, caller: Caller = needs("billing.sale.cancel"), once: Once = Depends()) -> Response:
        """Call an unpaid sale off; what it held is free again."""

        async def change(tx: Tx) -> Answer:
            stored = await _found(tx, caller, sale_id, lock=True)
            if stored.sale.state is not State.OPEN:
                raise WrongState(stored.sale)
            stored = await sales.sold_by(tx, stored, caller.person().model_dump(mode="json"))
            (after,) = await sales.take(tx, [(stored, Cancel.CANCEL)])
            told = {"number": after.number, "total_kopecks": after.sale.total_kopecks}
            journal(tx, caller, "billing.sale.cancelled", sale_id, club_id=after.club_id, before=told)
            return Answer(view(after), f"/v1/sales/{sale_id}")

        return await once.answer(caller, change)


def _topping_up(router: APIRouter, db: Database) -> None:
    @router.post("/v1/top-ups", response_model=SaleView, status_code=201)
    async def top_up(body: TopUp, caller: Caller = needs("billing.top_up.take"), once: Once = Depends()) -> Response:
        """Take money for a client's balance; it is there as soon as the receipt is registered."""
        sale_id = new_id()

        async def change(tx: Tx) -> Answer:
            stored = await sales.open_sale(tx, await _new_top_up(tx, caller, sale_id, body))
            return _answer(await _pay(tx, caller, stored, body.tenders))

        return await once.answer(caller, change, _look(db, caller, sale_id))


async def _new_top_up(tx: Tx, caller: Caller, sale_id: UUID, body: TopUp) -> Stored:
    club_id = await store.till_club(tx, caller.scope, body.till_id)
    if club_id is None:
        raise NotFound("till", body.till_id)
    client = await store.client(tx, caller.scope, body.client_id, lock=True)
    if client is None:
        raise NotFound("client", body.client_id)
    total = sum(tender.amount_kopecks for tender in body.tenders)
    line = {"name": "Аванс", "quantity": 1, "price_kopecks": total, "amount_kopecks": total, "subject": "advance"}
    sale = Sale(sale_id, What.TOP_UP, total, tx.now + TOP_UP_PAY_WITHIN, client.client_id)
    place = (caller.scope.org_id, club_id, body.till_id)
    return Stored(sale, *place, [line], caller.person().model_dump(mode="json"), tx.now)


async def _pay(tx: Tx, caller: Caller, stored: Stored, tenders: list[TenderIn], bonus_kopecks: int = 0) -> Stored:
    try:
        given = [tender.tender() for tender in tenders]
        return await payment.pay(tx, caller.scope, stored, given, bonus_kopecks)
    except Unpayable as why:
        raise NotPayable(why, stored.sale) from None


async def _found(tx: Tx, caller: Caller, sale_id: UUID, lock: bool = False) -> Stored:
    stored = await sales.find(tx, caller.scope, sale_id, lock=lock)
    if stored is None:
        raise NotFound("sale", sale_id)
    return stored


def _look(db: Database, caller: Caller, sale_id: UUID) -> Any:
    async def look() -> Answer:
        async with db.look() as tx:
            return _answer(await _found(tx, caller, sale_id))

    return look


def _answer(stored: Stored) -> Answer:
    """How a payment ended, or 202 while it has not; a failed one is a problem that says what is with the money."""
    sale, location = stored.sale, f"/v1/sales/{stored.sale.sale_id}"
    if sale.state is State.FAILED:
        said = problem_of(sale) or {}
        failed = problems.of(Refused(said.pop("code"), said.pop("detail"), **said))
        return Answer(failed, location, status=409)
    return Answer(view(stored), location, status=200 if sale.ended else 202, done=sale.ended)
