"""PINs: which ones will do, who may enter one where, and how many wrong ones there are."""

import asyncio
from typing import Any

import httpx
import pytest

from conftest import Fresh, Issuer
from kit.db import Database
from services.staff.tests.builders import (
    CLUB,
    OTHER_CLUB,
    OTHER_PIN,
    PASSWORD,
    PIN,
    Clock,
    a_settings,
    added,
    added_with_pin,
    bearer,
    by_pin,
    enrolled,
    everything,
    key,
    rows,
    sign_in,
    signed_in,
)
from staff.app import first_start, wire
from staff.domain.pins import is_pin, too_simple

SIMPLE = ["000000", "777777", "123456", "654321", "135791", "864208", "121212", "989898", "123123", "907907", "112233"]
SIMPLE += ["332211", "123321", "901109", "112122", "147258", "789456"]


@pytest.mark.parametrize("pin", SIMPLE)
def test_a_pin_that_anybody_would_try_is_too_simple(pin: str) -> None:
    assert too_simple(pin)


def test_most_pins_will_do() -> None:
    simple = sum(too_simple(f"{number:06}") for number in range(10**6))

    assert not too_simple(PIN)
    assert not too_simple(OTHER_PIN)
    assert simple < 10_000


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345x", "１２３４５６", "-12345", " 12345"])
def test_a_pin_is_six_digits(text: str) -> None:
    assert not is_pin(text)


async def names_at(http: httpx.AsyncClient, till: dict[str, str]) -> list[str]:
    answer = await http.get("/v1/tills/me", headers=till)
    assert answer.status_code == 200, answer.text
    return [member["name"] for member in answer.json()["members"]]


async def test_a_chosen_pin_lets_its_member_in_at_a_till_of_their_club(staff: httpx.AsyncClient, db: Database) -> None:
    owner = bearer(await signed_in(staff))
    anna = await added(db, clubs=(CLUB,))
    till = await enrolled(staff, owner)
    token = bearer(await signed_in(staff, anna.login))
    assert await names_at(staff, till) == []
    assert (await by_pin(staff, till, anna)).json()["code"] == "pin_unset"

    chosen = await staff.put("/v1/me/pin", json={"pin": PIN, "password": PASSWORD}, headers=token)

    assert chosen.status_code == 204
    assert await names_at(staff, till) == [anna.name]
    assert (await by_pin(staff, till, anna)).status_code == 201
    assert (await staff.get("/v1/me", headers=token)).json()["has_pin"] is True
    members = (await staff.get("/v1/members", headers=owner)).json()["items"]
    assert {member["login"]: member["has_pin"] for member in members} == {"owner": False, anna.login: True}


async def test_a_pin_is_chosen_with_the_password_and_wrong_ones_count(staff: httpx.AsyncClient, db: Database) -> None:
    token = bearer(await signed_in(staff))
    before = await everything(db)

    simple = await staff.put("/v1/me/pin", json={"pin": "123456", "password": PASSWORD}, headers=token)
    assert (simple.status_code, simple.json()["code"]) == (422, "pin_too_simple")
    assert await everything(db) == before

    wrong = [
        await staff.put("/v1/me/pin", json={"pin": PIN, "password": "a wrong password"}, headers=token)
        for _ in range(6)
    ]
    assert [one.json()["code"] for one in wrong] == ["password_wrong"] * 5 + ["sign_in_locked"]
    assert await rows(db, "select count(*) from member where pin_hash is not null") == [(0,)]


