"""Money back for a sale: what is possible is asked before, and above one's limit a second person enters a PIN."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from console.api.approvals import others, proof
from console.api.desk import AtDesk, Desk
from console.api.forms import Attempt, attempt_after, status_of, typed_in
from console.clients.services import WAIT_S, Problem, Unreachable
from console.domain import money
from console.domain.receipts import problem_of
from kit.time import new_id

router = APIRouter()
ACT = "billing.refund"
Form = Mapping[str, str]


@router.get("/sales/{sale_id}/refund")
async def refund_dialog(sale_id: str, desk: Desk = AtDesk) -> Response:
    """How much can be given back, and how."""
    return await _dialog(desk, sale_id, {})


@router.post("/sales/{sale_id}/refund/quote")
async def quote_again(sale_id: str, request: Request, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """The same for another sum or another way; what was typed stays."""
    return await _dialog(desk, sale_id, await typed_in(request), attempt=attempt)


async def _dialog(desk: Desk, sale_id: str, filled: Form, status: int = 200, **told: Any) -> Response:
    text = filled.get("amount", "").strip()
    wanted = {"amount_kopecks": money.typed(text) or None, "to": _way(filled)}
    sale = await desk.get(f"/billing/v1/sales/{sale_id}")
    quote = await desk.part(desk.send("POST", f"/billing/v1/sales/{sale_id}/refunds/quote", wanted))
    wrong = bool(text) and not wanted["amount_kopecks"]
    data: dict[str, Any] = {"sale": sale, "quote": quote, "filled": filled, "wrong": wrong, "why": None}
    data |= {"people": await others(desk) if quote and quote["needs_approval"] else [], "attempt": str(new_id())}
    return desk.block("refund.html", "dialog", status, **(data | told))


def _way(filled: Form) -> str:
    return "balance" if filled.get("to") == "balance" else "origin"


@router.post("/sales/{sale_id}/refund")
async def refund(sale_id: str, request: Request, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """Give the money back once; the return receipt is printed before it is over."""
    filled = await typed_in(request)
    kopecks = money.typed(filled.get("amount", ""))
    if not kopecks:
        return await _dialog(desk, sale_id, filled, 422, wrong=True, attempt=attempt)
    body = {"amount_kopecks": kopecks, "to": _way(filled), "reason": filled.get("reason", "").strip()}
    path = f"/billing/v1/sales/{sale_id}/refunds"
    try:
        shown = await proof(desk, ACT, sale_id, kopecks, filled, attempt)
        done = await desk.send("POST", path, body | {"till_id": desk.till_id}, attempt, WAIT_S, shown)
    except (Problem, Unreachable) as why:
        again = attempt_after(why, attempt)
        return await _dialog(desk, sale_id, filled, status_of(why), why=why, attempt=again)
    return desk.block("refund.html", "done", refund=done, problem=problem_of(done))


@router.get("/refunds/{refund_id}")
async def how_far(refund_id: str, desk: Desk = AtDesk) -> Response:
    """Whether the money may be handed over: not before the return receipt is registered."""
    refund = await desk.get(f"/billing/v1/refunds/{refund_id}")
    return desk.block("refund.html", "done", refund=refund, problem=problem_of(refund))
