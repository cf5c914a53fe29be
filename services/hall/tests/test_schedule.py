"""Windows: what counts is the clock on the club's wall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.domain.schedule import Window, covered, next_to_open
from services.hall.tests.builders import EVERY_DAY, a_window

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
FRI, SAT, SUN, MON = 5, 6, 7, 1
# 2026-11-27 is a Friday.
NIGHT = a_window("22:00", "08:00", frozenset({FRI, SAT}))
DAY = a_window("10:00", "16:00", frozenset({MON}))

CASES = [
    ("2026-11-27 21:59", NIGHT, False),
    ("2026-11-27 22:00", NIGHT, True),
    ("2026-11-28 00:00", NIGHT, True),
    ("2026-11-28 07:59", NIGHT, True),
    ("2026-11-28 08:00", NIGHT, False),
    ("2026-11-28 23:00", NIGHT, True),
    ("2026-11-29 03:00", NIGHT, True),  # Sunday morning belongs to Saturday's window
    ("2026-11-29 22:30", NIGHT, False),
    ("2026-11-27 03:00", NIGHT, False),  # Friday morning belongs to Thursday, which is no day of it
    ("2026-11-30 09:59", DAY, False),
    ("2026-11-30 10:00", DAY, True),
    ("2026-11-30 15:59", DAY, True),
    ("2026-11-30 16:00", DAY, False),
    ("2026-12-01 12:00", DAY, False),
    ("2026-11-30 05:00", a_window("22:00", "08:00", frozenset({SUN})), True),  # over the end of the week
    ("2026-11-30 12:00", a_window("12:00", "12:00", frozenset({MON})), True),  # equal ends are 24 hours
    ("2026-12-01 11:59", a_window("12:00", "12:00", frozenset({MON})), True),
    ("2026-12-01 12:00", a_window("12:00", "12:00", frozenset({MON})), False),
    ("2026-11-30 00:00", a_window("00:00", "00:00", frozenset({MON})), True),
    ("2026-12-01 00:00", a_window("00:00", "00:00", frozenset({MON})), False),
]


@pytest.mark.parametrize(("shown", "window", "inside"), CASES)
def test_a_window_covers_what_the_clock_shows(shown: str, window: Window, inside: bool) -> None:
    assert window.covers(datetime.fromisoformat(shown).replace(tzinfo=MOSCOW)) is inside


def test_no_windows_are_always() -> None:
    assert covered((), datetime(2026, 11, 27, 3, 0, tzinfo=MOSCOW))


def test_one_of_several_windows_is_enough() -> None:
    assert covered((DAY, NIGHT), datetime(2026, 11, 27, 23, 0, tzinfo=MOSCOW))
    assert not covered((DAY, NIGHT), datetime(2026, 11, 27, 12, 0, tzinfo=MOSCOW))


@pytest.mark.parametrize("days", [frozenset(), frozenset({0}), frozenset({8}), frozenset({1, 9})])
def test_a_window_without_good_days_cannot_exist(days: frozenset[int]) -> None:
    with pytest.raises(ValueError, match="days of a window"):
        Window(days, time(22), time(8))


def open_minutes(window: Window, zone: ZoneInfo, first: datetime, hours: int) -> int:
    """How many real minutes of `hours` from `first` the window is open."""
    minutes = (first + timedelta(minutes=n) for n in range(hours * 60))
    return sum(window.covers(minute.astimezone(zone)) for minute in minutes)


NIGHTS = [
    (BERLIN, "2026-03-28 12:00", 9, "clocks go forward"),
    (BERLIN, "2026-10-24 12:00", 11, "clocks go back"),
    (BERLIN, "2026-06-06 12:00", 10, "a summer night"),
    (MOSCOW, "2010-03-27 12:00", 9, "clocks went forward"),
    (MOSCOW, "2010-10-30 12:00", 11, "clocks went back"),
    (MOSCOW, "2011-03-26 12:00", 9, "for the last time, it was said"),
    (MOSCOW, "2014-10-25 12:00", 11, "winter time for ever"),
    (MOSCOW, "2026-03-28 12:00", 10, "not any more"),
]


@pytest.mark.parametrize(("zone", "noon", "hours", "why"), NIGHTS)
def test_a_night_is_as_long_as_the_clock_on_the_wall_makes_it(zone: ZoneInfo, noon: str, hours: int, why: str) -> None:
    first = datetime.fromisoformat(noon).replace(tzinfo=UTC)

    assert open_minutes(a_window("22:00", "08:00"), zone, first, hours=24) == hours * 60, why


def test_a_window_in_the_hour_that_is_skipped_does_not_open_that_night() -> None:
    first = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    assert open_minutes(a_window("02:00", "03:00"), BERLIN, first, hours=24) == 0


def test_a_window_in_the_hour_that_comes_twice_is_open_twice() -> None:
    first = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)

    assert open_minutes(a_window("02:00", "03:00"), BERLIN, first, hours=24) == 120


times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
some_days = st.frozensets(st.integers(1, 7), min_size=1)
windows = st.builds(Window, some_days, times, times)
zones = st.sampled_from([BERLIN, MOSCOW])
around = st.sampled_from(["2026-03-29 01:00", "2026-10-25 01:00", "2010-03-27 23:00", "2014-10-25 22:00"])
"""Moments at which clocks in Berlin or Moscow are changed."""
near = st.builds(
    lambda moment, off_s: datetime.fromisoformat(moment).replace(tzinfo=UTC) + timedelta(seconds=off_s),
    around,
    st.integers(-7200, 7200),
)
moments = near | st.integers(1_230_000_000, 1_900_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(windows, moments, zones)
def test_a_moment_is_inside_by_weekday_and_time_on_the_wall_alone(window: Window, at: datetime, zone: ZoneInfo) -> None:
    """The window's days are laid out as intervals of the wall clock, and the moment looked up in them."""
    shown = at.astimezone(zone).replace(tzinfo=None)
    inside = False
    for days_ago in (0, 1):
        day = shown.date() - timedelta(days=days_ago)
        opens = datetime.combine(day, window.starts)
        closes = datetime.combine(day + timedelta(days=window.crosses_midnight), window.ends)
        inside |= day.isoweekday() in window.days and opens <= shown < closes

    assert window.covers(at.astimezone(zone)) is inside


@given(times, times, moments, zones)
def test_a_window_of_every_day_and_its_complement_never_overlap_and_leave_nothing_out(
    starts: time, ends: time, at: datetime, zone: ZoneInfo
) -> None:
    if starts == ends:
        assert Window(EVERY_DAY, starts, ends).covers(at.astimezone(zone))
        return
    wall_clock = at.astimezone(zone)

    assert Window(EVERY_DAY, starts, ends).covers(wall_clock) != Window(EVERY_DAY, ends, starts).covers(wall_clock)


@given(windows, moments, zones)
def test_a_window_opens_next_at_its_own_start_within_a_week(window: Window, at: datetime, zone: ZoneInfo) -> None:
    shown = at.astimezone(zone).replace(tzinfo=None)
    opening = window.opens_next(at.astimezone(zone))

    assert opening.time() == window.starts
    assert opening.isoweekday() in window.days
    assert timedelta(0) < opening - shown <= timedelta(days=7)


@given(st.lists(windows, min_size=1, max_size=5), moments)
def test_the_next_window_to_open_is_the_first(some: list[Window], at: datetime) -> None:
    wall_clock = at.astimezone(MOSCOW)

    assert all(next_to_open(some, wall_clock).opens_next(wall_clock) <= one.opens_next(wall_clock) for one in some)
