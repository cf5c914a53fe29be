"""Bad input on every endpoint: the right status, a problem, and nothing changed."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from conftest import Issuer
from kit.db import Database
from services.hall.tests.builders import Furnished, rows, started
from services.hall.tests.desk import CASH, Desk, a_device_body, a_tariff_body, an_order, somewhere

HUGE = 10**30


@pytest.fixture
def desk(http: httpx.AsyncClient, issuer: Issuer) -> Desk:
    return Desk(http, issuer)


async def everything(db: Database) -> list[list[tuple[Any, ...]]]:
    """All rows that a request could change."""
    tables = ("org", "club", "zone", "device", "tariff", "tariff_price", "session", "board", "board_change", "outbox")
    return [await rows(db, f'select * from "{table}" order by 1') for table in tables]


NOT_NAMES: list[Any] = [None, 5, "", "   ", "x" * 129, "\u0000", "a\nb", "\ud800", ["VIP"], {"name": "VIP"}]
NOT_REASONS = ["x" * 201 if name == "x" * 129 else name for name in NOT_NAMES]
NOT_IDS: list[Any] = [None, 5, "", "x", "0193a000", f"{somewhere()}x", [], "'; drop table session; --"]
NOT_NUMBERS: list[Any] = [None, "x", "", 1.5, -1, 0, HUGE, -HUGE, [], {}]
NOT_FLAGS: list[Any] = [None, 2, "perhaps", [], -1]
NOT_TIMES: list[Any] = [None, 6, "6:00", "24:00", "06:60", "06:00:00", "0٦:00", "", []]
NOT_ZONES: list[Any] = [None, 5, "", "Moscow", "Europe/Nowhere", "../../etc/passwd", "x" * 65, "\u0000"]
NOT_WINDOWS: list[Any] = [
    None,
    {},
    "always",
    [{}],
    [{"days": [], "from": "10:00", "to": "12:00"}],
    [{"days": [0], "from": "10:00", "to": "12:00"}],
    [{"days": [8], "from": "10:00", "to": "12:00"}],
    [{"days": [1], "from": "10:00"}],
    [{"days": [1], "from": "10:00", "to": "25:00"}],
    [{"days": [1], "from": "10:00", "to": "12:00", "colour": "red"}],
    [{"days": [1], "from": "10:00", "to": "12:00"}] * 21,
]


def not_prices(hall: Furnished) -> list[Any]:
    vip = str(hall.vip.zone_id)
    return [
        None,
        {},
        [{}],
        [{"zone_id": vip}],
        [{"zone_id": vip, "price_kopecks": 1}, {"zone_id": vip, "price_kopecks": 2}],
        *([{"zone_id": vip, "price_kopecks": bad}] for bad in NOT_NUMBERS),
        *([{"zone_id": bad, "price_kopecks": 1}] for bad in NOT_IDS),
        [{"zone_id": somewhere(), "price_kopecks": 1}] * 101,
    ]


def not_payments() -> list[Any]:
    tender = CASH["tenders"][0]
    return [
        {},
        [],
        "cash",
        {"tenders": []},
        {"tenders": [tender] * 9},
        {"tenders": [tender | {"kind": "bonus"}]},
        {"tenders": [tender | {"colour": "red"}]},
        {"tenders": [tender | {"slip": "x" * 41}]},
        {"tenders": [tender | {"slip": "\u0000"}]},
        *({"tenders": [tender | {"amount_kopecks": bad}]} for bad in NOT_NUMBERS),
        {"tenders": [tender | {"received_kopecks": -1}]},
        {"tenders": [tender | {"received_kopecks": HUGE}]},
    ]


def bad_fields(hall: Furnished) -> list[tuple[str, dict[str, Any], dict[str, list[Any]]]]:
    """Each endpoint with a body: path, a good body, and bad values by field."""
    club, device, tariff = hall.club.club_id, a_device_body(hall), a_tariff_body(hall)
    in_club = {"name": NOT_NAMES, "time_zone": NOT_ZONES, "day_starts_at": NOT_TIMES}
    of_device = {"name": NOT_NAMES, "kind": [None, "toaster", 1], "zone_id": NOT_IDS, "in_service": NOT_FLAGS}
    minutes = {"minutes": [*NOT_NUMBERS, 7 * 24 * 60 + 1], "bonus_cap_percent": [None, "x", -1, 101, HUGE]}
    of_tariff = {"name": NOT_NAMES, "active": NOT_FLAGS, "prices": not_prices(hall), "windows": NOT_WINDOWS} | minutes
    ids: dict[str, list[Any]] = dict.fromkeys(("device_id", "till_id", "tariff_id"), NOT_IDS)
    return [
        ("PUT /v1/org", {"name": "Лига"}, {"name": NOT_NAMES}),
        (
            "POST /v1/clubs",
            {"name": "Клуб", "time_zone": "Europe/Moscow"},
            in_club | {"start_on_unknown_receipt": NOT_FLAGS, "blind_count": NOT_FLAGS},
        ),
        (f"PATCH /v1/clubs/{club}", {}, in_club | {"start_on_unknown_receipt": NOT_FLAGS, "blind_count": NOT_FLAGS}),
        (f"POST /v1/clubs/{club}/zones", {"name": "PS5"}, {"name": NOT_NAMES}),
        (f"PATCH /v1/zones/{hall.vip.zone_id}", {"name": "PS5"}, {"name": NOT_NAMES}),
        (f"POST /v1/clubs/{club}/devices", device, of_device),
        (f"PATCH /v1/devices/{hall.device.device_id}", {}, of_device),
        (f"POST /v1/clubs/{club}/tariffs", tariff, of_tariff),
        (f"PATCH /v1/tariffs/{hall.tariff.tariff_id}", {}, of_tariff),
        ("POST /v1/sessions", an_order(hall), ids | {"client_id": NOT_IDS[1:], "payment": not_payments()}),
        (f"POST /v1/sessions/{somewhere()}/end", {"reason": "Гость ушёл"}, {"reason": NOT_REASONS}),
    ]


async def send(desk: Desk, endpoint: str, content: bytes) -> httpx.Response:
    method, path = endpoint.split(" ")
    headers = desk.header | {"Content-Type": "application/json", "Idempotency-Key": somewhere()}
    return await desk.http.request(method, path, content=content, headers=headers)


def encoded(body: Any) -> bytes:
    """JSON as a client writes it who does not know better: lone surrogates escaped, no limits."""
    return json.dumps(body).encode()


async def test_every_bad_field_is_a_problem_and_changes_nothing(desk: Desk, hall: Furnished, db: Database) -> None:
    before = await everything(db)

    for endpoint, good, fields in bad_fields(hall):
        for name, values in fields.items():
            for bad in values:
                answer = await send(desk, endpoint, encoded(good | {name: bad}))
                assert answer.status_code == 422, (endpoint, name, bad, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"

    assert await everything(db) == before


BROKEN = [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 5000, b'{"colour": "red"}', b'{"name": NaN}']


async def test_every_broken_body_is_a_problem_and_changes_nothing(desk: Desk, hall: Furnished, db: Database) -> None:
    before = await everything(db)

    for endpoint, _, _ in bad_fields(hall):
        for content in BROKEN:
            answer = await send(desk, endpoint, content)
            assert answer.status_code in (400, 422), (endpoint, content[:20], answer.text)
            assert answer.headers["content-type"] == "application/problem+json"

    assert await everything(db) == before


def paths(hall: Furnished) -> list[str]:
    """Every endpoint of the hall, with ids that exist."""
    club, device = f"/v1/clubs/{hall.club.club_id}", f"/v1/devices/{hall.device.device_id}"
    gets = ["/v1/org", "/v1/clubs", club, f"{club}/zones", f"{club}/devices", f"{club}/tariffs", f"{club}/board"]
    gets += [f"{club}/load", f"{club}/stream", f"/v1/zones/{hall.vip.zone_id}", device, f"{device}/offers"]
    gets += [f"/v1/tariffs/{hall.tariff.tariff_id}", "/v1/sessions", f"/v1/sessions/{somewhere()}"]
    asks = [f"GET {path}" for path in [*gets, "/v1/summary"]] + [f"POST /v1/sessions/{somewhere()}/end/quote"]
    return asks + [endpoint for endpoint, _, _ in bad_fields(hall)]


async def test_no_route_is_missing_from_these_tests(app: FastAPI, hall: Furnished) -> None:
    known = {f"{path.split(' ')[0]} {len(path.split('/'))}" for path in paths(hall)}
    routes = [
        (method.upper(), path)
        for path, item in app.openapi()["paths"].items()
        for method in item
        if path.startswith("/v1")
    ]

    assert len(routes) == len(paths(hall))
    assert {f"{method} {len(path.split('/'))}" for method, path in routes} == known


PERMISSIONS: dict[str, Callable[[str, str], bool]] = {
    "hall.board.read": lambda method, path: method == "GET",
    "hall.session.end": lambda method, path: path.endswith(("/end", "/end/quote")),
    "hall.session.order": lambda method, path: method == "POST" and path == "/v1/sessions",
    "hall.club.manage": lambda method, path: method != "GET" and not path.startswith("/v1/sessions"),
}


async def test_every_route_needs_a_token_and_names_its_permission(
    http: httpx.AsyncClient, issuer: Issuer, hall: Furnished, db: Database
) -> None:
    before = await everything(db)

    for endpoint in paths(hall):
        method, path = endpoint.split(" ")
        (needed,) = [name for name, covers in PERMISSIONS.items() if covers(method, path)]
        others = [name for name in PERMISSIONS if name != needed]
        headers = {"Idempotency-Key": somewhere()}
        nobody = await http.request(method, path, json={}, headers=headers)
        assert (nobody.status_code, nobody.json()["code"]) == (401, "token_missing"), endpoint
        late = issuer.header(needed, exp=int(time.time()) - 60)
        expired = await http.request(method, path, json={}, headers=headers | late)
        assert (expired.status_code, expired.json()["code"]) == (401, "token_expired"), endpoint
        wrong = await http.request(method, path, json={}, headers=headers | issuer.header(*others))
        assert (wrong.status_code, wrong.json()["params"]) == (403, {"permission": needed}), endpoint

    assert await everything(db) == before


async def test_every_post_needs_a_key(desk: Desk, hall: Furnished, db: Database) -> None:
    before = await everything(db)

    for endpoint, good, _ in bad_fields(hall):
        method, path = endpoint.split(" ")
        if method == "POST":
            answer = await desk.http.post(path, json=good, headers=desk.header)
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid"), endpoint

    assert await everything(db) == before


async def test_bad_ids_in_paths_and_queries_are_problems(desk: Desk, hall: Furnished, db: Database) -> None:
    club, device = f"/v1/clubs/{hall.club.club_id}", f"/v1/devices/{hall.device.device_id}"
    bad = [
        *(
            f"/v1/{noun}/{wrong}"
            for noun in ("clubs", "zones", "devices", "tariffs", "sessions")
            for wrong in ("x", "1", "%00")
        ),
        *(f"/v1/clubs/x/{part}" for part in ("zones", "devices", "tariffs", "board", "stream")),
        *(
            f"{club}/{part}?limit={wrong}"
            for part in ("zones", "devices", "tariffs")
            for wrong in (0, -1, 201, HUGE, "x")
        ),
        *(f"{club}/devices?cursor={wrong}" for wrong in ("x", 5)),
        *(f"{club}/stream?after={wrong}" for wrong in (-1, "x", HUGE, 2**63)),
        *(f"/v1/sessions?{query}" for query in ("club_id=x", "client_id=5", "state=paused", "limit=0", "cursor=x")),
        f"{device}/offers?client_id=x",
    ]

    for path in bad:
        answer = await desk.http.get(path, headers=desk.header)
        assert answer.status_code == 422, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bad_last_event_id_is_a_problem(desk: Desk, hall: Furnished) -> None:
    path = f"/v1/clubs/{hall.club.club_id}/stream"

    for bad in ("x", "-1", str(HUGE)):
        answer = await desk.http.get(path, headers=desk.header | {"Last-Event-ID": bad})
        assert answer.status_code == 422, bad


async def test_an_endless_reason_is_refused_and_the_session_runs_on(desk: Desk, hall: Furnished, db: Database) -> None:
    session = await started(db, hall)
    before = await everything(db)

    answer = await desk.post(f"/v1/sessions/{session.session_id}/end", {"reason": "x" * 100_000})

    assert answer.status_code == 413
    assert await everything(db) == before
