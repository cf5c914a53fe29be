"""The API documents of this version, made of the code: AsyncAPI of all topics, OpenAPI of each service.

`python -m savepoint.documents` writes them to `docs/api`; with `--check` it names those that differ, and exits 1.
"""

import copy
import inspect
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from pydantic import create_model

import billing.app
import billing.settings
import fiscal.central.app
import fiscal.central.settings
import hall.app
import hall.settings
import staff.app
import staff.settings
from contracts import TYPES, Message, headers
from contracts.money import MoneyState
from contracts.topics import TOPICS, Topic
from edge.idempotency import WAIT_MAX_S, Once
from savepoint.failures import Exit

FOLDER = Path(__file__).resolve().parents[2] / "docs/api"
DAY_MS = 24 * 3600 * 1000
KAFKA_BINDING = "0.5.0"

Document = dict[str, Any]


def documents() -> dict[str, str]:
    """The text of each document by the name of its file."""
    made = {"asyncapi.json": asyncapi()} | {f"openapi-{name}.json": openapi(app) for name, app in apps().items()}
    return {name: json.dumps(document, ensure_ascii=False, indent=1) + "\n" for name, document in made.items()}


def differing(folder: Path) -> dict[str, str]:
    """The documents that are not in `folder` as they should be."""
    known = {file.name: file.read_text() for file in folder.glob("*.json")}
    return {name: text for name, text in documents().items() if known.get(name) != text}


def asyncapi() -> Document:
    """AsyncAPI 3.0 of every topic and type. FastStream writes the schemas, the topics say the rest.

    FastStream makes a channel of each publisher; here a channel is a topic with all of its types. Schemas are named for
    the types, because two services may give two classes one name.
    """
    spoken = [(topic, model) for topic in TOPICS for model in _types(topic)]
    broker = KafkaBroker()
    for _, model in spoken:
        titled = create_model(model.TYPE, __base__=model, __doc__=model.__doc__)
        broker.publisher(model.TOPIC, title=model.TYPE, schema=titled)
    written = AsyncAPI(broker, title="Savepoint", version="1", schema_version="3.0.0").to_specification().to_json()
    schemas = json.loads(written)["components"]["schemas"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Savepoint",
            "version": "1",
            "description": "What the services of Savepoint tell each other.",
        },
        "defaultContentType": "application/json",
        "channels": {_channel_id(topic): _channel(topic) for topic in TOPICS},
        "operations": {model.TYPE: _operation(topic, model) for topic, model in spoken},
        "components": {
            "messages": {model.TYPE: _message(model) for _, model in spoken},
            "schemas": {"headers": HEADERS} | dict(sorted(schemas.items())),
        },
    }


def _types(topic: Topic) -> list[type[Message]]:
    return [model for _, model in sorted(TYPES.items()) if topic.name == model.TOPIC]


HEADERS: Document = {
    "type": "object",
    "required": [headers.ID, headers.TYPE, headers.SOURCE, headers.TIME, headers.SPEC, headers.ORG],
    "properties": {
        headers.ID: {"type": "string", "format": "uuid", "description": "The same in every repetition."},
        headers.TYPE: {
            "type": "string",
            "description": "What the body is; types that a reader does not know, it skips.",
        },
        headers.SOURCE: {"type": "string", "description": "Who told it."},
        headers.TIME: {"type": "string", "format": "date-time", "description": "When it was told."},
        headers.SPEC: {"type": "string", "const": "1.0"},
        headers.ORG: {"type": "string", "format": "uuid"},
        headers.CLUB: {"type": "string", "format": "uuid", "description": "Absent where it concerns the whole org."},
        headers.TRACE: {"type": "string", "description": "W3C trace context, where the cause was traced."},
    },
}


def _channel_id(topic: Topic) -> str:
    return topic.name.replace("*", "club")


def _channel(topic: Topic) -> Document:
    types = [model.TYPE for model in _types(topic)]
    said = [f"Key: {topic.key}.", f"Owner: {topic.owner}.", f"Partitions: {topic.partitions}."]
    said += [f"Kept for {topic.retention_days} days."]
    said += [f"Read by {', '.join(topic.readers)} alone."] if topic.readers else []
    said += [] if types else ["Nothing is told here yet."]
    own = {"parameters": {"club_id": {"description": "The club that has this topic for itself."}}}
    kept = {"retention.ms": topic.retention_days * DAY_MS}
    bound = {"partitions": topic.partitions, "topicConfiguration": kept, "bindingVersion": KAFKA_BINDING}
    return {
        "address": topic.name.replace("*", "{club_id}"),
        "description": " ".join(said),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        **(own if "*" in topic.name else {}),
        "bindings": {"kafka": bound},
    }


def _operation(topic: Topic, model: type[Message]) -> Document:
    channel = f"#/channels/{_channel_id(topic)}"
    messages = [{"$ref": f"{channel}/messages/{model.TYPE}"}]
    return {"action": "send", "channel": {"$ref": channel}, "messages": messages}


def _message(model: type[Message]) -> Document:
    key = {"type": "string", "description": f"The body's {model.KEY}."}
    return {
        "name": model.TYPE,
        "description": inspect.getdoc(model),
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"$ref": f"#/components/schemas/{model.TYPE}"},
        "bindings": {"kafka": {"key": key, "bindingVersion": KAFKA_BINDING}},
    }


