"""Refunds over HTTP."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from billing.api.refund_refusals import NotRefundable
from billing.api.refund_view import GivenView, QuoteView, RefundView, problem_of, view
from billing.domain.refund import Back, Unrefundable, back
from billing.domain.sale import State, What
from billing.store import refund, sales
from billing.store.refund import Asked
from billing.store.sales import Stored
from edge import problems
from edge.auth import Caller, needs
from edge.http import Body, Text, Whole, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.proofs import Shown, proof
from kit.db import Database, Tx
from kit.errors import NotFound, Refused
from kit.time import new_id

KOPECKS_MAX = 10_000_000_00
TILL = "0193a000-0000-7000-8000-000000000003"


class Quoted(Body):
    """How much goes back, and how; without an amount, all that can."""

    model_config = example(amount_kopecks=10000, to="origin")

    amount_kopecks: Whole | None = Field(default=None, gt=0, le=KOPECKS_MAX)
    to: Literal["origin", "balance"] = "origin"
    """`origin`: the way it came; `balance`: all of it to the client's balance."""


class NewRefund(Quoted):
    """What goes back, at which till, and why."""

    model_config = example(amount_kopecks=10000, to="origin", reason="не работал ПК", till_id=TILL)

    reason: Text = Field(min_length=1, max_length=200)
    till_id: UUID


def routes(db: Database, limit_kopecks: int) -> APIRouter:
    """Refunds: ask what one would be, give money back, look."""
    router = APIRouter()
    _quoting(router, db, limit_kopecks)
    _giving(router, db, limit_kopecks)
    _looking(router, db)
    return router


def _quoting(router: APIRouter, db: Database, limit_kopecks: int) -> None:
    @router.post("/v1/sales/{sale_id}/refunds/quote")
    async def quote(sale_id: UUID, body: Quoted, caller: Caller = needs("billing.refund.take")) -> QuoteView:
        """What a refund would be; nothing is changed."""
        async with db.look() as tx:
            stored = await _sale(tx, caller, sale_id)
            known = await refund.paid(tx, caller.scope, stored)
        given, refused = Back((0,) * len(stored.lines), ()), None
        try:
            given = back(known, body.amount_kopecks, body.to == "balance")
        except Unrefundable as why:
            refused = why.code
        return QuoteView(
            refundable_kopecks=known.refundable_kopecks if stored.sale.state is State.PAID else 0,
            amount_kopecks=given.total_kopecks,
            lines=refund.lines(stored, given),
            tenders=[GivenView(kind=kind, amount_kopecks=amount) for kind, amount in given.tenders],
            needs_approval=refused is None and refund.needs_approval(known, given, limit_kopecks),
            limit_kopecks=limit_kopecks,
            refused=refused,
        )


def _giving(router: APIRouter, db: Database, limit_kopecks: int) -> None:
    @router.post("/v1/sales/{sale_id}/refunds", response_model=RefundView, status_code=201)
    async def give_back(
        sale_id: UUID,
        body: NewRefund,
        caller: Caller = needs("billing.refund.take"),
        once: Once = Depends(),
        shown: Shown = proof("billing.refund"),
    ) -> Response:
        """Give money of a paid sale back; above the limit with a second person's proof. Hand it over when the return
        receipt is registered: `Prefer: wait=N` holds the answer until then."""
        refund_id = new_id()

        async def change(tx: Tx) -> Answer:
            stored = await _sale(tx, caller, sale_id)

            async def approve(kopecks: int) -> None:
                await shown.spend(tx, caller, sale_id, kopecks, second=True)

            wanted = (body.amount_kopecks, body.to == "balance", limit_kopecks, caller.person(), body.reason)
            try:
                shift = await refund.open_shift(tx, caller.scope, body.till_id)
                stored = await _sale(tx, caller, sale_id, lock=True)
                asked = Asked(*wanted, approve if shown.given else None)
                begun = await refund.begin(tx, caller.scope, stored, shift, refund_id, asked)
            except Unrefundable as why:
                raise NotRefundable(why, stored.sale) from None
            _journalled(tx, caller, sale_id, begun, shown)
            return _answer(begun)

        async def look() -> Answer:
            async with db.look() as tx:
                return _answer(await _refund(tx, caller, refund_id))

        return await once.answer(caller, change, look)


def _journalled(tx: Tx, caller: Caller, sale_id: UUID, begun: Stored, shown: Shown) -> None:
    """Who gave what back, and who agreed."""
    after: dict[str, Any] = {"refund_id": str(begun.sale.sale_id), "amount_kopecks": begun.sale.total_kopecks}
    after |= {"approved_by": shown.proof.by_name} if shown.proof else {}
    journal(tx, caller, "billing.sale.refunded", sale_id, club_id=begun.club_id, after=after, reason=begun.reason)


def _looking(router: APIRouter, db: Database) -> None:
    @router.get("/v1/refunds/{refund_id}")
    async def one(refund_id: UUID, caller: Caller = needs("billing.sale.read")) -> RefundView:
        async with db.look() as tx:
            return view(await _refund(tx, caller, refund_id))

    @router.get("/v1/sales/{sale_id}/refunds")
    async def of_sale(sale_id: UUID, caller: Caller = needs("billing.sale.read")) -> list[RefundView]:
        """All refunds of a sale, also those that failed; the oldest first."""
        async with db.look() as tx:
            stored = await _sale(tx, caller, sale_id)
            return [view(refunded) for refunded in await sales.refunds_of(tx, stored.sale.sale_id)]


async def _sale(tx: Tx, caller: Caller, sale_id: UUID, lock: bool = False) -> Stored:
    stored = await sales.find(tx, caller.scope, sale_id, lock=lock)
    if stored is None or stored.sale.what is What.REFUND:
        raise NotFound("sale", sale_id)
    return stored


async def _refund(tx: Tx, caller: Caller, refund_id: UUID) -> Stored:
    stored = await sales.find(tx, caller.scope, refund_id)
    if stored is None or stored.sale.what is not What.REFUND:
        raise NotFound("refund", refund_id)
    return stored


def _answer(stored: Stored) -> Answer:
    """How a refund ended, or 202 while it has not; a failed one is a problem: nothing was given back."""
    sale, location = stored.sale, f"/v1/refunds/{stored.sale.sale_id}"
    if sale.state is State.FAILED:
        said: dict[str, Any] = problem_of(stored) or {}
        failed = problems.of(Refused(said.pop("code"), said.pop("detail"), **said))
        return Answer(failed, location, status=409)
    return Answer(view(stored), location, status=201 if sale.ended else 202, done=sale.ended)
