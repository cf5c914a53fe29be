"""`savepoint`, the command: a whole club on one machine, and what operators need anywhere."""

import asyncio
import errno
import json
import logging
import signal
import sys
import warnings
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.exceptions import TyperException

from contracts.topics import SHARED, branch
from kit.kafka import Kafka
from kit.settings import SECRETS
from kit.topics import declare
from savepoint import operations, schema
from savepoint.failures import CommandFailed, Exit
from savepoint.folder import DEFAULT, Folder
from savepoint.options import (
    AsJson,
    Data,
    DemoData,
    Fresh,
    Id,
    KafkaAt,
    KkmAt,
    KkmPort,
    Listen,
    Of,
    Only,
    Port,
    PostgresAt,
    TlsPort,
)
from savepoint.places import Environment, places

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__, add_completion=False)
topics = typer.Typer(no_args_is_help=True, help="The broker's topics.")
parked = typer.Typer(no_args_is_help=True, help="Messages that could not be handled and wait for a person.")
app.add_typer(topics, name="topics")
app.add_typer(parked, name="parked")

# What services and devices said is printed as it is: "[type=missing]" is no style, and ":100:" no picture.
out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """What `work` gives."""
    return asyncio.run(work)


@app.command()
def up(
    data: Data = DEFAULT,
    port: Port = 8080,
    fresh: Fresh = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return when it serves; stop it with `down`.")] = False,
    kafka: KafkaAt = None,
    postgres: PostgresAt = None,
    kkm: KkmAt = None,
    kkm_port: KkmPort = 5893,
    listen: Listen = None,
    tls_port: TlsPort = 8443,
) -> None:
    """Run everything on this machine until Ctrl+C."""
    from savepoint import local

    if detach:
        run(local.detached(data, sys.argv[1:], out))
    else:
        options = local.Options(port, kafka, postgres, kkm, kkm_port, listen, tls_port)
        run(local.serve(Folder(data), options, out, fresh=fresh))


@app.command()
def down(data: Data = DEFAULT) -> None:
    """Stop the stack of a data folder."""
    from savepoint import local

    run(local.stop(Folder(data)))
    out.print("stopped")


