"""Databases that hold the kit's own tables alone."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text

from kit import migrate
from kit.db import Database

_numbers = itertools.count(1)


@pytest.fixture
async def postgres_db(postgres: str) -> AsyncIterator[Database]:
    name = f"toy_{next(_numbers)}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'create database "{name}"')
    await admin.close()
    url = make_url(postgres).set(drivername="postgresql+asyncpg", database=name)
    db = Database(url.render_as_string(hide_password=False), "toy")
    await migrate.upgrade(db, "kit")
    yield db
    await db.engine.dispose()


@pytest.fixture
async def sqlite_db(tmp_path: Path) -> AsyncIterator[Database]:
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/toy.sqlite", "toy")
    await migrate.upgrade(db, "kit")
    yield db
    await db.engine.dispose()


@pytest.fixture(params=["postgres", "sqlite"])
def db(request: pytest.FixtureRequest) -> Any:
    """The same claims hold on both dialects."""
    return request.getfixturevalue(f"{request.param}_db")


@pytest.fixture
async def tallied(db: Database) -> Database:
    """A database with a table that a toy handler writes to."""
    async with db.engine.begin() as conn:
        await conn.execute(text("create table tally (thing text, number int)"))
    return db
