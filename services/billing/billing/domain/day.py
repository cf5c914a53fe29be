"""The day of a club: what "today" means in its time zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_began(now: datetime, time_zone: str | None, starts_at: time | None) -> datetime:
    """When the working day of `now` began: at `starts_at` (midnight where nobody said) of this zone's clock (UTC's)."""
    local = now.astimezone(ZoneInfo(time_zone) if time_zone else UTC)
    starts_at = starts_at or time()
    day = local.date() if local.time() >= starts_at else local.date() - timedelta(days=1)
    return datetime.combine(day, starts_at, local.tzinfo).astimezone(UTC)
