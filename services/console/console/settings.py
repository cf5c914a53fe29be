"""What the console is told by its environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`SAVEPOINT_API_URL` and the like; read once, at the start of the process."""

    model_config = SettingsConfigDict(env_prefix="SAVEPOINT_", extra="ignore")

    api_url: str = "http://gateway:8080/api"
    """Where the other services are reached: the gateway, as any integrator reaches them."""
    host: str = "0.0.0.0"  # noqa: S104  a container is reached from outside
    port: int = Field(default=8000, ge=0, le=65535)
    otlp_url: str | None = None
    log_level: str = "INFO"
