"""One stack for all stories of a run; a club is set up in it once, and every story leaves it in order."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import cache

import pytest

from savepoint.day import Club, Desk, desk, set_up
from tests.e2e import stacks
from tests.e2e.containers import Containers, containers
from tests.e2e.stacks import Embedded, Stack
from tests.e2e.stories import Till


@cache
def docker_answers() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    )


def chosen(config: pytest.Config) -> tuple[str, str]:
    """Which stack, and why."""
    asked = str(config.getoption("--stack"))
    if asked != "auto":
        return asked, "it was asked for"
    return ("containers", "a Docker engine answers") if docker_answers() else ("embedded", "no Docker engine answers")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A story about a `part` that is killed is told of every part that the stack has."""
    if "part" in metafunc.fixturenames:
        name, _ = chosen(metafunc.config)
        metafunc.parametrize("part", Embedded.parts if name == "embedded" else Containers.parts)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The desk's stories come last: the first day is lived, and counted, on an empty installation."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    name, why = chosen(request.config)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\nend-to-end stack: {name}, because {why}")
    with stacks.embedded() if name == "embedded" else containers() as running:
        yield running


@pytest.fixture(scope="session")
async def club(stack: Stack) -> Club:
    async with desk(stack.url) as owner:
        return await set_up(owner, "owner", stack.owner_password, stack.club_id)


@pytest.fixture
async def owner(stack: Stack, club: Club) -> AsyncIterator[Desk]:
    async with desk(stack.url) as owner:
        await owner.sign_in("owner", club.logins["owner"])
        yield owner


@pytest.fixture
async def till(stack: Stack, club: Club) -> AsyncIterator[Till]:
    """Anna at the till with an open shift; afterwards every session is over and the books are compared."""
    async with desk(stack.url) as anna:
        await anna.sign_in("anna", club.logins["anna"])
        till = Till(anna, club, stack)
        await till.open()
        yield till
        await anna.sign_in("anna", club.logins["anna"])
        await till.clear()
        found = await asyncio.to_thread(stacks.audit, stack)
        assert found["clean"], found["notes"]
