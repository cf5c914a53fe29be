"""Starting a session: who, which tariff, and on to the payment."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from console.api.desk import AtDesk, Desk
from console.api.hall import panel
from console.api.pay import dialog
from console.clients.services import Problem, Unreachable
from kit.time import new_id

router = APIRouter()
Short = Annotated[str, Form(max_length=64)]
HITS_MAX = 8


@router.get("/sell/clients")
async def clients(q: str = "", device_id: str = "", desk: Desk = AtDesk) -> Response:
    """Clients that are meant by what is typed: phone, its last digits, name or card."""
    found: Any = {"items": []}
    if len(q.strip()) >= 3:
        found = await desk.part(desk.get("/billing/v1/clients", q=q.strip(), limit=HITS_MAX))
    return desk.block("clients_found.html", "found", found=found, q=q.strip(), device_id=device_id)


@router.get("/sell/places/{device_id}")
async def for_client(device_id: str, client_id: str = "", desk: Desk = AtDesk) -> Response:
    """The start panel with this client chosen: the offers are his."""
    client = await desk.get(f"/billing/v1/clients/{client_id}") if client_id else None
    return await panel(desk, device_id, client=client)


@router.post("/sell/places/{device_id}")
async def order(
    device_id: str, tariff_id: Short, attempt: Short, client_id: Short = "", desk: Desk = AtDesk
) -> Response:
    """Hold the place and open its sale; the pay dialog comes next. A place just taken keeps what was chosen."""
    body = {"device_id": device_id, "till_id": desk.till_id, "tariff_id": tariff_id, "client_id": client_id or None}
    try:
        session = await desk.send("POST", "/hall/v1/sessions", body, attempt)
    except (Problem, Unreachable) as why:
        client = await desk.part(desk.get(f"/billing/v1/clients/{client_id}")) if client_id else None
        again = str(new_id()) if getattr(why, "definite", False) else attempt
        kept = {"client_id": client_id, "tariff_id": tariff_id}
        told = {"client": client or None, "chosen": tariff_id, "attempt": again, "why": why, "kept": kept}
        refused = await panel(desk, device_id, 409, **told)
        # The form's answer is meant for the pay dialog; a refusal belongs where the form stands.
        refused.headers["HX-Retarget"] = "#side"
        return refused
    return await dialog(desk, session["sale_id"], session=session)
