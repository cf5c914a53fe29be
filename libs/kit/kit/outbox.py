"""Words that wait to be sent: rows written in the transaction that they tell about, published by the relay alone.

Published rows are kept for some days, so that they can be sent again: every reader is idempotent, and a replay changes
nothing but this table.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, Uuid, column, delete, insert, select, table, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import Message
from contracts.headers import SOURCE, headers
from kit.columns import Moment, Serial
from kit.telemetry import current_traceparent
from kit.time import new_id

BODY_MAX_BYTES = 900_000
"""Below the brokers' usual limit of 1 MiB: what enters the outbox can be sent."""

TEXTS = [column(name, String) for name in ("topic", "key", "type")]
MOMENTS = [column(name, Moment) for name in ("created_at", "published_at")]
rows = table(
    "outbox",
    column("id", Serial),
    column("event_id", Uuid),
    *TEXTS,
    column("headers", JSON),
    column("body", LargeBinary),
    *MOMENTS,
)
unsent = rows.c.published_at.is_(None)


def row(message: Message, at: datetime, trace: str | None) -> dict[str, Any]:
    """`message` on its way into the outbox: its id is drawn here, and it joins the open span's trace or `trace`."""
    body = message.body()
    assert len(body) <= BODY_MAX_BYTES, f"{message.TYPE} has {len(body)} bytes; a broker takes {BODY_MAX_BYTES}"
    event_id = new_id()
    known = headers(message, event_id, at, trace or current_traceparent())
    place = {"topic": message.topic, "key": message.key, "type": message.TYPE}
    return {"event_id": event_id, **place, "headers": known, "body": body, "created_at": at}


async def put(conn: AsyncConnection, told: list[dict[str, Any]], source: str) -> None:
    """Write rows in their order, all in one statement."""
    if told:
        await conn.execute(insert(rows), [{**one, "headers": {**one["headers"], SOURCE: source}} for one in told])


async def oldest_unsent(conn: AsyncConnection) -> datetime | None:
    """When the oldest unsent row was told; None when all is sent."""
    return (
        await conn.execute(select(rows.c.created_at).where(unsent).order_by(rows.c.id).limit(1))
    ).scalar_one_or_none()


async def replay(conn: AsyncConnection, since: datetime) -> int:
    """Mark what was told at or after `since` as unsent, and the relay sends it again; how many rows that is."""
    again = update(rows).where(rows.c.created_at >= since, ~unsent).values(published_at=None)
    return (await conn.execute(again)).rowcount


async def prune(conn: AsyncConnection, before: datetime) -> None:
    """Forget rows published before `before`."""
    await conn.execute(delete(rows).where(rows.c.published_at < before))
