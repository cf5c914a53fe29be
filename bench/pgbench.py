"""pgbench with billing's own statements: what this Postgres gives to whoever sends them one posting at a time."""

import asyncio
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import script, topups
from bench.postgres import Postgres

DATABASE = "bench_pgbench"
THREADS = 2
AS_THE_KIT = "-c jit=off -c statement_timeout=30000 -c lock_timeout=10000"
"""The settings of the kit's own connections."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What pgbench reports for a number of clients."""

    tps: float
    latency_ms: float


async def rates(postgres: Postgres, each: Mapping[int, int]) -> dict[int, Rate]:
    """By number of clients, the rate of postings; `each` says how many every one of them does. None is done twice."""
    db = await postgres.billing(DATABASE)
    admin = await postgres.superuser(DATABASE)
    await topups.fill(admin, 1 + sum(clients * count for clients, count in each.items()))
    found, done = {}, 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posting.sql"
        path.write_text(await script.posting(db, number=1))
        await db.engine.dispose()
        for clients, count in each.items():
            found[clients] = await _run(postgres, path, clients, count, first=done)
            done += clients * count
    await topups.settled(admin, done)
    await admin.close()
    return found


async def _run(postgres: Postgres, path: Path, clients: int, count: int, first: int) -> Rate:
    """`count` postings by each client, of the top-ups after `first`."""
    load = [f"--client={clients}", f"--jobs={min(clients, THREADS)}", f"--transactions={count}"]
    numbers = [f"--define=first={first}", f"--define=each={count}", "--define=i=0"]
    where = [f"--host={postgres.socket_folder}", "--username=billing", DATABASE]
    options = ["--no-vacuum", "--protocol=prepared", f"--file={path}"]
    process = await asyncio.create_subprocess_exec(
        postgres.pgbench,
        *[*options, *load, *numbers, *where],
        env=os.environ | {"PGOPTIONS": AS_THE_KIT},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = (part.decode() for part in await process.communicate())
    if process.returncode != 0:
        raise RuntimeError(f"pgbench failed: {complaint}")
    return Rate(_told(said, r"tps = ([\d.]+)"), _told(said, r"latency average = ([\d.]+)"))


def _told(said: str, pattern: str) -> float:
    found = re.search(pattern, said)
    assert found is not None, said
    return float(found[1])
