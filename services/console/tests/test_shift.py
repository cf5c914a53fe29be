"""The shift's pages: opening, what is in the way, counting, and the report."""

from typing import Any

import httpx
import pytest

from console.domain.shift import NotACount, count_of, made
from services.console.tests.gateway import CLUB, EVERYTHING, TILL, Gateway, browser

MAY = [*EVERYTHING, "billing.shift.open", "billing.shift.close", "staff.till.read"]
ANNA = {"member_id": "anna", "name": "Анна К."}
OPEN = {
    "shift_id": "s1",
    "number": 214,
    "club_id": CLUB,
    "till_id": TILL,
    "state": "open",
    "float_kopecks": 2000_00,
    "blind_count": False,
    "difference_limit_kopecks": 500_00,
    "expected_cash_kopecks": 14050_00,
    "taken": {"cash_kopecks": 12050_00, "card_kopecks": 23400_00, "balance_kopecks": 0},
    "opened_at": "2026-11-23T07:02:00Z",
    "opened_by": ANNA,
    "closed_at": None,
    "report": None,
    "code": None,
    "device_text": None,
}
COUNTS = [
    {"kind": "cash", "expected_kopecks": 14050_00, "counted_kopecks": 14000_00},
    {"kind": "card", "expected_kopecks": 23400_00, "counted_kopecks": 23400_00},
]
REGISTER = {
    "state": "compared",
    "document": {"fd": 1841, "fn": "9999078900001234"},
    "totals": {"receipts": 31, "cash_kopecks": 12350_00, "card_kopecks": 23400_00, "advance_kopecks": 0},
    "gap_kopecks": 300_00,
    "unexplained_kopecks": 0,
    "foreign": [{"fd": 1837, "total_kopecks": 300_00, "cash_kopecks": 300_00, "card_kopecks": 0}],
}
REPORT = {"tenders": COUNTS, "reason": "Разменяли гостю", "register": REGISTER}
CLOSED = OPEN | {"state": "closed", "closed_at": "2026-11-23T19:05:00Z", "report": REPORT}
CLOSING = {"attempt": "a1", "n500000": "2", "n100000": "4", "cash": "14 000,00", "card": "", "reason": ""}


@pytest.fixture
def open_shift(gateway: Gateway) -> Gateway:
    gateway.says("GET /billing/v1/shifts", {"items": [OPEN]})
    gateway.says("GET /billing/v1/shifts/s1/blockers", [])
    return gateway


def page(gateway: Gateway, language: str = "en") -> httpx.AsyncClient:
    return browser(gateway, MAY, language=language)


async def test_a_closed_till_is_opened_with_what_the_last_shift_left_in_sight(gateway: Gateway) -> None:
    gateway.says("GET /billing/v1/shifts", {"items": [CLOSED]})
    gateway.says("POST /billing/v1/shifts", OPEN, 201)
    async with page(gateway, "ru") as desk:
        text = (await desk.get("/shift?sale=0193a000-0000-7000-8000-0000000000f1")).text
        assert "прошлая смена оставила 14\u00a0000,00\u00a0₽" in text
        assert "Введите наличные в ящике, и продолжим эту же продажу." in text

        form = {"attempt": "a1", "float": "14 000,5", "sale": "0193a000-0000-7000-8000-0000000000f1"}
        answer = await desk.post("/shift", data=form)

    assert answer.headers["HX-Redirect"] == "/hall?sale=0193a000-0000-7000-8000-0000000000f1"
    assert gateway.body("POST /billing/v1/shifts") == {"till_id": TILL, "float_kopecks": 14000_50}
    assert gateway.sent("POST /billing/v1/shifts")[0].headers["Idempotency-Key"] == "a1"


