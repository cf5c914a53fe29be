"""The settings of clubs and their zones; the other settings stand beside, a file each."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.api import people, places, start, tariffs, tills
from console.api.desk import CLUB_COOKIE, AtDesk, Desk, keep
from console.api.forms import Attempt, Short, Why, attempt_after, status_of, typed_in, words
from console.clients.services import Problem, Unreachable
from console.domain import setup
from kit.time import new_id

router = APIRouter()
for beside in (places, tariffs, people, tills, start):
    router.include_router(beside.router)
YEAR_S = 365 * 24 * 3600


@router.get("/settings")
async def begin() -> Response:
    return RedirectResponse("/settings/clubs", 303)


@router.get("/settings/clubs")
async def page(desk: Desk = AtDesk, edit: str = "", new: bool = False) -> Response:
    """All clubs, the settings of one, and its zones."""
    return desk.page("settings_clubs.html", **await _seen(desk, edit, new))


async def _seen(desk: Desk, edit: str = "", new: bool = False, **told: Any) -> dict[str, Any]:
    clubs = await desk.everything("/hall/v1/clubs")
    wanted = edit or desk.club_id
    club = next((one for one in clubs if one["club_id"] == wanted), clubs[0] if clubs else None)
    zones: Any = await desk.part(desk.everything(f"/hall/v1/clubs/{club['club_id']}/zones")) if club else []
    data = {"clubs": clubs, "club": None if new else club, "zones": zones, "time_zones": setup.TIME_ZONES}
    plain: dict[str, Any] = {"changed": None, "added": "", "why": None, "filled": {}, "attempt": str(new_id())}
    return data | plain | told


def _club_of(form: dict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "time_zone", "day_starts_at")}
    return body | {name: name in form for name in ("start_on_unknown_receipt", "blind_count")}


@router.post("/settings/clubs")
async def add(request: Request, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """A new club; it is on this screen from now on."""
    form = await typed_in(request)
    try:
        club = await desk.send("POST", "/hall/v1/clubs", _club_of(form), attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, form, attempt, new=True)
    answer = desk.block("settings_clubs.html", "work", **await _seen(desk, club["club_id"], added=club["name"]))
    return at_this_desk(answer, club)


@router.post("/settings/clubs/{club_id}")
async def change(club_id: str, request: Request, desk: Desk = AtDesk) -> Response:
    form = await typed_in(request)
    before = await desk.get(f"/hall/v1/clubs/{club_id}")
    try:
        after = await desk.send("PATCH", f"/hall/v1/clubs/{club_id}", _club_of(form))
    except (Problem, Unreachable) as why:
        return await _again(desk, why, form, "", club_id)
    say = words(desk)
    changed = setup.changes(setup.club_told(before, say), setup.club_told(after, say))
    answer = desk.block("settings_clubs.html", "work", **await _seen(desk, club_id, changed=changed))
    return at_this_desk(answer, after) if club_id == desk.club_id else answer


@router.post("/settings/clubs/{club_id}/zones")
async def add_zone(club_id: str, name: Short, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    try:
        zone = await desk.send("POST", f"/hall/v1/clubs/{club_id}/zones", {"name": name.strip()}, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, {"zone": name}, attempt, club_id)
    return desk.block("settings_clubs.html", "work", **await _seen(desk, club_id, added=zone["name"]))


@router.post("/settings/zones/{zone_id}")
async def rename_zone(zone_id: str, name: Short, desk: Desk = AtDesk) -> Response:
    before = await desk.get(f"/hall/v1/zones/{zone_id}")
    try:
        after = await desk.send("PATCH", f"/hall/v1/zones/{zone_id}", {"name": name.strip()})
    except (Problem, Unreachable) as why:
        return await _again(desk, why, {}, "", before["club_id"])
    label = words(desk)("Zone")
    changed = setup.changes({label: before["name"]}, {label: after["name"]})
    return desk.block("settings_clubs.html", "work", **await _seen(desk, after["club_id"], changed=changed))


async def _again(
    desk: Desk, why: Why, form: dict[str, str], attempt: str, club_id: str = "", new: bool = False
) -> Response:
    told = {"why": why, "filled": form} | ({"attempt": attempt_after(why, attempt)} if attempt else {})
    return desk.block("settings_clubs.html", "work", status_of(why), **await _seen(desk, club_id, new, **told))


def at_this_desk(answer: Response, club: Any) -> Response:
    """This club, with its clock, is on this screen from now on."""
    keep(answer, CLUB_COOKIE, club["club_id"], YEAR_S)
    answer.set_cookie("time-zone", club["time_zone"], max_age=YEAR_S, samesite="lax")
    return answer
