"""The one place that catches every exception: it turns a failure into a value that somebody decides about."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kit.metrics import LOOP_FAILURES

log = logging.getLogger(__name__)


async def attempt(work: Awaitable[object]) -> Exception | None:
    """Await `work`; the exception that it raised, or None. Cancellation passes through."""
    try:
        await work
    except Exception as failure:  # noqa: BLE001  here, and only here
        return failure
    return None


async def forever(service: str, name: str, work: Callable[[], Awaitable[object]], pause_s: float) -> None:
    """Run `work` again and again, `pause_s` apart. A failure is logged and counted, and the loop goes on."""
    while True:
        failure = await attempt(work())
        if failure is not None:
            LOOP_FAILURES.labels(service, name).inc()
            log.error("the loop %s failed and goes on", name, exc_info=failure)
        await asyncio.sleep(pause_s)
