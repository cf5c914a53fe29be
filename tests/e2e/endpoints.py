"""Every endpoint of every service as the running stack describes it, with a request that has nothing wrong in it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

SERVICES = ("staff", "hall", "billing", "fiscal")
COMMITTED = Path(__file__).resolve().parents[2] / "docs/api"

Schema = dict[str, Any]
Place = Literal["path", "query", "header", "body"]


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a caller fills in. `at` leads to it: names of members, and 0 for the first of a list."""

    place: Place
    at: tuple[str | int, ...]
    schema: Schema
    required: bool
    nullable: bool

    @property
    def name(self) -> str:
        """The last name on the way to it: items of a list go by the list's."""
        return str([step for step in self.at if step != 0][-1])

    @property
    def is_id(self) -> bool:
        return self.schema.get("format") == "uuid"

    @property
    def label(self) -> str:
        """What a problem calls it."""
        return ".".join(map(str, (self.place, *self.at)))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation. `body` and what is `known` are good; `keyed`: it takes an Idempotency-Key."""

    service: str
    method: str
    template: str
    permission: str | None
    keyed: bool
    body: Any
    known: Mapping[str, str]
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.service} {self.template}"

    @property
    def in_path(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.place == "path")

    @property
    def in_body(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.place == "body")

    @property
    def asked(self) -> tuple[Field, ...]:
        """Its parameters in the query and in headers; a proof is read where an act needs one, and only there."""
        return tuple(f for f in self.fields if f.place in ("query", "header") and f.name != "Savepoint-Proof")

    def url(self, **ids: str) -> str:
        return f"/api/{self.service}" + self.template.format(**{**self.known, **ids})

    def body_with(self, field: Field, value: Any) -> Any:
        """The good body with `value` in one of its fields."""
        return _replaced(self.body, field.at, value)

    def body_without(self, field: Field) -> Any:
        changed = json.loads(json.dumps(self.body))
        inside = changed
        for step in field.at[:-1]:
            inside = inside[step]
        del inside[field.at[-1]]
        return changed


def _replaced(whole: Any, at: tuple[str | int, ...], value: Any) -> Any:
    if not at:
        return value
    if isinstance(whole, list):
        return [_replaced(whole[0], at[1:], value), *whole[1:]]
    return {**whole, at[0]: _replaced(whole[at[0]], at[1:], value)}


async def endpoints(http: httpx.AsyncClient, known: Mapping[str, str]) -> list[Endpoint]:
    """All endpoints of the stack behind `http`; `known` has an id for everything that they name."""
    found: list[Endpoint] = []
    for service in SERVICES:
        document = (await http.get(f"/api/{service}/openapi.json")).raise_for_status().json()
        committed = json.loads((COMMITTED / f"openapi-{service}.json").read_text())
        assert _operations(document) == _operations(committed), f"{service}: docs/api is of another version"
        for method, path in sorted(_operations(document)):
            told = committed["paths"][path][method]
            operation = {**document["paths"][path][method], "x-permission": told.get("x-permission")}
            keyed = any(one["name"] == "Idempotency-Key" for one in told.get("parameters", ()))
            found.append(_Reader(document, known).endpoint(service, method, path, operation, keyed))
    return found


def _operations(document: Schema) -> set[tuple[str, str]]:
    return {(method, path) for path, item in document["paths"].items() for method in item}


class _Reader:
    """Reads one service's document, and makes good values of its schemas and its examples."""

    def __init__(self, document: Schema, known: Mapping[str, str]) -> None:
        self.known = known
        self.schemas: Schema = document.get("components", {}).get("schemas", {})
        self.examples: dict[str, Any] = {}
        for schema in self.schemas.values():
            self.examples |= {k: v for one in schema.get("examples", ()) for k, v in one.items()}
            for name, member in schema.get("properties", {}).items():
                if some := self._plain(member)[0].get("examples"):
                    self.examples[name] = some[0]

    def endpoint(self, service: str, method: str, path: str, operation: Schema, keyed: bool) -> Endpoint:
        fields = [self._parameter(one) for one in operation.get("parameters", ())]
        body = None
        if "requestBody" in operation:
            (content,) = operation["requestBody"]["content"].values()
            body = self._good("body", content["schema"])
            fields += self._fields((), content["schema"])
        unknown = set(re.findall(r"{(\w+)}", path)) - self.known.keys()
        assert not unknown, f"{method} {path}: this test makes no {unknown}; let World have one"
        own = operation["x-permission"], keyed, body
        return Endpoint(service, method.upper(), path, *own, self.known, tuple(fields))

    def _parameter(self, told: Schema) -> Field:
        schema, nullable = self._plain(told["schema"])
        return Field(told["in"], (told["name"],), schema, told.get("required", False), nullable)

    def _fields(self, at: tuple[str | int, ...], whole: Schema) -> Iterator[Field]:
        """Every field of a body, with those inside of other fields."""
        schema, _ = self._plain(whole)
        for name, member in self._members(str(at[-1]) if at else "", schema):
            plain, nullable = self._plain(member)
            yield Field("body", (*at, name), plain, name in schema.get("required", ()), nullable)
            yield from self._fields((*at, name), plain)
        if "items" in schema:
            plain, nullable = self._plain(schema["items"])
            yield Field("body", (*at, 0), plain, False, nullable)
            yield from self._fields((*at, 0), plain)

    def _members(self, name: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
        """What an object has; where its members may have any name, one that is in an example."""
        yield from schema.get("properties", {}).items()
        if isinstance(schema.get("additionalProperties"), dict):
            yield next(iter(self.examples[name])), schema["additionalProperties"]

    def _plain(self, schema: Schema) -> tuple[Schema, bool]:
        """The schema itself in the place of references to it, and whether null will do as well."""
        around = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf")}
        if "$ref" in schema:
            return {**self.schemas[schema["$ref"].rpartition("/")[2]], **around}, False
        if "anyOf" not in schema:
            return schema, schema.get("type") == "null"
        some = [one for one in schema["anyOf"] if one.get("type") != "null"]
        assert len(some) == 1, f"this test cannot choose between {some}"
        return {**self._plain(some[0])[0], **around}, len(some) < len(schema["anyOf"])

    def _good(self, name: str, whole: Schema) -> Any:
        """A value that this schema accepts; `name` says what it is about."""
        schema, _ = self._plain(whole)
        match schema.get("type"):
            case "object" if isinstance(schema.get("additionalProperties"), dict):
                return self.examples[name]
            case "object":
                return {key: self._good(key, member) for key, member in schema.get("properties", {}).items()}
            case "array":
                return [self._good(name, schema["items"])]
            case "integer":
                return int(self.examples.get(name, max(schema.get("minimum", 1), 1)))
            case "boolean":
                return True
        return self._good_text(name, schema)

    def _good_text(self, name: str, schema: Schema) -> Any:
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        if name in self.known:
            return self.known[name]
        assert schema.get("format") != "uuid", f"this test makes no {name}; let World have one"
        if name == "pin":
            return "730264"
        by_format = {"date": "2026-02-01", "password": "совсем другой пароль"}
        return by_format.get(schema.get("format", "")) or self.examples.get(name, schema.get("default", "слово"))
