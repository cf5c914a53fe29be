"""Clients: find, register, and one client's card with why the balance is what it is."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from console.api.desk import AtDesk, Desk
from console.api.forms import attempt_after, status_of
from console.clients.services import Problem, Unreachable
from console.domain import money
from console.domain.clients import changes, page_of
from console.domain.moments import moment
from kit.time import new_id

router = APIRouter()
Short = Annotated[str, Form(max_length=128)]
Asked = Annotated[str, Query(max_length=64)]
SIGNS_MIN = 3
STATEMENT_MAX = 200
ROWS = 30
VIEWS = ("operations", "visits", "receipts", "data")


@router.get("/clients")
async def clients(desk: Desk = AtDesk, q: Asked = "", after: Asked = "") -> Response:
    """Search as one types; without a search, everybody, newest first. Enter on one hit opens it."""
    q = q.strip()
    short = 0 < len(q) < SIGNS_MIN
    found = {"items": []} if short else await desk.part(desk.get("/billing/v1/clients", q=q, after=after, limit=ROWS))
    data: dict[str, Any] = {"found": found, "q": q, "short": short}
    if "hx-request" in desk.request.headers:
        return desk.block("clients.html", "rows" if after else "list", **data)
    if q and found and len(found["items"]) == 1:
        return RedirectResponse(f"/clients/{found['items'][0]['client_id']}", 303)
    return desk.page("clients.html", **data)


@router.get("/clients/new")
async def new_page(desk: Desk = AtDesk, phone: Asked = "") -> Response:
    return _new(desk, {"phone": phone})


def _new(desk: Desk, filled: Any, status: int = 200, **told: Any) -> Response:
    data: dict[str, Any] = {"why": None, "other": None, "attempt": str(new_id())}
    return desk.page("client_new.html", status, filled=filled, **(data | told))


@router.post("/clients/new")
async def register(name: Short, phone: Short, attempt: Short, card: Short = "", desk: Desk = AtDesk) -> Response:
    """Register a client. A phone or a card that somebody has leads to that client."""
    filled = {"name": name.strip(), "phone": phone.strip(), "card": card.strip()}
    body = filled | {"card": filled["card"] or None}
    try:
        client = await desk.send("POST", "/billing/v1/clients", body, attempt)
    except (Problem, Unreachable) as why:
        told = {"why": why, "attempt": attempt_after(why, attempt), "other": await _other(desk, why, filled)}
        return _new(desk, filled, status_of(why), **told)
    return RedirectResponse(f"/clients/{client['client_id']}", 303)


async def _other(desk: Desk, why: Problem | Unreachable, filled: Any) -> Any:
    """The client who has this phone or card already."""
    code = getattr(why, "code", "")
    if code not in ("phone_taken", "card_taken"):
        return None
    found = await desk.part(desk.get("/billing/v1/clients", q=filled[code.partition("_")[0]], limit=1))
    return found["items"][0] if found and found["items"] else None


@router.get("/clients/{client_id}")
async def card(
    client_id: str, desk: Desk = AtDesk, view: str = "", account: str = "balance", as_of: str = ""
) -> Response:
    """A client's card. To htmx alone the figures with the chosen list: they are drawn anew after each change."""
    client = await desk.get(f"/billing/v1/clients/{client_id}")
    data = await _shown(desk, client, view, account, as_of)
    if "hx-request" in desk.request.headers:
        return desk.block("client.html", "account", **data)
    return desk.page("client.html", **data)


async def _shown(desk: Desk, client: Any, view: str, account: str = "balance", as_of: str = "") -> dict[str, Any]:
    view = view if view in VIEWS else VIEWS[0]
    shown = {"client": client, "view": view, "account": account, "as_of": as_of, "rows": None}
    shown |= {"why": None, "other": None, "filled": client, "path": page_of(client["client_id"], view, account, as_of)}
    if view == "operations":
        shown["rows"] = await _operations(desk, client["client_id"], account, as_of)
    elif view == "visits":
        shown["rows"] = await desk.part(desk.get("/hall/v1/sessions", client_id=client["client_id"], limit=ROWS))
    elif view == "receipts":
        shown["rows"] = await desk.part(desk.get("/fiscal/v1/receipts", client_id=client["client_id"], limit=ROWS))
    return shown


