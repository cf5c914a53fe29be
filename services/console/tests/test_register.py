"""The registers' page and the banner of manual payment."""

from datetime import UTC, datetime, timedelta

import httpx

from services.console.tests.gateway import CLUB, Gateway, browser

REGISTER = {
    "register_id": "r1",
    "club_id": CLUB,
    "name": "Атол 30Ф",
    "mode": "kkm_server",
    "reachable": True,
    "manual_payment": None,
}
ON = {"until": "2026-11-23T16:00:00Z", "by": {"member_id": "b", "name": "Борис Л."}, "reason": "Нет интернета"}


async def test_no_banner_while_registers_print(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /fiscal/v1/registers", {"items": [REGISTER]})
    answer = await desk.get("/manual-payment")
    assert answer.status_code == 200
    assert not answer.text.strip()


async def test_no_banner_and_no_failure_while_fiscal_is_silent(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.is_silent("GET /fiscal/v1/registers")
    answer = await desk.get("/manual-payment")
    assert (answer.status_code, answer.text.strip()) == (200, "")


async def test_the_banner_says_until_when_who_and_how_much_has_no_receipt(gateway: Gateway) -> None:
    told = REGISTER | {"manual_payment": ON, "unfiscalised": {"count": 4, "total_kopecks": 1_230_00}}
    gateway.says("GET /fiscal/v1/registers", {"items": [told]})
    async with browser(gateway, language="ru") as desk:
        text = (await desk.get("/manual-payment")).text
    assert "РУЧНАЯ ОПЛАТА до 19:00" in text
    assert "Без чека: 4 на 1\u00a0230,00\u00a0₽. Включил(а) Борис Л." in text


async def test_when_it_is_off_the_pages_say_for_half_a_day_what_is_owed(
    gateway: Gateway, desk: httpx.AsyncClient
) -> None:
    for ago, said in ((timedelta(hours=11), True), (timedelta(hours=13), False)):
        missing = {"count": 4, "total_kopecks": 1_230_00, "last_at": (datetime.now(UTC) - ago).isoformat()}
        gateway.says("GET /fiscal/v1/registers", {"items": [REGISTER | {"unfiscalised": missing}]})
        text = (await desk.get("/manual-payment")).text
        assert ("Manual payment is off. Sales without a receipt: 4, " in text) is said
        assert ("state=unfiscalised" in text) is said


async def test_who_may_not_turn_it_off_gets_no_button(gateway: Gateway) -> None:
    gateway.says("GET /fiscal/v1/registers", {"items": [REGISTER | {"manual_payment": ON, "unfiscalised": None}]})
    async with browser(gateway, ["fiscal.register.read"]) as desk:
        text = (await desk.get("/manual-payment")).text
    assert "Борис Л." in text
    assert "<button" not in text


async def test_the_lamp_of_a_register_that_does_not_answer_is_red(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /fiscal/v1/registers", {"items": [REGISTER | {"reachable": False}]})
    text = (await desk.get("/top")).text
    assert 'class="lamp bad"' in text
    assert "does not answer" in text
