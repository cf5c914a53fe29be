"""What is done on the registers' page: settings, devices, slips, taxes, manual payment."""

from datetime import datetime

import httpx
import pytest

from console.domain.registers import body_of, closes_soon
from services.console.tests.gateway import CLUB, Gateway, browser

REGISTER = {
    "register_id": "g1",
    "club_id": CLUB,
    "name": "Атол 30Ф",
    "mode": "kkm_server",
    "device": {"num_device": 0, "kkt_number": "", "inn": ""},
    "cashier_name": "",
    "address": "",
    "connected": True,
    "reachable": False,
    "reachable_since": "2026-11-23T15:00:00Z",
    "last_seen_at": "2026-11-23T15:06:00Z",
    "shift": {"number": 87, "state": "open", "opened_at": "2026-11-22T20:00:00Z", "closes_by": "2026-11-23T20:00:00Z"},
    "paper": False,
    "ofd": {"unsent": 12, "oldest_at": "2026-11-20T10:00:00Z"},
    "drive": {"until": "2026-12-10T00:00:00Z", "days_left": 16},
    "clock_gap_s": 400,
    "ffd": "1.2",
    "model": "Атол 30Ф",
    "serial": "00105700000001",
    "organisation": "ООО «Клуб»",
    "inn": "7812345678",
    "queue": [{"receipt_id": "r6", "state": "unknown", "since": "2026-11-23T15:05:00Z", "total_kopecks": 300_00}],
    "last_error": {"code": "no_paper", "device_text": "Нет бумаги (44)", "at": "2026-11-23T15:05:00Z"},
    "troubles": ["register_unreachable", "receipt_unknown", "no_paper", "ofd_backlog", "drive_ends", "clock_off"],
    "manual_payment": None,
    "unfiscalised": {"count": 0, "total_kopecks": 0},
}
TAX = [
    {"since": "2025-01-01", "system": "usn_income", "vat": "none"},
    {"since": "2026-01-01", "system": "usn_income", "vat": "5"},
]
FISCAL = "/fiscal/v1/registers/g1"
COMMAND = {"command_id": "c1", "register_id": "g1", "state": "done", "code": None, "detail": None, "device_text": None}
COMMAND |= {"ended_at": "2026-11-23T15:10:00Z", "devices": None, "text": None}
TYPED = {"name": "Атол 30Ф", "mode": "kkm_server", "num_device": "0", "cashier_name": "", "address": ""}


@pytest.fixture
def furnished(gateway: Gateway) -> Gateway:
    gateway.says("GET /fiscal/v1/registers", {"items": [REGISTER]})
    gateway.says(f"GET {FISCAL}", REGISTER)
    gateway.says(f"GET /fiscal/v1/clubs/{CLUB}/tax", {"settings": TAX})
    return gateway


async def test_a_register_in_trouble_says_what_is_wrong_and_what_to_do(furnished: Gateway) -> None:
    async with browser(furnished, language="ru") as desk:
        text = (await desk.get("/registers")).text
    for shown in (
        "не отвечает",
        "№87",
        "Замените ленту",
        "на 30-й день она заблокируется",
        "ФН закончится через 16 дн",
    ):
        assert shown in text
    assert "Нет бумаги (44)" in text
    assert 'href="/receipts/r6"' in text


@pytest.mark.parametrize(("days", "shown"), [(1, "1 день"), (22, "22 дня"), (15, "15 дней"), (399, "399 дней")])
async def test_russian_numbers_have_their_own_forms(gateway: Gateway, days: int, shown: str) -> None:
    drive = {"until": "2026-12-10T00:00:00Z", "days_left": days}
    gateway.says(f"GET {FISCAL}", REGISTER | {"drive": drive})
    async with browser(gateway, language="ru") as desk:
        assert shown in (await desk.get("/registers/g1/state")).text


