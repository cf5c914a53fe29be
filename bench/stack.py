"""The whole embedded stack as a club runs it: `savepoint up` in a folder, in processes of its own."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from savepoint.folder import Folder, Running

SERVES_WITHIN_S = 90
STOPS_WITHIN_S = 40
ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore:XDG_RUNTIME_DIR"}


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that serves, and its owner's one-time password."""

    folder: Path
    running: Running
    owner_password: str


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[Stack]:
    """Start the stack on free ports; stopped at the end, its files stay."""
    command = [sys.executable, "-m", "savepoint.main", "up", "--data", str(folder), "--port", "0", "--kkm-port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | ENVIRONMENT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        said = await asyncio.wait_for(_said(process), SERVES_WITHIN_S)
        password = re.search(r"owner / (\S+)", said)
        running = Folder(folder).read()
        if password is None or running is None:
            raise RuntimeError(f"the stack did not start:\n{said}")
        yield Stack(folder, running, password[1])
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), STOPS_WITHIN_S)


async def _said(process: asyncio.subprocess.Process) -> str:
    """What the command prints until it serves, or until it ends."""
    assert process.stdout is not None
    said = ""
    async for line in process.stdout:
        said += line.decode()
        if "Ctrl+C" in said:
            break
    return said


def memory_mb(stack: Stack) -> dict[str, int]:
    """Proportional set size by part, in MB: what is shared between processes counts once. Empty where not told."""
    try:
        return {name: sum(_pss_kb(one.pid) for one in some) // 1024 for name, some in _parts(stack).items()}
    except OSError:  # not Linux
        return {}


async def cpu_percent(stack: Stack, during_s: float) -> float:
    """What the stack keeps of one core busy, looked at for `during_s`."""
    before_s = _cpu_s(stack)
    await asyncio.sleep(during_s)
    return (_cpu_s(stack) - before_s) / during_s * 100


def _parts(stack: Stack) -> dict[str, list[psutil.Process]]:
    """Every process of the stack; Postgres is nobody's child."""
    postmaster = int((stack.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    roots = {"supervisor": stack.running.pid, **stack.running.children, "postgres": postmaster}
    parts = {name: [psutil.Process(pid)] for name, pid in roots.items()}
    for name in roots.keys() - {"supervisor"}:
        parts[name] += parts[name][0].children(recursive=True)
    return parts


def _cpu_s(stack: Stack) -> float:
    """Processor time since the start. That of processes which ended counts for nobody: there are none when idle."""
    spent = [one.cpu_times() for some in _parts(stack).values() for one in some]
    return float(sum(one.user + one.system for one in spent))


def _pss_kb(pid: int) -> int:
    told = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(told[1]) if told else 0