async def test_silence_keeps_the_attempt_and_a_refusal_draws_a_new_one(gateway: Gateway) -> None:
    gateway.says("GET /billing/v1/shifts", {"items": []})
    form = {"attempt": "a1", "float": "100"}
    async with page(gateway) as desk:
        gateway.is_silent("POST /billing/v1/shifts")
        silent = await desk.post("/shift", data=form)
        gateway.refuses("POST /billing/v1/shifts", "shift_is_open")
        refused = await desk.post("/shift", data=form)

    assert (silent.status_code, refused.status_code) == (503, 409)
    assert 'value="a1"' in silent.text
    assert 'value="a1"' not in refused.text
    assert 'value="100"' in refused.text


async def test_a_float_that_is_no_sum_is_not_sent(gateway: Gateway) -> None:
    gateway.says("GET /billing/v1/shifts", {"items": []})
    async with page(gateway) as desk:
        answer = await desk.post("/shift", data={"attempt": "a1", "float": "семь"})
    assert (answer.status_code, gateway.sent("POST /billing/v1/shifts")) == (422, [])
    assert "This is no sum of money." in answer.text


async def test_each_thing_in_the_way_has_its_link(open_shift: Gateway) -> None:
    about: dict[str, Any] = {"sale_id": "b1", "number": 5124, "device_name": "PC-014", "total_kopecks": 300_00}
    running = {"code": "session_running", "params": about | {"session_id": "x1", "ends_at": "2026-11-23T15:00:00Z"}}
    printing = {"code": "receipt_unconfirmed", "params": about | {"receipt_id": "r1"}}
    open_shift.says("GET /billing/v1/shifts/s1/blockers", [running, printing])
    async with page(open_shift, "ru") as desk:
        text = (await desk.get("/shift")).text
    assert "Смену нельзя закрыть: 1 сеанс идёт; чеков не подтверждено: 1." in text
    assert 'hx-get="/hall/sessions/x1/end"' in text
    assert "играет до 18:00" in text
    assert 'hx-get="/sales/b1"' in text
    assert 'href="/receipts?sale_id=b1"' in text


async def test_a_count_that_differs_comes_back_with_what_was_counted_and_asks_why(open_shift: Gateway) -> None:
    counts = [one | {"difference_kopecks": one["counted_kopecks"] - one["expected_kopecks"]} for one in COUNTS]  # type: ignore[operator]
    open_shift.refuses("POST /billing/v1/shifts/s1/close", "count_differs", params={"counts": counts})
    async with page(open_shift, "ru") as desk:
        answer = await desk.post("/shift/s1/close", data=CLOSING)
    assert "Недостача 50,00\u00a0₽. Пересчитайте или укажите причину." in answer.text
    assert 'name="n100000" data-nominal="100000"' in answer.text
    assert 'value="14 000,00"' in answer.text
    assert 'value="a1"' not in answer.text
    sent = open_shift.body("POST /billing/v1/shifts/s1/close")
    assert sent == {"cash_kopecks": 14000_00, "denominations": {"500000": 2, "100000": 4}}


async def test_where_people_count_first_nothing_says_what_should_be_there_before(open_shift: Gateway) -> None:
    open_shift.says("GET /billing/v1/shifts", {"items": [OPEN | {"blind_count": True}]})
    counts = [one | {"difference_kopecks": one["counted_kopecks"] - one["expected_kopecks"]} for one in COUNTS]  # type: ignore[operator]
    open_shift.refuses("POST /billing/v1/shifts/s1/close", "count_differs", params={"counts": counts})
    async with page(open_shift) as desk:
        before = (await desk.get("/shift")).text + (await desk.get("/shift/state?was=s1&drawn=open")).text
        after = (await desk.post("/shift/s1/close", data=CLOSING)).text
        later = (await desk.get("/shift/state?was=s1&drawn=open&counted=1")).text
    for secret in ("14,050", "1405000", "12,050", "23,400"):
        assert secret not in before, secret
    assert "14,050.00" in after
    assert "counted=1" in after
    assert "14,050.00" in later


