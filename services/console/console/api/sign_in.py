"""Signing in: with a PIN at an enrolled till, with a password anywhere; locking, switching, leaving."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from console.api.desk import CLUB_COOKIE, SESSION_COOKIE, TILL_COOKIE, AtDesk, Desk, drop, keep, language_of
from console.clients.services import SIGN_IN_TIMEOUT_S, Problem, Services, Unreachable

router = APIRouter()
SESSION_S = 12 * 3600
YEAR_S = 365 * 24 * 3600
Field = Annotated[str, Form(max_length=200)]


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/", password: bool = False) -> Response:  # noqa: A002
    """The people of this till, or the password form where this browser is no till."""
    till, why = await _till(request)
    return _page(request, till, next=_inside(next), by_password=password or not till or not till["members"], why=why)


@router.post("/sign-in/pin")
async def with_pin(request: Request, member_id: Field, pin: Field, next: Field = "/") -> Response:  # noqa: A002
    """A PIN opens a session at this browser's till, and nowhere else."""
    return await _signed_in(request, "/staff/v1/sessions/pin", {"member_id": member_id, "pin": pin}, next)


@router.post("/sign-in/password")
async def with_password(request: Request, login: Field, password: Field, next: Field = "/") -> Response:  # noqa: A002
    return await _signed_in(request, "/staff/v1/sessions", {"login": login.strip(), "password": password}, next)


async def _signed_in(request: Request, path: str, body: dict[str, str], then: str) -> Response:
    services: Services = request.app.state.services
    try:
        session = await services.ask("POST", path, body=body, headers=_at_till(request), timeout_s=SIGN_IN_TIMEOUT_S)
    except (Problem, Unreachable) as why:
        till, _ = await _till(request)
        data = {"next": _inside(then), "by_password": "login" in body, "why": why, "filled": body}
        return _page(request, till, status=getattr(why, "status", 503), **data)
    answer = RedirectResponse("/password" if session["must_change_password"] else _inside(then), 303)
    keep(answer, SESSION_COOKIE, session["session"], SESSION_S)
    till, _ = await _till(request)
    if till:
        keep(answer, CLUB_COOKIE, till["club_id"], YEAR_S)
    return answer


@router.get("/password")
async def password_page(desk: Desk = AtDesk) -> Response:
    return desk.page("password.html", why=None)


@router.post("/password")
async def new_password(old: Field, new: Field = "", pin: Field = "", desk: Desk = AtDesk) -> Response:
    """A password of one's own, and the PIN for the tills; whoever has just got a one-time password begins here.

    What is left empty stays as it is.
    """
    sessions, secret = desk.request.app.state.sessions, desk.request.cookies.get(SESSION_COOKIE, "")
    try:
        if new:
            await desk.send("POST", "/staff/v1/password", {"old": old, "new": new})
        if pin:
            # This session goes on, and its next token may do all that its person may.
            sessions.forget(secret)
            fresh = Desk(desk.request, await sessions.person(secret))
            await fresh.send("PUT", "/staff/v1/me/pin", {"pin": pin, "password": new or old})
    except (Problem, Unreachable) as why:
        return desk.page("password.html", status=getattr(why, "status", 503), why=why)
    sessions.forget(secret)
    return RedirectResponse("/", 303)


@router.get("/locked")
async def locked_page(request: Request, next: str = "/") -> Response:  # noqa: A002
    """A locked desk that was opened anew; over a page that is open the same form lies as a dialog."""
    return _drawn(request, "locked.html", next=_inside(next), why=None)


@router.post("/lock")
async def lock(request: Request) -> Response:
    """Lock this desk: everything stays on the screen, and nothing can be done until the PIN is entered."""
    secret, sessions = request.cookies.get(SESSION_COOKIE, ""), request.app.state.sessions
    sessions.lock(secret)
    await request.app.state.services.ask("POST", "/staff/v1/sessions/lock", body={"session": secret})
    # Once more: staff may have given a token until it had heard.
    sessions.lock(secret)
    return Response(status_code=204, headers={"HX-Trigger": "desk.locked"})


@router.post("/unlock")
async def unlock(request: Request, pin: Field, next: Field = "") -> Response:  # noqa: A002
    services: Services = request.app.state.services
    body = {"session": request.cookies.get(SESSION_COOKIE, ""), "pin": pin}
    try:
        await services.ask("POST", "/staff/v1/sessions/unlock", body=body)
    except (Problem, Unreachable) as why:
        if getattr(why, "code", "") == "session_ended":
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        return _drawn(request, "locked.html", "form", status=getattr(why, "status", 503), why=why, next=next)
    request.app.state.sessions.unlock(body["session"])
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Trigger": "desk.unlocked"})
    return RedirectResponse(_inside(next), 303)


@router.post("/sign-out")
async def sign_out(request: Request, desk: Desk = AtDesk) -> Response:
    """The session ends here and at staff; the till stays enrolled, its shift stays open."""
    await desk.part(desk.send("DELETE", f"/staff/v1/sessions/{desk.person.session_id}"))
    request.app.state.sessions.forget(request.cookies.get(SESSION_COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    drop(answer, SESSION_COOKIE)
    return answer


def _at_till(request: Request) -> dict[str, str]:
    secret = request.cookies.get(TILL_COOKIE)
    # Where somebody is signed in is known by the browser's own name for itself.
    return {"User-Agent": request.headers.get("user-agent", "")} | ({"Savepoint-Till": secret} if secret else {})


async def _till(request: Request) -> tuple[Any, Problem | Unreachable | None]:
    """This browser's till with its people; nothing where it is none, and why where staff does not say."""
    if TILL_COOKIE not in request.cookies:
        return None, None
    services: Services = request.app.state.services
    try:
        return await services.ask(
            "GET", "/staff/v1/tills/me", headers=_at_till(request), timeout_s=SIGN_IN_TIMEOUT_S
        ), None
    except (Problem, Unreachable) as why:
        return None, why


def _page(request: Request, till: Any, status: int = 200, **data: Any) -> HTMLResponse:
    told: dict[str, Any] = {"filled": {}, "next": "/", "by_password": True, "why": None} | data
    return _drawn(request, "sign_in.html", status=status, till=till, **told)


def _drawn(request: Request, template: str, block: str | None = None, status: int = 200, **data: Any) -> HTMLResponse:
    language = language_of(request)
    return HTMLResponse(request.app.state.pages.draw(template, language, {"here": "", **data}, block), status)


def _inside(path: str) -> str:
    """Only to a page of ours: nobody is led elsewhere after signing in."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
