"""Making the declared topics, against any Kafka. Safe to run again; what exists is left as it is."""

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidReplicationFactorError,
    NotControllerError,
    RequestTimedOutError,
    TopicAlreadyExistsError,
    for_code,
)
from faststream.kafka.security import parse_security

from contracts.topics import Topic
from kit.kafka import Kafka

STARTING = {one.errno for one in (InvalidReplicationFactorError, NotControllerError, RequestTimedOutError)}
"""What a cluster says whose brokers have just begun: nobody to keep a copy on, nobody to decide, no answer in time."""
PAUSES_S = (0.5, 1, 2, 4, 8, None)
DAY_MS = 24 * 3600 * 1000


async def declare(kafka: Kafka, topics: Iterable[Topic], replication: int = 1) -> list[str]:
    """Make those of `topics` that are missing; their names. The one-machine broker gets one partition a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers.split(","), **parse_security(kafka.security()))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        new = [_new(kafka, topic, replication) for topic in missing]
        for pause_s in PAUSES_S:
            answer = await admin.create_topics(new) if new else None
            codes = {name: code for name, code, *_ in (answer.topic_errors if answer else ())}
            if pause_s is None or not STARTING & set(codes.values()):
                break
            await asyncio.sleep(pause_s)
        for name, code in codes.items():
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(f"topic {name}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _new(kafka: Kafka, topic: Topic, replication: int) -> NewTopic:
    settings = {} if kafka.embedded else {"retention.ms": str(topic.retention_days * DAY_MS)}
    return NewTopic(topic.name, 1 if kafka.embedded else topic.partitions, replication, topic_configs=settings)
