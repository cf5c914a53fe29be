"""What the central app is told by its environment."""

from pydantic import Field

from kit.settings import Settings as KitSettings


class Settings(KitSettings):
    """The kit's settings, and how patient fiscal is."""

    kafka_replication: int = Field(default=1, ge=1, le=9)
    """Of the topics that each club has for itself."""
    send_within_s: int = Field(default=600, ge=10, le=86400)
    """A receipt that did not reach the register within this time is refused: nothing happened, and a guest waits."""
    manual_after_s: float = Field(default=5, ge=1, le=600)
    """With manual payment on, a sale waits so long for a register before it ends without a receipt."""
    unheard_after_s: float = Field(default=10, ge=1, le=600)
    """A receipt of which no worker said anything for so long is unknown."""
