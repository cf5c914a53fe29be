"""Clients: search, registration, the card, and the things done from it."""

import httpx

from services.console.tests.gateway import TILL, Gateway, browser

IVAN = {
    "client_id": "0193a000-0000-7000-8000-0000000000f1",
    "name": "Иван Петров",
    "phone": "+79161234567",
    "phone_masked": "+7 916 ···45-67",
    "card": "00123",
    "registered_at": "2026-11-01T10:00:00Z",
    "balance_kopecks": 1_234_50,
    "held_kopecks": 0,
    "bonus_kopecks": 310_00,
}
HIT = {name: IVAN[name] for name in ("client_id", "name", "phone_masked", "balance_kopecks")} | {
    "matched": "phone_tail"
}
CARD = f"/clients/{IVAN['client_id']}"
BILLING = f"/billing/v1{CARD}"
HTMX = {"HX-Request": "true"}
TOPPED = {
    "entry_id": "e1",
    "kind": "top_up",
    "amount_kopecks": 500_00,
    "balance_after_kopecks": 1_234_50,
    "posted_at": "2026-11-22T14:58:00Z",
    "sale_id": "s1",
    "sale_number": 5121,
    "receipt_id": "r1",
    "shift_number": 214,
    "person": "Анна К.",
    "device_name": None,
    "note": None,
}


def known(gateway: Gateway) -> None:
    gateway.says(f"GET {BILLING}", IVAN)
    gateway.says(f"GET {BILLING}/operations", {"items": [TOPPED], "next": None})


