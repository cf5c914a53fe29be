"""The shift of this till: opening it, what it holds, closing it; and the reports of those before."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.api.approvals import others, proof
from console.api.desk import AtDesk, Desk, Failed
from console.api.forms import Attempt, Short, attempt_after, go, inside, status_of, typed_in
from console.api.frame import shift_of
from console.clients.services import Problem, Unreachable
from console.domain import shift as shown
from console.domain.money import typed
from kit.time import new_id

router = APIRouter()
ACT = "billing.difference"
CLOSE_WAIT_S = 10
"""A register makes its Z-report in a few seconds."""


@router.get("/shift")
async def page(desk: Desk = AtDesk, sale: str = "") -> Response:
    """This till's shift; `sale` is the one that waits for it."""
    return desk.page("shift.html", **await _seen(desk, sale))


@router.get("/shift/state")
async def state(desk: Desk = AtDesk, was: str = "", drawn: str = "", counted: bool = False) -> Response:
    """The figures and what keeps the shift open: drawn anew after each sale, while somebody counts beside them.

    `was` is the shift that is on the screen, in the state `drawn`: once it is closed its report takes its place. What
    should be there stays in sight where it is `counted`.
    """
    shift = await desk.part(shift_of(desk)) if desk.till_id else None
    if isinstance(shift, Failed):
        return desk.block("shift.html", "silence", failed=shift)
    if shift is None or shift["shift_id"] != was:
        return go(f"/shifts/{was}" if was.replace("-", "").isalnum() else "/shift")
    if shift["state"] != drawn:
        return go("/shift")
    return desk.block("shift.html", "state", shift=shift, blockers=await _blockers(desk, shift), short=counted)


async def _seen(desk: Desk, sale: str, **told: Any) -> dict[str, Any]:
    """All that the page shows of this till, with what a refused act has to say."""
    data: dict[str, Any] = {"shift": None, "blockers": None, "left": None, "sale": sale, "attempt": str(new_id())}
    data |= {"why": None, "filled": {}, "wrong": None, "short": 0, "nominals": shown.NOMINALS_KOPECKS}
    data |= {"people": [], "agree_kopecks": 0, "differ": ()}
    if desk.till_id is None:
        return data | told
    shift = data["shift"] = await desk.part(shift_of(desk))
    if shift is None:
        before = await desk.part(desk.get("/billing/v1/shifts", till_id=desk.till_id, limit=5))
        data["left"] = shown.left(before["items"]) if before else None
    elif shift:
        data["blockers"] = await _blockers(desk, shift)
    return data | told


async def _blockers(desk: Desk, shift: Any) -> Any:
    found = await desk.part(desk.get(f"/billing/v1/shifts/{shift['shift_id']}/blockers"))
    return shown.blockers(found) if isinstance(found, list) else found


@router.post("/shift")
async def open_shift(request: Request, attempt: Attempt, sale: Short = "", desk: Desk = AtDesk) -> Response:
    """Open it with the cash that was counted; then back to the hall, and to the sale that waited for it."""
    form = await typed_in(request)
    kopecks = typed(form.get("float", ""))
    if kopecks is None:
        seen = await _seen(desk, sale, filled=form, wrong="float", attempt=attempt)
        return desk.block("shift.html", "work", 422, **seen)
    body = {"till_id": desk.till_id, "float_kopecks": kopecks}
    try:
        await desk.send("POST", "/billing/v1/shifts", body, attempt)
    except (Problem, Unreachable) as why:
        told = {"why": why, "filled": form, "attempt": attempt_after(why, attempt)}
        return desk.block("shift.html", "work", status_of(why), **await _seen(desk, sale, **told))
    return go(inside(f"/hall?sale={sale}" if sale.replace("-", "").isalnum() else "/hall", "/hall"))


@router.post("/shift/{shift_id}/close")
async def close(shift_id: str, request: Request, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """Close a counted shift. What was counted stays in the form until the shift is closed."""
    form = await typed_in(request)
    body = shown.count_of(form)
    if isinstance(body, shown.NotACount):
        seen = await _seen(desk, "", filled=form, wrong=body.field, attempt=attempt)
        return desk.block("shift.html", "work", 422, **seen)
    try:
        closed = await _close(desk, shift_id, body, form, attempt)
    except (Problem, Unreachable) as why:
        return await _not_closed(desk, why, form, attempt)
    if closed["state"] == "closed":
        return go(f"/shifts/{shift_id}")
    return desk.block("shift.html", "work", **await _seen(desk, "", filled=form))


async def _close(desk: Desk, shift_id: str, body: Any, form: Mapping[str, str], attempt: str) -> Any:
    """Close it, with the second person's PIN where one was entered. Raises Problem, Unreachable."""
    path = f"/billing/v1/shifts/{shift_id}/close"
    agreed = await proof(desk, ACT, shift_id, shown.kopecks(form.get("agree", "")), form, attempt)
    try:
        return await desk.send("POST", path, body, attempt, CLOSE_WAIT_S, agreed)
    except Problem as why:
        if not agreed or why.code != "proof_wrong":
            raise
    # The PIN was for another count than this one: billing says what this one needs.
    return await desk.send("POST", path, body, str(new_id()), CLOSE_WAIT_S)


async def _not_closed(desk: Desk, why: Problem | Unreachable, form: Mapping[str, str], attempt: str) -> Response:
    """What was counted, what it differs by, and who may agree to that; a wrong PIN asks for another one."""
    params = why.params if isinstance(why, Problem) else {}
    short, agree = shown.missing(params), 0
    if isinstance(why, Problem) and why.code == "difference_too_big":
        agree = int(params.get("amount_kopecks", 0))
    elif form.get("pin"):
        short, agree = shown.signed(form.get("short", "")), shown.kopecks(form.get("agree", ""))
    told: dict[str, Any] = {"why": why, "filled": form, "attempt": attempt_after(why, attempt), "short": short}
    told |= {"differ": shown.differing(params), "agree_kopecks": agree}
    told |= {"people": await others(desk)} if agree else {}
    return desk.block("shift.html", "work", status_of(why), **await _seen(desk, "", **told))


@router.get("/shifts")
async def earlier(desk: Desk = AtDesk, after: str = "") -> Response:
    """The club's shifts, newest first, each with its report."""
    if desk.club_id is None:
        return RedirectResponse("/", 303)
    asked = desk.get("/billing/v1/shifts", club_id=desk.club_id, after=after, limit=30)
    found, tills = await asyncio.gather(desk.part(asked), desk.part(_tills(desk)))
    return desk.page("shifts.html", found=found, tills=tills or {}, difference=shown.difference)


@router.get("/shifts/{shift_id}")
async def report(shift_id: str, desk: Desk = AtDesk) -> Response:
    """A shift's report: on the screen and, printed, on a sheet of A4."""
    shift = await desk.get(f"/billing/v1/shifts/{shift_id}")
    sales = desk.part(desk.everything("/billing/v1/sales", shift_id=shift_id))
    tills = desk.part(_tills(desk))
    club = desk.part(desk.get(f"/hall/v1/clubs/{shift['club_id']}"))
    found, names, place = await asyncio.gather(sales, tills, club)
    made = shown.made(found) if isinstance(found, list) else found
    return desk.page("shift_report.html", shift=shift, made=made, tills=names or {}, club=place)


async def _tills(desk: Desk) -> dict[str, str]:
    """The names of the club's tills."""
    found = await desk.everything("/staff/v1/tills", club_id=desk.club_id)
    return {till["till_id"]: till["name"] for till in found}
