"""A client from the first visit to a balance that explains itself."""

from uuid import uuid4

from playwright.async_api import expect

from savepoint.day import soon
from tests.e2e.browser.front import PINS, Front, Screen


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


async def test_a_refund_above_the_limit_takes_a_second_person_who_may(screen: Screen, front: Front) -> None:
    await front.open_shift()
    client = await front.client(f"Ли {uuid4().hex[:4]}", 1500_00)
    await screen.sign_in()
    await screen.page.goto(f"/clients/{client['client_id']}")
    await screen.page.get_by_role("button", name=screen.t("refund…")).click()

    legend = screen.dialog.locator("legend").last
    told = screen.t("A refund of %(sum)s exceeds your limit. Second person: PIN.")
    await expect(legend).to_contain_text(told.rpartition("%(sum)s")[2])
    await screen.dialog.locator("[name=reason]").fill("гость уезжает")
    await _agreed(screen, "boris")
    await expect(screen.dialog.locator("[data-code=approver_may_not]")).to_be_visible()
    await _agreed(screen, "owner")

    await expect(screen.dialog.locator(".big.good")).to_contain_text("500")
    back = [one for one in await front.kkm("GET", "/control/documents?NumDevice=1") if one["kind"] == "sale_return"]
    assert (back[-1]["total"], back[-1]["payments"]["Cash"]) == ("1500.00", "1500.00")
    now = await front.anna.get(f"/billing/v1/clients/{client['client_id']}")
    assert now["balance_kopecks"] == 0
    assert await soon(lambda: _who_refunded(front, back[-1]["total"]), "the journal tells of it") == {
        "by": "Анна К.",
        "approved_by": (await front.owner.get("/staff/v1/me"))["name"],
    }


async def _who_refunded(front: Front, total: str) -> dict[str, str] | None:
    """Who gave the money back and who agreed, as the journal tells."""
    acts = (await front.owner.get("/staff/v1/journal?act=billing.sale.refunded&limit=1"))["items"]
    told = [one for one in acts if one["after"]["amount_kopecks"] == round(float(total) * 100)]
    return {"by": told[0]["person"]["name"], "approved_by": told[0]["after"]["approved_by"]} if told else None


async def _agreed(screen: Screen, login: str) -> None:
    """A second person comes to the till and enters a PIN."""
    await screen.dialog.locator("[name=member_id]").select_option(screen.front.people[login])
    await screen.dialog.locator("[name=pin]").fill(PINS[login])
    await screen.dialog.locator("[name=pin]").press("Enter")
