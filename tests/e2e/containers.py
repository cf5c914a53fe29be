"""docker-compose.yml as it ships, through testcontainers: an installation with ports and secrets of its own."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import httpx
from testcontainers.compose import DockerCompose

from tests.e2e.stacks import DATABASES, ROOT, Stack, digest_of, wait_for

COMMAND_TIMEOUT_S = 240
"""A broker alone takes two minutes to start on a machine that does ten other things."""


class Containers:
    """The compose project `project`; everything that it needs is in `folder`."""

    name = "containers"
    parts: ClassVar[tuple[str, ...]] = ("billing", "fiscal", "hall", "fiscal-worker", "kafka", "postgres", "kkm-server")

    def __init__(self, folder: Path) -> None:
        self.project = f"savepoint-e2e-{uuid4().hex[:8]}"
        self.club_id: str | None = str(uuid4())
        gateway, kkm = _free_ports(2)
        self.url, self.kkm_url = f"http://127.0.0.1:{gateway}", f"http://127.0.0.1:{kkm}"
        secrets = folder / "secrets"
        settings = {
            "COMPOSE_PROJECT_NAME": self.project,
            "GATEWAY_PORT": gateway,
            "KKM_PORT": kkm,
            "CLUB_ID": self.club_id,
            "SAVEPOINT_SECRETS": secrets,
        }
        settings_file = folder / "env"
        settings_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        drawn = os.environ | {"SAVEPOINT_SECRETS": str(secrets)}
        subprocess.run([ROOT / "deploy" / "compose" / "make-secrets"], env=drawn, check=True)
        self.compose = DockerCompose(ROOT, build=True, wait=True, env_file=str(settings_file))

    def start(self) -> None:
        """Build what has changed, start everything, and learn the owner's password."""
        self.compose.start()
        said = self._docker("logs", "--no-log-prefix", "staff").stdout
        found = re.search(r"owner password \(one time\): (\S+)", said)
        assert found is not None, said
        self.owner_password = found[1]

    def kill(self, part: str) -> None:
        self._docker("kill", part)

    def mend(self, part: str) -> None:
        """What an operator would: start it, and see that everybody is well."""
        self._docker("up", "--detach", "--no-deps", part)
        self._all_healthy()

    def forget_broker(self, restarted: str | None = None) -> None:
        self._docker("rm", "--force", "--stop", "kafka")
        # What belongs to a project is removed with it, a volume alone by its name.
        _run("docker", "volume", "rm", f"{self.project}_kafka")
        self._docker("up", "--detach", "--wait", "--no-deps", "kafka")
        if restarted is not None:
            wait_for(lambda: self._says_that_it_has_nothing(restarted), COMMAND_TIMEOUT_S, f"{restarted} has no topics")
            self.kill(restarted)
            self._docker("up", "--detach", "--no-deps", restarted)
        # Not `up`: that ends well whatever became of the job, and a day without topics explains nothing.
        self._docker("run", "--rm", "--no-deps", "--no-TTY", "topics")
        self._all_healthy()
        done = self.savepoint("replay", "--since", "1d")
        assert done.returncode == 0, done.stderr

    def savepoint(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._docker("run", "--rm", "--no-deps", "--no-TTY", "tools", *arguments, check=False)

    async def digest(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in DATABASES:

            async def ask(query: str, name: str = name) -> list[str]:
                psql = ["psql", "--username=postgres", f"--dbname={name}", "--no-align", "--tuples-only"]
                return self._docker("exec", "--no-TTY", "postgres", *psql, "--command", query).stdout.splitlines()

            found |= await digest_of(name, ask)
        return found

    def words(self) -> str:
        """What each part says of its readiness, how far the groups are, and what is parked."""
        parts = [f"{part}: {self._readiness(part)}" for part in (*DATABASES, "fiscal-worker")]
        groups = "/opt/kafka/bin/kafka-consumer-groups.sh --bootstrap-server kafka:9092 --describe --all-groups"
        read = self._docker("exec", "--no-TTY", "kafka", "bash", "-c", groups, check=False)
        # The sixth column is the lag; a member that was given nothing has a dash there.
        behind = [line for line in read.stdout.splitlines() if line.split()[5:6] not in ([], ["0"])]
        parked = self.savepoint("parked", "list")
        return "\n".join(
            [*parts, *behind, read.stderr.strip(), "parked:", parked.stdout.strip(), parked.stderr.strip()]
        )

    def logs(self) -> str:
        """What everybody said, for when a story fails."""
        return self._docker("logs", "--no-color", "--timestamps", check=False).stdout

    def stop(self) -> None:
        self.compose.stop()

    def _says_that_it_has_nothing(self, part: str) -> bool:
        """Whether this service has joined the new broker's group, and was given nothing."""
        return "no partition is assigned" in self._readiness(part)

    def _readiness(self, part: str) -> str:
        asked = self._docker("exec", "--no-TTY", part, "python", "-I", "-S", "/app/healthy.py", check=False)
        return asked.stderr.strip() or "ready"

    def _all_healthy(self) -> None:
        """Each part runs and is well, and the gateway reaches it."""

        def well() -> bool:
            states = {one.Service: one.Health for one in self.compose.get_containers()}
            return all(states.get(part) == "healthy" for part in (*self.parts, "staff", "console", "gateway"))

        try:
            wait_for(well, COMMAND_TIMEOUT_S, "healthy containers")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.words()}") from None
        wait_for(self._reached, COMMAND_TIMEOUT_S, "the gateway reaches every service")

    def _reached(self) -> bool:
        paths = [f"{self.url}/api/{service}/openapi.json" for service in DATABASES]
        try:
            return all(httpx.get(path, timeout=2, trust_env=False).status_code == 200 for path in paths)
        except httpx.HTTPError:
            return False

    def _docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return _run(*self.compose.compose_command_property, *arguments, check=check)


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0 or not check, f"{' '.join(command)}: {done.stderr[-2000:]}"
    return done


def _free_ports(number: int) -> list[int]:
    holding = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in holding]
    for one in holding:
        one.close()
    return ports


@contextmanager
def containers() -> Iterator[Stack]:
    """An installation for one run of the tests, removed with its volumes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="savepoint-e2e-"))
    installation = Containers(folder)
    try:
        installation.start()
        yield installation
    finally:
        if keep := os.environ.get("SAVEPOINT_E2E_KEEP"):
            Path(keep).mkdir(parents=True, exist_ok=True)
            (Path(keep) / "containers.log").write_text(installation.logs())
        if not os.environ.get("LEAVE"):
            installation.stop()
        shutil.rmtree(folder, ignore_errors=True)
