"""A device that guests sit at."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    PC = "pc"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class Device:
    """A PC or a game console in a zone of a club; nothing is sold on one that is not in service."""

    org_id: UUID
    club_id: UUID
    device_id: UUID
    zone_id: UUID
    name: str
    kind: Kind
    in_service: bool
