"""Each service is killed in turn: the pages say so, keep what was typed, and heal by themselves."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.browser.front import Front, Screen

SAYS = {
    "staff": None,
    "hall": "The hall is unavailable for now. The rest works. It will refresh by itself.",
    "billing": "The till is unavailable for now: nothing can be sold. The rest works. It will refresh by itself.",
    "fiscal": "The register is unavailable for now. The rest works. It will refresh by itself.",
}


@pytest.mark.containers_too
@pytest.mark.parametrize("service", sorted(SAYS))
async def test_a_service_that_is_gone_takes_no_page_with_it(screen: Screen, front: Front, service: str) -> None:
    if front.stack.name == "embedded":
        pytest.skip("one process runs all services here; containers are killed one by one")
    await front.open_shift()
    await screen.sign_in()
    await screen.choose("2")
    await screen.page.locator("#who").fill("Ив")

    await asyncio.to_thread(front.stack.kill, service)
    said = SAYS[service]
    if said is not None:
        await expect(screen.page.locator("#down")).to_contain_text(screen.t(said))
    await expect(screen.page.locator("#who")).to_have_value("Ив")
    again = await screen.page.context.new_page()
    for path in ("/hall", "/clients", "/receipts", "/shift", "/registers"):
        answer = await again.goto(path)
        assert answer is not None
        assert answer.status in (200, 503), path
        await expect(again.locator("nav.tabs, .alone main")).to_be_visible()
    await again.close()

    await asyncio.to_thread(front.stack.mend, service)
    await expect(screen.page.locator("#down")).not_to_be_visible(timeout=60_000)
    await expect(screen.page.locator("#who")).to_have_value("Ив")
    await screen.page.reload()
    await screen.tile_is("PC-02", "free")


@pytest.mark.containers_too
async def test_a_console_that_is_killed_keeps_the_page_and_what_was_typed(screen: Screen, front: Front) -> None:
    part = "services" if front.stack.name == "embedded" else "console"
    await front.open_shift()
    await screen.sign_in()
    await screen.choose("3")
    await screen.page.locator("#who").fill("Ив")

    await asyncio.to_thread(front.stack.kill, part)
    await expect(screen.page.locator("#who")).to_have_value("Ив")
    await asyncio.to_thread(front.stack.mend, part)

    await expect(screen.page.locator("#offline")).not_to_be_visible(timeout=60_000)
    await expect(screen.page.locator("#who")).to_have_value("Ив")
    await screen.page.keyboard.press("Escape")
    await screen.order("3")
