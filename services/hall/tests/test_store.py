"""The store on a real Postgres: races have one winner, and constraints hold when code does not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from edge.scope import Scope
from hall.domain.club import Zone
from hall.domain.session import Session, State
from hall.store import clubs, devices, sessions, tables, tariffs
from hall.store.refusals import DeviceBusy, DeviceHeld, DeviceJustTaken, NameTaken, SessionActiveElsewhere, TooMany
from kit.db import Database, Tx
from kit.errors import NotFound, Refused, Transient
from kit.time import new_id, utc_now
from services.hall.tests.builders import (
    ORG,
    OTHER_ORG,
    Furnished,
    a_device,
    a_tariff,
    a_window,
    furnish,
    ordered,
    rows,
    started,
    stored,
)


async def test_everything_is_read_back_as_it_was_written(db: Database, hall: Furnished) -> None:
    tariff = a_tariff(hall.club.club_id, hall.vip.zone_id, windows=(a_window(),))
    async with db.begin() as tx:
        await tariffs.add_tariff(tx, tariff)

    async with db.look() as tx:
        assert await clubs.club_of(tx, hall.scope, hall.club.club_id) == hall.club
        assert await clubs.zone_of(tx, hall.scope, hall.vip.zone_id) == hall.vip
        assert await devices.device_of(tx, hall.scope, hall.device.device_id) == hall.device
        assert await tariffs.tariff_of(tx, hall.scope, tariff.tariff_id) == tariff


async def test_a_session_is_read_back_in_every_state(db: Database, hall: Furnished) -> None:
    running = await started(db, hall)

    assert await stored(db, running) == running
    ended = running.end_by_hand(utc_now(), running.ordered_by, "Гость ушёл")
    async with db.begin() as tx:
        await sessions.save_session(tx, ended)
    assert await stored(db, running) == ended


async def test_reading_writes_nothing(db: Database, hall: Furnished) -> None:
    with pytest.raises(Transient, match="read-only"):
        async with db.look() as tx:
            await sessions.add_order(tx, hall.scope, hall.a_session())


async def test_reading_wakes_nobody(db: Database, hall: Furnished) -> None:
    changed = db.changed.next()

    async with db.look() as tx:
        await clubs.club_of(tx, hall.scope, hall.club.club_id)

    assert not changed.is_set()


async def in_two_transactions(db: Database, one: Session, other: Session, hall: Furnished) -> list[object]:
    """Add both orders with both transactions open at once, without the lock on the device that the API takes."""
    begun = asyncio.Barrier(2)

    async def add(session: Session) -> None:
        async with db.begin() as tx:
            await tx.conn.execute(text("select 1"))
            await begun.wait()
            await sessions.add_order(tx, hall.scope, session)

    return list(await asyncio.gather(add(one), add(other), return_exceptions=True))


async def test_of_two_orders_for_one_device_one_wins_and_the_other_reads_why(db: Database, hall: Furnished) -> None:
    outcomes = await in_two_transactions(db, hall.a_session(), hall.a_session(), hall)

    assert outcomes.count(None) == 1
    assert [type(outcome) for outcome in outcomes if outcome] == [DeviceHeld]
    assert await rows(db, "select count(*) from session") == [(1,)]


async def test_of_two_orders_for_one_client_one_wins_and_the_other_reads_where(db: Database, hall: Furnished) -> None:
    client_id = new_id()
    one, other = (hall.a_session(device, client_id=client_id) for device in hall.devices[:2])

    outcomes = await in_two_transactions(db, one, other, hall)

    assert outcomes.count(None) == 1
    (loser,) = [outcome for outcome in outcomes if isinstance(outcome, SessionActiveElsewhere)]
    (winner,) = await rows(db, "select session_id from session")
    assert loser.members["params"]["session_id"] == str(winner[0])


async def test_an_order_for_a_running_device_reads_busy(db: Database, hall: Furnished) -> None:
    running = await started(db, hall)

    with pytest.raises(DeviceBusy) as refused:
        await ordered(db, hall)

    assert refused.value.members["params"]["session_id"] == str(running.session_id)


async def test_who_lost_to_an_order_that_is_gone_again_is_told_to_look(
    db: Database, hall: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ordered(db, hall)

    async def nobody(tx: Tx, device_id: object) -> None:
        return None

    monkeypatch.setattr(sessions, "open_on", nobody)
    with pytest.raises(DeviceJustTaken) as refused:
        await ordered(db, hall)

    assert (refused.value.code, refused.value.members["retry"]) == ("device_held", "new_key")


async def test_a_client_of_another_org_with_the_same_id_is_another_client(db: Database, hall: Furnished) -> None:
    client_id, other = new_id(), await furnish(db, OTHER_ORG)

    await ordered(db, hall, client_id=client_id)
    await ordered(db, other, client_id=client_id)

    assert await rows(db, "select count(*) from session") == [(2,)]


async def test_where_a_client_plays_is_not_said_beyond_the_callers_clubs(db: Database, hall: Furnished) -> None:
    client_id, elsewhere = new_id(), await furnish(db)
    await started(db, hall, client_id=client_id)

    narrow = Scope(ORG, frozenset({elsewhere.club.club_id}))

    with pytest.raises(SessionActiveElsewhere) as refused:
        async with db.begin() as tx:
            await sessions.add_order(tx, narrow, elsewhere.a_session(client_id=client_id))

    assert refused.value.members["params"] == {"client_id": str(client_id)}
    assert hall.device.name not in refused.value.detail


async def test_a_session_that_is_over_frees_its_device_and_its_client(db: Database, hall: Furnished) -> None:
    client_id = new_id()
    running = await started(db, hall, client_id=client_id)
    async with db.begin() as tx:
        await sessions.save_session(tx, running.end_by_hand(tx.now, running.ordered_by, "Гость ушёл"))

    again = await ordered(db, hall, client_id=client_id)

    assert (await stored(db, again)).state is State.ORDERED


async def test_two_replicas_share_what_is_due(db: Database, hall: Furnished) -> None:
    for device in hall.devices:
        await started(db, hall, device)
    db.clock = lambda: utc_now() + timedelta(hours=4)

    async with db.begin() as one:
        first = await sessions.take_due(one, 2)
        async with db.begin() as other:
            second = await sessions.take_due(other, 2)

    assert (len(first), len(second)) == (2, 1)
    assert {session.session_id for session in first}.isdisjoint(session.session_id for session in second)


async def test_names_are_taken_once_in_a_club_and_freely_in_another(db: Database, hall: Furnished) -> None:
    club, vip = hall.club.club_id, hall.vip
    other = await furnish(db)
    adding: list[Callable[[Tx], Awaitable[None]]] = [
        lambda tx: clubs.add_zone(tx, Zone(ORG, club, new_id(), "VIP")),
        lambda tx: devices.add_device(tx, a_device(club, vip.zone_id, name=hall.device.name)),
        lambda tx: tariffs.add_tariff(tx, a_tariff(club, vip.zone_id, name=hall.tariff.name)),
        lambda tx: clubs.save_zone(tx, Zone(ORG, club, hall.standard.zone_id, "VIP")),
    ]

    for add in adding:
        with pytest.raises(NameTaken):
            async with db.begin() as tx:
                await add(tx)
    async with db.begin() as tx:
        await devices.add_device(tx, a_device(other.club.club_id, other.vip.zone_id, name=hall.device.name))


async def test_a_zone_of_another_club_is_none(db: Database, hall: Furnished) -> None:
    other = await furnish(db)
    foreign = other.vip.zone_id

    adding: list[Callable[[Tx], Awaitable[None]]] = [
        lambda tx: devices.add_device(tx, a_device(hall.club.club_id, foreign)),
        lambda tx: tariffs.add_tariff(tx, a_tariff(hall.club.club_id, foreign)),
    ]

    for add in adding:
        with pytest.raises(NotFound):
            async with db.begin() as tx:
                await add(tx)


async def test_a_club_has_room_for_so_many(db: Database, hall: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "DEVICES_MAX", 3)

    with pytest.raises(TooMany) as refused:
        async with db.begin() as tx:
            await devices.add_device(tx, a_device(hall.club.club_id, hall.vip.zone_id))

    assert (refused.value.code, refused.value.members["params"]) == ("too_many", {"noun": "device", "most": 3})


FORBIDDEN = [
    "update session set state = 'ended'",
    "update session set state = 'refused'",
    "update session set state = 'paused'",
    "update session set started_at = now()",
    "update session set state = 'active', started_at = now(), ends_at = now() - interval '1 hour'",
    "update session set minutes = 0",
    "update session set price_kopecks = 0",
    "update session set pay_by = ordered_at",
    "update session set device_id = gen_random_uuid()",
    "update session set refusal_money = 'none'",
    "update tariff set minutes = 0",
    "update tariff set bonus_cap_percent = 101",
    "update tariff_price set price_kopecks = 0",
    "update device set kind = 'toaster'",
    "update device set zone_id = gen_random_uuid()",
    "update board set seq = -1",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_database_takes_no_nonsense(db: Database, hall: Furnished, statement: str) -> None:
    await ordered(db, hall)

    with pytest.raises(IntegrityError):
        async with db.begin() as tx:
            await tx.conn.execute(text(statement))


@pytest.mark.parametrize("table", ["org", "club", "zone", "device", "tariff", "session", "client", "board"])
async def test_the_service_may_not_delete_history(db: Database, hall: Furnished, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with db.begin() as tx:
            await tx.conn.execute(delete(tables.metadata.tables[table]))


async def test_every_query_is_bound_to_the_callers_org_and_clubs(db: Database, hall: Furnished) -> None:
    """What is asked for by id does not exist for another org, nor for somebody at another club."""
    session = await ordered(db, hall)
    asked: list[Callable[[Tx, Scope], Awaitable[Any]]] = [
        lambda tx, scope: clubs.club_of(tx, scope, hall.club.club_id),
        lambda tx, scope: clubs.zone_of(tx, scope, hall.vip.zone_id),
        lambda tx, scope: devices.device_of(tx, scope, hall.device.device_id),
        lambda tx, scope: tariffs.tariff_of(tx, scope, hall.tariff.tariff_id),
        lambda tx, scope: sessions.session_of(tx, scope, session.session_id),
    ]

    for scope in (Scope(OTHER_ORG), Scope(ORG, frozenset({new_id()})), Scope(ORG, frozenset())):
        for ask in asked:
            with pytest.raises(NotFound):
                async with db.look() as tx:
                    await ask(tx, scope)
        async with db.look() as tx:
            assert await clubs.clubs_of(tx, scope, 10, None) == []
            assert await sessions.sessions_of(tx, scope, 10, None) == []


async def test_open_sessions_are_found_by_their_own_indexes(db: Database, hall: Furnished) -> None:
    """The conditions are written as the indexes' own are, or a plan could not use them."""
    plan = "explain select 1 from session where device_id = gen_random_uuid() and "
    async with db.engine.connect() as conn:
        await conn.execute(text("set enable_seqscan = off"))
        compiled = str(tables.still_open.compile(conn.sync_engine, compile_kwargs={"render_postcompile": True}))
        found = "\n".join(row[0] for row in await conn.execute(text(plan + compiled)))

    assert "session_device_once" in found, found


async def test_a_refusal_leaves_nothing_behind(db: Database, hall: Furnished) -> None:
    await ordered(db, hall)
    before = await rows(db, "select seq from board where club_id = :club", club=hall.club.club_id)

    with pytest.raises(Refused):
        await ordered(db, hall)

    assert await rows(db, "select seq from board where club_id = :club", club=hall.club.club_id) == before
    assert await rows(db, "select count(*) from session") == [(1,)]
