"""What is wrong with a register, for those who look at many of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

UNHEARD_AFTER = timedelta(minutes=3)
"""A worker tells how its register is every minute; after three nobody knows."""
SHIFT_MAX = timedelta(hours=24)
"""The law's longest shift of a register."""
OFD_PATIENCE = timedelta(days=1)
"""A register whose documents do not reach the OFD for 30 days locks itself; a day is no outage of the Internet."""
DRIVE_WARNING_DAYS = 30
CLOCK_GAP_MAX_S = 300
"""A register's clock may differ by five minutes from the real time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A register as it was last told of; what is not known is None."""

    reachable: bool | None = None
    paper: bool | None = None
    shift: str | None = None
    ofd_oldest_at: datetime | None = None
    drive_days_left: int | None = None
    clock_gap_s: int | None = None
    receipts: tuple[str, ...] = ()
    """States of the receipts that it has not ended."""
    by_hand: bool = False
    """Manual payment is on."""
    unfiscalised: bool = False
    """Sales ended without a document, and no correction has closed them."""


def heard_lately(seen_at: datetime | None, now: datetime) -> bool:
    """Whether its worker still tells of it; one of before it told when it looked is believed."""
    return seen_at is None or now - seen_at <= UNHEARD_AFTER


def troubles(seen: Seen, now: datetime) -> tuple[str, ...]:
    """What somebody has to look at, worst first; nothing for a register that works."""
    found = {
        "manual_payment": seen.by_hand,
        "register_unheard": seen.reachable is None,
        "register_unreachable": seen.reachable is False,
        "receipt_unknown": "unknown" in seen.receipts,
        "receipt_waiting": "waiting" in seen.receipts,
        "no_paper": seen.paper is False,
        "shift_expired": seen.shift == "expired",
        "unfiscalised": seen.unfiscalised and not seen.by_hand,
        "ofd_backlog": seen.ofd_oldest_at is not None and now - seen.ofd_oldest_at > OFD_PATIENCE,
        "drive_ends": seen.drive_days_left is not None and seen.drive_days_left < DRIVE_WARNING_DAYS,
        "clock_off": abs(seen.clock_gap_s or 0) > CLOCK_GAP_MAX_S,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def moment_of(local: str | None, zone: ZoneInfo) -> datetime | None:
    """A register's local time as a moment; None where it told none, or nothing that can be read."""
    try:
        return datetime.fromisoformat(local or "").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
