"""A guest is seated and pays: what a person with a queue in front of him does all day."""

from playwright.async_api import expect

from tests.e2e.browser.front import Front, Screen

NO_MOUSE = "addEventListener('mousedown', () => { window.__clicked = true; }, true)"


async def test_a_guest_is_seated_in_ten_keys(screen: Screen, front: Front) -> None:
    await front.open_shift()
    before = len(await front.documents())
    await screen.page.add_init_script(NO_MOUSE)
    await screen.sign_in()

    await screen.type("3", "Enter")
    await expect(screen.page.locator("#who")).to_be_focused()
    await screen.type("Enter", "1", "Enter")
    await expect(screen.dialog.locator("[data-received]")).to_be_focused()
    await screen.type("500", "Enter")

    await expect(screen.dialog.locator("[data-change-due]")).to_contain_text("200")
    await screen.tile_is("PC-03", "active")
    await expect(screen.tile("PC-03").locator(".what")).to_have_text("3:00")
    assert len(await front.documents()) == before + 1
    assert await screen.page.evaluate("window.__clicked === undefined")
    await expect(screen.dialog).not_to_be_visible()
    await expect(screen.page.locator("#change")).to_contain_text("200")


async def test_an_impatient_press_pays_once(screen: Screen, front: Front) -> None:
    await front.open_shift()
    before = len(await front.documents())
    await front.fault("delay", seconds=2)
    await screen.sign_in()
    await screen.order("4")

    for _ in range(5):
        await screen.page.keyboard.press("Enter")
    await screen.page.goto("/hall")
    parked = screen.page.locator("#tray .parked")
    await expect(parked).to_have_count(1)
    await parked.click()

    await expect(screen.dialog.locator("[data-sale-state=paid]")).to_be_visible()
    await screen.tile_is("PC-04", "active")
    assert len(await front.documents()) == before + 1


async def test_one_sale_in_two_tabs_is_paid_once(screen: Screen, front: Front) -> None:
    """Each tab has a dialog of its own; the second to pay is told that there will be no second payment."""
    await front.open_shift()
    before = len(await front.documents())
    await front.fault("delay", seconds=2)
    await screen.sign_in()
    await screen.order("6")
    tab = await screen.page.context.new_page()
    await tab.goto("/hall")
    await tab.locator("#tray .parked").click()
    await expect(tab.locator("#dialog [data-received]")).to_be_focused()

    await screen.page.keyboard.press("Enter")
    await expect(screen.page.locator("#tray .parked.receipt")).to_be_visible()
    await tab.keyboard.press("Enter")

    told = tab.locator("#dialog [data-code=sale_fiscalising], #dialog [data-code=sale_paid]")
    await expect(told).to_contain_text(screen.t("This payment was already taken; there will be no second one."))
    await expect(tab.locator("#dialog [data-sale-state=paid]")).to_be_visible()
    await screen.tile_is("PC-06", "active")
    assert len(await front.documents()) == before + 1
    await tab.close()


async def test_the_number_of_another_document_is_refused_and_the_right_one_settles(
    screen: Screen, front: Front
) -> None:
    await front.open_shift()
    before = len(await front.documents())
    await front.fault("cut_after")
    await front.kkm("POST", "/control/faults", {"command": "GetRezult", "what": "cut_before", "times": 0})
    await screen.sign_in()
    await screen.order("1")
    await screen.page.keyboard.press("Enter")
    await expect(screen.dialog.locator("[data-code=receipt_unknown]")).to_be_visible()
    ours = (await front.documents())[-1]["number"]
    other = await front.sold_past_us()

    number = screen.dialog.locator("[name=fd]")
    await number.fill(str(other))
    await number.press("Enter")
    differs = screen.dialog.locator("[data-code=document_differs]")
    await expect(differs).to_contain_text(str(other))
    await expect(differs).to_contain_text("45")
    await screen.tile_is("PC-01", "receipt")

    await number.fill(str(ours))
    await number.press("Enter")
    await expect(screen.dialog.locator("[data-sale-state=paid]")).to_be_visible()
    await screen.tile_is("PC-01", "active")
    assert len(await front.documents()) == before + 2


async def test_a_reply_cut_after_printing_parks_the_sale_and_the_next_guest_is_served(
    screen: Screen, front: Front
) -> None:
    await front.open_shift()
    before = len(await front.documents())
    await front.fault("cut_after")
    await front.kkm("POST", "/control/faults", {"command": "GetRezult", "what": "cut_before", "times": 0})
    await screen.sign_in()
    await screen.order("1")

    await screen.page.keyboard.press("Enter")
    notice = screen.dialog.locator("[data-code=receipt_unknown]")
    await expect(notice).to_be_visible()
    await screen.page.keyboard.press("F2")
    await expect(screen.page.locator("#tray .parked.unknown")).to_be_visible()
    await screen.order("2")
    await screen.page.keyboard.press("Enter")
    await front.kkm("DELETE", "/control/faults")

    await screen.tile_is("PC-02", "active")
    await screen.tile_is("PC-01", "active")
    await expect(screen.page.locator("#tray .parked")).to_have_count(0)
    assert len(await front.documents()) == before + 2


async def test_two_tills_want_one_place_and_the_second_keeps_what_was_chosen(
    screen: Screen, second: Screen, front: Front
) -> None:
    await front.open_shift()
    await screen.sign_in("anna")
    await second.sign_in("boris")
    for one in (screen, second):
        await one.choose("5")
        await expect(one.page.locator("#who")).to_be_focused()
        await one.type("Enter", "1")

    await screen.page.keyboard.press("Enter")
    await expect(screen.dialog.locator("[data-pay]")).to_be_visible()
    await second.page.keyboard.press("Enter")

    await expect(second.page.locator("#side [data-code=device_held]")).to_contain_text("PC-05")
    await second.page.locator(".tile[data-name='PC-06']").click()
    await expect(second.page.locator("[name=tariff_id]:checked")).to_have_count(1)
    await second.page.locator("[name=tariff_id]:checked").press("Enter")
    await expect(second.dialog.locator("[data-pay]")).to_be_visible()
    await second.page.keyboard.press("Enter")
    await second.tile_is("PC-06", "active")
