"""Faults that happen behind the transport, each as the control document words it."""

import asyncio
from collections.abc import Sequence

import pytest

from conftest import eventually
from emulators.kkm_server.tests.toy import Kkm, a_receipt
from kkm_server.faults import Chance, Fault, Faults, What


async def sleepers(kkm: Kkm, count: int) -> None:
    async def so_many() -> bool:
        return kkm.clock.sleeping >= count

    await eventually(so_many)


async def test_a_delay_makes_a_command_longer(kkm: Kkm) -> None:
    await kkm.device(seconds_per_receipt=2)
    await kkm.spoil("delay", seconds=5)
    call = kkm.begin(a_receipt())
    await sleepers(kkm, 2)

    kkm.clock.forward(6)
    assert await kkm.documents() == []
    kkm.clock.forward(1)

    assert (await call)["Status"] == 0


@pytest.mark.parametrize(("what", "status"), [("hang_queued", 4), ("hang_running", 1)])
async def test_a_command_hangs_for_its_seconds_and_then_ends_as_it_would_have(kkm: Kkm, what: str, status: int) -> None:
    await kkm.spoil(what, seconds=30)
    call = kkm.begin(a_receipt(IdCommand="stuck", Timeout=10))
    await sleepers(kkm, 2)

    kkm.clock.forward(10)
    assert (await call)["Status"] == status
    asked = await kkm.rezult("stuck")
    assert (asked["Status"], asked["Rezult"]["Status"]) == (status, status)
    assert await kkm.documents() == []

    kkm.clock.forward(20)

    async def ended() -> bool:
        return bool((await kkm.rezult("stuck"))["Rezult"]["Status"] == 0)

    await eventually(ended)


@pytest.mark.parametrize("what", ["hang_queued", "hang_running"])
async def test_what_hangs_for_ever_blocks_its_device_until_the_faults_are_cleared(kkm: Kkm, what: str) -> None:
    await kkm.spoil(what, seconds=0)
    first = kkm.begin(a_receipt(IdCommand="first"))
    behind = kkm.begin(a_receipt(IdCommand="behind"))
    await sleepers(kkm, 2)
    assert (await kkm.rezult("behind"))["Status"] == 4

    await kkm.control("DELETE", "faults")

    assert [(await call)["Status"] for call in (first, behind)] == [0, 0]


async def test_an_error_before_does_nothing(kkm: Kkm) -> None:
    await kkm.spoil("error_before", error="Замятие бумаги")

    answer = await kkm.ask(a_receipt(IdCommand="e"))

    assert (answer["Status"], answer["Error"]) == (2, "Замятие бумаги")
    assert await kkm.documents() == []
    assert (await kkm.rezult("e"))["Rezult"] == answer


async def test_an_error_after_makes_the_document_all_the_same(kkm: Kkm) -> None:
    await kkm.spoil("error_after", error="Потеряна связь")

    answer = await kkm.ask(a_receipt(IdCommand="e"))

    assert (answer["Status"], answer["Error"], "QRCode" in answer) == (2, "Потеряна связь", False)
    assert await kkm.kinds() == ["open_shift", "sale"]
    assert (await kkm.rezult("e"))["Rezult"] == answer


async def test_a_lost_journal_lets_a_receipt_print_twice(kkm: Kkm) -> None:
    await kkm.spoil("lost_journal")
    await kkm.done(a_receipt(IdCommand="lost"))

    assert (await kkm.rezult("lost"))["Status"] == 3
    await kkm.done(a_receipt(IdCommand="lost"))
    assert await kkm.kinds() == ["open_shift", "sale", "sale"]


