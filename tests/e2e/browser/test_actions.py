"""Ctrl+K: whatever one may do, by its name, from anywhere."""

from playwright.async_api import expect

from tests.e2e.browser.front import Front, Screen


async def test_an_action_is_begun_by_its_name_and_nothing_typed_is_lost(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()
    await screen.order("3")
    await screen.dialog.locator("[name=received]").fill("500")

    await screen.page.keyboard.press("Control+KeyK")
    found = screen.page.locator("#actions")
    await expect(found.locator("[data-find]")).to_be_focused()
    await screen.page.keyboard.press("Escape")
    await expect(screen.dialog.locator("[name=received]")).to_have_value("500")
    await screen.page.keyboard.press("Escape")

    await screen.page.keyboard.press("Control+KeyK")
    await expect(found.locator("[data-find]")).to_be_focused()
    await screen.page.keyboard.type(screen.t("Earlier shifts")[:9].lower())
    await expect(found.locator(".hit:visible")).to_have_count(1)
    await screen.page.keyboard.press("Enter")
    await screen.page.wait_for_url("**/shifts")

    await screen.page.keyboard.press("Control+KeyK")
    await expect(found.locator("[data-find]")).to_be_focused()
    await screen.page.keyboard.type("qqq")
    await expect(found.locator("[data-none]")).to_be_visible()
    assert "/shifts" in screen.page.url
