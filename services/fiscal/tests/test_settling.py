"""Receipts that nothing readable decides: the worker reads the register before it believes what a person says."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from conftest import eventually
from contracts import branch
from contracts.money import Person
from fiscal.worker import jobs, store
from fiscal.worker.domain.document import SALE, Found
from kit.time import utc_now
from services.fiscal.tests.builders import OURS, REGISTER, Club, a_line, a_print

ANNA = Person(member_id=UUID(int=7), name="Анна К.")


def a_word(job: branch.Print, fd: int | None, **changes: Any) -> branch.Settle:
    said = {"settlement_id": uuid4(), "job_id": job.job_id, "fd": fd, "by": ANNA, "said_at": utc_now()}
    return branch.Settle(**{**OURS, **said, "reason": "Номер с чека", **changes})


async def an_unreadable(club: Club, made: bool) -> branch.Print:
    """A receipt that was set aside: the server says that it failed, and a document after it cannot be read.

    `made`: it is the receipt itself; else somebody else's, and the receipt was not printed.
    """
    before = a_print()
    await club.order(before)
    await eventually(lambda: club.ended(before.job_id))
    job = a_print()
    await club.fault("delay", seconds=0.5)
    await club.fault("error_after" if made else "error_before", error="Замялась бумага")
    await club.order(job)

    await eventually(lambda: prints(club, job))
    if not made:
        await club.printed_elsewhere()
    # The first reading tells the last number, the second is the document.
    await club.fault("error_before", command="GetDataCheck", after=1)
    await eventually(lambda: is_aside(club, job))
    return job


async def prints(club: Club, job: branch.Print) -> bool:
    """The receipt is with the register: not the readings before it."""
    return await works(club) and await stands(club, job) == "sending"


async def works(club: Club) -> bool:
    return bool((await club.control.get("/control/state")).json()["devices"][0]["queue"])


async def is_aside(club: Club, job: branch.Print) -> bool:
    return await stands(club, job) == "aside"


async def stands(club: Club, job: branch.Print) -> str | None:
    async with club.db.begin() as tx:
        stored = await store.job(tx, job.job_id)
    return stored.job.stage if stored is not None else None


async def unsettled(club: Club, said: branch.Settle) -> Any:
    words = await club.told(branch.JobUnsettled)
    return next((word for word in words if word.settlement_id == said.settlement_id), None)


async def test_the_number_of_its_document_ends_a_receipt_that_was_set_aside(club: Club) -> None:
    job = await an_unreadable(club, made=True)
    assert await club.ended(job.job_id) is None
    number = (await club.documents("sale"))[-1]["number"]

    await club.order(a_word(job, number))
    done = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(done, branch.JobDone), done
    assert done.document is not None
    assert (done.document.fd, done.document.total_kopecks) == (number, 300_00)
    assert done.document.fn
    assert len(await club.documents("sale")) == 2


async def test_a_document_that_is_not_the_receipts_is_refused_with_what_differs(club: Club) -> None:
    job = await an_unreadable(club, made=False)
    (first, water) = await club.documents("sale")
    words = {
        water["number"]: ("document_differs", ("total", "lines")),
        first["number"]: ("document_of_another", ()),
        first["number"] - 1: ("document_of_another", ()),  # it opened the shift
        water["number"] + 1: ("document_not_found", ()),
    }

    for fd, expected in words.items():
        said = a_word(job, fd)
        await club.order(said)
        word = await eventually(lambda: unsettled(club, said))  # noqa: B023
        assert isinstance(word, branch.JobUnsettled)
        assert (word.code, word.differs) == expected
        assert (word.found is None) == (word.code == "document_not_found")

    assert await is_aside(club, job)
    last = (await club.told(branch.JobUnsettled))[0].found
    assert (last.total_kopecks, last.names) == (45_00, ("Вода",))


async def test_that_there_is_no_document_is_believed_where_none_matches(club: Club) -> None:
    job = await an_unreadable(club, made=False)

    await club.order(a_word(job, None))
    refused = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(refused, branch.JobRefused), refused
    assert (refused.code, refused.device_text) == ("no_document", "Замялась бумага")


async def test_that_there_is_no_document_is_not_believed_where_the_register_shows_it(club: Club) -> None:
    job = await an_unreadable(club, made=True)

    await club.order(a_word(job, None))
    done = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(done, branch.JobDone), done
    assert done.document is not None
    assert done.document.fd == (await club.documents("sale"))[-1]["number"]


async def test_a_document_that_another_job_made_meanwhile_is_nobody_elses(club: Club) -> None:
    job = await an_unreadable(club, made=False)
    alike = a_print()
    await club.order(alike)
    theirs = await eventually(lambda: club.ended(alike.job_id))
    assert isinstance(theirs, branch.JobDone)
    assert theirs.document is not None
    number = a_word(job, theirs.document.fd)

    await club.order(number)
    word = await eventually(lambda: unsettled(club, number))
    await club.order(a_word(job, None))
    refused = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(word, branch.JobUnsettled)
    assert word.code == "document_of_another"
    assert isinstance(refused, branch.JobRefused), refused


async def test_a_register_that_does_not_answer_is_read_later_and_others_go_on(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SETTLE_AGAIN", jobs.SETTLE_AGAIN / 10)
    job = await an_unreadable(club, made=True)
    number = (await club.documents("sale"))[-1]["number"]
    await club.register(online=False)
    late = a_print(receipt=a_print().receipt.model_copy(update={"lines": (a_line(kopecks=100_00),)}))

    await club.order(a_word(job, number), late)

    async def waiting() -> bool:
        return any(word.job_id == late.job_id for word in await club.told(branch.JobWaiting))

    await eventually(waiting)
    assert await club.told(branch.JobUnsettled) == []
    await club.register(online=True)
    assert isinstance(await eventually(lambda: club.ended(job.job_id), within_s=20), branch.JobDone)
    assert isinstance(await eventually(lambda: club.ended(late.job_id), within_s=20), branch.JobDone)


async def test_the_last_word_about_a_job_counts(club: Club) -> None:
    job = await an_unreadable(club, made=True)
    number = (await club.documents("sale"))[-1]["number"]
    slip, right = a_word(job, number + 5), a_word(job, number)

    await club.order(slip, right)
    done = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(done, branch.JobDone), done
    assert await club.told(branch.JobUnsettled) == []


async def test_a_word_that_comes_while_the_register_is_read_for_another_is_read_for_too(club: Club) -> None:
    job = await an_unreadable(club, made=True)
    number = (await club.documents("sale"))[-1]["number"]
    await club.fault("delay", command="GetDataCheck", seconds=0.5)
    await club.order(a_word(job, number + 5))
    await eventually(lambda: works(club))

    await club.order(a_word(job, number))

    assert isinstance(await eventually(lambda: club.ended(job.job_id)), branch.JobDone)


async def test_a_number_settles_a_receipt_that_the_server_is_still_asked_for(club: Club) -> None:
    """The server never says what became of it, but shows the register's documents."""
    job = a_print()
    await club.fault("cut_after")
    await club.fault("cut_before", command="GetRezult", times=0)
    await club.order(job)

    async def printed() -> bool:
        return bool(await club.documents("sale"))

    await eventually(printed)

    await club.order(a_word(job, (await club.documents("sale"))[-1]["number"]))

    assert isinstance(await eventually(lambda: club.ended(job.job_id)), branch.JobDone)


