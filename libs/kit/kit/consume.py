"""Taking messages in: batches in one transaction, one bad message parked alone, silence never drops anything.

A batch is claimed in one statement and handled in order; its effects, inbox rows and outbox rows commit together, then
the offsets. A batch that fails is taken again message by message.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from contracts import Message
from contracts.headers import ID, TYPE
from kit import inbox, parked, telemetry
from kit.db import Database, Tx
from kit.errors import Transient
from kit.guard import attempt
from kit.metrics import CONSUMED, CONSUMER_STOPPED
from kit.parked import Delivery

log = logging.getLogger(__name__)

PARKED_IN_A_ROW_MAX = 20
"""More than this, and it is not the messages that are wrong."""
STUCK_S = 60
PAUSES_S = (0.1, 0.3, 1, 3, 10, 15, None)
"""Between tries of a transient failure; together far below `max_poll_interval_ms`."""

Function = TypeVar("Function", bound=Callable[..., Awaitable[None]])


class StoppedByParking(Exception):
    """Too many messages in a row were parked: look at them, mend the service, start it again."""


class Handlers:
    """Which types a service follows, and the function for each. `club_id`: only that club's own topics."""

    def __init__(self, club_id: UUID | None = None) -> None:
        self.club = str(club_id) if club_id else "*"
        self.models: dict[str, type[Message]] = {}
        self._functions: dict[str, Callable[..., Awaitable[None]]] = {}
        self._in_sets: set[str] = set()

    def handle(self, model: type[Message], in_sets: bool = False) -> Callable[[Function], Function]:
        """Follow `model` with `function(tx, message, delivery)`.

        `in_sets`: with `function(tx, [(message, delivery), ...])`, all that a batch holds of it between two messages
        of other types. What such a function tells joins one message's trace by `tx.tell(..., trace=delivery.trace)`.
        """
        assert model.TYPE not in self.models, f"{model.TYPE} has two handlers"
        self.models[model.TYPE] = model
        if in_sets:
            self._in_sets.add(model.TYPE)

        def register(function: Function) -> Function:
            self._functions[model.TYPE] = function
            return function

        return register

    def topics(self) -> list[str]:
        """The topics to follow; one with a `*` is a topic of every club."""
        return sorted({model.TOPIC.replace("*", self.club) for model in self.models.values()})

    def read(self, got: Delivery) -> Delivery:
        """Fill in the message of a type that is followed here, or what is wrong with it."""
        if not got.named:
            return replace(got, problem=f"no good {TYPE} and {ID} headers: not a message of Savepoint")
        model = self.models.get(got.type)
        if model is None:
            return got
        try:
            message = model.model_validate_json(got.body)
        except ValidationError as wrong:
            return replace(got, problem=f"not a {got.type}: {wrong}")
        if message.topic != got.topic:  # who may write to one club's topic may not speak of another club
            return replace(got, problem=f"belongs to {message.topic}")
        return replace(got, message=message)

    async def run(self, tx: Tx, deliveries: Sequence[Delivery]) -> None:
        """Call the functions in order, each in a span of its message's trace."""
        for kind, some in groupby(deliveries, key=lambda d: d.type):
            pairs = [(d.message, d) for d in some]
            for calls in [pairs] if kind in self._in_sets else [[pair] for pair in pairs]:
                with telemetry.span(f"process {kind}", calls[0][1].headers):
                    await self._functions[kind](tx, *([calls] if kind in self._in_sets else calls[0]))


