"""What time costs: a tariff, and whether it is offered at a place and a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hall.domain.schedule import Window, covered, next_to_open

MINUTES_MAX = 7 * 24 * 60


class Reason(StrEnum):
    """Why a tariff is not offered."""

    NOT_ACTIVE = "not_active"
    NO_PRICE_IN_ZONE = "no_price_in_zone"
    OUTSIDE_SCHEDULE = "outside_schedule"


@dataclass(frozen=True, slots=True)
class Offer:
    """A tariff that can be ordered now, and its price here."""

    tariff: "Tariff"
    price_kopecks: int


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A tariff that cannot; `window` is when it can be again, where the schedule is the reason."""

    tariff: "Tariff"
    reason: Reason
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """So many minutes for so much, by zone, within windows; no windows means always."""

    org_id: UUID
    club_id: UUID
    tariff_id: UUID
    name: str
    minutes: int
    bonus_cap_percent: int
    active: bool
    prices: Mapping[UUID, int]
    """Kopecks by zone; a zone that is not here cannot have this tariff."""
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.minutes <= MINUTES_MAX:
            raise ValueError(f"a tariff has 1 to {MINUTES_MAX} minutes, not {self.minutes}")
        if not 0 <= self.bonus_cap_percent <= 100:
            raise ValueError(f"a bonus cap is 0 to 100 percent, not {self.bonus_cap_percent}")
        if any(price_kopecks <= 0 for price_kopecks in self.prices.values()):
            raise ValueError("a price is above zero")

    def offered(self, zone_id: UUID, wall_clock: datetime) -> Offer | NotOffered:
        """The offer in the zone when the club's clock shows `wall_clock`, or the first reason why there is none."""
        if not self.active:
            return NotOffered(self, Reason.NOT_ACTIVE)
        if zone_id not in self.prices:
            return NotOffered(self, Reason.NO_PRICE_IN_ZONE)
        if not covered(self.windows, wall_clock):
            return NotOffered(self, Reason.OUTSIDE_SCHEDULE, next_to_open(self.windows, wall_clock))
        return Offer(self, self.prices[zone_id])
