"""Every path from a paid sale to its end: at most one document anywhere, exactly one or a definite refusal at the end.

The exploration visits every state that the model can reach within its budget of faults, and shows that it can fail:
the same exploration of a worker that sends again after a time-out finds the double.
"""

from collections import deque
from dataclasses import replace
from datetime import datetime

import pytest

from billing.domain.sale import Receipt, State
from fiscal.worker.domain import job as jobs
from fiscal.worker.domain import observation as seeing
from fiscal.worker.domain.job import Action, Job, Stage
from fiscal.worker.domain.observation import Silence
from tests.model.world import Rules, World, emergency, moves, ordered, refunding, start

FAULTS_MAX = 4
REFUND_FAULTS_MAX = 3
EMERGENCY_FAULTS_MAX = 3


class Broken(AssertionError):
    """A promise that does not hold, with the path to where it breaks."""


def explore(rules: Rules, faults_max: int, first: World | None = None) -> tuple[int, int]:
    """Visit every reachable state; (states, ends). Raises Broken with the shortest path to a broken promise."""
    first = first or ordered()
    came_from: dict[World, tuple[World, str] | None] = {first: None}
    queue, ends = deque([first]), 0
    while queue:
        world = queue.popleft()
        _holds(world, came_from)
        going_on = False
        for name, after in moves(world, rules, faults_max):
            going_on = True
            if after not in came_from:
                came_from[after] = (world, name)
                queue.append(after)
        if world.ended:
            ends += 1
            _ends_well(world, came_from)
        elif not going_on:
            raise Broken(_story("stuck", world, came_from))
    return len(came_from), ends


def _holds(world: World, came_from: dict[World, tuple[World, str] | None]) -> None:
    """What must be true everywhere."""
    if world.ours > 1:
        raise Broken(_story(f"{world.ours} documents", world, came_from))
    expected = {State.FISCALISING: (1, 0), State.PAID: (0, 1)}.get(world.sale.state, (0, 0))
    if (world.held, world.settled) != expected:
        raise Broken(_story("money is not where the sale is", world, came_from))
    if world.paid_at is not None and world.paid_at >= world.sale.pay_by:
        raise Broken(_story("paid when its time was over", world, came_from))


def _ends_well(world: World, came_from: dict[World, tuple[World, str] | None]) -> None:
    documents = 1 if world.sale.state is State.PAID else 0
    if world.sale.receipt is Receipt.UNFISCALISED:
        documents = 0
        if world.by_hand is not True or world.ours:
            raise Broken(_story(f"a sale without a document with {world.ours} documents", world, came_from))
    if world.ours != documents:
        raise Broken(_story(f"a {world.sale.state} sale with {world.ours} documents", world, came_from))
    if world.sale.handed_over and world.sale.state is not State.PAID:
        raise Broken(_story("the guest plays and nobody has paid", world, came_from))


def _story(what: str, world: World, came_from: dict[World, tuple[World, str] | None]) -> str:
    path, at = [what], came_from[world]
    while at is not None:
        path.append(at[1])
        at = came_from[at[0]]
    return " <- ".join(path)


def test_every_path_ends_with_exactly_one_document_or_a_definite_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    states, ends = explore(jobs.step, FAULTS_MAX)

    with capsys.disabled():
        print(
            f"\n  explored {states} states with up to {FAULTS_MAX} faults, {ends} of them ends: no double, none missing"
        )
    assert states > 10_000, "the model has lost its teeth"


def test_every_path_of_a_refund_ends_with_exactly_one_return_receipt_or_with_nothing_given_back() -> None:
    """What goes back of a top-up is held all the while: it is neither spent nor given twice."""
    states, ends = explore(jobs.step, REFUND_FAULTS_MAX, refunding())

    assert (states > 1_000, ends > 0) == (True, True), "the model has lost its teeth"


def test_with_manual_payment_every_path_ends_with_one_document_or_with_none_and_a_correction_due() -> None:
    """Turned on at any moment: what may have been printed is never said to have no document."""
    states, ends = explore(jobs.step, EMERGENCY_FAULTS_MAX, emergency())

    assert (states > 5_000, ends > 0) == (True, True), "the model has lost its teeth"


