"""The data folder: one stack at a time, secrets that stay, and nothing left of a stack that was killed."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from savepoint import leftovers
from savepoint.failures import CommandFailed, Exit
from savepoint.folder import Folder, Running

HOLD = """
import sys
from pathlib import Path
from savepoint.folder import Folder
folder = Folder(Path(sys.argv[1]))
folder.prepare()
print("held", flush=True)
sys.stdin.read()
"""
STAY = "import sys; print('stays', flush=True); sys.stdin.read()"


@contextmanager
def a_process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A program that has said its first word, and runs until it is ended."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "data")
    folder.make()
    return folder


def a_stack(**children: int) -> Running:
    return Running(os.getpid(), 8080, "postgresql://a", "127.0.0.1:9092", "embedded", "http://b", True, children)


def test_only_one_holds_a_folder(folder: Folder) -> None:
    folder.prepare()

    with pytest.raises(CommandFailed) as refused:
        Folder(folder.path).prepare()

    assert refused.value.code == Exit.FOLDER_IN_USE
    assert Folder(folder.path).holder() == os.getpid()


def test_a_holder_that_is_killed_frees_the_folder(folder: Folder) -> None:
    with a_process(HOLD, folder.path) as holder:
        assert folder.holder() == holder.pid
        holder.kill()
        holder.wait()

        assert not folder.in_use()
        folder.prepare()


def test_looking_does_not_take_the_folder(folder: Folder) -> None:
    assert not folder.in_use()
    assert not folder.in_use()
    folder.prepare()


def test_what_is_written_of_a_stack_is_read_back(folder: Folder) -> None:
    running = a_stack(broker=17, services=18)
    folder.write(running)
    folder.prepare()

    assert Folder(folder.path).running() == running


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"pid": 1}', json.dumps(asdict(a_stack()) | {"more": 1}), "\0\0\0"],
    ids=["empty", "cut", "a list", "null", "too little", "too much", "zeros"],
)
def test_a_damaged_note_of_a_stack_is_no_stack(folder: Folder, text: str) -> None:
    (folder / "running.json").write_text(text)
    folder.prepare()

    assert folder.read() is None
    with pytest.raises(CommandFailed, match=r"running\.json is damaged") as failed:
        folder.running()
    assert failed.value.code == Exit.STACK


def test_a_note_of_a_dead_stack_is_no_stack(folder: Folder) -> None:
    folder.write(a_stack())

    with pytest.raises(CommandFailed, match="savepoint up") as failed:
        folder.running()
    assert failed.value.code == Exit.NOT_RUNNING


@pytest.mark.parametrize("asked", ["status", "token --role owner", "audit", "topics apply"])
def test_a_stack_with_a_damaged_note_is_not_said_to_be_absent(command: Any, folder: Folder, asked: str) -> None:
    with a_process(HOLD, folder.path) as holder:
        (folder / "running.json").write_text("{")

        said = command(*asked.split(), "--data", folder.path).failed(Exit.STACK)

        assert f"process {holder.pid}" in said
        assert "savepoint down" in said


def test_the_doctor_sees_a_damaged_note(command: Any, folder: Folder) -> None:
    with a_process(HOLD, folder.path):
        (folder / "running.json").write_text("{")

        done = command("doctor", "--data", folder.path)

    assert done.code == Exit.FOUND
    assert [line for line in done.out.splitlines() if line.startswith("look stack")]


def test_a_stack_with_a_damaged_note_can_be_stopped(command: Any, folder: Folder) -> None:
    with a_process(HOLD, folder.path) as holder:
        (folder / "running.json").write_text("{")

        assert command("down", "--data", folder.path).found() == "stopped\n"
        assert holder.wait(10) != 0


def test_down_never_ends_the_process_that_a_stale_note_names(command: Any, folder: Folder) -> None:
    with a_process(STAY) as bystander, a_process(HOLD, folder.path) as holder:
        folder.write(replace(a_stack(), pid=bystander.pid))

        command("down", "--data", folder.path).found()

        assert holder.wait(10) != 0
        assert bystander.poll() is None


def test_what_a_killed_stack_left_running_is_ended_and_forgotten(folder: Folder) -> None:
    with a_process(STAY, folder.path) as orphan:
        folder.write(a_stack(services=orphan.pid))

        leftovers.end(folder)

        assert not psutil.pid_exists(orphan.pid)
        assert not (folder / "running.json").exists()


def test_a_program_that_has_the_number_of_a_dead_part_is_left_alone(folder: Folder) -> None:
    with a_process(STAY) as bystander:
        folder.write(a_stack(services=bystander.pid))

        leftovers.end(folder)

        assert bystander.poll() is None


@pytest.mark.parametrize("fresh", [False, True])
def test_postgres_of_a_killed_stack_ends_only_with_its_data(folder: Folder, fresh: bool) -> None:
    (folder / "postgres").mkdir()
    with a_process(STAY, folder / "postgres") as postgres:
        (folder / "postgres" / "postmaster.pid").write_text(f"{postgres.pid}\n{folder / 'postgres'}\n")

        leftovers.end(folder, postgres=fresh)

        assert psutil.pid_exists(postgres.pid) != fresh


def test_an_emptied_folder_keeps_its_lock_and_where_its_stack_speaks(folder: Folder) -> None:
    folder.prepare()
    folder.secret("signing")
    for name in ("services.log", "stack.log", "day"):
        (folder / name).touch()

    folder.empty()

    assert {one.name for one in folder.path.iterdir()} == {"lock", "stack.log"}
    assert Folder(folder.path).in_use()


def test_a_secret_is_drawn_once_and_only_its_owner_may_read_it(folder: Folder) -> None:
    before = os.umask(0)
    try:
        drawn = folder.secret("signing")
    finally:
        os.umask(before)

    assert len(drawn) >= 40
    assert Folder(folder.path).secret("signing") == drawn
    assert folder.secret("other") != drawn
    assert stat.S_IMODE((folder / "secrets" / "signing").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700


def test_a_secret_that_was_half_written_is_drawn_anew(folder: Folder) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "signing.part").touch(mode=0o600)

    assert len(folder.secret("signing")) >= 40
    assert stat.S_IMODE((folder / "secrets" / "signing").stat().st_mode) == 0o600
