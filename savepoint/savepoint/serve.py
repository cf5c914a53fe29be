"""All services in one process behind one port: `python -m savepoint.serve FOLDER`, started by the stack.

The same compositions as in their own containers, each with its own database; a fiscal worker for every club that has
a register. It is started before the parts that it needs, and goes on when a line comes in: by then its modules are
loaded. Prints `ready` when it serves, and the owner's one-time password when there is one.
"""

import asyncio
import ipaddress
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route

import billing.app
import billing.settings
import console.app
import console.settings
import fiscal.central.app
import fiscal.central.settings
import fiscal.worker.app
import fiscal.worker.settings
import hall.app
import hall.settings
import kit.settings
import staff.app
import staff.settings
from edge import problems
from edge.http import Server
from kit import migrate, telemetry
from kit.db import Database
from kit.guard import forever
from kit.service import Service
from savepoint.folder import Folder, Running
from savepoint.schema import address
from savepoint.tls import Authority, here

log = logging.getLogger(__name__)

GRACEFUL_TIMEOUT_S = 5
NETWORK_AGAIN_S = 5
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def common(running: Running, service: str) -> dict[str, Any]:
    """What every service of this stack is told."""
    return {
        "database_url": address(running.postgres_url, service),
        "kafka_servers": running.kafka_servers,
        "kafka_kind": running.kafka_kind,
        "jwks_url": f"{running.url}/api/staff/v1/jwks",
    }


def compose(folder: Folder, running: Running) -> dict[str, FastAPI]:
    """The services by name."""
    secret: dict[str, Any] = {"signing_secret": folder.secret("signing")}
    return {
        "staff": staff.app.compose(staff.settings.Settings(**common(running, "staff"), **secret)),
        "hall": hall.app.compose(hall.settings.Settings(**common(running, "hall"))),
        "billing": billing.app.compose(billing.settings.Settings(**common(running, "billing"))),
        "fiscal": fiscal.central.app.compose(fiscal.central.settings.Settings(**common(running, "fiscal"))),
    }


REGISTERS = """
    select club_id, num_device, kkt_number, inn from register where mode = 'kkm_server' order by register_id
"""
Address = tuple[int, str, str]


def alone(registers: list[tuple[UUID, Address]]) -> set[UUID]:
    """Clubs whose register is not another club's, oldest first: all of them share this machine's KKM-Server.

    Two clubs on one register would take each other's documents for their own. What an address leaves empty may be any.
    """
    taken: list[tuple[UUID, Address]] = []
    for club_id, place in registers:
        if all(other == club_id or _differ(place, theirs) for other, theirs in taken):
            taken.append((club_id, place))
    return {club_id for club_id, _ in taken}


def _differ(one: Address, other: Address) -> bool:
    return any(mine and theirs and mine != theirs for mine, theirs in zip(one, other, strict=True))


class Workers:
    """A fiscal worker for every club that has a register of its own at the KKM-Server."""

    def __init__(self, folder: Folder, running: Running, fiscal_db: Database) -> None:
        self.folder, self.running, self.db = folder, running, fiscal_db
        self.services: dict[UUID, Service] = {}
        self.left_out: set[UUID] = set()

    async def start_new(self, stack: AsyncExitStack) -> None:
        """Start the workers that are missing."""
        async with self.db.look() as tx:
            rows = (await tx.conn.execute(text(REGISTERS))).all()
        clubs = alone([(row.club_id, (row.num_device, row.kkt_number, row.inn)) for row in rows])
        for club_id in {row.club_id for row in rows} - clubs - self.left_out:
            log.error("club %s gets no worker: its register is another club's. Give it a number of its own.", club_id)
            self.left_out.add(club_id)
        for club_id in clubs - self.services.keys():
            service = fiscal.worker.app.compose(self._settings(club_id))
            await migrate.upgrade(service.db, fiscal.worker.app.PACKAGE)
            await stack.enter_async_context(service.running())
            self.services[club_id] = service

    def _settings(self, club_id: UUID) -> fiscal.worker.settings.Settings:
        path = self.folder / "workers"
        path.mkdir(exist_ok=True)
        own: dict[str, Any] = {"club_id": club_id, "kkm_url": self.running.kkm_url}
        told = common(self.running, "fiscal") | {"database_url": f"sqlite+aiosqlite:///{path}/{club_id}.sqlite"}
        return fiscal.worker.settings.Settings(**told, **own)


def desk(running: Running) -> FastAPI:
    """The console: it calls the services as anybody does, over HTTP."""
    return console.app.compose(console.settings.Settings(api_url=f"{running.url}/api"))


