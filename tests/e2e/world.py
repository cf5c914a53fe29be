"""What bad input is tried on: a caller with rights in one club, and another club where they have none."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from savepoint.day import HOUR_PRICE, Club, Desk, desk, soon
from tests.e2e import stacks
from tests.e2e.stacks import Stack

USED_KEY = str(uuid4())
"""An Idempotency-Key that every service has answered to."""


@dataclass(slots=True)
class World:
    """`here` is where the caller may do everything, `there` where they may do nothing."""

    http: httpx.AsyncClient
    token: str
    of_the_org: str
    """The token of an owner of all clubs."""
    powerless: str
    """The token of a machine that may do nothing by HTTP."""
    here: dict[str, str]
    there: dict[str, str]
    owner: Desk

    async def leave(self) -> None:
        """End what was begun in the other club."""
        shift = f"/billing/v1/shifts/{self.there['shift_id']}"
        await self.owner.post(f"/hall/v1/sessions/{self.there['session_id']}/end", {"reason": "гость ушёл"})

        async def closed() -> bool:
            return (await self.owner.send("POST", f"{shift}/close", {"cash_kopecks": HOUR_PRICE})).status_code == 200

        await soon(closed, "the other club's shift closes")


async def world(stack: Stack, club: Club, around: AsyncExitStack) -> World:
    """Make it all through the API, as an owner would; returns when no word about it is on its way."""
    owner = await around.enter_async_context(desk(stack.url))
    await owner.sign_in("owner", club.logins["owner"])
    here = await _here(owner, club)
    there = await _there(owner)
    other = await around.enter_async_context(desk(stack.url))
    await _owner_of(owner, other, club)
    machine = await owner.post("/staff/v1/machines", {"name": "ПК", "kind": "agent", "club_id": club.club_id}, 201)
    proof = {"machine_id": machine["machine_id"], "secret": machine["secret"]}
    powerless = (await owner.post("/staff/v1/machines/token", proof))["access_token"]
    here["machine_id"] = machine["machine_id"]
    made = World(other.http, other.token, owner.token, powerless, here, there, owner)
    await _quiet(stack)
    return made


async def _here(owner: Desk, club: Club) -> dict[str, str]:
    """What the caller's club has; where it has none of a thing, an id that is nobody's will do."""
    device = await owner.get(f"/hall/v1/devices/{club.devices[0]}")
    members = (await owner.get("/staff/v1/members"))["items"]
    client = await owner.post("/billing/v1/clients", _somebody(), 201, USED_KEY)
    names = ("session_id", "sale_id", "shift_id", "receipt_id", "refund_id", "approval_id", "command_id")
    nobodys = {name: str(uuid4()) for name in names}
    return nobodys | {
        "name": f"ничьё имя {uuid4().hex[:8]}",
        "club_id": club.club_id,
        "clubs": club.club_id,
        "zone_id": device["zone_id"],
        "device_id": club.devices[0],
        "tariff_id": club.tariff_id,
        "till_id": club.till_id,
        "register_id": club.register_id,
        "client_id": client["client_id"],
        "member_id": next(one["member_id"] for one in members if one["login"] == "anna"),
    }


def _somebody() -> dict[str, str]:
    return {"phone": f"+7916{uuid4().int % 10**7:07d}", "name": "Пётр"}


async def _owner_of(owner: Desk, other: Desk, club: Club) -> None:
    """Sign in somebody who may do everything, at one club."""
    login, password = f"owner{uuid4().hex[:8]}", uuid4().hex
    member = {"login": login, "name": "Вера", "role": "owner", "clubs": [club.club_id]}
    one_time = (await owner.post("/staff/v1/members", member, 201))["one_time_password"]
    await other.sign_in(login, one_time)
    await other.post("/staff/v1/password", {"old": one_time, "new": password})
    await other.sign_in(login, password)


async def _there(owner: Desk) -> dict[str, str]:
    """Another club of the same org, where a guest has paid and plays; its receipts are made elsewhere."""
    new = {"name": "Клуб на Невском", "time_zone": "Europe/Moscow"}
    club_id = (await owner.post("/hall/v1/clubs", new, 201))["club_id"]
    at = f"/hall/v1/clubs/{club_id}"
    zone_id = (await owner.post(f"{at}/zones", {"name": "VIP"}, 201, USED_KEY))["zone_id"]
    device = await owner.post(f"{at}/devices", {"name": "PC-01", "kind": "pc", "zone_id": zone_id}, 201)
    priced = {"name": "Час", "minutes": 60, "prices": [{"zone_id": zone_id, "price_kopecks": HOUR_PRICE}]}
    tariff = await owner.post(f"{at}/tariffs", priced, 201)
    till = await owner.post("/staff/v1/tills", {"club_id": club_id, "name": "Стойка"}, 201, USED_KEY)
    machine = await owner.post("/staff/v1/machines", {"name": "ПК", "kind": "agent", "club_id": club_id}, 201)
    member = {"login": f"oper{uuid4().hex[:8]}", "name": "Глеб", "role": "operator", "clubs": [club_id]}
    hired = await owner.post("/staff/v1/members", member, 201)
    ids = {"club_id": club_id, "clubs": club_id, "zone_id": zone_id, "device_id": device["device_id"]}
    ids |= {"tariff_id": tariff["tariff_id"], "till_id": till["till_id"], "machine_id": machine["machine_id"]}
    return await _trading(owner, ids | {"member_id": hired["member_id"]})


async def _trading(owner: Desk, ids: dict[str, str]) -> dict[str, str]:
    """Open the other club: a register, a shift, and a guest who pays."""
    register = {"club_id": ids["club_id"], "name": "Касса", "mode": "off"}

    async def registered() -> Any:
        answer = await owner.send("POST", "/fiscal/v1/registers", register, USED_KEY)
        return answer.json() if answer.status_code == 201 else None

    async def opened() -> Any:
        answer = await owner.send("POST", "/billing/v1/shifts", {"till_id": ids["till_id"], "float_kopecks": 0})
        return answer.json() if answer.status_code == 201 else None

    ids["register_id"] = (await soon(registered, "fiscal knows the club"))["register_id"]
    ids["shift_id"] = (await soon(opened, "billing knows the till"))["shift_id"]
    order = {name: ids[name] for name in ("device_id", "tariff_id", "till_id")}
    payment = {"tenders": [{"kind": "cash", "amount_kopecks": HOUR_PRICE}]}
    session = await owner.post("/hall/v1/sessions", order | {"payment": payment})
    sale = await owner.get(f"/billing/v1/sales/{session['sale_id']}")
    ids |= {name: session[name] for name in ("session_id", "sale_id")}
    return ids | {"receipt_id": sale["receipt_id"], "refund_id": str(uuid4())}


async def _quiet(stack: Stack) -> None:
    """Wait until all that was told has been heard."""

    async def sent() -> bool:
        return int((await asyncio.to_thread(stacks.audit, stack))["unsent"]) == 0

    async def still() -> bool:
        return await stack.digest() == await stack.digest()

    await soon(sent, "everything is sent")
    await soon(still, "everything is heard")
