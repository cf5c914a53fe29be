"""Renew the hashed pins: one file per image and one for developers.

`uv.lock` records download addresses, so it is made, exported and removed; the exported files name no index,
so that any mirror serves them. Each begins with a digest of the dependency declarations it was made from:
`stale()` compares it, and a test calls that.
"""

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "requirements"

IMAGES = {
    "staff": ["--package", "savepoint-staff"],
    "hall": ["--package", "savepoint-hall"],
    "billing": ["--package", "savepoint-billing"],
    "fiscal": ["--package", "savepoint-fiscal", "--extra", "central"],
    "console": ["--package", "savepoint-console"],
    "fiscal-worker": ["--package", "savepoint-fiscal", "--extra", "worker"],
    "kkm-emulator": ["--package", "savepoint-kkm-emulator"],
    "tools": ["--package", "savepoint"],
    "dev": ["--all-packages", "--all-extras"],
}


def declared() -> str:
    """A digest of every dependency declaration of the workspace."""
    digest = hashlib.sha256()
    for path in sorted(
        [ROOT / "pyproject.toml", *ROOT.glob("*/*/pyproject.toml"), ROOT / "savepoint" / "pyproject.toml"]
    ):
        table = tomllib.loads(path.read_text())
        project = table.get("project", {})
        parts = (project.get("dependencies"), project.get("optional-dependencies"), table.get("dependency-groups"))
        digest.update(repr((path.relative_to(ROOT).as_posix(), project.get("requires-python"), *parts)).encode())
    return digest.hexdigest()


def stale() -> list[str]:
    """Names of the pin files that are missing or were made from other declarations than today's."""
    first_line = f"# declared: {declared()}"
    files = [HERE / f"{name}.txt" for name in [*IMAGES, "uv"]]
    return [f.name for f in files if not f.exists() or f.read_text().splitlines()[0] != first_line]


def main() -> None:
    uv = Path(sys.executable).parent / "uv"
    common = ["--format", "requirements-txt", "--no-emit-workspace", "--no-header", "--no-annotate", "--quiet"]
    exported = {}
    try:
        subprocess.run([uv, "lock", "--upgrade", "--quiet"], cwd=ROOT, check=True)  # noqa: S603
        for name, options in IMAGES.items():
            group = [] if name == "dev" else ["--no-dev"]
            command = [uv, "export", "--locked", *options, *group, *common]
            exported[name] = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    finally:
        (ROOT / "uv.lock").unlink(missing_ok=True)

    lines = exported["dev"].splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith("uv=="))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    exported["uv"] = "".join(lines[start:end])
    for name, text in exported.items():
        (HERE / f"{name}.txt").write_text(f"# declared: {declared()}\n{text}")
        print(f"requirements/{name}.txt: {text.count('==')} pins")  # noqa: T201


if __name__ == "__main__":
    main()