async def test_paper_that_ends_leaves_half_a_receipt_that_is_fiscal_all_the_same(kkm: Kkm) -> None:
    await kkm.done("OpenShift")
    await kkm.spoil("no_paper")

    answer = await kkm.ask(a_receipt(IdCommand="half"))

    (_, document) = await kkm.documents()
    full = (await kkm.done("GetDataCheck"))["Slip"].split("\r\n")
    assert (answer["Status"], "Нет бумаги" in answer["Error"]) == (2, True)
    assert document["text"] == full[: len(full) // 2]
    assert document["fiscal_sign"]
    assert (await kkm.done("GetDataKKT"))["Info"]["PaperOver"] is True
    assert "Нет бумаги" in (await kkm.ask(a_receipt()))["Error"]

    await kkm.device(paper=True)
    assert (await kkm.done("GetDataKKT"))["Info"]["PaperOver"] is False
    await kkm.done(a_receipt())


async def test_a_restart_keeps_the_document_of_the_command_that_met_it(kkm: Kkm) -> None:
    await kkm.spoil("restart", command="RegisterCheck")

    with pytest.raises(ConnectionResetError):
        await kkm.ask(a_receipt(IdCommand="r"))

    assert (await kkm.rezult("r"))["Status"] == 3
    assert await kkm.kinds() == ["open_shift", "sale"]


async def test_a_restart_loses_what_waits_and_does_none_of_it(kkm: Kkm) -> None:
    await kkm.device(seconds_per_receipt=5)
    waiting = [kkm.begin(a_receipt(IdCommand=name)) for name in ("running", "queued")]
    await sleepers(kkm, 3)
    await kkm.spoil("restart", command="GetServerData")

    with pytest.raises(ConnectionResetError):
        await kkm.ask("GetServerData")
    for call in waiting:
        with pytest.raises(ConnectionResetError):
            await call

    kkm.clock.forward(60)
    assert await kkm.documents() == []
    assert await kkm.queue() == 0
    call = kkm.begin(a_receipt())
    await sleepers(kkm, 1)
    kkm.clock.forward(5)
    assert (await call)["Status"] == 0


async def test_a_fault_strikes_its_command_its_device_after_so_many_so_often(kkm: Kkm) -> None:
    await kkm.control("PUT", "state", {"devices": [{"NumDevice": 1}, {"NumDevice": 2}]})
    await kkm.spoil("error_before", command="GetDataKKT", NumDevice=1, after=1, times=2)

    async def statuses(command: str, num_device: int) -> list[int]:
        return [(await kkm.ask(command, NumDevice=num_device))["Status"] for _ in range(5)]

    assert await statuses("GetDataKKT", 2) == [0] * 5
    assert await statuses("GetLineLength", 1) == [0] * 5
    assert await statuses("GetDataKKT", 1) == [0, 2, 2, 0, 0]
    assert await kkm.control("GET", "faults") == []


async def test_a_fault_of_times_0_strikes_until_it_is_cleared(kkm: Kkm) -> None:
    await kkm.spoil("error_before", times=0)

    assert [(await kkm.ask("XReport"))["Status"] for _ in range(3)] == [2, 2, 2]
    assert (await kkm.control("GET", "faults"))[0]["struck"] == 3

    await kkm.control("DELETE", "faults")
    assert (await kkm.ask("XReport"))["Status"] == 0


async def test_several_faults_may_strike_one_command(kkm: Kkm) -> None:
    await kkm.spoil("lost_journal")
    await kkm.spoil("error_after")

    assert (await kkm.ask(a_receipt(IdCommand="x")))["Status"] == 2
    assert (await kkm.rezult("x"))["Status"] == 3


def struck(seed: int, commands: Sequence[tuple[str, int | None]]) -> list[list[What]]:
    faults = Faults()
    faults.seed(Chance(seed, 0.3, (What.CUT_AFTER, What.DELAY)))
    return [list(faults.strike(command, num_device)) for command, num_device in commands]


def test_the_same_seed_and_order_of_commands_strike_the_same_way() -> None:
    commands = [("RegisterCheck", 1), ("GetRezult", None)] * 100

    assert struck(7, commands) == struck(7, commands) != struck(8, commands)
    assert 30 < sum(map(bool, struck(7, commands))) < 90


def test_polling_more_often_does_not_change_what_strikes_the_receipts() -> None:
    calm = [("RegisterCheck", 1)] * 50
    nervous = [one for call in calm for one in (call, ("GetRezult", None), ("GetRezult", None))]

    of_receipts = [
        strikes for strikes, (command, _) in zip(struck(7, nervous), nervous, strict=True) if command != "GetRezult"
    ]
    assert of_receipts == struck(7, calm)


async def test_a_seed_strikes_and_a_rate_of_0_stops_it(kkm: Kkm) -> None:
    await kkm.control("POST", "seed", {"seed": 7, "rate": 1, "what": ["error_before"]})
    assert (await kkm.ask("XReport"))["Status"] == 2

    await kkm.control("POST", "seed", {"seed": 7, "rate": 0})
    assert (await kkm.ask("XReport"))["Status"] == 0


def test_faults_and_their_counts_survive_the_process() -> None:
    faults = Faults()
    faults.add(Fault(0, What.DELAY, command="XReport", times=3))
    faults.seed(Chance(1, 0.5, (What.CUT_BEFORE,)))
    faults.strike("XReport", 1)

    again = Faults(faults.kept())

    assert list(again) == list(faults)
    assert again.kept() == faults.kept()


async def test_two_faults_have_ids_of_their_own(kkm: Kkm) -> None:
    faults = await asyncio.gather(kkm.spoil("delay"), kkm.spoil("delay"))

    assert len({fault["id"] for fault in faults}) == 2
