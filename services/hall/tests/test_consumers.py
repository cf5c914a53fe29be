"""What the hall does with the facts of billing: once, twice, out of order, unknown, malformed."""

import asyncio
from collections.abc import Callable

import pytest

from conftest import eventually
from contracts import Message
from hall import consumers
from hall.domain.session import Money, Refusal, Session, State
from hall.store import sessions
from kit.consume import Intake
from kit.db import Database
from kit.parked import Delivery
from kit.time import new_id, utc_now
from services.hall.tests.builders import (
    ORG,
    OTHER_ORG,
    Furnished,
    a_delivery,
    a_session,
    cancelled,
    failed,
    furnish,
    ordered,
    paid,
    registered,
    renamed,
    rows,
    started,
    stored,
    told,
    unconfirmed,
)

Fact = Callable[[Session], Message]
STARTED, ENDED, REFUSED = "session.started", "session.ended", "session.refused"


@pytest.fixture
def intake(db: Database) -> Intake:
    return Intake(db, consumers.handlers())


async def take(intake: Intake, *messages: Message) -> None:
    await intake.take([a_delivery(message) for message in messages])


async def parked(db: Database) -> list[str]:
    return [error for (error,) in await rows(db, "select error from parked order by id")]


@pytest.mark.parametrize("fact", [paid, unconfirmed])
async def test_a_paid_session_starts_and_its_clock_runs(
    intake: Intake, db: Database, hall: Furnished, fact: Fact
) -> None:
    session = await ordered(db, hall)

    before = utc_now()
    await take(intake, fact(session))

    running = await stored(db, session)
    assert running.state is State.ACTIVE
    assert running.started_at is not None
    assert running.ends_at is not None
    assert before <= running.started_at <= utc_now()
    assert (running.ends_at - running.started_at).total_seconds() == session.paid_s
    assert await told(db) == [STARTED]


async def test_a_failed_sale_refuses_the_session_with_its_reason_and_frees_the_device(
    intake: Intake, db: Database, hall: Furnished
) -> None:
    session = await ordered(db, hall)

    await take(intake, failed(session))

    refused = await stored(db, session)
    assert refused.state is State.REFUSED
    assert refused.refusal == Refusal("register_paper_out", Money.RETURNING, "Нет бумаги")
    assert await told(db) == [REFUSED]
    await ordered(db, hall)


async def test_no_text_of_a_device_can_keep_its_own_device_held(intake: Intake, db: Database, hall: Furnished) -> None:
    session = await ordered(db, hall)

    await take(intake, failed(session, device_text="Нет\0бумаги " + "x" * 900))

    refusal = (await stored(db, session)).refusal
    assert refusal is not None
    assert str(refusal.device_text).startswith("Нетбумаги x")


async def test_a_cancelled_sale_refuses_the_session(intake: Intake, db: Database, hall: Furnished) -> None:
    session = await ordered(db, hall)

    await take(intake, cancelled(session))

    assert (await stored(db, session)).refusal == Refusal("sale_cancelled", Money.NONE)
    assert await told(db) == [REFUSED]


REPEATED: list[tuple[list[Fact], State, list[str]]] = [
    ([paid, paid], State.ACTIVE, [STARTED]),
    ([unconfirmed, paid], State.ACTIVE, [STARTED]),
    ([paid, unconfirmed], State.ACTIVE, [STARTED]),
    ([unconfirmed, unconfirmed, paid, paid], State.ACTIVE, [STARTED]),
    ([failed, failed], State.REFUSED, [REFUSED]),
    ([cancelled, failed], State.REFUSED, [REFUSED]),
    ([failed, cancelled], State.REFUSED, [REFUSED]),
    ([paid, failed], State.ACTIVE, [STARTED]),
    ([paid, cancelled], State.ACTIVE, [STARTED]),
    ([unconfirmed, failed], State.ACTIVE, [STARTED]),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("facts", "state", "words"), REPEATED)
async def test_facts_that_come_too_late_change_nothing(
    intake: Intake, db: Database, hall: Furnished, facts: list[Fact], state: State, words: list[str], together: bool
) -> None:
    session = await ordered(db, hall)
    deliveries = [a_delivery(fact(session)) for fact in facts]

    for some in [deliveries] if together else [[one] for one in deliveries]:
        await intake.take(some)

    assert (await stored(db, session)).state is state
    assert await told(db) == words
    assert await parked(db) == []


async def test_a_redelivered_fact_has_one_effect(intake: Intake, db: Database, hall: Furnished) -> None:
    session = await ordered(db, hall)
    delivery = a_delivery(paid(session))

    await intake.take([delivery, delivery])
    first = await stored(db, session)
    await intake.take([delivery])

    assert await stored(db, session) == first
    assert await told(db) == [STARTED]


@pytest.mark.parametrize("ending", [failed, cancelled])
@pytest.mark.parametrize("paying", [paid, unconfirmed])
async def test_a_sale_paid_after_its_session_was_refused_starts_nothing_and_is_shown_to_a_person(
    intake: Intake, db: Database, hall: Furnished, ending: Fact, paying: Fact
) -> None:
    session = await ordered(db, hall)

    await take(intake, ending(session))
    await take(intake, paying(session))

    assert (await stored(db, session)).state is State.REFUSED
    assert await told(db) == [REFUSED]
    (error,) = await parked(db)
    assert "PaidWithoutSession" in error


