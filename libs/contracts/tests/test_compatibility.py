"""The verdict about a changed model: what may change under a released type, and what needs a new version."""

import copy
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from libs.contracts.tests.compatibility import LOWER, UPPER, Schema, broken, incompatible, plain
from libs.contracts.tests.release import models, snapshot


class Slip(BaseModel):
    number: str = Field(max_length=40)


class LongerSlip(BaseModel):
    number: str = Field(max_length=60)
    bank: str | None = None


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=40)


class Kind(StrEnum):
    CASH = "cash"
    CARD = "card"


CashOrCard = Literal["cash", "card"]
UpTo3 = Annotated[list[int], Field(max_length=3)]
Text64 = Annotated[str, Field(max_length=64)]


def of(field: Any) -> Schema:
    """The plain schema of a body with a field `x`: a type, or a type with its default; None: without the field."""
    fields: dict[str, Any] = {} if field is None else {"x": field if isinstance(field, tuple) else (field, ...)}
    return plain(create_model("Body", **fields).model_json_schema())


FINE = [
    ("nothing changes", int, int),
    ("an optional field is added", None, (int | None, None)),
    ("a field with a default is added", None, (int, 0)),
    ("a required field becomes optional", int, (int, 0)),
    ("null is allowed", int, int | None),
    ("another type is allowed beside the old one", int, int | str),
    ("a whole number may be a fraction", int, float),
    ("anything is allowed", int, Any),
    ("a maximum is raised", Annotated[int, Field(le=10)], Annotated[int, Field(le=11)]),
    ("a maximum goes", Annotated[int, Field(le=10)], int),
    ("a minimum is lowered", Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0)]),
    ("more than 0 is said as 1 or more", Annotated[int, Field(gt=0)], Annotated[int, Field(ge=1)]),
    ("less than 9 is said as 8 or less", Annotated[int, Field(lt=9)], Annotated[int, Field(le=8)]),
    ("a longer text is allowed", Text64, Annotated[str, Field(max_length=128)]),
    ("a pattern goes", Annotated[str, Field(pattern="^a$")], str),
    ("an id may be any text", UUID, str),
    ("a value joins a choice", Literal["cash"], CashOrCard),
    ("a choice becomes free text", CashOrCard, str),
    ("a choice is said as an enum", CashOrCard, Kind),
    ("a list may be longer", UpTo3, Annotated[list[int], Field(max_length=4)]),
    ("a list may be empty", Annotated[list[int], Field(min_length=1)], list[int]),
    ("a list is said as a tuple", list[int], tuple[int, ...]),
    ("a part of a message is widened", Slip, LongerSlip),
    ("a part in a list is widened", list[Slip], list[LongerSlip]),
    ("a part is forbidden other fields no more", Closed, Slip),
    ("values of any name may be anything", dict[str, int], dict[str, Any]),
    ("a class is renamed", Slip, create_model("Voucher", __base__=Slip)),
    ("a description is added", int, Annotated[int, Field(description="how many", examples=[1])]),
]

BROKEN = [
    ("a field goes", int, None, "body.x: is gone"),
    ("an optional field goes", (int | None, None), None, "body.x: is gone"),
    ("a required field is added", None, int, "body.x: is required now"),
    ("an optional field becomes required", (int, 0), int, "body.x: is required now"),
    ("what was left out means something else", (bool, True), (bool, False), "left out, it meant True"),
    ("a number becomes a text", int, str, "no longer takes integer"),
    ("a fraction becomes a whole number", float, int, "no longer takes number"),
    ("anything becomes a number", Any, int, "no longer takes anything"),
    ("null is not allowed any more", int | None, int, "no longer takes null"),
    ("one of two types goes", int | str, int, "no longer takes string"),
    ("a maximum is lowered", Annotated[int, Field(le=10)], Annotated[int, Field(le=9)], "maximum was 10, is 9"),
    ("a maximum comes", int, Annotated[int, Field(le=9)], "maximum was None, is 9"),
    ("a minimum is raised", Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)], "minimum was 0, is 1"),
    ("a text is cut", Text64, Annotated[str, Field(max_length=63)], "maxLength was 64, is 63"),
    ("a text may not be empty", Text64, Annotated[str, Field(max_length=64, min_length=1)], "minLength was None"),
    ("a limit comes beside null", int | None, Annotated[int, Field(ge=0)] | None, "minimum was None, is 0"),
    ("a pattern changes", Annotated[str, Field(pattern="^a$")], Annotated[str, Field(pattern="^b$")], "pattern was"),
    ("a pattern comes", str, Annotated[str, Field(pattern="^b$")], "pattern was None"),
    ("a text becomes an id", str, UUID, "format was None, is uuid"),
    ("an id becomes a moment", UUID, AwareDatetime, "format was uuid, is date-time"),
    ("a value leaves a choice", CashOrCard, Literal["cash"], "no longer takes 'card'"),
    ("a value of a choice is renamed", CashOrCard, Literal["cash", "cards"], "no longer takes 'card'"),
    ("a text becomes a choice", str, CashOrCard, "takes ['card', 'cash'] alone"),
    (
        "a list is shortened",
        Annotated[list[int], Field(max_length=3)],
        Annotated[list[int], Field(max_length=2)],
        "max",
    ),
    ("a list may not be empty", list[int], Annotated[list[int], Field(min_length=1)], "minItems was None"),
    ("elements of a list change", list[int], list[str], "body.x[]: no longer takes integer"),
    ("elements of a list become unlike", list[int], tuple[int, str], "prefixItems was None"),
    ("a part of a message narrows", LongerSlip, Slip, "body.x.bank: is gone"),
    ("a part in a list narrows", list[LongerSlip], list[Slip], "body.x[].number: maxLength was 60, is 40"),
    ("an optional part narrows", LongerSlip | None, Slip | None, "body.x.bank: is gone"),
    ("a part refuses fields that it does not know", Slip, Closed, "is not read when it has a field more"),
    ("values of any name become numbers", dict[str, Any], dict[str, int], "body.x.*: no longer takes anything"),
    ("values of any name become a part", dict[str, Any], LongerSlip, "no longer keeps fields of any name"),
    ("something that is not compared comes", int, Annotated[int, Field(multiple_of=5)], "multipleOf was None, is 5"),
]


