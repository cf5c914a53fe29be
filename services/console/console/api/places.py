"""The settings of places: add one or a numbered series, rename, move to a zone, take out of service."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import Attempt, Short, attempt_after, club_needed, different, status_of, typed_in, words
from console.clients.services import Problem, Unreachable
from console.domain import setup
from kit.time import new_id

router = APIRouter()
AT_ONCE = 8
"""So many of a series are sent beside each other."""


@router.get("/settings/places")
async def page(desk: Desk = AtDesk, edit: str = "") -> Response:
    """The club's places by zone, and a form: for a new one, or for the one that is edited."""
    return desk.page("settings_places.html", **await _seen(desk, edit))


async def _seen(desk: Desk, edit: str = "", **told: Any) -> dict[str, Any]:
    club_id = club_needed(desk)
    devices, zones = await asyncio.gather(
        desk.everything(f"/hall/v1/clubs/{club_id}/devices"), desk.everything(f"/hall/v1/clubs/{club_id}/zones")
    )
    by_zone = [(zone, sorted(_of(devices, zone), key=lambda one: one["name"])) for zone in _sorted(zones)]
    edited = next((one for one in devices if one["device_id"] == edit), None)
    data: dict[str, Any] = {"by_zone": by_zone, "zones": _sorted(zones), "edited": edited, "kinds": setup.KINDS}
    plain: dict[str, Any] = {"changed": None, "added": [], "refused": [], "why": None, "filled": {}}
    return data | plain | {"attempt": str(new_id())} | told


def _sorted(zones: list[Any]) -> list[Any]:
    return sorted(zones, key=lambda zone: str(zone["name"]))


def _of(devices: list[Any], zone: Any) -> list[Any]:
    return [one for one in devices if one["zone_id"] == zone["zone_id"]]


@router.post("/settings/places")
async def add(
    name: Short,
    zone_id: Short,
    kind: Short,
    attempt: Attempt,
    count: Annotated[int, Form(ge=1, le=setup.SERIES_MAX)] = 1,
    desk: Desk = AtDesk,
) -> Response:
    """One place, or a numbered series at once; those whose name is taken are named."""
    body = {"zone_id": zone_id, "kind": kind}
    added, refused, why = await add_series(desk, club_needed(desk), setup.series(name.strip(), count), body, attempt)
    if why is None and not refused:
        return desk.block("settings_places.html", "work", **await _seen(desk, added=added))
    filled = {"name": name, "zone_id": zone_id, "kind": kind, "count": str(count)}
    told: dict[str, Any] = {"added": added, "refused": refused, "why": why, "filled": filled}
    # What was added stays added: the same attempt asks for the rest alone.
    told["attempt"] = attempt_after(why, attempt) if why else str(new_id())
    return desk.block("settings_places.html", "work", status_of(why) if why else 409, **await _seen(desk, **told))


async def add_series(
    desk: Desk, club_id: str, names: list[str], body: dict[str, Any], attempt: str
) -> tuple[list[str], list[str], Problem | Unreachable | None]:
    """Names that were added, names that were there already, and what went wrong besides."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, name: str) -> Problem | Unreachable | None:
        async with room:
            try:
                path, own = f"/hall/v1/clubs/{club_id}/devices", f"{attempt}-{number}"
                await desk.send("POST", path, body | {"name": name}, own)
            except (Problem, Unreachable) as why:
                return why
        return None

    came = await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))
    taken = [name for name, why in zip(names, came, strict=True) if getattr(why, "code", "") == "name_taken"]
    added = [name for name, why in zip(names, came, strict=True) if why is None]
    return added, taken, next((why for why in came if why and getattr(why, "code", "") != "name_taken"), None)


@router.post("/settings/places/{device_id}")
async def change(device_id: str, request: Request, desk: Desk = AtDesk) -> Response:
    """Rename it, move it to another zone, take it out of service or back."""
    form = await typed_in(request)
    before = await desk.get(f"/hall/v1/devices/{device_id}")
    body: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "zone_id", "kind")}
    wanted = different(body | {"in_service": "in_service" in form}, before)
    try:
        after = await desk.send("PATCH", f"/hall/v1/devices/{device_id}", wanted)
    except (Problem, Unreachable) as why:
        told = {"why": why, "filled": form}
        return desk.block("settings_places.html", "work", status_of(why), **await _seen(desk, device_id, **told))
    seen = await _seen(desk)
    names, say = {zone["zone_id"]: zone["name"] for zone in seen["zones"]}, words(desk)
    changed = setup.changes(setup.device_told(before, names, say), setup.device_told(after, names, say))
    return desk.block("settings_places.html", "work", **seen | {"changed": changed, "about": after["name"]})
