"""A database of the hall, its app on it, and a furnished club."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from conftest import Fresh, Issuer
from hall.app import compose
from hall.settings import Settings
from kit.db import Database
from services.hall.tests.builders import Furnished, furnish


@pytest.fixture
async def db(fresh: Fresh) -> Database:
    return await fresh("hall")


@pytest.fixture
async def hall(db: Database) -> Furnished:
    return await furnish(db)


@pytest.fixture
async def app(db: Database, issuer: Issuer) -> AsyncIterator[FastAPI]:
    url = db.engine.url.render_as_string(hide_password=False)
    app = compose(Settings(database_url=url, kafka_servers="nowhere:1", jwks_url=issuer.jwks_url))
    yield app
    await app.state.db.engine.dispose()


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hall") as client:
        yield client
