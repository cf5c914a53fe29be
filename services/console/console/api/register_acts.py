"""What is asked of a register from its page: its devices, a test slip, an X-report; and the taxes of its club."""

from typing import Any, Literal

from fastapi import APIRouter, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import Attempt, Short, status_of
from console.api.register import taxes_of
from console.clients.services import WAIT_S, Problem, Unreachable
from console.domain.registers import RATES, SYSTEMS, with_tax, without_tax
from kit.time import new_id

router = APIRouter()
Kind = Literal["x-report", "test-slip"]


@router.post("/registers/{register_id}/devices")
async def devices(register_id: str, desk: Desk = AtDesk, num_device: Short = "0") -> Response:
    """Which devices the club's KKM-Server has, to choose the register from."""
    path = f"/fiscal/v1/registers/{register_id}/devices/refresh"
    try:
        command = await desk.send("POST", path, None, str(new_id()), wait_s=WAIT_S)
    except (Problem, Unreachable) as why:
        return _devices(desk, register_id, num_device, None, why)
    return _devices(desk, register_id, num_device, command)


def _devices(desk: Desk, register_id: str, chosen: str, command: Any, why: Any = None) -> Response:
    number = int(chosen) if chosen.isdigit() else 0
    told = {"register_id": register_id, "chosen": number, "command": command, "why": why}
    return desk.block("register_devices.html", "devices", **told)


@router.post("/registers/{register_id}/print/{kind}")
async def ask(register_id: str, kind: Kind, attempt: Attempt, desk: Desk = AtDesk) -> Response:
    """Print a slip or an X-report; what came of it stands under the buttons."""
    told: dict[str, Any] = {"register_id": register_id, "command": None, "why": None}
    try:
        told["command"] = await desk.send(
            "POST", f"/fiscal/v1/registers/{register_id}/{kind}", None, f"{attempt}-{kind}", wait_s=WAIT_S
        )
    except (Problem, Unreachable) as why:
        told["why"] = why
    return desk.block("register_command.html", "command", **told)


@router.get("/registers/{register_id}/commands/{command_id}")
async def command(register_id: str, command_id: str, desk: Desk = AtDesk, chosen: str = "0") -> Response:
    """How far it is, asked again while the register has not answered."""
    found = await desk.get(f"/fiscal/v1/registers/{register_id}/commands/{command_id}")
    if found["kind"] == "devices":
        return _devices(desk, register_id, chosen, found)
    return desk.block("register_command.html", "command", register_id=register_id, command=found, why=None)


@router.post("/registers/taxes/new")
async def add_tax(since: Short, system: Short, vat: Short, desk: Desk = AtDesk) -> Response:
    """A tax system and rate from a day on; what is of earlier days stays."""
    filled = {"since": since, "system": system, "vat": vat}
    known = await taxes_of(desk)
    return await _replace(desk, known, with_tax(known or [], since, system, vat), filled)


@router.post("/registers/taxes/{since}/remove")
async def remove_tax(since: str, desk: Desk = AtDesk) -> Response:
    """Take back what was to begin on that day."""
    known = await taxes_of(desk)
    return await _replace(desk, known, without_tax(known or [], since), {})


async def _replace(desk: Desk, known: Any, wanted: list[dict[str, str]], filled: dict[str, str]) -> Response:
    """All settings are replaced at once, so nothing is sent where those of before are not known."""
    try:
        if not known and not isinstance(known, list):
            raise known.problem
        await desk.send("PUT", f"/fiscal/v1/clubs/{desk.club_id}/tax", {"settings": wanted})
    except (Problem, Unreachable) as why:
        return _taxes(desk, known, status_of(why), tax_why=why, tax_filled=filled)
    return _taxes(desk, sorted(wanted, key=lambda one: one["since"], reverse=True))


def _taxes(desk: Desk, known: Any, status: int = 200, **told: Any) -> Response:
    data: dict[str, Any] = {"tax": known, "tax_why": None, "tax_filled": {}, "systems": SYSTEMS, "rates": RATES}
    return desk.block("taxes.html", "taxes", status, **(data | told))
