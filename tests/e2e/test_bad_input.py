"""Bad input on every endpoint, through the gateway: a problem with the right status, never a 5xx, nothing changed.

Endpoints come from the documents that the running stack serves, so a new one is in here from its first day.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from savepoint.day import HOUR_PRICE, Club, Desk
from tests.e2e import wrong
from tests.e2e.endpoints import SERVICES, Endpoint, endpoints
from tests.e2e.stacks import Stack
from tests.e2e.world import World, world
from tests.e2e.wrong import Request, Ways, in_body, request

AT_ONCE = 16
SHOWN_MAX = 12
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}

WAYS: dict[str, tuple[Ways, set[int]]] = {
    "no token": (wrong.no_token, {401}),
    "a token that staff did not sign": (wrong.a_bad_token, {401}),
    "a token without the permission": (wrong.no_permission, {403}),
    "a field of another kind": (in_body(wrong.of_another_kind), {422}),
    "a number that cannot be": (in_body(wrong.impossible_numbers), {422}),
    "a text that cannot be": (in_body(wrong.impossible_texts), {422}),
    "a parameter that cannot be": (wrong.asked_wrongly, {422}),
    "a body that is no JSON": (wrong.no_json, {400, 422}),
    "a body of another shape": (wrong.another_shape, {422}),
    "a body of another content type": (wrong.another_content_type, {415, 422}),
    "a body that is too big": (wrong.too_much, {413}),
    "an id that is none": (wrong.malformed_ids, {400, 404, 422}),
    "an id of nobody or of another club": (wrong.unknown_ids, {404}),
    "no Idempotency-Key, or a bad one": (wrong.no_good_key, {422}),
    "an Idempotency-Key that was used": (wrong.a_used_key, {422}),
}
"""Ways to be wrong, and the statuses that are right for them."""

MOVES_BY_ITSELF = {
    "fiscal.register": "its worker looks at the register every few seconds; the rest of it is compared over HTTP",
    "fiscal.inbox": "the worker tells what it saw",
    "fiscal.live": "screens are told to look at the register again",
    "fiscal.live_change": "the same",
}
"""Tables that change while nobody asks for anything."""
SETTINGS = ("register_id", "club_id", "name", "mode", "device", "cashier_name")
"""What people say of a register; the rest it says of itself."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What every way is tried on, and how everything was before."""

    world: World
    endpoints: list[Endpoint]
    before: dict[str, Any]


@pytest.fixture(scope="module")
async def sweep(stack: Stack, club: Club) -> AsyncIterator[Sweep]:
    async with AsyncExitStack() as around:
        made = await world(stack, club, around)
        yield Sweep(made, await endpoints(made.http, made.here), await everything(stack, made))
        await made.leave()


async def everything(stack: Stack, world: World) -> dict[str, Any]:
    """All that a request could change: a digest of each table, and the register without what it says of itself."""
    found: dict[str, Any] = {name: seen for name, seen in (await stack.digest()).items() if name not in MOVES_BY_ITSELF}
    answer = await world.http.get("/api/fiscal/v1/registers", headers=wrong.bearer(world.of_the_org))
    found["registers"] = [{name: one[name] for name in SETTINGS} for one in answer.raise_for_status().json()["items"]]
    return found


async def complaints(world: World, requests: Iterable[Request], right: set[int]) -> list[str]:
    """Send the requests, some at a time; what is wrong with the answers. Raises where there is nothing to send."""
    room = asyncio.Semaphore(AT_ONCE)

    async def send(one: Request) -> str | None:
        content = one.stream() if one.chunked else one.content
        method = one.method or one.endpoint.method
        async with room:
            answer = await world.http.request(method, one.url, content=content, headers=encoded(one.headers))
        complaint = complaint_about(answer, one, right)
        sent = (one.content or b"")[:200]
        return complaint and f"{one.endpoint}: {complaint}\n  {method} {one.url[:200]} {sent!r}"

    sent = [send(one) for one in requests]
    assert sent, "this way fits no endpoint at all"
    return [complaint for complaint in await asyncio.gather(*sent) if complaint]


def encoded(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in headers.items()}


def complaint_about(answer: httpx.Response, one: Request, right: set[int]) -> str | None:
    """Why this is not the right answer to `one`; None when it is."""
    if answer.status_code not in right:
        return f"{answer.status_code}, not {right}: {answer.text[:300]}"
    if answer.headers["content-type"] != "application/problem+json":
        return f"{answer.headers['content-type']} is no problem: {answer.text[:300]}"
    problem = answer.json()
    if problem.get("status") != answer.status_code or problem.get("type") != f"urn:savepoint:problem:{problem['code']}":
        return f"not a problem of ours: {problem}"
    if not (problem.get("title") and problem.get("detail")):
        return f"a problem without words: {problem}"
    if any(problem.get(name) != value for name, value in one.says.items()):
        return f"does not say {one.says}: {problem}"
    named = {error["field"] for error in problem.get("params", {}).get("errors", ())}
    if one.names and not (named and all(f"{field}.".startswith(f"{one.names}.") for field in named)):
        return f"names {named}, not {one.names}: {problem}"
    return None


def report(found: list[str]) -> str:
    return f"{len(found)} wrong answers\n" + "\n".join(found[:SHOWN_MAX])


