"""A broker that forgot everything: what some reader has not taken in is sent again, and nothing else."""

import json
import sqlite3
from collections.abc import Iterable
from itertools import chain, combinations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from kit import migrate
from kit.db import Database
from savepoint.resend import branch_topics, followers, lost

ORDERED = "hall.session.ordered.v1"
DONE = "fiscal.job.done.v1"
TOLD = """
    insert into outbox (event_id, topic, key, type, headers, body, created_at, published_at)
    values ($1, 'a.topic', 'a key', $2, '{}', '', now(), case when $3 then now() end)
"""
TAKEN = "insert into inbox (event_id, taken_at) values ($1, now())"
UNSENT = "select event_id from outbox where published_at is null"


@pytest.fixture
async def worker(tmp_path: Path) -> sqlite3.Connection:
    """The file of a club's fiscal worker."""
    file = tmp_path / f"{uuid4()}.sqlite"
    db = Database(f"sqlite+aiosqlite:///{file}", "fiscal-worker")
    await migrate.upgrade(db, "fiscal.worker")
    await db.engine.dispose()
    return sqlite3.connect(file)


async def tell(db: asyncpg.Connection, kind: str, sent: bool = True) -> UUID:
    event_id = uuid4()
    await db.execute(TOLD, event_id, kind, sent)
    return event_id


async def take(installation: Any, worker: sqlite3.Connection, reader: str, event_id: UUID) -> None:
    if reader == "fiscal-worker":
        worker.execute("insert into inbox (event_id, taken_at) values (?, '2026-11-23')", [event_id.hex])
        worker.commit()
    else:
        await installation.databases[reader].execute(TAKEN, event_id)


async def unsent(db: asyncpg.Connection) -> set[UUID]:
    return {row["event_id"] for row in await db.fetch(UNSENT)}


def every_choice(of: list[str]) -> Iterable[tuple[str, ...]]:
    return chain.from_iterable(combinations(of, number) for number in range(len(of) + 1))


async def test_exactly_what_some_follower_lacks_is_sent_again(installation: Any, worker: Any, tmp_path: Path) -> None:
    hall, expected = installation.databases["hall"], set()
    for kind, readers in followers().items():
        for takers in every_choice(readers):
            event_id = await tell(hall, kind)
            for reader in takers:
                await take(installation, worker, reader, event_id)
            if set(takers) != set(readers):
                expected.add(event_id)

    assert await lost(installation.url, tmp_path) == len(expected)
    assert await unsent(hall) == expected


async def test_what_everybody_has_is_not_sent_again(installation: Any, worker: Any, tmp_path: Path) -> None:
    for kind, readers in followers().items():
        event_id = await tell(installation.databases["billing"], kind)
        for reader in readers:
            await take(installation, worker, reader, event_id)

    assert await lost(installation.url, tmp_path) == 0
    assert await unsent(installation.databases["billing"]) == set()


async def test_what_nobody_follows_is_not_sent_again(installation: Any, tmp_path: Path) -> None:
    await tell(installation.databases["staff"], "staff.nobody.listens.v1")

    assert await lost(installation.url, tmp_path) == 0


async def test_what_was_not_sent_yet_waits_as_before(installation: Any, tmp_path: Path) -> None:
    waiting = await tell(installation.databases["hall"], ORDERED, sent=False)

    assert await lost(installation.url, tmp_path) == 0
    assert await unsent(installation.databases["hall"]) == {waiting}


async def test_what_a_worker_told_is_sent_again_until_fiscal_has_it(
    installation: Any, worker: Any, tmp_path: Path
) -> None:
    rows = [(uuid4(), number) for number in (1, 2)]
    for event_id, number in rows:
        worker.execute(
            "insert into outbox values (?, ?, 'a.topic', 'a key', ?, '{}', '', '2026-11-23', '2026-11-23')",
            [number, event_id.hex, DONE],
        )
    worker.commit()
    await take(installation, worker, "fiscal", rows[0][0])

    assert await lost(installation.url, tmp_path) == 1
    assert worker.execute("select id from outbox where published_at is null").fetchall() == [(2,)]


async def test_a_second_look_finds_nothing_more(installation: Any, tmp_path: Path) -> None:
    await tell(installation.databases["hall"], ORDERED)

    assert await lost(installation.url, tmp_path) == 1
    assert await lost(installation.url, tmp_path) == 0


async def test_clubs_with_a_register_have_topics_of_their_own(installation: Any) -> None:
    clubs = {mode: uuid4() for mode in ("kkm_server", "off")}
    for mode, club_id in clubs.items():
        await installation.databases["fiscal"].execute(
            "insert into register values ($1, $2, $3, 'a', $4, 1, '', '', 'a', null, false, now())",
            *(uuid4(), uuid4(), club_id, mode),
        )

    names = [topic.name for topic in await branch_topics(installation.url)]

    assert len(names) == 2
    assert all(str(clubs["kkm_server"]) in name for name in names), json.dumps(names)
