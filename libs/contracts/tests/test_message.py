"""What every message is: named, whole, in kopecks and UTC, and read by those who know less of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts import Message
from contracts.billing import ClientRegistered, LedgerPosted, ShiftOpened
from contracts.money import Person, Tender
from contracts.staff import TillAdded
from libs.contracts.tests.compatibility import Schema, plain
from libs.contracts.tests.release import models

ID = UUID("01a208ad-a6dc-7791-8bc0-cde4f60bf621")
AT = datetime(2026, 11, 23, 13, 52, 8, 835439, tzinfo=UTC)
SHIFT: dict[str, Any] = {
    "org_id": ID,
    "shift_id": ID,
    "club_id": ID,
    "till_id": ID,
    "float_kopecks": 2000_00,
    "opened_at": AT,
    "opened_by": Person(member_id=ID, name="Анна К."),
}
CLIENT: dict[str, Any] = {"org_id": ID, "client_id": ID, "phone": "+79161919166", "name": "Иванов Иван"}

every_type = pytest.mark.parametrize("model", models().values(), ids=list(models()))


def fields(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every field at any depth, with the choices that it may be."""
    for choice in schema.get("anyOf", [schema]):
        for name, field in choice.get("properties", {}).items():
            yield name, field
            yield from fields(field)
        if "items" in choice:
            yield from fields(choice["items"])


def kinds(field: Schema) -> set[str]:
    return {choice.get("type", "anything") for choice in field.get("anyOf", [field])}


@every_type
def test_money_is_whole_kopecks_and_nothing_is_a_fraction(model: type[Message]) -> None:
    for name, field in fields(plain(model.model_json_schema())):
        assert "number" not in kinds(field), name
        assert "anything" not in kinds(field), name
        if name.endswith("_kopecks"):
            assert kinds(field) <= {"integer", "null"}, name


@every_type
def test_every_type_says_in_a_sentence_what_it_means(model: type[Message]) -> None:
    assert model.__doc__ is not None
    assert model.__doc__.strip().partition("\n")[0].endswith((".", ";"))
    assert "__doc__" in model.__dict__


@every_type
def test_a_messages_names_are_its_own(model: type[Message]) -> None:
    assert {"TYPE", "TOPIC", "KEY", "key", "topic", "club", "body"}.isdisjoint(model.model_fields)
    assert model.KEY in model.model_fields


def test_a_type_is_declared_once() -> None:
    with pytest.raises(AssertionError, match="declared twice"):

        class Again(Message):
            TYPE: ClassVar[str] = ClientRegistered.TYPE


@pytest.mark.parametrize(
    "name",
    ["hall.session.started", "hall.session.v1", "hall.session.started.v0", "hall.session.Started.v1", "a.b.c.d.v1", ""],
)
def test_a_type_has_a_service_a_noun_a_verb_and_a_version(name: str) -> None:
    with pytest.raises(AssertionError):
        type("Misnamed", (Message,), {"TYPE": name, "__annotations__": {"TYPE": ClassVar[str]}})

    assert name not in models()


def test_a_message_is_written_compactly_and_read_back_the_same() -> None:
    message = ShiftOpened(**SHIFT)

    assert ShiftOpened.model_validate_json(message.body()) == message
    assert b": " not in message.body()
    assert "Анна К.".encode() in message.body()


def test_a_moment_is_utc_on_the_wire() -> None:
    assert json.loads(ShiftOpened(**SHIFT).body())["opened_at"] == "2026-11-23T13:52:08.835439Z"


def test_a_reader_passes_over_what_it_does_not_know_at_any_depth() -> None:
    newer = json.loads(ShiftOpened(**SHIFT).body())
    newer["mood"] = "good"
    newer["opened_by"]["photo"] = {"url": "x"}

    assert ShiftOpened.model_validate_json(json.dumps(newer)) == ShiftOpened(**SHIFT)


def test_a_message_does_not_change() -> None:
    message = ShiftOpened(**SHIFT)

    with pytest.raises(ValidationError):
        message.float_kopecks = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("model", "good", "bad"),
    [
        (ShiftOpened, SHIFT, {"float_kopecks": -1}),
        (ShiftOpened, SHIFT, {"float_kopecks": 10**12 + 1}),
        (ShiftOpened, SHIFT, {"float_kopecks": 10.5}),
        (ShiftOpened, SHIFT, {"opened_at": AT.replace(tzinfo=None)}),
        (ShiftOpened, SHIFT, {"opened_by": None}),
        (ShiftOpened, SHIFT, {"shift_id": "one"}),
        (ClientRegistered, CLIENT, {"phone": "89161919166"}),
        (ClientRegistered, CLIENT, {"phone": "+7916191916"}),
        (ClientRegistered, CLIENT, {"name": "И" * 129}),
        (ClientRegistered, CLIENT, {"org_id": None}),
        (Tender, {"kind": "cash", "amount_kopecks": 1}, {"amount_kopecks": 0}),
        (Tender, {"kind": "cash", "amount_kopecks": 1}, {"kind": "bonus"}),
        (Person, {"member_id": ID, "name": "Анна К."}, {"inn": "7812345678"}),
    ],
)
def test_a_wrong_message_cannot_be_made(model: type[Message], good: dict[str, Any], bad: dict[str, Any]) -> None:
    model(**good)

    with pytest.raises(ValidationError):
        model(**(good | bad))


def test_a_message_knows_its_key_its_topic_and_its_club() -> None:
    till = TillAdded(org_id=ID, club_id=ID, till_id=ID, name="Бар", at=AT)
    posted = {"org_id": ID, "entry_id": ID, "sale_id": None, "amount_kopecks": -5, "reason": "sale", "posted_at": AT}
    posting = LedgerPosted(account=f"cash:{ID}", **posted)

    assert (till.key, till.topic, till.club) == (str(ID), "staff.till", ID)
    assert (posting.key, posting.topic, posting.club) == (f"cash:{ID}", "billing.ledger", None)
