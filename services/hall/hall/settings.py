"""What the hall is told by its environment, beside what every service is."""

from pydantic import Field

from kit.settings import Settings as CommonSettings


class Settings(CommonSettings):
    """`SAVEPOINT_PAY_WITHIN_S` and the like; read once, at the start of a process."""

    pay_within_s: int = Field(default=600, ge=10, le=24 * 3600)
    """How long a device is held for an unpaid sale."""
    changes_kept_s: int = Field(default=600, ge=300, le=24 * 3600)
    """How long a stream that was cut can go on without reading the board again."""
