"""A started installation, its HTTP app, and the same really served."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from conftest import Fresh, Issuer, free_port, reachable
from kit.db import Database
from services.staff.tests.builders import a_settings
from staff.app import first_start, wire
from staff.settings import Settings

Serve = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def db(fresh: Fresh) -> Database:
    """The org of the tests has its owner, who signs in as `owner` with the tests' password."""
    db = await fresh("staff")
    assert await first_start(db, a_settings()) is None
    return db


@pytest.fixture
async def http(db: Database, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """Staff, trusting the tests' issuer."""
    app = wire(a_settings(jwks_url=issuer.jwks_url), db)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://staff") as client:
        yield client


@asynccontextmanager
async def serving(db: Database, settings: Settings) -> AsyncIterator[str]:
    """Staff on a port of its own, trusting the keys that it serves itself; its loops and relay do not run."""
    url = f"http://127.0.0.1:{settings.port}"
    app = wire(settings.model_copy(update={"jwks_url": f"{url}/v1/jwks"}), db)
    server = uvicorn.Server(uvicorn.Config(app, port=settings.port, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve())
    await reachable(settings.port)
    yield url
    server.should_exit = True
    await task


@pytest.fixture
async def staff(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Staff as everybody meets it: it accepts the tokens that it gives."""
    async with serving(db, a_settings(port=free_port())) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
def manager(issuer: Issuer) -> dict[str, str]:
    """Who may do everything with members, tills and machines."""
    nouns = ("member", "till")
    reads = [f"staff.{noun}.read" for noun in nouns]
    return issuer.header(
        *reads,
        "staff.account.read",
        "staff.session.own",
        "staff.journal.read",
        *(f"staff.{noun}.manage" for noun in (*nouns, "machine", "session")),
    )
