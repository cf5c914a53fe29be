"""What a worker is told by its environment."""

from uuid import UUID

from pydantic import Field, SecretStr

from kit.settings import Settings as KitSettings


class Settings(KitSettings):
    """One club's worker. Its database is an SQLite file that must outlive the process."""

    club_id: UUID
    kkm_url: str = "http://localhost:5893"
    kkm_user: str = "User"
    kkm_password: SecretStr = SecretStr("")
    observe_every_s: float = Field(default=15, ge=1, le=3600)
    rotate_after_h: float = Field(default=23, ge=1, le=24)
    """A register's shift may last 24 hours by law; it is closed this long after it was opened."""
