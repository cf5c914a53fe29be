"""The stack of this machine as the command uses it: serve, detach, stop, play the first day."""

import asyncio
import ipaddress
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import get_args

import httpx
from rich.console import Console
from typer import BadParameter

import staff.app
import staff.settings
from contracts.staff import RoleName
from kit.db import Database
from savepoint import leftovers
from savepoint.day import Club, Day, DayFailed, desk, set_up
from savepoint.failures import CommandFailed, Exit
from savepoint.folder import Folder, Running
from savepoint.operations import audit
from savepoint.places import places
from savepoint.serve import common
from savepoint.show import Progress
from savepoint.stack import Options, Stack
from savepoint.tls import Authority, here

DETACH_WITHIN_S = 90
STOP_WITHIN_S = 40
STOP_BY_HAND = "  stop     Ctrl+C"
"""The last line that a stack says before it serves."""

__all__ = ["Options", "demo", "detached", "serve", "status", "stop", "token"]


async def serve(folder: Folder, options: Options, out: Console, *, fresh: bool) -> None:
    """Run the stack until it is told to stop."""
    progress = Progress(out)
    stack = Stack(folder, options, progress.begin)
    _take(folder, stack, fresh)
    await _start(stack, progress)
    try:
        _where(out, stack.running, {"owner": stack.owner_password} if stack.owner_password else {})
        _network(out, folder, stack.running)
        out.print(STOP_BY_HAND)
        await _until_stopped(stack, out)
    finally:
        await stack.stop()


def _take(folder: Folder, stack: Stack, fresh: bool) -> None:
    """Make the folder this process's, empty if `fresh`, and end what a killed stack left running in it.

    It is emptied last: whoever cannot start loses nothing.
    """
    folder.prepare()
    leftovers.end(folder, postgres=fresh)
    stack.check_ports()
    if fresh:
        folder.empty()


async def _start(stack: Stack, progress: Progress) -> None:
    """Start the stack in sight of the person; a SIGTERM on the way stops what was started."""
    starting = asyncio.current_task()
    assert starting is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)
    with progress.live():
        await stack.start()
        progress.end()


async def demo(folder: Folder, options: Options, out: Console, *, keep: bool) -> bool:
    """Play the first day on a fresh stack; whether the audit found nothing. With `keep`, serve on.

    A folder where the day was played before is served as it is, when it is to be kept serving.
    """
    played = (folder / "day").exists()
    if played and keep:
        out.print("The first day was played here before; serving what is there. Begin anew with `savepoint demo`.")
        await serve(folder, options, out, fresh=False)
        return True
    progress = Progress(out)
    stack = Stack(folder, options, progress.begin)
    if (folder / "postgres").exists() and not (folder / "demo").exists():
        message = f"{folder.path} holds a club's books, and a demo begins with none. Choose another folder with --data."
        raise CommandFailed(Exit.FOLDER_IN_USE, message)
    _take(folder, stack, fresh=True)
    (folder / "demo").touch()
    await _start(stack, progress)
    watching = asyncio.create_task(stack.watch())
    try:
        club = await _play(stack, progress, out)
        (folder / "day").touch()
        found = await audit(places, folder.path)
        for note in found.notes:
            out.print(f"  {note}")
        out.print(f"audit: {found.line()}", style="bold")
        if keep:
            _where(out, stack.running, club.logins)
            out.print(STOP_BY_HAND)
            await _until_stopped(stack, out)
        return found.clean
    finally:
        watching.cancel()
        await stack.stop()


async def _play(stack: Stack, progress: Progress, out: Console) -> Club:
    """The day, step by step. Raises CommandFailed where a promise does not hold."""

    async def cut_reply() -> None:
        async with httpx.AsyncClient(base_url=stack.running.kkm_url, trust_env=False) as kkm:
            fault = {"command": "RegisterCheck", "what": "cut_after"}
            (await kkm.post("/control/faults", json=fault)).raise_for_status()

    since = time.perf_counter()
    try:
        async with desk(stack.running.url) as owner, desk(stack.running.url) as anna:
            club = await set_up(owner, "owner", stack.owner_password or "")
            await anna.sign_in("anna", club.logins["anna"])
            progress.done("club set up", "zone, 6 devices, tariff, till, register, staff", time.perf_counter() - since)
            since = time.perf_counter()
            async for step in Day(anna, club, cut_reply).steps():
                progress.done(step.title, step.detail, time.perf_counter() - since)
                since = time.perf_counter()
            return club
    except (DayFailed, httpx.HTTPError) as failed:
        raise CommandFailed(Exit.FOUND, f"the first day failed: {failed}") from None


