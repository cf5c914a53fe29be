"""A club with its worker and its register."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from contracts import branch
from fiscal.worker.clients import KkmServer
from fiscal.worker.consumers import handlers
from fiscal.worker.domain import job as jobs
from fiscal.worker.jobs import Queues
from kit import migrate
from kit.consume import Intake
from kit.db import Database
from kkm_server.app import create_app
from kkm_server.serving import serving
from services.fiscal.tests.builders import CLUB, DEVICE, OURS, Club


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm with short waits."""
    monkeypatch.setattr(jobs, "pause_s", lambda job, now: 0.01)
    monkeypatch.setattr(jobs, "SETTLE", timedelta(milliseconds=20))
    monkeypatch.setattr(jobs, "SETTLE_AFTER_RESTART", timedelta(milliseconds=100))


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[str]:
    app = create_app(tmp_path / "kkm", control=True)
    async with serving(app) as url:
        yield url
    app.state.emulator.close()


@pytest.fixture
async def club(_quick: None, tmp_path: Path, emulator: str) -> AsyncIterator[Club]:
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/worker.sqlite", "fiscal-worker")
    await migrate.upgrade(db, "fiscal.worker")
    kkm = KkmServer(emulator, "User", "")
    async with httpx.AsyncClient(base_url=emulator) as control:
        club = Club(db, Intake(db, handlers(CLUB)), Queues(db, kkm, timedelta(hours=23)), control)
        await club.order(branch.WatchRegister(**OURS, device=DEVICE, cashier_name="Касса"))
        working = asyncio.create_task(club.queues.work())
        yield club
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await kkm.close()
    await db.engine.dispose()
