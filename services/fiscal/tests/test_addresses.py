"""A register's address is corrected while work goes on: nothing is told, looked at or sent by the wrong one."""

from uuid import UUID, uuid4

import pytest

from conftest import eventually
from contracts import branch, fiscal, hall
from fiscal.worker import store
from fiscal.worker.clients import State
from fiscal.worker.domain.kkm import Address
from fiscal.worker.domain.observation import NotReady
from services.fiscal.tests.builders import DEVICE, ORG, OURS, REGISTER, Club, a_print
from services.fiscal.tests.central import Central, an_order

ELSEWHERE = branch.Device(num_device=2)


def watch(device: branch.Device) -> branch.WatchRegister:
    return branch.WatchRegister(**OURS, device=device, cashier_name="Касса")


async def test_a_job_is_looked_at_where_it_is_sent(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Address] = []
    state = club.queues.kkm.state

    async def noted(address: Address) -> State | NotReady:
        looked.append(address)
        return await state(address)

    monkeypatch.setattr(club.queues.kkm, "state", noted)
    job = a_print()

    await club.order(watch(ELSEWHERE), job)
    done = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(done, branch.JobDone), done
    assert {address.num_device for address in looked} == {DEVICE.num_device}
    async with club.db.begin() as tx:
        register = await store.register(tx, REGISTER)
    assert register is not None
    # What was seen at the old address says nothing of the register at the new one.
    assert (register.address.num_device, register.last_fd, register.session, register.state) == (2, None, None, None)


async def test_where_a_register_was_seen_is_forgotten_with_its_address(club: Club) -> None:
    job = a_print()
    await club.order(job)
    await eventually(lambda: club.ended(job.job_id))

    async def places() -> list[object]:
        async with club.db.begin() as tx:
            known = await store.register(tx, REGISTER)
        assert known is not None
        return [known.check_number, known.session, known.last_fd, known.session_since]

    await club.order(watch(DEVICE))
    assert None not in await places()

    await club.order(watch(ELSEWHERE))
    assert await places() == [None] * 4


async def test_an_address_that_is_corrected_meanwhile_is_the_one_that_the_worker_is_told(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_id = await central.a_register()
    path = f"/v1/registers/{register_id}"
    for mode in ("off", "kkm_server"):
        assert (await central.call("PATCH", path, {"mode": mode})).status_code == 200

    async def slowly(club_id: UUID) -> None:
        assert (await central.call("PATCH", path, {"num_device": 3})).status_code == 200

    monkeypatch.setattr(central.branches, "declare", slowly)
    await central.loops.connect_registers()

    assert [told.device.num_device for told in await central.told(branch.WatchRegister)] == [1, 1, 3]
    assert (await central.call("GET", path)).json()["connected"] is True


@pytest.mark.parametrize("change", [{"name": "Касса у входа"}, {"cashier_name": "Анна"}, {"num_device": 2}])
async def test_a_register_that_is_changed_goes_on_taking_receipts(central: Central, change: dict[str, object]) -> None:
    register_id = await central.a_register()

    assert (await central.call("PATCH", f"/v1/registers/{register_id}", change)).json()["connected"] is True
    await central.hears(an_order())

    assert await central.told(fiscal.ReceiptRefused) == []
    assert len(await central.told(branch.Print)) == 1
    told = (await central.told(branch.WatchRegister))[-1]
    assert (told.cashier_name, told.device.num_device) == (
        change.get("cashier_name", told.cashier_name),
        change.get("num_device", 1),
    )


async def test_a_register_that_is_switched_off_meanwhile_is_not_watched_again(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_id = await central.a_register()
    path = f"/v1/registers/{register_id}"
    for mode in ("off", "kkm_server"):
        assert (await central.call("PATCH", path, {"mode": mode})).status_code == 200

    async def slowly(club_id: UUID) -> None:
        assert (await central.call("PATCH", path, {"mode": "off"})).status_code == 200

    monkeypatch.setattr(central.branches, "declare", slowly)
    await central.loops.connect_registers()

    assert [told.watched for told in await central.told(branch.WatchRegister)] == [True, False, False]


async def test_one_club_whose_topics_cannot_be_made_holds_up_no_other(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    clubs = [uuid4() for _ in range(3)]
    for club_id in clubs:
        ours = {"org_id": ORG, "club_id": club_id, "time_zone": "Europe/Moscow"}
        await central.hears(hall.ClubRegistered(**ours, name="Клуб", start_on_unknown_receipt=True))
        body = {"club_id": str(club_id), "name": "Атол"}
        assert (await central.call("POST", "/v1/registers", body)).status_code == 201

    async def declare(club_id: UUID) -> None:
        if club_id == clubs[0]:
            raise OSError("the broker does not want this one")

    monkeypatch.setattr(central.branches, "declare", declare)
    with pytest.raises(OSError, match="this one"):
        await central.loops.connect_registers()

    assert {told.club_id for told in await central.told(branch.WatchRegister)} == set(clubs[1:])
