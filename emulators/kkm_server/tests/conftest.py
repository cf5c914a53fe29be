"""An emulator per test: in process with a clock moved by hand, or on a socket with the machine's."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from emulators.kkm_server.tests.toy import HandClock, Kkm
from kkm_server.app import create_app
from kkm_server.serving import serving


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def app(tmp_path: Path, clock: HandClock) -> AsyncIterator[FastAPI]:
    app = create_app(tmp_path / "data", control=True, clock=clock)
    yield app
    app.state.emulator.close()


@pytest.fixture
async def kkm(app: FastAPI, clock: HandClock) -> AsyncIterator[Kkm]:
    """The emulator called directly, without a socket."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kkm") as http:
        yield Kkm(http, clock)


@pytest.fixture
async def served(tmp_path: Path, clock: HandClock) -> AsyncIterator[Kkm]:
    """The emulator behind a real socket."""
    app = create_app(tmp_path / "data", control=True, clock=clock)
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as http:
        yield Kkm(http, clock)
