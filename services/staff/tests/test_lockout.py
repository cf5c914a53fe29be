"""Wrong passwords: five are free, then each costs twice the wait."""

from datetime import timedelta

import pytest

from services.staff.tests.builders import NOW
from staff.domain.lockout import LONGEST_WAIT, Tries, in_words


def waits_min(count: int) -> list[float]:
    """The waits after each of `count` wrong passwords, each given as soon as the one before allows."""
    tries, now, waits = Tries(), NOW, []
    for _ in range(count):
        tries = tries.after_wrong(now)
        until = tries.locked_until or now
        waits.append((until - now) / timedelta(minutes=1))
        now = until
    return waits


def test_the_fifth_wrong_password_locks_and_waits_grow_up_to_an_hour() -> None:
    assert waits_min(14) == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_waits_stay_an_hour_however_many_there_were() -> None:
    assert Tries(failures=10**6).after_wrong(NOW).locked_until == NOW + LONGEST_WAIT


def test_a_locked_login_takes_no_tries() -> None:
    with pytest.raises(AssertionError):
        Tries(5, NOW + timedelta(seconds=1)).after_wrong(NOW)


@pytest.mark.parametrize(
    ("left_s", "wait_s"),
    [(-1, 0), (0, 0), (0.2, 1), (59.5, 60), (60, 61)],
    ids=["over", "ending", "a bit", "near", "1"],
)
def test_a_wait_is_never_told_too_short(left_s: float, wait_s: int) -> None:
    assert Tries(5, NOW + timedelta(seconds=left_s)).wait_s(NOW) == wait_s


def test_a_login_without_wrong_passwords_waits_for_nothing() -> None:
    assert Tries().wait_s(NOW) == 0


@pytest.mark.parametrize(
    ("wait_s", "words"), [(1, "1 seconds"), (119, "119 seconds"), (120, "2 minutes"), (121, "3 minutes")]
)
def test_waits_read_as_seconds_or_whole_minutes(wait_s: int, words: str) -> None:
    assert in_words(wait_s) == words
