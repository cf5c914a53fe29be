"""Time, given from outside: tests hand in a clock that they move themselves."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


class Clock(Protocol):
    """The present moment and a way to wait."""

    def now(self) -> datetime:
        """The present moment, aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Come back after so many seconds."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)


class ShiftedClock:
    """A clock that can be put forward; it tells the till's local time."""

    def __init__(self, clock: Clock, forward_s: float = 0.0) -> None:
        self._clock = clock
        self.forward_s = forward_s

    def now(self) -> datetime:
        """The emulated moment in the machine's time zone, which is the till's."""
        return (self._clock.now() + timedelta(seconds=self.forward_s)).astimezone()

    async def sleep(self, seconds: float) -> None:
        """Wait; moving the clock forward does not shorten a wait that has begun."""
        await self._clock.sleep(seconds)


async def within(clock: Clock, event: asyncio.Future[Any], seconds: float) -> bool:
    """Wait for an event, at most so many seconds; the event itself is never cancelled."""
    if event.done():
        return True
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({event, limit}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
    return event.done()
