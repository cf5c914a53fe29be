"""Who is inside, by a token that is asked for once and never used at a locked desk."""

import asyncio

import httpx
import pytest

from console.clients.services import Problem, Services, Unreachable
from console.clients.sessions import Sessions
from services.console.tests.gateway import Gateway, token

EXCHANGE = "POST /staff/v1/sessions/token"


@pytest.fixture
def sessions(gateway: Gateway) -> Sessions:
    gateway.says(EXCHANGE, {"access_token": token(["hall.board.read"])})
    return Sessions(Services("http://gateway/api", gateway))


async def test_a_token_is_asked_for_once(sessions: Sessions, gateway: Gateway) -> None:
    people = [await sessions.person("secret") for _ in range(3)]
    assert {person.name for person in people} == {"Анна К."}
    assert len(gateway.sent(EXCHANGE)) == 1


async def test_people_inside_go_on_while_staff_is_silent(sessions: Sessions, gateway: Gateway) -> None:
    await sessions.person("secret")
    gateway.is_silent(EXCHANGE)
    assert (await sessions.person("secret")).name == "Анна К."
    with pytest.raises(Unreachable):
        await sessions.person("another")


async def test_a_locked_desk_uses_no_token_that_it_has(sessions: Sessions, gateway: Gateway) -> None:
    await sessions.person("secret")
    sessions.lock("secret")
    gateway.refuses(EXCHANGE, "session_locked", 423)
    with pytest.raises(Problem) as refused:
        await sessions.person("secret")
    assert refused.value.status == 423
    gateway.says(EXCHANGE, {"access_token": token(["hall.board.read"])})
    assert (await sessions.person("secret")).name == "Анна К."


async def test_a_token_that_was_on_its_way_when_the_desk_was_locked_is_not_used() -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await answer.wait()
            return httpx.Response(200, json={"access_token": token([])})

    sessions = Sessions(Services("http://gateway/api", Slow()))
    coming = asyncio.create_task(sessions.person("secret"))
    await asked.wait()
    sessions.lock("secret")
    answer.set()
    with pytest.raises(Problem) as refused:
        await coming
    assert refused.value.status == 423


async def test_a_lock_over_an_open_page_gives_way_and_leads_nowhere(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says("POST /staff/v1/sessions/unlock", None, 204)
    over = await desk.post("/unlock", data={"pin": "481593", "next": "/hall"}, headers={"HX-Request": "true"})
    assert (over.status_code, over.headers["hx-trigger"]) == (204, "desk.unlocked")
    alone = await desk.post("/unlock", data={"pin": "481593", "next": "/hall"})
    assert (alone.status_code, alone.headers["location"]) == (303, "/hall")
