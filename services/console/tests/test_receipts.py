"""Receipts: which are asked for, how one is drawn, and what to do about one in doubt."""

import httpx

from services.console.tests.gateway import CLUB, Gateway, browser

RECEIPT = {
    "receipt_id": "r1",
    "sale_id": "s1",
    "shift_id": "h1",
    "club_id": CLUB,
    "register_id": "g1",
    "client_id": None,
    "state": "registered",
    "purpose": "settlement",
    "lines": [{"name": "VIP 3 ч", "amount_kopecks": 385_00}],
    "total_kopecks": 385_00,
    "cash_kopecks": 85_00,
    "card_kopecks": 100_00,
    "advance_kopecks": 200_00,
    "document": {"fd": 1834},
    "code": None,
    "device_text": None,
    "ordered_at": "2026-11-22T15:04:00Z",
    "ended_at": "2026-11-22T15:04:02Z",
    "settlement": None,
}
DOUBTED = RECEIPT | {"state": "unknown", "document": None, "ended_at": None}
FISCAL = "/fiscal/v1/receipts"
PROBLEM = {"code": "receipt_unknown", "money": "taken", "receipt": "unknown", "params": {"total_kopecks": 385_00}}
SALE = {
    "sale_id": "s1",
    "number": 5124,
    "device_name": "PC-37",
    "receipt_id": "r1",
    "state": "fiscalising",
    "problem": PROBLEM,
}
SAID = {
    "fd": 1900,
    "reason": None,
    "said_by": {"member_id": "a", "name": "Анна К."},
    "said_at": "2026-11-22T15:06:00Z",
    "code": "document_differs",
    "detail": "",
    "found": {"total_kopecks": 300_00},
}


def listed(gateway: Gateway, *found: object) -> None:
    gateway.says(f"GET {FISCAL}", {"items": list(found), "next": None})


def in_doubt(gateway: Gateway) -> None:
    gateway.says(f"GET {FISCAL}/r1", DOUBTED)
    gateway.says("GET /billing/v1/sales/s1", SALE)


async def test_a_day_is_the_clubs_day(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    listed(gateway, RECEIPT)
    text = (await desk.get("/receipts?day=2026-11-22&sum=385,00&state=registered")).text
    asked = gateway.query(f"GET {FISCAL}")
    assert (asked["from"], asked["to"]) == ("2026-11-21T21:00:00+00:00", "2026-11-22T21:00:00+00:00")
    assert (asked["club_id"], asked["total_kopecks"], asked["state"]) == (CLUB, "38500", "registered")
    for shown in ("FD 1834", "22.11 18:04", "cash 85.00", "card 100.00", "advance 200.00", "registered"):
        assert shown in text


async def test_a_documents_number_is_looked_for_on_all_days(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    listed(gateway)
    await desk.get("/receipts?day=2026-11-22&fd=1834")
    asked = gateway.query(f"GET {FISCAL}")
    assert asked["fd"] == "1834"
    assert "from" not in asked


async def test_a_sales_receipt_is_drawn_at_once(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    listed(gateway, RECEIPT)
    text = (await desk.get("/receipts?sale_id=s1")).text
    assert 'src="/receipts/r1/picture.svg' in text
    assert "from" not in gateway.query(f"GET {FISCAL}")


async def test_a_receipt_in_doubt_says_where_the_money_is_and_what_not_to_do(gateway: Gateway) -> None:
    in_doubt(gateway)
    listed(gateway, DOUBTED)
    async with browser(gateway, language="ru") as desk:
        text = (await desk.get("/receipts/r1")).text
    assert "Деньги приняты" in text
    assert "Введите номер" in text or "введите номер ФД" in text
    assert 'hx-post="/receipts/r1/settlement"' in text


async def test_a_return_receipt_in_doubt_means_to_hand_nothing_over(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says(f"GET {FISCAL}/r1", DOUBTED | {"purpose": "refund"})
    gateway.says("GET /billing/v1/sales/s1", SALE | {"problem": PROBLEM | {"money": "none"}})
    text = (await desk.get("/receipts/r1", headers={"HX-Request": "true"})).text
    assert "Give nothing back yet" in text
    assert "The money is taken" not in text


async def test_only_who_may_settle_is_asked_for_the_number(gateway: Gateway) -> None:
    in_doubt(gateway)
    listed(gateway, DOUBTED)
    async with browser(gateway, ["fiscal.receipt.read"]) as desk:
        text = (await desk.get("/receipts/r1")).text
    assert "/settlement" not in text
    assert "not confirmed" in text


async def test_the_number_on_the_paper_is_sent_once(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    in_doubt(gateway)
    gateway.says(f"POST {FISCAL}/r1/settlement", RECEIPT)
    answer = await desk.post("/receipts/r1/settlement", data={"fd": " 1834 ", "attempt": "one"})
    assert gateway.body(f"POST {FISCAL}/r1/settlement") == {"fd": 1834, "reason": None}
    assert gateway.sent(f"POST {FISCAL}/r1/settlement")[0].headers["idempotency-key"] == "one"
    assert "registered" in answer.text
    assert 'name="fd"' not in answer.text


async def test_a_number_that_the_register_does_not_know_stays_in_the_field(
    gateway: Gateway, desk: httpx.AsyncClient
) -> None:
    in_doubt(gateway)
    gateway.refuses(f"POST {FISCAL}/r1/settlement", "document_not_found", params={"fd": 77}, retry="new_key")
    answer = await desk.post("/receipts/r1/settlement", data={"fd": "77", "attempt": "one"})
    assert answer.status_code == 409
    assert 'name="fd"' in answer.text
    assert 'value="77"' in answer.text


async def test_what_somebody_said_and_what_the_register_holds_stand_beside_the_receipt(
    gateway: Gateway, desk: httpx.AsyncClient
) -> None:
    gateway.says(f"GET {FISCAL}/r1", DOUBTED | {"settlement": SAID | {"state": "refused"}})
    text = (await desk.get("/receipts/r1", headers={"HX-Request": "true"})).text
    assert "Document 1900 in the register is different: 300.00\u00a0₽" in text


async def test_no_document_needs_a_reason(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    in_doubt(gateway)
    gateway.says(f"POST {FISCAL}/r1/settlement", DOUBTED, 202)
    await desk.post("/receipts/r1/settlement", data={"none": "1", "reason": "Нет в журнале", "attempt": "one"})
    assert gateway.body(f"POST {FISCAL}/r1/settlement") == {"fd": None, "reason": "Нет в журнале"}


async def test_a_change_keeps_what_is_being_typed_until_the_state_is_another(
    gateway: Gateway, desk: httpx.AsyncClient
) -> None:
    in_doubt(gateway)
    same = (await desk.get("/receipts/r1/state?was=unknown")).text
    assert "receipt-acts" not in same
    gateway.says(f"GET {FISCAL}/r1", RECEIPT)
    other = (await desk.get("/receipts/r1/state?was=unknown")).text
    assert 'id="receipt-acts"' in other
    assert "Print a copy" in other


async def test_the_picture_is_passed_on_as_a_picture(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says(f"GET {FISCAL}/r1/picture.svg", "<svg/>")
    answer = await desk.get("/receipts/r1/picture.svg")
    assert (answer.headers["content-type"], answer.text) == ("image/svg+xml", "<svg/>")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
