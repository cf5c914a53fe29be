"""The first day of a club, as a client of the public HTTP API lives it, with real tokens and a real register's faults.

Each step is a promise that the person at the desk would want kept: a step that does not hold raises DayFailed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

WAIT_S = 20
SETTLED_WITHIN_S = 15
"""How soon what one service told is known to another, at worst."""


class DayFailed(Exception):
    """A promise that did not hold, with what was answered instead."""


@dataclass(slots=True)
class Desk:
    """Somebody signed in, speaking HTTP."""

    http: httpx.AsyncClient
    token: str = ""

    async def ask(self, method: str, path: str, expected: int, body: Any = None, key: str | None = None) -> Any:
        """The answer's JSON. Raises DayFailed when the status is another one."""
        answer = await self.send(method, path, body, key)
        if answer.status_code != expected:
            raise DayFailed(f"{method} {path} answered {answer.status_code}, not {expected}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    async def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """One request with a fresh or a given Idempotency-Key; waits for the operation's end."""
        headers = {"Idempotency-Key": key or str(uuid4()), "Prefer": f"wait={WAIT_S}"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return await self.http.request(method, f"/api{path}", json=body, headers=headers)

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path, 200)

    async def post(self, path: str, body: Any, expected: int = 200, key: str | None = None) -> Any:
        return await self.ask("POST", path, expected, body, key)

    async def sign_in(self, login: str, password: str) -> Any:
        """Sign in; the tokens go with every request from now on."""
        self.token = ""
        signed = await self.post("/staff/v1/sign-in", {"login": login, "password": password})
        self.token = signed["access_token"]
        return signed


@asynccontextmanager
async def desk(url: str) -> AsyncIterator[Desk]:
    """A desk at the gateway `url`."""
    async with httpx.AsyncClient(base_url=url, timeout=WAIT_S + 10, trust_env=False) as http:
        yield Desk(http)


async def soon(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """What `look` gives once it gives something true: words between services take their time."""
    for _ in range(SETTLED_WITHIN_S * 20):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.05)
    raise DayFailed(f"{what}: not within {SETTLED_WITHIN_S} s")


@dataclass(slots=True)
class Club:
    """A club that is ready to sell."""

    club_id: str
    till_id: str
    register_id: str
    devices: list[str]
    tariff_id: str
    logins: dict[str, str] = field(default_factory=dict)
    """Login -> password, of those who work here."""


HOUR_PRICE = 300_00


async def set_up(owner: Desk, login: str, one_time: str, club_id: str | None = None) -> Club:
    """What the owner does before the first day: a password, a club with its places and prices, staff, a register.

    `club_id` is the one that the club's worker was installed for, where that came first.
    """
    password = uuid4().hex[:16]
    await owner.sign_in(login, one_time)
    await owner.post("/staff/v1/password", {"old": one_time, "new": password})
    await owner.sign_in(login, password)
    new_club = {"name": "Клуб на Лиговском", "time_zone": "Europe/Moscow"} | ({"club_id": club_id} if club_id else {})
    club_id = str((await owner.post("/hall/v1/clubs", new_club, 201))["club_id"])
    zone = await owner.post(f"/hall/v1/clubs/{club_id}/zones", {"name": "VIP"}, 201)
    zone_id = zone["zone_id"]
    names = [f"PC-{number:02d}" for number in range(1, 7)]
    new = [{"name": name, "kind": "pc", "zone_id": zone_id} for name in names]
    devices = [(await owner.post(f"/hall/v1/clubs/{club_id}/devices", one, 201))["device_id"] for one in new]
    tariff = {"name": "3 часа", "minutes": 180, "prices": [{"zone_id": zone_id, "price_kopecks": HOUR_PRICE}]}
    tariff_id = (await owner.post(f"/hall/v1/clubs/{club_id}/tariffs", tariff, 201))["tariff_id"]
    till = await owner.post("/staff/v1/tills", {"club_id": club_id, "name": "Стойка 1"}, 201)
    register_id = await _register(owner, club_id)
    ready = Club(club_id, till["till_id"], register_id, devices, tariff_id, {login: password})
    await _administrator(owner, ready)
    return ready


async def _register(owner: Desk, club_id: str) -> str:
    new = {"club_id": club_id, "name": "Касса", "num_device": 1}

    async def known() -> Any:
        """Fiscal hears of the club a moment after the hall."""
        answer = await owner.send("POST", "/fiscal/v1/registers", new)
        return answer.json() if answer.status_code == 201 else None

    register = await soon(known, "fiscal knows the club")
    tax = {"settings": [{"since": "2026-01-01", "system": "usn_income", "vat": "5"}]}
    await owner.ask("PUT", f"/fiscal/v1/clubs/{club_id}/tax", 200, tax)
    return str(register["register_id"])


async def _administrator(owner: Desk, club: Club) -> None:
    """Anna works at the desk; the owner makes her account, she makes her password."""
    member = {"login": "anna", "name": "Анна К.", "role": "administrator", "clubs": [club.club_id]}
    made = await owner.post("/staff/v1/members", member, 201)
    one_time, password = made["one_time_password"], uuid4().hex[:16]
    anna = Desk(owner.http)
    await anna.sign_in("anna", one_time)
    await anna.post("/staff/v1/password", {"old": one_time, "new": password})
    club.logins["anna"] = password


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the day that held."""

    title: str
    detail: str


class Day:
    """The first day at a club, step by step. `cut_reply` makes the register's next answer get lost after printing."""

    def __init__(self, anna: Desk, club: Club, cut_reply: Callable[[], Awaitable[None]] | None = None) -> None:
        self.anna, self.club, self.cut_reply = anna, club, cut_reply
        self.shift_id = ""
        self.client_id = ""
        self.sessions: list[str] = []

    async def steps(self) -> AsyncIterator[Step]:
        """Live the day; yields each step that held. Raises DayFailed."""
        for step in (
            self.open_shift, self.top_up, self.session_from_balance, self.guest_with_change, self.press_twice,
            self.lost_reply, self.end_sessions, self.close_shift,
        ):  # fmt: skip
            yield await step()

    async def open_shift(self) -> Step:
        body = {"till_id": self.club.till_id, "float_kopecks": 2000_00}

        async def opened() -> Any:
            answer = await self.anna.send("POST", "/billing/v1/shifts", body)
            return answer.json() if answer.status_code == 201 else None

        shift = await soon(opened, "billing knows the till")
        self.shift_id = shift["shift_id"]
        return Step("shift opened", "float 2,000.00")

    async def top_up(self) -> Step:
        phone = f"+7916{uuid4().int % 10**7:07d}"
        client = await self.anna.post("/billing/v1/clients", {"phone": phone, "name": "Иванов Иван"}, 201)
        self.client_id = client["client_id"]
        tenders = [{"kind": "cash", "amount_kopecks": 1000_00}]
        sale = await self.anna.post("/billing/v1/top-ups", self._at_till(client_id=self.client_id, tenders=tenders))
        return Step("client registered, topped up 1,000.00", await self._document(sale))

    async def session_from_balance(self) -> Step:
        session = await self._order(0, client_id=self.client_id)
        tenders = [{"kind": "balance", "amount_kopecks": HOUR_PRICE}]
        sale = await self._pay(session, tenders)
        client = await self.anna.get(f"/billing/v1/clients/{self.client_id}")
        _equal(client["balance_kopecks"], 700_00, "the balance after a session of 300.00")
        await self._runs(session)
        return Step("session from the balance", await self._document(sale))

    async def guest_with_change(self) -> Step:
        session = await self._order(1)
        tenders = [{"kind": "cash", "amount_kopecks": HOUR_PRICE, "received_kopecks": 500_00}]
        sale = await self._pay(session, tenders)
        _equal(sale["tenders"][0]["change_kopecks"], 200_00, "change from 500.00")
        await self._runs(session)
        return Step("guest pays 500.00 for 300.00", f"change 200.00, {await self._document(sale)}")

    async def press_twice(self) -> Step:
        session, key = await self._order(2), str(uuid4())
        tenders = [{"kind": "card", "amount_kopecks": HOUR_PRICE, "slip": "4821"}]
        first = await self._pay(session, tenders, key)
        second = await self._pay(session, tenders, key)
        _equal(second["receipt_id"], first["receipt_id"], "the receipt of a second press")
        await self._runs(session)
        receipts = await self.anna.get(f"/fiscal/v1/receipts?sale_id={session['sale_id']}")
        _equal(len(receipts["items"]), 1, "receipts of a sale that was pressed twice")
        return Step("pay pressed twice", f"one payment, {await self._document(second)}")

    async def lost_reply(self) -> Step:
        session = await self._order(3)
        if self.cut_reply is not None:
            await self.cut_reply()
        sale = await self._pay(session, [{"kind": "cash", "amount_kopecks": HOUR_PRICE}])
        await self._runs(session)
        title = "register's reply cut after printing" if self.cut_reply else "another guest"
        return Step(title, f"one {await self._document(sale)}")

    async def end_sessions(self) -> Step:
        blocked = await self.anna.send("POST", f"/billing/v1/shifts/{self.shift_id}/close", {"cash_kopecks": 0})
        _equal((blocked.status_code, blocked.json()["code"]), (409, "shift_blocked"), "closing with running sessions")
        for session_id in self.sessions:
            await self.anna.post(f"/hall/v1/sessions/{session_id}/end", {"reason": "гость ушёл"})

        async def free() -> Any:
            return not await self.anna.get(f"/billing/v1/shifts/{self.shift_id}/blockers")

        await soon(free, "billing hears that the sessions ended")
        return Step(f"{len(self.sessions)} sessions ended", "until then the shift did not close")

    async def close_shift(self) -> Step:
        shift = await self.anna.get(f"/billing/v1/shifts/{self.shift_id}")
        _equal(shift["expected_cash_kopecks"], 3600_00, "cash that should be in the drawer")
        counted = {"cash_kopecks": 3600_00, "denominations": {"100000": 3, "50000": 1, "10000": 1}}
        closed = await self.anna.post(f"/billing/v1/shifts/{self.shift_id}/close", counted)
        _equal(closed["state"], "closed", "the shift")
        register = closed["report"]["register"]
        _equal(register["gap_kopecks"], 0, "the Z-report against our books")
        number = register["document"]["fd"] if register["document"] else "elsewhere"
        return Step("shift closed", f"3,600.00 counted, Z-report {number}")

    def _at_till(self, **body: Any) -> dict[str, Any]:
        return {"till_id": self.club.till_id, **body}

    async def _order(self, place: int, **body: Any) -> Any:
        order = self._at_till(device_id=self.club.devices[place], tariff_id=self.club.tariff_id, **body)
        session = await self.anna.post("/hall/v1/sessions", order, 201)
        self.sessions.append(session["session_id"])
        return session

    async def _pay(self, session: Any, tenders: list[dict[str, Any]], key: str | None = None) -> Any:
        path = f"/billing/v1/sales/{session['sale_id']}"

        async def opened() -> Any:
            return (await self.anna.send("GET", path)).status_code == 200

        await soon(opened, "billing opens the sale")
        sale = await self.anna.post(f"{path}/payment", {"tenders": tenders}, key=key)
        _equal(sale["state"], "paid", "the sale")
        return sale

    async def _runs(self, session: Any) -> None:
        async def active() -> Any:
            return (await self.anna.get(f"/hall/v1/sessions/{session['session_id']}"))["state"] == "active"

        await soon(active, "the paid session starts")

    async def _document(self, sale: Any) -> str:
        _equal(sale["state"], "paid", "the sale")
        receipt = await self.anna.get(f"/fiscal/v1/receipts/{sale['receipt_id']}")
        return f"document {receipt['document']['fd']}" if receipt["document"] else "fiscalised elsewhere"


def _equal(found: Any, expected: Any, what: str) -> None:
    if found != expected:
        raise DayFailed(f"{what}: {found!r}, not {expected!r}")
