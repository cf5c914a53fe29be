"""A database with the kit's own tables and the toy's."""

import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url, text

from conftest import Fresh
from kit import migrate
from kit.db import Database

_numbers = itertools.count(1)


@pytest.fixture
async def fresh(postgres: str) -> AsyncIterator[Fresh]:
    opened: list[Database] = []

    async def make(service: str) -> Database:
        name = f"{service}_{next(_numbers)}"
        admin = await asyncpg.connect(postgres)
        await admin.execute(f'create database "{name}"')
        await admin.close()
        url = make_url(postgres).set(drivername="postgresql+asyncpg", database=name)
        opened.append(Database(url.render_as_string(hide_password=False), service))
        await migrate.upgrade(opened[-1], "kit")
        async with opened[-1].engine.begin() as conn:
            await conn.execute(text("create table deposit (kopecks bigint)"))
        return opened[-1]

    yield make
    for db in opened:
        await db.engine.dispose()
