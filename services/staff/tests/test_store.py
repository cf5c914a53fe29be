"""The store against real Postgres: constraints, scopes, and races that have one winner."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from conftest import ORG
from edge.scope import Scope
from kit.db import Database
from kit.errors import NotFound
from kit.time import new_id
from services.staff.tests.builders import CLUB, OTHER_CLUB, OTHER_ORG, a_machine, a_till, added, another_org, rows, told
from staff.store import machines, members, tills
from staff.store.members import LoginTaken
from staff.store.tills import TillNameTaken

ALL, HERE, THERE = Scope(ORG), Scope(ORG, frozenset({CLUB})), Scope(ORG, frozenset({OTHER_CLUB}))


ELSEWHERE = Scope(OTHER_ORG)


async def test_a_member_comes_back_as_they_went_in(db: Database) -> None:
    member = await added(db, clubs=(CLUB, OTHER_CLUB), inn="771234567890", role="accountant")

    async with db.begin() as tx:
        assert await members.by_login(tx, member.login) == member


async def test_a_login_is_somebodys_alone_in_the_whole_installation(db: Database) -> None:
    await another_org(db)
    await added(db, login="anna")

    with pytest.raises(LoginTaken):
        await added(db, login="anna", org_id=OTHER_ORG)


async def test_the_login_of_who_was_removed_is_free_again(db: Database) -> None:
    gone = await added(db, login="anna")
    async with db.begin() as tx:
        await members.remove(tx, gone)

    again = await added(db, login="anna")

    async with db.begin() as tx:
        assert await members.by_login(tx, "anna") == again


async def test_two_who_take_one_login_in_the_same_instant_leave_one(db: Database) -> None:
    results = await asyncio.gather(*(added(db, login="anna") for _ in range(5)), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["LoginTaken"] * 4 + ["Member"]


@pytest.mark.parametrize(
    ("clubs", "scope", "seen", "changeable"),
    [
        (None, ALL, True, True),
        ((CLUB,), ALL, True, True),
        (None, HERE, False, False),
        ((CLUB,), HERE, True, True),
        ((CLUB, OTHER_CLUB), HERE, True, False),
        ((CLUB,), THERE, False, False),
        ((CLUB,), Scope(ORG, frozenset()), False, False),
        (None, ELSEWHERE, False, False),
        ((CLUB,), ELSEWHERE, False, False),
    ],
)
async def test_a_scope_shows_who_works_in_it_and_changes_who_works_there_alone(
    db: Database, clubs: Any, scope: Scope, seen: bool, changeable: bool
) -> None:
    member = await added(db, clubs=clubs)

    async with db.begin() as tx:
        assert (member in await members.page(tx, scope, None, 50)) is seen
        for look, allowed in ((members.one, seen), (members.for_update, changeable)):
            if allowed:
                assert await look(tx, scope, member.member_id) == member
            else:
                with pytest.raises(NotFound):
                    await look(tx, scope, member.member_id)


async def test_pages_go_on_where_the_one_before_ended(db: Database) -> None:
    names = [(await added(db, clubs=(CLUB,))).member_id for _ in range(5)]

    async with db.begin() as tx:
        first = await members.page(tx, HERE, None, 2)
        rest = await members.page(tx, HERE, first[1].member_id, 5)
    assert [member.member_id for member in first] == [*reversed(names)][:3]
    assert [member.member_id for member in rest] == [*reversed(names)][2:]


async def test_a_removed_member_is_found_nowhere(db: Database) -> None:
    gone = await added(db)
    async with db.begin() as tx:
        await members.remove(tx, gone)

        assert await members.by_login(tx, gone.login) is None
        assert await members.present_for_update(tx, gone.member_id) is None
        assert gone.member_id not in [member.member_id for member in await members.page(tx, ALL, None, 50)]


async def test_only_an_owner_of_every_club_counts_as_another_who_leads(db: Database) -> None:
    owner = (await rows(db, "select member_id from member"))[0][0]
    await added(db, role="owner", clubs=(CLUB,))
    await added(db, role="administrator")
    async with db.begin() as tx:
        first = await members.one(tx, ALL, owner)
        assert not await members.another_leads(tx, first)

    await added(db, role="owner")

    async with db.begin() as tx:
        assert await members.another_leads(tx, first)


BAD_MEMBERS = {
    "an unknown role": {"role": "king"},
    "an INN of letters": {"inn": "abcdefghijkl"},
    "a password in the clear": {"password_hash": "qwerty"},
    "no name": {"name": ""},
    "no such org": {"org_id": new_id()},
}


@pytest.mark.parametrize("changes", BAD_MEMBERS.values(), ids=BAD_MEMBERS.keys())
async def test_the_database_refuses_a_member_with(db: Database, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        await added(db, **changes)


@pytest.mark.parametrize(
    "statement",
    [
        "update member set clubs = '{}'",
        "update member set login = 'Owner'",
        "delete from member",
        "delete from org",
        "delete from till",
        "delete from machine",
        "update signing_key set sealed = ''",
        "insert into login_tries values ('x', -1, null, now())",
        "insert into refresh_token values ('in the clear', gen_random_uuid(), now(), null)",
        "drop table till",
    ],
)
async def test_the_services_own_role_may_not(db: Database, statement: str) -> None:
    with pytest.raises(DBAPIError):
        async with db.begin() as tx:
            await tx.conn.execute(text(statement))


async def test_a_machine_is_seen_by_its_club_until_it_is_revoked(db: Database) -> None:
    machine = a_machine()
    async with db.begin() as tx:
        await machines.add(tx, machine)
        assert await machines.by_id(tx, machine.machine_id) == machine
        assert [await machines.page(tx, scope, None, 5) for scope in (ALL, HERE, THERE, ELSEWHERE)] == [
            [machine],
            [machine],
            [],
            [],
        ]
        with pytest.raises(NotFound):
            await machines.revoke(tx, THERE, machine.machine_id)

        await machines.revoke(tx, HERE, machine.machine_id)

        assert await machines.by_id(tx, machine.machine_id) is None
        assert await machines.page(tx, ALL, None, 5) == []


async def test_a_till_is_seen_by_its_club_and_its_name_is_taken_there_alone(db: Database) -> None:
    till = a_till()
    async with db.begin() as tx:
        await tills.add(tx, till)
        await tills.add(tx, a_till(club_id=OTHER_CLUB))
        assert [len(await tills.page(tx, scope, None, None, 5)) for scope in (ALL, HERE, THERE, ELSEWHERE)] == [
            2,
            1,
            1,
            0,
        ]
        assert await tills.page(tx, ALL, CLUB, None, 5) == [till]
        with pytest.raises(NotFound):
            await tills.for_update(tx, THERE, till.till_id)
        with pytest.raises(TillNameTaken):
            await tills.add(tx, a_till(name="СТОЙКА"))


async def test_two_tills_renamed_alike_in_the_same_instant_leave_one_name(db: Database) -> None:
    some = [a_till(name=str(number)) for number in range(4)]
    async with db.begin() as tx:
        for till in some:
            await tills.add(tx, till)

    async def rename(number: int) -> None:
        async with db.begin() as tx:
            before = await tills.for_update(tx, ALL, some[number].till_id)
            await tills.save(tx, replace(before, name="Бар"))

    results = await asyncio.gather(*(rename(number) for number in range(4)), return_exceptions=True)

    assert sum(isinstance(result, TillNameTaken) for result in results) == 3
    assert results.count(None) == 1


async def test_a_login_that_is_taken_tells_nothing(db: Database) -> None:
    before = await told(db)
    with pytest.raises(LoginTaken):
        await added(db, login="owner")
    assert await told(db) == before
