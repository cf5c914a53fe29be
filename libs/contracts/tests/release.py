"""`python -m libs.contracts.tests.release` records today's models as released, and refuses what would break a reader.

Run it when a type is new, or has changed compatibly; commit what it writes together with a golden file.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts import TYPES, Message
from libs.contracts.tests.compatibility import Schema, incompatible, plain

CONTRACTS = Path(__file__).resolve().parent.parent
RELEASED = CONTRACTS / "released"


def models() -> dict[str, type[Message]]:
    """Every type that services speak; tests of others declare types of their own."""
    return {name: model for name, model in TYPES.items() if model.__module__.startswith("contracts.")}


def snapshot(model: type[Message]) -> Schema:
    """What readers and writers of this type rely on."""
    return {"topic": model.TOPIC, "key": model.KEY, "schema": plain(model.model_json_schema())}


def recorded(folder: Path = RELEASED) -> dict[str, Schema]:
    """What was released, by type."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def breaks(folder: Path, types: Mapping[str, type[Message]]) -> dict[str, list[str]]:
    """Why running services would break, by type; empty when they would not."""
    found = {}
    for name, was in recorded(folder).items():
        reasons = incompatible(was, snapshot(types[name])) if name in types else ["the type is gone"]
        if reasons:
            found[name] = reasons
    return found


def record(folder: Path, types: Mapping[str, type[Message]]) -> list[str]:
    """Write down those of `types` that are new or have changed; their names."""
    before, now = recorded(folder), {name: snapshot(model) for name, model in sorted(types.items())}
    fresh = [name for name in now if before.get(name) != now[name]]
    for name in fresh:
        text = json.dumps(now[name], ensure_ascii=False, indent=2, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n")
    return fresh


def main(folder: Path = RELEASED) -> int:
    broken = breaks(folder, models())
    for name, reasons in broken.items():
        sys.stderr.write("".join(f"{name}: {reason}\n" for reason in reasons))
    if broken:
        sys.stderr.write("nothing was recorded: leave the released type as it is and add its next version beside it\n")
        return 1
    for name in record(folder, models()):
        sys.stdout.write(f"recorded {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
