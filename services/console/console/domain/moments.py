"""Days and minutes as the club's clock has them, as moments."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def moment(local: str, zone: str) -> datetime | None:
    """The moment at which the club's clock shows `2026-11-23T18:05`; None for what is no such time."""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except ValueError:
        return None


def day(text: str) -> date | None:
    """`2026-11-23`; None for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def bounds(which: date, zone: str) -> tuple[datetime, datetime]:
    """When that day begins and ends at the club."""
    known = ZoneInfo(zone)
    first = datetime.combine(which, time(), known)
    return first.astimezone(UTC), datetime.combine(which + timedelta(days=1), time(), known).astimezone(UTC)


def today(now: datetime, zone: str) -> date:
    """The day at the club."""
    return now.astimezone(ZoneInfo(zone)).date()
