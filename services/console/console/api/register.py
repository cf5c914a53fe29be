"""The registers of the club, and the banner of manual payment that every page carries."""

from typing import Any

from fastapi import APIRouter, Response

from console.api.desk import AtDesk, Desk
from console.domain.registers import by_hand

router = APIRouter()


@router.get("/manual-payment")
async def manual_payment(desk: Desk = AtDesk) -> Response:
    """The banner of the registers of this club that print nothing by somebody's word; empty where all print."""
    return desk.block("manual.html", "manual", registers=by_hand(await _registers(desk)))


async def _registers(desk: Desk) -> Any:
    """The registers of the club on this screen, or why they are not known."""
    if desk.club_id is None or not desk.may("fiscal.register.read"):
        return []
    found = await desk.part(desk.get("/fiscal/v1/registers", club_id=desk.club_id))
    return found["items"] if found else found
