"""Messages that wait for a person, and messages that are sent again: what operators see and do."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from kit import migrate, outbox, parked
from kit.db import Database
from kit.parked import Delivery
from kit.time import utc_now
from savepoint.schema import address

WHY = "ValidationError: Field required [type=missing, input_value={'a': 1}] at :100: [/readyz]"
TYPE = "hall.session.started.v1"


@dataclass
class Desk:
    """The command, given what stands in services' books."""

    command: Any
    databases: dict[str, Database]

    async def says(self, *arguments: object) -> Any:
        return await asyncio.to_thread(self.command, *arguments)

    async def listed(self, *arguments: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((await self.says("parked", "list", "--json", *arguments)).found())
        return found

    async def a_parked(self, service: str = "billing", key: str = "a key", body: bytes = b"{}") -> int:
        """A message that the service could not handle; its number."""
        delivery = Delivery("hall.session", 0, 7, key, {"ce_id": str(uuid4()), "ce_type": TYPE}, body)
        async with self.databases[service].begin() as tx:
            await parked.park(tx, delivery, WHY)
            return int((await tx.conn.execute(select(func.max(parked.rows.c.id)))).scalar_one())

    async def told(self, service: str, days_ago: float, sent: bool = True) -> None:
        """A row of the service's outbox."""
        at = utc_now() - timedelta(days=days_ago)
        row = {"event_id": uuid4(), "topic": "hall.session", "key": "a key", "type": TYPE, "headers": {}, "body": b"{}"}
        async with self.databases[service].begin() as tx:
            await tx.conn.execute(
                outbox.rows.insert(), [row | {"created_at": at, "published_at": at if sent else None}]
            )

    async def unsent(self, service: str) -> int:
        async with self.databases[service].begin() as tx:
            return len((await tx.conn.execute(outbox.rows.select().where(outbox.unsent))).all())


@pytest.fixture
async def desk(installation: Any, command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setenv("SAVEPOINT_WORKERS", str(tmp_path))
    worker = Database(f"sqlite+aiosqlite:///{tmp_path}/club.sqlite", "fiscal-worker")
    await migrate.upgrade(worker, "fiscal.worker")
    services = {name: Database(address(installation.url, name), name) for name in ("hall", "billing")}
    yield Desk(command, services | {"fiscal-worker club": worker})
    for db in (worker, *services.values()):
        await db.engine.dispose()


async def test_where_nothing_is_parked_a_person_is_told_so(desk: Desk) -> None:
    assert (await desk.says("parked", "list")).found() == "nothing is parked\n"
    assert await desk.listed() == []


async def test_parked_messages_of_all_services_are_listed_oldest_first(desk: Desk) -> None:
    for service in ("hall", "fiscal-worker club", "billing"):
        await desk.a_parked(service)

    assert [one["service"] for one in await desk.listed()] == ["hall", "fiscal-worker club", "billing"]
    assert [one["service"] for one in await desk.listed("--service", "billing")] == ["billing"]


async def test_why_a_message_is_parked_is_shown_to_the_letter(desk: Desk) -> None:
    number = await desk.a_parked(body='{"имя": ["a", "[b]"]}'.encode())

    (listed,) = await desk.listed()
    shown = json.loads((await desk.says("parked", "show", number, "--service", "billing")).found())

    assert shown == listed
    assert (shown["error"], shown["body"], shown["type"]) == (WHY, '{"имя": ["a", "[b]"]}', TYPE)
    assert WHY in (await desk.says("parked", "list")).found()


async def test_a_pipe_gets_one_line_for_each_message(desk: Desk) -> None:
    for number in range(3):
        await desk.a_parked(key=f"key-{number} {'long ' * 20}")

    header, *lines = (await desk.says("parked", "list")).found().splitlines()

    assert header.split("\t") == ["service", "id", "state", "type", "key", "parked_at", "error"]
    assert [line.split("\t")[4] for line in lines] == [f"key-{number} {'long ' * 20}" for number in range(3)]


async def test_a_message_cannot_command_the_terminal(desk: Desk) -> None:
    await desk.a_parked(key="\x1b[2J\x07\nanother line", body=b"\x1b[2J\xc2\x9b2J\xff")

    for asked in (["list"], ["list", "--json"], ["show", 1, "--service", "billing"]):
        said = (await desk.says("parked", *asked)).found()
        assert not re.search(r"[^\n\t\x20-\x7e]", said), said


@pytest.mark.parametrize("service", ["billing", "fiscal-worker club"])
async def test_a_message_is_tried_again_when_a_person_says_so(desk: Desk, service: str) -> None:
    number, other = await desk.a_parked(service), await desk.a_parked(service)

    (await desk.says("parked", "retry", number, "--service", service)).found()

    assert {one["id"]: one["state"] for one in await desk.listed()} == {number: "retry", other: "parked"}


@pytest.mark.parametrize("service", ["billing", "fiscal-worker club"])
async def test_a_message_is_given_up_when_a_person_says_so(desk: Desk, service: str) -> None:
    number, other = await desk.a_parked(service), await desk.a_parked(service)

    (await desk.says("parked", "drop", number, "--service", service)).found()

    assert [one["id"] for one in await desk.listed()] == [other]


@pytest.mark.parametrize("verb", ["show", "retry", "drop"])
async def test_a_message_that_is_not_parked_is_named(desk: Desk, verb: str) -> None:
    await desk.a_parked("hall")

    said = (await desk.says("parked", verb, 1, "--service", "billing")).failed(2)

    assert "billing has parked no message 1" in said
    assert len(await desk.listed()) == 1


@pytest.mark.parametrize("asked", ["parked list", "parked drop 1", "replay --since 1d"])
async def test_a_service_that_is_not_there_is_named_with_those_that_are(desk: Desk, asked: str) -> None:
    said = (await desk.says(*asked.split(), "--service", "bar")).failed(2)

    assert "no service bar: staff, hall, billing, fiscal, fiscal-worker club" in said


async def test_a_replay_says_for_each_service_how_much_is_sent_again(desk: Desk) -> None:
    for days_ago in (0.1, 0.9, 1.1):
        await desk.told("hall", days_ago)
    await desk.told("fiscal-worker club", 0.5)
    await desk.told("billing", 0.5, sent=False)

    said = (await desk.says("replay", "--since", "1d")).found()

    assert said.splitlines() == [
        "staff: 0 messages are sent again",
        "hall: 2 messages are sent again",
        "billing: 0 messages are sent again",
        "fiscal: 0 messages are sent again",
        "fiscal-worker club: 1 messages are sent again",
    ]
    assert await desk.unsent("hall") == 2
    assert await desk.unsent("billing") == 1


@pytest.mark.parametrize(("since", "count"), [("90s", 1), ("30m", 2), ("12h", 3), ("1d", 4)])
async def test_the_age_of_a_replay_has_its_unit(desk: Desk, since: str, count: int) -> None:
    for seconds in (60, 600, 6 * 3600, 18 * 3600, 36 * 3600):
        await desk.told("hall", seconds / 86400)

    said = (await desk.says("replay", "--since", since, "--service", "hall")).found()

    assert said == f"hall: {count} messages are sent again\n"
