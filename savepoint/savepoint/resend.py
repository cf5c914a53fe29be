"""What a broker without memory forgot is sent again: exactly the rows that some reader has not taken in.

Each service's outbox says what was told, the readers' inboxes say what was taken. Sending a row twice is harmless; this
only keeps a start after a busy week from sending all of it.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import make_url

import billing.consumers
import fiscal.central.consumers
import fiscal.worker.consumers
import hall.consumers
import staff.consumers
from contracts.topics import Topic, branch
from kit.consume import Handlers
from savepoint.schema import SERVICES


def followers() -> dict[str, list[str]]:
    """Type -> the services that follow it."""
    follow: dict[str, Handlers] = {
        "staff": staff.consumers.handlers(),
        "hall": hall.consumers.handlers(),
        "billing": billing.consumers.handlers(),
        "fiscal": fiscal.central.consumers.handlers(timedelta(0)),
        "fiscal-worker": fiscal.worker.consumers.handlers(UUID(int=0)),
    }
    found: dict[str, list[str]] = defaultdict(list)
    for service, handlers in follow.items():
        for kind in handlers.models:
            found[kind].append(service)
    return found


async def lost(postgres_url: str, workers: Path) -> int:
    """Mark as unsent what was published and not taken in by all who follow it. How many rows that were."""
    readers = followers()
    connections = {service: await _connect(postgres_url, service) for service in SERVICES}
    files = _open(workers)
    try:
        taken = {service: await _taken(connection) for service, connection in connections.items()}
        taken["fiscal-worker"] = {UUID(one) for file in files for (one,) in file.execute("select event_id from inbox")}
        marked = 0
        for connection in connections.values():
            ids = _lost(await _told(connection), readers, taken)
            await connection.execute("update outbox set published_at = null where id = any($1::bigint[])", ids)
            marked += len(ids)
        for file in files:
            rows = file.execute("select id, event_id, type from outbox where published_at is not null").fetchall()
            ids = _lost([(row[0], UUID(row[1]), row[2]) for row in rows], readers, taken)
            file.execute(
                "update outbox set published_at = null where id in (select value from json_each(?))", [json.dumps(ids)]
            )
            file.commit()
            marked += len(ids)
        return marked
    finally:
        for connection in connections.values():
            await connection.close()
        for file in files:
            file.close()


def _open(workers: Path) -> list[sqlite3.Connection]:
    return [sqlite3.connect(path) for path in sorted(workers.glob("*.sqlite"))]


def _lost(
    told: Iterable[tuple[int, UUID, str]], readers: dict[str, list[str]], taken: dict[str, set[UUID]]
) -> list[int]:
    return [
        row_id
        for row_id, event_id, kind in told
        if any(event_id not in taken[reader] for reader in readers.get(kind, ()))
    ]


async def _told(connection: asyncpg.Connection) -> list[tuple[int, UUID, str]]:
    rows = await connection.fetch("select id, event_id, type from outbox where published_at is not null")
    return [(row["id"], row["event_id"], row["type"]) for row in rows]


async def _taken(connection: asyncpg.Connection) -> set[UUID]:
    return {row["event_id"] for row in await connection.fetch("select event_id from inbox")}


async def branch_topics(postgres_url: str) -> list[Topic]:
    """The topics of every club that has a register."""
    connection = await _connect(postgres_url, "fiscal")
    try:
        rows = await connection.fetch("select distinct club_id from register where mode = 'kkm_server'")
        return [topic for row in rows for topic in branch(row["club_id"])]
    finally:
        await connection.close()


async def _connect(postgres_url: str, database: str) -> asyncpg.Connection:
    url = make_url(postgres_url).set(drivername="postgresql", database=database)
    return await asyncpg.connect(url.render_as_string(hide_password=False), timeout=10)
