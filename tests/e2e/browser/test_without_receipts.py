"""The register is dead and guests stand at the desk: manual payment, for a while, seen by everybody."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e.browser.front import Front, Screen

ON = (
    "MANUAL PAYMENT until %(time)s: no receipts are printed, refunds are closed. "
    "Without a receipt: %(count)s, %(sum)s. Turned on by %(who)s"
)
OFF = "Manual payment is off. Sales without a receipt: %(count)s, %(sum)s. Each needs a correction receipt."


async def test_guests_are_served_while_the_register_is_dead(screen: Screen, second: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()
    await second.sign_in("boris")
    sold = await _played(screen, front)
    before = len(await front.documents())
    owed = await _missing(front)
    await front.fault("http_503", command="GetDataKKT", times=10_000)

    await _turned_on(screen)
    for window in (screen, second):
        await expect(_banner(window)).to_contain_text(_begins(window.t(ON)))
        await expect(_banner(window)).to_contain_text("Анна")

    await screen.page.keyboard.press("F2")
    await screen.page.wait_for_url("**/hall")
    await screen.order("2")
    await screen.type("Enter")
    await expect(screen.dialog.locator("[data-sale-state=paid]")).to_be_visible()
    await expect(screen.dialog.locator(".steps .skipped")).to_contain_text(screen.t("none: manual payment"))
    await screen.tile_is("PC-02", "active")
    assert await _missing(front) == owed + 1

    await screen.page.goto("/receipts?day=&state=unfiscalised")
    await expect(screen.page.locator("#receipts tbody tr").first).to_contain_text(screen.t("a correction is due"))

    await screen.page.goto(f"/receipts?sale_id={sold}")
    await screen.page.locator(f"[hx-get='/sales/{sold}/refund']").first.click()
    said = "No refund while manual payment is on. The register and the terminal must work."
    await expect(screen.dialog).to_contain_text(screen.t(said))
    await screen.page.keyboard.press("Escape")

    await _ends_soon(front)
    for window in (screen, second):
        await expect(_banner(window)).to_contain_text(_begins(window.t(OFF)))
    await front.kkm("DELETE", "/control/faults")
    assert len(await front.documents()) == before


async def _played(screen: Screen, front: Front) -> str:
    """A session that was paid, printed and is over; its sale."""
    session = await front.order(0)
    await front.pay(session)
    await screen.tile_is("PC-01", "active")
    await front.free("PC-01")
    await screen.tile_is("PC-01", "free")
    return str(session["sale_id"])


async def _turned_on(screen: Screen) -> None:
    """At the register's page, with a reason."""
    await screen.page.goto("/registers")
    form = screen.page.locator("[id^=manual-] form")
    await form.locator("[name=reason]").fill("Касса не включается")
    await form.locator("button").click()
    await screen.page.locator("#ask [value=yes]").click()


async def _ends_soon(front: Front) -> None:
    """Its time is cut short: it ends by itself."""
    until = datetime.now(UTC) + timedelta(seconds=3)
    body = {"until": until.isoformat(), "reason": "мастер пришёл"}
    await front.anna.ask("PUT", f"/fiscal/v1/registers/{front.club.register_id}/manual-payment", 200, body)


async def _missing(front: Front) -> int:
    found: dict[str, Any] = await front.anna.get(f"/fiscal/v1/unfiscalised?club_id={front.club.club_id}")
    return int(found["missing"]["count"])


def _banner(screen: Screen) -> Locator:
    return screen.page.locator("#manual .banner")


def _begins(text: str) -> str:
    """A text up to its first value."""
    return text.partition("%(")[0].strip()
