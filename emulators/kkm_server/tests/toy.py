"""What the tests hold in their hands: a clock moved by hand, receipts with good defaults, a client."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Json = dict[str, Any]
NOT_OPEN = "Ошибка регистрации ( 61 : ККТ: Смена не открыта или смена превысила 24 часа \u2013 операция невозможна )"
_ids = itertools.count(1)


class HandClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self._now = NOON
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + timedelta(seconds=seconds), waker))
        await waker

    def forward(self, seconds: float) -> None:
        """Move on; whoever slept until now or earlier wakes up."""
        self._now += timedelta(seconds=seconds)
        for until, waker in self._sleepers:
            if until <= self._now and not waker.done():
                waker.set_result(None)
        self._sleepers = [(until, waker) for until, waker in self._sleepers if not waker.done()]

    @property
    def sleeping(self) -> int:
        """How many wait for this clock."""
        return sum(not waker.done() for _, waker in self._sleepers)


def a_line(**other: Any) -> Json:
    """Three hours at 120.00, sold for 330.00."""
    line = {
        "Name": "Аренда ПК, 3 ч",
        "Quantity": 3,
        "Price": 120.00,
        "Amount": 330.00,
        "Tax": -1,
        "SignMethodCalculation": 4,
        "SignCalculationObject": 4,
        "MeasureOfQuantity": 71,
    }
    return {"Register": {**line, **other}}


def a_receipt(*lines: Json, **other: Any) -> Json:
    """A sale of one line, paid by card; the keyword arguments say what is different."""
    return {
        "Command": "RegisterCheck",
        "NumDevice": 1,
        "IdCommand": an_id(),
        "IsFiscalCheck": True,
        "TypeCheck": 0,
        "TaxVariant": "1",
        "CashierName": "Иванова А.А.",
        "CashierVATIN": "430601071197",
        "CheckStrings": list(lines) or [a_line()],
        **({} if _paid(other) else {"ElectronicPayment": 330.00}),
        **other,
    }


def _paid(members: Json) -> bool:
    return bool({"Cash", "ElectronicPayment", "AdvancePayment", "Credit", "CashProvision"} & members.keys())


def a_cash_receipt(rubles: int, type_check: int = 0, **other: Any) -> Json:
    """A receipt of one line for so many rubles in cash."""
    line = a_line(Quantity=1, Price=rubles, Amount=rubles)
    return a_receipt(line, TypeCheck=type_check, Cash=rubles, **other)


def an_id() -> str:
    """An `IdCommand` that nobody had."""
    return f"test-{next(_ids)}"


class Kkm:
    """A client of the emulator, over any transport."""

    def __init__(self, http: httpx.AsyncClient, clock: HandClock) -> None:
        self.http = http
        self.clock = clock

    async def ask(self, command: str | Json, /, **members: Any) -> Json:
        """Send a command and give its answer."""
        body = {"Command": command, **members} if isinstance(command, str) else {**command, **members}
        response = await self.http.post("/Execute", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def done(self, command: str | Json, /, **members: Any) -> Json:
        """Send a command that has to succeed."""
        answer = await self.ask(command, **members)
        assert answer["Status"] == 0, answer
        return answer

    def begin(self, command: str | Json, /, **members: Any) -> asyncio.Task[Json]:
        """Send a command without waiting for its answer."""
        return asyncio.create_task(self.ask(command, **members))

    async def rezult(self, id_command: str) -> Json:
        """Ask how a command ended."""
        return await self.ask("GetRezult", IdCommand=id_command)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control endpoint; it has to agree."""
        response = await self.http.request(method, f"/control/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def device(self, **fields: Any) -> Json:
        """Change the register in slot 1."""
        return dict(await self.control("PATCH", "devices/1", fields))

    async def spoil(self, what: str, **fault: Any) -> Json:
        """Put a fault in force."""
        return dict(await self.control("POST", "faults", {"what": what, **fault}))

    async def two_registers(self) -> None:
        """Slots 1 and 2, of different owners and tax systems."""
        devices = [
            {"NumDevice": 1, "INN": "7701237658", "tax_variants": "0", "KktNumber": "A1"},
            {"NumDevice": 2, "INN": "504404744207", "tax_variants": "1,5", "KktNumber": "A2", "IdDevice": "two"},
        ]
        await self.control("PUT", "state", {"devices": devices})

    async def documents(self, num_device: int = 1) -> list[Json]:
        """What a register made."""
        return list(await self.control("GET", f"documents?NumDevice={num_device}"))

    async def kinds(self) -> list[str]:
        """The kinds of the documents of slot 1."""
        return [document["kind"] for document in await self.documents()]

    async def queue(self) -> int:
        """How many commands of slot 1 wait or run."""
        state = await self.control("GET", "state")
        return int(state["devices"][0]["queue"])
