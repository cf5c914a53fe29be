"""Several places at once: each is ordered and ended alone, and what one refuses is told beside the others."""

from typing import Any

import httpx
import pytest

from services.console.tests.gateway import CLUB, EVERYTHING, Gateway, browser

ZONES = [{"zone_id": "z1", "name": "Standard"}, {"zone_id": "z2", "name": "VIP"}]
THREE: dict[str, Any] = {"tariff_id": "t1", "name": "3 часа", "minutes": 180, "bonus_cap_percent": 0}
NIGHT: dict[str, Any] = {"tariff_id": "t2", "name": "Ночь", "minutes": 600, "bonus_cap_percent": 0}
STANDARD = {"offers": [THREE | {"price_kopecks": 300_00}], "not_offered": []}
NO_PRICE = {"tariff_id": "t1", "name": "3 часа", "reason": "no_price_in_zone", "window": None}
VIP = {"offers": [NIGHT | {"price_kopecks": 900_00}], "not_offered": [NO_PRICE]}


def tile(number: int, state: str = "free", zone_id: str = "z1") -> dict[str, Any]:
    taken: dict[str, Any] = {
        "session_id": f"x{number}",
        "sale_id": f"s{number}",
        "client_id": None,
        "client_name": None,
    }
    taken |= {"tariff_name": "3 часа", "price_kopecks": 300_00, "held_until": None, "ends_at": "2026-11-23T18:00:00Z"}
    session = taken if state in ("held", "active") else None
    named = {"device_id": f"d{number}", "name": f"PC-{number:02d}", "kind": "pc", "zone_id": zone_id}
    return named | {"state": state, "session": session}


def board(gateway: Gateway, *tiles: dict[str, Any]) -> None:
    gateway.says(f"GET /hall/v1/clubs/{CLUB}/board", {"zones": ZONES, "devices": list(tiles)})


@pytest.fixture
def hall(gateway: Gateway) -> Gateway:
    """Two free places, a better one, and one where somebody plays."""
    board(gateway, tile(1), tile(2), tile(3, "active"), tile(4, zone_id="z2"))
    gateway.says("GET /billing/v1/sales", {"items": []})
    for number in (1, 2):
        gateway.says(f"GET /hall/v1/devices/d{number}/offers", STANDARD)
    gateway.says("GET /hall/v1/devices/d4/offers", VIP)
    return gateway


def all_of(*numbers: int) -> list[str]:
    return [f"d{number}" for number in numbers]


def order_of(**attempts: str) -> dict[str, Any]:
    return {"tariff_id": "t1", "device_id": list(attempts), "free": list(attempts), "attempt": list(attempts.values())}


async def test_a_group_s_panel_names_each_place_and_what_can_be_done(hall: Gateway, desk: httpx.AsyncClient) -> None:
    text = (await desk.post("/hall/group", data={"device_id": all_of(1, 2, 3)})).text
    assert "3 places selected" in text
    assert all(f'data-member="PC-0{number}"' in text for number in (1, 2, 3))
    assert "Start for 2 guests" in text
    assert "600.00\u00a0₽" in text
    assert "End 1 session" in text


async def test_a_place_that_cannot_have_the_tariff_is_named_with_the_reason(
    hall: Gateway, desk: httpx.AsyncClient
) -> None:
    text = (await desk.post("/hall/group", data={"device_id": all_of(1, 4)})).text
    assert "without PC-04: no price in this zone" in text
    assert "without PC-01: this tariff is not sold here now" in text


async def test_each_zone_is_asked_about_its_prices_once(hall: Gateway, desk: httpx.AsyncClient) -> None:
    await desk.post("/hall/group", data={"device_id": all_of(1, 2, 4)})
    asked = [one.url.path for one in hall.asked if one.url.path.endswith("/offers")]
    assert len(asked) == 2


async def test_every_place_has_a_key_of_its_own(hall: Gateway, desk: httpx.AsyncClient) -> None:
    hall.says("POST /hall/v1/sessions", {"sale_id": "s1"}, 201)
    form = order_of(d1="key-1", d2="key-2")
    for _ in range(2):
        await desk.post("/hall/group/order", data=form)
    keys = [one.headers["Idempotency-Key"] for one in hall.sent("POST /hall/v1/sessions")]
    assert sorted(keys) == ["key-1", "key-1", "key-2", "key-2"]


async def test_the_first_that_was_ordered_is_opened_to_be_paid(hall: Gateway, desk: httpx.AsyncClient) -> None:
    hall.says("POST /hall/v1/sessions", {"sale_id": "s1"}, 201)
    answer = await desk.post("/hall/group/order", data=order_of(d1="key-1", d2="key-2"))
    assert "Ordered: PC-01, PC-02." in answer.text
    assert 'hx-get="/sales/s1?opening=true"' in answer.text


async def test_a_place_taken_meanwhile_is_told_and_keeps_nobody_else_from_playing(
    hall: Gateway, desk: httpx.AsyncClient
) -> None:
    hall.says("POST /hall/v1/sessions", {"sale_id": "s1"}, 201)
    hall.refuses_once("POST /hall/v1/sessions", "device_held", params={"device_name": "PC-01"})
    answer = await desk.post("/hall/group/order", data=order_of(d1="key-1", d2="key-2"))
    assert answer.status_code == 200
    assert "Ordered: PC-02." in answer.text
    assert "Not ordered:" in answer.text
    assert "<b>PC-01</b> — taken a moment ago" in answer.text


