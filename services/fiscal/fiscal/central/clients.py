"""The broker, asked to make a club's own topics."""

from uuid import UUID

from contracts.topics import branch
from kit.kafka import Kafka
from kit.topics import declare


class Branches:
    """Topics between this app and each club's worker."""

    def __init__(self, kafka: Kafka, replication: int) -> None:
        self.kafka, self.replication = kafka, replication

    async def declare(self, club_id: UUID) -> None:
        """See that the club's topics exist. Safe to repeat."""
        await declare(self.kafka, branch(club_id), self.replication)
