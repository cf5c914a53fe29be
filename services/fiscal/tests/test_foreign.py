"""Receipts that others print on the club's register are told with its Z-report, wherever in the shift they stand."""

from typing import Any

from conftest import eventually
from contracts import branch
from services.fiscal.tests.builders import Club, a_close, a_print


async def does(club: Club, *work: Any) -> list[Any]:
    """How these jobs ended."""
    await club.order(*work)
    return [await eventually(lambda: club.ended(job.job_id)) for job in work]  # noqa: B023


async def sums(club: Club) -> list[int]:
    (done,) = await does(club, a_close())
    assert isinstance(done, branch.JobDone), done
    return [one.total_kopecks for one in done.foreign]


async def test_a_closed_shift_tells_what_it_took_and_what_others_printed(club: Club) -> None:
    first, close, second = a_print(), a_close(), a_print()
    await club.order(first)
    await eventually(lambda: club.ended(first.job_id))
    await club.printed_elsewhere()
    await club.order(second)
    await eventually(lambda: club.ended(second.job_id))

    await club.order(close)
    done = await eventually(lambda: club.ended(close.job_id))

    assert isinstance(done, branch.JobDone)
    assert done.totals is not None
    assert (done.totals.receipts, done.totals.cash_kopecks) == (2, 600_00)
    assert [(one.total_kopecks, one.cash_kopecks) for one in done.foreign] == [(45_00, 45_00)]


async def test_a_sale_before_our_first_document_is_told(club: Club) -> None:
    await club.elsewhere("OpenShift")
    await club.printed_elsewhere()
    await does(club, a_print())

    assert await sums(club) == [45_00]


async def test_a_shift_in_which_we_printed_nothing_tells_them_all(club: Club) -> None:
    await club.elsewhere("OpenShift")
    await club.printed_elsewhere()
    await club.printed_elsewhere()

    assert await sums(club) == [45_00, 45_00]


async def test_what_was_told_with_a_shift_is_not_told_with_the_next(club: Club) -> None:
    await does(club, a_print())
    await club.printed_elsewhere()
    assert await sums(club) == [45_00]

    await club.elsewhere("OpenShift")
    await club.printed_elsewhere()
    await does(club, a_print())
    assert await sums(club) == [45_00]

    await does(club, a_print())
    assert await sums(club) == []


async def test_shifts_from_before_our_time_are_not_told(club: Club) -> None:
    await club.elsewhere("OpenShift")
    await club.printed_elsewhere()
    await club.elsewhere("CloseShift")

    await does(club, a_print())
    assert await sums(club) == []
