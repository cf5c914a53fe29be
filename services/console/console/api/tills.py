"""The settings of tills: desks where money is taken, and which browser is one."""

from typing import Any

from fastapi import APIRouter, Response

from console.api.desk import CLUB_COOKIE, SESSION_COOKIE, TILL_COOKIE, AtDesk, Desk, drop, keep
from console.api.forms import Attempt, Short, Why, attempt_after, club_needed, go, status_of, words
from console.clients.services import Problem, Unreachable
from console.domain import setup
from kit.time import new_id

router = APIRouter()
YEAR_S = 365 * 24 * 3600
TILLS = "/staff/v1/tills"


@router.get("/settings/tills")
async def page(desk: Desk = AtDesk) -> Response:
    """The club's tills, and which of them this browser is."""
    return desk.page("settings_tills.html", **await _seen(desk))


async def _seen(desk: Desk, **told: Any) -> dict[str, Any]:
    tills = await desk.everything(TILLS, club_id=club_needed(desk))
    plain: dict[str, Any] = {"changed": None, "added": "", "taken_back": "", "why": None, "filled": {}}
    return {"tills": sorted(tills, key=lambda one: str(one["name"])), "attempt": str(new_id())} | plain | told


@router.post("/settings/tills")
async def add(name: Short, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    try:
        made = await desk.send("POST", TILLS, {"name": name.strip(), "club_id": club_needed(desk)}, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, filled={"name": name}, attempt=attempt_after(why, attempt))
    return desk.block("settings_tills.html", "work", **await _seen(desk, added=made["name"]))


@router.post("/settings/tills/{till_id}")
async def rename(till_id: str, name: Short, desk: Desk = AtDesk) -> Response:
    before = await _till(desk, till_id)
    try:
        after = await desk.send("PATCH", f"{TILLS}/{till_id}", {"name": name.strip()})
    except (Problem, Unreachable) as why:
        return await _again(desk, why)
    label = words(desk)("Name")
    changed = setup.changes({label: before["name"]}, {label: after["name"]})
    return desk.block("settings_tills.html", "work", **await _seen(desk, changed=changed))


async def _till(desk: Desk, till_id: str) -> Any:
    found = await desk.everything(TILLS, club_id=club_needed(desk))
    known = next((one for one in found if one["till_id"] == till_id), None)
    if known is None:
        raise Problem("staff", 404, {"code": "not_found"})
    return known


@router.post("/settings/tills/{till_id}/enrolment")
async def enrol(till_id: str, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """This browser is the till from now on; whoever works here signs in again, with a PIN."""
    try:
        till = await desk.send("POST", f"{TILLS}/{till_id}/enrolment", None, f"{attempt}-{till_id[-8:]}")
    except (Problem, Unreachable) as why:
        return await _again(desk, why, attempt=attempt_after(why, attempt))
    await desk.part(desk.send("DELETE", f"/staff/v1/sessions/{desk.person.session_id}"))
    desk.request.app.state.sessions.forget(desk.request.cookies.get(SESSION_COOKIE, ""))
    answer = go("/sign-in?next=/hall")
    become(answer, till)
    drop(answer, SESSION_COOKIE)
    return answer


def become(answer: Response, till: Any) -> None:
    """The browser that gets this answer is the till."""
    keep(answer, TILL_COOKIE, till["secret"], YEAR_S)
    keep(answer, CLUB_COOKIE, till["club_id"], YEAR_S)


@router.post("/settings/tills/{till_id}/take-back")
async def take_back(till_id: str, desk: Desk = AtDesk) -> Response:
    """No browser is this till any more; its shift and its money stay."""
    till = await _till(desk, till_id)
    try:
        await desk.send("DELETE", f"{TILLS}/{till_id}/enrolment")
    except (Problem, Unreachable) as why:
        return await _again(desk, why)
    if till_id == desk.till_id:
        answer = go("/sign-in")
        drop(answer, TILL_COOKIE)
        return answer
    return desk.block("settings_tills.html", "work", **await _seen(desk, taken_back=till["name"]))


async def _again(desk: Desk, why: Why, **told: Any) -> Response:
    return desk.block("settings_tills.html", "work", status_of(why), **await _seen(desk, why=why, **told))
