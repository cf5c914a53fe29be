"""Making topics in a cluster that has just begun: a job that gives up there leaves every service deaf."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import InvalidReplicationFactorError, PolicyViolationError, TopicAlreadyExistsError

from contracts.topics import Topic
from kit import topics
from kit.kafka import Kafka

WANTED = [Topic("toy.thing", "thing", "toy", partitions=3), Topic("toy.song", "thing", "toy", partitions=3)]


class Cluster:
    """Stands for aiokafka's admin client; answers with these codes for `toy.thing`, then with success."""

    def __init__(self, *codes: int) -> None:
        self.codes, self.asked = list(codes), 0

    def __call__(self, **_: Any) -> "Cluster":
        return self

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def list_topics(self) -> list[str]:
        return []

    async def create_topics(self, new: Sequence[NewTopic]) -> Any:
        self.asked += 1
        code = self.codes.pop(0) if self.codes else TopicAlreadyExistsError.errno
        return SimpleNamespace(topic_errors=[("toy.thing", code, None), ("toy.song", 0, None)])


def a_cluster(monkeypatch: pytest.MonkeyPatch, *codes: int) -> Cluster:
    cluster = Cluster(*codes)
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", cluster)
    monkeypatch.setattr(topics, "PAUSES_S", (0, 0, None))
    return cluster


async def test_topics_are_made_as_soon_as_the_cluster_can(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = a_cluster(monkeypatch, InvalidReplicationFactorError.errno, InvalidReplicationFactorError.errno)

    assert await topics.declare(Kafka("toy:9092"), WANTED) == ["toy.thing", "toy.song"]
    assert cluster.asked == 3


async def test_a_cluster_that_cannot_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = a_cluster(monkeypatch, *[InvalidReplicationFactorError.errno] * 9)

    with pytest.raises(InvalidReplicationFactorError):
        await topics.declare(Kafka("toy:9092"), WANTED)
    assert cluster.asked == 3


async def test_what_time_does_not_mend_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = a_cluster(monkeypatch, PolicyViolationError.errno)

    with pytest.raises(PolicyViolationError):
        await topics.declare(Kafka("toy:9092"), WANTED)
    assert cluster.asked == 1