async def test_only_what_differs_in_the_settings_is_sent(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    furnished.says(f"PATCH {FISCAL}", REGISTER | {"name": "Касса 1"})
    typed = TYPED | {"name": " Касса  1 ", "inn": "78 1234 5678"}
    answer = await desk.post("/registers/g1", data=typed)
    assert furnished.body(f"PATCH {FISCAL}") == {"name": "Касса 1", "inn": "7812345678"}
    assert "Saved" in answer.text


async def test_settings_that_are_refused_stay_as_typed(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    errors = [{"field": "inn", "problem": "10 or 12 digits"}]
    furnished.refuses(f"PATCH {FISCAL}", "request_invalid", 422, params={"errors": errors})
    answer = await desk.post("/registers/g1", data=TYPED | {"inn": "78"})
    assert answer.status_code == 422
    assert 'value="78"' in answer.text
    assert "10 or 12 digits" in answer.text


async def test_the_device_is_chosen_from_what_kkm_server_has(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    device = {"num_device": 2, "type": "", "name": "Атол 30Ф", "model": "", "serial": "0010", "active": False}
    done = COMMAND | {"kind": "devices", "devices": [device]}
    furnished.says(f"POST {FISCAL}/devices/refresh", done)
    text = (await desk.post("/registers/g1/devices", data={"num_device": "2"})).text
    assert '<option value="2" selected>2: Атол 30Ф · 0010 · off' in " ".join(text.split())


async def test_a_slip_that_is_still_to_come_is_looked_after(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    furnished.says(f"POST {FISCAL}/test-slip", COMMAND | {"kind": "test_slip", "state": "asked"}, 202)
    text = (await desk.post("/registers/g1/print/test-slip", data={"attempt": "one"})).text
    assert 'hx-get="/registers/g1/commands/c1"' in text
    assert furnished.sent(f"POST {FISCAL}/test-slip")[0].headers["idempotency-key"] == "one-test-slip"


async def test_a_refused_slip_has_the_registers_words(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    refused = {"kind": "test_slip", "state": "refused", "code": "no_paper", "device_text": "Нет бумаги (44)"}
    furnished.says(f"GET {FISCAL}/commands/c1", COMMAND | refused)
    text = (await desk.get("/registers/g1/commands/c1")).text
    assert "out of paper" in text
    assert "Нет бумаги (44)" in text


async def test_a_tax_from_a_day_on_leaves_the_earlier_ones(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    furnished.says(f"PUT /fiscal/v1/clubs/{CLUB}/tax", {"settings": []})
    await desk.post("/registers/taxes/new", data={"since": "2026-01-01", "system": "osn", "vat": "22"})
    changed = {"since": "2026-01-01", "system": "osn", "vat": "22"}
    assert furnished.body(f"PUT /fiscal/v1/clubs/{CLUB}/tax") == {"settings": [TAX[0], changed]}


async def test_taxes_that_are_not_known_are_never_replaced(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    furnished.is_silent(f"GET /fiscal/v1/clubs/{CLUB}/tax")
    answer = await desk.post("/registers/taxes/new", data={"since": "2026-01-01", "system": "osn", "vat": "22"})
    assert answer.status_code == 503
    assert not furnished.sent(f"PUT /fiscal/v1/clubs/{CLUB}/tax")


async def test_a_club_without_a_register_gets_one(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /fiscal/v1/registers", {"items": []})
    gateway.says(f"GET /fiscal/v1/clubs/{CLUB}/tax", {"settings": []})
    gateway.says("POST /fiscal/v1/registers", REGISTER, 201)
    assert "nothing can be sold" in (await desk.get("/registers")).text
    answer = await desk.post("/registers", data=TYPED | {"attempt": "one"})
    assert answer.headers["location"] == "/registers"
    assert gateway.body("POST /fiscal/v1/registers")["club_id"] == CLUB


async def test_manual_payment_is_for_some_hours_and_with_a_reason(furnished: Gateway, desk: httpx.AsyncClient) -> None:
    furnished.says(f"PUT {FISCAL}/manual-payment", REGISTER)
    await desk.post("/registers/g1/manual-payment", data={"hours": "99", "reason": "Нет интернета"})
    body = furnished.body(f"PUT {FISCAL}/manual-payment")
    assert body["reason"] == "Нет интернета"
    ahead = datetime.fromisoformat(body["until"]) - datetime.now(datetime.fromisoformat(body["until"]).tzinfo)
    assert 7.9 < ahead.total_seconds() / 3600 <= 8


def test_a_form_without_a_device_is_the_first_that_fits() -> None:
    assert body_of({"name": "A", "num_device": "", "mode": "odd"})["num_device"] == 0
    assert body_of({"mode": "odd"})["mode"] == "kkm_server"


@pytest.mark.parametrize(("at", "soon"), [("2026-11-23T19:00:00+00:00", False), ("2026-11-23T19:45:00+00:00", True)])
def test_a_shift_of_nearly_a_day_is_told(at: str, soon: bool) -> None:
    assert closes_soon(REGISTER, datetime.fromisoformat(at)) is soon
