"""When a tariff is sold: windows on the clock on the club's wall.

A window is a promise to a guest who looks at that clock. So a moment is inside or not by what the clock shows then: in
the night when clocks go forward nothing is sold in the hour that is skipped, in the night when they go back the hour
that comes twice is sold twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

WEEK = frozenset(range(1, 8))
"""Days by ISO: Monday is 1, Sunday is 7."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `starts` to `ends` on `days`; `ends` at or before `starts` is on the next day: equal ones are 24 hours."""

    days: frozenset[int]
    starts: time
    ends: time

    def __post_init__(self) -> None:
        if not self.days or not self.days <= WEEK:
            raise ValueError(f"days of a window are 1 (Monday) to 7 (Sunday), not {sorted(self.days)}")

    @property
    def crosses_midnight(self) -> bool:
        return self.ends <= self.starts

    def covers(self, wall_clock: datetime) -> bool:
        """Whether a clock that shows `wall_clock` shows a moment of this window."""
        shown, today = wall_clock.time(), wall_clock.isoweekday()
        if not self.crosses_midnight:
            return today in self.days and self.starts <= shown < self.ends
        yesterday = 7 if today == 1 else today - 1
        return (today in self.days and shown >= self.starts) or (yesterday in self.days and shown < self.ends)

    def opens_next(self, wall_clock: datetime) -> datetime:
        """When the clock will show the first moment of this window after `wall_clock`; no zone, like the clock."""
        shown = wall_clock.replace(tzinfo=None)
        days_ahead = (shown.date() + timedelta(days=ahead) for ahead in range(8))
        openings = (datetime.combine(day, self.starts) for day in days_ahead if day.isoweekday() in self.days)
        return next(opening for opening in openings if opening > shown)


def covered(windows: Sequence[Window], wall_clock: datetime) -> bool:
    """Whether any of `windows` covers the moment; none at all is always."""
    return not windows or any(window.covers(wall_clock) for window in windows)


def next_to_open(windows: Sequence[Window], wall_clock: datetime) -> Window:
    """Which of `windows` opens first after the moment."""
    assert windows
    return min(windows, key=lambda window: window.opens_next(wall_clock))
