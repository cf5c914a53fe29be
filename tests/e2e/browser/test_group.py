"""A company comes in together: places are chosen together, started together, ended together."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser.front import Front, Screen

CHOSEN = ".tile[aria-selected=true]"


async def at_the_map(screen: Screen) -> None:
    """Signed in, and what chooses several places is there, too."""
    await screen.sign_in()
    await expect(screen.page.locator("[aria-multiselectable=true]").first).to_be_visible()


async def chosen(screen: Screen) -> list[str]:
    return [await one.get_attribute("data-name") or "" for one in await screen.page.locator(CHOSEN).all()]


@pytest.mark.timeout(180)
async def test_a_company_is_seated_together_and_goes_together(screen: Screen, front: Front) -> None:
    await front.open_shift()
    before = len(await front.documents())
    await at_the_map(screen)
    page, group = screen.page, screen.page.locator("#side [data-group]")

    await screen.tile("PC-01").focus()
    await screen.type("Space", "ArrowRight", "Space")
    await screen.tile("PC-03").click(modifiers=["Shift"])
    assert await chosen(screen) == ["PC-01", "PC-02", "PC-03"]
    await expect(group.locator(".member")).to_have_count(3)
    await expect(page.locator("#said")).to_contain_text("3")

    await screen.type("s", "1", "Enter")
    for number in (1, 2, 3):
        await expect(screen.dialog.locator("[data-pay]")).to_be_visible()
        await page.keyboard.press("Enter")
        await screen.tile_is(f"PC-0{number}", "active")
        await expect(screen.dialog).not_to_be_visible()
        if number < 3:
            # What is next has the focus: Enter goes on with the next guest.
            await expect(group.locator("[data-next]")).to_contain_text(f"PC-0{number + 1}")
            await expect(group.locator("[data-next]")).to_be_focused()
            await page.keyboard.press("Enter")
    assert len(await front.documents()) == before + 3

    await page.keyboard.press("Escape")
    await expect(page.locator(CHOSEN)).to_have_count(0)
    await screen.type("1", "Space", "3", "Space")
    assert await chosen(screen) == ["PC-01", "PC-03"]
    await expect(group.locator(".member")).to_have_count(2)
    await page.keyboard.press("x")
    await expect(screen.dialog.locator("[data-returned]")).to_have_text(re.compile(r"\d"))
    await screen.dialog.locator("[name=reason]").fill("компания ушла")
    await page.keyboard.press("Enter")
    for number, state in ((1, "free"), (2, "active"), (3, "free")):
        await screen.tile_is(f"PC-0{number}", state)


async def test_a_place_that_is_taken_meanwhile_is_told_beside_the_others(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await at_the_map(screen)
    group = screen.page.locator("#side [data-group]")
    await screen.tile("PC-04").focus()
    await screen.type("Space", "ArrowRight", "Space", "s")
    await expect(group.locator("[name=tariff_id]").first).to_be_focused()
    await screen.type("1")
    await front.order(3)
    await screen.tile_is("PC-04", "held")
    await screen.page.keyboard.press("Enter")

    await expect(group.locator("[data-refused] [data-code=device_held]")).to_contain_text("PC-04")
    await expect(group.locator("[data-ordered]")).to_contain_text("PC-05")
    await expect(screen.dialog.locator("h2")).to_contain_text("PC-05")


async def test_a_rectangle_a_zone_and_the_boxes_of_the_table_choose_alike(screen: Screen, front: Front) -> None:
    await at_the_map(screen)
    page = screen.page
    first, last = await screen.tile("PC-01").bounding_box(), await screen.tile("PC-03").bounding_box()
    assert first is not None
    assert last is not None
    await page.mouse.move(first["x"] + 30, first["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(last["x"] + 30, last["y"] + 50, steps=5)
    await page.mouse.up()
    assert await chosen(screen) == ["PC-01", "PC-02", "PC-03"]
    await screen.tile("PC-02").focus()
    await page.keyboard.press("z")
    assert len(await chosen(screen)) == len(front.club.devices)

    await screen.tile("PC-02").click()
    await expect(page.locator(CHOSEN)).to_have_count(0)
    await expect(page.locator("#side .panel[data-place]")).to_be_visible()

    await page.goto("/hall?view=table")
    for name in ("PC-02", "PC-05"):
        await page.get_by_label(screen.t("Select %(place)s", place=name)).check()
    await expect(page.locator("#side [data-group] .member")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-choose]:checked")).to_have_count(0)


async def test_the_menu_of_a_place_is_reached_with_the_mouse_and_the_keys(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await at_the_map(screen)
    page, menu = screen.page, screen.page.locator("#menu")
    await screen.tile("PC-02").click(button="right")
    await expect(menu.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).not_to_be_visible()

    await screen.tile("PC-03").focus()
    await page.keyboard.press("Shift+F10")
    await expect(menu.get_by_role("menuitem").first).to_be_focused()
    await screen.type("ArrowDown", "Enter")
    assert await chosen(screen) == ["PC-03"]
    await screen.tile("PC-04").click(modifiers=["Control"])
    await screen.tile("PC-04").click(button="right")
    await menu.locator("[data-act=start]").click()
    await expect(page.locator("#side [data-group] [name=tariff_id]").first).to_be_focused()
