"""What a person and a script may ask of a stack that serves."""

import asyncio
import json
import re
import ssl
import stat
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import psutil
import pytest

from conftest import eventually
from savepoint.failures import Exit
from savepoint.folder import Folder
from staff.domain.roles import ROLES, TABLE, permissions_of

PRINTABLE = re.compile(r"[\n\x20-\x7e]*")
PARTS = ["Postgres", "schemas", "broker", "KKM-Server", "services"]


def test_a_detached_stack_says_where_it_serves_and_how_to_stop_it(stack: Any) -> None:
    lines = stack.said.splitlines()

    assert re.fullmatch(r"Savepoint serves at http://127\.0\.0\.1:\d+", lines[0])
    assert re.search(r"\n  sign in  owner / \S+\n", stack.said)
    assert lines[-1] == f"  stop     savepoint down --data {stack.data}"


def test_without_a_terminal_the_start_is_plain_lines(stack: Any) -> None:
    log = (stack.data / "stack.log").read_text()

    assert PRINTABLE.fullmatch(log), log
    assert [re.sub(r"\(\d+ ms\)", "", line).split()[1] for line in log.splitlines()[: len(PARTS)]] == PARTS


@pytest.mark.parametrize(
    "asked",
    [
        "status",
        "status --json",
        "doctor",
        "doctor --json",
        "audit",
        "audit --json",
        "parked list",
        "topics apply",
        "replay --since 1d",
    ],
)
def test_without_a_terminal_nothing_but_text_is_said(command: Any, stack: Any, asked: str) -> None:
    said = command(*asked.split(), "--data", stack.data).found()

    assert PRINTABLE.fullmatch(said), said
    if "--json" in asked:
        assert said.count("\n") == 1
        json.loads(said)


def test_a_stack_that_serves_is_ready(command: Any, stack: Any) -> None:
    known = json.loads(command("status", "--json", "--data", stack.data).found())

    assert known["state"] == "ready"
    assert known["url"] == f"http://127.0.0.1:{stack.port}"
    assert known["data"] == str(stack.data)
    assert int(known["pid"]) == Folder(stack.data).holder()


def test_a_token_is_printed_and_nothing_else(command: Any, stack: Any) -> None:
    said = command("token", "--role", "administrator", "--data", stack.data).found()

    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", said)
    url = f"http://127.0.0.1:{stack.port}/api/hall/v1/clubs"
    with httpx.Client(headers={"Authorization": f"Bearer {said.strip()}"}, trust_env=False) as http:
        assert http.get(url).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_a_token_has_its_roles_permissions_for_ten_minutes(command: Any, stack: Any, role: Any) -> None:
    said = command("token", "--role", role, "--data", stack.data).found()

    claims = jwt.decode(said.strip(), options={"verify_signature": False})

    assert TABLE.keys() & claims["permissions"] == permissions_of(role)
    assert 0 < claims["exp"] - time.time() <= 600


def test_the_doctor_looks_at_every_part_of_a_stack_that_serves(command: Any, stack: Any) -> None:
    checks = json.loads(command("doctor", "--json", "--data", stack.data).found())

    assert [one["name"] for one in checks] == [
        "disk", "broker program", "services", "database", "broker", "register",
    ]  # fmt: skip
    assert all(one["well"] for one in checks)


def test_the_doctor_sees_that_the_roll_is_empty(command: Any, stack: Any) -> None:
    emulator = json.loads((stack.data / "running.json").read_text())["kkm_url"]
    with httpx.Client(base_url=emulator, trust_env=False) as control:
        control.patch("/control/devices/1", json={"paper": False}).raise_for_status()
        try:
            done = command("doctor", "--data", stack.data)
        finally:
            control.patch("/control/devices/1", json={"paper": True}).raise_for_status()

    assert done.code == Exit.FOUND
    assert "out of paper" in done.out


def test_the_doctor_says_what_to_do_about_a_part_that_is_gone(command: Any, stack: Any, tmp_path: Path) -> None:
    """The stack as another note describes it: with parts where nothing listens."""
    gone = json.loads((stack.data / "running.json").read_text())
    gone |= {"port": 1, "kafka_servers": "127.0.0.1:1", "kkm_url": "http://127.0.0.1:1"}
    gone |= {"postgres_url": "postgresql://postgres@127.0.0.1:1/postgres"}
    holder = Folder(tmp_path)
    holder.prepare()
    (tmp_path / "running.json").write_text(json.dumps(gone))

    done = command("doctor", "--data", tmp_path)
    looks = [line for line in done.out.splitlines() if line.startswith("look ")]

    assert (done.code, done.err) == (Exit.FOUND, "")
    assert [line.split()[1] for line in looks] == ["services", "database", "broker", "register"]
    assert "services.log" in looks[0]
    assert "Check that KKM-Server runs" in looks[3]


