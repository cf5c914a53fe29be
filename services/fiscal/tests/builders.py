"""A club with a register on the emulator, and jobs with good defaults."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from contracts import TYPES, Message, branch
from contracts.headers import headers
from fiscal.worker.jobs import Queues
from kit.consume import Intake
from kit.db import Database
from kit.parked import Delivery
from kit.time import new_id, utc_now

ORG = UUID("0193a000-0000-7000-8000-000000000001")
CLUB = UUID("0193a000-0000-7000-8000-0000000000c1")
REGISTER = UUID("0193a000-0000-7000-8000-0000000000f1")
OURS = {"org_id": ORG, "club_id": CLUB, "register_id": REGISTER}
DEVICE = branch.Device(num_device=1)


def delivered(message: Message) -> Delivery:
    """`message` as Kafka gives it."""
    known = headers(message, new_id(), utc_now(), None)
    return Delivery(message.topic, 0, 0, message.key, known, message.body())


def a_line(name: str = "Игровое время, VIP, 3 ч", kopecks: int = 300_00) -> branch.FiscalLine:
    return branch.FiscalLine(
        name=name, quantity=1, price_kopecks=kopecks, amount_kopecks=kopecks, tax=-1, method=4, subject=4
    )


def a_print(**changes: Any) -> branch.Print:
    """A receipt of 300.00 for which 500.00 in cash were handed over."""
    receipt = branch.Receipt(tax_system=0, lines=(a_line(),), cash_kopecks=500_00, card_kopecks=0, advance_kopecks=0)
    return branch.Print(**(_work() | {"receipt": receipt} | changes))


def an_open(**changes: Any) -> branch.OpenShift:
    return branch.OpenShift(**(_work() | changes))


def a_close(**changes: Any) -> branch.CloseShift:
    return branch.CloseShift(**(_work() | changes))


def _work() -> dict[str, Any]:
    now = utc_now()
    job = {"job_id": uuid4(), "device": DEVICE, "cashier_name": "Анна К."}
    return {**OURS, **job, "ordered_at": now, "send_by": now + timedelta(minutes=10)}


async def told(db: Database, model: type[Message] | None = None) -> list[Any]:
    """What the service has told, oldest first."""
    async with db.engine.connect() as conn:
        rows = (await conn.execute(text("select type, body from outbox order by id"))).all()
    return [TYPES[kind].model_validate_json(body) for kind, body in rows if model is None or kind == model.TYPE]


@dataclass
class Club:
    """A worker beside an emulated KKM-Server."""

    db: Database
    intake: Intake
    queues: Queues
    control: httpx.AsyncClient

    async def order(self, *jobs: Message) -> None:
        await self.intake.take([delivered(job) for job in jobs])

    async def fault(self, what: str, command: str = "RegisterCheck", **more: Any) -> None:
        answer = await self.control.post("/control/faults", json={"what": what, "command": command, **more})
        answer.raise_for_status()

    async def printed_elsewhere(self) -> None:
        """Somebody prints a receipt of 45.00 past us."""
        line = {"Name": "Вода", "Quantity": 1, "Price": 45, "Amount": 45, "Tax": -1}
        line |= {"SignMethodCalculation": 4, "SignCalculationObject": 1}
        sale: dict[str, Any] = {"Command": "RegisterCheck", "NumDevice": 1, "IsFiscalCheck": True, "TypeCheck": 0}
        sale |= {"CashierName": "Кто-то", "Cash": 45, "TaxVariant": "0", "CheckStrings": [{"Register": line}]}
        await self.elsewhere(**sale)

    async def elsewhere(self, Command: str, **members: Any) -> None:  # noqa: N803
        """Somebody else gives the register a command."""
        body = {"Command": Command, "NumDevice": 1, "CashierName": "Кто-то", **members}
        answer = (await self.control.post("/Execute", json=body)).json()
        assert answer["Status"] == 0, answer

    async def register(self, **state: Any) -> None:
        (await self.control.patch("/control/devices/1", json=state)).raise_for_status()

    async def documents(self, kind: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.control.get("/control/documents?NumDevice=1")).json()
        return [one for one in found if kind is None or one["kind"] == kind]

    async def told(self, model: type[Message] | None = None) -> list[Any]:
        return await told(self.db, model)

    async def ended(self, job_id: UUID) -> Any:
        """The job's last word, when it has one."""
        words = [
            w for w in await self.told() if isinstance(w, (branch.JobDone, branch.JobRefused)) and w.job_id == job_id
        ]
        return words[-1] if words else None
