"""The committed API documents are those of this code, and every route says whom it serves and how often."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.topics import TOPICS
from edge import problems
from kit.errors import Refused
from libs.contracts.tests.compatibility import plain
from libs.contracts.tests.release import models
from savepoint import documents
from savepoint.documents import FOLDER, PROBLEM, Document, Operation, apps, differing, main, operations
from staff.domain.roles import MACHINES, OWN, TABLE

FILES = ["asyncapi.json", "openapi-billing.json", "openapi-fiscal.json", "openapi-hall.json", "openapi-staff.json"]

FOR_EVERYBODY = {
    ("staff", "POST", "/v1/sign-in"),
    ("staff", "POST", "/v1/refresh"),
    ("staff", "POST", "/v1/sign-out"),
    ("staff", "GET", "/v1/jwks"),
    ("staff", "POST", "/v1/machines/token"),
    ("staff", "POST", "/v1/sessions"),
    ("staff", "POST", "/v1/sessions/pin"),
    ("staff", "POST", "/v1/sessions/token"),
    ("staff", "POST", "/v1/sessions/lock"),
    ("staff", "POST", "/v1/sessions/unlock"),
    ("staff", "GET", "/v1/tills/me"),
}
"""Operations that need no token: they give one, take one back, or tell how one is checked; or a secret of its own kind
says who asks."""

WITHOUT_A_KEY = {
    ("staff", "/v1/sign-in"): "gives tokens; a second try gives others",
    ("staff", "/v1/refresh"): "a refresh token is good once: it is its own key",
    ("staff", "/v1/sign-out"): "safe to repeat",
    ("staff", "/v1/password"): "the old password is good once: it is its own key",
    ("staff", "/v1/machines/token"): "gives tokens; a second try gives others",
    ("staff", "/v1/sessions"): "gives a session; a second try gives another",
    ("staff", "/v1/sessions/pin"): "gives a session; a second try gives another",
    ("staff", "/v1/sessions/token"): "gives tokens; a second try gives others",
    ("staff", "/v1/sessions/lock"): "safe to repeat",
    ("staff", "/v1/sessions/unlock"): "safe to repeat",
    ("staff", "/v1/confirmations"): "gives a proof; a second try gives another",
    ("staff", "/v1/approvals/{approval_id}/grant"): "safe to repeat: all proofs of an approval are spent as one",
    ("hall", "/v1/sessions/{session_id}/end/quote"): "says what would be, and does nothing",
    ("billing", "/v1/sales/{sale_id}/refunds/quote"): "a dry run; changes nothing",
}
"""POSTs that are no change of money or state, or cannot happen twice, and why."""

WITHOUT_A_ROUTE = {"billing.ledger.read", "billing.refund.approve", "billing.difference.approve"}
"""Permissions of roles whose routes are not there yet."""

WITHIN_A_ROUTE = {"staff.session.manage"}
"""Permissions that a route asks for only where it is about somebody else's things."""


@pytest.fixture(scope="module")
def asked() -> dict[str, list[Operation]]:
    """What the routes of each service ask for."""
    return {name: operations(app) for name, app in apps().items()}


@pytest.fixture(scope="module")
def committed() -> dict[str, Document]:
    return {name: json.loads((FOLDER / name).read_text()) for name in FILES}


def test_the_committed_documents_are_those_of_this_code() -> None:
    assert sorted(differing(FOLDER)) == [], "run `python -m savepoint.documents`"
    assert sorted(file.name for file in FOLDER.glob("*.json")) == FILES


def test_the_command_writes_what_differs_and_its_check_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "documents", lambda: {"a.json": "{}\n", "b.json": "[]\n"})

    assert main(["--check"], tmp_path) == 1
    assert not list(tmp_path.iterdir())
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "b.json").write_text("[1]\n")
    capsys.readouterr()

    assert main(["--check"], tmp_path) == 1

    assert capsys.readouterr().out == f"differs: {tmp_path / 'b.json'}\n"


def test_every_permission_that_a_route_needs_is_given_to_somebody(asked: dict[str, list[Operation]]) -> None:
    needed = {one.permission for some in asked.values() for one in some} - {None}

    assert needed <= TABLE.keys() | OWN | frozenset().union(*MACHINES.values())


def test_every_permission_of_a_role_is_needed_by_a_route(asked: dict[str, list[Operation]]) -> None:
    needed = {one.permission for some in asked.values() for one in some}

    assert TABLE.keys() - needed == WITHOUT_A_ROUTE | WITHIN_A_ROUTE