def gives_up_what_was_sent(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """Nobody waits for the register, so what it does not answer is not done."""
    if job.stage is Stage.ASKING and isinstance(seen, Silence):
        return replace(job, stage=Stage.REFUSED, code="register_unreachable"), Action.NOTHING
    return jobs.step(job, seen, now)


def test_the_exploration_finds_a_sale_that_is_done_without_the_document_that_it_has() -> None:
    with pytest.raises(Broken, match="a sale without a document with 1 documents"):
        explore(gives_up_what_was_sent, EMERGENCY_FAULTS_MAX, replace(emergency(), by_hand=True))


def sends_again_after_a_time_out(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """The easy version: no answer, so try once more under a new id, which is what a fresh attempt means."""
    if job.stage is Stage.SENDING and isinstance(seen, Silence) and job.sends < jobs.SENDS_MAX:
        return replace(job, stage=Stage.SENDING, sends=job.sends + 1), Action.SEND
    return jobs.step(job, seen, now)


def believes_a_restarted_server(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """The server does not know it, so it was not done: send again."""
    if job.stage is Stage.ASKING and isinstance(seen, seeing.Unknown):
        return replace(job, stage=Stage.SENDING, sends=job.sends + 1), Action.SEND
    return jobs.step(job, seen, now)


def believes_an_error(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """Status 2 means that it failed."""
    if isinstance(seen, seeing.Answered) and seen.status == 2:
        return replace(job, stage=Stage.REFUSED, code="register_refused"), Action.NOTHING
    return jobs.step(job, seen, now)


def reads_too_early(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """The register shows nothing right after the server's restart, so nothing was done."""
    return jobs.step(replace(job, settled_at=None) if job.settled_at else job, seen, now)


def believes_any_number(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """The person must know which document it is."""
    if isinstance(seen, seeing.Entered) and seen.found is not None:
        return replace(job, stage=Stage.DONE, found=seen.found), Action.NOTHING
    return jobs.step(job, seen, now)


def believes_that_there_is_none(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """The person has looked, so nothing has to be compared."""
    if isinstance(seen, seeing.Denied):
        return replace(job, stage=Stage.REFUSED, code="no_document"), Action.NOTHING
    return jobs.step(job, seen, now)


def takes_what_looks_the_same(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """A document that looks like ours is ours, even if another job made it meanwhile."""
    if isinstance(seen, seeing.Entered):
        seen = replace(seen, taken=False)
    if isinstance(seen, seeing.Denied) and seen.compared is not None:
        seen = seeing.Denied(replace(seen.compared, taken=frozenset()))
    return jobs.step(job, seen, now)


def prints_what_it_has_forgotten(job: Job, seen: seeing.Observation, now: datetime) -> jobs.Step:
    """Neither the worker nor the server knows of it, so it is new."""
    if job.forgotten and isinstance(seen, seeing.Unknown):
        return Job(job.kind, job.send_by, job.wanted), Action.LOOK
    return jobs.step(job, seen, now)


@pytest.mark.parametrize(
    ("naive", "found"),
    [
        (sends_again_after_a_time_out, "2 documents"),
        (believes_a_restarted_server, "2 documents"),
        (believes_an_error, "a failed sale with 1 documents"),
        (reads_too_early, "2 documents"),
        (believes_any_number, "a paid sale with 0 documents"),
        (believes_that_there_is_none, "a failed sale with 1 documents"),
        (takes_what_looks_the_same, "a paid sale with 0 documents"),
        (prints_what_it_has_forgotten, "2 documents"),
    ],
)
def test_the_exploration_finds_what_easier_versions_do_wrong(naive: Rules, found: str) -> None:
    with pytest.raises(Broken, match=found):
        explore(naive, FAULTS_MAX)


def test_a_crash_while_sending_is_never_followed_by_another_sending() -> None:
    world = start()
    assert world.job is not None
    sending = replace(world.job, stage=Stage.SENDING, sends=1)

    assert jobs.resumed(sending) == (replace(sending, stage=Stage.ASKING), Action.ASK)
