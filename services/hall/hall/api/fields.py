"""Fields and shapes that several bodies share."""

import re
from datetime import time
from typing import Annotated, Any, Self

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from edge.http import Body, Text
from edge.idempotency import Answer

MANAGE, READ, ORDER, END = "hall.club.manage", "hall.board.read", "hall.session.order", "hall.session.end"
"""The permissions that the hall's routes name."""
PAY = "billing.sale.pay"
"""What an order that says how it is paid needs besides."""

Name = Annotated[Text, Field(min_length=1, max_length=64)]
LongName = Annotated[Text, Field(min_length=1, max_length=128)]

TIME_OF_DAY = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time_of_day(value: object) -> time:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not re.fullmatch(TIME_OF_DAY, value):
        raise ValueError("is not a time of day such as 06:00")
    return time.fromisoformat(value)


LocalTime = Annotated[
    time,
    PlainValidator(_time_of_day),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY, "examples": ["06:00"]}),
]
"""What a clock on the club's wall shows, to the minute."""


class Changing(Body):
    """A PATCH: what is left out stays as it is; nothing can be made empty."""

    @model_validator(mode="after")
    def _nothing_is_null(self) -> Self:
        empty = [name for name in self.model_fields_set if getattr(self, name) is None]
        if empty:
            raise ValueError(f"null is no value for {', '.join(sorted(empty))}; leave out what should stay as it is")
        return self

    def changes(self) -> dict[str, Any]:
        """What is to be different, by field."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def created(body: Body, location: str) -> Answer:
    """The answer to what made something new."""
    return Answer(body, location, status=201)
