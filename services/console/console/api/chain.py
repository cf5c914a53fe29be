"""The owner's view of all clubs: how full, how much, and where somebody is needed."""

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from console.api.desk import AtDesk, Desk, Failed
from console.domain.chain import TROUBLES, chain, troubles

router = APIRouter()


@router.get("/chain")
async def page(desk: Desk = AtDesk) -> Response:
    """All clubs of this person, those in trouble first."""
    return desk.page("chain.html", **await _seen(desk))


@router.get("/chain/clubs")
async def clubs(desk: Desk = AtDesk) -> Response:
    """The same figures anew, every few seconds."""
    return desk.block("chain.html", "clubs", **await _seen(desk))


@router.get("/clubs/{club_id}/load")
async def load(club_id: str, desk: Desk = AtDesk) -> Response:
    """How full a club was, as bars; nothing where the hall is silent."""
    told = await desk.part(desk.get(f"/hall/v1/clubs/{club_id}/load"))
    return desk.block("chain.html", "load", hours=[] if isinstance(told, Failed) else told["hours"])


async def _seen(desk: Desk) -> dict[str, Any]:
    halls, money, registers = await asyncio.gather(
        desk.part(desk.get("/hall/v1/summary")),
        desk.part(desk.get("/billing/v1/shifts/summary")),
        desk.part(desk.get("/fiscal/v1/registers")),
    )
    data: dict[str, Any] = {"money": money, "registers": registers, "words": TROUBLES, "troubles": troubles}
    if isinstance(halls, Failed):
        return data | {"halls": halls, "chain": None}
    told = None if isinstance(money, Failed) else money
    ill = None if isinstance(registers, Failed) else registers["items"]
    return data | {"halls": halls, "chain": chain(halls, told, ill)}