async def test_a_refused_place_gets_a_new_key_and_a_silent_one_keeps_its_own(
    hall: Gateway, desk: httpx.AsyncClient
) -> None:
    hall.refuses("POST /hall/v1/sessions", "tariff_not_offered")
    hall.refuses_once("POST /hall/v1/sessions", "unexpected", 503)
    answer = await desk.post("/hall/group/order", data=order_of(d1="key-1", d2="key-2"))
    assert answer.status_code == 409
    assert 'value="key-1"' in answer.text
    assert 'value="key-2"' not in answer.text


async def test_who_may_not_sell_is_offered_no_start(hall: Gateway) -> None:
    async with browser(hall, [one for one in EVERYTHING if one != "billing.sale.pay"]) as desk:
        text = (await desk.post("/hall/group", data={"device_id": all_of(1, 2)})).text
    assert "data-start" not in text


async def test_places_that_are_gone_are_no_failure(hall: Gateway, desk: httpx.AsyncClient) -> None:
    answer = await desk.post("/hall/group", data={"device_id": ["gone", "too"]})
    assert "These places are on the map no longer." in answer.text


QUOTE = {"left_s": 42 * 60, "policy": "balance", "returned_kopecks": 105_00}


def ending(**attempts: str) -> dict[str, Any]:
    sessions = [one.replace("d", "x") for one in attempts]
    return {
        "device_id": list(attempts),
        "session_id": sessions,
        "attempt": list(attempts.values()),
        "reason": "Клуб закрывается",
    }


@pytest.fixture
def evening(hall: Gateway) -> Gateway:
    """Two play, one is free."""
    board(hall, tile(1, "active"), tile(2, "active"), tile(3))
    for number in (1, 2):
        hall.says(f"POST /hall/v1/sessions/x{number}/end/quote", QUOTE)
        hall.says(f"POST /hall/v1/sessions/x{number}/end", {"state": "ended"})
    return hall


async def test_the_question_says_what_is_left_of_each_and_what_comes_back_together(
    evening: Gateway, desk: httpx.AsyncClient
) -> None:
    text = (await desk.post("/hall/group/ending", data={"device_id": all_of(1, 2, 3)})).text
    assert "End 2 sessions?" in text
    assert text.count("42 min") == 2
    assert "210.00\u00a0₽" in text
    assert "PC-03" not in text


async def test_all_end_with_one_reason(evening: Gateway, desk: httpx.AsyncClient) -> None:
    answer = await desk.post("/hall/group/end", data=ending(d1="key-1", d2="key-2"))
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "dialog.close")
    for number in (1, 2):
        sent = evening.sent(f"POST /hall/v1/sessions/x{number}/end")[-1]
        assert sent.headers["Idempotency-Key"] == f"key-{number}"
        assert "Клуб закрывается" in sent.content.decode()


async def test_what_did_not_end_is_told_place_by_place_and_can_be_tried_again(
    evening: Gateway, desk: httpx.AsyncClient
) -> None:
    board(evening, tile(1), tile(2, "active"), tile(3))
    evening.is_silent("POST /hall/v1/sessions/x2/end")
    answer = await desk.post("/hall/group/end", data=ending(d1="key-1", d2="key-2"))
    assert "Ended: PC-01." in answer.text
    assert "<b>PC-02</b> — The hall is unavailable for now." in answer.text
    assert 'value="key-2"' in answer.text
    assert 'value="Клуб закрывается"' in answer.text


async def test_when_nobody_plays_any_more_nothing_is_asked(evening: Gateway, desk: httpx.AsyncClient) -> None:
    board(evening, tile(1), tile(2))
    for number in (1, 2):
        evening.refuses(f"POST /hall/v1/sessions/x{number}/end", "session_already_ended")
    answer = await desk.post("/hall/group/end", data=ending(d1="key-1", d2="key-2"))
    assert "Nobody plays at these places any more." in answer.text
    assert 'name="reason"' not in answer.text


@pytest.mark.parametrize(
    ("state", "there", "missing"),
    [
        ("free", "Start a session", "To the payment"),
        ("held", "To the payment", "Start a session"),
        ("active", "/hall/sessions/x1/end", "Start a session"),
        ("out_of_service", "/settings/places", "Start a session"),
    ],
)
async def test_a_place_s_menu_is_what_can_be_done_in_its_state(
    gateway: Gateway, desk: httpx.AsyncClient, state: str, there: str, missing: str
) -> None:
    board(gateway, tile(1, state))
    text = (await desk.get("/hall/places/d1/menu")).text
    assert there in text
    assert missing not in text


async def test_a_group_s_menu_counts_what_it_is_for(hall: Gateway, desk: httpx.AsyncClient) -> None:
    text = (await desk.post("/hall/group/menu", data={"device_id": all_of(1, 2, 3)})).text
    assert "Start for 2 guests" in text
    assert "End 1 session" in text
