"""The program: its first line, its exit codes, and what a kill leaves behind."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from conftest import eventually
from emulators.kkm_server.tests.toy import HandClock, Kkm, a_receipt
from kkm_server.store import FILE, VERSION

PROGRAM = [sys.executable, "-m", "kkm_server"]


@contextmanager
def running(
    data: Path, *options: str, control: bool = True, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program on a free port; gives the process and its base URL."""
    command = [*PROGRAM, "--port", "0", "--data", str(data), *options, *(["--control"] if control else [])]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://"), process.communicate()
        yield process, line.removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.communicate()


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Kkm]:
    async with httpx.AsyncClient(base_url=url) as http:
        yield Kkm(http, HandClock())


def refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=30, check=False)


async def test_a_receipt_that_was_answered_survives_kill_9(tmp_path: Path) -> None:
    answered = []
    with running(tmp_path) as (process, url):
        async with client(url) as kkm:
            answered = [(await kkm.done(a_receipt()))["QRCode"] for _ in range(20)]
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)

    with running(tmp_path) as (_, url):
        async with client(url) as kkm:
            numbers = [document["number"] for document in await kkm.documents()]
            last = await kkm.done("GetDataCheck", FiscalNumber=0)
            following = await kkm.done(a_receipt())

    assert numbers == list(range(1, 22))
    assert last["QRCode"] == answered[-1]
    assert "&i=22&" in following["QRCode"]


async def test_kill_9_in_a_storm_loses_no_answered_receipt_and_makes_no_hole(tmp_path: Path) -> None:
    answered: list[str] = []
    enough = asyncio.Event()

    async def sell(kkm: Kkm) -> None:
        while True:
            answered.append((await kkm.done(a_receipt()))["QRCode"])
            if len(answered) >= 100:
                enough.set()

    with running(tmp_path) as (process, url):
        async with client(url) as kkm:
            sellers = [asyncio.create_task(sell(kkm)) for _ in range(4)]
            await enough.wait()
            process.send_signal(signal.SIGKILL)
            endings = await asyncio.gather(*sellers, return_exceptions=True)
            assert all(isinstance(ending, httpx.TransportError) for ending in endings)

    with running(tmp_path) as (_, url):
        async with client(url) as kkm:
            documents = await kkm.documents()
            kept = {(await kkm.done("GetDataCheck", FiscalNumber=one["number"])).get("QRCode") for one in documents}

    assert set(answered) <= kept
    assert [document["number"] for document in documents] == list(range(1, len(documents) + 1))


async def test_a_new_process_has_a_new_start_and_forgets_the_commands(tmp_path: Path) -> None:
    starts = []
    for ask_first in (False, True):
        with running(tmp_path) as (_, url):
            async with client(url) as kkm:
                starts.append((await kkm.done("GetServerData"))["ServerData"]["ServerDateStart"])
                if ask_first:
                    assert (await kkm.rezult("before"))["Status"] == 3
                else:
                    await kkm.done(a_receipt(IdCommand="before"))

    assert starts[0] < starts[1]


async def test_settings_clock_and_faults_survive_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as (_, url):
        async with client(url) as kkm:
            await kkm.device(cash="77.00", UnitName="Бар")
            await kkm.control("POST", "clock", {"forward_s": 3600})
            await kkm.spoil("error_before", times=2)
            assert (await kkm.ask("XReport"))["Status"] == 2

    with running(tmp_path) as (_, url):
        async with client(url) as kkm:
            device = (await kkm.control("GET", "state"))["devices"][0]
            assert (device["cash"], device["UnitName"]) == ("77.00", "Бар")
            assert (await kkm.control("POST", "clock", {"forward_s": 0}))["forward_s"] == 3600
            assert [(await kkm.ask("XReport"))["Status"] for _ in range(2)] == [2, 0]


async def test_the_program_stops_on_a_signal_even_while_a_command_hangs(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        async with client(url) as kkm:
            await kkm.spoil("hang_running", seconds=0)
            call = kkm.begin(a_receipt())
            await eventually(kkm.queue)
            process.terminate()

            with pytest.raises(httpx.TransportError):
                await call
            assert process.wait(timeout=10) in (0, -signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("control", "environment", "status"), [(True, {}, 200), (False, {}, 404), (False, {"KKM_CONTROL": "1"}, 200)]
)
async def test_control_is_on_by_option_or_environment(
    tmp_path: Path, control: bool, environment: dict[str, str], status: int
) -> None:
    with running(tmp_path, control=control, **environment) as (_, url):
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/control/state")).status_code == status


def test_it_listens_on_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    with running(tmp_path / "a") as (_, url):
        assert url.startswith("http://127.0.0.1:")
    with running(tmp_path / "b", "--listen", "127.0.0.2") as (_, url):
        assert url.startswith("http://127.0.0.2:")


def test_a_taken_port_is_exit_3_and_leaves_the_data_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = refused("--port", str(port), "--data", str(tmp_path / "data"))

    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"savepoint-kkm-emulator: cannot listen on 127.0.0.1:{port}: ")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_exit_4(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    ended = refused("--port", "0", "--data", str(tmp_path / "file" / "data"))

    assert ended.returncode == 4
    assert ended.stderr.startswith("savepoint-kkm-emulator: cannot make the data folder")
    assert ended.stderr.count("\n") == 1


def test_a_file_that_is_no_database_is_exit_4(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else" * 1000)

    ended = refused("--port", "0", "--data", str(tmp_path))

    assert ended.returncode == 4
    assert "is not a database" in ended.stderr


def test_a_folder_in_use_is_exit_5(tmp_path: Path) -> None:
    with running(tmp_path):
        ended = refused("--port", "0", "--data", str(tmp_path))

    assert ended.returncode == 5
    assert "another emulator uses" in ended.stderr


def test_a_state_of_a_newer_version_is_exit_6_and_stays_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()

    ended = refused("--port", "0", "--data", str(tmp_path))

    assert ended.returncode == 6
    assert f"is of version {VERSION + 1}" in ended.stderr
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
    db.close()


@pytest.mark.parametrize("arguments", [[], ["--data", "x", "--port", "70000"], ["--data", "x", "--mailbox"]])
def test_a_wrong_command_line_is_exit_2(arguments: list[str]) -> None:
    assert refused(*arguments).returncode == 2