@pytest.mark.parametrize(("was", "now"), [case[1:] for case in FINE], ids=[case[0] for case in FINE])
def test_a_released_model_may_widen(was: Any, now: Any) -> None:
    assert broken(of(was), of(now)) == []


@pytest.mark.parametrize(("was", "now", "why"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_released_model_may_not_narrow(was: Any, now: Any, why: str) -> None:
    reasons = broken(of(was), of(now))

    assert any(why in reason for reason in reasons), reasons


@pytest.mark.parametrize("what", ["topic", "key"])
def test_a_type_stays_in_its_topic_under_its_key(what: str) -> None:
    was = {"topic": "hall.club", "key": "club_id", "schema": of(int)}

    assert incompatible(was, was) == []
    assert incompatible(was, was | {what: "another"}) == [f"its {what} was {was[what]}, is another"]


def test_every_reason_is_told_at_once() -> None:
    was = plain(create_model("Body", a=(int, ...), b=(str, ...), c=(int, ...)).model_json_schema())
    now = plain(create_model("Body", a=(str, ...), c=(int, ...), d=(int, ...)).model_json_schema())

    assert broken(was, now) == ["body.a: no longer takes integer", "body.b: is gone", "body.d: is required now"]


def test_a_field_may_have_the_name_of_a_keyword() -> None:
    def body(title: Any) -> Schema:
        return plain(create_model("Body", title=(title, ...), examples=(int, ...)).model_json_schema())

    assert body(str)["properties"].keys() == {"title", "examples"}
    assert broken(body(str), body(int)) == ["body.title: no longer takes string"]


class Node(BaseModel):
    child: "Node | None" = None


def test_a_model_that_holds_itself_is_not_compared() -> None:
    with pytest.raises(AssertionError, match="holds itself"):
        plain(Node.model_json_schema())


def parts(schema: Schema) -> Iterator[Schema]:
    """`schema` and every schema inside of it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for one in inner:
        yield from parts(one)


def spoiled(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every copy of `schema` in which one thing, anywhere in it, is narrower."""
    for number, part in enumerate(parts(schema)):

        def copied(number: int = number) -> tuple[Schema, Schema]:
            whole = copy.deepcopy(schema)
            return whole, list(parts(whole))[number]

        for name in part.get("properties", {}):
            whole, ours = copied()
            del ours["properties"][name]
            yield f"{name} goes", whole
            if name not in part.get("required", []):
                whole, ours = copied()
                ours["required"] = [*ours.get("required", []), name]
                yield f"{name} is required", whole
        for key in part.keys() & {*LOWER, *UPPER}:
            whole, ours = copied()
            ours[key] += 1 if key in LOWER else -1
            yield f"{key} is tighter", whole
        for key in part.keys() & {"enum", "anyOf"}:
            whole, ours = copied()
            ours[key].pop()
            yield f"{key} is shorter", whole
        for key in part.keys() & {"type", "format", "pattern"}:
            whole, ours = copied()
            ours[key] = "another"
            yield f"{key} changes", whole


@pytest.mark.parametrize("name", sorted(models()))
def test_no_narrowing_of_any_type_at_any_depth_goes_unnoticed(name: str) -> None:
    schema = snapshot(models()[name])["schema"]

    unnoticed = [what for what, narrower in spoiled(schema) if not broken(schema, narrower)]

    assert unnoticed == []
    assert broken(schema, schema) == []
