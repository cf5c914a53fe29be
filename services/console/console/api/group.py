"""Several places at once: their panel, sessions ordered for a group, sessions ended together.

The hall knows no groups: each place is asked for alone, under a key of its own, so a press that is repeated orders and
ends nothing twice, and one place that refuses takes nothing from the others.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from console.api.desk import AtDesk, Desk, Failed
from console.api.forms import Long, Short, Why, attempt_after, lists_in
from console.domain.board import awaited
from console.domain.group import REASONS, Group, for_all, group
from kit.time import new_id

router = APIRouter()
AT_ONCE = 8
"""So many of a group's requests are under way together: the desk's other regions want their answers, too."""

Chosen = Annotated[list[str], Form()]


@dataclass(frozen=True, slots=True)
class Refused:
    """A place that was not ordered or ended, and why."""

    device_id: str
    why: Why

    @property
    def reason(self) -> str | None:
        """The reason in two words, where there are such."""
        return REASONS.get(getattr(self.why, "code", ""))


@router.post("/hall/group")
async def chosen_places(device_id: Chosen, tariff_id: Short = "", now: bool = False, desk: Desk = AtDesk) -> Response:
    """The panel of places chosen together; `now`: how they stand, without what came of the last order.

    Asked by POST, since the names of a whole zone do not fit into an address.
    """
    return await _panel(desk, device_id, "now" if now else "panel", chosen=tariff_id)


@router.post("/hall/group/menu")
async def menu(device_id: Chosen, desk: Desk = AtDesk) -> Response:
    """What can be done with all of them."""
    return desk.block("menu.html", "together", group=(await _group(desk, device_id)))


async def _group(desk: Desk, device_ids: Sequence[str]) -> Group:
    asked = desk.get(f"/hall/v1/clubs/{desk.club_id}/board")
    sales = desk.part(desk.get("/billing/v1/sales", club_id=desk.club_id, state="fiscalising", limit=200))
    board, paying = await asyncio.gather(asked, sales)
    return group(board, set(device_ids), awaited(paying["items"]) if paying else frozenset())


async def _panel(
    desk: Desk, device_ids: Sequence[str], block: str = "panel", status: int = 200, **told: Any
) -> Response:
    places = await _group(desk, device_ids)
    free = places.having("free")
    sells = bool(desk.may("hall.session.order") and desk.may("billing.sale.pay") and desk.till_id)
    data: dict[str, Any] = {"group": places, "free": free, "sells": sells, "reasons": REASONS, "chosen": ""}
    data |= {"offers": await _offers(desk, free) if sells else None, "attempts": {}}
    data |= {"ordered": (), "refused": (), "pay_first": None}
    data |= told
    data["ordered"] = [places.name(one) for one in data["ordered"]]
    data["attempts"] = {tile["device_id"]: str(new_id()) for tile in free} | data["attempts"]
    return desk.block("group.html", block, status, **data)


async def _offers(desk: Desk, free: Sequence[Any]) -> Any:
    """The tariffs for all of them. Prices are a zone's: one place of each zone is asked about."""
    one_of = {tile["zone_id"]: tile["device_id"] for tile in free}
    asked = (desk.part(desk.get(f"/hall/v1/devices/{device_id}/offers")) for device_id in one_of.values())
    answers = await asyncio.gather(*asked)
    failed = next((one for one in answers if isinstance(one, Failed)), None)
    return failed if failed is not None else for_all(free, dict(zip(one_of, answers, strict=True)))


@router.post("/hall/group/order")
async def order(tariff_id: Short, request: Request, desk: Desk = AtDesk) -> Response:
    """Order one tariff for every free place, for guests; the first sale is opened to be paid."""
    form = await lists_in(request)
    attempts = dict(zip(form.get("free", []), form.get("attempt", []), strict=False))
    body = {"till_id": desk.till_id, "tariff_id": tariff_id, "client_id": None}
    answers = await _all_of(
        desk,
        (
            desk.send("POST", "/hall/v1/sessions", body | {"device_id": device_id}, attempt)
            for device_id, attempt in attempts.items()
        ),
    )
    came_of = dict(zip(attempts, answers, strict=True))
    ordered = {device_id: answer for device_id, answer in came_of.items() if answer}
    refused = [Refused(device_id, answer.problem) for device_id, answer in came_of.items() if not answer]
    told: dict[str, Any] = {"ordered": tuple(ordered), "refused": refused, "chosen": tariff_id}
    told["attempts"] = {one.device_id: attempt_after(one.why, attempts[one.device_id]) for one in refused}
    told["pay_first"] = next((answer["sale_id"] for answer in ordered.values()), None)
    return await _panel(desk, form.get("device_id", []), status=200 if ordered else 409, **told)


async def _all_of(desk: Desk, acts: Iterable[Awaitable[Any]]) -> list[Any]:
    """What became of each act; a Failed where it was refused or nobody answered."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(act: Awaitable[Any]) -> Any:
        async with gate:
            return await desk.part(act)

    return list(await asyncio.gather(*(one(act) for act in acts)))


@router.post("/hall/group/ending")
async def ask_to_end(device_id: Chosen, desk: Desk = AtDesk) -> Response:
    """The question before ending all sessions among these places: what is left of each, and what comes back."""
    return await _ending(desk, device_id)


async def _ending(desk: Desk, device_ids: Sequence[str], status: int = 200, **told: Any) -> Response:
    places = await _group(desk, device_ids)
    running = places.having("active")
    paths = [f"/hall/v1/sessions/{tile['session']['session_id']}/end/quote" for tile in running]
    quotes = await _all_of(desk, (desk.send("POST", path) for path in paths))
    data: dict[str, Any] = {"group": places, "running": list(zip(running, quotes, strict=True)), "reasons": REASONS}
    data["returned_kopecks"] = sum(quote["returned_kopecks"] for quote in quotes if quote)
    data |= {"attempts": {}, "ended": (), "refused": (), "reason": ""}
    data |= told
    data["ended"] = [places.name(one) for one in data["ended"]]
    data["attempts"] = {tile["device_id"]: str(new_id()) for tile in running} | data["attempts"]
    return desk.block("group_end.html", "dialog", status, **data)


@router.post("/hall/group/end")
async def end(reason: Long, request: Request, desk: Desk = AtDesk) -> Response:
    """End them all with one reason. Whatever did not end is told place by place, and can be tried again."""
    form = await lists_in(request)
    device_ids, attempts = form.get("device_id", []), form.get("attempt", [])
    answers = await _all_of(
        desk,
        (
            desk.send("POST", f"/hall/v1/sessions/{session_id}/end", {"reason": reason.strip()}, attempt)
            for session_id, attempt in zip(form.get("session_id", []), attempts, strict=True)
        ),
    )
    refused = [Refused(one, answer.problem) for one, answer in zip(device_ids, answers, strict=True) if not answer]
    if not refused:
        return Response(status_code=204, headers={"HX-Trigger": "dialog.close"})
    ended = [one for one, answer in zip(device_ids, answers, strict=True) if answer]
    before = dict(zip(device_ids, attempts, strict=True))
    again = {one.device_id: attempt_after(one.why, before[one.device_id]) for one in refused}
    told = {"ended": ended, "refused": refused, "attempts": again, "reason": reason}
    return await _ending(desk, device_ids, 200 if ended else 409, **told)
