"""What operators do to an installation: audit, replay, parked messages."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer import BadParameter

from kit import outbox, parked
from kit.db import Database
from kit.errors import Transient
from kit.kafka import Kafka
from savepoint.audit import Findings
from savepoint.audit import audit as compare
from savepoint.failures import CommandFailed, Exit
from savepoint.places import Places
from savepoint.schema import postgres_failed

T = TypeVar("T")
Find = Callable[[Path], Places]

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def age(written: str) -> timedelta:
    """`90s`, `30m`, `12h`, `1d`. Raises BadParameter."""
    match = re.fullmatch(r"([0-9]{1,5})([smhd])", written)
    if match is None:
        raise BadParameter(f"{written} is not an age: write 90s, 30m, 12h or 1d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


async def audit(find: Find, data: Path) -> Findings:
    """Compare all books of the installation."""
    place = find(data)
    return await _with(place, lambda databases: compare(databases, place.kkm_url))


async def replay(find: Find, data: Path, since: timedelta, service: str | None) -> dict[str, int]:
    """Mark what was told since then as unsent; how many rows, by service."""

    async def each(databases: dict[str, Database]) -> dict[str, int]:
        marked = {}
        for name, db in _chosen(databases, service).items():
            async with db.begin() as tx:
                marked[name] = await outbox.replay(tx.conn, tx.now - since)
        return marked

    return await _with(find(data), each)


async def parked_messages(find: Find, data: Path, service: str | None) -> list[dict[str, Any]]:
    """Everything that is parked, oldest first."""

    async def each(databases: dict[str, Database]) -> list[dict[str, Any]]:
        found = []
        for name, db in _chosen(databases, service).items():
            async with db.begin() as tx:
                rows = await tx.conn.execute(text("select * from parked order by id limit 1000"))
                found += [{"service": name} | _readable(dict(row._mapping)) for row in rows]
        return sorted(found, key=lambda one: str(one["parked_at"]))

    return await _with(find(data), each)


async def decide(find: Find, data: Path, service: str, parked_id: int, retry: bool) -> None:
    """Try a parked message again, or give it up."""

    async def one(databases: dict[str, Database]) -> bool:
        (db,) = _chosen(databases, service).values()
        async with db.begin() as tx:
            return await (parked.mark(tx, parked_id, parked.RETRY) if retry else parked.drop(tx, parked_id))

    if not await _with(find(data), one):
        raise BadParameter(f"{service} has parked no message {parked_id}")


async def reach(kafka: Kafka, work: Awaitable[T]) -> T:
    """Await `work` with the broker. Raises CommandFailed where it does not answer."""
    try:
        return await work
    except (KafkaError, OSError) as wrong:
        message = f"Kafka at {kafka.servers} did not do it: {wrong!r}. Check the address and that it runs."
        raise CommandFailed(Exit.KAFKA, message) from None


async def _with(place: Places, work: Callable[[dict[str, Database]], Awaitable[T]]) -> T:
    databases = place.databases()
    try:
        return await work(databases)
    except Transient as wrong:
        raise CommandFailed(Exit.POSTGRES, f"{wrong}. Check that it runs.") from None
    except DBAPIError as wrong:
        raise postgres_failed(wrong) from None
    finally:
        for db in databases.values():
            await db.engine.dispose()


def _chosen(databases: dict[str, Database], service: str | None) -> dict[str, Database]:
    if service is None:
        return databases
    if service not in databases:
        raise BadParameter(f"there is no service {service}: {', '.join(databases)}")
    return {service: databases[service]}


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """For a person or JSON: bytes as text, moments and ids as strings."""
    row["body"] = bytes(row["body"]).decode("utf-8", errors="backslashreplace")
    return {name: value if isinstance(value, (int, str, dict)) else str(value) for name, value in row.items()}
