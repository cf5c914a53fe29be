"""One line for the journal in the transaction of an act: who did what to which thing, and what is different now."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from contracts.journal import ACTS, Actor
from edge.auth import Caller
from kit.db import Tx
from kit.time import new_id

State = dict[str, JsonValue]


def journal(
    tx: Tx,
    caller: Caller,
    act: str,
    subject: UUID,
    *,
    club_id: UUID | None = None,
    before: Any = None,
    after: Any = None,
    reason: str | None = None,
) -> None:
    """Tell that `caller` did `act` (`<service>.<noun>.<verb>`) to `subject`; what staff keeps of it is shown to owners.

    `before` and `after` are domain objects or plain dicts. Of two objects the fields that differ are told, of one all;
    a field that does not show in its repr is a secret and is never told.
    """
    was, now = _fields(before), _fields(after)
    if was is not None and now is not None:
        differ = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
        was, now = ({name: some[name] for name in some if name in differ} for some in (was, now))
    told = ACTS[act.partition(".")[0]](
        org_id=caller.scope.org_id,
        act_id=new_id(),
        at=tx.now,
        act=act,
        person=Actor(member_id=caller.subject, name=caller.name),
        club_id=club_id,
        till_id=caller.till,
        subject=str(subject),
        before=was,
        after=now,
        reason=reason,
    )
    tx.tell(told)


def _fields(thing: Any) -> State | None:
    if thing is None:
        return None
    known = (
        thing if isinstance(thing, dict) else {one.name: getattr(thing, one.name) for one in fields(thing) if one.repr}
    )
    told: State = to_jsonable_python(known)
    return told
