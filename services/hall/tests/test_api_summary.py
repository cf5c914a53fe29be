"""All clubs at a glance, and what ending a session would mean."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from conftest import Issuer
from hall.domain.board import counts
from hall.domain.load import Played, load
from hall.store import board, devices, sessions
from kit.db import Database
from services.hall.tests.builders import NOON, OTHER_ORG, Furnished, a_device, a_session, furnish, ordered, started
from services.hall.tests.desk import Desk, code, somewhere


@pytest.fixture
def desk(http: httpx.AsyncClient, issuer: Issuer) -> Desk:
    return Desk(http, issuer)


async def test_the_summary_counts_what_the_boards_show(desk: Desk, hall: Furnished, db: Database) -> None:
    empty = await furnish(db, pcs=0)
    await furnish(db, OTHER_ORG)
    await ordered(db, hall, hall.devices[0])
    await started(db, hall, hall.devices[1])
    async with db.begin() as tx:
        broken = a_device(hall.club.club_id, hall.vip.zone_id, in_service=False)
        await devices.add_device(tx, broken)

    told = {one["club_id"]: one["counts"] for one in (await desk.get("/v1/summary")).json()}

    assert told.keys() == {str(hall.club.club_id), str(empty.club.club_id)}
    assert told[str(hall.club.club_id)] == {"free": 1, "held": 1, "active": 1, "out_of_service": 1}
    for furnished in (hall, empty):
        async with db.look() as tx:
            seen = await board.snapshot(tx, furnished.scope, furnished.club.club_id)
        assert told[str(furnished.club.club_id)] == {str(state): n for state, n in counts(seen.tiles).items()}


async def test_a_member_of_one_club_sees_that_one_alone(
    http: httpx.AsyncClient, issuer: Issuer, hall: Furnished, db: Database
) -> None:
    await furnish(db)
    here = Desk(http, issuer, clubs=[str(hall.club.club_id)])
    assert [one["club_id"] for one in (await here.get("/v1/summary")).json()] == [str(hall.club.club_id)]


async def test_a_quote_says_what_ending_now_leaves_and_does_nothing(desk: Desk, hall: Furnished, db: Database) -> None:
    session = await started(db, hall)

    quote = await desk.post(f"/v1/sessions/{session.session_id}/end/quote", None)

    assert (quote.status_code, quote.json()["policy"], quote.json()["returned_kopecks"]) == (200, "burned", 0)
    assert 180 * 60 - 60 <= quote.json()["left_s"] <= 180 * 60
    after = await desk.get(f"/v1/sessions/{session.session_id}")
    assert after.json()["state"] == "active"


async def test_what_does_not_run_has_no_quote(desk: Desk, hall: Furnished, db: Database) -> None:
    held = await ordered(db, hall)
    assert code(await desk.post(f"/v1/sessions/{held.session_id}/end/quote", None)) == (409, "session_not_started")
    assert code(await desk.post(f"/v1/sessions/{somewhere()}/end/quote", None)) == (404, "session_not_found")


def test_what_is_left_is_never_below_none_nor_above_what_was_paid() -> None:
    begun = a_session().start(NOON)
    assert begun.ends_at is not None
    assert begun.leftover(begun.ends_at + timedelta(hours=1)).left_s == 0
    assert begun.leftover(NOON - timedelta(hours=9)).left_s == begun.paid_s


async def test_the_load_of_the_last_hours_is_what_was_played(desk: Desk, hall: Furnished, db: Database) -> None:
    session = await started(db, hall, hall.devices[0])
    async with db.begin() as tx:
        await sessions.save_session(tx, replace(session, started_at=tx.now - timedelta(hours=2)))

    hours = (await desk.get(f"/v1/clubs/{hall.club.club_id}/load")).json()["hours"]

    share = round(100 / len(hall.devices))
    assert [one["percent"] for one in hours] == [0] * 22 + [share] * 2
    stranger = await furnish(db, OTHER_ORG)
    assert (await desk.get(f"/v1/clubs/{stranger.club.club_id}/load")).status_code == 404


NOW = NOON
H = timedelta(hours=1)
LOADS = [
    ([], 4, {}),
    ([Played(NOW - 2 * H, NOW - H)], 4, {22: 25}),
    ([Played(NOW - 2 * H, None)], 4, {22: 25, 23: 25}),
    ([Played(NOW - 90 * H, None)], 1, dict.fromkeys(range(24), 100)),
    ([Played(NOW - 1.5 * H, NOW - 0.5 * H)] * 2, 2, {22: 50, 23: 50}),
    ([Played(NOW - 48 * H, NOW - 24 * H)], 1, {}),
    ([Played(NOW - H, None)], 0, {}),
]


@pytest.mark.parametrize(("played", "places", "full"), LOADS)
def test_an_hour_is_as_full_as_its_places_were_played_at(
    played: list[Played], places: int, full: dict[int, int]
) -> None:
    assert {n: one.percent for n, one in enumerate(load(played, places, NOW)) if one.percent} == full
