"""A club with its worker and its register; the central app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from conftest import Fresh, Issuer
from contracts import branch, hall
from edge.http import create_app as app_of
from edge.live import Watch
from fiscal.central.api import routes
from fiscal.central.consumers import handlers as central_handlers
from fiscal.central.jobs import Loops
from fiscal.worker.clients import KkmServer
from fiscal.worker.consumers import handlers
from fiscal.worker.domain import job as jobs
from fiscal.worker.jobs import Queues
from kit import migrate
from kit.consume import Intake
from kit.db import Database
from kit.guard import forever
from kit.kafka import Kafka
from kit.relay import Relay
from kit.service import Service
from kkm_server.app import create_app
from kkm_server.serving import serving
from services.fiscal.tests.builders import CLUB, DEVICE, ORG, OURS, Club
from services.fiscal.tests.central import Central, NoKafka


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


@asynccontextmanager
async def worker_at(file: Path, emulator: str) -> AsyncIterator[Club]:
    """A club's worker whose memory is `file`, at work."""
    db = Database(f"sqlite+aiosqlite:///{file}", "fiscal-worker")
    await migrate.upgrade(db, "fiscal.worker")
    kkm = KkmServer(emulator, "User", "")
    async with httpx.AsyncClient(base_url=emulator) as control:
        club = Club(db, Intake(db, handlers(CLUB)), Queues(db, kkm, timedelta(hours=23)), control)
        await club.order(branch.WatchRegister(**OURS, device=DEVICE, cashier_name="Касса"))
        working = asyncio.create_task(forever("fiscal-worker", "registers", club.queues.work, pause_s=0.01))
        yield club
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await kkm.close()
    await db.engine.dispose()


@pytest.fixture
async def club(_quick: None, tmp_path: Path, emulator: str) -> AsyncIterator[Club]:
    async with worker_at(tmp_path / "worker.sqlite", emulator) as club:
        yield club


@pytest.fixture
async def central(fresh: Fresh, issuer: Issuer) -> AsyncIterator[Central]:
    db = await fresh("fiscal")
    watch = Watch(db)
    service = Service("fiscal.central", db, Relay(db, Kafka("nowhere:1")), loops=[watch.loop()])
    app = app_of(service, [routes(db, watch)], issuer.tokens())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    branches = NoKafka()
    loops = Loops(db, branches, timedelta(0))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://fiscal") as http:
        central = Central(db, Intake(db, central_handlers(timedelta(minutes=10))), http, issuer, loops, branches)
        club = {"org_id": ORG, "club_id": CLUB, "name": "Лиговский", "time_zone": "Europe/Moscow"}
        await central.hears(hall.ClubRegistered(**club, start_on_unknown_receipt=True))
        yield central
