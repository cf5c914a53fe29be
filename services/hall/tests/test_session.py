"""Sessions: states, transitions, and tiles; all of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.domain.board import TileState, counts, tile
from hall.domain.device import Device
from hall.domain.session import OPEN, TRANSITIONS, Cause, IllegalTransition, Money, Refusal, Session, State
from services.hall.tests.builders import ANNA, NOON, a_device, a_session

LATER = NOON + timedelta(minutes=3)
END = LATER + timedelta(minutes=180)
PAPER_OUT = Refusal("register_paper_out", Money.RETURNING, "Нет бумаги")

IN_STATE: dict[State, Callable[[], Session]] = {
    State.ORDERED: a_session,
    State.ACTIVE: lambda: a_session().start(LATER),
    State.ENDED: lambda: a_session().start(LATER).end_by_time(END),
    State.REFUSED: lambda: a_session().refuse(LATER, PAPER_OUT),
}
ACTS: dict[str, tuple[State, Callable[[Session], Session]]] = {
    "start": (State.ACTIVE, lambda session: session.start(LATER)),
    "refuse": (State.REFUSED, lambda session: session.refuse(LATER, PAPER_OUT)),
    "end by time": (State.ENDED, lambda session: session.end_by_time(END)),
    "end by hand": (State.ENDED, lambda session: session.end_by_hand(END, ANNA, "Гость ушёл")),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", State)
def test_a_session_does_what_its_state_allows_and_nothing_else(state: State, act: str) -> None:
    session, (wanted, do) = IN_STATE[state](), ACTS[act]

    if wanted in TRANSITIONS[state]:
        assert do(session).state is wanted
    else:
        with pytest.raises(IllegalTransition):
            do(session)


def test_a_session_that_is_over_stays_so() -> None:
    assert TRANSITIONS[State.ENDED] == TRANSITIONS[State.REFUSED] == frozenset()
    assert State.ENDED not in OPEN
    assert State.REFUSED not in OPEN


def test_the_clock_of_a_session_runs_from_its_start() -> None:
    session = a_session(minutes=90).start(LATER)

    assert (session.started_at, session.ends_at) == (LATER, LATER + timedelta(minutes=90))


def test_a_session_that_is_noticed_late_ended_on_time() -> None:
    session = a_session().start(LATER).end_by_time(END + timedelta(minutes=20))

    assert (session.ended_at, session.cause, session.unused_s) == (END, Cause.TIME, 0)


def test_a_session_does_not_end_by_time_before_its_time() -> None:
    with pytest.raises(AssertionError):
        a_session().start(LATER).end_by_time(END - timedelta(seconds=1))


@given(st.integers(-60, 400 * 60))
def test_played_and_unused_time_make_the_paid_time(after_s: int) -> None:
    """Whenever somebody ends it: before its start (clocks differ), within, or after its end."""
    session = a_session().start(LATER).end_by_hand(LATER + timedelta(seconds=after_s), ANNA, "Гость ушёл")

    assert session.ended_at is not None
    assert session.started_at is not None
    played_s = (session.ended_at - session.started_at).total_seconds()
    assert session.unused_s == max(0, session.paid_s - played_s)
    assert 0 <= session.unused_s <= session.paid_s


BROKEN = [
    {"state": State.ACTIVE},
    {"state": State.ENDED},
    {"state": State.REFUSED},
    {"started_at": LATER},
    {"ended_at": END},
    {"refusal": PAPER_OUT},
    {"cause": Cause.HAND},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_session_that_contradicts_itself_cannot_exist(broken: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        a_session(**broken)


def on_a_device(session: Session, **changes: object) -> Device:
    return replace(a_device(session.club_id, session.device_id, device_id=session.device_id), **changes)  # type: ignore[arg-type]


def test_a_tile_shows_what_takes_the_device() -> None:
    held = a_session(client_name="Ким")
    active = held.start(LATER)

    assert tile(on_a_device(held), None).state is TileState.FREE
    assert tile(on_a_device(held, in_service=False), None).state is TileState.OUT_OF_SERVICE
    held_tile, active_tile = tile(on_a_device(held), held), tile(on_a_device(held), active)
    assert held_tile.state is TileState.HELD
    assert held_tile.session is not None
    assert (held_tile.session.held_until, held_tile.session.ends_at) == (held.pay_by, None)
    assert active_tile.state is TileState.ACTIVE
    assert active_tile.session is not None
    assert (active_tile.session.held_until, active_tile.session.ends_at) == (None, active.ends_at)
    assert active_tile.session.client_name == "Ким"


def test_a_tile_never_shows_another_devices_session() -> None:
    with pytest.raises(AssertionError):
        tile(a_device(a_session().club_id, a_session().device_id), a_session())


def test_counts_name_every_state() -> None:
    session = a_session()

    assert counts([tile(on_a_device(session), session)]) == {
        TileState.FREE: 0,
        TileState.HELD: 1,
        TileState.ACTIVE: 0,
        TileState.OUT_OF_SERVICE: 0,
    }
