"""Waiting, asking, repeating, restarting: what a client must be able to build on (reference 5)."""

import asyncio

import pytest

from conftest import eventually
from emulators.kkm_server.tests.toy import Kkm, a_cash_receipt, a_receipt, an_id


async def slow(kkm: Kkm, seconds: float = 5) -> None:
    await kkm.device(seconds_per_receipt=seconds, seconds_per_report=seconds)


async def at_the_device(kkm: Kkm) -> None:
    """Wait until a command takes its time at the device and a caller waits for it."""

    async def both_sleep() -> bool:
        return kkm.clock.sleeping >= 2

    await eventually(both_sleep)


async def test_a_call_waits_for_a_slow_register(kkm: Kkm) -> None:
    await slow(kkm)
    call = kkm.begin(a_receipt(IdCommand="slow"))
    await at_the_device(kkm)

    running = await kkm.rezult("slow")
    kkm.clock.forward(5)

    assert (running["Status"], running["Rezult"]["Status"]) == (1, 1)
    assert (running["IdCommand"], running["Rezult"]["IdCommand"], running["Rezult"]["NumDevice"]) == ("", "slow", 1)
    assert (await call)["Status"] == 0


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 60), (0, 60), (10, 10), ("10", 10)])
async def test_the_timeout_bounds_the_waiting_and_not_the_command(
    kkm: Kkm, timeout: int | str | None, seconds: int
) -> None:
    await slow(kkm, seconds=100)
    call = kkm.begin(a_receipt(IdCommand="slow", Timeout=timeout))
    await at_the_device(kkm)

    kkm.clock.forward(seconds - 1)
    assert (await kkm.rezult("slow"))["Status"] == 1
    assert not call.done()

    kkm.clock.forward(1)
    answer = await call
    assert (answer["Status"], answer["Error"], answer["IdCommand"]) == (1, "", "slow")
    assert await kkm.documents() == []

    kkm.clock.forward(100)
    await ended(kkm, "slow")
    assert await kkm.kinds() == ["open_shift", "sale"]


async def ended(kkm: Kkm, id_command: str) -> None:
    async def not_running() -> bool:
        answer = await kkm.rezult(id_command)
        return answer["Status"] not in (1, 4) and answer["Rezult"]["Status"] not in (1, 4)

    await eventually(not_running)


async def test_timeout_1_answers_at_once_and_the_result_can_be_asked_for(kkm: Kkm) -> None:
    answer = await kkm.ask(a_receipt(IdCommand="now", Timeout=1))

    assert answer["Status"] in (1, 4)
    await ended(kkm, "now")
    assert (await kkm.rezult("now"))["Rezult"]["QRCode"]


async def test_commands_of_one_device_run_one_at_a_time_and_in_order(kkm: Kkm) -> None:
    await slow(kkm)
    first, second, third = (kkm.begin(a_receipt(IdCommand=name)) for name in ("1", "2", "3"))
    await at_the_device(kkm)

    assert [(await kkm.rezult(name))["Status"] for name in ("1", "2", "3")] == [1, 4, 4]
    assert [(await kkm.rezult(name))["Rezult"]["Status"] for name in ("1", "2", "3")] == [1, 4, 4]
    assert await kkm.queue() == 3

    kkm.clock.forward(5)
    await first
    await ended(kkm, "1")

    async def second_runs() -> bool:
        return bool((await kkm.rezult("2"))["Status"] == 1)

    await eventually(second_runs)
    assert (await kkm.rezult("3"))["Status"] == 4
    for call, name in ((second, "2"), (third, "3")):
        kkm.clock.forward(5)
        await ended(kkm, name)
        assert (await call)["Status"] == 0
    assert [one["id_command"] for one in (await kkm.documents())[1:]] == ["1", "2", "3"]


async def test_devices_do_not_wait_for_each_other(kkm: Kkm) -> None:
    devices = [{"NumDevice": 1, "seconds_per_receipt": 100}, {"NumDevice": 2}]
    await kkm.control("PUT", "state", {"devices": devices})
    busy = kkm.begin(a_receipt(NumDevice=1))
    await at_the_device(kkm)

    await kkm.done(a_receipt(NumDevice=2))

    busy.cancel()


async def test_a_command_goes_on_after_its_client_hung_up(served: Kkm) -> None:
    await slow(served)
    call = served.begin(a_receipt(IdCommand="left"))
    await at_the_device(served)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    served.clock.forward(5)

    await ended(served, "left")
    assert (await served.rezult("left"))["Rezult"]["Status"] == 0


