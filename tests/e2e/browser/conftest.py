"""The desk in Debian's or anybody's Chromium, on a stack of its own, in both languages."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, async_playwright

from savepoint.day import Club, Desk, desk
from tests.e2e import stacks
from tests.e2e.browser.cable import Cable, cable
from tests.e2e.browser.front import DESK, PINS, Front, Screen
from tests.e2e.conftest import chosen
from tests.e2e.stacks import Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
KEPT = Path(__file__).resolve().parents[3] / ".savepoint/browser"
"""Pictures and traces of stories that failed."""


def chromium() -> str | None:
    """The browser of this machine."""
    return os.environ.get("CHROMIUM") or next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(autouse=True)
def _told_here(request: pytest.FixtureRequest) -> None:
    name, _ = chosen(request.config)
    if name == "containers" and request.node.get_closest_marker("containers_too") is None:
        pytest.skip("told on the embedded stack")
    if name == "containers" and request.node.callspec.params["language"] != "ru":
        pytest.skip("told in one language on containers: what is told is how services come and go")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = chromium()
    if found is None:
        message = "no Chromium on this machine (apt-get install chromium, or set CHROMIUM): the browser's stories"
        if os.environ.get("CI"):
            pytest.fail(f"{message} must be told in CI")
        pytest.skip(f"{message} are not told")
    async with async_playwright() as playwright:
        arguments = ["--disable-gpu", "--disable-background-networking"]
        arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
        running = await playwright.chromium.launch(executable_path=found, args=arguments)
        yield running
        await running.close()


@pytest.fixture(scope="session")
async def front(stack: Stack, club: Club) -> AsyncIterator[Front]:
    """The club as the owner leaves it: a till in this browser, PINs. When all is told, the books are right."""
    async with desk(stack.url) as owner, desk(stack.url) as anna:
        yield await made_ready(stack, club, owner, anna)
        found = await asyncio.to_thread(stacks.audit, stack)
        assert found["clean"], found["notes"]


async def made_ready(stack: Stack, club: Club, owner: Desk, anna: Desk) -> Front:
    """PINs for all, an enrolled till that billing knows."""
    people = {"owner": await _pin(owner, "owner", club.logins["owner"])}
    people["anna"] = await _pin(anna, "anna", club.logins["anna"])
    people["boris"] = await _boris(owner, club.club_id)
    # Bonuses may pay a third of it.
    await owner.ask("PATCH", f"/hall/v1/tariffs/{club.tariff_id}", 200, {"bonus_cap_percent": 33})
    enrolled = await owner.post(f"/staff/v1/tills/{club.till_id}/enrolment", {}, 201)
    ready = Front(stack, club, enrolled["secret"], owner, anna, people)
    await _till_known(ready)
    await ready.close_shift()
    return ready


async def _pin(person: Desk, login: str, password: str) -> str:
    await person.sign_in(login, password)
    await person.ask("PUT", "/staff/v1/me/pin", 204, {"pin": PINS[login], "password": password})
    return str((await person.get("/staff/v1/me"))["member_id"])


async def _boris(owner: Desk, club_id: str) -> str:
    """An operator, who may do less than Anna."""
    member = {"login": "boris", "name": "Борис Л.", "role": "operator", "clubs": [club_id]}
    made = await owner.post("/staff/v1/members", member, 201)
    password = uuid4().hex[:16]
    async with desk(str(owner.http.base_url)) as boris:
        await boris.sign_in("boris", made["one_time_password"])
        await boris.post("/staff/v1/password", {"old": made["one_time_password"], "new": password})
        return await _pin(boris, "boris", password)


async def _till_known(front: Front) -> None:
    """A shift can be opened as soon as billing knows the till."""
    body = {"till_id": front.club.till_id, "float_kopecks": 2000_00}
    for _ in range(600):
        if (await front.anna.send("POST", "/billing/v1/shifts", body)).status_code in (201, 409):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("billing does not know the till")


@pytest.fixture(params=["ru", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def screen(
    browser: Browser, front: Front, language: str, request: pytest.FixtureRequest
) -> AsyncIterator[Screen]:
    """A window at the till. Afterwards the till is closed, and the browser has complained of nothing."""
    for person, login in ((front.owner, "owner"), (front.anna, "anna")):
        await person.sign_in(login, front.club.logins[login])
    async with cable(front.stack.url) as wire:
        opened = await _window(browser, front, language, wire)
        yield opened
        await _keep(opened, request)
        await opened.page.context.close()
    await front.close_shift()
    assert opened.wrong == []


@pytest.fixture
async def second(browser: Browser, front: Front, language: str) -> AsyncIterator[Screen]:
    """Another window, of another person at another till's browser."""
    async with cable(front.stack.url) as wire:
        opened = await _window(browser, front, language, wire)
        yield opened
        await opened.page.context.close()
    assert opened.wrong == []


async def _window(browser: Browser, front: Front, language: str, wire: Cable) -> Screen:
    url = wire.here
    context = await browser.new_context(base_url=url, viewport=DESK, locale=language, timezone_id="Europe/Moscow")
    context.set_default_timeout(15_000)
    await context.tracing.start(screenshots=True, snapshots=True)
    # Browsers take a secure cookie from localhost; a script that sets one has to name the scheme.
    secure = re.sub("^http:", "https:", url)
    await context.add_cookies(
        [
            {"name": "__Host-till", "value": front.till_secret, "url": secure, "secure": True, "httpOnly": True},
            {"name": "language", "value": language, "url": url},
        ]
    )
    opened = Screen(await context.new_page(), front, language, wire)
    opened.watch()
    return opened


async def _keep(screen: Screen, request: pytest.FixtureRequest) -> None:
    """What a failed story looked like."""
    context = screen.page.context
    if getattr(request.node, "failed", False):
        name = re.sub(r"\W+", "-", request.node.name)
        await screen.page.screenshot(path=KEPT / f"{name}.png")
        await context.tracing.stop(path=KEPT / f"{name}.zip")
    else:
        await context.tracing.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.failed = report.when == "call" and report.failed  # type: ignore[attr-defined]
    return report
