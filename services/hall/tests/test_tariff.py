"""Tariffs and offers, the receipt's line, and clubs."""

from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.domain.line import NAME_CHARACTERS_MAX, duration, line_name
from hall.domain.tariff import MINUTES_MAX, NotOffered, Offer, Reason
from services.hall.tests.builders import NOON, a_club, a_tariff, a_window

CLUB, VIP, STANDARD = UUID(int=1), UUID(int=2), UUID(int=3)
WALL_CLOCK = NOON.astimezone(ZoneInfo("Europe/Moscow"))


def test_a_tariff_is_offered_at_its_zones_price() -> None:
    tariff = a_tariff(CLUB, VIP)

    assert tariff.offered(VIP, WALL_CLOCK) == Offer(tariff, 450_00)


def test_a_tariff_without_a_price_in_the_zone_is_not_offered() -> None:
    tariff = a_tariff(CLUB, VIP)

    assert tariff.offered(STANDARD, WALL_CLOCK) == NotOffered(tariff, Reason.NO_PRICE_IN_ZONE)


def test_a_tariff_that_is_switched_off_is_not_offered_whatever_else() -> None:
    tariff = a_tariff(CLUB, VIP, active=False, windows=(a_window(),))

    assert tariff.offered(STANDARD, WALL_CLOCK) == NotOffered(tariff, Reason.NOT_ACTIVE)


def test_a_tariff_outside_its_hours_says_which_window_opens_next() -> None:
    """It is Monday noon."""
    evening, dawn = a_window("18:00", "22:00"), a_window("04:00", "06:00")
    tariff = a_tariff(CLUB, VIP, windows=(dawn, evening))

    assert tariff.offered(VIP, WALL_CLOCK) == NotOffered(tariff, Reason.OUTSIDE_SCHEDULE, evening)


NONSENSE: list[dict[str, Any]] = [
    {"minutes": 0},
    {"minutes": -60},
    {"minutes": MINUTES_MAX + 1},
    {"bonus_cap_percent": -1},
    {"bonus_cap_percent": 101},
    {"prices": {VIP: 0}},
    {"prices": {VIP: 100, STANDARD: -1}},
]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_tariff_that_makes_no_sense_cannot_exist(nonsense: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"minutes|bonus|price"):
        a_tariff(CLUB, VIP, **nonsense)


DURATIONS = [
    (1, "1 минута"),
    (2, "2 минуты"),
    (11, "11 минут"),
    (30, "30 минут"),
    (60, "1 час"),
    (61, "1 час 1 минута"),
    (90, "1 час 30 минут"),
    (180, "3 часа"),
    (300, "5 часов"),
    (11 * 60, "11 часов"),
    (21 * 60 + 22, "21 час 22 минуты"),
    (111 * 60, "111 часов"),
    (MINUTES_MAX, "168 часов"),
]


@pytest.mark.parametrize(("minutes", "words"), DURATIONS)
def test_a_duration_is_said_in_russian(minutes: int, words: str) -> None:
    assert duration(minutes) == words


def test_the_receipts_line_names_zone_and_time() -> None:
    assert line_name("VIP", 180) == "Игровое время, VIP, 3 часа"


@given(st.text(min_size=1, max_size=64), st.integers(1, MINUTES_MAX))
def test_a_line_always_fits_and_never_loses_the_time(zone_name: str, minutes: int) -> None:
    name = line_name(zone_name, minutes)

    assert len(name) <= NAME_CHARACTERS_MAX
    assert name.startswith("Игровое время, ")
    assert name.endswith(f", {duration(minutes)}")


@pytest.mark.parametrize(
    "name", ["", "Moscow", "europe/moscow", "../etc/passwd", "/etc/localtime", "Europe", "localtime"]
)
def test_a_club_without_a_real_time_zone_cannot_exist(name: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        a_club(time_zone=name)


def test_a_clubs_clock_shows_its_own_time() -> None:
    assert a_club(time_zone="Asia/Vladivostok").wall_clock(NOON).time() == time(19)