def stack_app(folder: Folder, running: Running, apps: dict[str, FastAPI], pages: FastAPI) -> Starlette:
    """One app for all of it."""
    workers = Workers(folder, running, apps["fiscal"].state.db)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            settings = staff.settings.Settings(**common(running, "staff"), signing_secret=folder.secret("signing"))
            password = await staff.app.first_start(apps["staff"].state.db, settings)
            if password:
                _say(f"owner password (one time): {password}")
            for app in apps.values():
                await stack.enter_async_context(app.state.service.running())
            stack.push_async_callback(pages.state.services.http.aclose)
            watching = asyncio.create_task(
                forever("savepoint", "workers", lambda: workers.start_new(stack), pause_s=0.2)
            )
            stack.callback(watching.cancel)
            yield

    routes: list[Route | Mount] = _around(folder, running, apps, workers)
    routes += [Mount(f"/api/{name}", app) for name, app in apps.items()]
    routes += [
        Route("/api", nowhere, methods=METHODS),
        Route("/api/{path:path}", nowhere, methods=METHODS),
        Mount("/", pages),
    ]
    failures: dict[Any, Any] = {HTTPException: problems.http}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=failures)


def _around(folder: Folder, running: Running, apps: dict[str, FastAPI], workers: Workers) -> list[Route | Mount]:
    """What is asked of the stack itself: whether it lives, is ready, and whom to trust."""

    async def ready(_: Request) -> JSONResponse:
        services = {name: app.state.service for name, app in apps.items()}
        services |= {f"fiscal-worker {club_id}": one for club_id, one in workers.services.items()}
        wrong = {name: found for name, one in services.items() if (found := await one.wrong())}
        return JSONResponse({"status": "not ready" if wrong else "ready", **wrong}, 503 if wrong else 200)

    async def authority(_: Request) -> Response:
        certificate = Authority(folder / "tls").certificate
        if running.listen is None or not certificate.exists():
            raise HTTPException(404)
        return FileResponse(certificate, media_type="application/x-x509-ca-cert", filename="savepoint-ca.crt")

    async def alive(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    return [Route("/readyz", ready), Route("/livez", alive), Route("/ca.crt", authority)]


async def nowhere(_: Request) -> Response:
    """A path of no service: a problem, and not the console's page."""
    raise HTTPException(404)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class _Neighbours(uvicorn.Server):
    """Serves the same app to the club's network; the other server hears the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Network:
    """The desk at an address that comes and goes with its cable: what is served here never depends on it."""

    def __init__(self, config: Callable[[], uvicorn.Config]) -> None:
        self.config = config
        self.server: _Neighbours | None = None
        self.serving: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            self.server = _Neighbours(self.config())
            try:
                await self.server.serve()
            except SystemExit:  # so uvicorn says that the address cannot be had
                log.error("the club's network cannot be served now; trying again in %d s", NETWORK_AGAIN_S)
                await asyncio.sleep(NETWORK_AGAIN_S)
            else:
                return

    async def end(self) -> None:
        """Let open answers end, as the other server does."""
        if self.serving is None or self.server is None or not self.server.started:
            if self.serving is not None:
                self.serving.cancel()
            return
        self.server.should_exit = True
        await asyncio.gather(self.serving, return_exceptions=True)


class _Server(Server):
    """Says when it serves, so that whoever started it need not guess; the club's network is served beside it."""

    def __init__(self, config: uvicorn.Config, network: _Network | None, *apps: FastAPI) -> None:
        super().__init__(config, *apps)
        self.network = network

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            if self.network is not None:
                self.network.begin()
            _say("ready")

    async def shutdown(self, sockets: Any = None) -> None:
        ends = [self.network.end()] if self.network is not None else []
        await asyncio.gather(super().shutdown(sockets), *ends)


def main() -> None:
    folder = Folder(Path(sys.argv[1]))
    if not sys.stdin.readline():
        return  # whoever started us is gone
    running = folder.read()
    assert running is not None, folder.path
    certificates = _certificates(folder, running)
    settings = kit.settings.Settings(**common(running, "staff"))
    telemetry.set_up("savepoint", settings.log_level, settings.otlp_url)
    # The stack stops us with SIGTERM; an interrupt at its terminal reaches the whole group and is the stack's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    apps, pages = compose(folder, running), desk(running)
    app = stack_app(folder, running, apps, pages)
    known: dict[str, Any] = {"log_config": None, "access_log": False}
    known |= {"timeout_graceful_shutdown": GRACEFUL_TIMEOUT_S}
    network = None
    if certificates is not None:
        place: dict[str, Any] = {"host": running.listen, "port": running.tls_port, "ssl_certfile": certificates.served}
        network = _Network(lambda: uvicorn.Config(app, lifespan="off", **place, **known))
    _Server(uvicorn.Config(app, host="127.0.0.1", port=running.port, **known), network, *apps.values(), pages).run()


def _certificates(folder: Folder, running: Running) -> Authority | None:
    """What the club's network is served with, if it is."""
    if running.listen is None:
        return None
    authority = Authority(folder / "tls")
    authority.issue(*here(ipaddress.ip_address(running.listen)))
    return authority


if __name__ == "__main__":
    main()