async def test_a_big_difference_is_closed_with_the_owners_pin(open_shift: Gateway) -> None:
    counts = [COUNTS[0] | {"difference_kopecks": -600_00}]
    too_big = {"counts": counts, "amount_kopecks": 600_00, "limit_kopecks": 500_00}
    open_shift.refuses("POST /billing/v1/shifts/s1/close", "difference_too_big", params=too_big)
    people = [{"member_id": "olga", "name": "Ольга"}, {"member_id": "anna", "name": "Анна К."}]
    open_shift.says("GET /staff/v1/tills/me", {"till_id": TILL, "members": people})
    open_shift.says("POST /staff/v1/approvals", {"approval_id": "p1", "state": "asked"}, 201)
    open_shift.says("POST /staff/v1/approvals/p1/grant", {"proof": "signed", "approver": "Ольга"})
    async with page(open_shift) as desk:
        asked = (await desk.post("/shift/s1/close", data=CLOSING | {"reason": "украли"})).text
        assert "Over the limit of 500.00\u00a0₽: the owner's PIN is needed." in asked.replace("&#39;", "'")
        assert '<option value="olga">' in asked
        assert '<option value="anna"' not in asked
        open_shift.says("POST /billing/v1/shifts/s1/close", CLOSED)
        entered = {"reason": "украли", "agree": "60000", "member_id": "olga", "pin": "905173"}
        closed = await desk.post("/shift/s1/close", data=CLOSING | entered)
    assert closed.headers["HX-Redirect"] == "/shifts/s1"
    asked_for = {"act": "billing.difference", "subject": "s1", "amount_kopecks": 600_00, "club_id": CLUB}
    assert open_shift.body("POST /staff/v1/approvals") == asked_for
    assert open_shift.sent("POST /billing/v1/shifts/s1/close")[-1].headers["savepoint-proof"] == "signed"


async def test_a_recount_needs_no_pin_and_a_pin_for_another_sum_asks_anew(open_shift: Gateway) -> None:
    path = "POST /billing/v1/shifts/s1/close"
    open_shift.says("GET /staff/v1/tills/me", {"till_id": TILL, "members": [{"member_id": "olga", "name": "Ольга"}]})
    open_shift.says("POST /staff/v1/approvals", {"approval_id": "p1", "state": "asked"}, 201)
    open_shift.says("POST /staff/v1/approvals/p1/grant", {"proof": "signed", "approver": "Ольга"})
    open_shift.refuses(path, "proof_wrong", 403)
    asked_before = {"reason": "украли", "agree": "60000", "short": "-60000", "member_id": "olga"}
    async with page(open_shift) as desk:
        await desk.post("/shift/s1/close", data=CLOSING | asked_before | {"pin": "905173"})
        again = open_shift.sent(path)
        open_shift.says(path, CLOSED)
        recounted = await desk.post("/shift/s1/close", data=CLOSING | asked_before | {"pin": ""})
    assert ["savepoint-proof" in one.headers for one in again] == [True, False]
    assert recounted.headers["HX-Redirect"] == "/shifts/s1"


async def test_a_wrong_pin_keeps_what_was_asked(open_shift: Gateway) -> None:
    open_shift.says("GET /staff/v1/tills/me", {"till_id": TILL, "members": [{"member_id": "olga", "name": "Ольга"}]})
    open_shift.says("POST /staff/v1/approvals", {"approval_id": "p1", "state": "asked"}, 201)
    open_shift.refuses("POST /staff/v1/approvals/p1/grant", "pin_wrong", 401, params={"tries_left": 2})
    entered = {"agree": "60000", "short": "-60000", "member_id": "olga", "pin": "000000"}
    async with page(open_shift) as desk:
        text = (await desk.post("/shift/s1/close", data=CLOSING | entered)).text
    assert "tries left: 2" in text
    assert 'name="agree" value="60000"' in text
    assert 'name="short" value="-60000"' in text


async def test_a_register_that_refuses_to_close_is_quoted(open_shift: Gateway) -> None:
    call = "POST /billing/v1/shifts/s1/close"
    open_shift.refuses(call, "register_did_not_close", device_text="Смена превысила 24 часа")
    async with page(open_shift) as desk:
        answer = await desk.post("/shift/s1/close", data=CLOSING)
    assert answer.status_code == 409
    assert "«Смена превысила 24 часа»" in answer.text


