"""What stands around every page: where one begins, the top bar, the tray of unfinished sales; files and health."""

import asyncio
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse

from console.api.desk import CLUB_COOKIE, LANGUAGE_COOKIE, AtDesk, Desk, Failed, keep
from console.api.packed import packed, takes_brotli
from console.api.pages import STATIC, VENDOR
from console.domain.actions import actions
from console.domain.registers import lamp
from console.domain.texts import LANGUAGES
from console.domain.tray import unfinished

router = APIRouter()
YEAR_S = 365 * 24 * 3600
KEPT = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
PACKED = {"Content-Encoding": "br", "Vary": "Accept-Encoding"}
OPEN_STATES = "open,fiscalising"


@router.get("/")
async def begin(desk: Desk = AtDesk) -> Response:
    """The first page of this person: the first-run guide, the chain, or the hall."""
    if desk.club_id is not None and desk.till_id is not None:
        return RedirectResponse("/hall", 303)
    clubs = await desk.everything("/hall/v1/clubs")
    if not clubs:
        return RedirectResponse("/start", 303)
    if len(clubs) > 1 and desk.club_id is None:
        return RedirectResponse("/chain", 303)
    known = next((club for club in clubs if club["club_id"] == desk.club_id), clubs[0])
    return _at_club(known, "/hall")


@router.get("/clubs/{club_id}")
async def choose_club(club_id: str, desk: Desk = AtDesk) -> Response:
    """This club is on this screen from now on."""
    return _at_club(await desk.get(f"/hall/v1/clubs/{club_id}"), "/hall")


def _at_club(club: Any, then: str) -> Response:
    answer = RedirectResponse(then, 303)
    keep(answer, CLUB_COOKIE, club["club_id"], YEAR_S)
    answer.set_cookie("time-zone", club["time_zone"], max_age=YEAR_S, samesite="lax")
    return answer


@router.get("/top")
async def top(desk: Desk = AtDesk) -> Response:
    """The top bar's own part: club, shift, register. Each fails alone."""
    club, shift, registers = await asyncio.gather(
        desk.part(desk.get(f"/hall/v1/clubs/{desk.club_id}")) if desk.club_id else _nothing(),
        desk.part(_shift(desk)),
        desk.part(desk.get("/fiscal/v1/registers", club_id=desk.club_id)) if desk.club_id else _nothing(),
    )
    known = {"club": club, "shift": shift, "registers": registers["items"] if registers else []}
    return desk.block("top.html", "top", **known, silent=isinstance(registers, Failed), lamp=lamp)


async def _nothing() -> None:
    return None


async def _shift(desk: Desk) -> Any:
    """This till's open shift, or None."""
    return await shift_of(desk) if desk.till_id else None


async def shift_of(desk: Desk) -> Any:
    found = await desk.get("/billing/v1/shifts", till_id=desk.till_id, limit=1)
    return next((one for one in found["items"] if one["state"] != "closed"), None)


@router.get("/actions")
async def any_action(desk: Desk = AtDesk) -> Response:
    """All that this person can begin, to be found by its name."""
    person = desk.person
    found = actions(person.permissions, person.clubs, desk.till_id is not None)
    return desk.block("actions.html", "actions", actions=found)


@router.get("/tray")
async def tray(desk: Desk = AtDesk) -> Response:
    """Sales of this till that are not finished: each leads back to its dialog."""
    if desk.till_id is None or not desk.may("billing.sale.read"):
        return desk.block("tray.html", "tray", sales=[], failed=None)
    found = await desk.part(desk.get("/billing/v1/sales", till_id=desk.till_id, state=OPEN_STATES))
    if isinstance(found, Failed):
        return desk.block("tray.html", "tray", sales=[], failed=found)
    return desk.block("tray.html", "tray", sales=unfinished(found["items"]), failed=None)


@router.post("/language/{language}")
async def choose_language(language: str, request: Request) -> Response:
    """The language of this browser."""
    answer = RedirectResponse(request.headers.get("referer", "/"), 303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="lax")
    return answer


@router.get("/static/{version}/{name:path}")
def static_file(version: str, name: str, request: Request) -> Response:
    """Our own files and htmx; `version` names their content, so a browser keeps them."""
    folder, asked = (VENDOR, name.removeprefix("vendor/")) if name.startswith("vendor/") else (STATIC, name)
    file = (folder / asked).resolve()
    if not file.is_relative_to(Path(folder).resolve()) or not file.is_file():
        return Response(status_code=404)
    if not takes_brotli(request.headers):
        return FileResponse(file, headers=KEPT)
    kind, _ = guess_type(file.name)
    return Response(packed(file), media_type=kind, headers=KEPT | PACKED)


@router.get("/livez", include_in_schema=False)
async def livez() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz", include_in_schema=False)
async def readyz() -> JSONResponse:
    """Always ready: a page says which of the services does not answer."""
    return JSONResponse({"status": "ready"})
