"""What every service is told by its environment; secrets come from files.

`SAVEPOINT_X` sets `x`; so does a file `/run/secrets/savepoint_x`, which is the place for passwords.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

from kit.kafka import Kafka

SECRETS = Path("/run/secrets")


class Settings(BaseSettings):
    """Read once, at the start of a process."""

    model_config = SettingsConfigDict(
        env_prefix="SAVEPOINT_", secrets_dir=SECRETS if SECRETS.is_dir() else None, extra="ignore"
    )

    database_url: str
    """`postgresql+asyncpg://user@host/name` or `sqlite+aiosqlite:///path`; the password may come by itself."""
    database_password: SecretStr | None = None
    kafka_servers: str = "localhost:9092"
    kafka_kind: Literal["kafka", "embedded"] = "kafka"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    instance: str | None = None
    """A name that this replica keeps over restarts."""
    jwks_url: str = "http://localhost:8000/api/staff/v1/jwks"
    issuer: str = "savepoint"
    host: str = "0.0.0.0"  # noqa: S104  a container is reached from outside
    port: int = Field(default=8000, ge=0, le=65535)
    otlp_url: str | None = None
    log_level: str = "INFO"

    def database(self) -> str:
        """The address with its password."""
        url, secret = make_url(self.database_url), self.database_password
        return (url.set(password=secret.get_secret_value()) if secret else url).render_as_string(hide_password=False)

    def kafka(self) -> Kafka:
        secret = self.kafka_password.get_secret_value() if self.kafka_password else None
        return Kafka(
            self.kafka_servers, self.kafka_kind, self.instance, self.kafka_username, secret, self.kafka_ca_file
        )