async def test_a_pin_is_good_at_an_enrolled_till_of_ones_own_clubs_alone(
    staff: httpx.AsyncClient, db: Database
) -> None:
    owner = bearer(await signed_in(staff))
    here, there = await enrolled(staff, owner), await enrolled(staff, owner, OTHER_CLUB)
    anna = await added_with_pin(db, clubs=(CLUB,), name="Анна К.")
    everywhere = await added_with_pin(db, clubs=None, name="Борис Л.")

    assert (await names_at(staff, here), await names_at(staff, there)) == (["Анна К.", "Борис Л."], ["Борис Л."])
    for till, member, status, code in (
        ({}, anna, 401, "till_unknown"),
        ({"Savepoint-Till": "unknown"}, anna, 401, "till_unknown"),
        (there, anna, 401, "pin_unset"),
        (here, anna, 201, None),
        (there, everywhere, 201, None),
    ):
        answer = await by_pin(staff, till, member)
        assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_the_same_pin_of_two_members_is_kept_differently(db: Database) -> None:
    first, second = await added_with_pin(db), await added_with_pin(db)

    kept = [row[0] for row in await rows(db, "select pin_hash from member where pin_hash is not null")]
    assert len(set(kept)) == 2
    assert all(one.startswith("$argon2id$") for one in kept)
    assert first.member_id != second.member_id


async def test_many_parallel_wrong_pins_get_five_tries(staff: httpx.AsyncClient, db: Database) -> None:
    till = await enrolled(staff, bearer(await signed_in(staff)))
    anna, boris = await added_with_pin(db), await added_with_pin(db)

    answers = await asyncio.gather(*(by_pin(staff, till, anna, OTHER_PIN) for _ in range(20)))

    codes = sorted(answer.json()["code"] for answer in answers)
    assert codes == ["pin_locked"] * 16 + ["pin_wrong"] * 4
    left = sorted(one.json()["params"]["tries_left"] for one in answers if one.json()["code"] == "pin_wrong")
    assert left == [1, 2, 3, 4]
    assert (await by_pin(staff, till, anna)).json()["code"] == "pin_locked"
    assert (await by_pin(staff, till, boris)).status_code == 201
    assert (await sign_in(staff, anna.login)).status_code == 200


async def test_a_lock_holds_at_its_till_says_until_when_and_doubles(fresh: Fresh, issuer: Issuer) -> None:
    clock = Clock()
    db = await fresh("staff", clock=clock)
    await first_start(db, a_settings())
    app = wire(a_settings(jwks_url=issuer.jwks_url), db)
    owner = issuer.header("staff.till.manage")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://staff") as http:
        one, other = await enrolled(http, owner), await enrolled(http, owner, name="Бар")
        anna = await added_with_pin(db)
        for wait in (60, 120):
            while (answer := await by_pin(http, one, anna, OTHER_PIN)).json()["code"] == "pin_wrong":
                pass
            assert (answer.status_code, answer.json()["code"]) == (429, "pin_locked")
            assert answer.json()["params"]["wait_s"] == wait + 1
            assert answer.headers["Retry-After"] == str(wait + 1)
            assert (await by_pin(http, other, anna)).status_code == 201
            clock.move(seconds=wait)
        assert (await by_pin(http, one, anna)).status_code == 201
        assert (await by_pin(http, one, anna, OTHER_PIN)).json()["params"]["tries_left"] == 4


async def test_the_owner_unlocks_a_pin_and_takes_it_away(http: httpx.AsyncClient, db: Database, manager: Any) -> None:
    till, anna = await enrolled(http, manager), await added_with_pin(db)
    for _ in range(5):
        await by_pin(http, till, anna, OTHER_PIN)
    path = f"/v1/members/{anna.member_id}"

    unlocked = await http.post(f"{path}/unlock", headers=manager | key())

    assert unlocked.json()["has_pin"] is True
    assert (await by_pin(http, till, anna)).status_code == 201
    for _ in range(2):
        assert (await http.delete(f"{path}/pin", headers=manager)).status_code == 204
    assert (await by_pin(http, till, anna)).json()["code"] == "pin_unset"


async def test_a_reset_password_takes_the_pin_and_ends_the_sessions(
    http: httpx.AsyncClient, db: Database, manager: Any
) -> None:
    till, anna = await enrolled(http, manager), await added_with_pin(db)
    await by_pin(http, till, anna)

    await http.post(f"/v1/members/{anna.member_id}/reset-password", headers=manager | key())

    assert (await by_pin(http, till, anna)).json()["code"] == "pin_unset"
    assert await rows(db, "select count(*) from session where ended_at is null") == [(0,)]
