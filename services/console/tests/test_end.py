"""Ending a session by hand: the question says what it means, and a refusal keeps the reason."""

import httpx

from services.console.tests.gateway import Gateway

SESSION = {
    "session_id": "x1",
    "device_name": "PC-014",
    "client_name": None,
    "tariff_name": "3 часа",
    "price_kopecks": 450_00,
    "ends_at": "2026-11-23T18:00:00Z",
}
QUOTE = {"left_s": 42 * 60, "policy": "burned", "returned_kopecks": 0}


async def test_the_question_says_what_is_left_and_what_becomes_of_it(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /hall/v1/sessions/x1", SESSION)
    gateway.says("POST /hall/v1/sessions/x1/end/quote", QUOTE)
    assert "Left: 42 min. It is not given back." in (await desk.get("/hall/sessions/x1/end")).text
    gateway.says("POST /hall/v1/sessions/x1/end/quote", QUOTE | {"returned_kopecks": 105_00})
    assert "105.00\u00a0₽ is given back." in (await desk.get("/hall/sessions/x1/end")).text


async def test_a_refusal_keeps_the_reason(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("GET /hall/v1/sessions/x1", SESSION)
    gateway.refuses("POST /hall/v1/sessions/x1/end", "session_already_ended")
    gateway.refuses("POST /hall/v1/sessions/x1/end/quote", "session_already_ended")
    answer = await desk.post("/hall/sessions/x1/end", data={"reason": "Гость ушёл", "attempt": "a1"})
    assert answer.status_code == 409
    assert 'value="Гость ушёл"' in answer.text
    assert answer.text.count("This session has already ended.") == 1
