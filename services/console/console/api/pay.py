"""The pay dialog: one for sessions and top-ups. Every press of one dialog is one payment."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from console.api.desk import AtDesk, Desk
from console.clients.services import WAIT_S, Problem, Unreachable
from console.domain import tenders
from kit.time import new_id

router = APIRouter()
Short = Annotated[str, Form(max_length=64)]
OPENING_TRIES, OPENING_PAUSE_S = 40, 0.05
"""Billing hears of an order a moment after the hall."""


@router.get("/sales/{sale_id}")
async def open_dialog(sale_id: str, desk: Desk = AtDesk, opening: bool = False) -> Response:
    """A sale's dialog: to pay it, or to see how far it is; `opening`: the hall has ordered it a moment ago."""
    if not opening:
        await desk.get(f"/billing/v1/sales/{sale_id}")
    return await dialog(desk, sale_id)


@router.get("/sales/{sale_id}/steps")
async def steps(sale_id: str, desk: Desk = AtDesk) -> Response:
    """The steps of a sale that is on its way, drawn anew after each change."""
    sale = await desk.get(f"/billing/v1/sales/{sale_id}")
    return desk.block("pay.html", "steps", sale=sale, **_ends(sale))


async def dialog(desk: Desk, sale_id: str, status: int = 200, **told: Any) -> Response:
    """The dialog of a sale; `told` is what a refused payment has to say, with what was typed."""
    sale = await _opened(desk, sale_id)
    options = await desk.part(desk.get(f"/billing/v1/sales/{sale_id}/payment-options")) if _payable(sale) else None
    client_id = sale["client_id"] if sale else None
    client = await desk.part(desk.get(f"/billing/v1/clients/{client_id}")) if client_id else None
    data = {"sale": sale, "sale_id": sale_id, "options": options, "client": client, "attempt": str(new_id())}
    typed: dict[str, Any] = {"why": None, "filled": {}, "wrong": None}
    return desk.block("pay.html", "dialog", status, **(data | typed | (_ends(sale) if sale else {}) | told))


def _payable(sale: Any) -> bool:
    return bool(sale) and sale["state"] == "open"


def _ends(sale: Any) -> dict[str, Any]:
    change = sum(tender["change_kopecks"] for tender in sale["tenders"])
    over = sale["state"] not in ("open", "fiscalising")
    # A number that is entered after another one is a new attempt, however fast it comes.
    return {"over": over, "change": change, "settling": str(new_id())}


async def _opened(desk: Desk, sale_id: str) -> Any:
    """The sale, as soon as billing has heard of it; None where it has not within two seconds."""
    for _ in range(OPENING_TRIES):
        try:
            return await desk.get(f"/billing/v1/sales/{sale_id}")
        except Problem as why:
            if why.status != 404:
                raise
            await asyncio.sleep(OPENING_PAUSE_S)
    return None


@router.post("/sales/{sale_id}/payment")
async def pay(sale_id: str, request: Request, attempt: Short, desk: Desk = AtDesk) -> Response:
    """Take the payment. A definite refusal gives the dialog back with a new attempt; silence keeps the old one."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    payment = tenders.of_form(form)
    if isinstance(payment, tenders.NotASum):
        return await dialog(desk, sale_id, 422, wrong=payment.field, filled=form, attempt=attempt)
    try:
        await desk.send("POST", f"/billing/v1/sales/{sale_id}/payment", payment, attempt, wait_s=WAIT_S)
    except Problem as why:
        if why.code in ("sale_fiscalising", "sale_paid"):
            return await dialog(desk, sale_id, why=why)
        return await dialog(
            desk, sale_id, 409, why=why, filled=form, attempt=str(new_id()) if why.definite else attempt
        )
    except Unreachable as why:
        return desk.block("pay.html", "silent", 503, sale_id=sale_id, filled=form, attempt=attempt, why=why)
    return await dialog(desk, sale_id)


@router.post("/sales/{sale_id}/cancel")
async def cancel(sale_id: str, attempt: Short, desk: Desk = AtDesk) -> Response:
    """Call an unpaid sale off: the place is free again."""
    try:
        await desk.send("POST", f"/billing/v1/sales/{sale_id}/cancel", {}, f"{attempt}-cancel")
    except (Problem, Unreachable) as why:
        return await dialog(desk, sale_id, 409, why=why)
    return Response(status_code=204, headers={"HX-Trigger": "dialog.close, sale.changed"})


@router.post("/sales/{sale_id}/settlement")
async def settle(sale_id: str, fd: Short, attempt: Short, desk: Desk = AtDesk) -> Response:
    """The number on the paper settles a receipt that the register has not confirmed, where the register agrees."""
    if not fd.strip().isdigit():
        return await dialog(desk, sale_id, 422, wrong="fd")
    sale = await desk.get(f"/billing/v1/sales/{sale_id}")
    path = f"/fiscal/v1/receipts/{sale['receipt_id']}/settlement"
    try:
        answer = await desk.send("POST", path, {"fd": int(fd)}, attempt, wait_s=WAIT_S)
    except (Problem, Unreachable) as why:
        return await dialog(desk, sale_id, 409, why=why)
    return await dialog(desk, sale_id, settlement=answer)
