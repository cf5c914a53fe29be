"""The shift from its float to its report."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import expect

from savepoint.day import soon
from tests.e2e.browser.front import PINS, Front, Screen

FIRST = "This club counts first: what should be there is shown after the count."


async def test_a_shift_that_will_not_close_says_why_and_closes_with_a_reason(screen: Screen, front: Front) -> None:
    """The club counts blind: nobody writes down what he reads."""
    await front.open_shift()
    await front.clear()
    session = await front.order(0)
    await front.pay(session)
    await screen.sign_in()
    async with _counting_blind(front):
        await screen.page.goto("/shift")
        blocker = screen.page.locator(".blocker[data-code=session_running]")
        await expect(blocker).to_contain_text("PC-01")
        await blocker.get_by_role("button").click()
        await screen.dialog.locator("[name=reason]").fill("гость ушёл")
        await screen.dialog.locator("button.danger").click()
        await expect(blocker).to_have_count(0)

        form = screen.page.locator("[data-count-form]")
        await expect(screen.page.locator("#state")).to_contain_text(screen.t(FIRST))
        assert await form.get_attribute("data-expected") is None
        expected = (await front.shift())["expected_cash_kopecks"]
        await form.locator("[name=cash]").fill(f"{(expected - 5000) // 100}")
        await form.locator("button.main").click()
        await expect(screen.page.locator("#work [role=alert]").first).to_contain_text("50")
        await expect(form).to_have_attribute("data-expected", str(expected))
        await form.locator("[name=reason]").fill("недостача разобрана")
        await screen.page.keyboard.press("Control+Enter")

        await _closed(screen, front, "недостача разобрана")
    paper = await screen.page.pdf(format="A4")
    assert paper.startswith(b"%PDF")


async def test_a_big_difference_is_closed_with_the_owners_pin(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await front.clear()
    await screen.sign_in()
    await screen.page.goto("/shift")
    expected = (await front.shift())["expected_cash_kopecks"]

    form = screen.page.locator("[data-count-form]")
    await form.locator("[name=cash]").fill(f"{(expected - 600_00) // 100}")
    await form.locator("[name=reason]").fill("ящик пуст")
    await form.locator("button.main").click()
    await expect(screen.page.locator("#work [role=alert]").first).to_contain_text("600")
    await form.locator("[name=member_id]").select_option(front.people["owner"])
    await form.locator("[name=pin]").fill("000000")
    await form.locator("button.main").click()
    await expect(screen.page.locator("#work [data-code=pin_wrong]")).to_be_visible()
    await form.locator("[name=member_id]").select_option(front.people["owner"])
    await form.locator("[name=pin]").fill(PINS["owner"])
    await form.locator("button.main").click()

    await _closed(screen, front, "ящик пуст")


async def _closed(screen: Screen, front: Front, reason: str) -> None:
    """The report is there, and says so."""
    await expect(screen.page.locator("#zed")).to_be_visible()
    await expect(screen.page.locator(".report")).to_contain_text(screen.t("It agrees with our books."))
    await expect(screen.page.locator(".report")).to_contain_text(reason)
    assert await front.shift() is None


@asynccontextmanager
async def _counting_blind(front: Front) -> AsyncIterator[None]:
    """As the owner sets it, as soon as the till knows; afterwards as it was."""
    path = f"/hall/v1/clubs/{front.club.club_id}"
    await front.owner.ask("PATCH", path, 200, {"blind_count": True})

    async def known() -> bool:
        return bool((await front.shift())["blind_count"])

    await soon(known, "billing knows that the club counts blind")
    yield
    await front.owner.ask("PATCH", path, 200, {"blind_count": False})


async def test_a_sale_waits_for_the_shift_and_goes_on(screen: Screen, front: Front) -> None:
    await front.close_shift()
    await screen.sign_in()
    await screen.page.goto("/hall")
    await screen.order("1")
    await screen.dialog.get_by_role("link", name=screen.t("Open the shift")).click()
    await screen.page.wait_for_url("**/shift?sale=*")

    await screen.page.locator("[name=float]").fill("2000")
    await screen.page.keyboard.press("Enter")
    await expect(screen.dialog.locator("[data-pay]")).to_be_visible()
    await screen.page.keyboard.press("Enter")

    await screen.tile_is("PC-01", "active")
