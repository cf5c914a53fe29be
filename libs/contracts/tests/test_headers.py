"""Transport facts survive the wire, and broken ones break nobody."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.headers import CLUB, ID, ORG, SPEC, TIME, TRACE, TYPE, headers, readable
from contracts.staff import MemberRemoved, TillAdded

ORG_ID, CLUB_ID, TILL_ID = (UUID(f"01a208ad-a6dc-7791-8bc0-cde4f60bf62{n}") for n in range(3))
EVENT_ID = UUID("01a208ad-aa88-70d0-aa67-038f219bb102")
AT = datetime(2026, 11, 23, 13, 52, 8, 835439, tzinfo=UTC)
TRACEPARENT = "00-d68eb97f08214199f99d3b1c440b7a00-fd0cc0310eb33ca7-01"

OF_A_CLUB = TillAdded(org_id=ORG_ID, club_id=CLUB_ID, till_id=TILL_ID, name="Стойка", at=AT)
OF_AN_ORG = MemberRemoved(org_id=ORG_ID, member_id=TILL_ID, name="Анна К.", role="operator", clubs=(CLUB_ID,), at=AT)


def wire(known: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in known.items()]


def test_headers_survive_the_wire() -> None:
    known = headers(OF_A_CLUB, EVENT_ID, AT, TRACEPARENT)

    got = readable(wire(known))

    assert got == known
    assert UUID(got[ID]) == EVENT_ID
    assert got[TYPE] == "staff.till.added.v1"
    assert datetime.fromisoformat(got[TIME]) == AT
    assert got[SPEC] == "1.0"
    assert (UUID(got[ORG]), UUID(got[CLUB])) == (ORG_ID, CLUB_ID)
    assert got[TRACE] == TRACEPARENT


def test_what_concerns_the_whole_org_names_no_club() -> None:
    assert CLUB not in headers(OF_AN_ORG, EVENT_ID, AT, TRACEPARENT)


def test_without_a_trace_there_is_no_header_for_it() -> None:
    assert TRACE not in headers(OF_A_CLUB, EVENT_ID, AT, None)


def test_the_same_message_has_the_same_headers_again() -> None:
    assert headers(OF_A_CLUB, EVENT_ID, AT, None) == headers(OF_A_CLUB, EVENT_ID, AT, None)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xff\xfe", r"\xff\xfe"),
        (b"hall.session\xd0", r"hall.session\xd0"),
        (b"toy\x00", r"toy\x00"),
        ("Анна".encode(), "Анна"),
        ("Анна".encode("cp1251"), r"\xc0\xed\xed\xe0"),
        (b"", ""),
        (None, ""),
    ],
)
def test_broken_bytes_are_escaped_and_break_nobody(raw: bytes, text: str) -> None:
    assert readable([(TYPE, raw), (ID, b"1")]) == {TYPE: text, ID: "1"}


def test_of_two_headers_with_one_name_the_last_counts() -> None:
    assert readable([(TYPE, b"first"), (TYPE, b"last")]) == {TYPE: "last"}


def test_no_headers_are_no_headers() -> None:
    assert readable([]) == {}


@given(st.lists(st.tuples(st.text(), st.binary() | st.none())))
def test_whatever_comes_can_be_read_and_written_down(raw: list[tuple[str, bytes]]) -> None:
    got = readable(raw)

    assert got.keys() == {name for name, _ in raw}
    assert all(value.encode() is not None for value in got.values())


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_text_that_a_database_can_keep_comes_back_as_it_went(text: str) -> None:
    assert readable(wire({TYPE: text})) == {TYPE: text}
