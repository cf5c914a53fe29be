"""What holds on every page, for everybody."""

from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from console.domain.tabs import TABS
from services.console.tests.test_texts import used
from tests.e2e.browser.front import PINS, Front, Screen

PAGES = [
    *(tab.path for tab in TABS),
    *("/hall?view=table", "/clients/new", "/shifts", "/sessions", "/password", "/start", "/nowhere", "/sign-in"),
    *(f"/settings/{part}" for part in ("clubs", "places", "tariffs", "people", "tills")),
]
LETTERS_MIN = 12
"""A shorter English text may be a part of a name."""


@pytest.mark.timeout(300)
async def test_every_page_can_be_used_by_everybody(screen: Screen, front: Front) -> None:
    """No serious finding of axe, no breach of the policy, no text in the other language; light and dark."""
    await front.open_shift()
    await screen.page.emulate_media(color_scheme="light" if screen.language == "ru" else "dark")
    await screen.sign_in("owner")
    english = {text for text in used() if len(text) >= LETTERS_MIN and "%" not in text and "{" not in text}
    found = []
    for path in PAGES:
        await screen.page.goto(path)
        result = await Axe().run(screen.page)
        serious = [one for one in result.response["violations"] if one["impact"] in ("serious", "critical")]
        found += [f"{path}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in serious]
        if screen.language == "ru":
            text = await screen.page.inner_text("body")
            found += [f"{path}: not in Russian: {one}" for one in english if one in text]
    assert found == []


@pytest.mark.parametrize("login", ["owner", "anna", "boris"])
async def test_what_is_hidden_is_refused_as_well(screen: Screen, login: str) -> None:
    await screen.sign_in(login)
    await screen.page.goto("/hall")
    seen = {await one.get_attribute("href") for one in await screen.page.locator("nav.tabs a").all()}

    for tab in TABS:
        answer = await screen.page.goto(tab.path)
        assert answer is not None
        assert (answer.status == 403) is (tab.path not in seen), tab.path

    assert seen == {tab.path for tab in TABS} or login != "owner"
    assert "/settings" not in seen or login != "boris"


async def test_another_club_s_things_are_not_there(screen: Screen) -> None:
    await screen.sign_in("anna")
    for path in ("/hall/places", "/clients", "/sales"):
        answer = await screen.page.goto(f"{path}/{uuid4()}")
        assert answer is not None
        assert answer.status == 404, path


async def test_a_desk_that_nobody_touches_locks_and_loses_nothing(screen: Screen) -> None:
    await screen.page.clock.install()
    await screen.sign_in("anna")
    await screen.choose("2")
    await screen.page.locator("#who").fill("Иван")

    await screen.page.clock.fast_forward("03:05")
    lock = screen.page.locator("#lock")
    await expect(lock.locator("[name=pin]")).to_be_visible()
    await lock.locator("[name=pin]").focus()
    await screen.page.keyboard.type(PINS["anna"])

    await expect(lock).not_to_be_visible()
    await expect(screen.page.locator("#who")).to_have_value("Иван")
