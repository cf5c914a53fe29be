"""A place in a group under a lasting name. The one-machine broker knows no such names; tests/e2e says it of Kafka."""

import asyncio
from types import SimpleNamespace
from typing import Any

from kit.membership import Membership


def a_member(**changes: Any) -> Any:
    """A consumer that a broker has taken back by its name: it does not know who watches the group's topics."""
    coordinator = SimpleNamespace(
        _group_instance_id="billing-1",
        _group_subscription=None,
        _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=())),
        _performed_join_prepare=False,
        _rejoin_needed_fut=asyncio.Future[None](),
        _do_commit_offsets=None,
        generation=2,
        member_id="first",
        asked=0,
    )
    coordinator.__dict__.update(changes)

    def request_rejoin() -> None:
        coordinator.asked += 1

    coordinator.request_rejoin = request_rejoin
    return SimpleNamespace(_coordinator=coordinator)


def asked(consumer: Any, times: int = 3) -> int:
    member = Membership(consumer)
    for _ in range(times):
        member.ask_once_more()
    return int(consumer._coordinator.asked)


async def test_who_is_taken_back_by_its_name_joins_once_more() -> None:
    assert asked(a_member()) == 1


async def test_each_new_place_in_the_group_is_asked_for_again() -> None:
    consumer = a_member()
    member = Membership(consumer)
    member.ask_once_more()
    consumer._coordinator.member_id = "second"
    member.ask_once_more()

    assert consumer._coordinator.asked == 2


async def test_a_leader_and_a_nameless_member_join_no_more() -> None:
    assert asked(a_member(_group_subscription={"billing.sale"})) == 0
    assert asked(a_member(_group_instance_id=None)) == 0


async def test_who_is_joining_is_left_alone() -> None:
    needed = asyncio.Future[None]()
    needed.set_result(None)

    assert asked(a_member(_performed_join_prepare=True)) == 0
    assert asked(a_member(_rejoin_needed_fut=needed)) == 0
    assert asked(a_member(generation=-1)) == 0
    assert asked(a_member(_subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=None)))) == 0
