"""From an empty installation to the first paid session, with nothing but the pages."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from console.api.catalogue import translations
from tests.e2e import stacks
from tests.e2e.browser.front import DESK
from tests.e2e.conftest import chosen
from tests.e2e.stacks import Stack

PIN, PASSWORD = "638205", "длинный пароль клуба"


@pytest.fixture
def empty(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """An installation that nobody has touched."""
    assert chosen(request.config)[0] == "embedded"
    with stacks.embedded() as running:
        yield running


@pytest.mark.timeout(240)
async def test_a_newcomer_sells_the_first_session_without_documentation(
    browser: Browser, empty: Stack, language: str
) -> None:
    context = await browser.new_context(base_url=empty.url, viewport=DESK, locale=language)
    page = await context.new_page()
    await _come_in(page, empty.owner_password)

    await page.wait_for_url("**/start")
    await _step(page, "club", name="Клуб на Лиговском")
    await _step(page, "places", count="12")
    await _step(page, "tariff", price="150")
    await _step(page, "till", pin=PIN)
    await _step(page, "register")
    await page.locator("[data-step=shift] a.main").click()
    await page.locator("[name=float]").fill("2000")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/hall")

    await page.keyboard.type("7")
    await page.keyboard.press("Enter")
    await expect(page.locator("#who")).to_be_focused()
    for key in ("Enter", "1", "Enter"):
        await page.keyboard.press(key)
    await expect(page.locator("#dialog [data-received]")).to_be_focused()
    await page.keyboard.press("Enter")

    paid = translations(language).gettext("Paid")
    await expect(page.locator("#dialog .paid")).to_contain_text(paid)
    await expect(page.locator(".tile[data-name='PC-07']")).to_have_attribute("data-state", "active")
    await context.close()


async def _come_in(page: Page, one_time: str) -> None:
    """The printed password, then one of his own."""
    await page.goto("/")
    await page.locator("[name=login]").fill("owner")
    await page.locator("[name=password]").fill(one_time)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/password")
    await page.locator("[name=old]").fill(one_time)
    await page.locator("[name=new]").fill(PASSWORD)
    await page.locator("[name=pin]").fill(PIN)
    await page.locator("form button.main").click()


async def _step(page: Page, step: str, **typed: str) -> None:
    """Fill one step in and go on; it is done then."""
    form = page.locator(f"[data-step={step}] form")
    await expect(form).to_be_visible()
    for name, value in typed.items():
        await form.locator(f"[name={name}]").fill(value)
    await form.locator("button.main").click()
    await expect(page.locator(f"[data-step={step}]")).to_have_class(re.compile("done"))
