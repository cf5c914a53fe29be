"""How many wrong passwords a login is given, and how long it waits then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)
"""Wrong passwords this old count no more."""


@dataclass(frozen=True, slots=True)
class Tries:
    """The wrong passwords in a row of one login. The fifth locks it, each further one for twice as long."""

    failures: int = 0
    locked_until: datetime | None = None

    def wait_s(self, now: datetime) -> int:
        """For how many whole seconds the login stays locked; 0 when it is not."""
        if self.locked_until is None or self.locked_until <= now:
            return 0
        return int((self.locked_until - now).total_seconds()) + 1

    def after_wrong(self, now: datetime) -> "Tries":
        """These tries and one more wrong password at `now`."""
        assert self.wait_s(now) == 0, "a locked login takes no tries"
        failures = self.failures + 1
        if failures < FREE_TRIES:
            return Tries(failures)
        # Beyond 2**10 it is the longest wait anyway, and the power stays small for ever.
        doubled = FIRST_WAIT * 2 ** min(failures - FREE_TRIES, 10)
        return Tries(failures, now + min(doubled, LONGEST_WAIT))


def in_words(wait_s: int) -> str:
    """`wait_s` as a person reads it: seconds below two minutes, else minutes rounded up."""
    return f"{wait_s} seconds" if wait_s < 120 else f"{-(-wait_s // 60)} minutes"
