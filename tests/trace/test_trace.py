"""One trace from the click to the receipt, as an operator sees it in whatever collects traces."""

import pytest

from savepoint.day import Club, Day, desk, set_up
from tests.e2e import stacks
from tests.trace.collector import Collector, collector

CLICK = "POST /v1/sales/{sale_id}/payment"

WAY_OF_A_PAYMENT = [
    ("server", CLICK),
    ("producer", "publish fiscal.commands"),
    ("consumer", "process fiscal.receipt.print.v1"),
    ("producer", "publish fiscal.branch.CLUB.jobs"),
    ("consumer", "process fiscal.job.print.v1"),
    ("consumer", "register send"),
    ("producer", "publish fiscal.branch.CLUB.answers"),
    ("consumer", "process fiscal.job.done.v1"),
    ("producer", "publish fiscal.receipt"),
    ("consumer", "process fiscal.receipt.registered.v1"),
]
"""Billing, the relays, fiscal, the worker, and back to billing, which marks the sale paid: each the child of the one
before."""


async def guest_pays(url: str, owner_password: str) -> Club:
    """A club opens, and a guest pays in cash for a session, which starts."""
    async with desk(url) as someone:
        club = await set_up(someone, "owner", owner_password)
        await someone.sign_in("anna", club.logins["anna"])
        day = Day(someone, club)
        await day.open_shift()
        await day.guest_with_change()
        return club


@pytest.fixture(scope="module")
async def collected() -> Collector:
    """The spans of a stack in which one guest paid; all of them, for the stack has ended."""
    with collector() as collecting:
        with stacks.embedded({"SAVEPOINT_OTLP_URL": collecting.url}) as stack:
            club = await guest_pays(stack.url, stack.owner_password)
        return collecting.naming(club.club_id, "CLUB")


async def test_one_trace_leads_from_the_click_to_the_receipt_and_back(collected: Collector) -> None:
    last = collected.the(WAY_OF_A_PAYMENT[-1][1])

    way = list(reversed(collected.ancestry(last)))

    assert [(span.kind, span.name) for span in way] == WAY_OF_A_PAYMENT
    assert len({span.trace_id for span in way}) == 1


async def test_the_call_to_the_register_is_a_span_of_the_job_that_made_it(collected: Collector) -> None:
    call = collected.the("KKM-Server RegisterCheck")

    assert call.kind == "client"
    assert [span.name for span in collected.ancestry(call)][1:3] == ["register send", "process fiscal.job.print.v1"]
    assert collected.ancestry(call)[-1].name == CLICK


async def test_the_session_that_was_paid_for_starts_in_the_same_trace(collected: Collector) -> None:
    click = collected.the(CLICK)
    started = collected.the("process billing.sale.paid.v1")

    assert started.trace_id == click.trace_id
