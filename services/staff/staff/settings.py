"""What staff is told by its environment."""

from datetime import timedelta
from uuid import UUID

from pydantic import Field, SecretStr

from kit import settings
from staff.domain.passwords import LENGTH_MAX, LENGTH_MIN


class Settings(settings.Settings):
    """Every service's settings, and staff's own."""

    signing_secret: SecretStr = Field(min_length=32)
    """Seals the signing keys: `openssl rand -base64 32`. Without it nobody can sign in; keep it with the backups."""
    key_days: int = Field(default=30, ge=1, le=365)
    """How long a key signs before the next one does."""
    org_id: UUID | None = None
    """The org that the first start makes; absent: drawn."""
    owner_login: str = Field(default="owner", pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}$")
    owner_name: str = Field(default="Владелец", min_length=1, max_length=64)
    owner_password: SecretStr | None = Field(default=None, min_length=LENGTH_MIN, max_length=LENGTH_MAX)
    """The first owner's password; absent: a one-time password is drawn and told."""

    def secret(self) -> str:
        return self.signing_secret.get_secret_value()

    def key_life(self) -> timedelta:
        return timedelta(days=self.key_days)
