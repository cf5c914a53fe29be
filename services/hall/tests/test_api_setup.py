"""Setting a club up over HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from conftest import Issuer
from kit.db import Database
from kit.time import new_id
from services.hall.tests.builders import NOON, OTHER_ORG, Furnished, furnish, ordered, rows, told
from services.hall.tests.desk import Desk, a_device_body, a_tariff_body, code, somewhere


@pytest.fixture
def desk(http: httpx.AsyncClient, issuer: Issuer) -> Desk:
    return Desk(http, issuer)


NIGHT = {"days": [5, 6], "from": "22:00", "to": "08:00"}


async def test_an_org_has_the_name_that_it_was_given_last(desk: Desk) -> None:
    assert code(await desk.get("/v1/org")) == (404, "org_not_found")

    await desk.put("/v1/org", {"name": "Лига"})
    answer = await desk.put("/v1/org", {"name": "  Лига Чемпионов "})

    assert (answer.status_code, answer.json()["name"]) == (200, "Лига Чемпионов")
    assert (await desk.get("/v1/org")).json() == answer.json()


async def test_a_club_is_registered_read_changed_and_told_of(desk: Desk, db: Database) -> None:
    made = await desk.post("/v1/clubs", {"name": "Гражданка", "time_zone": "Europe/Moscow"})
    path = made.headers["Location"]

    assert made.status_code == 201
    assert made.json() == {
        "club_id": path.rpartition("/")[2],
        "name": "Гражданка",
        "time_zone": "Europe/Moscow",
        "day_starts_at": "06:00",
        "start_on_unknown_receipt": True,
        "blind_count": False,
    }
    other = {"day_starts_at": "07:30", "start_on_unknown_receipt": False, "blind_count": True}
    changed = await desk.patch(path, other)
    assert changed.json() == made.json() | other
    assert (await desk.get(path)).json() == changed.json()
    assert (await desk.get("/v1/clubs")).json()["items"] == [changed.json()]
    assert await told(db) == ["club.registered", "club.changed"]
    assert (
        await rows(db, "select headers ->> 'savepoint-club' from outbox where type like 'hall.club.%'")
        == [(made.json()["club_id"],)] * 2
    )


async def test_a_change_that_changes_nothing_is_not_told(desk: Desk, db: Database, hall: Furnished) -> None:
    path = f"/v1/clubs/{hall.club.club_id}"

    for nothing in ({}, {"name": hall.club.name}):
        assert (await desk.patch(path, nothing)).status_code == 200

    assert await told(db) == []
    assert await rows(db, "select * from board_change") == []


async def test_a_club_is_made_once_per_key(desk: Desk, db: Database) -> None:
    body = {"name": "Гражданка", "time_zone": "Europe/Moscow"}

    pressed = [await desk.post("/v1/clubs", body, key="one") for _ in range(3)]

    assert len({answer.json()["club_id"] for answer in pressed}) == 1
    assert await rows(db, "select count(*) from club") == [(1,)]


async def test_only_who_acts_for_the_whole_org_founds_clubs_and_names_it(
    http: httpx.AsyncClient, issuer: Issuer, db: Database
) -> None:
    desk = Desk(http, issuer, clubs=[somewhere()])

    made = await desk.post("/v1/clubs", {"name": "Гражданка", "time_zone": "Europe/Moscow"})
    named = await desk.put("/v1/org", {"name": "Лига"})

    assert code(made) == code(named) == (403, "whole_org_needed")
    assert await rows(db, "select name from club union select name from org") == []


async def test_a_zone_is_added_renamed_and_shown_on_the_map(desk: Desk, hall: Furnished, db: Database) -> None:
    made = await desk.post(f"/v1/clubs/{hall.club.club_id}/zones", {"name": "PS5"})
    path = made.headers["Location"]

    renamed = await desk.patch(path, {"name": "PlayStation"})

    assert (made.status_code, renamed.json()) == (201, made.json() | {"name": "PlayStation"})
    assert (await desk.get(path)).json() == renamed.json()
    listed = (await desk.get(f"/v1/clubs/{hall.club.club_id}/zones")).json()["items"]
    assert [zone["name"] for zone in listed] == ["PlayStation", "Standard", "VIP"]
    assert await rows(db, "select event from board_change") == [("layout.changed",)] * 2


async def test_a_device_is_added_renamed_moved_and_shown_on_the_map(desk: Desk, hall: Furnished, db: Database) -> None:
    made = await desk.post(f"/v1/clubs/{hall.club.club_id}/devices", a_device_body(hall, name="PS5-1"))
    path = made.headers["Location"]

    moved = await desk.patch(path, {"name": "PS5-2", "zone_id": str(hall.standard.zone_id), "in_service": False})

    assert made.status_code == 201
    assert moved.json() == made.json() | {"name": "PS5-2", "zone_id": str(hall.standard.zone_id), "in_service": False}
    assert (await desk.get(path)).json() == moved.json()
    assert (await desk.get(f"/v1/clubs/{hall.club.club_id}/devices")).json()["items"][0] == moved.json()
    states = await rows(db, "select body ->> 'name', body ->> 'state' from board_change order by seq")
    assert states == [("PS5-1", "free"), ("PS5-2", "out_of_service")]


async def test_a_device_in_use_stays_where_it_is_but_may_be_renamed(desk: Desk, hall: Furnished, db: Database) -> None:
    session, path = await ordered(db, hall), f"/v1/devices/{hall.device.device_id}"

    for change in ({"in_service": False}, {"zone_id": str(hall.standard.zone_id)}):
        refused = await desk.patch(path, change)
        assert code(refused) == (409, "device_in_use")
        assert refused.json()["params"]["session_id"] == str(session.session_id)

    assert (await desk.patch(path, {"name": "PC-037"})).status_code == 200
    assert (await desk.get(path)).json()["in_service"] is True


async def test_a_tariff_is_added_and_changed_in_every_part(desk: Desk, hall: Furnished) -> None:
    body = a_tariff_body(hall, name="Ночь", bonus_cap_percent=30, windows=[NIGHT])
    made = await desk.post(f"/v1/clubs/{hall.club.club_id}/tariffs", body)
    path = made.headers["Location"]

    assert made.status_code == 201
    assert made.json() == body | {
        "tariff_id": path.rpartition("/")[2],
        "club_id": str(hall.club.club_id),
        "active": True,
    }
    assert (await desk.get(path)).json() == made.json()
    prices = [{"zone_id": str(hall.standard.zone_id), "price_kopecks": 1}]
    changes = {"name": "День", "minutes": 60, "bonus_cap_percent": 0, "active": False, "prices": prices, "windows": []}
    assert (await desk.patch(path, changes)).json() == made.json() | changes
    assert (await desk.get(path)).json() == made.json() | changes
    assert (await desk.get(f"/v1/clubs/{hall.club.club_id}/tariffs")).json()["items"][0] == made.json() | changes


async def test_names_are_taken_once_in_a_club(desk: Desk, hall: Furnished) -> None:
    club = f"/v1/clubs/{hall.club.club_id}"
    answers = [
        await desk.post(f"{club}/zones", {"name": "VIP"}),
        await desk.patch(f"/v1/zones/{hall.standard.zone_id}", {"name": "VIP"}),
        await desk.post(f"{club}/devices", a_device_body(hall, name=hall.device.name)),
        await desk.patch(f"/v1/devices/{hall.devices[1].device_id}", {"name": hall.device.name}),
        await desk.post(f"{club}/tariffs", a_tariff_body(hall, name=hall.tariff.name)),
    ]

    assert {code(answer) for answer in answers} == {(409, "name_taken")}


async def test_lists_are_cursor_pages_newest_first(desk: Desk, hall: Furnished) -> None:
    path = f"/v1/clubs/{hall.club.club_id}/devices"

    first = (await desk.get(path, limit=2)).json()
    second = (await desk.get(path, limit=2, cursor=first["next"])).json()

    assert [device["name"] for page in (first, second) for device in page["items"]] == [
        device.name for device in reversed(hall.devices)
    ]
    assert second["next"] is None


async def test_offers_say_what_can_be_had(desk: Desk, hall: Furnished) -> None:
    answer = await desk.get(f"/v1/devices/{hall.device.device_id}/offers", client_id=somewhere())

    terms = {"minutes": 180, "price_kopecks": 450_00, "bonus_cap_percent": 30}
    offer = {"tariff_id": str(hall.tariff.tariff_id), "name": hall.tariff.name} | terms
    assert answer.json() == {"offers": [offer], "not_offered": []}


NEVER = {"days": [1], "from": "12:00", "to": "12:01"}
NOT_NOW: list[tuple[dict[str, Any], str, dict[str, Any] | None]] = [
    ({"prices": []}, "no_price_in_zone", None),
    ({"active": False}, "not_active", None),
    ({"windows": [NEVER]}, "outside_schedule", NEVER),
]


@pytest.mark.parametrize(("changes", "reason", "window"), NOT_NOW)
async def test_offers_say_why_a_tariff_cannot_be_had(
    desk: Desk, hall: Furnished, app: FastAPI, changes: dict[str, Any], reason: str, window: dict[str, Any] | None
) -> None:
    app.state.db.clock = lambda: NOON + timedelta(hours=1)
    await desk.patch(f"/v1/tariffs/{hall.tariff.tariff_id}", changes)

    answer = await desk.get(f"/v1/devices/{hall.device.device_id}/offers")

    refused = {"tariff_id": str(hall.tariff.tariff_id), "name": hall.tariff.name, "reason": reason, "window": window}
    assert answer.json() == {"offers": [], "not_offered": [refused]}


async def test_every_id_of_another_org_or_club_is_as_good_as_none(
    http: httpx.AsyncClient, issuer: Issuer, hall: Furnished, db: Database
) -> None:
    """Asked by another org, by somebody at another club of this one, and by its owner for an id that nothing has."""
    session, other = await ordered(db, hall), await furnish(db)
    before = await rows(db, "select (select count(*) from device), (select sum(seq) from board)")
    ids: dict[str, object] = {"club": hall.club.club_id, "zone": hall.vip.zone_id, "device": hall.device.device_id}
    ids |= {"tariff": hall.tariff.tariff_id, "session": session.session_id}
    strangers: list[tuple[Desk, dict[str, object]]] = [
        (Desk(http, issuer, org=str(OTHER_ORG)), ids),
        (Desk(http, issuer, clubs=[str(other.club.club_id)]), ids),
        (Desk(http, issuer, clubs=[]), ids),
        (Desk(http, issuer), {noun: somewhere() for noun in ids}),
    ]

    for desk, asked in strangers:
        for noun, one in asked.items():
            assert code(await desk.get(f"/v1/{noun}s/{one}")) == (404, f"{noun}_not_found")
        club, device = f"/v1/clubs/{asked['club']}", f"/v1/devices/{asked['device']}"
        answers = [
            *[await desk.get(f"{club}/{part}") for part in ("zones", "devices", "tariffs", "board", "stream")],
            await desk.get(f"{device}/offers"),
            await desk.patch(club, {"name": "Чужой"}),
            await desk.patch(f"/v1/zones/{asked['zone']}", {"name": "Чужая"}),
            await desk.patch(device, {"in_service": False}),
            await desk.patch(f"/v1/tariffs/{asked['tariff']}", {"active": False}),
            await desk.post(f"{club}/zones", {"name": "Чужая"}),
            await desk.post(f"{club}/devices", a_device_body(hall)),
            await desk.post(f"{club}/tariffs", a_tariff_body(hall)),
            await desk.post(f"/v1/sessions/{asked['session']}/end", {"reason": "чужой"}),
        ]
        assert {answer.status_code for answer in answers} == {404}, [answer.text for answer in answers]
    assert await rows(db, "select (select count(*) from device), (select sum(seq) from board)") == before


async def test_what_a_body_refers_to_must_be_of_the_same_club(desk: Desk, hall: Furnished, db: Database) -> None:
    other = await furnish(db)
    club, foreign = f"/v1/clubs/{hall.club.club_id}", str(other.vip.zone_id)
    prices = [{"zone_id": foreign, "price_kopecks": 1}]
    answers = [
        await desk.post(f"{club}/devices", a_device_body(hall, zone_id=foreign)),
        await desk.patch(f"/v1/devices/{hall.device.device_id}", {"zone_id": foreign}),
        await desk.post(f"{club}/tariffs", a_tariff_body(hall, prices=prices)),
        await desk.patch(f"/v1/tariffs/{hall.tariff.tariff_id}", {"prices": prices}),
    ]

    assert {code(answer) for answer in answers} == {(404, "zone_not_found")}
    assert (await desk.get(f"/v1/tariffs/{hall.tariff.tariff_id}")).json()["prices"] != prices


async def test_a_club_may_bring_its_own_id_once(desk: Desk) -> None:
    club_id = str(new_id())
    body = {"club_id": club_id, "name": "Второй", "time_zone": "Europe/Moscow"}

    first, second = [await desk.post("/v1/clubs", body) for _ in range(2)]

    assert (first.status_code, first.json()["club_id"]) == (201, club_id)
    assert (second.status_code, second.json()["code"]) == (409, "club_id_taken")