def _where(out: Console, running: Running, logins: dict[str, str]) -> None:
    """Where to look now."""
    out.print(f"\nSavepoint serves at {running.url}")
    out.print(f"  API      {running.url}/api/<staff|hall|billing|fiscal>/openapi.json")
    out.print(f"  receipts {running.kkm_url}")
    for login, password in logins.items():
        out.print(f"  sign in  {login} / {password}")


def _network(out: Console, folder: Folder, running: Running) -> None:
    """Where the club's other machines look, and what they need once."""
    if running.listen is None:
        return
    names, addresses = here(ipaddress.ip_address(running.listen))
    reached = [str(one) for one in addresses if one.version == 4 and not one.is_loopback]
    for name in [*reached, *names[1:]] if reached else ["localhost"]:
        out.print(f"  network  https://{name}:{running.tls_port}")
    authority = Authority(folder / "tls")
    out.print(f"  once on each other machine: install {authority.certificate} as a trusted authority;")
    out.print(f"  it is at /ca.crt, too, and its SHA-256 is {authority.fingerprint}")


async def _until_stopped(stack: Stack, out: Console) -> None:
    """Watch the stack until an interrupt or a SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    stack.say = out.print
    watching = asyncio.create_task(stack.watch())
    await stopped.wait()
    watching.cancel()
    out.print("stopping")


async def detached(data: Path, arguments: list[str], out: Console) -> None:
    """Start `savepoint up` in the background; returns when it serves."""
    folder = Folder(data)
    if folder.in_use():
        message = f"{folder.path} is in use by another savepoint. Stop it with `savepoint down`, or choose --data."
        raise CommandFailed(Exit.FOLDER_IN_USE, message)
    folder.make()
    command = [sys.executable, "-m", "savepoint.main", *[word for word in arguments if word != "--detach"]]
    log = folder / "stack.log"
    with log.open("wb") as writing:
        process = subprocess.Popen(  # noqa: ASYNC220, S603  our own command line again
            command, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.STDOUT, start_new_session=True
        )
    for _ in range(DETACH_WITHIN_S * 10):
        said = log.read_text()
        if STOP_BY_HAND in said:
            where = "".join(said.partition("Savepoint serves at")[1:]).partition(STOP_BY_HAND)[0]
            out.print(f"{where}  stop     savepoint down --data {folder.path}")
            return
        if process.poll() is not None:
            code = Exit(process.returncode) if process.returncode in set(Exit) else Exit.STACK
            last = (log.read_text().strip() or f"it stopped at once; see {log}").splitlines()[-1]
            raise CommandFailed(code, last.removeprefix("savepoint: "))
        await asyncio.sleep(0.1)
    process.terminate()
    raise CommandFailed(Exit.STACK, f"it does not serve after {DETACH_WITHIN_S} s; see {log}")


async def stop(folder: Folder) -> None:
    """Stop the stack that holds the folder. Raises CommandFailed where none does."""
    pid = folder.holder()
    with suppress(ProcessLookupError):  # it ended by itself, a moment ago
        os.kill(pid, signal.SIGTERM)
    for _ in range(STOP_WITHIN_S * 10):
        if not folder.in_use():
            return
        await asyncio.sleep(0.1)
    raise CommandFailed(Exit.STACK, f"process {pid} does not stop")


async def status(folder: Folder) -> dict[str, str]:
    """What runs. Raises CommandFailed where nothing does."""
    running = folder.running()
    known = {"state": "not ready", "url": running.url, "receipts": running.kkm_url, "kafka": running.kafka_servers}
    with suppress(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            answer = await http.get(f"{running.url}/readyz")
            known["state"] = "ready" if answer.status_code == 200 else answer.text
    return known | {"data": str(folder.path), "pid": str(running.pid)}


async def token(folder: Folder, role: str) -> str:
    """A bearer token with the permissions of `role`. Raises CommandFailed."""
    if role not in get_args(RoleName):
        raise BadParameter(f"there is no role {role}: {', '.join(get_args(RoleName))}")
    running = folder.running()
    settings = staff.settings.Settings(**common(running, "staff"), signing_secret=folder.secret("signing"))
    db = Database(settings.database(), "staff", connections=1)
    try:
        return await staff.app.token_for_role(db, settings, role)  # type: ignore[arg-type]
    finally:
        await db.engine.dispose()