def test_a_route_asks_for_a_permission_of_its_own_service(asked: dict[str, list[Operation]]) -> None:
    for name, some in asked.items():
        assert [one for one in some if one.permission and not one.permission.startswith(f"{name}.")] == []


def test_a_route_without_a_permission_is_one_of_a_few(asked: dict[str, list[Operation]]) -> None:
    found = {(name, one.method, one.path) for name, some in asked.items() for one in some if one.permission is None}

    assert found == FOR_EVERYBODY


def test_every_post_that_changes_money_or_state_takes_a_key(asked: dict[str, list[Operation]]) -> None:
    posts = [(name, one) for name, some in asked.items() for one in some if one.method == "POST"]

    assert {(name, one.path) for name, one in posts if not one.once} == WITHOUT_A_KEY.keys()


def test_no_reading_takes_a_key(asked: dict[str, list[Operation]]) -> None:
    assert [one for some in asked.values() for one in some if one.method != "POST" and one.once] == []


@pytest.mark.parametrize("service", ["staff", "hall", "billing", "fiscal"])
def test_a_document_shows_permissions_keys_and_problems(
    service: str, asked: dict[str, list[Operation]], committed: dict[str, Document]
) -> None:
    document = committed[f"openapi-{service}.json"]

    shown = {(method.upper(), path) for path, some in document["paths"].items() for method in some}
    assert shown == {(one.method, one.path) for one in asked[service]}
    assert document["servers"] == [{"url": f"/api/{service}"}]
    for one in asked[service]:
        spec = document["paths"][one.path][one.method.lower()]
        assert spec.get("x-permission") == one.permission
        assert spec.get("security") == (one.permission and [{"bearer": [one.permission]}])
        keys = [p for p in spec.get("parameters", []) if p["name"].lower() == "idempotency-key" and p["required"]]
        assert len(keys) == one.once, spec
        assert {"503", "default"} <= spec["responses"].keys()
        refusals = {name: answer for name, answer in spec["responses"].items() if name[0] in "45d"}
        for answer in refusals.values():
            content = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]["content"]
            assert content.keys() == {"application/problem+json"}


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        yield from [document["$ref"]] if isinstance(document.get("$ref"), str) else []
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for one in inner:
        yield from references(one)


@pytest.mark.parametrize("name", FILES)
def test_every_reference_leads_somewhere(name: str, committed: dict[str, Document]) -> None:
    for reference in set(references(committed[name])):
        found: Any = committed[name]
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_topic_is_described(committed: dict[str, Document]) -> None:
    channels = {one["address"]: one for one in committed["asyncapi.json"]["channels"].values()}

    assert channels.keys() == {topic.name.replace("*", "{club_id}") for topic in TOPICS}
    for topic in TOPICS:
        channel = channels[topic.name.replace("*", "{club_id}")]
        said = f"Key: {topic.key}. Owner: {topic.owner}. Partitions: {topic.partitions}."
        assert channel["description"].startswith(f"{said} Kept for {topic.retention_days} days.")
        assert ("club_id" in channel.get("parameters", {})) == ("*" in topic.name)


def test_every_type_is_in_its_topic_and_says_what_its_model_says(committed: dict[str, Document]) -> None:
    document = committed["asyncapi.json"]
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]

    assert messages.keys() == document["operations"].keys() == models().keys()
    for name, model in models().items():
        channel = document["operations"][name]["channel"]["$ref"].rpartition("/")[2]
        assert document["channels"][channel]["address"] == model.TOPIC.replace("*", "{club_id}")
        assert name in document["channels"][channel]["messages"]
        assert messages[name]["bindings"]["kafka"]["key"]["description"] == f"The body's {model.KEY}."
        payload = schemas[messages[name]["payload"]["$ref"].rpartition("/")[2]]
        assert plain(payload | {"$defs": schemas}) == plain(model.model_json_schema()), name


def test_a_problem_is_what_the_documents_say() -> None:
    members: dict[str, Any] = {"money": "returning", "receipt": "none", "device_text": "Нет бумаги"}
    told = problems.of(Refused("no_paper", "Replace the roll.", retry="new_key", params={"sale_id": "1"}, **members))

    assert told.keys() == PROBLEM["properties"].keys()
    for name in ("money", "receipt", "retry"):
        assert told[name] in PROBLEM["properties"][name]["enum"]


@pytest.mark.parametrize("members", [{}, {"retry": "later"}])
def test_a_problem_leaves_out_what_it_has_nothing_to_say_about(members: dict[str, str]) -> None:
    assert problems.of(Refused("busy", "Wait.", **members)).keys() == {*PROBLEM["required"], "retry"}
