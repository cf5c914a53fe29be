"""Builders with good defaults, and ways to look at what is there."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from conftest import ORG
from kit.db import Database
from kit.time import new_id, utc_now
from staff.domain import passwords
from staff.domain.machine import Machine
from staff.domain.member import Member
from staff.domain.till import Till
from staff.domain.vault import Vault
from staff.settings import Settings
from staff.store import members, orgs

CLUB, OTHER_CLUB = UUID("0193a000-0000-7000-8000-0000000000c1"), UUID("0193a000-0000-7000-8000-0000000000c2")
OTHER_ORG = UUID("0193a000-0000-7000-8000-000000000002")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "a signing secret of the tests, long enough"
PASSWORD = "верная лошадь батарея скоба"
PASSWORD_HASH = passwords.hashed(PASSWORD)
PIN, OTHER_PIN = "904175", "381640"
TABLES = ["org", "member", "login_tries", "sign_in", "refresh_token", "signing_key", "machine", "till"]
TABLES += ["session", "pin_tries", "journal", "approval"]
TABLES += ["outbox", "idempotency", "inbox", "parked"]
_numbers = itertools.count(1)


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or utc_now()

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def a_settings(**changes: Any) -> Settings:
    """Settings that need nothing from the environment."""
    usual: dict[str, Any] = {
        "database_url": "postgresql+asyncpg://nobody@nowhere/staff",
        "kafka_servers": "nowhere:1",
        "signing_secret": SECRET,
        "org_id": ORG,
        "owner_password": PASSWORD,
    }
    return Settings(**(usual | changes))


def a_vault() -> Vault:
    return Vault(SECRET)


def a_member(**changes: Any) -> Member:
    """An operator of every club, who has a password of their own."""
    usual: dict[str, Any] = {
        "member_id": new_id(),
        "org_id": ORG,
        "login": f"member-{next(_numbers)}",
        "name": "Анна К.",
        "inn": None,
        "role": "operator",
        "clubs": None,
        "password_hash": PASSWORD_HASH,
        "must_change_password": False,
        "added_at": NOW,
    }
    return Member(**(usual | changes))


def a_machine(**changes: Any) -> Machine:
    usual: dict[str, Any] = {
        "machine_id": new_id(),
        "org_id": ORG,
        "club_id": CLUB,
        "name": "PC-07",
        "kind": "agent",
        "secret_hash": "0" * 64,
        "added_at": NOW,
    }
    return Machine(**(usual | changes))


def a_till(**changes: Any) -> Till:
    usual: dict[str, Any] = {"till_id": new_id(), "org_id": ORG, "club_id": CLUB, "name": "Стойка", "added_at": NOW}
    return Till(**(usual | changes))


async def added(db: Database, **changes: Any) -> Member:
    """A member who is in the database."""
    member = a_member(**changes)
    async with db.begin() as tx:
        await members.add(tx, member)
    return member


async def another_org(db: Database) -> UUID:
    async with db.begin() as tx:
        await orgs.add(tx, OTHER_ORG)
    return OTHER_ORG


def key(name: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": name or f"key-{next(_numbers)}"}


async def rows(db: Database, query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with db.engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query), values)]


async def told(db: Database) -> list[tuple[str, bytes]]:
    """Types and bodies of all that was told, in order; what is for the journal alone is left out."""
    query = "select type, body from outbox where type <> 'staff.act.done.v1' order by id"
    return [(row[0], bytes(row[1])) for row in await rows(db, query)]


async def acts(db: Database) -> list[dict[str, Any]]:
    """What was told for the journal, in order."""
    query = "select body from outbox where type = 'staff.act.done.v1' order by id"
    return [json.loads(bytes(row[0])) for row in await rows(db, query)]


async def everything(db: Database) -> str:
    """All rows of all tables as text: equal before and after where nothing was changed."""
    return repr([await rows(db, f"select * from {table} order by 1") for table in TABLES])


async def sign_in(http: httpx.AsyncClient, login: str = "owner", password: str = PASSWORD) -> httpx.Response:
    return await http.post("/v1/sign-in", json={"login": login, "password": password})


async def signed_in(http: httpx.AsyncClient, login: str = "owner", password: str = PASSWORD) -> dict[str, Any]:
    answer = await sign_in(http, login, password)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/v1/refresh", json={"refresh_token": token})


def bearer(signed: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed['access_token']}"}


async def enrolled(
    http: httpx.AsyncClient, owner: dict[str, str], club_id: UUID = CLUB, name: str = "Стойка"
) -> dict[str, str]:
    """The header of a browser that has just become a till of this club."""
    body = {"name": name, "club_id": str(club_id)}
    till = (await http.post("/v1/tills", json=body, headers=owner | key())).json()
    answer = await http.post(f"/v1/tills/{till['till_id']}/enrolment", headers=owner | key())
    assert answer.status_code == 201, answer.text
    return {"Savepoint-Till": answer.json()["secret"]}


async def added_with_pin(db: Database, pin: str = PIN, **changes: Any) -> Member:
    """A member who can enter this PIN at the tills of their clubs."""
    member_id = new_id()
    pin_hash = await asyncio.to_thread(passwords.hashed, a_vault().peppered(member_id, pin))
    return await added(db, member_id=member_id, pin_hash=pin_hash, **changes)


async def by_pin(http: httpx.AsyncClient, till: dict[str, str], member: Member, pin: str = PIN) -> httpx.Response:
    body = {"member_id": str(member.member_id), "pin": pin}
    return await http.post("/v1/sessions/pin", json=body, headers=till)


async def by_password(http: httpx.AsyncClient, login: str = "owner", **headers: str) -> httpx.Response:
    return await http.post("/v1/sessions", json={"login": login, "password": PASSWORD}, headers=headers)


async def exchanged(http: httpx.AsyncClient, began: dict[str, Any]) -> httpx.Response:
    """A token for a session."""
    return await http.post("/v1/sessions/token", json={"session": began["session"]})
