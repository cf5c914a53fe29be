"""Ways to be wrong: each turns an endpoint that it fits into requests with one thing wrong, and says what is right."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.endpoints import Endpoint, Field
from tests.e2e.world import USED_KEY, World

MEGABYTE = b"x" * 1_000_000
NESTED = 5_000
"""Deeper than any parser goes, and within the limit of a body."""
HUGE = (2**63, 10**30)
JSON_KINDS: dict[str, list[Any]] = {
    "null": [None],
    "boolean": [True],
    "string": ["слово"],
    "integer": [7],
    "array": [["слово"]],
    "object": [{"слово": 7}],
}

MAY_BE_NOTHING = {"float_kopecks", "cash_kopecks", "card_kopecks", "bonus_kopecks"}
"""Money that was counted: a drawer may be empty; and bonuses, of which none may be spent."""
BILLING = "billing knows it, and refuses the sale; a test says what comes of it"
NOT_A_REFERENCE = {
    ("/v1/clubs", "club_id"): "a new club's own id",
    ("/v1/sessions", "till_id"): BILLING,
    ("/v1/sessions", "client_id"): BILLING,
}
"""Ids in bodies that the service itself cannot know: (path, field) -> why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what its problem has to say."""

    endpoint: Endpoint
    url: str
    headers: dict[str, str]
    method: str = ""
    content: bytes | None = None
    chunked: bool = False
    says: dict[str, Any] = field(default_factory=dict)
    """Members that the problem must have."""
    names: str | None = None
    """The one field that the problem must name."""

    async def stream(self) -> AsyncIterator[bytes]:
        assert self.content is not None
        for start in range(0, len(self.content), 10_000):
            yield self.content[start : start + 10_000]


Ways = Callable[[Endpoint, World], Iterator[Request]]


def request(endpoint: Endpoint, world: World, **different: Any) -> Request:
    """A request with nothing wrong but what is `different`: `body` goes as JSON, a header that is None does not go."""
    content = endpoint.body if "body" not in different else different.pop("body")
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
    if endpoint.keyed:
        headers["Idempotency-Key"] = str(uuid4())
    headers = {name: value for name, value in {**headers, **different.pop("headers", {})}.items() if value is not None}
    different.setdefault("content", None if endpoint.body is None else json.dumps(content).encode())
    return Request(endpoint, different.pop("url", endpoint.url()), headers, **different)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def no_token(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.permission:
        for header in (None, "Basic b3duZXI6cHc=", "Bearer", world.token):
            headers = {"Authorization": header}
            yield request(endpoint, world, headers=headers, says={"code": "token_missing"})


def a_bad_token(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.permission:
        for token in bad_tokens(world.token):
            yield request(endpoint, world, headers=bearer(token), says={"code": "token_invalid"})


def bad_tokens(good: str) -> list[str]:
    """Tokens that say what a good one says, and were not signed by staff."""
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    named = {"kid": jwt.get_unverified_header(good)["kid"]}
    stranger = ec.generate_private_key(ec.SECP256R1())
    forged = jwt.encode(claims | {"clubs": None}, stranger, algorithm="ES256", headers=named)
    elsewhere = jwt.encode(claims | {"iss": "elsewhere"}, stranger, algorithm="ES256", headers={"kid": "theirs"})
    unsigned = jwt.encode(claims, "", algorithm="none", headers=named)
    return ["a.b.c", f"{head}.{body}.", f"{head}.{forged.split('.')[1]}.{signature}", forged, elsewhere, unsigned]


def no_permission(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.permission:
        says = {"code": "permission_missing", "params": {"permission": endpoint.permission}}
        yield request(endpoint, world, headers=bearer(world.powerless), says=says)


def in_body(values: Callable[[Field], list[Any]]) -> Ways:
    """One request for each wrong value of each field of a body."""

    def ways(endpoint: Endpoint, world: World) -> Iterator[Request]:
        for one in endpoint.in_body:
            for value in values(one):
                yield request(endpoint, world, body=endpoint.body_with(one, value), names=one.label)

    return ways


def kind_of(one: Field) -> str:
    return str(one.schema.get("type", "string"))


def of_another_kind(one: Field) -> list[Any]:
    right = {kind_of(one)} | ({"null"} if one.nullable else set())
    odd = "enum" in one.schema or one.schema.get("format") in ("uuid", "date", "date-time")
    wrong = [value for kind, values in JSON_KINDS.items() if kind not in right for value in values]
    almost = ["7", 7.0, 1.5] if kind_of(one) == "integer" else []
    return wrong + almost + (["слово", ""] if odd else [])


def impossible_numbers(one: Field) -> list[Any]:
    if kind_of(one) != "integer":
        return []
    if one.schema.get("minimum", 0) < 0:
        return [-(2**63) - 1, *HUGE]
    nothing = [0] if one.name.endswith("_kopecks") and one.name not in MAY_BE_NOTHING else []
    return [-1, -(2**63) - 1, *HUGE, *nothing]


def impossible_texts(one: Field) -> list[Any]:
    if kind_of(one) != "string":
        return []
    blank = ["", "   "] if one.schema.get("minLength") and one.schema.get("format") != "password" else []
    return ["а\0б", "\ud800", "б" * 5_000, *blank]


def asked_wrongly(endpoint: Endpoint, world: World) -> Iterator[Request]:
    """Parameters of the query and of headers: what is no number, no id, no date, no page; and what is too much."""
    limits = {"integer": ["x", "-1", "1.5", "", *map(str, HUGE)], "boolean": ["x"]}
    formats = {
        "uuid": ["x", "5", "", "\0"],
        "date-time": ["x", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"],
    }
    for one in endpoint.asked:
        values = limits.get(kind_of(one)) or formats.get(one.schema.get("format", "")) or ["а\0б", "б" * 1000]
        over = [str(int(one.schema["maximum"]) + 1)] if "maximum" in one.schema else []
        values = values + over + ["0"] * (one.name == "limit")
        for value in values:
            if one.place == "query":
                others = {other.name: world.here[other.name] for other in endpoint.asked if other.required}
                asked = urlencode(others | {one.name: value})
                yield request(endpoint, world, url=f"{endpoint.url()}?{asked}", names=one.label)
            elif value.isprintable() and value:
                yield request(endpoint, world, headers={one.name: value}, names=one.label)


def no_json(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.in_body:
        good = json.dumps(endpoint.body).encode()
        for content in (b"", b"{", b"nothing", good[:-1], good + b"}", b"\xff\xfe"):
            yield request(endpoint, world, content=content)
        for deep in (b"[" * NESTED, b'{"a":' * NESTED + b"1" + b"}" * NESTED):
            yield request(endpoint, world, content=deep)


def another_shape(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.in_body:
        for body in (None, [], [endpoint.body], "слово", 7, True, {**endpoint.body, "colour": "red"}):
            yield request(endpoint, world, body=body)
        deep: Any = 1
        for _ in range(100):
            deep = {"a": deep}
        yield request(endpoint, world, body=endpoint.body_with(endpoint.in_body[0], deep))
        for one in endpoint.in_body:
            if one.required:
                yield request(endpoint, world, body=endpoint.body_without(one), names=one.label)


def another_content_type(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.in_body:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"):
            yield request(endpoint, world, headers={"Content-Type": kind})


def too_much(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.in_body or endpoint.keyed:
        for chunked in (False, True):
            yield request(endpoint, world, content=MEGABYTE, chunked=chunked)


def malformed_ids(endpoint: Endpoint, world: World) -> Iterator[Request]:
    for one in endpoint.in_path:
        for wrong in ("x", "%00", "'; drop table sale; --", "x" * 3000, f"{world.here['club_id']}x"):
            yield request(endpoint, world, url=endpoint.url(**{one.name: wrong}))


def unknown_ids(endpoint: Endpoint, world: World) -> Iterator[Request]:
    """Ids of nobody, and ids of another club where the caller has no rights: in the path, then in the body."""
    for one in endpoint.in_path:
        for wrong in (str(uuid4()), world.there.get(one.name)):
            if wrong is not None:
                yield request(endpoint, world, url=endpoint.url(**{one.name: wrong}))
    for one in endpoint.in_body:
        if one.is_id and endpoint.permission and (endpoint.template, one.name) not in NOT_A_REFERENCE:
            for wrong in (str(uuid4()), world.there.get(one.name)):
                if wrong is not None:
                    yield request(endpoint, world, body=endpoint.body_with(one, wrong))


def no_good_key(endpoint: Endpoint, world: World) -> Iterator[Request]:
    if endpoint.keyed:
        for key in (None, "", "x" * 65, "with space", "x" * 5000):
            says = {"code": "idempotency_key_invalid"}
            yield request(endpoint, world, headers={"Idempotency-Key": key}, says=says)


def a_used_key(endpoint: Endpoint, world: World) -> Iterator[Request]:
    """A key that was used for something else; whatever is said of waiting does not help."""
    if endpoint.keyed:
        for wait in ("wait=5", "wait=-1", "wait=forever", "wait=99999999999", "respond-async; x", ""):
            headers = bearer(world.of_the_org) | {"Idempotency-Key": USED_KEY, "Prefer": wait}
            yield request(endpoint, world, headers=headers, says={"code": "idempotency_key_reused"})
