"""What was released stays readable, and what is spoken is recorded; the command that records."""

from pathlib import Path
from typing import ClassVar

import pytest

from contracts import Message
from libs.contracts.tests import release
from libs.contracts.tests.compatibility import incompatible
from libs.contracts.tests.release import RELEASED, breaks, models, record, recorded, snapshot


class Counted(Message):
    """A type that is nobody's: its versions below are models without a type of their own."""

    TOPIC: ClassVar[str] = "hall.club"
    KEY: ClassVar[str] = "thing"

    thing: str


class CountedMore(Counted):
    number: int | None = None


class CountedLess(Message):
    TOPIC: ClassVar[str] = "hall.club"
    KEY: ClassVar[str] = "org_id"


def test_no_released_type_has_changed_incompatibly() -> None:
    assert breaks(RELEASED, models()) == {}


def test_every_type_is_recorded_as_it_is() -> None:
    spoken = {name: snapshot(model) for name, model in models().items()}

    assert recorded().keys() == spoken.keys()
    stale = [name for name, was in recorded().items() if was != spoken[name]]
    assert stale == [], "run `python -m libs.contracts.tests.release`"


def test_a_new_type_and_a_compatible_change_are_recorded(tmp_path: Path) -> None:
    assert record(tmp_path, {"toy.thing.counted.v1": Counted}) == ["toy.thing.counted.v1"]
    assert record(tmp_path, {"toy.thing.counted.v1": Counted}) == []

    assert breaks(tmp_path, {"toy.thing.counted.v1": CountedMore}) == {}
    assert record(tmp_path, {"toy.thing.counted.v1": CountedMore}) == ["toy.thing.counted.v1"]
    assert recorded(tmp_path) == {"toy.thing.counted.v1": snapshot(CountedMore)}


def test_an_incompatible_change_is_named() -> None:
    assert incompatible(snapshot(Counted), snapshot(CountedLess)) == [
        "its key was thing, is org_id",
        "body.thing: is gone",
    ]


def test_the_command_refuses_and_records_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path, {"hall.club.registered.v1": Counted, "hall.club.forgotten.v1": Counted})
    before = recorded(tmp_path)

    assert release.main(tmp_path) == 1

    said = capsys.readouterr().err
    assert "hall.club.registered.v1: body.thing: is gone" in said
    assert "hall.club.forgotten.v1: the type is gone" in said
    assert recorded(tmp_path) == before


def test_the_command_records_what_is_spoken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(tmp_path) == 0

    assert recorded(tmp_path) == recorded()
    assert "recorded hall.club.registered.v1\n" in capsys.readouterr().out