def test_without_a_stack_the_doctor_looks_at_its_ports(command: Any, stack: Any, tmp_path: Path) -> None:
    done = command("doctor", "--data", tmp_path, "--port", stack.port, "--kkm-port", 0)

    assert done.code == Exit.FOUND
    assert f"{stack.port} is taken by another program: choose another with --port" in done.out
    assert "start it with `savepoint up`" in done.out


def test_the_port_of_a_stack_is_not_taken_twice(command: Any, stack: Any, tmp_path: Path) -> None:
    for how in ([], ["--detach"]):
        said = command("up", "--data", tmp_path, "--port", stack.port, *how).failed(Exit.PORT)
        assert f"Port {stack.port} is taken" in said


async def test_the_desk_is_served_by_tls_to_who_trusts_its_authority(stack: Any) -> None:
    running, authority = Folder(stack.data).running(), stack.data / "tls/ca.crt"
    trusting = ssl.create_default_context(cafile=authority)
    place = f"https://127.0.0.1:{running.tls_port}"

    async with httpx.AsyncClient(base_url=place, verify=trusting, trust_env=False) as http:
        page, given = await http.get("/sign-in"), await http.get("/ca.crt")

    assert page.status_code == 200
    assert 'name="password"' in page.text
    assert given.content == authority.read_bytes()
    assert f"  network  https://localhost:{running.tls_port}\n" in stack.said
    async with httpx.AsyncClient(base_url=place, trust_env=False) as stranger:
        with pytest.raises(httpx.ConnectError):
            await stranger.get("/sign-in")


@pytest.mark.parametrize(("listen", "code"), [("10.255.255.254", Exit.PORT), ("8.8.8.8", 2), ("::", 2), ("club", 2)])
def test_an_address_that_is_not_this_machine_s_is_said(command: Any, tmp_path: Path, listen: str, code: int) -> None:
    said = command("up", "--data", tmp_path, "--port", 0, "--kkm-port", 0, "--listen", listen).failed(code)

    assert "--listen" in said
    assert "this machine" in said


def test_the_folder_of_a_stack_is_not_taken_twice(command: Any, stack: Any) -> None:
    for how in ([], ["--detach"], ["--fresh"]):
        assert "in use" in command("up", "--data", stack.data, "--port", 0, *how).failed(Exit.FOLDER_IN_USE)
    assert command("status", "--data", stack.data).code == 0


def test_the_audit_of_a_day_without_sales_is_exactly_the_zeros(command: Any, stack: Any) -> None:
    *_, verdict = command("audit", "--data", stack.data).found().splitlines()

    assert verdict == "missing 0, double 0, off by 0.00"


def test_topics_are_made_once(command: Any, stack: Any) -> None:
    club = "0193a000-0000-7000-8000-0000000000c1"

    first = command("topics", "apply", "--club", club, "--data", stack.data).found()
    again = command("topics", "apply", "--club", club, "--data", stack.data).found()

    assert first.startswith("2 topics made, ")
    assert again.startswith("0 topics made, ")


def test_secrets_of_a_stack_are_its_owners_alone(stack: Any) -> None:
    secrets = [stack.data / "secrets", *(stack.data / "secrets").iterdir()]

    assert len(secrets) > 1
    assert all(stat.S_IMODE(one.stat().st_mode) & 0o077 == 0 for one in secrets)


async def test_a_stack_stops_with_everything_in_it(command: Any, stack: Any) -> None:
    """The last test of this file: the stack is gone after it."""
    running = Folder(stack.data).running()
    postgres = int((stack.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    assert (await asyncio.to_thread(command, "down", "--data", stack.data)).found() == "stopped\n"

    async def all_ended() -> bool:
        return not any(_lives(pid) for pid in (running.pid, postgres, *running.children.values()))

    assert await eventually(all_ended)
    assert not (stack.data / "running.json").exists()
    assert (await asyncio.to_thread(command, "down", "--data", stack.data)).code == Exit.NOT_RUNNING


def _lives(pid: int) -> bool:
    """A container may have nobody who buries the dead: a zombie does not live."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
