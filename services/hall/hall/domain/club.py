"""A club, and the clock on its wall."""

from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

NOT_PLACES = frozenset({"Factory", "localtime"})
"""Names in the time zone database that say nothing about where a club is."""


@cache
def time_zones() -> frozenset[str]:
    """Every IANA name that a club may have."""
    return frozenset(available_timezones()) - NOT_PLACES


def known_time_zone(name: str) -> str:
    """`name`, where it is an IANA time zone; raises ValueError."""
    if name not in time_zones():
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Moscow")
    return name


@dataclass(frozen=True, slots=True)
class Org:
    """A chain of clubs."""

    org_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Club:
    """One place with devices. Its working day begins at `day_starts_at` of its own clock."""

    org_id: UUID
    club_id: UUID
    name: str
    time_zone: str
    day_starts_at: time
    start_on_unknown_receipt: bool
    blind_count: bool = False
    """Who closes a till counts before seeing what should be there."""

    def __post_init__(self) -> None:
        known_time_zone(self.time_zone)

    def wall_clock(self, at: datetime) -> datetime:
        """What the clock on the club's wall shows at `at`."""
        assert at.tzinfo is not None, at
        return at.astimezone(ZoneInfo(self.time_zone))


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a club whose devices cost the same."""

    org_id: UUID
    club_id: UUID
    zone_id: UUID
    name: str