async def test_two_signs_ask_nothing_of_billing(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    text = (await desk.get("/clients?q=Ив")).text
    assert "Type three signs" in text
    assert not gateway.sent("GET /billing/v1/clients")


async def test_a_search_shows_the_masked_phone_and_what_was_found(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /billing/v1/clients", {"items": [HIT, HIT], "next": None})
    text = (await desk.get("/clients?q=4567", headers=HTMX)).text
    assert "+7 916 ···45-67" in text
    assert "last digits" in text
    assert "<html" not in text
    assert gateway.query("GET /billing/v1/clients")["q"] == "4567"


async def test_enter_on_the_only_hit_opens_it(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /billing/v1/clients", {"items": [HIT], "next": None})
    assert (await desk.get("/clients?q=4567")).headers["location"] == CARD


async def test_a_phone_that_is_taken_leads_to_its_client_and_keeps_what_was_typed(
    gateway: Gateway, desk: httpx.AsyncClient
) -> None:
    gateway.refuses("POST /billing/v1/clients", "phone_taken", params={"field": "phone"})
    gateway.says("GET /billing/v1/clients", {"items": [HIT], "next": None})
    typed = {"name": "Ваня", "phone": "8 916 123-45-67", "card": "", "attempt": "first"}
    answer = await desk.post("/clients/new", data=typed)
    assert answer.status_code == 409
    assert f'href="{CARD}"' in answer.text
    assert 'value="Ваня"' in answer.text
    assert 'value="first"' not in answer.text


async def test_a_new_client_is_sent_once_per_dialog(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("POST /billing/v1/clients", IVAN, 201)
    answer = await desk.post("/clients/new", data={"name": " Иван ", "phone": "9161234567", "attempt": "one"})
    assert answer.headers["location"] == CARD
    assert gateway.body("POST /billing/v1/clients") == {"name": "Иван", "phone": "9161234567", "card": None}
    assert gateway.sent("POST /billing/v1/clients")[0].headers["idempotency-key"] == "one"


async def test_the_card_explains_the_balance(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    text = (await desk.get(CARD)).text
    for shown in (
        "Иван Петров",
        "+7\u00a0916\u00a0123-45-67",
        "1,234.50",
        "top-up",
        "№5121",
        "Анна К.",
        "shift 214",
        "22.11 17:58",
    ):
        assert shown in text


async def test_whoever_may_not_change_clients_sees_the_masked_phone(gateway: Gateway) -> None:
    known(gateway)
    async with browser(gateway, ["billing.client.read"]) as desk:
        text = (await desk.get(CARD)).text
    assert "+79161234567" not in text
    assert "+7 916 ···45-67" in text
    assert "/top-up" not in text


async def test_the_balance_of_a_moment_is_asked_for_in_the_clubs_time(
    gateway: Gateway, desk: httpx.AsyncClient
) -> None:
    known(gateway)
    await desk.get(f"{CARD}?view=operations&account=bonus&as_of=2026-11-22T18:00")
    asked = gateway.query(f"GET {BILLING}/operations")
    assert asked["as_of"] == "2026-11-22T15:00:00+00:00"
    assert asked["account"] == "bonus"


async def test_the_card_stands_where_the_operations_do_not_come(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.is_silent(f"GET {BILLING}/operations")
    answer = await desk.get(CARD)
    assert answer.status_code == 200
    assert "Иван Петров" in answer.text
    assert "unavailable for now" in answer.text


async def test_only_what_was_changed_is_sent(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.says(f"PATCH {BILLING}", IVAN)
    await desk.post(CARD, data={"name": "Иван П.", "phone": IVAN["phone"], "card": ""})
    assert gateway.body(f"PATCH {BILLING}") == {"name": "Иван П.", "card": None}


async def test_a_top_up_is_a_payment_at_this_till(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.says("POST /billing/v1/top-ups", {"sale_id": "s9"}, 202)
    await desk.post(f"{CARD}/top-up", data={"cash": "500", "received": "1 000", "card": "", "attempt": "one"})
    cash = {"kind": "cash", "amount_kopecks": 500_00, "received_kopecks": 1000_00}
    sent = gateway.sent("POST /billing/v1/top-ups")[0]
    assert gateway.body("POST /billing/v1/top-ups") == {
        "client_id": IVAN["client_id"],
        "till_id": TILL,
        "tenders": [cash],
    }
    assert (sent.headers["idempotency-key"], sent.headers["prefer"]) == ("one", "wait=3")
    assert gateway.sent("GET /billing/v1/sales/s9")


async def test_a_refused_top_up_keeps_the_sums_and_is_a_new_attempt(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.refuses("POST /billing/v1/top-ups", "no_open_shift", retry="new_key", money="none")
    answer = await desk.post(f"{CARD}/top-up", data={"cash": "500", "card": "20,50", "slip": "77", "attempt": "one"})
    for kept in ('value="500"', 'value="20,50"', 'value="77"', 'href="/shift"'):
        assert kept in answer.text
    assert 'value="one"' not in answer.text


async def test_silence_keeps_the_attempt(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.is_silent("POST /billing/v1/top-ups")
    answer = await desk.post(f"{CARD}/top-up", data={"cash": "500", "attempt": "one"})
    assert 'name="attempt" value="one"' in answer.text
    assert "Press again" in answer.text


async def test_alt_t_tops_up_the_client_whose_card_is_open(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    text = (await desk.get("/top-up", headers={"HX-Current-URL": f"http://desk{CARD}?view=visits"})).text
    assert f'hx-post="{CARD}/top-up"' in text


async def test_alt_t_elsewhere_searches_and_enter_takes_the_first(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.says("GET /billing/v1/clients", {"items": [HIT, HIT], "next": None})
    assert 'type="search"' in (await desk.get("/top-up", headers={"HX-Current-URL": "http://desk/hall"})).text
    assert f'hx-post="{CARD}/top-up"' in (await desk.get("/top-up/first?q=4567")).text


async def test_bonuses_are_taken_back_with_a_reason(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    known(gateway)
    gateway.says(f"POST {BILLING}/bonuses", IVAN, 201)
    typed = {"amount": "50", "way": "take", "reason": "Ошибка", "attempt": "one"}
    answer = await desk.post(f"{CARD}/bonuses", data=typed)
    assert answer.status_code == 204
    assert gateway.body(f"POST {BILLING}/bonuses") == {"amount_kopecks": -50_00, "reason": "Ошибка"}