async def _operations(desk: Desk, client_id: str, account: str, as_of: str, after: str = "", limit: int = ROWS) -> Any:
    known = moment(as_of, desk.time_zone)
    asked = {"account": account, "as_of": known.isoformat() if known else None, "after": after, "limit": limit}
    return await desk.part(desk.get(f"/billing/v1/clients/{client_id}/operations", **asked))


@router.get("/clients/{client_id}/operations")
async def more_operations(
    client_id: str, after: Asked, desk: Desk = AtDesk, account: str = "balance", as_of: str = ""
) -> Response:
    """Older operations, under those that are shown."""
    rows = await _operations(desk, client_id, account, as_of, after)
    path = page_of(client_id, "operations", account, as_of)
    return desk.block("operation_rows.html", "operations", rows=rows, path=path)


@router.get("/clients/{client_id}/statement")
async def statement(client_id: str, desk: Desk = AtDesk, account: str = "balance", as_of: str = "") -> Response:
    """The account on paper."""
    client = await desk.get(f"/billing/v1/clients/{client_id}")
    rows = await _operations(desk, client_id, account, as_of, limit=STATEMENT_MAX)
    moment_of = moment(as_of, desk.time_zone)
    return desk.page("statement.html", client=client, rows=rows, account=account, moment=moment_of, path="")


@router.post("/clients/{client_id}")
async def change(client_id: str, name: Short, phone: Short, card: Short = "", desk: Desk = AtDesk) -> Response:
    """Correct a client's name, phone or card; an empty card is taken away."""
    client = await desk.get(f"/billing/v1/clients/{client_id}")
    filled = {"name": name.strip(), "phone": phone.strip(), "card": card.strip()}
    try:
        await desk.send("PATCH", f"/billing/v1/clients/{client_id}", changes(client, filled))
    except (Problem, Unreachable) as why:
        data = await _shown(desk, client, "data")
        told = {"why": why, "filled": filled, "other": await _other(desk, why, filled)}
        return desk.page("client.html", status_of(why), **(data | told))
    return RedirectResponse(f"/clients/{client_id}", 303)


@router.get("/clients/{client_id}/bonuses")
async def bonus_dialog(client_id: str, desk: Desk = AtDesk) -> Response:
    """The dialog in which bonuses are given or taken back, with a reason."""
    return await _bonuses(desk, client_id)


async def _bonuses(desk: Desk, client_id: str, status: int = 200, **told: Any) -> Response:
    client = await desk.get(f"/billing/v1/clients/{client_id}")
    data: dict[str, Any] = {"filled": {}, "wrong": None, "why": None, "attempt": str(new_id())}
    return desk.block("bonuses.html", "dialog", status, client=client, **(data | told))


@router.post("/clients/{client_id}/bonuses")
async def give_bonuses(
    client_id: str,
    amount: Short,
    attempt: Short,
    reason: Annotated[str, Form(max_length=200)] = "",
    way: Short = "give",
    desk: Desk = AtDesk,
) -> Response:
    """Give bonuses, or take some back; the reason stands in the journal."""
    filled = {"amount": amount, "reason": reason.strip(), "way": way}
    kopecks = money.typed(amount)
    if not kopecks:
        return await _bonuses(desk, client_id, 422, filled=filled, wrong="amount", attempt=attempt)
    body = {"amount_kopecks": -kopecks if way == "take" else kopecks, "reason": filled["reason"]}
    try:
        await desk.send("POST", f"/billing/v1/clients/{client_id}/bonuses", body, attempt)
    except (Problem, Unreachable) as why:
        again = attempt_after(why, attempt)
        return await _bonuses(desk, client_id, status_of(why), filled=filled, why=why, attempt=again)
    return Response(status_code=204, headers={"HX-Trigger": "dialog.close, client.changed"})
