"""What each register has to do, and what went wrong with it last."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from contracts import branch
from contracts.fiscal import RegisterState
from fiscal.central import store
from fiscal.central.domain.receipt import State
from fiscal.central.store import Register
from fiscal.central.store.receipts import receipts
from kit.db import Tx

OPEN = (State.ORDERED, State.WAITING, State.UNKNOWN)
SHOWN_MAX = 200
"""Of all the registers asked for."""
VOLATILE = {"since", "clock_gap_s", "cash_kopecks", "last_error", "error_at", "waiting_jobs", "seen_at"}
"""Members of a register's state that change all the time: no news by themselves."""


async def open_receipts(tx: Tx, register_ids: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The receipts that have not ended, oldest first, by register."""
    wanted = [receipts.c[name] for name in ("register_id", "receipt_id", "state", "ordered_at", "total_kopecks")]
    mine = select(*wanted).where(receipts.c.register_id.in_(register_ids), receipts.c.state.in_(OPEN))
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in await tx.conn.execute(mine.order_by(receipts.c.ordered_at, receipts.c.receipt_id).limit(SHOWN_MAX)):
        found[row.register_id].append(row)
    return found


async def observed(tx: Tx, register: Register, state: RegisterState) -> bool:
    """Store how a locked register is; whether that is news."""
    before = RegisterState.model_validate(register.state) if register.state else None
    await store.change_register(tx, register.register_id, state=state.model_dump(mode="json"))
    if state.error_code is not None and state.error_at is not None:
        text = state.last_error if state.last_error != state.error_code else None
        await went_wrong(tx, register, state.error_code, text, state.error_at)
    return before is None or before.model_dump(exclude=VOLATILE) != state.model_dump(exclude=VOLATILE)


async def refused(tx: Tx, register: Register, message: branch.JobRefused) -> None:
    """The register, or the way to it, is why a job was refused: that is its last error."""
    if message.device_text is not None or message.code.startswith("register_"):
        await went_wrong(tx, register, message.code, message.device_text, message.at)


async def went_wrong(tx: Tx, register: Register, code: str, text: str | None, at: datetime) -> None:
    """Note the register's last error, unless a later one is known."""
    known = register.last_error
    if known is None or datetime.fromisoformat(known["at"]) < at:
        error = {"code": code, "device_text": text, "at": at.isoformat()}
        await store.change_register(tx, register.register_id, last_error=error)