class Intake:
    """Takes in what `handlers` follow, for one service; knows nothing of Kafka."""

    def __init__(self, db: Database, handlers: Handlers) -> None:
        self.db, self.handlers = db, handlers
        self.stopped: str | None = None
        self._busy_since: float | None = None
        self._parked_in_a_row = 0

    def health(self) -> str | None:
        """What is wrong with the handling of messages; None when nothing is."""
        busy_s = time.monotonic() - self._busy_since if self._busy_since is not None else 0
        return self.stopped or (f"one batch has been in work for {busy_s:.0f} s" if busy_s > STUCK_S else None)

    async def take(self, deliveries: Sequence[Delivery]) -> None:
        """Handle `deliveries` in order, each exactly once, or raise and have handled some of them."""
        deliveries = [self.handlers.read(delivery) for delivery in deliveries]
        self._busy_since = time.monotonic()
        try:
            failure = await self._patiently(deliveries)
            if failure is not None:
                log.warning("a batch of %d failed and is taken one by one: %r", len(deliveries), failure)
                for delivery in deliveries:
                    await self._alone(delivery)
                    self._stop_after_too_many()
            self._stop_after_too_many()
        finally:
            self._busy_since = None

    async def _patiently(self, deliveries: Sequence[Delivery]) -> Exception | None:
        """Take them in one transaction, waiting out what is transient; the failure that is not, or None."""
        for pause_s in PAUSES_S:
            failure = await attempt(self._together(deliveries))
            if not isinstance(failure, Transient):
                return failure
            log.warning("taking %d messages has to wait: %s", len(deliveries), failure)
            if pause_s is None:
                raise failure
            await asyncio.sleep(pause_s)
        raise AssertionError("the last pause is None")

    async def _alone(self, delivery: Delivery) -> None:
        failure = await self._patiently([delivery])
        if failure is None:
            return
        log.error(
            "parked %s from %s[%d]@%d",
            delivery.type,
            delivery.topic,
            delivery.partition,
            delivery.offset,
            exc_info=failure,
        )
        async with self.db.begin() as tx:
            if await inbox.claim(tx, [delivery.event_id]):
                await parked.park(tx, delivery, repr(failure))
        self._count(delivery, "parked")

    def _stop_after_too_many(self) -> None:
        if self._parked_in_a_row > PARKED_IN_A_ROW_MAX:
            self.stopped = f"{self._parked_in_a_row} messages in a row were parked: see `savepoint parked list`"
            CONSUMER_STOPPED.labels(self.db.source).set(1)
            raise StoppedByParking(self.stopped)

    async def _together(self, deliveries: Sequence[Delivery]) -> None:
        ours = [d for d in deliveries if d.message is not None or d.problem is not None]
        outcomes = {id(d): "unknown" for d in deliveries}
        async with self.db.begin() as tx:
            fresh = await inbox.claim(tx, [d.event_id for d in ours])
            held = await parked.held_keys(tx, ours) if fresh else set()
            for d in ours:
                outcomes[id(d)] = await self._sort(tx, d, fresh, held)
            await self.handlers.run(tx, [d for d in ours if outcomes[id(d)] == "handled"])
        for d in deliveries:
            self._count(d, outcomes[id(d)])

    async def _sort(self, tx: Tx, d: Delivery, fresh: set[UUID], held: set[tuple[str, str]]) -> str:
        """What becomes of one delivery; parks it where it cannot be read or waits behind its key."""
        if d.event_id not in fresh:
            return "repeated"
        fresh.remove(d.event_id)
        if d.problem is not None:
            await parked.park(tx, d, d.problem)
            held |= {(d.topic, d.key)} if d.key else set()
            return "parked"
        if (d.topic, d.key) in held:
            await parked.park(tx, d, "waits behind a parked message of its key", parked.HELD)
            return "held"
        return "handled"

    async def retry_parked(self) -> None:
        """Try again what a person asked for and what waited behind it: in order, each in its own transaction."""
        while True:
            async with self.db.begin() as tx:
                found = await parked.due(tx)
            if found is None:
                return
            parked_id, delivery = found
            failure = await attempt(self._again(parked_id, self.handlers.read(delivery)))
            if isinstance(failure, Transient):
                return
            if failure is not None:
                async with self.db.begin() as tx:
                    await parked.mark(tx, parked_id, parked.PARKED, error=repr(failure)[:4000])

    async def _again(self, parked_id: int, delivery: Delivery) -> None:
        if delivery.problem is not None:
            raise ValueError(delivery.problem)
        async with self.db.begin() as tx:
            if await parked.drop(tx, parked_id) and delivery.message is not None:
                await self.handlers.run(tx, [delivery])

    def _count(self, delivery: Delivery, outcome: str) -> None:
        # A type that is not ours may be anything: it must not make a metric of its own.
        kind = delivery.type if delivery.type in self.handlers.models else "other"
        CONSUMED.labels(self.db.source, kind, outcome).inc()
        if outcome == "handled":
            self._parked_in_a_row = 0
        elif outcome == "parked":
            self._parked_in_a_row += 1
