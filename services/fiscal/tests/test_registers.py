"""A register's one state: what its worker told, what waits for it, and whether somebody has to look at it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import branch, fiscal
from contracts.fiscal import RegisterState
from fiscal.central.domain.register import Seen, heard_lately, moment_of, troubles
from kit.time import utc_now
from services.fiscal.tests.builders import CLUB, ORG, Club
from services.fiscal.tests.central import Central, an_order, answer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WELL = Seen(reachable=True, paper=True, shift="open", drive_days_left=214, clock_gap_s=3)


def a_state(**changes: Any) -> RegisterState:
    """A register that works, its shift open for five hours."""
    now = utc_now()
    values = {
        "reachable": True, "since": now - timedelta(hours=6), "seen_at": now, "shift": "open", "shift_number": 87,
        "shift_opened_at": now - timedelta(hours=5), "paper": True, "ofd_unsent": 0, "clock_gap_s": 3, "ffd": "1.2",
        "drive_ends_local": f"{now + timedelta(days=214):%Y-%m-%dT00:00:00}", "kkt_number": "0149060006000651",
    }  # fmt: skip
    return RegisterState(**(values | changes))


async def observed(central: Central, register_id: UUID, **changes: Any) -> None:
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": register_id}
    await central.hears(branch.RegisterObserved(**ours, state=a_state(**changes), at=utc_now()))


async def seen(central: Central, register_id: UUID) -> dict[str, Any]:
    shown: dict[str, Any] = (await central.call("GET", f"/v1/registers/{register_id}")).json()
    return shown


TROUBLES = [
    ({}, ()),
    ({"reachable": None}, ("register_unheard",)),
    ({"reachable": False}, ("register_unreachable",)),
    ({"paper": False}, ("no_paper",)),
    ({"paper": None}, ()),
    ({"shift": "expired"}, ("shift_expired",)),
    ({"ofd_oldest_at": NOW - timedelta(hours=25)}, ("ofd_backlog",)),
    ({"ofd_oldest_at": NOW - timedelta(hours=23)}, ()),
    ({"drive_days_left": 29}, ("drive_ends",)),
    ({"drive_days_left": 30}, ()),
    ({"clock_gap_s": -301}, ("clock_off",)),
    ({"receipts": ("ordered",)}, ()),
    ({"receipts": ("ordered", "unknown")}, ("receipt_unknown",)),
    ({"reachable": False, "receipts": ("waiting",)}, ("register_unreachable", "receipt_waiting")),
]


@pytest.mark.parametrize(("changes", "found"), TROUBLES)
def test_what_somebody_has_to_look_at_is_named(changes: dict[str, Any], found: tuple[str, ...]) -> None:
    known = {name: getattr(WELL, name) for name in WELL.__slots__}

    assert troubles(Seen(**(known | changes)), NOW) == found


def test_a_worker_that_is_silent_for_three_minutes_is_not_believed_any_more() -> None:
    assert heard_lately(NOW - timedelta(minutes=3), NOW)
    assert not heard_lately(NOW - timedelta(minutes=3, seconds=1), NOW)


@given(st.text(max_size=30))
def test_a_moment_that_cannot_be_read_is_not_known(text: str) -> None:
    found = moment_of(text, ZoneInfo("Europe/Moscow"))

    assert found is None or found.tzinfo is not None


async def test_a_registers_state_is_one_and_the_same_in_the_list_and_alone(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id, ofd_unsent=2, ofd_oldest_local="2026-11-20T12:00:00")

    shown = await seen(central, register_id)

    assert (await central.call("GET", "/v1/registers")).json()["items"] == [shown]
    assert (shown["reachable"], shown["paper"], shown["ffd"], shown["serial"]) == (
        True,
        True,
        "1.2",
        "0149060006000651",
    )
    assert (shown["shift"]["number"], shown["shift"]["state"]) == (87, "open")
    opened, closes = (datetime.fromisoformat(shown["shift"][name]) for name in ("opened_at", "closes_by"))
    assert closes - opened == timedelta(hours=24)
    # The register's own time is that of its club: Moscow.
    assert shown["ofd"] == {"unsent": 2, "oldest_at": "2026-11-20T09:00:00Z"}
    assert shown["drive"]["days_left"] in (212, 213)
    assert shown["troubles"] == ["ofd_backlog"]


async def test_a_closed_shift_has_no_end_to_come(central: Central) -> None:
    register_id = await central.a_register()

    await observed(central, register_id, shift="closed")

    shift = (await seen(central, register_id))["shift"]
    assert shift == {"number": 87, "state": "closed", "opened_at": None, "closes_by": None}


async def test_receipts_on_their_way_are_the_queue_and_ended_ones_are_not(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id)
    now = utc_now()
    first, second, third = (an_order(ordered_at=now - timedelta(seconds=9 - n)) for n in range(3))
    await central.hears(first, second, third)
    jobs = await central.told(branch.Print)
    await central.hears(
        answer(branch.JobUnknown, jobs[0], since=now), answer(branch.JobRefused, jobs[1], code="too_late")
    )

    shown = await seen(central, register_id)

    waiting = [(one["receipt_id"], one["state"], one["total_kopecks"]) for one in shown["queue"]]
    assert waiting == [(str(first.receipt_id), "unknown", 300_00), (str(third.receipt_id), "ordered", 300_00)]
    assert shown["troubles"] == ["receipt_unknown"]


async def test_the_last_error_is_the_latest_of_the_registers_and_its_jobs(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id, error_code="register_unreachable", error_at=utc_now() - timedelta(hours=1))
    await central.hears(an_order())
    (job,) = await central.told(branch.Print)
    assert (await seen(central, register_id))["last_error"]["code"] == "register_unreachable"

    await central.hears(answer(branch.JobRefused, job, code="register_refused", device_text="ККТ: нет бумаги"))
    await observed(central, register_id, error_code="register_unreachable", error_at=utc_now() - timedelta(hours=1))

    error = (await seen(central, register_id))["last_error"]
    assert (error["code"], error["device_text"]) == ("register_refused", "ККТ: нет бумаги")


async def test_only_registers_in_trouble_are_listed_when_those_are_wanted(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id)
    trouble = "/v1/registers?state=trouble"
    assert (await central.call("GET", trouble)).json()["items"] == []

    await observed(central, register_id, reachable=False)

    assert [one["register_id"] for one in (await central.call("GET", trouble)).json()["items"]] == [str(register_id)]
    assert (await central.call("GET", trouble, clubs=[str(uuid4())])).json()["items"] == []
    assert (await central.call("GET", "/v1/registers?state=fine")).status_code == 422


async def test_a_register_that_is_off_has_no_state_and_no_trouble(central: Central) -> None:
    register_id = await central.a_register("off")

    shown = await seen(central, register_id)

    assert (shown["reachable"], shown["shift"], shown["troubles"]) == (None, None, [])


async def test_a_state_without_news_is_kept_and_not_told_on(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id)
    before = len(await central.told(fiscal.RegisterChanged))

    await observed(central, register_id, shift_opened_at=(await seen(central, register_id))["shift"]["opened_at"])

    assert len(await central.told(fiscal.RegisterChanged)) == before


async def test_a_worker_tells_what_the_registers_paper_needs_and_how_its_clock_goes(club: Club) -> None:
    await club.queues.observe()

    (said,) = await club.told(branch.RegisterObserved)
    assert (said.state.organisation, said.state.ffd) == ('ООО "Вектор"', "1.2")
    assert said.state.clock_gap_s in (-1, 0, 1)
    assert said.state.seen_at == said.at
    assert None not in (said.state.kkt_number, said.state.registration, said.state.fn, said.state.address)


async def test_a_worker_without_news_tells_of_its_register_once_a_minute(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    monkeypatch.setattr(club.db, "clock", lambda: now)
    await club.queues.observe()
    await club.queues.observe()
    assert len(await club.told(branch.RegisterObserved)) == 1

    monkeypatch.setattr(club.db, "clock", lambda: now + timedelta(minutes=1))
    await club.queues.observe()

    assert len(await club.told(branch.RegisterObserved)) == 2


async def test_an_error_is_kept_when_it_is_over(club: Club) -> None:
    await club.register(active=False)
    await club.queues.observe()
    await club.register(active=True)
    await club.queues.observe()

    said = (await club.told(branch.RegisterObserved))[-1].state
    assert (said.reachable, said.error_code) == (True, "register_missing")
