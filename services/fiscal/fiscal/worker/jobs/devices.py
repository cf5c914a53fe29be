"""Which devices KKM-Server has: told to who asks. The server itself answers, so no register's queue waits for it."""

from contracts.branch import DevicesListed, KkmDevice
from fiscal.worker.clients import KkmServer
from fiscal.worker.domain.observation import NotReady
from fiscal.worker.store import listings
from kit.db import Database


class Devices:
    """Answers what somebody wants to know of the server's devices."""

    def __init__(self, db: Database, kkm_server: KkmServer) -> None:
        self.db, self.kkm = db, kkm_server

    async def work(self) -> None:
        """Answer everything that is asked, one listing for all who wait; then wait for the next."""
        changed = self.db.changed.next()
        async with self.db.look() as tx:
            waiting = await listings.waiting(tx)
        if not waiting:
            await self.db.changed.wait(changed, timeout_s=60)
            return
        units = await self.kkm.units()
        async with self.db.begin() as tx:
            for one in waiting:
                ours = {"org_id": one.org_id, "club_id": one.club_id, "register_id": one.register_id}
                told = {**ours, "request_id": one.request_id, "at": tx.now}
                if isinstance(units, NotReady):
                    tx.tell(DevicesListed(**told, code=units.code, device_text=units.device_text))
                else:
                    found = (KkmDevice.model_validate(unit, from_attributes=True) for unit in units[:99])
                    tx.tell(DevicesListed(**told, devices=tuple(found)))
            await listings.end(tx, [one.request_id for one in waiting])
