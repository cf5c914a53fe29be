"""The central app over HTTP and from Kafka, and what it is told, with good defaults."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from conftest import Issuer
from contracts import Message, branch, fiscal
from contracts.fiscal import Document
from contracts.money import Line, Person
from fiscal.central.jobs import Loops
from kit.consume import Intake
from kit.db import Database
from kit.time import utc_now
from services.fiscal.tests.builders import CLUB, ORG, delivered, told

ANNA = Person(member_id=UUID(int=7), name="Анна К.")
PERMISSIONS = (
    "fiscal.register.manage",
    "fiscal.register.read",
    "fiscal.register.print",
    "fiscal.tax.manage",
    "fiscal.receipt.read",
    "fiscal.receipt.ask",
)
TAX = {
    "settings": [
        {"since": "2025-01-01", "system": "usn_income", "vat": "none"},
        {"since": "2026-01-01", "system": "osn", "vat": "22"},
    ]
}


class NoKafka:
    """Stands for the broker's admin side."""

    def __init__(self) -> None:
        self.declared: list[UUID] = []

    async def declare(self, club_id: UUID) -> None:
        self.declared.append(club_id)


@dataclass
class Central:
    db: Database
    intake: Intake
    http: httpx.AsyncClient
    issuer: Issuer
    loops: Loops
    branches: NoKafka

    async def hears(self, *messages: Message) -> None:
        await self.intake.take([delivered(message) for message in messages])

    async def call(self, method: str, path: str, body: Any = None, **claims: Any) -> httpx.Response:
        headers = self.issuer.header(*PERMISSIONS, **claims) | {"Idempotency-Key": str(uuid4())}
        return await self.http.request(method, path, json=body, headers=headers)

    async def told(self, model: type[Message]) -> list[Any]:
        return await told(self.db, model)

    async def a_register(self, mode: str = "kkm_server") -> UUID:
        body = {"club_id": str(CLUB), "name": "Атол 30Ф", "mode": mode, "num_device": 1}
        made = await self.call("POST", "/v1/registers", body)
        assert made.status_code == 201, made.text
        await self.loops.connect_registers()
        assert (await self.call("PUT", f"/v1/clubs/{CLUB}/tax", TAX)).status_code == 200
        return UUID(made.json()["register_id"])


def an_order(**changes: Any) -> fiscal.PrintReceipt:
    line = Line(name="Игровое время, VIP, 3 ч", quantity=1, price_kopecks=300_00, amount_kopecks=300_00)
    values = {
        "org_id": ORG, "club_id": CLUB, "till_id": uuid4(), "shift_id": uuid4(), "cashier": ANNA,
        "ordered_at": utc_now(),
        "receipt_id": uuid4(), "sale_id": uuid4(), "client_id": None, "purpose": "settlement", "lines": (line,),
        "cash_kopecks": 100_00, "cash_received_kopecks": 500_00, "card_kopecks": 0, "balance_kopecks": 200_00,
    }  # fmt: skip
    return fiscal.PrintReceipt(**(values | changes))


def a_document(fd: int = 15) -> Document:
    return Document(
        fd=fd, fn="9999078900002287", fp="1", issued_at_local="20261123T1200", total_kopecks=300_00, qr="t=1"
    )


def answer(model: type[Message], job: Any, **values: Any) -> Any:
    kinds: dict[type[Message], str] = {
        branch.Print: "print",
        branch.PrintReturn: "print",
        branch.OpenShift: "open_shift",
        branch.CloseShift: "close_shift",
    }
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": job.register_id, "job_id": job.job_id, "at": utc_now()}
    return model(**(ours | {"kind": kinds[type(job)]} | values))


def a_shift(model: type[Message], shift_id: UUID) -> Any:
    ours = {"org_id": ORG, "club_id": CLUB, "till_id": uuid4(), "shift_id": shift_id}
    return model(**ours, cashier=ANNA, ordered_at=utc_now())
