"""The loose binding of the product: names in any case, numbers as strings, null as absent (reference 2)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

# Beyond this a number is a mistake, and turning it into an int could take for ever.
_DIGITS_MAX = 12
# The documented length of `IdCommand`. Whether a real server refuses longer ones is unproven; this one does.
ID_LENGTH_MAX = 40
TIMEOUT_DEFAULT_S = 60


class Status(IntEnum):
    """`Status` of an answer (reference 4.1); 6 belongs to alcohol, which is not modelled."""

    OK = 0
    RUNNING = 1
    FAILED = 2
    NOT_FOUND = 3
    QUEUED = 4
    ALREADY_DONE = 5


class BadRequest(Exception):
    """The body is not a command; `text` goes into `Error`. All these texts are invented."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


class BadMember(BadRequest):
    """One member has a value of the wrong type."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Ошибка данных команды ( {name} : неверное значение )")


class Members:
    """A JSON object read loosely; a member that is null counts as absent."""

    def __init__(self, record: dict[str, Any]) -> None:
        self._by_name = {name.lower(): value for name, value in record.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name

    def text(self, name: str, default: str = "") -> str:
        """A string; a number is written out (`"TaxVariant": 1`)."""
        value = self._by_name.get(name.lower(), default)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise BadMember(name)
        text = str(value)
        # Half a surrogate pair is valid JSON, but no text that could be written down or sent back.
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise BadMember(name)
        return text

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean, also as `"true"` or 1."""
        value = self._by_name.get(name.lower(), default)
        if isinstance(value, str):
            value = value.strip().lower()
        if value in (True, "true", "1"):
            return True
        if value in (False, "false", "0", ""):
            return False
        raise BadMember(name)

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number; required unless there is a default."""
        return self._scaled(name, 0, default)

    def kopecks(self, name: str, default: int | None = None) -> int:
        """Decimal rubles as kopecks; a third digit of the fraction is an error."""
        return self._scaled(name, 2, default)

    def milli(self, name: str, default: int | None = None) -> int:
        """A quantity in thousandths."""
        return self._scaled(name, 3, default)

    def record(self, name: str) -> "Members | None":
        """A nested object."""
        value = self._by_name.get(name.lower())
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadMember(name)
        return Members(value)

    def records(self, name: str) -> list["Members"]:
        """A list of objects; null elements are left out."""
        value = self._by_name.get(name.lower(), [])
        if not isinstance(value, list) or not all(isinstance(one, dict | None) for one in value):
            raise BadMember(name)
        return [Members(one) for one in value if one is not None]

    def _scaled(self, name: str, digits: int, default: int | None) -> int:
        value = self._by_name.get(name.lower(), "")
        if isinstance(value, str) and not value.strip():
            if default is None:
                raise BadMember(name)
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise BadMember(name)
        return _scaled(name, value, digits)


def _scaled(name: str, value: str | int | Decimal, digits: int) -> int:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadMember(name) from None
    if not number.is_finite() or number.adjusted() >= _DIGITS_MAX:
        raise BadMember(name)
    scaled = number.scaleb(digits)
    whole = int(scaled)
    if whole != scaled:
        raise BadMember(name)
    return whole


@dataclass(frozen=True, slots=True)
class Call:
    """One command as it came in."""

    command: str
    id_command: str
    timeout_s: int
    members: Members

    @property
    def at_once(self) -> bool:
        """`Timeout` 1: answer at once, with the command queued or running."""
        return self.timeout_s == 1


def read_call(body: bytes, *, asynchronous: bool = False) -> Call:
    """Parse a request body; `/Execute/async` is the old way to say `Timeout: 1`."""
    members = Members(_parsed(body))
    command = members.text("Command")
    if not command:
        # The words of the product's browser extension; over HTTP the answer was not seen.
        raise BadRequest("Ошибка вызова: не заполнена команда")
    id_command = members.text("IdCommand")
    if len(id_command) > ID_LENGTH_MAX:
        raise BadMember("IdCommand")
    timeout_s = members.whole("Timeout", 0)
    waited_s = timeout_s if timeout_s > 0 else TIMEOUT_DEFAULT_S
    return Call(command, id_command, 1 if asynchronous else waited_s, members)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        record = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadRequest("Ошибка разбора JSON") from None
    if not isinstance(record, dict):
        raise BadRequest("Ошибка разбора JSON")
    return record


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def answer(
    command: str,
    id_command: str,
    status: Status,
    error: str = "",
    num_device: int | None = None,
    members: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An answer with the members that every answer has, after its own."""
    common = {
        "Command": command,
        "Error": error,
        "Message": "",
        "Warning": "",
        "Status": status,
        "IdCommand": id_command,
    }
    device = {} if num_device is None else {"NumDevice": num_device}
    return {**(members or {}), **common, **device}


def rubles(kopecks: int) -> float:
    """Kopecks as the JSON number that says exactly that many rubles: two decimals survive a float's shortest form."""
    return kopecks / 100


def encoded(record: dict[str, Any] | Sequence[Any]) -> bytes:
    """JSON as the product sends it: UTF-8, nothing escaped that need not be."""
    return json.dumps(record, ensure_ascii=False).encode()
