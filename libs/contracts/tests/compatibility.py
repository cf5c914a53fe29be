"""Whether a model may take the place of the released one, judged from their JSON schemas alone.

May: everything that was ever said in the released type is still read, and read as it was meant. So an optional field
may be added and a limit may be loosened; nothing may go away, become required, or narrow. Where two schemas cannot be
compared with certainty the verdict is no: then it is a new version of the type.
"""

import json
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

FOR_PEOPLE = {"title", "description", "examples"}
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
COMPARED = {"type", "enum", "properties", "required", "default", "items", "additionalProperties", *LOWER, *UPPER}


def incompatible(was: Schema, now: Schema) -> list[str]:
    """Why a type of this `topic`, `key` and plain `schema` may not replace the released one; empty when it may."""
    moved = [f"its {what} was {was[what]}, is {now[what]}" for what in ("topic", "key") if was[what] != now[what]]
    return moved + broken(was["schema"], now["schema"])


def broken(was: Schema, now: Schema, at: str = "body") -> list[str]:
    """What the plain schema `was` took, and `now` does not take or would take for something else."""
    reasons: list[str] = []
    for old in _choices(was):
        verdicts = [_narrowed(old, new, at) for new in _choices(now) if _takes_kind(old, new)]
        if not verdicts:
            reasons.append(f"{at}: no longer takes {old.get('type', 'anything')}")
        elif all(verdicts):
            nearest = min(verdicts, key=len)
            reasons += nearest
    return reasons


def plain(schema: Schema) -> Schema:
    """`schema` in one way of writing: references resolved, words for people left out, sets in order."""
    named = schema.get("$defs", {})
    made = _plain({name: value for name, value in schema.items() if name != "$defs"}, named, ())
    assert '"$ref"' not in json.dumps(made), "this contract holds something that is not compared yet"
    return made


def _plain(schema: Schema, definitions: dict[str, Schema], inside: tuple[str, ...]) -> Schema:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        assert name not in inside, f"{name} holds itself, and such contracts are not compared"
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return _plain(definitions[name] | rest, definitions, (*inside, name))

    def inner(one: Any) -> Any:
        return _plain(one, definitions, inside) if isinstance(one, dict) else one

    made: Schema = {}
    for key, value in schema.items():
        match key:
            case "properties":
                made[key] = {name: inner(one) for name, one in value.items()}
            case "items" | "additionalProperties":
                made[key] = inner(value)
            case "anyOf" | "oneOf":
                made["anyOf"] = _in_order([inner(one) for one in value])
            case "enum" | "required":
                made[key] = _in_order(value)
            case "const":
                made["enum"] = [value]
            case _ if key not in FOR_PEOPLE:
                made[key] = value
    return _closed_bounds(made)


def _closed_bounds(schema: Schema) -> Schema:
    """Whole numbers have one way to say a bound: more than 0 is 1 or more."""
    if schema.get("type") == "integer":
        for opened, closed, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
            if opened in schema:
                schema[closed] = schema.pop(opened) + step
    return schema


def _in_order(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


def _choices(schema: Schema) -> list[Schema]:
    choices: list[Schema] = schema.get("anyOf", [schema])
    return choices


def _takes_kind(old: Schema, new: Schema) -> bool:
    kinds = (old.get("type"), new.get("type"))
    return kinds[1] in (None, kinds[0]) or kinds == ("integer", "number")


def _narrowed(was: Schema, now: Schema, at: str) -> list[str]:
    """What one choice took and another one of its kind does not."""
    return [*_values(was, now, at), *_bounds(was, now, at), *_fields(was, now, at), *_elements(was, now, at)]


def _values(was: Schema, now: Schema, at: str) -> Iterator[str]:
    if "enum" in now:
        if "enum" not in was:
            yield f"{at}: takes {now['enum']} alone now"
        for value in was.get("enum", []):
            if value not in now["enum"]:
                yield f"{at}: no longer takes {value!r}"
    # Pattern and format, and whatever this comparison does not know: it may go, and it may not come or change.
    for key in sorted(now.keys() - COMPARED):
        if was.get(key) != now[key]:
            yield f"{at}: {key} was {was.get(key)}, is {now[key]}"


def _bounds(was: Schema, now: Schema, at: str) -> Iterator[str]:
    for key in sorted(now.keys() & {*LOWER, *UPPER}):
        tighter = key not in was or (now[key] > was[key] if key in LOWER else now[key] < was[key])
        if tighter:
            yield f"{at}: {key} was {was.get(key)}, is {now[key]}"


def _fields(was: Schema, now: Schema, at: str) -> Iterator[str]:
    kept, required, was_required = now.get("properties", {}), now.get("required", []), was.get("required", [])
    for name, old in was.get("properties", {}).items():
        new = kept.get(name)
        if new is None:
            yield f"{at}.{name}: is gone"
            continue
        yield from broken(old, new, f"{at}.{name}")
        always = name in required or name in was_required
        if not always and (("default" in old) != ("default" in new) or old.get("default") != new.get("default")):
            yield f"{at}.{name}: left out, it meant {old.get('default')}, and means {new.get('default')}"
    for name in required:
        if name not in was_required:
            yield f"{at}.{name}: is required now"


def _elements(was: Schema, now: Schema, at: str) -> Iterator[str]:
    if "items" in now:
        yield from broken(was.get("items", {}), now["items"], f"{at}[]")
    old, new = was.get("additionalProperties"), now.get("additionalProperties")
    if old in (None, False):
        if new is not None and new is not True and new != old:
            yield f"{at}: is not read when it has a field more"
    elif new in (None, False):
        yield f"{at}: no longer keeps fields of any name"
    elif isinstance(new, dict):
        yield from broken(old if isinstance(old, dict) else {}, new, f"{at}.*")
