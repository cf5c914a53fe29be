"""Signing keys over time: whoever holds a good token, and whoever checks it, never meets an unknown key."""

import random
from datetime import datetime, timedelta

import pytest

from services.staff.tests.builders import NOW
from staff.domain import keys
from staff.domain.keys import PUBLISHED_AFTER, PUBLISHED_BEFORE, SigningKey
from staff.domain.tokens import ACCESS_LIFE

EVERY = timedelta(days=30)
CACHE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=5)


def a_key(kid: str, signs_from: datetime) -> SigningKey:
    return SigningKey(kid=kid, public={"kid": kid}, sealed=b"", signs_from=signs_from)


def rotated(known: list[SigningKey], now: datetime, every: timedelta = EVERY) -> list[SigningKey]:
    """What the job makes of the keys at `now`."""
    begin = keys.next_begin(known, now, every)
    after = known + ([a_key(f"key-{now.isoformat()}", begin)] if begin else [])
    gone = keys.dead(after, now)
    return [key for key in after if key not in gone]


def test_the_first_key_signs_at_once() -> None:
    assert [key.signs_from for key in rotated([], NOW)] == [NOW]


def test_no_key_is_made_before_it_is_due() -> None:
    known = rotated([], NOW)
    assert rotated(known, NOW + EVERY - PUBLISHED_BEFORE - timedelta(seconds=1)) == known


def test_a_new_key_is_published_an_hour_before_it_signs() -> None:
    first, second = rotated(rotated([], NOW), NOW + EVERY - PUBLISHED_BEFORE)

    assert second.signs_from == NOW + EVERY
    assert keys.signing([first, second], NOW + EVERY - timedelta(seconds=1)) == first
    assert keys.signing([first, second], NOW + EVERY) == second


def test_after_a_long_stop_the_new_key_is_still_published_first() -> None:
    late = NOW + 3 * EVERY
    assert rotated(rotated([], NOW), late)[-1].signs_from == late + PUBLISHED_BEFORE


def test_a_second_replica_makes_no_second_key() -> None:
    known = rotated(rotated([], NOW), NOW + EVERY)
    assert rotated(known, NOW + EVERY) == known


def test_an_old_key_goes_when_its_tokens_are_dead() -> None:
    known = [a_key("old", NOW), a_key("new", NOW + EVERY)]
    assert keys.dead(known, NOW + EVERY + PUBLISHED_AFTER - timedelta(seconds=1)) == []
    assert [key.kid for key in keys.dead(known, NOW + EVERY + PUBLISHED_AFTER)] == ["old"]


def test_the_only_key_never_dies() -> None:
    assert keys.dead([a_key("only", NOW)], NOW + 100 * EVERY) == []


def test_a_replica_whose_clock_is_behind_signs_with_the_first_key() -> None:
    assert keys.signing([a_key("only", NOW)], NOW - timedelta(seconds=3)).kid == "only"


@pytest.mark.parametrize("seed", range(5))
def test_every_reader_with_a_cache_of_ten_minutes_knows_the_key_of_every_good_token(seed: int) -> None:
    """The job runs when it runs: often, late, or after days."""
    chance, every = random.Random(seed), timedelta(days=2)
    now, known = NOW, rotated([], NOW, every)
    seen: list[tuple[datetime, set[str]]] = []
    signed: list[tuple[datetime, str]] = []
    due = now
    for _ in range(20_000):
        now += timedelta(minutes=1)
        if now >= due:
            known = rotated(known, now, every)
            due = now + timedelta(minutes=chance.choice((10, 10, 10, 90, 4000)))
        seen = [*(one for one in seen if one[0] > now - CACHE), (now, {key.kid for key in known})]
        good = [one for one in signed if one[0] + ACCESS_LIFE + LEEWAY > now]
        signed = [*good, (now, keys.signing(known, now).kid)]
        for _, published in seen:
            assert {kid for _, kid in signed} <= published
