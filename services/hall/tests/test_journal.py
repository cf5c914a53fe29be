"""What the hall tells for the journal: who changed what, and what is different now."""

from typing import Any

import httpx
import pytest

from conftest import Issuer
from kit.db import Database
from services.hall.tests.builders import Furnished, acts, furnish, started
from services.hall.tests.desk import Desk, a_device_body, a_tariff_body

CLUB = {"name": "Клуб на Гражданке", "time_zone": "Europe/Moscow"}


@pytest.fixture
def desk(http: httpx.AsyncClient, issuer: Issuer) -> Desk:
    return Desk(http, issuer)


@pytest.fixture
async def hall(db: Database) -> Furnished:
    return await furnish(db)


def verbs(told: list[dict[str, Any]]) -> list[str]:
    return [act["act"].removeprefix("hall.") for act in told]


async def test_every_setting_of_a_club_is_told_with_who_changed_it(desk: Desk, db: Database) -> None:
    await desk.put("/v1/org", {"name": "Лига"})
    club = (await desk.post("/v1/clubs", CLUB)).json()["club_id"]
    await desk.patch(f"/v1/clubs/{club}", {"start_on_unknown_receipt": False})
    zone = (await desk.post(f"/v1/clubs/{club}/zones", {"name": "VIP"})).json()["zone_id"]
    await desk.patch(f"/v1/zones/{zone}", {"name": "Люкс"})
    place = {"name": "PC-01", "kind": "pc", "zone_id": zone}
    device = (await desk.post(f"/v1/clubs/{club}/devices", place)).json()["device_id"]
    await desk.patch(f"/v1/devices/{device}", {"in_service": False})

    told = await acts(db)

    assert verbs(told) == [
        "org.named",
        "club.registered",
        "club.changed",
        "zone.added",
        "zone.renamed",
        "device.added",
        "device.changed",
    ]
    assert {act["person"]["name"] for act in told} == {"Анна К."}
    assert [act["club_id"] for act in told] == [None] + [club] * 6
    assert (told[2]["before"], told[2]["after"]) == (
        {"start_on_unknown_receipt": True},
        {"start_on_unknown_receipt": False},
    )
    assert (told[4]["before"], told[4]["after"], told[4]["subject"]) == ({"name": "VIP"}, {"name": "Люкс"}, zone)
    assert (told[5]["before"], told[5]["after"]["name"]) == (None, "PC-01")


async def test_a_tariffs_prices_and_windows_are_told_as_they_were_and_are(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    made = await desk.post(f"/v1/clubs/{hall.club.club_id}/tariffs", a_tariff_body(hall))
    path, vip = f"/v1/tariffs/{made.json()['tariff_id']}", str(hall.vip.zone_id)
    changes = {
        "prices": [{"zone_id": vip, "price_kopecks": 950_00}],
        "windows": [{"days": [5], "from": "22:00", "to": "08:00"}],
    }

    for _ in range(2):
        await desk.patch(path, changes)

    added, changed = await acts(db)
    assert (added["act"], added["after"]["prices"]) == ("hall.tariff.added", {vip: 900_00})
    assert changed["before"] == {"prices": {vip: 900_00}, "windows": []}
    assert changed["after"] == {
        "prices": {vip: 950_00},
        "windows": [{"days": [5], "starts": "22:00:00", "ends": "08:00:00"}],
    }


async def test_a_session_ended_by_hand_is_told_with_its_reason_and_one_refused_is_not(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    session = await started(db, hall)

    for _ in range(2):
        await desk.post(f"/v1/sessions/{session.session_id}/end", {"reason": "Гость ушёл"})
    await desk.post(f"/v1/clubs/{hall.club.club_id}/devices", a_device_body(hall, zone_id=str(session.session_id)))

    (ended,) = await acts(db)
    assert (ended["act"], ended["reason"], ended["subject"]) == (
        "hall.session.ended",
        "Гость ушёл",
        str(session.session_id),
    )
    assert (ended["before"]["state"], ended["after"]["state"]) == ("active", "ended")
    assert ended["after"]["unused_s"] > 0
