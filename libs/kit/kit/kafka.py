"""How this system speaks to a broker: every setting whose default would lose money is said here, and nowhere else."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka import AIOKafkaProducer
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.security import parse_security
from faststream.security import SASLScram512

GRACEFUL_TIMEOUT_S = 20
"""Below a pod's usual 30 s of grace: a running batch ends and commits before the process does."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where the broker is and of which kind.

    `embedded` is the one-machine stack's broker (Tansu, in memory), measured: it has no idempotent producer, a group's
    first join takes half the session time-out, and a fetch that found nothing is answered only when its wait is over.
    """

    servers: str
    kind: Literal["kafka", "embedded"] = "kafka"
    instance: str | None = None
    """A name that this replica keeps over restarts (a StatefulSet's ordinal): static group membership."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    @property
    def embedded(self) -> bool:
        return self.kind == "embedded"

    def security(self) -> SASLScram512 | None:
        if self.username is None:
            return None
        context = ssl.create_default_context(cafile=str(self.ca_file)) if self.ca_file else None
        return SASLScram512(self.username, self.password or "", use_ssl=context is not None, ssl_context=context)

    def broker(self, client_id: str) -> KafkaBroker:
        """A broker that consumes; publishing is the relay's alone."""
        return KafkaBroker(
            self.servers.split(","),
            client_id=client_id,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            allow_auto_create_topics=False,
            graceful_timeout=GRACEFUL_TIMEOUT_S,
            consumer_only=True,
            # A new club's topics are found within this time by those who follow a pattern.
            metadata_max_age_ms=500 if self.embedded else 5_000,
            security=self.security(),
            logger=None,
        )

    def group(self, name: str) -> dict[str, Any]:
        """Options of every subscriber in the group `name`."""
        return {
            "group_id": name,
            "group_instance_id": f"{name}-{self.instance}" if self.instance and not self.embedded else None,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": 2_000 if self.embedded else 45_000,
            "heartbeat_interval_ms": 500 if self.embedded else 3_000,
            "rebalance_timeout_ms": 30_000,
            "max_poll_interval_ms": 300_000,
            "fetch_max_wait_ms": 20 if self.embedded else 500,
            "no_reply": True,
        }

    def producer(self, client_id: str) -> AIOKafkaProducer:
        """The relay's producer: a send is confirmed by all in-sync replicas, or it is not confirmed."""
        return AIOKafkaProducer(
            bootstrap_servers=self.servers.split(","),
            client_id=client_id,
            acks="all",
            enable_idempotence=not self.embedded,
            request_timeout_ms=10_000,
            # The relay sends hundreds of rows at once; where they do not fit, all of them wait and push for each batch.
            max_batch_size=256 * 1024,
            **parse_security(self.security()),
        )
