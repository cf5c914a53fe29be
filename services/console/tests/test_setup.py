"""The settings: series of places, what a save says that it changed, secrets shown once, tills, the guide."""

from typing import Any

import httpx
import pytest

from console.domain.setup import Wrong, changes, series, tariff_of, tariff_told
from console.domain.start import guide
from services.console.tests.gateway import CLUB, EVERYTHING, TILL, Gateway, browser, token

OWNER = [*EVERYTHING, "staff.till.read", "staff.till.manage", "staff.member.read", "staff.member.manage"]
THERE = {"club_id": CLUB, "name": "Клуб на Лиговском", "time_zone": "Europe/Moscow"}
THE_CLUB = THERE | {"day_starts_at": "06:00", "start_on_unknown_receipt": True, "blind_count": False}
ZONE = {"zone_id": "z1", "club_id": CLUB, "name": "VIP"}
PLACE = {"device_id": "d1", "club_id": CLUB, "zone_id": "z1", "name": "PC-01", "kind": "pc", "in_service": True}
HOUR = {"tariff_id": "t1", "club_id": CLUB, "name": "Час", "minutes": 60, "bonus_cap_percent": 0, "active": True}
TARIFF = HOUR | {"prices": [{"zone_id": "z1", "price_kopecks": 180_00}], "windows": []}
DASHA = {"member_id": "m1", "login": "dasha", "name": "Даша М.", "role": "operator", "clubs": None, "inn": None}
MEMBER = DASHA | {"must_change_password": True, "has_pin": True}
DESK = {"till_id": TILL, "club_id": CLUB, "name": "Стойка 1", "enrolled_at": "2026-11-23T10:00:00Z"}
OTHER = DESK | {"till_id": "0193a000-0000-7000-8000-0000000000a2", "name": "Бар", "enrolled_at": None}


@pytest.fixture
def club(gateway: Gateway) -> Gateway:
    """A club that is set up."""
    gateway.says("GET /hall/v1/clubs", {"items": [THE_CLUB]})
    gateway.says(f"GET /hall/v1/clubs/{CLUB}", THE_CLUB)
    gateway.says(f"GET /hall/v1/clubs/{CLUB}/zones", {"items": [ZONE]})
    gateway.says(f"GET /hall/v1/clubs/{CLUB}/devices", {"items": [PLACE]})
    gateway.says(f"GET /hall/v1/clubs/{CLUB}/tariffs", {"items": [TARIFF]})
    gateway.says("GET /staff/v1/members", {"items": [MEMBER]})
    gateway.says("GET /staff/v1/tills", {"items": [DESK, OTHER]})
    gateway.says("GET /staff/v1/me", {"has_pin": True})
    gateway.says("GET /fiscal/v1/registers", {"items": []})
    gateway.says(f"GET /fiscal/v1/clubs/{CLUB}/tax", {"settings": []})
    return gateway


def owner(gateway: Gateway, language: str = "en", **more: Any) -> httpx.AsyncClient:
    return browser(gateway, OWNER, language=language, **more)


@pytest.mark.parametrize("path", ["clubs", "clubs?new=true", "places", "tariffs", "tariffs?edit=t1", "people", "tills"])
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_every_page_of_the_settings_is_drawn(club: Gateway, path: str, language: str) -> None:
    async with owner(club, language) as desk:
        answer = await desk.get(f"/settings/{path}")
    assert answer.status_code == 200, answer.text


async def test_a_save_says_what_it_changed_from_what_to_what(club: Gateway) -> None:
    club.says("GET /hall/v1/devices/d1", PLACE)
    club.says("PATCH /hall/v1/devices/d1", PLACE | {"name": "PC-07", "in_service": False})
    async with owner(club, "ru") as desk:
        answer = await desk.post("/settings/places/d1", data={"name": "PC-07", "zone_id": "z1", "kind": "pc"})
    assert "Название: <s>PC-01</s> → <b>PC-07</b>" in answer.text
    assert "Работает: <s>да</s> → <b>нет</b>" in answer.text
    assert club.body("PATCH /hall/v1/devices/d1") == {"name": "PC-07", "in_service": False}


