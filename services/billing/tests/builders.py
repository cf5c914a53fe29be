"""Facts of other services with good defaults, and a till to take them at."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from conftest import ORG, Issuer
from contracts import TYPES, Message, fiscal, hall, staff
from contracts.fiscal import Document, Totals
from contracts.headers import headers
from contracts.money import Line, Person, Tender
from kit.consume import Intake
from kit.db import Database
from kit.parked import Delivery
from kit.time import derived_id, new_id, utc_now

CLUB = UUID("0193a000-0000-7000-8000-0000000000c1")
TILL = UUID("0193a000-0000-7000-8000-0000000000d1")
REGISTER = UUID("0193a000-0000-7000-8000-0000000000f1")
ANNA = Person(member_id=UUID(int=7), name="Анна К.")
LIMIT_KOPECKS = 1000_00
DIFFERENCE_KOPECKS = 500_00
PERMISSIONS = [
    f"billing.{name}"
    for name in ("client.read", "client.manage", "sale.read", "sale.pay", "sale.cancel", "top_up.take", "bonus.grant")
] + [f"billing.{name}" for name in ("refund.take", "shift.read", "shift.open", "shift.close")]


def delivered(message: Message) -> Delivery:
    return Delivery(message.topic, 0, 0, message.key, headers(message, new_id(), utc_now(), None), message.body())


def an_order(**changes: Any) -> hall.SessionOrdered:
    """A session for 300.00 that waits to be paid."""
    session_id = uuid4()
    now = utc_now()
    values = {
        "org_id": ORG,
        "session_id": session_id,
        "sale_id": derived_id("sale", session_id),
        "club_id": CLUB,
        "device_id": uuid4(),
        "device_name": "PC-07",
        "till_id": TILL,
        "client_id": None,
        "tariff_id": uuid4(),
        "minutes": 180,
        "lines": (Line(name="Игровое время, VIP, 3 ч", quantity=1, price_kopecks=300_00, amount_kopecks=300_00),),
        "ordered_at": now,
        "pay_by": now + timedelta(minutes=10),
        "ordered_by": ANNA,
    }
    return hall.SessionOrdered(**(values | changes))


def cash(kopecks: int, received: int | None = None) -> Tender:
    return Tender(kind="cash", amount_kopecks=kopecks, received_kopecks=received)


def card(kopecks: int) -> Tender:
    return Tender(kind="card", amount_kopecks=kopecks)


def balance(kopecks: int) -> Tender:
    return Tender(kind="balance", amount_kopecks=kopecks)


def paid(*tenders: Tender) -> dict[str, Any]:
    """An order's payment."""
    return {"tenders": [tender.model_dump() for tender in tenders]}


def a_document(fd: int = 1, total: int = 300_00) -> Document:
    return Document(
        fd=fd, fn="9999078900002287", fp="1", issued_at_local="20261123T1200", total_kopecks=total, qr="t=1"
    )


@dataclass
class Till:
    """Billing with a club, a till and a token; speaks HTTP to it and brings it facts."""

    db: Database
    intake: Intake
    http: httpx.AsyncClient
    issuer: Issuer
    stopping: asyncio.Event
    keys: list[int] = field(default_factory=lambda: [0])

    async def hears(self, *messages: Message) -> None:
        await self.intake.take([delivered(message) for message in messages])

    def header(self) -> dict[str, str]:
        return self.issuer.header(*PERMISSIONS)

    async def post(
        self, path: str, body: dict[str, Any] | None = None, key: str | None = None, **headers: str
    ) -> httpx.Response:
        self.keys[0] += 1
        sent = self.issuer.header(*PERMISSIONS) | {"Idempotency-Key": key or f"key-{self.keys[0]}"} | headers
        return await self.http.post(path, json=body or {}, headers=sent)

    async def patch(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.http.patch(path, json=body, headers=self.issuer.header(*PERMISSIONS))

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, params=params, headers=self.issuer.header(*PERMISSIONS))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def told(self, model: type[Message]) -> list[Any]:
        async with self.db.engine.connect() as conn:
            rows = await conn.execute(
                text("select type, body from outbox where type = :t order by id"), {"t": model.TYPE}
            )
            return [TYPES[kind].model_validate_json(body) for kind, body in rows]

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.db.engine.connect() as conn:
            return [tuple(row) for row in await conn.execute(text(query))]

    async def a_shift(self) -> str:
        opened = await self.post("/v1/shifts", {"till_id": str(TILL), "float_kopecks": 2000_00})
        assert opened.status_code == 201, opened.text
        return str(opened.json()["shift_id"])

    async def a_client(self, balance_kopecks: int = 0) -> str:
        """A client, whose balance came in cash and was fiscalised."""
        self.keys[0] += 1
        body = {"phone": f"+7916{self.keys[0]:07d}", "name": "Иванов Иван"}
        client_id = str((await self.post("/v1/clients", body)).json()["client_id"])
        if balance_kopecks:
            tenders = [{"kind": "cash", "amount_kopecks": balance_kopecks}]
            sale = await self.post("/v1/top-ups", {"client_id": client_id, "till_id": str(TILL), "tenders": tenders})
            assert sale.status_code == 202, sale.text
            await self.registered(sale.json()["sale_id"])
        return client_id

    async def registered(self, sale_id: str, attempt: int = 1) -> None:
        await self.hears(self.receipt(fiscal.ReceiptRegistered, sale_id, attempt, document=a_document()))

    def receipt(self, model: type[Message], sale_id: str | UUID, attempt: int = 1, **values: Any) -> Message:
        ours = {"org_id": ORG, "club_id": CLUB, "register_id": REGISTER, "sale_id": sale_id, "at": utc_now()}
        return model(**ours, receipt_id=derived_id("receipt", sale_id, attempt), **values)

    async def z_report(self, shift_id: str, **totals: int) -> None:
        known = {"receipts": 0, "cash_kopecks": 0, "card_kopecks": 0, "advance_kopecks": 0} | totals
        ours = {
            "org_id": ORG,
            "club_id": CLUB,
            "register_id": REGISTER,
            "shift_id": shift_id,
            "number": 1,
            "at": utc_now(),
        }
        await self.hears(fiscal.ShiftClosed(**ours, document=a_document(99, 0), totals=Totals(**known)))


PLACES = (
    hall.ClubRegistered(
        org_id=ORG, club_id=CLUB, name="Лиговский", time_zone="Europe/Moscow", start_on_unknown_receipt=True
    ),
    staff.TillAdded(org_id=ORG, club_id=CLUB, till_id=TILL, name="Стойка 1", at=utc_now()),
)
