"""What people ask of a register over HTTP, and what a browser that looks at the club is told."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts import branch
from contracts.branch import KkmDevice
from edge.live import Watch, events
from kit.time import utc_now
from services.fiscal.tests.builders import CLUB, ORG
from services.fiscal.tests.central import Central, a_document, an_order, answer


async def asked(central: Central, register_id: UUID, what: str) -> dict[str, Any]:
    answered = await central.call("POST", f"/v1/registers/{register_id}/{what}")
    assert answered.status_code == 202, answered.text
    shown: dict[str, Any] = answered.json()
    assert (shown["state"], shown["asked_by"]["name"]) == ("asked", shown["asked_by"]["name"])
    return shown


async def shown(central: Central, command: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/registers/{command['register_id']}/commands/{command['command_id']}"
    found: dict[str, Any] = (await central.call("GET", path)).json()
    return found


def slip_answer(model: Any, job: Any, kind: str, **values: Any) -> Any:
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": job.register_id, "job_id": job.job_id, "at": utc_now()}
    return model(**ours, kind=kind, **values)


async def test_a_test_slip_is_one_job_and_ends_with_its_text(central: Central) -> None:
    register_id = await central.a_register()

    command = await asked(central, register_id, "test-slip")
    (job,) = await central.told(branch.TestSlip)
    assert (str(job.job_id), job.device.num_device) == (command["command_id"], 1)
    await central.hears(slip_answer(branch.JobDone, job, "test_slip", document=None))

    done = await shown(central, command)
    assert (done["state"], done["code"]) == ("done", None)
    assert "ПРОБНЫЙ СЛИП" in done["text"]
    assert "Атол 30Ф" in done["text"]


async def test_an_x_report_whose_answer_was_lost_says_what_to_do(central: Central) -> None:
    register_id = await central.a_register()

    command = await asked(central, register_id, "x-report")
    (job,) = await central.told(branch.XReport)
    await central.hears(slip_answer(branch.JobRefused, job, "x_report", code="answer_lost"))
    await central.hears(slip_answer(branch.JobDone, job, "x_report", document=None))

    refused = await shown(central, command)
    assert (refused["state"], refused["code"]) == ("refused", "answer_lost")
    assert "Look for the paper" in refused["detail"]


async def test_devices_are_asked_for_and_name_the_registers_model(central: Central) -> None:
    register_id = await central.a_register()
    devices = (
        KkmDevice(num_device=1, name="Касса", model="Атол 30Ф", serial="1", active=True),
        KkmDevice(num_device=2, model="PAX S300"),
    )

    command = await asked(central, register_id, "devices/refresh")
    (wish,) = await central.told(branch.ListDevices)
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": register_id, "at": utc_now()}
    await central.hears(branch.DevicesListed(**ours, request_id=wish.request_id, devices=devices))

    done = await shown(central, command)
    assert [(one["num_device"], one["model"], one["active"]) for one in done["devices"]] == [
        (1, "Атол 30Ф", True),
        (2, "PAX S300", False),
    ]
    assert (await central.call("GET", f"/v1/registers/{register_id}")).json()["model"] == "Атол 30Ф"


async def test_a_command_that_nobody_answers_is_given_up(central: Central) -> None:
    register_id = await central.a_register()
    command = await asked(central, register_id, "devices/refresh")
    async with central.db.engine.begin() as conn:
        await conn.execute(text("update command set asked_at = now() - interval '6 minutes'"))

    await central.loops.ask_again()

    assert (await shown(central, command))["code"] == "register_unheard"


async def test_what_was_asked_of_a_register_is_listed_newest_first_in_its_club_alone(central: Central) -> None:
    register_id = await central.a_register()
    first = await asked(central, register_id, "x-report")
    second = await asked(central, register_id, "test-slip")
    path = f"/v1/registers/{register_id}/commands"

    found = (await central.call("GET", f"{path}?limit=1")).json()
    rest = (await central.call("GET", f"{path}?limit=1&after={found['next']}")).json()

    ids = [one["command_id"] for one in (*found["items"], *rest["items"])]
    assert ids == [second["command_id"], first["command_id"]]
    for claims in ({"org": str(uuid4())}, {"clubs": [str(uuid4())]}):
        assert (await central.call("GET", path, **claims)).status_code == 404
        assert (await central.call("GET", f"{path}/{first['command_id']}", **claims)).status_code == 404
        for what in ("x-report", "test-slip", "devices/refresh"):
            assert (await central.call("POST", f"/v1/registers/{register_id}/{what}", **claims)).status_code == 404


async def test_a_register_that_is_off_is_asked_for_nothing(central: Central) -> None:
    register_id = await central.a_register("off")

    for what in ("x-report", "test-slip", "devices/refresh"):
        refused = await central.call("POST", f"/v1/registers/{register_id}/{what}")
        assert (refused.status_code, refused.json()["code"]) == (409, "register_off")


async def test_who_asks_for_a_receipt_asks_its_worker_now(central: Central) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)
    (job,) = await central.told(branch.Print)
    path = f"/v1/receipts/{order.receipt_id}/ask"

    first = await central.call("POST", path)
    await central.hears(answer(branch.JobDone, job, document=a_document()))
    second = await central.call("POST", path)

    assert (first.status_code, first.json()["state"]) == (202, "ordered")
    assert (second.status_code, second.json()["state"]) == (200, "registered")
    assert [one.job_id for one in await central.told(branch.Ask)] == [job.job_id]
    assert (await central.call("POST", path, clubs=[str(uuid4())])).status_code == 404
    assert (await central.call("POST", f"/v1/receipts/{uuid4()}/ask")).status_code == 404


async def pokes(central: Central) -> list[tuple[str, dict[str, Any]]]:
    async with central.db.look() as tx:
        rows = await tx.conn.execute(text("select event, body from live_change order by seq"))
        return [(row.event, row.body) for row in rows]


async def test_each_word_about_a_receipt_and_its_register_is_told_live(central: Central) -> None:
    register_id = await central.a_register()
    before = len(await pokes(central))
    order = an_order()
    receipt = {"receipt_id": str(order.receipt_id), "sale_id": str(order.sale_id)}

    await central.hears(order)
    (job,) = await central.told(branch.Print)
    await central.hears(answer(branch.JobUnknown, job, since=utc_now()))
    await central.hears(answer(branch.JobDone, job, document=a_document()))
    await central.call("PATCH", f"/v1/registers/{register_id}", {"name": "Касса"})

    assert (await pokes(central))[before:] == [
        ("receipt.changed", receipt | {"state": "ordered"}),
        ("receipt.changed", receipt | {"state": "unknown"}),
        ("receipt.changed", receipt | {"state": "registered"}),
        ("register.changed", {"register_id": str(register_id)}),
    ]


async def test_a_stream_says_what_changed_and_is_its_clubs_alone(central: Central) -> None:
    await central.a_register()
    lines = events(Watch(central.db), CLUB, 0, utc_now() + timedelta(minutes=1), asyncio.Event())

    assert await anext(lines) == "retry: 1000\n\n"
    told = (await anext(lines)).splitlines()

    assert told[0] == "id: 1"
    assert told[1] == "event: register.changed"
    assert set(json.loads(told[2].removeprefix("data: "))) == {"register_id"}
    path = f"/v1/clubs/{CLUB}/stream"
    assert (await central.call("GET", path, clubs=[str(uuid4())])).status_code == 404
    assert (await central.call("GET", f"/v1/clubs/{uuid4()}/stream")).status_code == 404


BAD = ["/v1/registers/x/x-report", "/v1/registers/x/test-slip", "/v1/registers/x/devices/refresh", "/v1/receipts/x/ask"]


@pytest.mark.parametrize("path", BAD)
async def test_bad_ids_are_problems(central: Central, path: str) -> None:
    assert (await central.call("POST", path)).status_code == 422
