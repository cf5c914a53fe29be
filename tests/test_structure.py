"""The arrows of the tree: who may import whom, read from the imports themselves."""

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVICES = {
    "staff": ROOT / "services/staff/staff",
    "hall": ROOT / "services/hall/hall",
    "billing": ROOT / "services/billing/billing",
    "fiscal.central": ROOT / "services/fiscal/fiscal/central",
    "fiscal.worker": ROOT / "services/fiscal/fiscal/worker",
    "console": ROOT / "services/console/console",
}
OURS = {"contracts", "kit", "edge", "staff", "hall", "billing", "fiscal", "console", "kkm_server", "savepoint"}

ARROWS = {
    "app": {"api", "consumers", "jobs", "store", "clients", "domain", "settings"},
    "api": {"store", "clients", "domain"},
    "consumers": {"store", "clients", "domain"},
    "jobs": {"store", "clients", "domain", "settings"},
    "store": {"domain"},
    "clients": {"domain"},
    "settings": {"domain"},
    "domain": set(),
}
"""Room -> the rooms that it may import; its own goes without saying."""


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, by its full name."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if "tests" not in path.parts]


def every_file_of_a_service() -> list[tuple[str, Path]]:
    return [
        (name, file)
        for name, folder in SERVICES.items()
        for file in files(folder)
        if file.parent != folder or file.stem != "__init__"
    ]


def room(service: str, file: Path) -> str:
    return file.relative_to(SERVICES[service]).parts[0].removesuffix(".py")


LIBRARIES = {"fiscal.worker": {"contracts", "kit"}, "console": {"kit"}}
"""A worker has no HTTP edge; the console knows the others by their public API alone."""

NAMES = [f"{service}/{file.relative_to(SERVICES[service])}" for service, file in every_file_of_a_service()]


@pytest.mark.parametrize(("service", "file"), every_file_of_a_service(), ids=NAMES)
def test_a_room_imports_only_what_is_right_of_it(service: str, file: Path) -> None:
    here = room(service, file)
    assert here in ARROWS, f"{here} is not the name of a room"
    for module in imports(file):
        if module.startswith(f"{service}."):
            there = module.removeprefix(f"{service}.").partition(".")[0]
            assert there == here or there in ARROWS[here], f"{file}: {here} imports {there}"


@pytest.mark.parametrize(("service", "file"), every_file_of_a_service(), ids=NAMES)
def test_services_share_contracts_and_libraries_alone(service: str, file: Path) -> None:
    allowed = LIBRARIES.get(service, {"contracts", "kit", "edge"}) | {service.partition(".")[0]}
    for module in imports(file):
        top = module.partition(".")[0]
        assert top not in OURS - allowed, f"{file} imports {module}"
        if service.startswith("fiscal.") and top == "fiscal":
            assert module.startswith(f"{service}."), f"{file} imports the other program: {module}"


DOMAINS = [file for folder in SERVICES.values() for file in files(folder / "domain")]


@pytest.mark.parametrize("file", DOMAINS, ids=[str(file.relative_to(ROOT)) for file in DOMAINS])
def test_a_domain_is_pure(file: Path) -> None:
    """No contracts, no libraries of ours, no I/O and no framework: the standard library and itself.

    Cryptography and password hashing are calculations, too, and nobody should write them again.
    """
    calculations = {"argon2", "cryptography", "jwt"}
    for module in imports(file):
        top = module.partition(".")[0]
        own = top in {name.partition(".")[0] for name in SERVICES}
        assert own or top in sys.stdlib_module_names | calculations, f"{file} imports {module}"
        assert top not in {"asyncio", "socket", "sqlite3", "subprocess", "threading"}, f"{file} imports {module}"
    assert not re.search(r"datetime\.now|time\.time\(|utcnow", file.read_text()), f"{file} reads the clock"


def test_consumers_and_domains_do_not_speak_sql() -> None:
    for service, file in every_file_of_a_service():
        if room(service, file) in ("consumers", "domain", "api", "jobs"):
            found = [module for module in imports(file) if module.startswith("sqlalchemy")]
            allowed = {"sqlalchemy.Row"} if room(service, file) == "api" else set()
            assert set(found) <= allowed, f"{file} imports {found}"


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("libs/contracts/contracts", {"contracts"}),
        ("libs/kit/kit", {"contracts", "kit"}),
        ("libs/edge/edge", {"contracts", "kit", "edge"}),
        ("emulators/kkm_server/kkm_server", {"kkm_server"}),
    ],
)
def test_libraries_and_the_emulator_know_nothing_of_services(folder: str, allowed: set[str]) -> None:
    for file in files(ROOT / folder):
        for module in imports(file):
            assert module.partition(".")[0] not in OURS - allowed, f"{file} imports {module}"


def test_contracts_need_pydantic_and_the_standard_library_alone() -> None:
    for file in files(ROOT / "libs/contracts/contracts"):
        for module in imports(file):
            assert module.partition(".")[0] in sys.stdlib_module_names | {"pydantic", "contracts"}, f"{file}: {module}"


def test_every_exception_is_caught_in_one_file_of_the_kit() -> None:
    catching = []
    for folder in ("libs/kit/kit", "libs/edge/edge", "services"):
        for file in files(ROOT / folder):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ExceptHandler) and (
                    node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
                ):
                    catching.append(str(file.relative_to(ROOT)))
    assert catching == ["libs/kit/kit/guard.py"]


def test_the_pins_were_made_from_todays_declarations() -> None:
    spec = importlib.util.spec_from_file_location("lock", ROOT / "requirements/lock.py")
    assert spec is not None
    assert spec.loader is not None
    lock = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lock)

    assert lock.stale() == [], "run `make lock`"


def test_pins_are_hashed_and_name_no_index() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = file.read_text()
        assert "://" not in text, file
        for line in re.findall(r"^[a-z0-9].*$", text, flags=re.MULTILINE | re.IGNORECASE):
            assert line.endswith("\\"), f"{file}: {line} has no hash"


def test_every_service_has_a_page_about_itself() -> None:
    for name in ("staff", "hall", "billing", "fiscal"):
        text = (ROOT / "services" / name / "README.md").read_text()
        assert len(text.splitlines()) <= 60, f"{name}: a README is one screen"
        for word in ("Owns", "Follows", "Tells"):
            assert word.lower() in text.lower(), f"{name}: what it {word.lower()}"
