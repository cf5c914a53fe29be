"""A client from the first visit to a balance that explains itself."""

from uuid import uuid4

from playwright.async_api import expect

from tests.e2e.browser.front import Front, Screen


async def test_a_new_client_tops_up_plays_and_is_found_by_four_digits(screen: Screen, front: Front) -> None:
    await front.open_shift()
    tail = f"{uuid4().int % 10**4:04d}"
    phone, name = f"+7 903 {uuid4().int % 900 + 100}-{tail[:2]}-{tail[2:]}", f"Алина {tail}"
    await screen.sign_in()
    await screen.page.goto("/clients/new")
    await screen.page.locator("[name=name]").fill(name)
    await screen.page.locator("[name=phone]").fill(phone)
    await screen.page.keyboard.press("Enter")
    await screen.page.wait_for_url("**/clients/*-*")

    await screen.page.keyboard.press("Alt+T")
    await screen.dialog.locator("[name=cash]").fill("500")
    await screen.page.keyboard.press("Enter")
    await expect(screen.dialog.locator("[data-sale-state=paid]")).to_be_visible()
    await expect(screen.dialog).not_to_be_visible()
    await screen.page.reload()
    await expect(screen.page.locator("#work")).to_contain_text("500")

    await screen.page.keyboard.press("F2")
    await screen.page.wait_for_url("**/hall")
    await screen.choose("4")
    await expect(screen.page.locator("#who")).to_be_focused()
    await screen.page.keyboard.type(tail)
    await screen.page.locator("#found .hit", has_text=name).click()
    await expect(screen.page.locator(".chosen-client")).to_contain_text(name)
    await screen.type("1", "Enter")
    await expect(screen.dialog.locator("[data-received]")).to_be_focused()
    await screen.page.keyboard.press("b")
    await expect(screen.dialog.locator("[name=balance]")).to_have_value("300")
    await screen.page.keyboard.press("Enter")

    await screen.tile_is("PC-04", "active")
    found = await front.anna.get(f"/billing/v1/clients?q={tail}&limit=5")
    client = next(one for one in found["items"] if one["name"] == name)
    rows = (await front.anna.get(f"/billing/v1/clients/{client['client_id']}/operations"))["items"]
    assert rows[0]["balance_after_kopecks"] == 200_00


async def test_a_payment_in_four_parts_is_one_document(screen: Screen, front: Front) -> None:
    await front.open_shift()
    client = await front.client(f"Ким {uuid4().hex[:4]}", 100_00)
    bonuses = {"amount_kopecks": 50_00, "reason": "день рождения"}
    await front.anna.post(f"/billing/v1/clients/{client['client_id']}/bonuses", bonuses, 201)
    before = len(await front.documents())
    await screen.sign_in()
    await screen.choose("5")
    await expect(screen.page.locator("#who")).to_be_focused()
    await screen.page.keyboard.type(client["phone"][-4:])
    await screen.page.locator("#found .hit", has_text=client["name"]).click()
    await expect(screen.page.locator(".chosen-client")).to_be_visible()
    await screen.type("1", "Enter")
    pay = screen.dialog.locator("[data-pay]")
    await expect(pay).to_be_visible()

    await pay.locator("[name=bonus]").fill("20")
    await pay.locator("[name=balance]").fill("100")
    await pay.locator("[name=card]").fill("80")
    await pay.locator("[name=cash]").fill("100")
    await pay.locator("[name=received]").fill("500")
    await expect(pay.locator("[data-change]")).to_contain_text("400")
    await screen.page.keyboard.press("Enter")

    await screen.tile_is("PC-05", "active")
    documents = await front.documents()
    assert len(documents) == before + 1
    paid = documents[-1]["payments"]
    assert (paid["Cash"], paid["ElectronicPayment"], paid["AdvancePayment"]) == ("100.00", "80.00", "100.00")
    assert documents[-1]["total"] == "280.00"