@pytest.mark.parametrize("way", WAYS)
async def test_every_endpoint_refuses(sweep: Sweep, way: str) -> None:
    ways, right = WAYS[way]

    requests = [one for endpoint in sweep.endpoints for one in ways(endpoint, sweep.world)]
    found = await complaints(sweep.world, requests, right)

    assert not found, report(found)


async def test_every_path_refuses_methods_that_it_does_not_have(sweep: Sweep) -> None:
    requests = []
    for endpoint in sweep.endpoints:
        has = {one.method for one in sweep.endpoints if one.service == endpoint.service and fits(one, endpoint)}
        requests += [request(endpoint, sweep.world, method=method) for method in METHODS - has]

    found = await complaints(sweep.world, requests, {405})

    assert not found, report(found)


def fits(one: Endpoint, other: Endpoint) -> bool:
    """Whether the path of `other` could be one of `one`, too: a name may stand where an id does."""
    pattern = re.sub(r"{\w+}", "[^/]+", one.template)
    return re.fullmatch(pattern, other.template) is not None


async def test_paths_that_are_not_there_are_problems(sweep: Sweep) -> None:
    (first, *_) = sweep.endpoints
    urls = [f"{endpoint.url()}{more}" for endpoint in sweep.endpoints for more in ("/", "/nothing")]
    urls += [f"/api/{service}{more}" for service in SERVICES for more in ("/v1", "/v1/", "/v2/clubs", "/v1/..%2fx")]
    urls += ["/api", "/api/", "/api/nothing/v1/clubs"]
    requests = [request(first, sweep.world, method="GET", url=url, content=None) for url in urls]

    found = await complaints(sweep.world, requests, {404, 405, 422})

    assert not found, report(found)


async def test_lists_show_nothing_of_another_club(sweep: Sweep) -> None:
    """Neither those of everything, nor those of one club or one thing that is another club's or nobody's."""
    theirs = set(sweep.world.there.values())
    for endpoint in sweep.endpoints:
        if endpoint.method != "GET" or endpoint.in_path or not endpoint.permission:
            continue
        asked = [one.name for one in endpoint.asked if one.is_id and one.name in sweep.world.there]
        needed = any(one.required for one in endpoint.asked)
        queries = [{name: wanted} for name in asked for wanted in (sweep.world.there[name], str(uuid4()))]
        for query in queries + ([] if needed else [{}]):
            answer = await sweep.world.http.get(endpoint.url(), params=query, headers=wrong.bearer(sweep.world.token))
            assert answer.status_code in (200, 404), (endpoint, query, answer.text)
            found = re.findall(r"[0-9a-f-]{36}", answer.text) if answer.status_code == 200 else []
            assert not theirs & set(found), (endpoint, query, answer.text)


async def test_no_endpoint_is_left_out(sweep: Sweep) -> None:
    tried = {str(one) for ways, _ in WAYS.values() for one in sweep.endpoints for _ in ways(one, sweep.world)}

    assert {str(one) for one in sweep.endpoints} - tried == {"GET staff /v1/jwks"}, "it takes nothing at all"
    assert {one.service for one in sweep.endpoints} == set(SERVICES)


async def test_all_of_it_has_changed_nothing(sweep: Sweep, stack: Stack) -> None:
    after = await everything(stack, sweep.world)

    assert {name for name in after if after[name] != sweep.before.get(name)} == set()


@pytest.mark.parametrize("what", ["till_id", "client_id"])
async def test_an_order_for_what_billing_does_not_know_is_refused_and_its_device_is_free(
    sweep: Sweep, owner: Desk, what: str
) -> None:
    order = {name: sweep.world.here[name] for name in ("device_id", "till_id", "tariff_id")} | {what: str(uuid4())}
    payment = {"tenders": [{"kind": "cash", "amount_kopecks": HOUR_PRICE}]}

    answer = await owner.send("POST", "/hall/v1/sessions", order | {"payment": payment})

    assert (answer.status_code, answer.json()["code"]) == (409, f"unknown_{what.removesuffix('_id')}")
    board = await owner.get(f"/hall/v1/clubs/{sweep.world.here['club_id']}/board")
    assert {tile["state"] for tile in board["devices"] if tile["device_id"] == order["device_id"]} == {"free"}


WRONG_SECRETS: list[tuple[str, dict[str, str], int, str]] = [
    ("sign-in", {"login": "nobody", "password": "чужой пароль"}, 401, "sign_in_wrong"),
    ("refresh", {"refresh_token": "чужой"}, 401, "refresh_over"),
    ("machines/token", {"machine_id": str(uuid4()), "secret": "чужой"}, 401, "machine_wrong"),
    ("password", {"old": "чужой пароль", "new": "совсем другой пароль"}, 409, "password_wrong"),
]


@pytest.mark.parametrize(("path", "body", "status", "code"), WRONG_SECRETS)
async def test_a_wrong_secret_changes_nothing_but_the_count_of_tries(
    sweep: Sweep, stack: Stack, path: str, body: dict[str, str], status: int, code: str
) -> None:
    before = await stack.digest()

    answer = await sweep.world.http.post(f"/api/staff/v1/{path}", json=body, headers=wrong.bearer(sweep.world.token))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    after = await stack.digest()
    changed = {name for name in after if after[name] != before[name]}
    assert changed - MOVES_BY_ITSELF.keys() <= {"staff.login_tries"}