async def test_a_device_sold_again_is_not_touched_by_a_late_fact_of_the_sale_before(
    intake: Intake, db: Database, hall: Furnished
) -> None:
    first = await ordered(db, hall)
    await take(intake, failed(first))
    second = await ordered(db, hall)

    await take(intake, paid(first), paid(second))

    assert (await stored(db, first)).state is State.REFUSED
    assert (await stored(db, second)).state is State.ACTIVE


async def test_a_fact_about_an_ended_session_changes_nothing(intake: Intake, db: Database, hall: Furnished) -> None:
    session = await started(db, hall)
    async with db.begin() as tx:
        ended = session.end_by_hand(tx.now, session.ordered_by, "Гость ушёл")
        await sessions.save_session(tx, ended)

    await take(intake, unconfirmed(session), paid(session), failed(session))

    assert await stored(db, session) == ended
    assert (await told(db), await parked(db)) == ([], [])


async def test_a_top_up_is_not_the_halls_concern(intake: Intake, db: Database, hall: Furnished) -> None:
    top_up = a_session(org_id=ORG, club_id=hall.club.club_id)

    await take(intake, *(fact(top_up, session_id=None) for fact in (paid, unconfirmed, failed, cancelled)))

    assert (await told(db), await parked(db)) == ([], [])


async def test_a_session_that_the_hall_never_had_is_parked_and_others_go_on(
    intake: Intake, db: Database, hall: Furnished
) -> None:
    session = await ordered(db, hall)

    await take(intake, paid(a_session()), paid(session))

    assert (await stored(db, session)).state is State.ACTIVE
    (error,) = await parked(db)
    assert "session_not_found" in error


async def test_a_sale_that_is_not_the_sessions_own_is_parked(intake: Intake, db: Database, hall: Furnished) -> None:
    session = await ordered(db, hall)

    await take(intake, paid(session, sale_id=new_id()), failed(session, sale_id=new_id()))

    assert (await stored(db, session)).state is State.ORDERED
    assert all("SaleOfAnotherSession" in error for error in await parked(db))
    assert len(await parked(db)) == 2


async def test_what_cannot_be_read_is_parked_and_unknown_types_are_skipped(
    intake: Intake, db: Database, hall: Furnished
) -> None:
    session = await ordered(db, hall)
    malformed = a_delivery(paid(session, sale_id=new_id()), body=b'{"org_id": 5}')
    unknown = a_delivery(paid(session))
    unknown.headers["ce_type"] = "billing.sale.dreamt.v1"

    await intake.take([malformed, unknown, a_delivery(paid(session))])

    assert (await stored(db, session)).state is State.ACTIVE
    assert len(await parked(db)) == 1


async def test_a_client_who_is_told_of_late_gets_a_name_on_the_tile(
    intake: Intake, db: Database, hall: Furnished
) -> None:
    client_id = new_id()
    session = await started(db, hall, client_id=client_id)

    await take(intake, registered(client_id, "Ким"))
    await take(intake, renamed(client_id, "Ким А."))

    assert (await stored(db, session)).client_name == "Ким А."
    bodies = await rows(db, "select body -> 'session' ->> 'client_name' from board_change order by seq desc limit 3")
    assert bodies == [("Ким А.",), ("Ким",), (None,)]


async def test_a_name_that_stays_the_same_changes_no_tile(intake: Intake, db: Database, hall: Furnished) -> None:
    client_id = new_id()
    await started(db, hall, client_id=client_id, client_name="Ким")
    before = await rows(db, "select max(seq) from board_change")

    await take(intake, registered(client_id, "Ким"))

    assert await rows(db, "select max(seq) from board_change") == before


async def test_a_name_never_reaches_a_session_of_another_org(intake: Intake, db: Database, hall: Furnished) -> None:
    client_id = new_id()
    session = await started(db, hall, client_id=client_id)

    await take(intake, registered(client_id, "Чужой", org_id=OTHER_ORG))

    assert (await stored(db, session)).client_name is None


async def test_two_owners_of_one_message_have_one_effect(db: Database, hall: Furnished) -> None:
    some: list[Delivery] = []
    for device in hall.devices:
        some.append(a_delivery(paid(await ordered(db, hall, device))))

    await asyncio.gather(*(Intake(db, consumers.handlers()).take(batch) for batch in (some, some[::-1])))

    assert await told(db) == [STARTED] * 3


async def test_two_owners_of_one_sessions_facts_start_it_once(db: Database, hall: Furnished) -> None:
    """In the middle of a rebalance the two facts of one sale can be in two hands."""
    session = await ordered(db, hall)

    async with db.begin() as tx:
        await consumers.start(tx, unconfirmed(session))
        other = asyncio.create_task(take(Intake(db, consumers.handlers()), paid(session)))
        await eventually(lambda: rows(db, "select 1 from pg_locks where not granted"))
    await other

    assert (await told(db), await parked(db)) == ([STARTED], [])


async def test_replicas_that_take_batches_of_the_same_clubs_crosswise_do_not_block_each_other(db: Database) -> None:
    """Each batch is one transaction over several clubs, in an order of its own."""
    halls = [await furnish(db, pcs=4) for _ in range(4)]
    batches = []
    for n in range(4):
        sold = [await ordered(db, hall, hall.devices[n]) for hall in halls[n:] + halls[:n]]
        batches.append([a_delivery(paid(session)) for session in sold])

    async with asyncio.timeout(5):
        await asyncio.gather(*(Intake(db, consumers.handlers()).take(batch) for batch in batches))

    assert await told(db) == [STARTED] * 16
    assert await rows(db, "select deadlocks from pg_stat_database where datname = current_database()") == [(0,)]
