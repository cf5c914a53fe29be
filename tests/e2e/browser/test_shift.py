"""The shift from its float to its report."""

from playwright.async_api import expect

from tests.e2e.browser.front import Front, Screen


async def test_a_shift_that_will_not_close_says_why_and_closes_with_a_reason(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await front.clear()
    session = await front.order(0)
    await front.pay(session)
    await screen.sign_in()

    await screen.page.keyboard.press("F6")
    blocker = screen.page.locator(".blocker[data-code=session_running]")
    await expect(blocker).to_contain_text("PC-01")
    await blocker.get_by_role("button").click()
    await screen.dialog.locator("[name=reason]").fill("гость ушёл")
    await screen.dialog.locator("button.danger").click()
    await expect(blocker).to_have_count(0)

    form = screen.page.locator("[data-count-form]")
    expected = int(await form.get_attribute("data-expected") or 0)
    await form.locator("[name=cash]").fill(f"{(expected - 5000) // 100}")
    await form.locator("button.main").click()
    await expect(screen.page.locator("#work [role=alert]").first).to_contain_text("50")
    await form.locator("[name=reason]").fill("недостача разобрана")
    await screen.page.keyboard.press("Control+Enter")

    await expect(screen.page.locator("#zed")).to_be_visible()
    await expect(screen.page.locator(".report")).to_contain_text(screen.t("It agrees with our books."))
    await expect(screen.page.locator(".report")).to_contain_text("недостача разобрана")
    assert await front.shift() is None
    paper = await screen.page.pdf(format="A4")
    assert paper.startswith(b"%PDF")


async def test_a_sale_waits_for_the_shift_and_goes_on(screen: Screen, front: Front) -> None:
    await front.close_shift()
    await screen.sign_in()
    await screen.page.goto("/hall")
    await screen.order("1")
    await screen.dialog.get_by_role("link", name=screen.t("Open the shift")).click()

    await screen.page.locator("[name=float]").fill("2000")
    await screen.page.keyboard.press("Enter")
    await expect(screen.dialog.locator("[data-pay]")).to_be_visible()
    await screen.page.keyboard.press("Enter")

    await screen.tile_is("PC-01", "active")
