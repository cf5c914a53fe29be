"""Money for a client's balance: from the client's card, or with Alt+T from anywhere."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import attempt_after, typed_in
from console.api.pay import dialog as payment
from console.clients.services import WAIT_S, Problem, Unreachable
from console.domain import tenders
from kit.time import new_id

router = APIRouter()
Short = Annotated[str, Form(max_length=64)]
Asked = Annotated[str, Query(max_length=64)]
SIGNS_MIN, HITS_MAX = 3, 8
CARD_OF_CLIENT = re.compile(r"/clients/([0-9a-f-]{36})")
QUICK_KOPECKS = (100_00, 200_00, 500_00, 1000_00, 2000_00, 5000_00)


@router.get("/top-up")
async def find(desk: Desk = AtDesk) -> Response:
    """Alt+T: the client whose card is open, else a search for one."""
    shown = CARD_OF_CLIENT.search(desk.request.headers.get("hx-current-url", ""))
    if shown is not None:
        return await _dialog(desk, shown[1])
    return desk.block("top_up.html", "search", found={"items": []}, q="")


@router.get("/top-up/clients")
async def clients(desk: Desk = AtDesk, q: Asked = "") -> Response:
    """Clients that are meant by what is typed."""
    return desk.block("top_up.html", "found", found=await _found(desk, q.strip()), q=q.strip())


@router.get("/top-up/first")
async def first(desk: Desk = AtDesk, q: Asked = "") -> Response:
    """Enter: the first that was found; the search again where nobody was."""
    found = await _found(desk, q.strip())
    if found and found["items"]:
        return await _dialog(desk, found["items"][0]["client_id"])
    return desk.block("top_up.html", "search", found=found, q=q.strip())


async def _found(desk: Desk, q: str) -> Any:
    if len(q) < SIGNS_MIN:
        return {"items": []}
    return await desk.part(desk.get("/billing/v1/clients", q=q, limit=HITS_MAX))


@router.get("/clients/{client_id}/top-up")
async def top_up_dialog(client_id: str, desk: Desk = AtDesk) -> Response:
    return await _dialog(desk, client_id)


async def _dialog(desk: Desk, client_id: str, status: int = 200, **told: Any) -> Response:
    client = await desk.get(f"/billing/v1/clients/{client_id}")
    data: dict[str, Any] = {"why": None, "wrong": None, "filled": {}, "attempt": str(new_id()), "quick": QUICK_KOPECKS}
    return desk.block("top_up.html", "dialog", status, client=client, **(data | told))


@router.post("/clients/{client_id}/top-up")
async def top_up(client_id: str, request: Request, attempt: Short, desk: Desk = AtDesk) -> Response:
    """Take the money; from here on it is a sale like any other. Silence keeps the attempt: pressing again is safe."""
    form = await typed_in(request)
    known = tenders.of_form(form)
    if isinstance(known, tenders.NotASum):
        return await _dialog(desk, client_id, 422, wrong=known.field, filled=form, attempt=attempt)
    if not known["tenders"]:
        return await _dialog(desk, client_id, 422, wrong="cash", filled=form, attempt=attempt)
    body = {"client_id": client_id, "till_id": desk.till_id, "tenders": known["tenders"]}
    try:
        sale = await desk.send("POST", "/billing/v1/top-ups", body, attempt, wait_s=WAIT_S)
    except Problem as why:
        return await _dialog(desk, client_id, 409, why=why, filled=form, attempt=attempt_after(why, attempt))
    except Unreachable as why:
        return desk.block("top_up.html", "silent", 503, client_id=client_id, filled=form, attempt=attempt, why=why)
    return await payment(desk, sale["sale_id"])
