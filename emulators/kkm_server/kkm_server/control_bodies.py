"""The bodies that `/control` takes; a field or value that it does not know is refused by name."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kkm_server.faults import ERROR_DEFAULT, What
from kkm_server.slots import REGISTERS_ONLY, Seconds, Slot, Text

_STRICT = ConfigDict(extra="forbid", strict=True)
_OF_TERMINALS = {"decline", "timeout", "paid_no_answer"}


class Passwords(BaseModel):
    """The two logins of the product; an empty password leaves the server open to that login."""

    model_config = _STRICT
    User: Text = ""
    Admin: Text = ""


def _no_terminal(pay_by_processing: bool) -> bool:
    if pay_by_processing:
        raise ValueError(REGISTERS_ONLY)
    return pay_by_processing


def _no_callback(url: str | None) -> str | None:
    if url is not None:
        raise ValueError("this version answers calls and makes none")
    return url


class Server(BaseModel):
    """Settings of the server."""

    model_config = _STRICT
    PayByProcessing: Annotated[bool, AfterValidator(_no_terminal)] = False
    passwords: Passwords = Passwords()
    callback_url: Annotated[str | None, AfterValidator(_no_callback)] = None


def _different(slots: list[Slot]) -> list[Slot]:
    numbers = [slot.NumDevice for slot in slots]
    if len(set(numbers)) != len(numbers):
        raise ValueError("every device needs a NumDevice of its own")
    return slots


class WholeState(BaseModel):
    """The body of `PUT /control/state`."""

    model_config = _STRICT
    server: Server = Server()
    devices: Annotated[list[Slot], Field(max_length=100), AfterValidator(_different)] = [Slot()]


def _of_registers(what: Any) -> Any:
    if what in _OF_TERMINALS:
        raise ValueError(REGISTERS_ONLY)
    return What(what) if what in list(What) else what


_What = Annotated[What, BeforeValidator(_of_registers)]


class NewFault(BaseModel):
    """The body of `POST /control/faults`."""

    model_config = _STRICT
    command: Text | None = None
    NumDevice: int | None = None
    what: _What
    times: Annotated[int, Field(ge=0)] = 1
    after: Annotated[int, Field(ge=0)] = 0
    seconds: Seconds = 5.0
    error: Annotated[str, Field(min_length=1, max_length=1000)] = ERROR_DEFAULT


class Seed(BaseModel):
    """The body of `POST /control/seed`."""

    model_config = _STRICT
    seed: int
    rate: Annotated[float, Field(ge=0, le=1)]
    what: list[_What] = []

    @model_validator(mode="after")
    def _of_something(self) -> "Seed":
        if self.rate and not self.what:
            raise ValueError("what is to strike?")
        return self


class ClockMove(BaseModel):
    """The body of `POST /control/clock`: one of the two."""

    model_config = _STRICT
    forward_s: Annotated[float, Field(ge=0, le=10 * 366 * 86_400)] | None = None
    reset: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> "ClockMove":
        if (self.forward_s is None) == (self.reset is None):
            raise ValueError("either forward_s or reset is wanted")
        return self
