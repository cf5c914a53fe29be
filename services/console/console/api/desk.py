"""The desk that a request comes from: who is signed in, where, in which language; and its pages drawn."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse

from console.api.pages import Pages
from console.clients.services import COMMAND_TIMEOUT_S, REGION_TIMEOUT_S, Problem, Services, Unreachable
from console.clients.sessions import Person, Sessions
from console.domain import tabs
from console.domain.texts import chosen

SESSION_COOKIE, TILL_COOKIE, CLUB_COOKIE, LANGUAGE_COOKIE = "__Host-savepoint", "__Host-till", "__Host-club", "language"
PAGE_MAX = 200


class SignInNeeded(Exception):
    """Nobody is signed in at this browser."""


class Locked(Exception):
    """Somebody is, and the desk is locked: their PIN opens it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What a region shows in the place of its data; false, so that a template can ask."""

    problem: Problem | Unreachable

    def __bool__(self) -> bool:
        return False


class Desk:
    """One request's person, club and language, and the services as that person."""

    def __init__(self, request: Request, person: Person) -> None:
        self.request, self.person = request, person
        self.services: Services = request.app.state.services
        self.pages: Pages = request.app.state.pages
        self.language = language_of(request)
        self.club_id = _club(request, person)
        self.till_id = person.till_id
        self.time_zone = _zone(request)

    def may(self, permission: str) -> bool:
        return self.person.may(permission)

    async def get(self, path: str, **query: Any) -> Any:
        """What a service answers. Raises Problem, Unreachable."""
        asked = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return await self.services.ask("GET", f"{path}?{urlencode(asked)}" if asked else path, self.person.token)

    async def part(self, asked: Awaitable[Any]) -> Any:
        """The same for a region: what it answers, or why there is nothing to show."""
        try:
            return await asked
        except (Problem, Unreachable) as why:
            return Failed(why)

    async def send(
        self, method: str, path: str, body: Any = None, attempt: str | None = None, wait_s: int = 0, proof: str = ""
    ) -> Any:
        """Change something; `attempt` is the same for every press of one dialog. Raises Problem, Unreachable."""
        headers = {"Idempotency-Key": attempt} if attempt else {}
        headers |= {"Prefer": f"wait={wait_s}"} if wait_s else {}
        headers |= {"Savepoint-Proof": proof} if proof else {}
        timeout_s = COMMAND_TIMEOUT_S if wait_s or attempt else REGION_TIMEOUT_S
        return await self.services.ask(method, path, self.person.token, body, headers, timeout_s)

    async def everything(self, path: str, **query: Any) -> list[Any]:
        """All pages of a list that is short by its nature: zones, tariffs, devices of a club."""
        found: list[Any] = []
        after = None
        # The hall's lists name the page before otherwise than the others'.
        cursor = "cursor" if path.startswith("/hall/") else "after"
        while True:
            page = await self.get(path, limit=PAGE_MAX, **{cursor: after}, **query)
            found += page["items"]
            after = page.get("next")
            if after is None:
                return found

    def page(self, template: str, status: int = 200, **data: Any) -> HTMLResponse:
        """A whole page; to htmx alone the template's block `work` where it asks for a part."""
        return HTMLResponse(self.pages.draw(template, self.language, self._around() | data), status)

    def block(self, template: str, block: str, status: int = 200, **data: Any) -> HTMLResponse:
        """One block of a template: a region that is loaded alone."""
        return HTMLResponse(self.pages.draw(template, self.language, self._around() | data, block), status)

    def _around(self) -> dict[str, Any]:
        here, person = self.request.url.path, self.person
        return {
            "desk": self,
            "me": person,
            "may": self.may,
            "here": here,
            "tabs": [tab for tab in tabs.TABS if tabs.shown(tab, person.permissions, person.clubs)],
            "here_tab": tabs.of(here),
            "time_zone": self.time_zone,
        }


def language_of(request: Request) -> str:
    return chosen(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def _club(request: Request, person: Person) -> str | None:
    """The club that is on this screen: what was chosen here, where the person works in it."""
    asked = request.query_params.get("club") or request.cookies.get(CLUB_COOKIE)
    if asked is not None and (person.clubs is None or asked in person.clubs):
        return asked
    return person.clubs[0] if person.clubs else None


def _zone(request: Request) -> str:
    """The club's time zone; what is none is not believed."""
    asked = request.cookies.get("time-zone", "")
    try:
        return ZoneInfo(asked).key
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return "Europe/Moscow"


async def _at_desk(request: Request) -> Desk:
    secret = request.cookies.get(SESSION_COOKIE)
    if not secret:
        raise SignInNeeded
    sessions: Sessions = request.app.state.sessions
    try:
        person = await sessions.person(secret)
    except Problem as why:
        if why.status == 423:
            raise Locked from None
        if why.status in (401, 422):
            raise SignInNeeded from None
        raise
    tab = tabs.of(request.url.path)
    if tab is not None and not tabs.shown(tab, person.permissions, person.clubs):
        missing = {"code": "permission_missing", "params": {"permission": tab.permission or "—"}}
        raise Problem("console", 403, missing)
    return Desk(request, person)


AtDesk: Any = Depends(_at_desk)
"""The desk of a request; whoever is not signed in is led to the sign-in page and back."""


def keep(response: Response, name: str, value: str, age_s: int) -> None:
    """A cookie that no script reads and no other host gets; browsers take it over plain HTTP on localhost alone."""
    response.set_cookie(name, value, max_age=age_s, path="/", secure=True, httponly=True, samesite="lax")


def drop(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
