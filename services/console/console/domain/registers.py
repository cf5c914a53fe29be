"""A club's registers as the desk shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

Register = Mapping[str, Any]


def by_hand(registers: Iterable[Register] | None) -> list[Register]:
    """The registers that print nothing now because somebody said so; none where they are not known."""
    return [one for one in registers or () if one.get("manual_payment")]


def lamp(register: Register) -> str:
    """`good`: it answers; `bad`: it does not; `grey`: off, or nobody knows."""
    if register["mode"] != "kkm_server" or register.get("reachable") is None:
        return "grey"
    return "good" if register["reachable"] else "bad"
