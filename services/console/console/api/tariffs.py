"""The settings of tariffs: what time costs, where, and when it is sold."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import Why, attempt_after, club_needed, different, lists_in, status_of, words
from console.clients.services import Problem, Unreachable
from console.domain import setup
from kit.time import new_id

router = APIRouter()
SPARE_ROWS, ROWS_MAX = 2, 20


@router.get("/settings/tariffs")
async def page(desk: Desk = AtDesk, edit: str = "") -> Response:
    """The club's tariffs, and a form: for a new one, or for the one that is edited."""
    return desk.page("settings_tariffs.html", **await _seen(desk, edit))


async def _seen(desk: Desk, edit: str = "", **told: Any) -> dict[str, Any]:
    club_id, say = club_needed(desk), words(desk)
    tariffs, zones = await asyncio.gather(
        desk.everything(f"/hall/v1/clubs/{club_id}/tariffs"), desk.everything(f"/hall/v1/clubs/{club_id}/zones")
    )
    edited = next((one for one in tariffs if one["tariff_id"] == edit), None)
    tariffs.sort(key=lambda one: (not one["active"], one["minutes"], one["name"]))
    windows = edited["windows"] if edited else []
    data: dict[str, Any] = {"tariffs": tariffs, "zones": sorted(zones, key=lambda zone: str(zone["name"]))}
    data |= {"edited": edited, "rows": min(len(windows) + SPARE_ROWS, ROWS_MAX), "days": setup.DAYS}
    data |= {"in_words": {one["tariff_id"]: [setup.window(w, say) for w in one["windows"]] for one in tariffs}}
    data |= {"lasts": {one["tariff_id"]: setup.duration(one["minutes"], say) for one in tariffs}}
    data |= {"prices": {one["tariff_id"]: _prices(one) for one in tariffs}}
    plain = {"changed": None, "about": "", "added": "", "why": None, "wrong": None, "attempt": str(new_id())}
    return data | plain | {"filled": _filled(edited)} | told


def _prices(tariff: Any) -> dict[str, int]:
    return {one["zone_id"]: one["price_kopecks"] for one in tariff["prices"]}


def _filled(tariff: Any) -> dict[str, list[str]]:
    """A tariff as its form holds it."""
    if tariff is None:
        return {"active": ["1"], "hours": ["1"], "minutes": ["0"], "bonus_cap_percent": ["0"]}
    hours, minutes = divmod(tariff["minutes"], 60)
    form = {"name": [tariff["name"]], "hours": [str(hours)], "minutes": [str(minutes)]}
    form |= {"bonus_cap_percent": [str(tariff["bonus_cap_percent"])], "active": ["1"] if tariff["active"] else []}
    form |= {f"price_{zone_id}": [f"{price // 100},{price % 100:02}"] for zone_id, price in _prices(tariff).items()}
    for row, window in enumerate(tariff["windows"]):
        form |= {f"days_{row}": [str(day) for day in window["days"]]}
        form |= {f"from_{row}": [window["from"]], f"to_{row}": [window["to"]]}
    return form


@router.post("/settings/tariffs")
async def add(request: Request, desk: Desk = AtDesk) -> Response:
    form = await lists_in(request)
    body, attempt = await _body(desk, form), form.get("attempt", [""])[0]
    if isinstance(body, setup.Wrong):
        return await _again(desk, form, wrong=body.field, attempt=attempt)
    try:
        made = await desk.send("POST", f"/hall/v1/clubs/{desk.club_id}/tariffs", body, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, form, why=why, attempt=attempt_after(why, attempt))
    return desk.block("settings_tariffs.html", "work", **await _seen(desk, added=made["name"]))


@router.post("/settings/tariffs/{tariff_id}")
async def change(tariff_id: str, request: Request, desk: Desk = AtDesk) -> Response:
    """What was ordered keeps the price and the minutes that it was ordered with."""
    form = await lists_in(request)
    before, body = await desk.get(f"/hall/v1/tariffs/{tariff_id}"), await _body(desk, form)
    if isinstance(body, setup.Wrong):
        return await _again(desk, form, tariff_id, wrong=body.field)
    try:
        after = await desk.send("PATCH", f"/hall/v1/tariffs/{tariff_id}", different(body, before))
    except (Problem, Unreachable) as why:
        return await _again(desk, form, tariff_id, why=why)
    seen, say = await _seen(desk), words(desk)
    names = {zone["zone_id"]: zone["name"] for zone in seen["zones"]}
    told = [setup.tariff_told(one, names, say, desk.language) for one in (before, after)]
    return desk.block(
        "settings_tariffs.html", "work", **seen | {"changed": setup.changes(*told), "about": after["name"]}
    )


async def _body(desk: Desk, form: dict[str, list[str]]) -> dict[str, Any] | setup.Wrong:
    zones = await desk.everything(f"/hall/v1/clubs/{club_needed(desk)}/zones")
    return setup.tariff_of(form, [zone["zone_id"] for zone in zones])


async def _again(
    desk: Desk, form: dict[str, list[str]], tariff_id: str = "", why: Why | None = None, **told: Any
) -> Response:
    seen = await _seen(desk, tariff_id, filled=form, why=why, **told)
    return desk.block("settings_tariffs.html", "work", status_of(why) if why else 422, **seen)
