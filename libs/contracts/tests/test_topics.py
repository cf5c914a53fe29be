"""The topics: each declared once, with the keys and owners that the models have."""

import re
from uuid import UUID

import pytest

from contracts import Message
from contracts.branch import JobDone, RegisterObserved, WatchRegister
from contracts.topics import BRANCH, SHARED, TOPICS, Topic, branch
from kit.service import INBOX_KEPT, OUTBOX_KEPT
from libs.contracts.tests.release import models

DESIGN = {
    "hall.club": ("club", "hall"),
    "hall.device": ("device", "hall"),
    "hall.session": ("session", "hall"),
    "billing.client": ("client", "billing"),
    "billing.sale": ("sale", "billing"),
    "billing.ledger": ("account", "billing"),
    "billing.shift": ("shift", "billing"),
    "billing.stock": ("product", "billing"),
    "fiscal.commands": ("club", "fiscal"),
    "fiscal.branch.*.jobs": ("register", "fiscal"),
    "fiscal.branch.*.answers": ("register", "fiscal-worker"),
    "fiscal.receipt": ("receipt", "fiscal"),
    "fiscal.card": ("charge", "fiscal"),
    "fiscal.shift": ("register", "fiscal"),
    "fiscal.register": ("register", "fiscal"),
    "marking.commands": ("club", "marking"),
    "marking.code": ("code's id", "marking"),
    "notifications.commands": ("recipient", "notifications"),
    "notifications.message": ("message", "notifications"),
    "staff.member": ("member", "staff"),
    "staff.till": ("till", "staff"),
    "staff.act": ("act", "staff"),
    "hall.act": ("act", "hall"),
    "billing.act": ("act", "billing"),
    "fiscal.act": ("act", "fiscal"),
}
"""Topic -> key and owner: a second hand wrote this list, so that a slip in the first is seen."""

CLUB, OTHER = UUID("01a208ad-a6dc-7791-8bc0-cde4f60bf621"), UUID("01a208ad-a6dc-7791-8bc0-cde4f60bf622")
REGISTER = UUID("01a208ad-a7bc-7753-8691-72b72a9cff23")

every_type = pytest.mark.parametrize("model", models().values(), ids=list(models()))
every_topic = pytest.mark.parametrize("topic", TOPICS, ids=[topic.name for topic in TOPICS])


def declared(model: type[Message]) -> Topic:
    (topic,) = [topic for topic in TOPICS if topic.name == model.TOPIC]
    return topic


def test_every_topic_of_the_design_is_declared_once() -> None:
    assert sorted(topic.name for topic in TOPICS) == sorted(DESIGN)
    assert {topic.name: (topic.key, topic.owner) for topic in TOPICS} == DESIGN


@every_type
def test_a_type_has_one_declared_topic_and_its_key(model: type[Message]) -> None:
    assert model.KEY.removesuffix("_id") == declared(model).key
    assert model.model_fields[model.KEY].is_required()


@every_type
def test_a_type_is_named_for_its_topic_or_for_the_owner_of_the_commands(model: type[Message]) -> None:
    topic = declared(model)
    between_fiscal_and_its_workers = topic.name.startswith("fiscal.branch.") or topic.name.endswith(".commands")

    assert model.TYPE.startswith(f"{topic.owner.partition('-')[0] if between_fiscal_and_its_workers else topic.name}.")


@every_type
def test_a_message_of_a_clubs_own_topic_names_the_club(model: type[Message]) -> None:
    assert "*" not in model.TOPIC or model.model_fields["club_id"].is_required()


@every_topic
def test_a_topic_has_a_name_that_kafka_takes(topic: Topic) -> None:
    name = topic.name.replace("*", str(CLUB))

    assert re.fullmatch(r"[a-z0-9.-]{1,249}", name), name


@every_topic
def test_a_topic_keeps_longer_than_outboxes_and_shorter_than_inboxes(topic: Topic) -> None:
    assert OUTBOX_KEPT.days < topic.retention_days < INBOX_KEPT.days
    assert topic.partitions > 0


def test_topics_are_everybodys_or_one_clubs() -> None:
    assert sorted((*SHARED, *BRANCH), key=TOPICS.index) == list(TOPICS)
    assert [topic.name for topic in BRANCH] == ["fiscal.branch.*.jobs", "fiscal.branch.*.answers"]


def test_a_club_has_two_topics_of_its_own_that_fiscal_and_its_worker_alone_read() -> None:
    ours = branch(CLUB)

    assert [topic.name for topic in ours] == [f"fiscal.branch.{CLUB}.jobs", f"fiscal.branch.{CLUB}.answers"]
    assert [(topic.owner, topic.readers) for topic in ours] == [
        ("fiscal", ("fiscal-worker",)),
        ("fiscal-worker", ("fiscal",)),
    ]
    assert all(topic.partitions == 1 for topic in ours)
    assert not {topic.name for topic in ours} & {topic.name for topic in branch(OTHER)}


@every_type
def test_a_message_goes_to_a_topic_that_is_made(model: type[Message]) -> None:
    message = model.model_construct(org_id=OTHER, club_id=CLUB, register_id=REGISTER)

    assert message.topic in {topic.name for topic in (*SHARED, *branch(CLUB))}


@pytest.mark.parametrize(
    ("model", "end"), [(WatchRegister, "jobs"), (JobDone, "answers"), (RegisterObserved, "answers")]
)
def test_what_a_worker_says_and_hears_goes_to_its_own_clubs_topics(model: type[Message], end: str) -> None:
    message = model.model_construct(org_id=OTHER, club_id=CLUB, register_id=REGISTER)

    assert message.topic == f"fiscal.branch.{CLUB}.{end}"
    assert message.key == str(REGISTER)
