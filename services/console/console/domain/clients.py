"""What the card of a client asks for."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def page_of(client_id: str, view: str, account: str = "balance", as_of: str = "") -> str:
    """The address of this part of the card: what draws it anew after a change."""
    asked = {"view": view, "account": account if account != "balance" else "", "as_of": as_of}
    return f"/clients/{client_id}?{urlencode({name: value for name, value in asked.items() if value})}"


def phone(number: str) -> str:
    """A Russian number as people read it aloud; any other as it is."""
    found = re.fullmatch(r"(\+7)(\d{3})(\d{3})(\d\d)(\d\d)", number)
    return "{}\u00a0{}\u00a0{}-{}-{}".format(*found.groups()) if found else number


def changes(client: Mapping[str, Any], filled: Mapping[str, str]) -> dict[str, Any]:
    """What is different in the form; an empty card is taken away, and an unchanged phone is not sent at all."""
    wanted: dict[str, Any] = dict(filled) | {"card": filled["card"] or None}
    return {name: value for name, value in wanted.items() if value != client[name]}
