"""Whatever keeps a command from its work is one line that says what to do, and an exit code that a script can read."""

import asyncio
import errno
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import psutil
import pytest

from conftest import free_port
from savepoint import stack
from savepoint.failures import Exit
from savepoint.folder import Folder

NOWHERE = "127.0.0.1:1"
NO_POSTGRES = f"postgresql://postgres@{NOWHERE}/postgres"


def running_in(data: Path) -> list[list[str]]:
    """What a stack that did not start left running."""
    processes = psutil.process_iter(["cmdline"])
    return [one.info["cmdline"] for one in processes if str(data) in " ".join(one.info["cmdline"] or ())]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    "asked",
    [
        "down",
        "status",
        "status --json",
        "token --role administrator",
        "audit",
        "audit --json",
        "replay --since 1d",
        "parked list",
        "parked show 1 --service billing",
        "parked retry 1 --service billing",
        "parked drop 1 --service billing",
        "topics apply",
    ],
)
def test_where_nothing_runs_a_command_says_how_to_start_a_stack(command: Any, data: Path, asked: str) -> None:
    said = command(*asked.split(), "--data", data).failed(Exit.NOT_RUNNING)

    assert str(data) in said
    assert "savepoint up" in said
    assert not data.exists(), "a question leaves no folder behind"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("token --role king", "owner, administrator, operator, accountant"),
        ("replay --since yesterday", "yesterday"),
        ("replay --since 1w", "1w"),
        ("replay --since=-1d", "-1d"),
        ("replay --since 100000d", "100000d"),
        ("topics apply --club my-club", "--club"),
        ("topics apply --kafka somewhere", "host:9092"),
        ("topics apply --replication 0", "--replication"),
        ("up --kafka somewhere", "host:9092"),
        ("up --postgres somewhere", "--postgres"),
        ("up --port 65536", "--port"),
        ("parked show 0 --service billing", "parked_id"),
        ("parked show 1", "--service"),
        ("audit --loudly", "--loudly"),
        ("sing", "sing"),
    ],
)
def test_a_wrong_option_is_named_in_one_line(command: Any, asked: str, named: str) -> None:
    assert named in command(*asked.split()).failed(2)


def test_a_command_without_its_verb_shows_the_help(command: Any) -> None:
    for asked in ((), ("parked",), ("topics",)):
        done = command(*asked)

        assert done.code == 2
        assert "Usage: savepoint" in done.out + done.err


def test_a_taken_port_is_named(command: Any, data: Path, taken_port: int) -> None:
    said = command("up", "--data", data, "--port", taken_port).failed(Exit.PORT)

    assert f"Port {taken_port} is taken" in said
    assert "--port" in said


def test_a_taken_port_of_the_emulator_is_named(command: Any, installation: Any, data: Path, taken_port: int) -> None:
    done = command("up", "--data", data, "--port", 0, "--kkm-port", taken_port, "--postgres", installation.url)

    assert done.code == Exit.PORT
    assert str(taken_port) in done.err
    assert "--kkm-port" in done.err
    assert running_in(data) == []


@pytest.mark.parametrize("how", ["up --fresh", "demo"])
def test_who_cannot_start_has_emptied_nothing(command: Any, data: Path, taken_port: int, how: str) -> None:
    (data / "workers").mkdir(parents=True)
    (data / "workers" / "a-club.sqlite").touch()

    done = command(*how.split(), "--data", data, "--port", taken_port)

    assert done.code == Exit.PORT
    assert (data / "workers" / "a-club.sqlite").exists()


@pytest.mark.parametrize("how", ["up --fresh", "demo"])
def test_a_folder_with_something_that_is_not_ours_is_never_emptied(command: Any, data: Path, how: str) -> None:
    data.mkdir(exist_ok=True)
    (data / "holiday.jpg").touch()

    said = command(*how.split(), "--data", data, "--port", 0, "--kkm-port", 0).failed(Exit.FOLDER_IN_USE)

    assert "holiday.jpg" in said
    assert (data / "holiday.jpg").exists()


def test_a_demo_never_empties_a_clubs_books(command: Any, data: Path) -> None:
    (data / "postgres").mkdir(parents=True)

    said = command("demo", "--data", data, "--port", 0, "--kkm-port", 0).failed(Exit.FOLDER_IN_USE)

    assert "a club's books" in said
    assert (data / "postgres").exists()


