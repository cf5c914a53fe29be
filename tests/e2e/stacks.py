"""Two stacks behind one face: `savepoint up` on this machine, and docker-compose.yml through testcontainers.

The stories speak to the gateway and to the emulator's control endpoint alone; what a test may break, and how it is
mended, is here.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

import asyncpg
import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
DATABASES = ("staff", "hall", "billing", "fiscal")
"""Without the outboxes, a replay changes nothing in them."""


class Stack(Protocol):
    """An installation that a story may use and break."""

    name: str
    url: str
    kkm_url: str
    owner_password: str
    club_id: str | None
    """The club that the stack has a worker for; None: every club gets one."""
    parts: ClassVar[tuple[str, ...]]
    """What may be killed between an order and its receipt."""

    def kill(self, part: str) -> None:
        """Kill it as a power cut would."""

    def mend(self, part: str) -> None:
        """See that it runs again; returns when the stack is ready."""

    def forget_broker(self, restarted: str | None = None) -> None:
        """The broker loses everything; then whatever operators do about it is done.

        `restarted`: a service that starts over while there is no topic. Containers alone know that.
        """

    def savepoint(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an operators' command."""

    def words(self) -> str:
        """What the parts say of themselves, for when a story fails."""

    async def digest(self) -> dict[str, str]:
        """A digest of each table but the outboxes."""


def audit(stack: Stack) -> dict[str, Any]:
    """What `savepoint audit` says."""
    done = stack.savepoint("audit", "--json")
    assert done.stdout.strip(), done.stderr
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


class Embedded:
    """`savepoint up` in a folder of its own."""

    name = "embedded"
    club_id: str | None = None
    parts: ClassVar[tuple[str, ...]] = ("services", "broker", "emulator", "postgres")

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        """`env`: what its environment has besides ours."""
        self.folder = folder
        self.command = [str(Path(sys.executable).parent / "savepoint")]
        up = [*self.command, "up", "--data", str(folder), "--port", "0", "--kkm-port", "0"]
        self.log = (folder.parent / "stack.log").open("w")
        around = os.environ | (env or {})
        self.process = subprocess.Popen(
            up, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True, env=around
        )
        said = wait_for(lambda: self._said("stop     Ctrl+C"), 90, "savepoint up")
        self.url = re.search(r"serves at (\S+)", said)[1]  # type: ignore[index]
        self.kkm_url = re.search(r"receipts (\S+)", said)[1]  # type: ignore[index]
        self.owner_password = re.search(r"owner / (\S+)", said)[1]  # type: ignore[index]

    def _said(self, what: str) -> str | None:
        assert self.process.poll() is None, Path(self.log.name).read_text()
        text = Path(self.log.name).read_text()
        return text if what in text else None

    def running(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.folder / "running.json").read_text())
        return known

    def kill(self, part: str) -> None:
        if part == "postgres":
            pid = int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        else:
            pid = self.running()["children"][part]
        process = psutil.Process(pid)
        everyone = [process, *process.children(recursive=True)]
        for one in everyone:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(everyone, timeout=10)

    def mend(self, part: str) -> None:
        """The stack mends itself."""
        wait_for(self._ready, 60, f"the stack without {part}")

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def words(self) -> str:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).text
        except httpx.HTTPError as wrong:
            return repr(wrong)

    def forget_broker(self, restarted: str | None = None) -> None:
        before = self.running()["children"]["broker"]
        self.kill("broker")
        wait_for(lambda: self.running()["children"]["broker"] != before, 30, "another broker")
        self.mend("broker")

    def savepoint(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *arguments, "--data", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    async def digest(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in DATABASES:
            db = await asyncpg.connect(self.running()["postgres_url"], database=name)

            async def ask(query: str, db: asyncpg.Connection = db) -> list[str]:
                return [str(row[0]) for row in await db.fetch(query)]

            found |= await digest_of(name, ask)
            await db.close()
        return found

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


TABLES = """
    select tablename from pg_tables where schemaname = 'public' and tablename not in ('outbox', 'alembic_version')
    order by 1
"""


async def digest_of(database: str, ask: Callable[[str], Awaitable[list[str]]]) -> dict[str, str]:
    """Table -> a digest of all its rows; `ask` gives the first column of a query."""
    rows = "string_agg(row_to_json(t)::text, chr(10) order by row_to_json(t)::text)"
    tables = await ask(TABLES)
    found = await ask(
        " union all ".join(f"select '{one} ' || coalesce(md5({rows}), '') from {one} t" for one in tables)
    )
    return {f"{database}.{line.split(' ')[0]}": line.split(" ")[1] for line in found}


def wait_for(look: Callable[[], Any], within_s: float, what: str) -> Any:
    """What `look` gives once it gives something true."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {within_s} s")


@contextmanager
def embedded(env: Mapping[str, str] | None = None) -> Iterator[Embedded]:
    folder = Path(tempfile.mkdtemp(prefix="savepoint-e2e-"))
    stack = Embedded(folder / "data", env)
    try:
        yield stack
    finally:
        stack.stop()
        keep = os.environ.get("SAVEPOINT_E2E_KEEP")
        if keep:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
