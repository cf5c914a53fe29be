"""Where the operators' commands find the databases, the broker and the register.

On one machine: from the data folder of the stack that runs. Elsewhere from the environment: `SAVEPOINT_POSTGRES_URL` (a
superuser's, its password in `SAVEPOINT_POSTGRES_PASSWORD` or a secret file), `SAVEPOINT_KAFKA_SERVERS`,
`SAVEPOINT_WORKERS` (a folder with workers' files) and `SAVEPOINT_KKM_URL`.
"""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from kit.db import Database
from kit.kafka import Kafka
from kit.settings import SECRETS
from savepoint.failures import CommandFailed, Exit
from savepoint.folder import Folder
from savepoint.schema import SERVICES, as_owner


class Environment(BaseSettings):
    """What a container with the operators' tools is told."""

    model_config = SettingsConfigDict(
        env_prefix="SAVEPOINT_", secrets_dir=SECRETS if SECRETS.is_dir() else None, extra="ignore"
    )

    postgres_url: str | None = None
    postgres_password: SecretStr | None = None
    kafka_servers: str = "localhost:9092"
    kafka_kind: Literal["kafka", "embedded"] = "kafka"
    workers: Path | None = None
    kkm_url: str | None = None

    def admin_url(self) -> str:
        """The superuser's address with its password. Raises CommandFailed for what is no address."""
        assert self.postgres_url is not None
        secret = self.postgres_password
        try:
            url = make_url(self.postgres_url)
        except (ArgumentError, ValueError):
            message = "SAVEPOINT_POSTGRES_URL is not an address like postgresql://user@host:5432."
            raise CommandFailed(Exit.POSTGRES, message) from None
        return (url.set(password=secret.get_secret_value()) if secret else url).render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Places:
    """The parts of one installation."""

    postgres_url: str
    kafka: Kafka
    workers: Path | None
    kkm_url: str | None

    def databases(self) -> dict[str, Database]:
        """Each service's database, as its owner; workers' files too. Close them with `dispose`."""
        found = {name: as_owner(self.postgres_url, name) for name in SERVICES}
        for file in sorted(self.workers.glob("*.sqlite")) if self.workers and self.workers.is_dir() else ():
            name = f"fiscal-worker {file.stem}"
            found[name] = Database(f"sqlite+aiosqlite:///{file}", name)
        return found


def places(data: Path) -> Places:
    """This installation's parts. Raises CommandFailed where neither a stack runs nor the environment names one."""
    told = Environment()
    if told.postgres_url is not None:
        return Places(told.admin_url(), Kafka(told.kafka_servers, told.kafka_kind), told.workers, told.kkm_url)
    folder = Folder(data)
    running = folder.running()
    kafka = Kafka(running.kafka_servers, "embedded" if running.kafka_kind == "embedded" else "kafka")
    return Places(running.postgres_url, kafka, folder / "workers", running.kkm_url)


def taken(port: int, address: str = "127.0.0.1") -> bool:
    """Whether another program serves on this port of this machine, or the address is none of its own."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False
