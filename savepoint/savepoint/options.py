"""Options that several commands take."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def _kafka_address(written: str | None) -> str | None:
    for one in written.split(",") if written is not None else ():
        if re.fullmatch(r"\S+:[0-9]{1,5}", one) is None:
            raise typer.BadParameter(f"{one} is not an address like host:9092")
    return written


def _own_address(written: str | None) -> str | None:
    """An address of a club's network; 0.0.0.0 is all of them."""
    try:
        known = written is None or ipaddress.IPv4Address(written).is_private
    except ValueError:
        known = False
    if not known:
        message = f"{written} is no address of this machine in a private network: say 0.0.0.0, or one like 192.168.0.5"
        raise typer.BadParameter(message)
    return written


def _postgres_address(written: str | None) -> str | None:
    try:
        if written is not None:
            make_url(written)
    except (ArgumentError, ValueError):
        raise typer.BadParameter("it is not an address like postgresql://user@host:5432") from None
    return written


Data = Annotated[Path, typer.Option("--data", help="The stack's data folder.", envvar="SAVEPOINT_DATA")]
DemoData = Annotated[Path, typer.Option("--data", help="A folder for the demo alone; what is in it is lost.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Where everything is served; 0: any free port.")]
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="ADDRESS",
        callback=_own_address,
        help="Serve the club's network by TLS; 0.0.0.0: all of it.",
    ),
]
TlsPort = Annotated[int, typer.Option("--tls-port", min=0, max=65535, help="The port of --listen; 0: any free port.")]
KkmPort = Annotated[int, typer.Option("--kkm-port", min=0, max=65535, help="The emulator's port; 0: any free port.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin with an empty data folder; what is in it is lost.")]
KafkaAt = Annotated[
    str | None,
    typer.Option(
        "--kafka", metavar="HOST:PORT", callback=_kafka_address, help="A Kafka; default: the stack's own broker."
    ),
]
PostgresAt = Annotated[
    str | None,
    typer.Option("--postgres", metavar="URL", callback=_postgres_address, help="A Postgres, as its superuser."),
]
KkmAt = Annotated[str | None, typer.Option("--kkm", metavar="URL", help="A KKM-Server instead of the emulator.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]
Only = Annotated[str | None, typer.Option("--service", help="One service; default: all.")]
Id = Annotated[int, typer.Argument(min=1, help="The id that `parked list` shows.")]
Of = Annotated[str, typer.Option("--service", help="Whose message it is.")]
