"""A consumer's place in its group, where aiokafka 0.14 leaves it to luck: whether it is told when topics come, whether
its commits speak of this membership, and whether it consumes at all. Each was seen in a broker that had lost its disk.

All that this system knows of aiokafka's insides stands here.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalGenerationError


class Membership:
    """One consumer's membership of its group, for as long as the consumer lives."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self.consumer = consumer
        self._coordinator: Any = consumer._coordinator
        self._commit = self._coordinator._do_commit_offsets
        self._coordinator._do_commit_offsets = self._commit_of_now
        self._asked: set[str] = set()
        """Under which member ids the group was joined once more."""

    @property
    def settled(self) -> bool:
        """Whether the group's answer is in force: joined, assigned, and nothing says that it has to be joined again."""
        one = self._coordinator
        subscription = one._subscription.subscription
        joining = one._performed_join_prepare or one._rejoin_needed_fut.done()
        return subscription is not None and subscription.assignment is not None and one.generation > 0 and not joining

    @property
    def passed_over(self) -> bool:
        """Whether nobody in the group may be watching its topics, as far as this member knows.

        A broker takes a lasting name back with the assignment that it had, and hides from an old client that it leads
        the group: then nobody notices a topic that comes, or an assignment that was made while topics were missing.
        """
        one = self._coordinator
        return one._group_instance_id is not None and one._group_subscription is None

    def ask_once_more(self) -> None:
        """Where this member is passed over, join again under the id that it has now: the leader is then told so.

        For one that does not lead, the broker only repeats what it said. So once for each member id is enough.
        """
        member_id = self._coordinator.member_id
        if self.settled and self.passed_over and member_id not in self._asked:
            self._asked.add(member_id)
            self._coordinator.request_rejoin()

    def broken(self) -> str | None:
        """Which task of aiokafka's has ended for good, so that nothing is consumed any more; None: all go on."""
        if self.consumer._closed:  # by us
            return None
        one, fetcher = self._coordinator, self.consumer._fetcher
        tasks = {"group": one._coordination_task, "fetch": fetcher._fetch_task if fetcher is not None else None}
        ended = [name for name, task in tasks.items() if task is not None and task.done()]
        # These two are ended and begun again in the usual course; with an error, the group's task waits for ever.
        tasks = {"heartbeat": one._heartbeat_task, "offsets": one._commit_refresh_task}
        ended += [name for name, task in tasks.items() if task is not None and _failed(task)]
        return f"aiokafka's task ended: {', '.join(ended)}" if ended else None

    async def _commit_of_now(self, assignment: Any, offsets: Any) -> None:
        """Commit for the assignment that the offsets were read under, or raise IllegalGenerationError.

        aiokafka tries a commit again until a broker takes it. One that was empty meanwhile takes the places of another
        log from a member that joins it, and what lies below them there would never be read. Whoever is refused reads
        some messages twice.
        """
        if not (assignment.active and self.settled):
            raise IllegalGenerationError(self._coordinator.group_id)
        await self._commit(assignment, offsets)


def assignment(consumer: AIOKafkaConsumer) -> object:
    """What the consumer was last given; another object after each join, also where the partitions are the same."""
    subscription = consumer._subscription.subscription
    return subscription.assignment if subscription is not None else None


def back_to_committed(consumer: AIOKafkaConsumer) -> None:
    """Give nothing more out until the group was joined again, and begin where it says."""
    consumer._subscription.begin_reassignment()
    consumer._coordinator.request_rejoin()


def _failed(task: Any) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None
