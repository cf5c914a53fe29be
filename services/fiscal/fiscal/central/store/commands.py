"""What people asked of registers, and what came of it: the register's journal of commands."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Row, String, Uuid, column, insert, select, table, update

from contracts import branch
from contracts.money import Person
from edge.scope import Scope
from fiscal.central import store
from fiscal.central.domain import command
from fiscal.central.domain.command import Kind, State
from fiscal.central.store import Register, receipts
from kit.columns import Moment
from kit.db import Tx

commands = table(
    "command",
    *[column(name, Uuid) for name in ("command_id", "org_id", "club_id", "register_id")],
    *[column(name, String) for name in ("kind", "state", "code", "device_text")],
    *[column(name, JSON) for name in ("asked_by", "result")],
    *[column(name, Moment) for name in ("asked_at", "ended_at")],
)


async def ask(tx: Tx, command_id: UUID, register: Register, kind: Kind, by: Person, lines: Sequence[str] = ()) -> None:
    """Write down what is asked of the register, and ask its worker."""
    ours = {"org_id": register.org_id, "club_id": register.club_id, "register_id": register.register_id}
    told = {"asked_by": by.model_dump(mode="json"), "asked_at": tx.now, "state": State.ASKED}
    result = {"lines": list(lines)} if lines else None
    await tx.conn.execute(insert(commands).values(command_id=command_id, kind=kind, **ours, **told, result=result))
    if kind is Kind.DEVICES:
        tx.tell(branch.ListDevices(**ours, request_id=command_id))
        return
    work: dict[str, Any] = {
        **ours,
        "job_id": command_id,
        "device": register.device,
        "cashier_name": (register.cashier_name or by.name)[:64],
        "cashier_inn": None if register.cashier_name else by.inn,
        "ordered_at": tx.now,
        "send_by": tx.now + command.SEND_WITHIN,
    }
    job = branch.XReport(**work) if kind is Kind.X_REPORT else branch.TestSlip(**work, lines=tuple(lines))
    await receipts.send_job(tx, job)


async def ended(tx: Tx, command_id: UUID, state: State, **values: Any) -> None:
    """How it ended; the first word counts."""
    this = update(commands).where(commands.c.command_id == command_id, commands.c.state == State.ASKED)
    row = (await tx.conn.execute(this.values(state=state, ended_at=tx.now, **values).returning(commands))).first()
    if row is not None:
        tx.poke(row.club_id, "register.changed", register_id=row.register_id)


async def listed_devices(tx: Tx, register: Register, message: branch.DevicesListed) -> None:
    """The devices that somebody asked for; the register's own one says what model it is."""
    if message.code is not None:
        said = {"code": message.code, "device_text": message.device_text}
        await ended(tx, message.request_id, State.REFUSED, **said)
        return
    devices = [one.model_dump(mode="json") for one in message.devices]
    await ended(tx, message.request_id, State.DONE, result={"devices": devices})
    wanted = register.device
    named = [
        one.model for one in message.devices if _is(wanted.num_device, one.num_device, wanted.kkt_number, one.serial)
    ]
    if len(named) == 1:
        await store.change_register(tx, register.register_id, model=named[0] or None)


def _is(num_device: int, num: int, kkt_number: str, serial: str) -> bool:
    """Whether a slot is the register's; what is empty in its address is not looked at."""
    return num_device in (0, num) and kkt_number in ("", serial)


async def give_up(tx: Tx) -> None:
    """Commands that nobody has answered for long: the club's worker is away."""
    late = (commands.c.state == State.ASKED, commands.c.asked_at < tx.now - command.PATIENCE)
    for row in await tx.conn.execute(select(commands.c.command_id).where(*late).limit(100)):
        await ended(tx, row.command_id, State.REFUSED, code="register_unheard")


async def of_register(
    tx: Tx, scope: Scope, register_id: UUID, limit: int, after: UUID | None = None, command_id: UUID | None = None
) -> Sequence[Row[Any]]:
    """What was asked of the register, newest first; or one of that."""
    mine = select(commands).where(*scope.rows(commands), commands.c.register_id == register_id)
    if command_id is not None:
        mine = mine.where(commands.c.command_id == command_id)
    if after is not None:
        mine = mine.where(commands.c.command_id < after)
    return (await tx.conn.execute(mine.order_by(commands.c.command_id.desc()).limit(limit + 1))).all()
