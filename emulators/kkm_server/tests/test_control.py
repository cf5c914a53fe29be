"""The control endpoint, as `design/emulator-control.md` words it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import eventually
from emulators.kkm_server.tests.toy import HandClock, Json, Kkm, a_cash_receipt, a_line, a_receipt
from kkm_server.app import create_app

DEVICE_FIELDS = {
    *("NumDevice", "kind", "IdTypeDevice", "IdDevice", "UnitName", "INN", "KktNumber", "ffd", "tax_variants"),
    *("shift", "cash", "paper", "active", "fs_days_left", "ofd_unsent", "ofd_oldest_days", "OFD_Error"),
    *("seconds_per_receipt", "seconds_per_payment", "seconds_per_report", "online"),
    *("documents", "queue"),
}


async def test_it_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    app = create_app(tmp_path, control=False, clock=HandClock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kkm") as http:
        for path in ("state", "faults", "documents?NumDevice=1"):
            assert (await http.get(f"/control/{path}")).status_code == 404
        assert (await http.put("/control/state", json={})).status_code == 404
    app.state.emulator.close()


async def test_a_new_emulator_has_one_register_with_a_closed_shift(kkm: Kkm) -> None:
    state = await kkm.control("GET", "state")

    assert state.keys() == {"server", "devices"}
    assert state["server"] == {"PayByProcessing": False, "passwords": {"User": "", "Admin": ""}, "callback_url": None}
    (device,) = state["devices"]
    assert device.keys() == DEVICE_FIELDS
    shown = {name: device[name] for name in ("NumDevice", "shift", "cash", "documents", "queue", "paper", "active")}
    assert shown == {
        "NumDevice": 1,
        "shift": "closed",
        "cash": "0.00",
        "documents": 0,
        "queue": 0,
        "paper": True,
        "active": True,
    }


async def test_put_replaces_everything_and_answers_the_new_state(kkm: Kkm) -> None:
    await kkm.done(a_receipt(IdCommand="old"))
    await kkm.spoil("delay", times=0)
    device = {
        "NumDevice": 4,
        "kind": "kkt",
        "IdTypeDevice": "KkmStrihM",
        "IdDevice": "c0bcaad4",
        "UnitName": "Бар",
        "INN": "504404744207",
        "KktNumber": "00123",
        "ffd": "1.2",
        "tax_variants": "1,5",
        "shift": "open",
        "cash": "1000.50",
        "paper": True,
        "active": True,
        "fs_days_left": 10,
        "ofd_unsent": 2,
        "ofd_oldest_days": 3,
        "OFD_Error": "",
        "seconds_per_receipt": 0.0,
        "seconds_per_payment": 0.0,
        "seconds_per_report": 0.0,
        "online": True,
    }

    state = await kkm.control("PUT", "state", {"devices": [device]})

    assert state["devices"] == [{**device, "documents": 0, "queue": 0}]
    assert state == await kkm.control("GET", "state")
    assert await kkm.control("GET", "faults") == []
    assert await kkm.documents(4) == []
    assert (await kkm.rezult("old"))["Status"] == 3


async def test_a_new_state_has_a_new_fiscal_drive_since_its_numbers_begin_again(kkm: Kkm) -> None:
    first = (await kkm.done(a_receipt()))["QRCode"]
    await kkm.control("PUT", "state", {})
    second = (await kkm.done(a_receipt()))["QRCode"]

    drives = [qr.split("fn=")[1].split("&")[0] for qr in (first, second)]
    assert drives[0] != drives[1]


async def test_putting_a_state_loses_what_is_on_its_way(kkm: Kkm) -> None:
    await kkm.device(seconds_per_receipt=100)
    call = kkm.begin(a_receipt())
    await eventually(kkm.queue)

    await kkm.control("PUT", "state", {})

    with pytest.raises(ConnectionResetError):
        await call
    assert await kkm.documents() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"devices": [{"NumDevice": 1, "colour": "red"}]}, "devices.0.colour"),
        ({"devices": [{"NumDevice": 0}]}, "devices.0.NumDevice"),
        ({"devices": [{"NumDevice": "1"}]}, "devices.0.NumDevice"),
        ({"devices": [{"NumDevice": 1}, {"NumDevice": 1}]}, "devices"),
        ({"devices": [{"kind": "terminal"}]}, "devices.0.kind"),
        ({"devices": [{"kind": "printer"}]}, "devices.0.kind"),
        ({"devices": [{"ffd": "1.05"}]}, "devices.0.ffd"),
        ({"devices": [{"ffd": "1.0"}]}, "devices.0.ffd"),
        ({"devices": [{"tax_variants": "0,9"}]}, "devices.0.tax_variants"),
        ({"devices": [{"tax_variants": ""}]}, "devices.0.tax_variants"),
        ({"devices": [{"shift": "ajar"}]}, "devices.0.shift"),
        ({"devices": [{"cash": 1000.0}]}, "devices.0.cash"),
        ({"devices": [{"cash": "-1.00"}]}, "devices.0.cash"),
        ({"devices": [{"cash": "1.234"}]}, "devices.0.cash"),
        ({"devices": [{"cash": "١٢"}]}, "devices.0.cash"),
        ({"devices": [{"paper": "yes"}]}, "devices.0.paper"),
        ({"devices": [{"seconds_per_receipt": -1}]}, "devices.0.seconds_per_receipt"),
        ({"devices": [{"seconds_per_payment": 3}]}, "devices.0.seconds_per_payment"),
        ({"devices": [{"INN": "12"}]}, "devices.0.INN"),
        ({"devices": [{"documents": 5}]}, "devices.0.documents"),
        ({"server": {"PayByProcessing": True}}, "server.PayByProcessing"),
        ({"server": {"callback_url": "http://x"}}, "server.callback_url"),
        ({"server": {"passwords": {"Root": "x"}}}, "server.passwords.Root"),
        ({"codes": {}}, "codes"),
    ],
)
async def test_a_field_or_value_that_it_does_not_know_is_422_by_name(kkm: Kkm, body: Json, field: str) -> None:
    before = await kkm.control("GET", "state")

    response = await kkm.http.put("/control/state", json=body)

    assert response.status_code == 422
    assert response.json()["field"] == field
    assert field in response.json()["detail"]
    assert await kkm.control("GET", "state") == before


async def test_what_it_does_not_model_says_that_it_models_registers(kkm: Kkm) -> None:
    refusals = [
        await kkm.http.put("/control/state", json={"devices": [{"kind": "terminal"}]}),
        await kkm.http.put("/control/codes", json={}),
        await kkm.http.get("/control/codes"),
        await kkm.http.get("/control/terminal", params={"NumDevice": 2}),
        await kkm.http.post("/control/faults", json={"what": "decline"}),
        await kkm.http.post("/control/faults", json={"what": "delay", "command": "PayByPaymentCard"}),
    ]

    for response in refusals:
        assert response.status_code == 422
        assert "this version models registers only" in response.json()["detail"]


async def test_patch_changes_the_given_fields_and_no_others(kkm: Kkm) -> None:
    await kkm.done(a_cash_receipt(100))
    before = (await kkm.control("GET", "state"))["devices"][0]

    answer = await kkm.device(paper=False, UnitName="Касса у входа")

    assert answer == {**before, "paper": False, "UnitName": "Касса у входа"}
    assert (await kkm.done("GetDataKKT"))["Info"]["PaperOver"] is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shift", "open"),
        ("shift", "expired"),
        ("shift", "closed"),
        ("cash", "12.30"),
        ("paper", False),
        ("active", False),
        ("online", False),
        ("fs_days_left", 3),
        ("ofd_unsent", 7),
        ("OFD_Error", "Нет связи"),
        ("tax_variants", "2"),
        ("INN", "504404744207"),
        ("seconds_per_receipt", 1.5),
        ("seconds_per_report", 2.0),
        ("IdTypeDevice", "Evotor"),
    ],
)
async def test_every_field_can_be_patched_and_is_shown(kkm: Kkm, field: str, value: Any) -> None:
    assert (await kkm.device(**{field: value}))[field] == value


async def test_a_device_keeps_its_slot_and_an_empty_slot_is_404(kkm: Kkm) -> None:
    moved = await kkm.http.patch("/control/devices/1", json={"NumDevice": 2})
    absent = await kkm.http.patch("/control/devices/2", json={"paper": False})
    wrong = await kkm.http.patch("/control/devices/1", json={"papers": False})

    assert (moved.status_code, moved.json()["field"]) == (422, "NumDevice")
    assert absent.status_code == 404
    assert (wrong.status_code, wrong.json()["field"]) == (422, "papers")
    assert (await kkm.http.get("/control/documents", params={"NumDevice": 2})).status_code == 404


async def test_the_clock_goes_forward_and_back(kkm: Kkm) -> None:
    await kkm.done("OpenShift")
    await kkm.device(ofd_unsent=1, OFD_Error="Нет связи")

    moved = await kkm.control("POST", "clock", {"forward_s": 86400})
    await kkm.control("POST", "clock", {"forward_s": 86400})

    device = (await kkm.control("GET", "state"))["devices"][0]
    assert moved["forward_s"] == 86400
    assert (device["shift"], device["ofd_oldest_days"], device["fs_days_left"]) == ("expired", 2, 398)
    assert (await kkm.done("GetDataKKT"))["Info"]["DateTimeKKT"][:10] == "2026-11-25"

    await kkm.control("POST", "clock", {"reset": True})
    assert (await kkm.control("GET", "state"))["devices"][0]["shift"] == "open"


@pytest.mark.parametrize(
    "body", [{}, {"forward_s": -1}, {"reset": True, "forward_s": 1}, {"reset": False}, {"back": 1}]
)
async def test_the_clock_takes_one_of_two_orders(kkm: Kkm, body: Json) -> None:
    assert (await kkm.http.post("/control/clock", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "what"),
        ({"what": "explode"}, "what"),
        ({"what": "delay", "times": -1}, "times"),
        ({"what": "delay", "seconds": "5"}, "seconds"),
        ({"what": "delay", "command": "NoSuchThing"}, "command"),
        ({"what": "delay", "when": "now"}, "when"),
    ],
)
async def test_a_fault_that_cannot_be_is_422_by_name(kkm: Kkm, body: Json, field: str) -> None:
    response = await kkm.http.post("/control/faults", json=body)

    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_a_fault_is_answered_with_its_id_and_listed(kkm: Kkm) -> None:
    asked = {"command": "RegisterCheck", "NumDevice": 1, "what": "delay", "times": 2, "after": 1, "seconds": 0.5}

    fault = await kkm.control("POST", "faults", asked)

    assert {name: fault[name] for name in asked} == asked
    assert await kkm.control("GET", "faults") == [fault]


async def test_the_documents_tell_what_was_printed(kkm: Kkm) -> None:
    await kkm.done(
        a_receipt(a_line(Quantity=1.5, Price=200, Amount=300), ElectronicPayment=100, AdvancePayment=200, IdCommand="d")
    )

    opened, sale = await kkm.documents()

    text = sale.pop("text")
    sign = sale.pop("fiscal_sign")
    assert any(sign in row for row in text)
    assert sale == {
        "number": 2,
        "kind": "sale",
        "total": "300.00",
        "payments": {
            "Cash": "0.00",
            "ElectronicPayment": "100.00",
            "AdvancePayment": "200.00",
            "Credit": "0.00",
            "CashProvision": "0.00",
        },
        "lines": [
            {
                "Name": "Аренда ПК, 3 ч",
                "Quantity": "1.5",
                "Price": "200.00",
                "Amount": "300.00",
                "Tax": -1,
                "SignMethodCalculation": 4,
                "SignCalculationObject": 4,
                "MeasureOfQuantity": 71,
                "BarCode": "",
            }
        ],
        "at": kkm.clock.now().astimezone().isoformat(),
        "id_command": "d",
        "session": 1,
        "check_number": 1002,
    }
    assert (opened["kind"], opened["number"], opened["total"], opened["lines"]) == ("open_shift", 1, "0.00", [])


async def test_every_kind_of_document_is_listed_under_its_name(kkm: Kkm) -> None:
    await kkm.done("OpenShift")
    await kkm.done("DepositingCash", Amount=500)
    for type_check in (0, 1, 10, 11):
        await kkm.done(a_cash_receipt(10, type_check))
    await kkm.done(a_cash_receipt(10, 3, CorrectionType=0, CorrectionBaseDate="2026-11-01"))
    await kkm.done("RegisterCheck", IsFiscalCheck=False, CheckStrings=[])
    for command in ("XReport", "OfdReport"):
        await kkm.done(command)
    await kkm.done("PaymentCash", Amount=1)
    await kkm.done("CloseShift")

    documents = await kkm.documents()

    assert [document["kind"] for document in documents] == [
        *("open_shift", "cash_in", "sale", "sale_return", "purchase", "purchase_return", "correction"),
        *("non_fiscal", "x_report", "ofd_report", "cash_out", "close_shift"),
    ]
    fiscal = {document["kind"]: bool(document["fiscal_sign"]) for document in documents}
    assert {kind for kind, signed in fiscal.items() if not signed} == {"cash_in", "non_fiscal", "x_report", "cash_out"}
