"""The hall map: tiles, the table for screen readers and sorting, and the side panel of a place."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from console.api.desk import AtDesk, Desk, Failed
from console.api.forms import attempt_after, status_of
from console.clients.services import Problem, Unreachable
from console.domain.board import awaited, zones
from kit.time import new_id

router = APIRouter()


@router.get("/hall")
async def hall(desk: Desk = AtDesk, view: str = "map", sale: UUID | None = None) -> Response:
    """The club's map; with the dialog of a `sale` that waited for a shift."""
    if desk.club_id is None:
        return RedirectResponse("/", 303)
    return desk.page("hall.html", **await _map(desk), view=view if view in ("map", "table") else "map", sale=sale)


@router.get("/hall/map")
async def hall_map(desk: Desk = AtDesk, view: str = "map") -> Response:
    """The map alone, after its layout has changed or the stream was cut."""
    return desk.block("hall.html", "map", **await _map(desk), view=view)


async def _map(desk: Desk) -> dict[str, Any]:
    asked = desk.get(f"/hall/v1/clubs/{desk.club_id}/board")
    sales = desk.get("/billing/v1/sales", club_id=desk.club_id, state="fiscalising", limit=200)
    board, paying = await asyncio.gather(desk.part(asked), desk.part(sales))
    if isinstance(board, Failed):
        return {"board": board, "zones": [], "sum": {}}
    waiting = awaited(paying["items"]) if paying else frozenset()
    return {"board": board, "zones": zones(board, waiting), "sum": board["counts"]}


@router.get("/hall/places/{device_id}")
async def place(device_id: str, client_id: str = "", tariff_id: str = "", desk: Desk = AtDesk) -> Response:
    """The side panel: what can be done at this place now, with what was chosen for a place that somebody took."""
    client = await desk.part(desk.get(f"/billing/v1/clients/{client_id}")) if client_id else None
    return await panel(desk, device_id, client=client or None, chosen=tariff_id)


@router.get("/hall/places/{device_id}/menu")
async def menu(device_id: str, desk: Desk = AtDesk) -> Response:
    """What can be done at this place now, in a few words: the same as in its panel."""
    _, tile = await _tile(desk, device_id)
    return desk.block("menu.html", "alone", tile=tile)


async def _tile(desk: Desk, device_id: str) -> tuple[Any, Any]:
    """The board, and a place on it."""
    board = await desk.get(f"/hall/v1/clubs/{desk.club_id}/board")
    tile = next((one for one in board["devices"] if one["device_id"] == device_id), None)
    if tile is None:
        raise Problem("hall", 404, {"code": "not_found"})
    return board, tile


async def panel(desk: Desk, device_id: str, status: int = 200, **told: Any) -> Response:
    """The panel of a place, with what a refused act has to say."""
    board, tile = await _tile(desk, device_id)
    data: dict[str, Any] = {"tile": tile, "zone": _zone_name(board, tile), "why": None, "sale": None}
    data |= {"kept": None, "chosen": ""}
    if tile["state"] == "free":
        client = told.get("client")
        asked = desk.get(f"/hall/v1/devices/{device_id}/offers", client_id=client["client_id"] if client else None)
        data |= {"offers": await desk.part(asked), "client": None, "attempt": str(new_id())}
    elif tile["session"] is not None:
        data["sale"] = await desk.part(desk.get(f"/billing/v1/sales/{tile['session']['sale_id']}"))
    return desk.block("panel.html", "panel", status, **(data | told))


def _zone_name(board: Any, tile: Any) -> str:
    return next(str(zone["name"]) for zone in board["zones"] if zone["zone_id"] == tile["zone_id"])


@router.get("/hall/sessions/{session_id}/end")
async def ask_to_end(session_id: str, desk: Desk = AtDesk) -> Response:
    """The question before ending a session by hand: what is left, and what becomes of it."""
    return await _ending(desk, session_id)


async def _ending(desk: Desk, session_id: str, status: int = 200, **told: Any) -> Response:
    """The hall says what ending would mean; the reason that was typed stays."""
    path = f"/hall/v1/sessions/{session_id}"
    session, quote = await asyncio.gather(desk.get(path), desk.part(desk.send("POST", f"{path}/end/quote")))
    data: dict[str, Any] = {"session": session, "quote": quote, "attempt": str(new_id()), "why": None, "reason": ""}
    return desk.block("end.html", "dialog", status, **(data | told))


@router.post("/hall/sessions/{session_id}/end")
async def end(
    session_id: str,
    reason: Annotated[str, Form(max_length=200)],
    attempt: Annotated[str, Form(max_length=64)],
    desk: Desk = AtDesk,
) -> Response:
    """End a session by hand, with a reason for the journal."""
    try:
        await desk.send("POST", f"/hall/v1/sessions/{session_id}/end", {"reason": reason.strip()}, attempt)
    except (Problem, Unreachable) as why:
        told = {"why": why, "reason": reason, "attempt": attempt_after(why, attempt)}
        return await _ending(desk, session_id, status_of(why), **told)
    return Response(status_code=204, headers={"HX-Trigger": "dialog.close"})