@pytest.mark.parametrize("how", ["", "--detach", "--fresh"])
def test_a_folder_in_use_is_left_alone(command: Any, data: Path, how: str) -> None:
    holder = Folder(data)
    holder.prepare()
    (data / "precious").touch()

    said = command("up", "--data", data, *how.split()).failed(Exit.FOLDER_IN_USE)

    assert "savepoint down" in said
    assert (data / "precious").exists()


@pytest.mark.parametrize("place", ["a-file", "a-file/below"])
@pytest.mark.parametrize("how", ["", "--detach"])
def test_a_data_folder_that_is_a_file_is_refused(command: Any, tmp_path: Path, place: str, how: str) -> None:
    (tmp_path / "a-file").touch()

    said = command("up", "--data", tmp_path / place, *how.split()).failed(Exit.DISK)

    assert "not a folder" in said
    assert "--data" in said


@pytest.mark.parametrize("how", ["", "--detach"])
def test_a_data_folder_where_nobody_may_write_is_refused(command: Any, how: str) -> None:
    # Not even root makes folders there.
    assert "/sys/savepoint cannot be used" in command("up", "--data", "/sys/savepoint", *how.split()).failed(Exit.DISK)


def test_a_disk_without_room_is_said_before_anything_is_started(
    command: Any, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=7 * 1024**2))

    assert "Only 7 MB are free" in command("up", "--data", data).failed(Exit.DISK)


def test_a_disk_that_fills_up_while_a_stack_starts_is_said(
    command: Any, installation: Any, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Folder, "write", full)

    up = ("up", "--data", data, "--port", free_port(), "--postgres", installation.url)

    assert "disk is full" in command(*up).failed(Exit.DISK)
    assert running_in(data) == []


def test_a_full_disk_of_postgres_is_said(command: Any, installation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> None:
        raise asyncpg.DiskFullError("could not extend file: No space left on device")

    monkeypatch.setattr(asyncpg, "connect", full)

    assert "no room" in command("migrate").failed(Exit.DISK)


def test_up_waits_for_kafka_and_then_says_that_it_is_not_there(
    command: Any, installation: Any, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "KAFKA_WITHIN_S", 1)

    done = command("up", "--data", data, "--port", 0, "--kafka", NOWHERE, "--postgres", installation.url)

    assert done.code == Exit.KAFKA
    assert done.err == f"savepoint: Kafka does not answer at {NOWHERE}. Check the address and the broker.\n"
    assert running_in(data) == []


def test_a_stack_that_is_stopped_while_it_starts_leaves_nothing_running(
    command: Any, installation: Any, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told_to_stop(_: object) -> None:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    monkeypatch.setattr(stack, "_answers", told_to_stop)

    done = command("up", "--data", data, "--port", 0, "--postgres", installation.url)

    assert (done.code, done.err) == (128 + signal.SIGTERM, "")
    assert running_in(data) == []


def test_topics_are_not_made_where_no_kafka_is(command: Any) -> None:
    assert NOWHERE in command("topics", "apply", "--kafka", NOWHERE).failed(Exit.KAFKA)


def test_up_says_that_postgres_does_not_answer(command: Any, data: Path) -> None:
    done = command("up", "--data", data, "--port", 0, "--postgres", NO_POSTGRES)

    assert done.code == Exit.POSTGRES
    assert done.err.startswith("savepoint: Postgres did not do it: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "asked", ["migrate", "audit", "replay --since 1d", "parked list", "parked drop 1 --service hall"]
)
def test_operators_hear_that_postgres_does_not_answer(
    command: Any, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("SAVEPOINT_POSTGRES_URL", NO_POSTGRES)

    assert "Check" in command(*asked.split()).failed(Exit.POSTGRES)


@pytest.mark.parametrize("asked", ["migrate", "audit"])
def test_an_address_of_postgres_that_is_none_is_said(command: Any, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("SAVEPOINT_POSTGRES_URL", "somewhere")

    assert "SAVEPOINT_POSTGRES_URL" in command(asked).failed(Exit.POSTGRES)


async def test_a_stack_goes_on_mending_after_a_full_disk_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, said, mended = [OSError(errno.ENOSPC, "No space left on device")] * 3, list[str](), asyncio.Event()

    async def mend(_: stack.Stack) -> None:
        if failures:
            raise failures.pop()
        mended.set()

    monkeypatch.setattr(stack, "WATCH_PAUSE_S", 0.01)
    monkeypatch.setattr(stack.Stack, "_mend", mend)
    watching = asyncio.create_task(stack.Stack(Folder(tmp_path), stack.Options(), said.append).watch())
    await asyncio.wait_for(mended.wait(), 10)
    watching.cancel()

    assert said == ["not mended yet: [Errno 28] No space left on device"]
