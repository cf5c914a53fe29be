"""Wrong passwords over HTTP: however they come, five of them lock the login."""

import asyncio

import httpx
import pytest

from conftest import Fresh, free_port
from kit.db import Database
from services.staff.tests.builders import Clock, a_settings, a_vault, added, bearer, key, rows, sign_in, signed_in
from services.staff.tests.conftest import serving
from staff.app import first_start

NEW = "совсем другой пароль"


@pytest.mark.parametrize("login", ["owner", "nobody"])
async def test_many_parallel_wrong_passwords_get_five_tries(http: httpx.AsyncClient, login: str) -> None:
    answers = await asyncio.gather(*(sign_in(http, login, f"wrong password {number}") for number in range(40)))

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 35
    locked = next(answer.json() for answer in answers if answer.status_code == 429)
    assert (locked["code"], locked["retry"]) == ("sign_in_locked", "later")
    assert 1 <= locked["params"]["wait_s"] <= 61
    assert "seconds" in locked["detail"]


async def test_a_locked_login_does_not_take_the_right_password(http: httpx.AsyncClient) -> None:
    for _ in range(5):
        await sign_in(http, "owner", "wrong password")

    assert (await sign_in(http)).status_code == 429
    assert (await sign_in(http, "OWNER")).status_code == 429
    assert (await sign_in(http, "another", "wrong password")).status_code == 401


async def test_many_parallel_right_passwords_lock_nobody_out(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(sign_in(http) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}


async def test_a_right_password_forgets_the_wrong_ones(http: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(4):
            await sign_in(http, "owner", "wrong password")
        assert (await sign_in(http)).status_code == 200


async def test_after_its_wait_a_login_gets_one_try_and_waits_longer(fresh: Fresh) -> None:
    clock = Clock()
    db = await fresh("staff", clock=clock)
    await first_start(db, a_settings())
    async with serving(db, a_settings(port=free_port())) as url, httpx.AsyncClient(base_url=url) as http:
        for wait in (1, 2, 4):
            while (answer := await sign_in(http, "owner", "wrong password")).status_code == 401:
                pass
            assert answer.json()["params"]["wait_s"] == wait * 60 + 1
            clock.move(minutes=wait)
            failures = await rows(db, "select failures from login_tries")
            assert failures == [(4 + [1, 2, 4].index(wait) + 1,)]

        assert (await sign_in(http)).status_code == 200


async def test_the_owner_unlocks_a_member_at_once(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    member = await added(db)
    for _ in range(5):
        await sign_in(http, member.login, "wrong password")
    assert (await sign_in(http, member.login)).status_code == 429

    answer = await http.post(f"/v1/members/{member.member_id}/unlock", headers=manager | key())

    assert (answer.status_code, answer.json()["login"]) == (200, member.login)
    assert (await sign_in(http, member.login)).status_code == 200


async def test_guessing_the_old_password_with_a_stolen_token_is_locked_too(staff: httpx.AsyncClient) -> None:
    signed = await signed_in(staff)

    async def guess(number: int) -> int:
        body = {"old": f"wrong password {number}", "new": NEW}
        return (await staff.post("/v1/password", json=body, headers=bearer(signed))).status_code

    assert sorted(await asyncio.gather(*(guess(number) for number in range(15)))) == [409] * 5 + [429] * 10


async def test_a_login_typed_wrong_is_counted_under_a_name_that_says_nothing(
    http: httpx.AsyncClient, db: Database
) -> None:
    await sign_in(http, "my password by mistake", "owner")

    assert await rows(db, "select login_key, failures from login_tries") == [
        (a_vault().login_key("my password by mistake"), 1)
    ]