async def test_a_closed_shift_goes_on_to_its_report_and_one_that_is_closing_waits(open_shift: Gateway) -> None:
    async with page(open_shift) as desk:
        open_shift.says("POST /billing/v1/shifts/s1/close", CLOSED)
        closed = await desk.post("/shift/s1/close", data=CLOSING)
        open_shift.says("POST /billing/v1/shifts/s1/close", OPEN | {"state": "closing"}, 202)
        open_shift.says("GET /billing/v1/shifts", {"items": [OPEN | {"state": "closing"}]})
        closing = await desk.post("/shift/s1/close", data=CLOSING)
    assert closed.headers["HX-Redirect"] == "/shifts/s1"
    assert "every 2s" in closing.text
    assert "data-count-form" not in closing.text
    assert "wait=" in open_shift.sent("POST /billing/v1/shifts/s1/close")[0].headers["Prefer"]


async def test_a_shift_that_has_closed_meanwhile_gives_way_to_its_report(open_shift: Gateway) -> None:
    async with page(open_shift) as desk:
        same = await desk.get("/shift/state?was=s1&drawn=open")
        open_shift.says("GET /billing/v1/shifts", {"items": [OPEN | {"state": "closing"}]})
        closing = await desk.get("/shift/state?was=s1&drawn=open")
        open_shift.says("GET /billing/v1/shifts", {"items": [CLOSED]})
        closed = await desk.get("/shift/state?was=s1&drawn=closing")
        open_shift.is_silent("GET /billing/v1/shifts")
        silent = await desk.get("/shift/state?was=s1&drawn=open")
    assert "must be in the drawer" in same.text
    assert (closing.headers["HX-Redirect"], closed.headers["HX-Redirect"]) == ("/shift", "/shifts/s1")
    assert "nothing can be sold" in silent.text


async def test_the_report_explains_the_gap_to_the_register(gateway: Gateway) -> None:
    gateway.says("GET /billing/v1/shifts/s1", CLOSED)
    sold = {"state": "paid", "what": "session", "total_kopecks": 300_00}
    gateway.says("GET /billing/v1/sales", {"items": [sold, sold, sold | {"what": "top_up", "total_kopecks": 500_00}]})
    async with page(gateway, "ru") as desk:
        text = (await desk.get("/shifts/s1")).text
    assert "Z-отчёт кассы больше учёта на 300,00\u00a0₽: чек ФД 1837 пробит мимо программы." in text
    assert "Разменяли гостю" in text
    assert "−50,00\u00a0₽ недостача" in text
    assert "600,00\u00a0₽" in text


async def test_a_browser_that_is_no_till_is_told_how_it_becomes_one(gateway: Gateway) -> None:
    async with browser(gateway, [*MAY, "staff.till.manage"], till_id=None) as desk:
        text = (await desk.get("/shift")).text
    assert 'href="/settings/tills"' in text


def test_notes_are_counted_as_whole_numbers() -> None:
    assert count_of({"n10": "3", "cash": "0,30"}) == {"cash_kopecks": 30, "denominations": {"10": 3}}
    assert count_of({"n10": "1.5", "cash": "1"}) == NotACount("n10")
    assert count_of({"cash": "1", "card": "x"}) == NotACount("card")


def test_a_sale_that_was_not_paid_brings_nothing() -> None:
    sales = [{"state": state, "what": "session", "total_kopecks": 100} for state in ("paid", "failed", "cancelled")]
    assert (made(sales).sessions, made(sales).revenue_kopecks) == (1, 100)


def test_money_given_back_is_no_sale() -> None:
    brought = made([{"state": "paid", "what": what, "total_kopecks": 100} for what in ("session", "refund")])
    assert (brought.sessions, brought.revenue_kopecks, brought.refunds_kopecks) == (1, 100, 100)
