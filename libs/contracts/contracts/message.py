"""The base of every fact and command, and the register of all types."""

import re
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

TYPES: dict[str, type["Message"]] = {}
"""Every released type by its name, `service.noun.verb.vN`."""

TYPE_NAME = re.compile(r"[a-z]+\.[a-z]+\.[a-z_]+\.v[1-9][0-9]*")

Kopecks = Annotated[int, Field(ge=0, le=10**12)]
"""An amount of money in kopecks; never negative on the wire, direction is said by the field's name."""

Instant = AwareDatetime
"""An aware moment, UTC on the wire."""


class Part(BaseModel):
    """A piece of a message's body. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Part):
    """A fact in the past tense or a command in the imperative.

    `KEY` names the field whose value keeps the order: all messages with one key arrive in the order of their commits.
    A `*` in `TOPIC` stands for the club's id: such a topic belongs to one club.
    """

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    KEY: ClassVar[str]

    org_id: UUID

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TYPE" in cls.__dict__:
            assert TYPE_NAME.fullmatch(cls.TYPE), cls.TYPE
            assert cls.TYPE not in TYPES, f"{cls.TYPE} is declared twice"
            TYPES[cls.TYPE] = cls

    @property
    def key(self) -> str:
        return str(getattr(self, self.KEY))

    @property
    def topic(self) -> str:
        return self.TOPIC.replace("*", str(self.club)) if "*" in self.TOPIC else self.TOPIC

    @property
    def club(self) -> UUID | None:
        """The club that this concerns; None for what belongs to the whole org."""
        return getattr(self, "club_id", None)

    def body(self) -> bytes:
        """The bytes that go on the wire: compact JSON, UTF-8."""
        return self.model_dump_json().encode()
