"""A register as it was last seen: noted, and told when it changed."""

from collections.abc import Mapping
from typing import Any, Protocol

from contracts.branch import RegisterObserved
from contracts.fiscal import RegisterState
from fiscal.worker import store
from fiscal.worker.domain import kkm
from fiscal.worker.domain.job import NotReady, Shift
from fiscal.worker.store import Register
from kit.db import Tx

NOT_NEWS = {"since", "clock_gap_s", "cash_kopecks", "last_error", "waiting_jobs"}
"""Members that change all the time; they are told along with a change of another."""


class Seen(Protocol):
    """A register that answered."""

    @property
    def session(self) -> int: ...

    @property
    def shift(self) -> Shift: ...

    @property
    def info(self) -> Mapping[str, Any]: ...


async def note(tx: Tx, register: Register, seen: Seen | NotReady) -> None:
    """Store how the register is, if that is still the one that was looked at; tell it when that is news."""
    now = await store.register(tx, register.register_id)
    if now is None or now.address != register.address:
        return
    before = RegisterState.model_validate(register.state) if register.state else None
    reachable = not isinstance(seen, NotReady) or seen.code == "register_busy"
    since = before.since if before is not None and before.reachable == reachable else tx.now
    values: dict[str, Any] = {
        "reachable": reachable,
        "since": since,
        "waiting_jobs": await store.waiting_jobs(tx, register.register_id),
    }
    changes: dict[str, Any] = {}
    if isinstance(seen, NotReady):
        kept = before.model_dump() if before else {}
        values = kept | values | {"last_error": seen.device_text or seen.code}
    else:
        opened = register.session_since
        if seen.session != register.session or opened is None:
            opened = tx.now if seen.shift is Shift.OPEN else None
            changes = {"session": seen.session, "session_since": opened, "check_number": None}
        values |= {"shift": seen.shift, "shift_number": seen.session, "shift_opened_at": opened} | _told(seen.info)
    after = RegisterState(**values)
    await store.seen(tx, register.register_id, state=after.model_dump(mode="json"), **changes)
    if before is None or after.model_dump(exclude=NOT_NEWS) != before.model_dump(exclude=NOT_NEWS):
        ours = {"org_id": register.org_id, "club_id": register.club_id, "register_id": register.register_id}
        tx.tell(RegisterObserved(**ours, state=after, at=tx.now))


def _told(info: Mapping[str, Any]) -> dict[str, Any]:
    """What GetDataKKT says; every member of it is optional."""
    paper = info.get("PaperOver")
    return {
        "paper": not paper if isinstance(paper, bool) else None,
        "ofd_unsent": kkm.number(info, "OFD_NumErrorDoc"),
        "ofd_oldest_local": _date(info.get("OFD_DateErrorDoc")),
        "drive_ends_local": _date(info.get("FN_DateEnd")),
        "cash_kopecks": kkm.kopecks(info["BalanceCash"]) if "BalanceCash" in info else None,
        "last_error": str(info.get("OFD_Error") or "")[:1000] or None,
    }


def _date(value: object) -> str | None:
    text = str(value or "")[:19]
    return text if text and not text.startswith(kkm.NO_DATE) else None
