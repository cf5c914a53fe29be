"""Refunds: what is possible is shown before, a second person's PIN becomes the proof, nothing is given back twice."""

import httpx
import pytest

from services.console.tests.gateway import CLUB, TILL, Gateway, browser
from services.console.tests.test_receipts import RECEIPT, listed

SALE = {"sale_id": "s1", "number": 5121, "client_id": "c1", "device_name": "PC-37", "receipt_id": "r1", "problem": None}
QUOTE = {
    "refundable_kopecks": 385_00,
    "amount_kopecks": 385_00,
    "lines": [],
    "tenders": [{"kind": "cash", "amount_kopecks": 385_00}],
    "needs_approval": False,
    "limit_kopecks": 500_00,
    "refused": None,
}
PATH = "/billing/v1/sales/s1/refunds"
REFUND = {
    "refund_id": "f1",
    "number": 5130,
    "state": "fiscalising",
    "receipt_id": "r9",
    "amount_kopecks": 300_00,
    "tenders": [{"kind": "cash", "amount_kopecks": 300_00}],
    "problem": None,
}
TYPED = {"amount": "300,00", "to": "origin", "reason": "Сломался ПК", "attempt": "one"}
PEOPLE = [{"member_id": "anna", "name": "Анна К."}, {"member_id": "boris", "name": "Борис Л."}]


@pytest.fixture
def sold(gateway: Gateway) -> Gateway:
    gateway.says("GET /billing/v1/sales/s1", SALE)
    gateway.says(f"POST {PATH}/quote", QUOTE)
    gateway.says(f"POST {PATH}", REFUND, 202)
    gateway.says("GET /staff/v1/tills/me", {"till_id": TILL, "members": PEOPLE})
    return gateway


async def test_the_dialog_says_how_much_can_be_given_back(sold: Gateway, desk: httpx.AsyncClient) -> None:
    text = (await desk.get("/sales/s1/refund")).text
    assert "Up to 385.00\u00a0₽" in text
    assert sold.body(f"POST {PATH}/quote") == {"amount_kopecks": None, "to": "origin"}
    assert 'name="pin"' not in text


async def test_a_refund_is_sent_once_per_dialog(sold: Gateway, desk: httpx.AsyncClient) -> None:
    await desk.post("/sales/s1/refund", data=TYPED)
    wanted = {"amount_kopecks": 300_00, "to": "origin", "reason": "Сломался ПК", "till_id": TILL}
    assert sold.body(f"POST {PATH}") == wanted
    sent = sold.sent(f"POST {PATH}")[0]
    assert sent.headers["idempotency-key"] == "one"
    assert "savepoint-proof" not in sent.headers


async def test_above_the_limit_a_second_person_enters_a_pin(sold: Gateway, desk: httpx.AsyncClient) -> None:
    sold.says(f"POST {PATH}/quote", QUOTE | {"needs_approval": True})
    text = (await desk.get("/sales/s1/refund")).text
    assert 'name="pin"' in text
    assert "Борис Л." in text
    assert '<option value="anna"' not in text
    sold.says("POST /staff/v1/approvals", {"approval_id": "p1", "state": "asked"}, 201)
    sold.says("POST /staff/v1/approvals/p1/grant", {"proof": "signed", "approver": "Борис Л."})
    await desk.post("/sales/s1/refund", data=TYPED | {"member_id": "boris", "pin": "481516"})
    asked = {"act": "billing.refund", "subject": "s1", "amount_kopecks": 300_00, "club_id": CLUB}
    assert sold.body("POST /staff/v1/approvals") == asked
    assert sold.sent(f"POST {PATH}")[0].headers["savepoint-proof"] == "signed"


async def test_a_wrong_pin_gives_nothing_back_and_is_not_shown_again(sold: Gateway, desk: httpx.AsyncClient) -> None:
    sold.says(f"POST {PATH}/quote", QUOTE | {"needs_approval": True})
    sold.says("POST /staff/v1/approvals", {"approval_id": "p1", "state": "asked"}, 201)
    sold.refuses("POST /staff/v1/approvals/p1/grant", "pin_wrong", 401, params={"tries_left": 2})
    answer = await desk.post("/sales/s1/refund", data=TYPED | {"member_id": "boris", "pin": "000000"})
    assert "tries left: 2" in answer.text
    assert 'value="Сломался ПК"' in answer.text
    assert "000000" not in answer.text
    assert not sold.sent(f"POST {PATH}")


async def test_silence_keeps_the_attempt(sold: Gateway, desk: httpx.AsyncClient) -> None:
    sold.is_silent(f"POST {PATH}")
    assert 'name="attempt" value="one"' in (await desk.post("/sales/s1/refund", data=TYPED)).text


async def test_nothing_is_handed_over_before_the_return_receipt_is_registered(
    sold: Gateway, desk: httpx.AsyncClient
) -> None:
    text = (await desk.post("/sales/s1/refund", data=TYPED)).text
    assert "Give nothing back before" in text
    assert 'hx-get="/refunds/f1"' in text
    doubt = {"code": "receipt_unknown", "detail": "", "money": "none", "params": {}}
    sold.says("GET /billing/v1/refunds/f1", REFUND | {"problem": doubt})
    assert "Give nothing back yet" in (await desk.get("/refunds/f1")).text
    sold.says("GET /billing/v1/refunds/f1", REFUND | {"state": "refunded"})
    over = (await desk.get("/refunds/f1")).text
    assert "Hand over" in over
    assert "hx-get" not in over


async def test_no_button_for_who_may_not(sold: Gateway) -> None:
    listed(sold, RECEIPT)
    sold.says("GET /fiscal/v1/receipts/r1", RECEIPT)
    async with browser(sold, ["fiscal.receipt.read", "billing.sale.read"]) as desk:
        assert "/refund" not in (await desk.get("/receipts/r1")).text
