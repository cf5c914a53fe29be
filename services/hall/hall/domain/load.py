"""How full a club was: for each of the last hours, the share of its places that were played at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HOURS = 24
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Played:
    """A session's time at its place; one that runs has no end."""

    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour from `since` on, and how full it was: 100 is every place for all of it."""

    since: datetime
    percent: int


def load(sessions: Iterable[Played], places: int, now: datetime) -> list[Hour]:
    """The last 24 hours up to now, the oldest first. A club without places is empty."""
    begins = [now - HOUR * (HOURS - n) for n in range(HOURS)]
    played = [timedelta()] * HOURS
    for one in sessions:
        ended = min(one.ended or now, now)
        for n, begin in enumerate(begins):
            played[n] += max(min(ended, begin + HOUR) - max(one.began, begin), timedelta())
    whole = HOUR * places
    return [
        Hour(begin, min(round(100 * (part / whole)), 100) if places else 0)
        for begin, part in zip(begins, played, strict=True)
    ]