async def test_a_repeated_id_is_done_already_and_nothing_is_printed_twice(kkm: Kkm) -> None:
    first = await kkm.done(a_receipt(IdCommand="once"))

    again = await kkm.ask(a_receipt(IdCommand="once"))

    assert again["Status"] == 5
    assert "QRCode" not in again
    assert await kkm.kinds() == ["open_shift", "sale"]
    assert (await kkm.rezult("once"))["Rezult"] == first


async def test_a_repeated_id_of_a_refused_command_is_not_tried_again(kkm: Kkm) -> None:
    refused = await kkm.ask("CloseShift", IdCommand="once")
    await kkm.done("OpenShift")

    assert (await kkm.ask("CloseShift", IdCommand="once"))["Status"] == 5
    rezult = await kkm.rezult("once")
    assert (rezult["Status"], rezult["Rezult"]) == (0, refused)


async def test_a_repeated_id_of_a_running_command_tells_of_the_running_one(kkm: Kkm) -> None:
    await slow(kkm)
    call = kkm.begin(a_receipt(IdCommand="twice"))
    await at_the_device(kkm)

    again = await kkm.ask(a_receipt(IdCommand="twice"))

    assert again["Status"] == 1
    kkm.clock.forward(5)
    assert (await call)["Status"] == 0
    assert await kkm.kinds() == ["open_shift", "sale"]


async def test_many_calls_with_one_id_print_one_receipt(served: Kkm) -> None:
    calls = [served.begin(a_receipt(IdCommand="storm")) for _ in range(20)]

    statuses = [(await call)["Status"] for call in calls]

    assert statuses.count(0) == 1
    assert set(statuses) <= {0, 1, 4, 5}
    assert await served.kinds() == ["open_shift", "sale"]


async def test_without_an_id_every_call_prints(kkm: Kkm) -> None:
    for _ in range(2):
        await kkm.done(a_receipt(IdCommand=""))

    assert await kkm.kinds() == ["open_shift", "sale", "sale"]


async def test_a_device_that_was_not_found_leaves_no_trace_of_the_id(kkm: Kkm) -> None:
    assert (await kkm.ask(a_receipt(NumDevice=9, IdCommand="x")))["Status"] == 3

    assert (await kkm.rezult("x"))["Status"] == 3
    await kkm.done(a_receipt(IdCommand="x"))


@pytest.mark.parametrize("id_command", ["never", ""])
async def test_an_unknown_id_is_not_found(kkm: Kkm, id_command: str) -> None:
    answer = await kkm.rezult(id_command)

    assert (answer["Command"], answer["Status"], answer["IdCommand"]) == ("GetRezult", 3, "")
    assert (answer["Rezult"]["IdCommand"], answer["Rezult"]["Status"]) == (id_command, 3)


async def test_asking_twice_does_not_nest_the_answers(kkm: Kkm) -> None:
    await kkm.done(a_receipt(IdCommand="x"))

    assert await kkm.rezult("x") == await kkm.rezult("x")


async def test_a_restart_forgets_the_commands_and_keeps_the_documents(kkm: Kkm) -> None:
    await kkm.done(a_cash_receipt(100, IdCommand="before"))
    started = (await kkm.done("GetServerData"))["ServerData"]["ServerDateStart"]
    await kkm.spoil("restart", command="OpenCashDrawer")
    with pytest.raises(ConnectionResetError):
        await kkm.ask("OpenCashDrawer")

    assert (await kkm.done("GetServerData"))["ServerData"]["ServerDateStart"] > started
    assert (await kkm.rezult("before"))["Status"] == 3
    assert (await kkm.done("GetDataCheck", FiscalNumber=0))["RegisterCheck"]["AllSumm"] == 100.0
    # Nothing protects the second receipt any more: this is what a client has to know.
    await kkm.done(a_cash_receipt(100, IdCommand="before"))
    assert await kkm.kinds() == ["open_shift", "sale", "sale"]


async def test_with_an_evotor_the_result_stays_open_as_long_as_the_call(served: Kkm) -> None:
    await served.device(IdTypeDevice="Evotor")
    call = served.begin(a_receipt(IdCommand="evotor"))

    async def printed() -> bool:
        return await served.kinds() == ["open_shift", "sale"]

    await eventually(printed)
    assert (await served.rezult("evotor"))["Rezult"]["Status"] == 1
    assert not call.done()

    call.cancel()
    await ended(served, "evotor")
    assert (await served.rezult("evotor"))["Rezult"]["Status"] == 0


async def test_ids_of_other_commands_are_remembered_too(kkm: Kkm) -> None:
    name = an_id()
    await kkm.done("GetServerData", IdCommand=name)

    assert (await kkm.ask("GetServerData", IdCommand=name))["Status"] == 5
    assert (await kkm.rezult(name))["Rezult"]["ServerData"]