async def test_a_series_is_added_at_once_each_with_a_key_of_its_own(club: Gateway) -> None:
    call = f"POST /hall/v1/clubs/{CLUB}/devices"
    club.says(call, PLACE, 201)
    form = {"name": "PC-01", "zone_id": "z1", "kind": "pc", "count": "20", "attempt": "a1"}
    async with owner(club) as desk:
        answer = await desk.post("/settings/places", data=form)
    assert "Added: PC-01 … PC-20 (20)" in answer.text
    assert len({one.headers["Idempotency-Key"] for one in club.sent(call)}) == 20


async def test_names_that_are_taken_are_named_and_the_form_keeps_what_was_typed(club: Gateway) -> None:
    club.refuses(f"POST /hall/v1/clubs/{CLUB}/devices", "name_taken", params={"name": "PC-01"})
    form = {"name": "PC-01", "zone_id": "z1", "kind": "pc", "count": "2", "attempt": "a1"}
    async with owner(club) as desk:
        answer = await desk.post("/settings/places", data=form)
    assert answer.status_code == 409
    assert "Already there: PC-01, PC-02" in answer.text
    assert 'value="PC-01"' in answer.text


async def test_a_tariff_is_sent_as_it_was_typed(club: Gateway) -> None:
    call = f"POST /hall/v1/clubs/{CLUB}/tariffs"
    club.says(call, TARIFF, 201)
    form = {"attempt": "a1", "name": "Ночь", "hours": "10", "minutes": "", "price_z1": "900,50", "active": "1"}
    windows = {"rows": "2", "days_0": ["5", "6"], "from_0": "22:00", "to_0": "08:00", "bonus_cap_percent": "30"}
    async with owner(club) as desk:
        await desk.post("/settings/tariffs", data=form | windows)
    body = club.body(call)
    assert body["windows"] == [{"days": [5, 6], "from": "22:00", "to": "08:00"}]
    assert body["prices"] == [{"zone_id": "z1", "price_kopecks": 900_50}]
    assert (body["minutes"], body["bonus_cap_percent"], body["active"]) == (600, 30, True)


async def test_a_one_time_password_is_on_the_page_once(club: Gateway) -> None:
    club.says("POST /staff/v1/members", MEMBER | {"one_time_password": "k7wm-2xq6"}, 201)
    form = {"attempt": "a1", "name": "Даша М.", "login": "dasha", "role": "operator", "clubs": CLUB}
    async with owner(club) as desk:
        added = await desk.post("/settings/people", data=form)
        later = await desk.get("/settings/people")
    assert "k7wm-2xq6" in added.text
    assert "k7wm-2xq6" not in later.text
    sent = club.body("POST /staff/v1/members")
    assert sent == {"name": "Даша М.", "login": "dasha", "role": "operator", "clubs": [CLUB]}


async def test_enrolling_gives_the_browser_the_secret_and_ends_the_session_without_a_till(club: Gateway) -> None:
    club.says(f"POST /staff/v1/tills/{OTHER['till_id']}/enrolment", OTHER | {"secret": "of-the-till"}, 201)
    async with owner(club, till_id=None) as desk:
        answer = await desk.post(f"/settings/tills/{OTHER['till_id']}/enrolment", data={"attempt": "a1"})
    cookies = answer.headers.get_list("set-cookie")
    assert any(one.startswith("__Host-till=of-the-till;") and "HttpOnly" in one and "Secure" in one for one in cookies)
    assert any(one.startswith('__Host-savepoint=""') for one in cookies)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/hall"
    assert "of-the-till" not in answer.text


async def test_what_a_role_may_not_do_is_not_offered(club: Gateway) -> None:
    async with browser(club, [*EVERYTHING, "staff.till.read", "staff.member.read"]) as desk:
        tills, people = await desk.get("/settings/tills"), await desk.get("/settings/people")
    assert "Enrol this browser" not in tills.text
    assert 'hx-post="/settings/people"' not in people.text


async def test_an_empty_installation_begins_with_the_club_alone(gateway: Gateway) -> None:
    gateway.says("GET /hall/v1/clubs", {"items": []})
    gateway.says("POST /hall/v1/clubs", THE_CLUB, 201)
    async with owner(gateway, "ru", till_id=None) as desk:
        first = await desk.get("/start")
        form = {"name": "Клуб на Лиговском", "time_zone": "Europe/Moscow", "attempt": "a1"}
        second = await desk.post("/start/club", data=form)
    assert first.text.count("<form") - first.text.count('method="') == first.text.count("hx-post=")
    assert 'hx-post="/start/club"' in first.text
    assert 'hx-post="/start/places"' in second.text
    assert any(one.startswith(f"__Host-club={CLUB};") for one in second.headers.get_list("set-cookie"))


