"""The table of permissions says what each role is for."""

import re
from typing import get_args

import pytest

from contracts.staff import RoleName
from staff.domain.roles import MACHINES, OWN, ROLES, TABLE, Role, permissions_of

DESK = {
    "hall.board.read",
    "hall.session.order",
    "hall.session.end",
    "billing.client.read",
    "billing.client.manage",
    "billing.sale.read",
    "billing.sale.pay",
    "billing.sale.cancel",
    "billing.top_up.take",
    "billing.refund.take",
    "billing.shift.read",
    "billing.shift.open",
    "billing.shift.close",
    "fiscal.receipt.read",
    "fiscal.receipt.ask",
    "fiscal.register.read",
    "fiscal.register.print",
    "staff.till.read",
}
OWNERS_ALONE = {"fiscal.tax.manage", "staff.member.manage", "staff.till.manage", "staff.machine.manage"}
OWNERS_ALONE |= {"staff.session.manage", "billing.difference.approve"}


def test_the_owner_may_do_everything() -> None:
    assert permissions_of("owner") == set(TABLE)
    assert len(TABLE) == 32


def test_an_operator_may_do_what_the_desk_needs_and_nothing_else() -> None:
    assert permissions_of("operator") == DESK


def test_an_administrator_is_an_operator_who_looks_after_the_club() -> None:
    more = {
        "fiscal.receipt.settle",
        "fiscal.register.manage",
        "hall.club.manage",
        "staff.member.read",
        "billing.bonus.grant",
        "billing.refund.approve",
        "billing.ledger.read",
        "staff.journal.read",
    }
    assert permissions_of("administrator") == DESK | more


def test_an_accountant_reads_everything_and_changes_nothing() -> None:
    assert permissions_of("accountant") == {permission for permission in TABLE if permission.endswith(".read")}


@pytest.mark.parametrize("permission", sorted(OWNERS_ALONE))
def test_what_gives_power_is_the_owners_alone(permission: str) -> None:
    assert TABLE[permission] == ("owner",)


def test_permissions_are_named_service_noun_verb() -> None:
    every = {*TABLE, *OWN, *(permission for some in MACHINES.values() for permission in some)}
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+\.[a-z]+", permission) for permission in every)


def test_what_machines_may_do_no_member_may() -> None:
    assert {permission for some in MACHINES.values() for permission in some}.isdisjoint({*TABLE, *OWN})


def test_the_roles_are_those_that_are_told() -> None:
    assert set(ROLES) == set(get_args(Role)) == set(get_args(RoleName))
