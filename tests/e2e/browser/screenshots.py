"""`make screenshots`: every page in both languages and two states, quiet and in trouble, to docs/screens.

A picture is for looking at: whoever changes a page looks at its pictures one by one. Fields for days and hours are
drawn by the browser in its own language, which is not the page's where it has no other (Debian: chromium-l10n).
"""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright, expect

from savepoint.day import desk, set_up
from tests.e2e import stacks
from tests.e2e.browser.conftest import BROWSERS, made_ready
from tests.e2e.browser.evening import Evening
from tests.e2e.browser.front import DESK, PINS, Front

SCREENS = stacks.ROOT / "docs/screens"
PAGES = {
    "hall": "/hall",
    "hall-table": "/hall?view=table",
    "clients": "/clients",
    "client-new": "/clients/new",
    "receipts": "/receipts",
    "shift": "/shift",
    "shifts": "/shifts",
    "register": "/registers",
    "journal": "/journal",
    "settings-clubs": "/settings/clubs",
    "settings-places": "/settings/places",
    "settings-tariffs": "/settings/tariffs",
    "settings-people": "/settings/people",
    "settings-tills": "/settings/tills",
    "start-guide": "/start",
    "sessions": "/sessions",
    "chain": "/chain",
}

TAKEN = {"ru": "PC-06", "en": "PC-05"}
"""Where each language seats a guest: in trouble the place stays taken."""


async def photograph(page: Page, name: str) -> None:
    """The page as it is, when nothing moves any more."""
    await page.wait_for_load_state("load")
    await expect(page.locator(".htmx-request")).to_have_count(0)
    await page.screenshot(path=SCREENS / f"{name}.png", animations="disabled")


async def window(browser: Browser, front: Front, language: str) -> Page:
    url = front.stack.url
    scheme: Literal["light", "dark"] = "light" if language == "ru" else "dark"
    context = await browser.new_context(
        base_url=url, viewport=DESK, locale=language, timezone_id="Europe/Moscow", color_scheme=scheme
    )
    secure = re.sub("^http:", "https:", url)
    await context.add_cookies(
        [
            {"name": "__Host-till", "value": front.till_secret, "url": secure, "secure": True, "httpOnly": True},
            {"name": "language", "value": language, "url": url},
        ]
    )
    return await context.new_page()


async def inside(page: Page, front: Front) -> None:
    await page.locator(f"input[value='{front.people['owner']}']").locator("xpath=..").click()
    await page.locator("input[name=pin]").focus()
    await page.keyboard.type(PINS["owner"])
    await page.wait_for_url(re.compile("/(hall|chain)"))


async def tour(browser: Browser, front: Front, language: str, state: str) -> None:
    """Every page, and the dialogs that make a sale."""
    page = await window(browser, front, language)
    await page.goto("/sign-in")
    await photograph(page, f"sign-in-{state}-{language}")
    await inside(page, front)
    for name, path in PAGES.items():
        await page.goto(path)
        await photograph(page, f"{name}-{state}-{language}")
    client = (await front.anna.get("/billing/v1/clients?q=Иванов&limit=1"))["items"][0]
    await page.goto(f"/clients/{client['client_id']}")
    await photograph(page, f"client-{state}-{language}")
    await page.goto("/hall")
    place = TAKEN[language]
    await page.locator(f".tile[data-name='{place}']").click()
    await page.locator("#who").wait_for()
    await photograph(page, f"start-{state}-{language}")
    await page.locator("[name=tariff_id]").first.check()
    await page.locator("[name=tariff_id]").first.press("Enter")
    await page.locator("#dialog [data-pay]").wait_for()
    await page.keyboard.type("500")
    await photograph(page, f"pay-{state}-{language}")
    await page.keyboard.press("Enter")
    await page.locator("#dialog .steps").wait_for()
    await photograph(page, f"paid-{state}-{language}")
    await page.context.close()
    await front.free(place)


async def main() -> None:
    found = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("No Chromium on this machine: apt-get install chromium, or set CHROMIUM.")
    SCREENS.mkdir(parents=True, exist_ok=True)
    for old in SCREENS.glob("*.png"):
        old.unlink()
    with stacks.embedded() as stack:
        async with desk(stack.url) as owner, desk(stack.url) as anna, async_playwright() as playwright:
            club = await set_up(owner, "owner", stack.owner_password)
            front = await made_ready(stack, club, owner, anna)
            evening = Evening(front)
            await evening.furnish()
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = await playwright.chromium.launch(executable_path=found, args=arguments)
            for state, prepare in (("quiet", evening.fill), ("trouble", evening.trouble)):
                await prepare()
                for language in ("ru", "en"):
                    await tour(browser, front, language, state)
            await browser.close()
    sys.stdout.write(f"{len(list(SCREENS.glob('*.png')))} pictures in {SCREENS.relative_to(Path.cwd())}\n")


if __name__ == "__main__":
    asyncio.run(main())