async def test_the_guide_goes_on_where_it_was_left(club: Gateway) -> None:
    async with owner(club) as desk:
        text = (await desk.get("/start")).text
    assert 'hx-post="/start/register"' in text
    assert text.count('hx-post="/start/') == 1
    assert "VIP · 1" in text


async def test_the_guides_till_signs_its_person_in_at_once(club: Gateway) -> None:
    club.says("GET /staff/v1/tills", {"items": []})
    club.says("POST /staff/v1/tills", DESK, 201)
    club.says(f"POST /staff/v1/tills/{TILL}/enrolment", DESK | {"secret": "of-the-till"}, 201)
    club.says("POST /staff/v1/sessions/pin", {"session": "at-the-till"}, 201)
    form = {"club_id": CLUB, "name": "Стойка 1", "pin": "246813", "attempt": "a1"}
    async with owner(club, till_id=None) as desk:
        club.says("POST /staff/v1/sessions/token", {"access_token": token(OWNER, None)})
        answer = await desk.post("/start/till", data=form)
    asked = club.sent("POST /staff/v1/sessions/pin")[0]
    assert (asked.headers["Savepoint-Till"], asked.headers["User-Agent"]) == ("of-the-till", desk.headers["User-Agent"])
    names = [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")]
    assert {"__Host-till=of-the-till", "__Host-savepoint=at-the-till"} <= set(names)
    assert club.sent("PUT /staff/v1/me/pin") == []


async def test_the_register_is_asked_for_until_fiscal_has_heard_of_the_club(club: Gateway) -> None:
    club.says("PUT /fiscal/v1/clubs/" + CLUB + "/tax", {"settings": []})
    club.says("POST /fiscal/v1/registers", {"register_id": "r1"}, 201)
    form = {"club_id": CLUB, "system": "usn_income", "vat": "none", "name": "Касса", "attempt": "a1"}
    async with owner(club) as desk:
        await desk.post("/start/register", data=form)
    sent = club.body("POST /fiscal/v1/registers")
    assert sent == {"club_id": CLUB, "name": "Касса", "mode": "kkm_server", "num_device": 1}
    assert club.body(f"PUT /fiscal/v1/clubs/{CLUB}/tax")["settings"][0]["system"] == "usn_income"


def test_a_step_is_done_when_its_thing_exists() -> None:
    assert guide(None).next == "club"
    assert guide(THE_CLUB, [ZONE]).next == "places"
    assert guide(THE_CLUB, [ZONE], [PLACE]).next == "tariff"
    assert guide(THE_CLUB, [ZONE], [PLACE], [TARIFF | {"active": False}]).next == "tariff"
    assert guide(THE_CLUB, [ZONE], [PLACE], [TARIFF], [DESK]).next == "till"
    done = guide(THE_CLUB, [ZONE], [PLACE], [TARIFF], [DESK], [{"name": "Касса"}], taxed=True, till_id=TILL)
    assert done.next == "shift"


@pytest.mark.parametrize(
    ("first", "count", "names"),
    [
        ("PC-09", 3, ["PC-09", "PC-10", "PC-11"]),
        ("PC-099", 2, ["PC-099", "PC-100"]),
        ("VIP", 2, ["VIP-1", "VIP-2"]),
        ("Диван", 1, ["Диван"]),
    ],
)
def test_a_series_goes_on_from_its_first_name(first: str, count: int, names: list[str]) -> None:
    assert series(first, count) == names


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"hours": ["x"]}, "hours"), ({}, "minutes"), ({"minutes": ["5"], "price_z1": ["дорого"]}, "price_z1")],
)
def test_what_is_no_tariff_names_its_field(typed: dict[str, list[str]], field: str) -> None:
    assert tariff_of(typed, ["z1"]) == Wrong(field)


def test_a_tariff_taken_out_of_a_zone_has_no_price_there_any_more() -> None:
    def told(tariff: dict[str, Any]) -> dict[str, str]:
        return tariff_told(tariff, {"z1": "VIP"}, str, "en")

    (change,) = changes(told(TARIFF), told(TARIFF | {"prices": []}))
    assert (change.label, change.before, change.after) == ("Price, VIP", "180.00\u00a0₽", "—")
