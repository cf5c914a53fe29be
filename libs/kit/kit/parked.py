"""Messages that could not be handled: kept whole, with where they came from and why, until a person decides.

A parked message holds its key: later messages of the same topic and key wait behind it, so that order is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Integer,
    LargeBinary,
    String,
    Uuid,
    column,
    delete,
    exists,
    insert,
    select,
    table,
    tuple_,
    update,
)

from contracts import Message
from contracts.headers import ID, TRACE, TYPE
from kit.columns import Moment, Serial
from kit.db import Tx
from kit.time import derived_id

UUID_TEXT = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PARKED, HELD, RETRY = "parked", "held", "retry"

TEXTS = [column(name, String) for name in ("topic", "key", "type", "error", "state")]
NUMBERS = [column("id", Serial), column("partition", Integer), column("offset", Serial)]
rows = table(
    "parked",
    *NUMBERS,
    *TEXTS,
    column("event_id", Uuid),
    column("headers", JSON),
    column("body", LargeBinary),
    column("parked_at", Moment),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as Kafka gave it; `message` is None where its type is not followed, or `problem` says why."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    message: Message | None = None
    problem: str | None = None

    @property
    def trace(self) -> str | None:
        return self.headers.get(TRACE)

    @property
    def type(self) -> str:
        return self.headers.get(TYPE, "")

    @property
    def named(self) -> bool:
        return self.type != "" and UUID_TEXT.fullmatch(self.headers.get(ID, "")) is not None

    @property
    def event_id(self) -> UUID:
        """`ce_id`, or for a message without a good one, an id made of all that it is."""
        if self.named:
            return UUID(self.headers[ID])
        return derived_id("unnamed", self.topic, self.key, sorted(self.headers.items()), self.body.hex())


async def park(tx: Tx, delivery: Delivery, error: str, state: str = PARKED) -> None:
    """Set `delivery` aside; its inbox row is claimed in the same transaction, so a replay does not park it again."""
    place = {name: getattr(delivery, name) for name in ("topic", "partition", "offset", "headers", "body", "event_id")}
    cut = {"key": delivery.key[:200], "type": delivery.type[:80], "error": error[:4000]}
    await tx.conn.execute(insert(rows).values(**place, **cut, state=state, parked_at=tx.now))


async def held_keys(tx: Tx, deliveries: Sequence[Delivery]) -> set[tuple[str, str]]:
    """Which (topic, key) of `deliveries` wait behind something parked. A message without a key holds nothing."""
    place = tuple_(rows.c.topic, rows.c.key)
    wanted = {(d.topic, d.key) for d in deliveries if d.key}
    found = await tx.conn.execute(select(rows.c.topic, rows.c.key).where(place.in_(wanted))) if wanted else ()
    return {(topic, key) for topic, key in found}


async def due(tx: Tx) -> tuple[int, Delivery] | None:
    """The oldest message to try again: a person asked for it, or what it waited behind is gone."""
    earlier = rows.alias()
    same_key = (earlier.c.topic == rows.c.topic, earlier.c.key == rows.c.key, earlier.c.key != "")
    first = ~exists().where(*same_key, earlier.c.id < rows.c.id)
    row = (
        await tx.conn.execute(select(rows).where(rows.c.state.in_((RETRY, HELD)), first).order_by(rows.c.id).limit(1))
    ).first()
    return (row.id, Delivery(row.topic, row.partition, row.offset, row.key, row.headers, row.body)) if row else None


async def mark(tx: Tx, parked_id: int, state: str, **values: Any) -> bool:
    """RETRY asks the service to try it again within a second; PARKED keeps it, with a new `error`. False: no such."""
    changed = update(rows).where(rows.c.id == parked_id).values(state=state, **values)
    return (await tx.conn.execute(changed)).rowcount == 1


async def drop(tx: Tx, parked_id: int) -> bool:
    """Forget it; what waits behind it goes on. False where there is no such message."""
    return (await tx.conn.execute(delete(rows).where(rows.c.id == parked_id))).rowcount == 1
