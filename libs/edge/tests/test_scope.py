"""Whose rows a caller sees: the condition that every store puts into every query."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, MetaData, Table, Uuid, create_engine, insert, select

from edge.scope import Scope

ORG, OTHER_ORG, CLUB, OTHER_CLUB = (uuid4() for _ in range(4))
things = Table("thing", MetaData(), Column("org_id", Uuid), Column("club_id", Uuid))


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(ORG), {(ORG, CLUB), (ORG, OTHER_CLUB)}),
        (Scope(ORG, frozenset({CLUB})), {(ORG, CLUB)}),
        (Scope(ORG, frozenset()), set()),
        (Scope(OTHER_ORG, frozenset({CLUB})), {(OTHER_ORG, CLUB)}),
    ],
    ids=["every club of the org", "some clubs", "no club", "another org"],
)
def test_a_caller_sees_the_rows_of_his_org_and_his_clubs_alone(scope: Scope, seen: set[tuple[UUID, UUID]]) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        things.create(conn)
        there = [(ORG, CLUB), (ORG, OTHER_CLUB), (OTHER_ORG, CLUB)]
        conn.execute(insert(things), [{"org_id": org, "club_id": club} for org, club in there])

        found = {tuple(row) for row in conn.execute(select(things).where(*scope.rows(things)))}

    assert found == seen
