"""Receipts: found, drawn as paper, and what to do about those in doubt."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import Attempt, Long, Short, attempt_after, status_of
from console.clients.services import WAIT_S, Problem, Unreachable
from console.domain.receipts import Asked, query, wrong
from kit.time import new_id

router = APIRouter()
ROWS = 40


@router.get("/receipts")
async def receipts(desk: Desk = AtDesk, after: str = "") -> Response:
    """The list with its filters; of one sale, its receipt is drawn at once."""
    asked = Asked.of(desk.request.query_params).of_today(datetime.now(UTC), desk.time_zone)
    found, registers = await asyncio.gather(_found(desk, asked, after), _registers(desk))
    data: dict[str, Any] = {"asked": asked, "receipts": found, "path": f"/receipts?{asked.path}", "chosen": ""}
    if "hx-request" in desk.request.headers:
        return desk.block("receipts.html", "rows" if after else "list", **data)
    shown = found["items"][0] if found and found["items"] and asked.about else None
    return desk.page("receipts.html", **data, registers=registers, **await _one(desk, shown))


async def _found(desk: Desk, asked: Asked, after: str = "") -> Any:
    wanted = query(asked, desk.club_id, desk.time_zone)
    return await desk.part(desk.get("/fiscal/v1/receipts", **wanted, after=after, limit=ROWS))


async def _registers(desk: Desk) -> Any:
    """The club's registers, to filter by where there are several."""
    if desk.club_id is None or not desk.may("fiscal.register.read"):
        return []
    found = await desk.part(desk.get("/fiscal/v1/registers", club_id=desk.club_id))
    return found["items"] if found else []


async def _one(desk: Desk, receipt: Any, **told: Any) -> dict[str, Any]:
    """What the drawn receipt needs beside itself: its sale says what is with the money."""
    data: dict[str, Any] = {"receipt": receipt, "sale": None, "problem": None, "attempt": str(new_id())}
    data |= {"why": None, "typed": {}, "asked_now": False}
    if receipt is not None and desk.may("billing.sale.read"):
        data["sale"] = await desk.part(desk.get(f"/billing/v1/sales/{receipt['sale_id']}"))
    if receipt is not None:
        data["problem"] = wrong(receipt, data["sale"] or None)
    return data | told


@router.get("/receipts/{receipt_id}")
async def one(receipt_id: str, desk: Desk = AtDesk) -> Response:
    """One receipt beside the list of its day, or alone for the list that is open."""
    receipt = await desk.get(f"/fiscal/v1/receipts/{receipt_id}")
    shown = await _one(desk, receipt)
    if "hx-request" in desk.request.headers:
        return desk.block("receipt.html", "one", **shown)
    asked = Asked().of_today(datetime.fromisoformat(receipt["ordered_at"]), desk.time_zone)
    found, registers = await asyncio.gather(_found(desk, asked), _registers(desk))
    data = {"asked": asked, "receipts": found, "path": f"/receipts?{asked.path}", "chosen": receipt_id}
    return desk.page("receipts.html", **data, registers=registers, **shown)


@router.get("/receipts/{receipt_id}/state")
async def state(receipt_id: str, was: str, desk: Desk = AtDesk) -> Response:
    """Its paper and state again, after a change. What can be done is drawn anew when the state is another one: what
    somebody is typing stays meanwhile."""
    receipt = await desk.get(f"/fiscal/v1/receipts/{receipt_id}")
    return desk.block("receipt.html", "state", **await _one(desk, receipt), other=receipt["state"] != was)


@router.get("/receipts/{receipt_id}/picture.svg")
async def picture(receipt_id: str, desk: Desk = AtDesk) -> Response:
    """The drawn receipt."""
    return Response(await desk.get(f"/fiscal/v1/receipts/{receipt_id}/picture.svg"), media_type="image/svg+xml")


@router.get("/receipts/{receipt_id}/text")
async def text(receipt_id: str, desk: Desk = AtDesk) -> Response:
    """The same as text, for those who read it aloud or copy it."""
    written = await desk.part(desk.get(f"/fiscal/v1/receipts/{receipt_id}/text"))
    return desk.block("receipt_text.html", "text", written=written)


@router.get("/receipts/{receipt_id}/copy")
async def copy(receipt_id: str, desk: Desk = AtDesk) -> Response:
    """A copy for the printer, 80 mm wide; it says that it is one. No second document comes of it."""
    receipt = await desk.get(f"/fiscal/v1/receipts/{receipt_id}")
    return desk.page("receipt_copy.html", receipt=receipt)


@router.post("/receipts/{receipt_id}/ask")
async def ask(receipt_id: str, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """Ask the register now what became of this receipt; nothing is printed by that."""
    told: dict[str, Any] = {"asked_now": True}
    try:
        await desk.send("POST", f"/fiscal/v1/receipts/{receipt_id}/ask", None, attempt, wait_s=WAIT_S)
    except (Problem, Unreachable) as why:
        told = {"why": why, "attempt": attempt_after(why, attempt)}
    receipt = await desk.get(f"/fiscal/v1/receipts/{receipt_id}")
    return desk.block("receipt.html", "one", 200 if "why" not in told else 409, **await _one(desk, receipt, **told))


@router.post("/receipts/{receipt_id}/settlement")
async def settle(
    receipt_id: str, attempt: Attempt, fd: Short = "", reason: Long = "", none: Short = "", desk: Desk = AtDesk
) -> Response:
    """Say what the paper says: the document's number, or that there is none; the register is read before either is
    believed."""
    number, because = fd.strip(), reason.strip()
    receipt = await desk.get(f"/fiscal/v1/receipts/{receipt_id}")
    typed = {"fd": number, "reason": because, "none": none}
    if not none and not number.isdigit():
        shown = await _one(desk, receipt, typed=typed, attempt=attempt)
        return desk.block("receipt.html", "one", 422, **shown)
    body = {"fd": None if none else int(number), "reason": because or None}
    path = f"/fiscal/v1/receipts/{receipt_id}/settlement"
    try:
        receipt = await desk.send("POST", path, body, attempt, wait_s=WAIT_S)
    except (Problem, Unreachable) as why:
        told = {"why": why, "typed": typed, "attempt": attempt_after(why, attempt)}
        return desk.block("receipt.html", "one", status_of(why), **await _one(desk, receipt, **told))
    return desk.block("receipt.html", "one", **await _one(desk, receipt))
