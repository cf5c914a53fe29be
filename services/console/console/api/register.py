"""The registers of the club: how each is, how it is reached; and the banner of manual payment on every page."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.api.desk import AtDesk, Desk
from console.api.forms import Attempt, Long, Short, attempt_after, different, go, status_of, typed_in
from console.clients.services import WAIT_S, Problem, Unreachable
from console.domain.registers import RATES, SYSTEMS, body_of, by_hand, closes_soon, lamp, settings
from kit.time import new_id

router = APIRouter()
HOURS_MAX = 8


@router.get("/registers")
async def registers(desk: Desk = AtDesk) -> Response:
    """A card for each register of the club, its settings, and the club's taxes."""
    return await _page(desk)


async def _page(desk: Desk, status: int = 200, **told: Any) -> Response:
    found, tax = await asyncio.gather(_registers(desk), taxes_of(desk))
    data: dict[str, Any] = {"registers": found, "tax": tax, "systems": SYSTEMS, "rates": RATES, "new": {}}
    data |= {"why": None, "tax_why": None, "tax_filled": {}, "saved": None, "devices": None, "manual_why": None}
    data |= {"attempt": str(new_id()), "settings": settings, "lamp": lamp, "closes_soon": closes_soon}
    return desk.page("registers.html", status, **(data | told))


async def _registers(desk: Desk) -> Any:
    """The registers of the club on this screen, or why they are not known."""
    if desk.club_id is None or not desk.may("fiscal.register.read"):
        return []
    found = await desk.part(desk.get("/fiscal/v1/registers", club_id=desk.club_id))
    return found["items"] if found else found


async def taxes_of(desk: Desk) -> Any:
    """The club's dated tax settings, newest first, or why they are not known."""
    if desk.club_id is None or not desk.may("fiscal.register.read"):
        return []
    found = await desk.part(desk.get(f"/fiscal/v1/clubs/{desk.club_id}/tax"))
    return sorted(found["settings"], key=lambda one: one["since"], reverse=True) if found else found


@router.post("/registers")
async def add(request: Request, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """Add the club's register."""
    filled = await typed_in(request)
    body = body_of(filled) | {"club_id": desk.club_id}
    try:
        await desk.send("POST", "/fiscal/v1/registers", body, attempt, wait_s=WAIT_S)
    except (Problem, Unreachable) as why:
        return await _page(desk, status_of(why), why=why, new=filled, attempt=attempt_after(why, attempt))
    return RedirectResponse("/registers", 303)


@router.get("/registers/{register_id}/state")
async def state(register_id: str, desk: Desk = AtDesk) -> Response:
    """How a register is now; its settings stay as somebody types them."""
    register = await desk.get(f"/fiscal/v1/registers/{register_id}")
    return desk.block("register_state.html", "state", register=register, lamp=lamp, closes_soon=closes_soon)


@router.post("/registers/{register_id}")
async def change(register_id: str, request: Request, desk: Desk = AtDesk) -> Response:
    """Save what is different in a register's settings."""
    filled = await typed_in(request)
    register = await desk.get(f"/fiscal/v1/registers/{register_id}")
    told: dict[str, Any] = {"why": None, "saved": True, "devices": None, "filled": None}
    try:
        body = different(body_of(filled), settings(register))
        if body:
            register = await desk.send("PATCH", f"/fiscal/v1/registers/{register_id}", body)
    except (Problem, Unreachable) as why:
        told |= {"why": why, "saved": None, "filled": filled}
    told["filled"] = told["filled"] or settings(register)
    answer = desk.block(
        "register_settings.html", "settings", status_of(told["why"]) if told["why"] else 200, register=register, **told
    )
    answer.headers["HX-Trigger"] = "register.changed"
    return answer


@router.get("/manual-payment")
async def manual_payment(desk: Desk = AtDesk) -> Response:
    """The banner of the registers of this club that print nothing by somebody's word; empty where all print."""
    return desk.block("manual.html", "manual", registers=by_hand(await _registers(desk), datetime.now(UTC)))


@router.post("/registers/{register_id}/manual-payment")
async def turn_on(register_id: str, hours: Short, reason: Long, desk: Desk = AtDesk) -> Response:
    """From now on sales end without a receipt, for some hours at most."""
    wanted_h = min(int(hours), HOURS_MAX) if hours.isdigit() and int(hours) else 1
    until = datetime.now(UTC) + timedelta(hours=wanted_h)
    body = {"until": until.isoformat(), "reason": reason.strip()}
    try:
        await desk.send("PUT", f"/fiscal/v1/registers/{register_id}/manual-payment", body)
    except (Problem, Unreachable) as why:
        told = {"register_id": register_id, "filled": {"hours": hours, "reason": reason}, "why": why}
        return desk.block("register_manual_form.html", "form", status_of(why), **told)
    return go("/registers")


@router.post("/registers/{register_id}/manual-payment/off")
async def turn_off(register_id: str, desk: Desk = AtDesk) -> Response:
    """Receipts are printed again; the banner goes from every page."""
    await desk.send("DELETE", f"/fiscal/v1/registers/{register_id}/manual-payment")
    return await manual_payment(desk)
