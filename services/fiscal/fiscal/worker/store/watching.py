"""A register as it was last seen: noted, and told when it changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from contracts.branch import RegisterObserved
from contracts.fiscal import RegisterState
from fiscal.worker import store
from fiscal.worker.domain import kkm
from fiscal.worker.domain.observation import NotReady, Shift
from fiscal.worker.store import Register
from kit.db import Tx

NOT_NEWS = {"since", "clock_gap_s", "cash_kopecks", "last_error", "error_at", "waiting_jobs", "seen_at"}
"""Members that change all the time; they are told along with a change of another."""
ERRORS = ("last_error", "error_code", "error_at")
TOLD_EVERY = timedelta(minutes=1)
"""Without news it is told so often: who hears nothing for longer knows that the worker is away."""


class Seen(Protocol):
    """A register that answered."""

    @property
    def session(self) -> int: ...

    @property
    def shift(self) -> Shift: ...

    @property
    def info(self) -> Mapping[str, Any]: ...

    @property
    def clock_gap_s(self) -> int | None: ...


async def note(tx: Tx, register: Register, seen: Seen | NotReady) -> None:
    """Store how the register is, if that is still the one that was looked at; tell it when that is news."""
    now = await store.register(tx, register.register_id)
    if now is None or now.address != register.address:
        return
    before = RegisterState.model_validate(register.state) if register.state else None
    reachable = not isinstance(seen, NotReady) or seen.code == "register_busy"
    since = before.since if before is not None and before.reachable == reachable else tx.now
    kept = before.model_dump() if before else {}
    values = {"reachable": reachable, "since": since, "seen_at": tx.now}
    values["waiting_jobs"] = await store.waiting_jobs(tx, register.register_id)
    changes: dict[str, Any] = {}
    if isinstance(seen, NotReady):
        busy = seen.code == "register_busy"
        values = kept | values | ({} if busy else _error(seen.code, seen.device_text, tx))
    else:
        opened = register.session_since
        if seen.session != register.session or opened is None:
            opened = tx.now if seen.shift is Shift.OPEN else None
            changes = {"session": seen.session, "session_since": opened, "check_number": None}
        values |= {"shift": seen.shift, "shift_number": seen.session, "shift_opened_at": opened}
        values |= {name: kept.get(name) for name in ERRORS} | _told(seen.info) | {"clock_gap_s": seen.clock_gap_s}
        if seen.info.get("OFD_Error"):
            values |= _error("ofd_error", str(seen.info["OFD_Error"]), tx)
    after = RegisterState(**values)
    known: dict[str, Any] = {"state": after.model_dump(mode="json")}
    if _is_news(before, after, now.told_at, tx):
        known["told_at"] = tx.now
        ours = {"org_id": register.org_id, "club_id": register.club_id, "register_id": register.register_id}
        tx.tell(RegisterObserved(**ours, state=after, at=tx.now))
    await store.seen(tx, register.register_id, **known, **changes)


def _is_news(before: RegisterState | None, after: RegisterState, told_at: datetime | None, tx: Tx) -> bool:
    if before is None or told_at is None or tx.now >= told_at + TOLD_EVERY:
        return True
    return after.model_dump(exclude=NOT_NEWS) != before.model_dump(exclude=NOT_NEWS)


def _error(code: str, text: str | None, tx: Tx) -> dict[str, Any]:
    return {"error_code": code, "last_error": (text or code)[:1000], "error_at": tx.now}


def _told(info: Mapping[str, Any]) -> dict[str, Any]:
    """What GetDataKKT says; every member of it is optional."""
    paper = info.get("PaperOver")
    return {
        "paper": not paper if isinstance(paper, bool) else None,
        "ofd_unsent": kkm.number(info, "OFD_NumErrorDoc"),
        "ofd_oldest_local": _date(info.get("OFD_DateErrorDoc")),
        "drive_ends_local": _date(info.get("FN_DateEnd")),
        "cash_kopecks": kkm.kopecks(info["BalanceCash"]) if "BalanceCash" in info else None,
        "ffd": _text(info, "FFDVersion", 8),
        "kkt_number": _text(info, "KktNumber", 20),
        "registration": _text(info, "RegNumber", 20),
        "fn": _text(info, "FnNumber", 20),
        "organisation": _text(info, "NameOrganization", 256),
        "inn": _text(info, "InnOrganization", 12),
        "address": _text(info, "AddressSettle", 256),
        "place": _text(info, "PlaceSettle", 256),
    }


def _text(info: Mapping[str, Any], name: str, length: int) -> str | None:
    """A text of the register's registration; the server writes what it does not know in angle brackets."""
    text = str(info.get(name) or "").strip()[:length]
    return None if text.startswith("<") else text or None


def _date(value: object) -> str | None:
    text = str(value or "")[:19]
    return text if text and not text.startswith(kkm.NO_DATE) else None