@app.command()
def status(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """What runs and whether it is ready."""
    from savepoint import local

    known = run(local.status(Folder(data)))
    if as_json:
        out.print(json.dumps(known))
    else:
        for name, value in known.items():
            out.print(f"{name:10} {value}")
    if known["state"] != "ready":
        raise typer.Exit(Exit.STACK)


@app.command()
def demo(
    data: DemoData = Path(".savepoint/demo"),
    port: Port = 8080,
    kkm_port: KkmPort = 5893,
    keep: Annotated[bool, typer.Option("--keep-serving", help="Serve on after the day, until Ctrl+C.")] = False,
) -> None:
    """Play a club's first day on a fresh stack and audit it; exits 1 when the audit finds anything."""
    from savepoint import local

    options = local.Options(port=port, kkm_port=kkm_port)
    clean = run(local.demo(Folder(data), options, out, keep=keep))
    if not clean:
        raise typer.Exit(Exit.FOUND)


@app.command()
def audit(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """Compare the ledger, the sales, the receipts and the register's own documents; exits 1 when they differ."""
    found = run(operations.audit(places, data))
    if as_json:
        out.print(json.dumps(asdict(found) | {"clean": found.clean}))
    else:
        for note in found.notes[:100]:
            out.print(f"  {note}")
        out.print(
            f"{found.settlements} settlements, {found.documents} documents of the register, {found.foreign} foreign, "
            f"{found.unfinished} unfinished, {found.parked} parked, {found.unsent} unsent"
        )
        if found.unfiscalised:
            rubles, kopecks = divmod(found.unfiscalised_kopecks, 100)
            out.print(
                f"without a receipt {found.unfiscalised}, {rubles}.{kopecks:02d}: manual payment, corrections are due"
            )
        out.print(found.line())
    if not found.clean:
        raise typer.Exit(Exit.FOUND)


@app.command()
def replay(
    since: Annotated[str, typer.Option("--since", metavar="AGE", help="How far back: 90s, 30m, 12h, 1d.")],
    data: Data = DEFAULT,
    service: Only = None,
) -> None:
    """Send again what was told since then; every reader is idempotent, so it changes nothing but the outbox."""
    age = operations.age(since)
    for name, count in run(operations.replay(places, data, age, service)).items():
        out.print(f"{name}: {count} messages are sent again")


@app.command()
def token(
    role: Annotated[str, typer.Option("--role", help="owner, administrator, operator or accountant.")],
    data: Data = DEFAULT,
) -> None:
    """Print a bearer token for the stack that runs, good for ten minutes, and nothing else."""
    from savepoint import local

    out.print(run(local.token(Folder(data), role)), soft_wrap=True)


@app.command("doctor")
def examine(data: Data = DEFAULT, port: Port = 8080, kkm_port: KkmPort = 5893, as_json: AsJson = False) -> None:
    """Check ports, disk, broker, database and register, and say what to do."""
    from savepoint import doctor

    checks = run(doctor.examine(data, port, kkm_port))
    if as_json:
        out.print(json.dumps([asdict(check) for check in checks]))
    else:
        for check in checks:
            mark = ("ok  ", "green") if check.well else ("look", "red")
            out.print(Text.assemble(mark, f" {check.name:16} {check.said}"))
    if not all(check.well for check in checks):
        raise typer.Exit(Exit.FOUND)


@app.command()
def migrate() -> None:
    """Make and upgrade every service's database on the server that the environment names.

    A service's own password comes from the secret file `savepoint_<service>_password`.
    """
    told = Environment()
    if told.postgres_url is None:
        raise typer.BadParameter("set SAVEPOINT_POSTGRES_URL to the server, as its superuser")
    files = {name: SECRETS / f"savepoint_{name}_password" for name in schema.SERVICES}
    passwords = {name: file.read_text().strip() for name, file in files.items() if file.exists()}
    run(schema.prepare(told.admin_url(), passwords))
    out.print(f"schemas of {', '.join(schema.SERVICES)} are this version's")


@topics.command("apply")
def apply_topics(
    kafka: KafkaAt = None,
    replication: Annotated[int, typer.Option("--replication", min=1, max=9)] = 1,
    club: Annotated[list[UUID] | None, typer.Option("--club", help="Make this club's own topics too.")] = None,
    data: Data = DEFAULT,
) -> None:
    """Make the declared topics that are missing. A club's own are also made when it gets a register."""
    wanted = [*SHARED, *(topic for one in club or () for topic in branch(one))]
    broker = Kafka(kafka) if kafka else places(data).kafka
    made = run(operations.reach(broker, declare(broker, wanted, replication)))
    out.print(f"{len(made)} topics made, {len(wanted) - len(made)} were there")


@parked.command("list")
def parked_list(data: Data = DEFAULT, service: Only = None, as_json: AsJson = False) -> None:
    """All parked messages, oldest first."""
    found = run(operations.parked_messages(places, data, service))
    if as_json:
        out.print(json.dumps(found))
        return
    rows = [[_plain(one[name]) for name in PARKED_COLUMNS] for one in found]
    if not found:
        out.print("nothing is parked")
    elif out.is_terminal:
        table = Table(*PARKED_COLUMNS)
        for row in rows:
            table.add_row(*[cell[:60] for cell in row])
        out.print(table)
    else:
        for row in [list(PARKED_COLUMNS), *rows]:
            sys.stdout.write("\t".join(row) + "\n")


PARKED_COLUMNS = ("service", "id", "state", "type", "key", "parked_at", "error")


def _plain(value: object, kept: str = "") -> str:
    """`value` without what a terminal would obey: a message may hold anything."""
    return "".join(one if one.isprintable() or one in kept else json.dumps(one)[1:-1] for one in str(value))


@parked.command("show")
def parked_show(parked_id: Id, service: Of, data: Data = DEFAULT) -> None:
    """One parked message, whole."""
    found = [one for one in run(operations.parked_messages(places, data, service)) if one["id"] == parked_id]
    if not found:
        raise typer.BadParameter(f"{service} has parked no message {parked_id}")
    out.print(_plain(json.dumps(found[0], indent=1, ensure_ascii=False), kept="\n"))


@parked.command("retry")
def parked_retry(parked_id: Id, service: Of, data: Data = DEFAULT) -> None:
    """Have the service try it again, and what waits behind it; within a second."""
    run(operations.decide(places, data, service, parked_id, retry=True))
    out.print(f"{service} tries message {parked_id} again")


@parked.command("drop")
def parked_drop(parked_id: Id, service: Of, data: Data = DEFAULT) -> None:
    """Give a message up for good; what waits behind it goes on."""
    run(operations.decide(places, data, service, parked_id, retry=False))
    out.print(f"message {parked_id} of {service} is dropped")


def main() -> None:
    """The command: a failure that has words for the person becomes one line and its exit code."""
    # Both say on stderr, in their own words, what is no news or what we say ourselves.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        code = app(standalone_mode=False)
    except CommandFailed as failed:
        code = _failed(failed.code, str(failed))
    except TyperException as wrong:
        code = _failed(wrong.exit_code, wrong.format_message())
    except asyncio.CancelledError:
        code = 128 + signal.SIGTERM
    except OSError as wrong:
        if wrong.errno != errno.ENOSPC:
            raise
        code = _failed(Exit.DISK, "the disk is full. Make room, then start again: nothing that was confirmed is lost.")
    sys.exit(code)


def _failed(code: int, said: str) -> int:
    if said:  # nothing where the help was shown instead
        sys.stderr.write(f"savepoint: {said}\n")
    return code


if __name__ == "__main__":
    main()
