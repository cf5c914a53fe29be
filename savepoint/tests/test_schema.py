"""Databases of another version: older ones are brought up with all that is in them, newer ones are left alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kit import migrate
from savepoint import schema
from savepoint.failures import Exit

FUTURE = "hall9999"
KEPT = "insert into inbox (event_id, taken_at) values ('0193a000-0000-7000-8000-000000000001', now())"


async def versions(installation: Any) -> dict[str, set[str]]:
    query = "select version_num from alembic_version"
    return {name: {row[0] for row in await db.fetch(query)} for name, db in installation.databases.items()}


@pytest.fixture
async def older(installation: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation whose fiscal database is as it was before the service's own first migration."""
    db = installation.databases["fiscal"]
    await db.execute("drop schema public cascade; create schema public authorization fiscal_owner")
    await db.execute("grant usage on schema public to public")
    with monkeypatch.context() as then:
        then.setitem(schema.SERVICES, "fiscal", "kit")
        await schema.upgrade(schema.as_owner(installation.url, "fiscal"))
    await db.execute(KEPT)
    return installation


@pytest.fixture
async def newer(installation: Any) -> AsyncIterator[Any]:
    """An installation whose hall was upgraded by a version that this program does not know."""
    db = installation.databases["hall"]
    heads = migrate.scripts("hall").get_heads()
    ours = (next(one for one in heads if one.startswith("hall")), FUTURE)
    await db.execute("update alembic_version set version_num = $2 where version_num = $1", *ours)
    yield installation
    await db.execute("update alembic_version set version_num = $1 where version_num = $2", *ours)


async def test_an_older_database_is_brought_up_with_what_is_in_it(command: Any, older: Any) -> None:
    assert "migrate" in (await asyncio.to_thread(command, "audit")).failed(Exit.SCHEMA)

    (await asyncio.to_thread(command, "migrate")).found()

    fiscal = older.databases["fiscal"]
    assert (await versions(older))["fiscal"] == set(migrate.scripts("fiscal.central").get_heads())
    assert await fiscal.fetchval("select count(*) from inbox") == 1
    assert await fiscal.fetchval("select has_table_privilege('fiscal', 'receipt', 'insert')")
    assert (await asyncio.to_thread(command, "audit")).code == 0


async def test_migrating_again_changes_nothing(command: Any, installation: Any) -> None:
    before = await versions(installation)

    said = (await asyncio.to_thread(command, "migrate")).found()

    assert said == "schemas of staff, hall, billing, fiscal are this version's\n"
    assert await versions(installation) == before


async def test_a_newer_database_is_named_and_left_alone(command: Any, newer: Any) -> None:
    said = (await asyncio.to_thread(command, "migrate")).failed(Exit.SCHEMA)

    assert "database of hall" in said
    assert FUTURE in said
    assert "Start that version" in said
    assert FUTURE in (await versions(newer))["hall"]


def test_a_stack_does_not_start_on_a_newer_database(command: Any, newer: Any, tmp_path: Path) -> None:
    done = command("up", "--data", tmp_path, "--port", 0, "--postgres", newer.url)

    assert done.code == Exit.SCHEMA
    assert FUTURE in done.err
    assert done.err.count("\n") == 1


async def test_a_service_may_work_in_its_database_and_not_change_its_schema(installation: Any) -> None:
    for name, db in installation.databases.items():
        assert await db.fetchval("select has_table_privilege($1, 'outbox', 'insert, update, delete')", name)
        assert not await db.fetchval("select has_schema_privilege($1, 'public', 'create')", name)


async def test_a_service_comes_into_no_database_but_its_own(installation: Any) -> None:
    db = installation.databases["staff"]
    for service in schema.SERVICES:
        for database in schema.SERVICES:
            may = await db.fetchval("select has_database_privilege($1, $2, 'connect')", service, database)
            assert may == (service == database), (service, database)
        assert not await db.fetchval("select has_database_privilege($1, $2, 'temporary')", service, service)


async def test_the_ledger_is_append_only_for_billing(installation: Any) -> None:
    billing = installation.databases["billing"]
    for table in ("entry", "posting"):
        assert await billing.fetchval("select has_table_privilege('billing', $1, 'insert')", table)
        assert not await billing.fetchval("select has_table_privilege('billing', $1, 'update')", table)
        assert not await billing.fetchval("select has_table_privilege('billing', $1, 'delete')", table)
