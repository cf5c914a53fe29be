"""What billing is told by its environment, beside what every service is."""

from pydantic import Field

from kit.settings import Settings as CommonSettings


class Settings(CommonSettings):
    """`SAVEPOINT_REFUND_LIMIT_KOPECKS` and the like; read once, at the start of a process."""

    refund_limit_kopecks: int = Field(default=1000_00, ge=0)
    """So much of one sale one person may give back alone."""
    difference_limit_kopecks: int = Field(default=500_00, ge=0)
    """So much a tender may differ at the end of a shift before somebody above has to agree."""
