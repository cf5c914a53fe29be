"""The desk in a browser: what a finger waits for, with 200 places on the map.

Runs in the Chromium of this machine; without one these figures are left out, and the report says so.
"""

import asyncio
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from playwright.async_api import Browser, Page, Request, async_playwright

from bench.stack import Stack
from savepoint.day import Club, Desk, desk

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = 200
CHANGES_PER_S = 50
FOLLOWS_S = 2
"""So long a page that is loaded is looked at for what it still asks for."""
PIN = "481593"

CLICK = """async (name) => {
  const tile = document.querySelector(`.tile[data-name="${name}"]`);
  const settled = new Promise((done) => document.body.addEventListener("htmx:afterSettle", function seen(event) {
    if (event.detail.target.id !== "side") return;
    document.body.removeEventListener("htmx:afterSettle", seen);
    requestAnimationFrame(() => requestAnimationFrame(done));
  }));
  const began = performance.now();
  tile.click();
  await settled;
  return performance.now() - began;
}"""
FEEDBACK = """() => {
  window.__felt = [];
  addEventListener("keydown", (event) => requestAnimationFrame(() => {
    window.__felt.push(performance.now() - event.timeStamp);
  }));
}"""
WATCH = """() => {
  window.__seen = [];
  const note = (one) => window.__seen.push([one.target.dataset.place, Date.now()]);
  new MutationObserver((changes) => changes.forEach(note)).observe(
    document.getElementById("map"), { subtree: true, attributes: true, attributeFilter: ["data-state"] });
}"""


@dataclass
class Felt:
    """What was measured, in ms, and the bytes of a first load as they were sent; `all_bytes` with what follows it."""

    click: dict[int, list[float]] = field(default_factory=dict)
    """Round trip added -> click to painted panel."""
    key: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    first_bytes: int = 0
    all_bytes: int = 0


def chromium() -> str | None:
    """The browser of this machine."""
    return os.environ.get("CHROMIUM") or next((found for name in BROWSERS if (found := shutil.which(name))), None)


async def feel(stack: Stack, club: Club, clicks: int, changes_s: int) -> Felt | None:
    """Sit down at the desk and measure; None where there is no browser."""
    found = chromium()
    if found is None:
        return None
    async with desk(stack.running.url) as owner, async_playwright() as playwright:
        await owner.sign_in("owner", club.logins["owner"])
        till = await owner.post(f"/staff/v1/tills/{club.till_id}/enrolment", {}, 201)
        await owner.ask("PUT", "/staff/v1/me/pin", 204, {"pin": PIN, "password": club.logins["owner"]})
        places = await _many(owner, club)
        arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = await playwright.chromium.launch(executable_path=found, args=arguments)
        felt = await _sit_down(browser, stack, till["secret"], owner, places, (clicks, changes_s))
        await browser.close()
        return felt


async def _many(owner: Desk, club: Club) -> list[str]:
    """As many places as a big club has; their ids."""
    zone = (await owner.get(f"/hall/v1/clubs/{club.club_id}/zones"))["items"][0]["zone_id"]
    made = []
    for number in range(len(club.devices) + 1, PLACES + 1):
        new = {"name": f"PC-{number:03d}", "kind": "pc", "zone_id": zone}
        made.append((await owner.post(f"/hall/v1/clubs/{club.club_id}/devices", new, 201))["device_id"])
    return made


async def _sit_down(
    browser: Browser, stack: Stack, secret: str, owner: Desk, places: list[str], sizes: tuple[int, int]
) -> Felt:
    felt, url = Felt(), stack.running.url
    context = await browser.new_context(base_url=url, viewport={"width": 1366, "height": 768})
    await context.add_cookies(
        [{"name": "__Host-till", "value": secret, "url": re.sub("^http:", "https:", url), "secure": True}]
    )
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.locator("input[name=pin]").focus()
    await page.keyboard.type(PIN)
    await page.wait_for_url(re.compile("/(hall|chain)"))
    felt.first_bytes, felt.all_bytes = await _first_load(browser, page)
    await page.goto("/hall")
    names = [f"PC-{number:03d}" for number in range(20, 20 + sizes[0])]
    cdp = await context.new_cdp_session(page)
    for added_ms in (0, 50):
        slow = {"offline": False, "latency": added_ms, "downloadThroughput": -1, "uploadThroughput": -1}
        await cdp.send("Network.enable")
        await cdp.send("Network.emulateNetworkConditions", slow)
        felt.click[added_ms] = [await page.evaluate(CLICK, name) for name in names]
    await cdp.send("Network.emulateNetworkConditions", slow | {"latency": 0})
    felt.key = await _keys(page, sizes[0])
    felt.change = await _changes(page, owner, places, sizes[1])
    await context.close()
    return felt


async def _first_load(browser: Browser, inside: Page) -> tuple[int, int]:
    """Bytes of the hall in a browser that has nothing of it: until it is loaded, and with what follows by itself."""
    context = await browser.new_context(storage_state=await inside.context.storage_state())
    page = await context.new_page()
    came: list[Request] = []
    page.on("requestfinished", lambda one: came.append(one))
    await page.goto(urljoin(inside.url, "/hall"), wait_until="load")
    first = len(came)
    await asyncio.sleep(FOLLOWS_S)
    sizes = [(await one.sizes())["responseBodySize"] for one in came]
    await context.close()
    return sum(sizes[:first]), sum(sizes)


async def _keys(page: Page, count: int) -> list[float]:
    await page.keyboard.press("Escape")
    await page.evaluate(FEEDBACK)
    for number in range(count):
        await page.keyboard.press(str(number % 10))
        await page.keyboard.press("Escape")
    return list(await page.evaluate("window.__felt"))


async def _changes(page: Page, owner: Desk, places: list[str], during_s: int) -> list[float]:
    """Places go out of service and back, so many in a second; when each was seen on its tile."""
    await page.goto("/hall")
    await page.evaluate(WATCH)
    sent: dict[str, float] = {}
    began, running = time.monotonic(), []
    for number in range(during_s * CHANGES_PER_S):
        await asyncio.sleep(max(0.0, began + number / CHANGES_PER_S - time.monotonic()))
        place = places[number % len(places)]
        in_service = (number // len(places)) % 2 == 1
        running.append(asyncio.create_task(_change(owner, place, in_service, sent, number)))
    await asyncio.gather(*running)
    await asyncio.sleep(1)
    seen: list[Any] = await page.evaluate("window.__seen")
    return _lags(seen, sent, places)


async def _change(owner: Desk, place: str, in_service: bool, sent: dict[str, float], number: int) -> None:
    await owner.ask("PATCH", f"/hall/v1/devices/{place}", 200, {"in_service": in_service})
    sent[f"{place} {number}"] = time.time() * 1000


def _lags(seen: list[Any], sent: dict[str, float], places: list[str]) -> list[float]:
    """From the service's answer to the tile, for each change that can be told apart."""
    answered: dict[str, list[float]] = {}
    for name, at in sorted(sent.items(), key=lambda one: one[1]):
        answered.setdefault(name.split(" ")[0], []).append(at)
    shown: dict[str, list[float]] = {}
    for place, at in seen:
        shown.setdefault(place, []).append(at)
    return [
        max(0.0, at - told)
        for place in places
        if len(shown.get(place, [])) == len(answered.get(place, [])) > 0
        for told, at in zip(answered[place], shown[place], strict=True)
    ]