async def test_a_word_about_a_job_that_has_ended_is_answered_by_its_end(club: Club) -> None:
    job = a_print()
    await club.order(job)
    done = await eventually(lambda: club.ended(job.job_id))

    await club.order(a_word(job, None))

    assert [word for word in await club.told(branch.JobDone) if word.job_id == job.job_id] == [done, done]
    assert await club.told(branch.JobUnsettled) == []


@pytest.mark.parametrize(("known", "code"), [(True, "not_sent"), (False, "job_unknown")])
async def test_a_word_about_what_was_never_sent_is_refused(club: Club, known: bool, code: str) -> None:
    await club.register(online=False)
    job = a_print()
    said = a_word(job, 5)

    await club.order(*([job] if known else []), said)

    word = await eventually(lambda: unsettled(club, said))
    assert isinstance(word, branch.JobUnsettled)
    assert word.code == code


async def test_a_register_that_cannot_tell_its_last_document_is_not_printed_on(club: Club) -> None:
    """An error is not "there are no documents": the next comparison would find nothing, and print again."""
    await club.fault("error_before", command="GetDataCheck", times=0, error="Нет связи с ФН")
    job = a_print()
    await club.order(job)

    async def waiting() -> bool:
        return any(word.code == "register_error" for word in await club.told(branch.JobWaiting))

    await eventually(waiting)
    assert await club.documents("sale") == []
    await club.control.delete("/control/faults")

    assert isinstance(await eventually(lambda: club.ended(job.job_id)), branch.JobDone)
    assert len(await club.documents("sale")) == 1


async def test_a_number_of_another_drive_does_not_make_a_document_ours(club: Club) -> None:
    ours = Found(15, "0414866017", SALE, total=300_00, card=0, advance=0, lines=())
    values = {"session": 3, "kind": "print", "cash_kopecks": 300_00, "card_kopecks": 0, "advance_kopecks": 0}
    async with club.db.begin() as tx:
        await store.add_document(tx, REGISTER, 15, "414866017", **values)

        assert await store.made_by_us(tx, REGISTER, [ours]) == {15}
        assert await store.made_by_us(tx, REGISTER, [replace(ours, fp="1843785862")]) == frozenset()
        await store.add_document(tx, REGISTER, 15, "1843785862", **values)
        assert await store.made_by_us(tx, REGISTER, [ours]) == frozenset()
