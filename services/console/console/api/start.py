"""The first-run guide: from an empty installation to a club that sells, on one page.

A step is done when its thing exists, so the guide can be left and taken up again anywhere.
"""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response

from console.api.desk import CLUB_COOKIE, SESSION_COOKIE, AtDesk, Desk, keep
from console.api.forms import Attempt, Short, Why, attempt_after, status_of, typed_in
from console.api.places import add_series
from console.api.tills import TILLS, become
from console.clients.services import Problem, Unreachable
from console.domain import setup
from console.domain.money import typed
from console.domain.start import Guide, guide
from kit.time import new_id

router = APIRouter()
SESSION_S, YEAR_S = 12 * 3600, 365 * 24 * 3600
HEARING_TRIES, HEARING_PAUSE_S = 60, 0.1
"""The others hear of a new club a moment after the hall."""


@router.get("/start")
async def page(desk: Desk = AtDesk) -> Response:
    return desk.page("start.html", **await _seen(desk))


async def _seen(desk: Desk, club: Any = None, **told: Any) -> dict[str, Any]:
    clubs = [club] if club else await desk.everything("/hall/v1/clubs")
    here = club or next((one for one in clubs if one["club_id"] == desk.club_id), clubs[0] if clubs else None)
    known = await _known(desk, here) if here else guide(None)
    me = await desk.part(desk.get("/staff/v1/me"))
    data: dict[str, Any] = {"club": here, "guide": known, "has_pin": bool(me and me.get("has_pin"))}
    data |= {"attempt": str(new_id()), "why": None, "wrong": None, "filled": {}, "time_zones": setup.TIME_ZONES}
    return data | told


async def _known(desk: Desk, club: Any) -> Guide:
    """What there is of the club already. What a service does not tell is not done yet."""
    path = f"/hall/v1/clubs/{club['club_id']}"
    asked = (
        desk.everything(f"{path}/zones"),
        desk.everything(f"{path}/devices"),
        desk.everything(f"{path}/tariffs"),
        desk.everything(TILLS, club_id=club["club_id"]),
        desk.get("/fiscal/v1/registers", club_id=club["club_id"]),
        desk.get(f"/fiscal/v1/clubs/{club['club_id']}/tax"),
    )
    zones, devices, tariffs, tills, registers, tax = await asyncio.gather(*(desk.part(one) for one in asked))
    taxed = bool(tax and tax["settings"])
    return guide(
        club,
        zones or (),
        devices or (),
        tariffs or (),
        tills or (),
        registers["items"] if registers else (),
        taxed=taxed,
        till_id=desk.till_id,
    )


async def _step(desk: Desk, club: Any = None, **told: Any) -> Response:
    answer = desk.block("start.html", "work", **await _seen(desk, club, **told))
    # The top bar names the club, the till and the register that there are by now.
    answer.headers["HX-Trigger"] = "layout.changed"
    return answer


async def _again(desk: Desk, why: Why, form: dict[str, str], club: Any = None) -> Response:
    told = {"why": why, "filled": form, "attempt": attempt_after(why, form.get("attempt", ""))}
    return desk.block("start.html", "work", status_of(why), **await _seen(desk, club, **told))


@router.post("/start/club")
async def make_club(name: Short, time_zone: Short, attempt: Attempt, request: Request, desk: Desk = AtDesk) -> Response:
    try:
        club = await desk.send("POST", "/hall/v1/clubs", {"name": name.strip(), "time_zone": time_zone}, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, await typed_in(request))
    answer = await _step(desk, club)
    keep(answer, CLUB_COOKIE, club["club_id"], YEAR_S)
    answer.set_cookie("time-zone", time_zone, max_age=YEAR_S, samesite="lax")
    return answer


@router.post("/start/places")
async def make_places(
    club_id: Short,
    zone: Short,
    name: Short,
    attempt: Attempt,
    request: Request,
    count: Annotated[int, Form(ge=1, le=setup.SERIES_MAX)],
    desk: Desk = AtDesk,
) -> Response:
    """A zone, and its places in a numbered series."""
    form = await typed_in(request)
    try:
        zones = await desk.everything(f"/hall/v1/clubs/{club_id}/zones")
        made = next((one for one in zones if one["name"] == zone.strip()), None) or await desk.send(
            "POST", f"/hall/v1/clubs/{club_id}/zones", {"name": zone.strip()}, f"{attempt}-zone"
        )
    except (Problem, Unreachable) as why:
        return await _again(desk, why, form)
    body = {"zone_id": made["zone_id"], "kind": "pc"}
    _, _, failed = await add_series(desk, club_id, setup.series(name.strip(), count), body, attempt)
    return await _again(desk, failed, form) if failed else await _step(desk)