def apps() -> dict[str, FastAPI]:
    """Every service that answers over HTTP, composed as always and connected to nothing."""
    told: dict[str, Any] = {"database_url": "postgresql+asyncpg://nowhere/none"}
    unused: dict[str, Any] = {"signing_secret": "nothing is signed with it".ljust(32)}
    return {
        "staff": staff.app.compose(staff.settings.Settings(**told, **unused)),
        "hall": hall.app.compose(hall.settings.Settings(**told)),
        "billing": billing.app.compose(billing.settings.Settings(**told)),
        "fiscal": fiscal.central.app.compose(fiscal.central.settings.Settings(**told)),
    }


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route asks of its caller."""

    method: str
    path: str
    permission: str | None
    once: bool
    """Takes an Idempotency-Key."""


def operations(app: FastAPI) -> list[Operation]:
    """Every operation of the service's own API."""
    found = []
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        if path.startswith("/v1/"):
            calls = [one.call for one in _all_of(route.dependant)]
            permission = next(filter(None, map(_permission, calls)), None)
            found += [Operation(method, path, permission, Once in calls) for method in sorted(route.methods or ())]
    return found


def _all_of(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all_of(one)


def _permission(call: Any) -> str | None:
    """The permission that `edge.auth.needs` asks for: the function that it gives to FastAPI has closed over it."""
    if getattr(call, "__qualname__", "") != "needs.<locals>.check":
        return None
    return str(inspect.getclosurevars(call).nonlocals["permission"])


def openapi(app: FastAPI) -> Document:
    """FastAPI's document of a service, with what FastAPI does not know: permissions, keys, problems."""
    made = copy.deepcopy(app.openapi())
    made["servers"] = [{"url": f"/api/{app.state.service.name}"}]
    for one in operations(app):
        _complete(made["paths"][one.path][one.method.lower()], one)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {name: {"description": said, "content": problem} for name, said in RESPONSES.values()}
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return made


def _complete(spec: Document, one: Operation) -> None:
    """Say of an operation whom it serves, once or each time, and how it fails."""
    statuses = {"503", "default"} | spec["responses"].keys() & {"422"}
    if one.permission is not None:
        spec["x-permission"] = one.permission
        spec["security"] = [{"bearer": [one.permission]}]
        statuses |= {"401", "403"}
    if "{" in one.path or "requestBody" in spec:
        statuses |= {"404"}
    if one.method != "GET":
        statuses |= {"409"}
    if one.once:
        spec["parameters"] = [*spec.get("parameters", []), KEY, PREFER]
        statuses |= {"422"}
    for status in sorted(statuses):
        spec["responses"][status] = {"$ref": f"#/components/responses/{RESPONSES[status][0]}"}


KEY: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Drawn by the caller for one press of one button. The same key and body get the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
    "example": "0193a000-0000-7000-8000-00000000abcd",
}

PREFER: Document = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": f"`wait=N` holds the answer for N seconds ({WAIT_MAX_S} at most) where the operation goes on; "
    "one that has not ended by then is answered 202, and `Location` tells how it stands.",
    "schema": {"type": "string", "pattern": "wait=[0-9]{1,4}"},
    "example": "wait=10",
}

RESPONSES = {
    "401": ("Unauthenticated", "No token, or one that is not accepted. Sign in again."),
    "403": ("Forbidden", "The caller may not do this; `params.permission` is what is missing."),
    "404": ("NotFound", "No such thing in the caller's org and clubs."),
    "409": ("Refused", "The business says no: `code` says why, `detail` what to do, `retry` whether to try again."),
    "422": ("Invalid", "The request is not what is asked for here; `params.errors` names the fields."),
    "503": ("TryAgain", "Nothing was changed. Try again with the same key after `Retry-After` seconds."),
    "default": ("Failed", "Any other failure."),
}
"""What can go wrong, by status: the name of the response, and what it means."""

PROBLEM: Document = {
    "type": "object",
    "description": "A failure (RFC 9457). Members that have nothing to say are absent.",
    "required": ["type", "code", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "code": {"type": "string", "description": "A stable slug of the cause."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For the person at the desk: what is wrong and what to do."},
        "params": {"type": "object", "description": "Typed values of the text, by name."},
        "device_text": {"type": "string", "description": "What a device or a bank said, verbatim."},
        "money": {"enum": list(get_args(MoneyState)), "description": "Where the guest's money is."},
        "receipt": {"enum": ["none", "printed", "unknown"]},
        "retry": {"enum": ["same_key", "new_key", "later", "never"], "description": "How it may be tried again."},
    },
}


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    parser = ArgumentParser(prog="python -m savepoint.documents", description="Write the API documents to docs/api.")
    parser.add_argument("--check", action="store_true", help="write nothing; name those that differ and exit 1")
    check = parser.parse_args(arguments).check
    found = differing(folder)
    for name, text in found.items():
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        sys.stdout.write(f"{'differs' if check else 'written'}: {folder / name}\n")
    return Exit.FOUND if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
