"""The settings of people: who works here, as what and where; and where somebody is signed in."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import Attempt, Why, attempt_after, different, lists_in, status_of, words
from console.clients.services import Problem, Unreachable
from console.domain import setup
from kit.time import new_id

router = APIRouter()
MEMBERS = "/staff/v1/members"


@router.get("/settings/people")
async def page(desk: Desk = AtDesk, edit: str = "") -> Response:
    """All who work at the clubs that this person sees, and a form: for somebody new, or for the one that is edited."""
    return desk.page("settings_people.html", **await _seen(desk, edit))


async def _seen(desk: Desk, edit: str = "", **told: Any) -> dict[str, Any]:
    members, clubs = await asyncio.gather(desk.everything(MEMBERS), desk.everything("/hall/v1/clubs"))
    names = {club["club_id"]: club["name"] for club in clubs}
    edited = next((one for one in members if one["member_id"] == edit), None)
    sessions = None
    if edited is not None and (desk.may("staff.session.manage") or edit == desk.person.member_id):
        sessions = await desk.part(desk.get("/staff/v1/sessions", member_id=edit, limit=50))
    say = words(desk)
    data = {"members": sorted(members, key=lambda one: str(one["name"])), "clubs": clubs, "edited": edited}
    data |= {"works_at": {one["member_id"]: setup.at_clubs(one["clubs"], names, say) for one in members}}
    data |= {"roles": setup.ROLES, "roles_mean": setup.ROLES_MEAN, "sessions": sessions, "filled": _filled(edited)}
    plain: dict[str, Any] = {"changed": None, "about": "", "done": "", "fresh": None, "why": None}
    return data | plain | {"attempt": str(new_id())} | told


def _filled(member: Any) -> dict[str, list[str]]:
    """Somebody as the form holds them."""
    if member is None:
        return {"role": ["operator"], "everywhere": ["1"]}
    form = {"name": [member["name"]], "role": [member["role"]], "inn": [member["inn"] or ""]}
    return form | ({"everywhere": ["1"]} if member["clubs"] is None else {"clubs": member["clubs"]})


def _body(form: dict[str, list[str]]) -> dict[str, Any]:
    """All clubs, or those that were ticked."""
    body: dict[str, Any] = {name: form.get(name, [""])[0].strip() for name in ("name", "role")}
    body["clubs"] = None if form.get("everywhere") else form.get("clubs", [])
    return body | {"inn": form.get("inn", [""])[0].strip() or None}


@router.post("/settings/people")
async def add(request: Request, desk: Desk = AtDesk) -> Response:
    """Somebody joins; the one-time password is on this page once and never again."""
    form = await lists_in(request)
    body, attempt = _body(form), form.get("attempt", [""])[0]
    body = {name: value for name, value in body.items() if value is not None}
    try:
        made = await desk.send("POST", MEMBERS, body | {"login": form.get("login", [""])[0].strip()}, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, filled=form, attempt=attempt_after(why, attempt))
    return desk.block("settings_people.html", "work", **await _seen(desk, fresh=made))


@router.post("/settings/people/{member_id}")
async def change(member_id: str, request: Request, desk: Desk = AtDesk) -> Response:
    form = await lists_in(request)
    before = await _member(desk, member_id)
    try:
        after = await desk.send("PATCH", f"{MEMBERS}/{member_id}", different(_body(form), before))
    except (Problem, Unreachable) as why:
        return await _again(desk, why, member_id, filled=form)
    seen, say = await _seen(desk), words(desk)
    names = {club["club_id"]: club["name"] for club in seen["clubs"]}
    changed = setup.changes(setup.member_told(before, names, say), setup.member_told(after, names, say))
    return desk.block("settings_people.html", "work", **seen | {"changed": changed, "about": after["name"]})


async def _member(desk: Desk, member_id: str) -> Any:
    found = next((one for one in await desk.everything(MEMBERS) if one["member_id"] == member_id), None)
    if found is None:
        raise Problem("staff", 404, {"code": "not_found"})
    return found


@router.post("/settings/people/{member_id}/password")
async def reset(member_id: str, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """A new one-time password; whoever was signed in with the old one is out."""
    try:
        made = await desk.send("POST", f"{MEMBERS}/{member_id}/reset-password", None, attempt)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, member_id, attempt=attempt_after(why, attempt))
    return desk.block("settings_people.html", "work", **await _seen(desk, member_id, fresh=made))


@router.post("/settings/people/{member_id}/unlock")
async def unlock(member_id: str, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    asked = ("POST", f"{MEMBERS}/{member_id}/unlock", None, f"{attempt}-unlock")
    return await _did(desk, member_id, "unlocked", *asked)


@router.post("/settings/people/{member_id}/pin")
async def take_pin(member_id: str, desk: Desk = AtDesk) -> Response:
    return await _did(desk, member_id, "pin_taken", "DELETE", f"{MEMBERS}/{member_id}/pin")


@router.post("/settings/people/{member_id}/remove")
async def remove(member_id: str, desk: Desk = AtDesk) -> Response:
    return await _did(desk, member_id, "removed", "DELETE", f"{MEMBERS}/{member_id}")


@router.post("/settings/people/{member_id}/sessions/{session_id}")
async def end_session(member_id: str, session_id: str, desk: Desk = AtDesk) -> Response:
    return await _did(desk, member_id, "session_ended", "DELETE", f"/staff/v1/sessions/{session_id}")


async def _did(desk: Desk, member_id: str, done: str, *asked: Any) -> Response:
    member = await _member(desk, member_id)
    try:
        await desk.send(*asked)
    except (Problem, Unreachable) as why:
        return await _again(desk, why, member_id)
    return desk.block("settings_people.html", "work", **await _seen(desk, member_id, done=done, about=member["name"]))


async def _again(desk: Desk, why: Why, member_id: str = "", **told: Any) -> Response:
    return desk.block("settings_people.html", "work", status_of(why), **await _seen(desk, member_id, why=why, **told))


@router.get("/sessions")
async def own_sessions(desk: Desk = AtDesk) -> Response:
    """Where this person is signed in."""
    return desk.page("sessions.html", **await _own(desk))


async def _own(desk: Desk, **told: Any) -> dict[str, Any]:
    found = await desk.part(desk.get("/staff/v1/sessions", limit=50))
    return {"found": found, "why": None, "ended": False} | told


@router.post("/sessions/{session_id}/end")
async def end_own(session_id: str, desk: Desk = AtDesk) -> Response:
    """End one of them: that browser must sign in again."""
    try:
        await desk.send("DELETE", f"/staff/v1/sessions/{session_id}")
    except (Problem, Unreachable) as why:
        return desk.block("sessions.html", "work", status_of(why), **await _own(desk, why=why))
    return desk.block("sessions.html", "work", **await _own(desk, ended=True))
