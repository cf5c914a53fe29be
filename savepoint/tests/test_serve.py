"""Which clubs of one machine get a worker: they share its KKM-Server."""

from uuid import UUID

import pytest

from savepoint.serve import Address, alone

A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("first", "second", "served"),
    [
        ((1, "", ""), (2, "", ""), {A, B}),
        ((1, "", ""), (1, "", ""), {A}),
        ((1, "", ""), (0, "", ""), {A}),
        ((0, "111", ""), (0, "222", ""), {A, B}),
        ((1, "111", ""), (0, "111", ""), {A}),
        ((1, "", ""), (0, "222", ""), {A}),
    ],
)
def test_two_clubs_never_share_a_register(first: Address, second: Address, served: set[UUID]) -> None:
    assert alone([(A, first), (B, second)]) == served
