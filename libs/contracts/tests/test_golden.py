"""Every message ever released is read by today's models, and nothing that it says is lost."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts import TYPES
from contracts.headers import CLUB, ID, ORG, SOURCE, SPEC, TIME, TRACE, TYPE, headers
from contracts.topics import TOPICS
from libs.contracts.tests.compatibility import Schema
from libs.contracts.tests.release import CONTRACTS, models, snapshot

GOLDEN = CONTRACTS / "golden"
FILES = sorted(GOLDEN.glob("*/*.json"))
every_file = pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])


def lost(said: Any, kept: Any, at: str = "body") -> Iterator[str]:
    """Where `kept` does not hold what `said` says; it may hold more."""
    match said, kept:
        case dict(), dict():
            for name, value in said.items():
                yield from lost(value, kept[name], f"{at}.{name}") if name in kept else [f"{at}.{name}"]
        case list(), list() if len(said) == len(kept):
            for number, one in enumerate(said):
                yield from lost(one, kept[number], f"{at}[{number}]")
        # Compared as they are written: true is not 1, and 1 is not 1.0.
        case _ if json.dumps(said) != json.dumps(kept):
            yield at


@every_file
def test_todays_model_reads_a_released_message_and_loses_nothing(file: Path) -> None:
    body = json.loads(file.read_text())["body"]

    message = TYPES[file.parent.name].model_validate_json(json.dumps(body))

    assert list(lost(body, json.loads(message.body()))) == []
    assert message.key == body[message.KEY]


@every_file
def test_a_released_message_has_the_headers_that_it_would_get_today(file: Path) -> None:
    released = json.loads(file.read_text())
    known = released["headers"]
    message = TYPES[file.parent.name].model_validate(released["body"])

    today = headers(message, UUID(known[ID]), datetime.fromisoformat(known[TIME]), known.get(TRACE))

    assert known.items() <= (today | {SOURCE: known[SOURCE]}).items()
    assert {ID, TYPE, SOURCE, TIME, SPEC, ORG} <= known.keys() <= {ID, TYPE, SOURCE, TIME, SPEC, ORG, CLUB, TRACE}


@every_file
def test_a_released_fact_was_told_by_the_owner_of_its_topic(file: Path) -> None:
    known, topic = json.loads(file.read_text())["headers"], TYPES[file.parent.name].TOPIC
    (owner,) = [one.owner for one in TOPICS if one.name == topic]

    assert known[SOURCE] == ("billing" if topic == "fiscal.commands" else owner)


def test_no_two_released_messages_have_one_id() -> None:
    ids = [json.loads(file.read_text())["headers"][ID] for file in FILES]

    assert len(ids) == len(set(ids)) == len(FILES)


def test_every_type_has_a_golden_file_and_every_golden_file_a_type() -> None:
    assert {file.parent.name for file in FILES} == models().keys()
    assert [str(path) for path in GOLDEN.rglob("*") if path.is_file() and path not in FILES] == [
        str(GOLDEN / "README.md")
    ]


def sightings(schema: Schema, said: Any, at: str = "body") -> Iterator[tuple[str, bool]]:
    """Every field that might have been null or left out, at any depth, and whether it says something."""
    for choice in schema.get("anyOf", [schema]):
        if isinstance(said, dict):
            for name, field in choice.get("properties", {}).items():
                if name not in choice.get("required", []) or {"type": "null"} in field.get("anyOf", []):
                    yield f"{at}.{name}", said.get(name) is not None
                yield from sightings(field, said.get(name), f"{at}.{name}")
        elif isinstance(said, list):
            for one in said:
                yield from sightings(choice.get("items", {}), one, f"{at}[]")


@pytest.mark.parametrize("name", sorted(models()))
def test_each_optional_field_is_there_in_some_golden_file_and_missing_in_another(name: str) -> None:
    schema = snapshot(models()[name])["schema"]
    seen = defaultdict(set)
    for file in (GOLDEN / name).glob("*.json"):
        for field, says in sightings(schema, json.loads(file.read_text())["body"]):
            seen[field].add(says)

    assert {field: says for field, says in seen.items() if len(says) == 1} == {}


@pytest.mark.parametrize(
    ("said", "kept", "where"),
    [
        ({"a": 1}, {"a": 1, "b": None}, []),
        ({"a": 1, "b": 2}, {"a": 1}, ["body.b"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["body.a.b[1]"]),
        ({"a": [1, 2]}, {"a": [1]}, ["body.a"]),
        ({"a": True}, {"a": 1}, ["body.a"]),
        ({"a": 1}, {"a": 1.0}, ["body.a"]),
        ({"a": None}, {"a": {}}, ["body.a"]),
    ],
)
def test_what_is_lost_is_found(said: Any, kept: Any, where: list[str]) -> None:
    assert list(lost(said, kept)) == where
