"""The command as a person runs it, an installation to run it on, and one stack that the tests of this folder share."""

import io
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from savepoint import schema
from savepoint.folder import Folder
from savepoint.main import main

TOLD = ("DATA", "POSTGRES_URL", "POSTGRES_PASSWORD", "KAFKA_SERVERS", "KAFKA_KIND", "WORKERS", "KKM_URL")
KEPT = ("alembic_version",)


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def failed(self, code: int) -> str:
        """The one line of a command that failed with `code`, and said nothing else."""
        assert (self.code, self.out) == (code, ""), self
        assert re.fullmatch(r"savepoint: [^\n]+\n", self.err), self.err
        return self.err.removeprefix("savepoint: ").strip()

    def found(self) -> str:
        """What a command that succeeded said."""
        assert (self.code, self.err) == (0, ""), self
        return self.out


Command = Callable[..., Done]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `savepoint` in this process; what it says goes into a pipe."""
    for name in (*[f"SAVEPOINT_{one}" for one in TOLD], "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    level = logging.getLogger("aiokafka").level

    def run(*arguments: object) -> Done:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "argv", ["savepoint", *map(str, arguments)])
        with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings(), pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    yield run
    logging.getLogger("aiokafka").setLevel(level)


@dataclass(frozen=True, slots=True)
class Installation:
    """Every service's database on one server, as its superuser sees them, without triggers and foreign keys."""

    url: str
    databases: dict[str, asyncpg.Connection]

    async def empty(self) -> None:
        for db in self.databases.values():
            tables = await db.fetch("select tablename from pg_tables where schemaname = 'public'")
            names = ", ".join(f'"{row[0]}"' for row in tables if row[0] not in KEPT)
            await db.execute(f"truncate {names} restart identity")


@pytest.fixture(scope="session")
async def _installation(postgres: str) -> AsyncIterator[Installation]:
    await schema.prepare(postgres)
    url = make_url(postgres).set(drivername="postgresql").render_as_string(hide_password=False)
    opened = {name: await asyncpg.connect(url, database=name) for name in schema.SERVICES}
    for db in opened.values():
        await db.execute("set session_replication_role = replica")
    yield Installation(postgres, opened)
    for db in opened.values():
        await db.close()


@pytest.fixture
async def installation(
    _installation: Installation, command: Command, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Installation]:
    """An installation with nothing in its books, which the command finds by its environment."""
    monkeypatch.setenv("SAVEPOINT_POSTGRES_URL", _installation.url)
    yield _installation
    await _installation.empty()


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that serves, and what `up --detach` said of it."""

    data: Path
    said: str

    @property
    def port(self) -> int:
        return int(re.findall(r"serves at http://127.0.0.1:(\d+)\n", self.said)[0])


@pytest.fixture(scope="session")
def stack() -> Iterator[Running]:
    """One stack for all tests that need a whole one, started as a person would start it."""
    with tempfile.TemporaryDirectory(prefix="savepoint-command-") as place:
        data = Path(place) / "data"
        savepoint = str(Path(sys.executable).parent / "savepoint")
        up = [savepoint, "up", "--data", str(data), "--port", "0", "--kkm-port", "0", "--detach", "--fresh"]
        up += ["--listen", "127.0.0.1", "--tls-port", "0"]
        done = subprocess.run(up, capture_output=True, text=True, timeout=110, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done
        yield Running(data, done.stdout)
        if Folder(data).in_use():
            os.kill(Folder(data).holder(), signal.SIGTERM)
        wait_until_free(Folder(data))


def wait_until_free(folder: Folder, within_s: float = 40) -> None:
    deadline = time.monotonic() + within_s
    while folder.in_use():
        assert time.monotonic() < deadline, f"{folder.path} is still in use"
        time.sleep(0.05)
