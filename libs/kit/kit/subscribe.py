"""FastStream's subscribers around an `Intake`.

FastStream's own batch subscriber is not used: after an empty poll it is deaf for `batch_timeout_ms`, which a queue at
a till would feel. Here the first message wakes the subscriber, and what has arrived behind it is drawn along.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from faststream.exceptions import StopConsume
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.message import AckStatus

from contracts.headers import readable, text
from kit import membership
from kit.consume import Intake, StoppedByParking
from kit.guard import attempt
from kit.kafka import Kafka
from kit.membership import Membership
from kit.parked import Delivery

BATCH_ROWS_MAX = 500
WATCH_PAUSE_S = 1


class ConsumerDied(Exception):
    """aiokafka does not consume any more, and would never again."""


class Consumer:
    """The subscribers of one consumer group, feeding one intake."""

    def __init__(self, intake: Intake, kafka: Kafka, group: str) -> None:
        self.intake = intake
        self.broker: KafkaBroker = kafka.broker(group if kafka.instance is None else f"{group}-{kafka.instance}")
        topics = intake.handlers.topics()
        named = [topic for topic in topics if "*" not in topic]
        options: Any = {"parser": _raw, "decoder": _undecoded}
        self.subscribers: list[Any] = [self.broker.subscriber(*named, **kafka.group(group), **options)] if named else []
        for topic in set(topics) - set(named):
            # A group of its own: members of one group must follow the same topics.
            pattern = topic.replace(".", r"\.").replace("*", ".*")
            self.subscribers.append(
                self.broker.subscriber(pattern=pattern, **kafka.group(f"{group}-branch"), **options)
            )
        for subscriber in self.subscribers:
            subscriber(self._take)
        self.members: list[Membership] = []

    async def run(self) -> None:
        """Consume until aiokafka gives up for good, and raise ConsumerDied then: whoever runs it again, begins anew."""
        try:
            await self.broker.start()
            self.members = [Membership(one.consumer) for one in self.subscribers if one.consumer is not None]
            while (died := self._died()) is None:
                for member in self.members:
                    member.ask_once_more()
                await asyncio.sleep(WATCH_PAUSE_S)
            raise ConsumerDied(f"{died}; this process joins its group anew")
        finally:
            self.members = []
            await attempt(self.broker.stop())

    def _died(self) -> str | None:
        """What of aiokafka has ended for good, as it does at what it did not expect, and without a word to its user.

        Seen in aiokafka 0.14: a followed pattern's topics vanished while the group was joined (an assertion). One that
        the intake has stopped stays as it is.
        """
        if self.intake.stopped:
            return None
        return next((wrong for member in self.members if (wrong := member.broken())), None)

    def health(self) -> str | None:
        """What is wrong with consumption; None when nothing is."""
        if (died := self._died()) is not None:
            return died
        # One that follows a pattern has nothing to hold before the first club is there.
        held = [s.consumer is not None and (s.consumer.assignment() or s.pattern) for s in self.subscribers]
        return self.intake.health() or (None if all(held) else "no partition is assigned")

    async def _take(self, message: KafkaMessage) -> None:
        consumer: AIOKafkaConsumer = message.consumer
        assert not isinstance(message.raw_message, tuple)
        read_under = membership.assignment(consumer)
        behind = await consumer.getmany(timeout_ms=0, max_records=BATCH_ROWS_MAX - 1)
        records = [message.raw_message, *(record for some in behind.values() for record in some)]
        failure = await attempt(self.intake.take([_delivery(record) for record in records]))
        if failure is not None:
            if membership.assignment(consumer) is read_under:
                _rewind(consumer, records)
            else:
                # These places may be of another log by now; FastStream shall not go back to them either.
                message.committed = AckStatus.NACKED
                membership.back_to_committed(consumer)
            raise StopConsume if isinstance(failure, StoppedByParking) else failure


def _delivery(record: ConsumerRecord[Any, Any]) -> Delivery:
    key = text(record.key or b"")
    return Delivery(record.topic, record.partition, record.offset, key, readable(record.headers), record.value or b"")


def _rewind(consumer: AIOKafkaConsumer, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
    """Go back to the first of `records` in each partition that is still ours."""
    first: dict[TopicPartition, int] = {}
    for record in records:
        first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
    for place in first.keys() & consumer.assignment():
        consumer.seek(place, first[place])


async def _raw(record: ConsumerRecord[Any, Any], original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
    """FastStream's own parser, kept away from headers: one that is not UTF-8 would break its acknowledgement."""
    message = await original(replace(record, headers=()))
    message.raw_message = record
    return message


async def _undecoded(message: KafkaMessage) -> None:
    return None
