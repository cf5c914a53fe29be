"""What time drives: sessions end, and old changes of the boards are forgotten."""

from datetime import timedelta

from hall.store import board, facts, sessions
from kit.db import Database
from kit.service import Loop

ENDED_AT_ONCE_MAX = 100
ENDING_PAUSE_S = 0.5
"""A session ends within a second of its time."""


def loops(db: Database, changes_kept: timedelta) -> list[Loop]:
    """The hall's loops; any number of replicas may run them."""
    return [
        Loop("end sessions", lambda: end_due(db), pause_s=ENDING_PAUSE_S),
        Loop("forget changes", lambda: forget_changes(db, changes_kept), pause_s=60),
    ]


async def end_due(db: Database) -> None:
    """End all sessions whose time is over."""
    while await end_some(db) == ENDED_AT_ONCE_MAX:
        pass


async def end_some(db: Database) -> int:
    """End the sessions that are longest over, at most `ENDED_AT_ONCE_MAX`; how many that were."""
    async with db.begin() as tx:
        ended = [session.end_by_time(tx.now) for session in await sessions.take_due(tx, ENDED_AT_ONCE_MAX)]

        for session in ended:
            await sessions.save_session(tx, session)
        if ended:
            await board.among_several_clubs(tx)
        await board.devices_changed(tx, *((session.club_id, session.device_id) for session in ended))

        tx.tell(*(facts.ended(session) for session in ended))
    return len(ended)


async def forget_changes(db: Database, kept: timedelta) -> None:
    """Forget changes of the boards that are older than `kept`."""
    async with db.begin() as tx:
        await board.FEED.forget(tx.conn, tx.now - kept)