@router.post("/start/tariff")
async def make_tariff(
    club_id: Short, name: Short, price: Short, attempt: Attempt, request: Request, desk: Desk = AtDesk
) -> Response:
    """An hour, at one price in all zones; the settings know windows and more."""
    form, kopecks = await typed_in(request), typed(price)
    minutes = form.get("minutes", "60")
    if not kopecks or not minutes.isdigit():
        return await _step(desk, wrong="price" if not kopecks else "minutes", filled=form, attempt=attempt)
    try:
        zones = await desk.everything(f"/hall/v1/clubs/{club_id}/zones")
        prices = [{"zone_id": zone["zone_id"], "price_kopecks": kopecks} for zone in zones]
        body = {"name": name.strip(), "minutes": int(minutes), "prices": prices}
        await desk.send("POST", f"/hall/v1/clubs/{club_id}/tariffs", body, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, form)
    return await _step(desk)


@router.post("/start/till")
async def make_till(
    club_id: Short, pin: Short, attempt: Attempt, request: Request, name: Short = "", desk: Desk = AtDesk
) -> Response:
    """This browser becomes a till, and its person is signed in at it with the PIN at once."""
    form = await typed_in(request)
    try:
        if form.get("password"):
            await desk.send("PUT", "/staff/v1/me/pin", {"pin": pin, "password": form["password"]})
        till_id = form.get("till_id") or await _till(desk, club_id, name.strip(), attempt)
        till = await desk.send("POST", f"{TILLS}/{till_id}/enrolment", None, f"{attempt}-enrol")
        session = await desk.services.ask(
            "POST",
            "/staff/v1/sessions/pin",
            body={"member_id": desk.person.member_id, "pin": pin},
            headers={"Savepoint-Till": till["secret"], "User-Agent": request.headers.get("user-agent", "")},
        )
    except (Problem, Unreachable) as why:
        return await _again(desk, why, form | {"pin": "", "password": ""})
    fresh = await desk.request.app.state.sessions.person(session["session"])
    answer = await _step(Desk(desk.request, fresh))
    become(answer, till)
    keep(answer, SESSION_COOKIE, session["session"], SESSION_S)
    return answer


async def _till(desk: Desk, club_id: str, name: str, attempt: str) -> str:
    made = await desk.send("POST", TILLS, {"name": name, "club_id": club_id}, f"{attempt}-till")
    return str(made["till_id"])


@router.post("/start/register")
async def make_register(club_id: Short, system: Short, vat: Short, request: Request, desk: Desk = AtDesk) -> Response:
    """The register that KKM-Server has as its first, and the taxes that its receipts name."""
    form = await typed_in(request)
    attempt, mode = form.get("attempt", ""), "off" if form.get("mode") == "off" else "kkm_server"
    try:
        club = await desk.get(f"/hall/v1/clubs/{club_id}")
        today = datetime.now(ZoneInfo(club["time_zone"])).date().isoformat()
        taxes = f"/fiscal/v1/clubs/{club_id}/tax"
        # What is set already is for the register's own page to change.
        if not (await _heard(desk, "GET", taxes))["settings"]:
            await desk.send("PUT", taxes, {"settings": [{"since": today, "system": system, "vat": vat}]})
        name = form.get("name", "").strip()
        register = {"club_id": club_id, "name": name, "mode": mode, "num_device": 1 if mode == "kkm_server" else 0}
        await _heard(desk, "POST", "/fiscal/v1/registers", register, attempt)
    except Problem as why:
        if why.code != "register_exists":
            return await _again(desk, why, form)
    except Unreachable as why:
        return await _again(desk, why, form)
    return await _step(desk)


async def _heard(desk: Desk, method: str, path: str, body: Any = None, attempt: str | None = None) -> Any:
    """The same as soon as fiscal has heard of the club."""
    for left in range(HEARING_TRIES, -1, -1):
        try:
            return await desk.send(method, path, body, attempt)
        except Problem as why:
            if why.status != 404 or not left:
                raise
            await asyncio.sleep(HEARING_PAUSE_S)
    raise AssertionError("the last try answers or raises")
