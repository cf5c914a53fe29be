"""The chain of clubs and the journal."""

from typing import Any

import httpx
import pytest

from console.domain.chain import chain
from console.domain.journal import ACTS, days, differences
from services.console.tests.gateway import CLUB, EVERYTHING, Gateway, browser

OWNER = [*EVERYTHING, "staff.journal.read", "staff.member.read"]
FAR = "0193a000-0000-7000-8000-0000000000c2"
COUNTS = {"free": 88, "held": 2, "active": 110, "out_of_service": 1}
HERE = {"club_id": CLUB, "name": "Лиговский", "time_zone": "Europe/Moscow", "counts": COUNTS}
THERE = HERE | {"club_id": FAR, "name": "Гражданка", "time_zone": "Asia/Omsk", "counts": dict.fromkeys(COUNTS, 0)}
SHIFT = {"shift_id": "s1", "number": 214, "opened_by": {"name": "Анна К."}, "opened_at": "2026-11-23T07:02:00Z"}
TAKEN = {"club_id": CLUB, "revenue_kopecks": 38_400_00, "refunds_kopecks": 0, "open_shifts": [SHIFT]}
WELL = {"register_id": "r1", "club_id": CLUB, "name": "Атол", "mode": "kkm_server", "reachable": True, "troubles": []}
ILL = WELL | {"club_id": FAR, "reachable": False, "troubles": ["register_unreachable"]}
SILENT = ILL | {"reachable_since": "2026-11-23T07:02:00Z"}
ACT = {
    "act_id": "a1",
    "at": "2026-11-23T07:02:00Z",
    "act": "hall.tariff.changed",
    "person": {"member_id": "m1", "name": "Борис Л."},
    "club_id": CLUB,
    "till_id": None,
    "till_name": "Стойка 1",
    "subject": "t1",
    "before": {"name": "Ночь", "minutes": 600, "active": True},
    "after": {"name": "Ночь", "minutes": 540, "active": False},
    "reason": "Так решили",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
}


@pytest.fixture
def clubs(gateway: Gateway) -> Gateway:
    gateway.says("GET /hall/v1/summary", [HERE, THERE])
    gateway.says("GET /billing/v1/shifts/summary", [TAKEN])
    gateway.says("GET /fiscal/v1/registers", {"items": [WELL, SILENT]})
    gateway.says("GET /hall/v1/clubs", {"items": [HERE, THERE]})
    gateway.says("GET /staff/v1/members", {"items": []})
    gateway.says("GET /staff/v1/journal", {"items": [ACT], "next": "n1"})
    return gateway


def owner(gateway: Gateway, language: str = "en") -> httpx.AsyncClient:
    return browser(gateway, OWNER, language=language, everywhere=True)


async def test_clubs_in_trouble_stand_first_and_each_leads_to_its_console(clubs: Gateway) -> None:
    async with owner(clubs, "ru") as desk:
        text = (await desk.get("/chain/clubs")).text
    assert text.index(f'href="/clubs/{FAR}"') < text.index(f'href="/clubs/{CLUB}"')
    assert "Атол: не отвечает с 13:02" in text
    assert "112 / 200" in text
    assert "38\u00a0400,00" in text
    assert "Анна К., 10:02" in text


async def test_the_chain_shows_what_it_knows_while_billing_is_silent(clubs: Gateway) -> None:
    clubs.is_silent("GET /billing/v1/shifts/summary")
    async with owner(clubs) as desk:
        answer = await desk.get("/chain/clubs")
    assert answer.status_code == 200
    assert "nothing can be sold" in answer.text
    assert "112 / 200" in answer.text


def test_guests_without_an_open_shift_are_a_trouble() -> None:
    shown = chain([HERE, THERE], [TAKEN | {"open_shifts": []}], [])
    assert [(club.club_id, club.troubles) for club in shown.clubs] == [(CLUB, 1), (FAR, 0)]


async def test_the_journal_says_what_was_and_what_is_and_why(clubs: Gateway) -> None:
    async with owner(clubs, "ru") as desk:
        text = (await desk.get("/journal?since=2026-11-23&until=2026-11-23&act=hall.tariff.changed")).text
    assert "Минут: <s>600</s> → <b>540</b>" in text
    assert "В продаже: <s>да</s> → <b>нет</b>" in text
    assert "Тариф изменён" in text
    assert "Так решили" in text
    assert "0af76519" in text
    assert "Название: " not in text
    asked = clubs.query("GET /staff/v1/journal")
    assert (asked["from"], asked["to"]) == ("2026-11-23T00:00:00+03:00", "2026-11-24T00:00:00+03:00")
    assert "act=hall.tariff.changed&amp;since=2026-11-23" in text


async def test_a_day_that_is_none_is_not_asked_for(clubs: Gateway) -> None:
    async with owner(clubs) as desk:
        answer = await desk.get("/journal?since=вчера")
    assert answer.status_code == 200
    assert "from" not in clubs.query("GET /staff/v1/journal")
    assert days("2026-13-01", "").moments("Europe/Moscow") == {}


def test_the_journal_is_silent_about_what_a_new_thing_has_none_of_and_speaks_of_time_in_minutes() -> None:
    new = ACT | {"act": "hall.tariff.added", "before": None, "after": {"name": "1 час", "windows": []}}
    assert [change.label for change in differences(new, str, "en")] == ["Name"]
    ended = ACT | {"act": "hall.session.ended", "before": None, "after": {"unused_s": 3571}}
    assert [(change.label, change.after) for change in differences(ended, str, "en")] == [("Left, min", "60")]


def test_a_new_thing_shows_all_that_it_has_but_ids() -> None:
    entry: dict[str, Any] = {
        "act": "hall.zone.added",
        "before": None,
        "after": {"zone_id": "z1", "name": "VIP", "price_kopecks": 5_00},
    }
    shown = [(one.label, one.before, one.after) for one in differences(entry, str, "en")]
    assert shown == [("Name", "", "VIP"), ("Price", "", "5.00\u00a0₽")]


def test_windows_and_prices_are_told_as_people_say_them() -> None:
    windows = [{"days": [5, 6], "starts": "22:00:00", "ends": "08:00:00"}]
    after = {"prices": {"z1": 900_00}, "windows": windows, "added_at": "2026-11-23T18:58:26Z"}
    told = differences(ACT | {"before": None, "after": after}, str, "en")
    assert [one.after for one in told] == ["900.00\u00a0₽", "Fri, Sat 22:00–08:00"]


@pytest.mark.parametrize("slug", sorted(ACTS))
async def test_every_act_is_called_by_its_words(clubs: Gateway, slug: str) -> None:
    clubs.says("GET /staff/v1/journal", {"items": [ACT | {"act": slug}]})
    async with owner(clubs, "ru") as desk:
        text = (await desk.get("/journal")).text
    assert f"<td>{slug}</td>" not in text


async def test_a_clubs_load_is_drawn_and_said(clubs: Gateway) -> None:
    hours = [{"since": "2026-11-23T07:00:00Z", "percent": percent} for percent in (0, 50, 100)]
    clubs.says(f"GET /hall/v1/clubs/{CLUB}/load", {"hours": hours})
    async with browser(clubs, OWNER) as desk:
        drawn = (await desk.get(f"/clubs/{CLUB}/load")).text
        clubs.is_silent(f"GET /hall/v1/clubs/{CLUB}/load")
        silent = await desk.get(f"/clubs/{CLUB}/load")
    assert drawn.count("<rect") == 3
    assert "0, 50, 100" in drawn
    assert (silent.status_code, silent.text.strip()) == (200, "")
