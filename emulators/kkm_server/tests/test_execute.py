"""`/Execute`: the envelope, the selection of a device, and who may ask."""

import base64
from typing import Any

import pytest

from emulators.kkm_server.tests.toy import NOT_OPEN, Json, Kkm, a_receipt


@pytest.mark.parametrize("path", ["/Execute", "/Execute/", "/Execute/sync", "/Execute/sync/"])
async def test_all_waiting_paths_answer_alike(kkm: Kkm, path: str) -> None:
    response = await kkm.http.post(path, json={"Command": "GetLineLength", "IdCommand": "x"})

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["content-length"] == str(len(response.content))
    assert response.json() == {
        "LineLength": 48,
        "Command": "GetLineLength",
        "Error": "",
        "Message": "",
        "Warning": "",
        "Status": 0,
        "IdCommand": "x",
        "NumDevice": 1,
    }


@pytest.mark.parametrize("path", ["/Execute/async", "/Execute/async/"])
async def test_the_asynchronous_path_does_not_wait(kkm: Kkm, path: str) -> None:
    response = await kkm.http.post(path, json=a_receipt(IdCommand="a"))

    assert response.json()["Status"] in (1, 4)
    assert (await kkm.rezult("a"))["Rezult"]["Status"] == 0


@pytest.mark.parametrize("command", ["NoSuchThing", "PayByPaymentCard", "ValidationMarkingCode", "PrintDocument"])
async def test_a_command_it_does_not_carry_out_is_501_and_not_json(kkm: Kkm, command: str) -> None:
    response = await kkm.http.post("/Execute", json={"Command": command})

    assert response.status_code == 501
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"Command": NaN}', b"\xff\xfe\x00", b"[" * 100_000, b'{"x":1'], ids=range(8)
)
async def test_a_body_that_is_no_command_is_an_error_in_json(kkm: Kkm, body: bytes) -> None:
    response = await kkm.http.post("/Execute", content=body)

    assert response.status_code == 200
    assert response.json()["Status"] == 2
    assert response.json()["Error"]


async def test_a_body_without_a_command_says_so(kkm: Kkm) -> None:
    assert (await kkm.http.post("/Execute", json={})).json()["Error"] == "Ошибка вызова: не заполнена команда"


async def test_a_body_of_more_than_ten_megabytes_is_not_read(kkm: Kkm) -> None:
    response = await kkm.http.post("/Execute", content=b" " * (10 * 1024 * 1024 + 1))

    assert response.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_refused(kkm: Kkm, method: str) -> None:
    response = await kkm.http.request(method, "/Execute")

    assert response.status_code == 405
    assert response.headers["access-control-allow-origin"] == "*"


async def test_a_browser_may_ask_first(kkm: Kkm) -> None:
    response = await kkm.http.options("/Execute")

    assert response.status_code == 200
    assert "POST" in response.headers["access-control-allow-methods"]


async def test_names_bind_in_any_case_and_numbers_as_strings(kkm: Kkm) -> None:
    line = {
        "name": "Кола",
        "QUANTITY": "13",
        "price": "98.80",
        "Amount": "1284.40",
        "tax": "20",
        "signMethodCalculation": "4",
        "SignCalculationobject": "1",
        "MeasureOfQuantity": None,
        "GoodCodeData": None,
        "Whatever": {"x": 1},
    }
    answer = await kkm.done(
        {
            "command": "RegisterCheck",
            "idCommand": "loose",
            "NUMDEVICE": "1",
            "isFiscalCheck": "true",
            "TypeCheck": "0",
            "taxvariant": 1,
            "timeout": "30",
            "CheckStrings": [{"PrintText": None, "register": line, "BarCode": None}, None],
            "Cash": None,
            "electronicPayment": "1284.40",
            "CashierVatin": "430601071197",
            "NotPrint": None,
        }
    )

    assert answer["IdCommand"] == "loose"
    assert answer["ElectronicPayment"] == 1284.4


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Cash", "много"),
        ("Cash", 0.001),
        ("Cash", True),
        ("Cash", [1]),
        ("Cash", "NaN"),
        ("Cash", "1e9999999"),
        ("Cash", 10**13),
        ("NumDevice", "первый"),
        ("NumDevice", 1.5),
        ("Timeout", "долго"),
        ("IsFiscalCheck", "maybe"),
        ("CheckStrings", {}),
        ("CheckStrings", ["x"]),
        ("IdCommand", {}),
        ("IdCommand", "x" * 41),
        ("ClientAddress", []),
    ],
)
async def test_a_member_of_the_wrong_type_is_named_in_the_error(kkm: Kkm, member: str, value: Any) -> None:
    answer = await kkm.ask({**a_receipt(), member: value})

    assert answer["Status"] == 2
    assert member in answer["Error"]
    assert await kkm.documents() == []


async def test_half_a_character_in_a_name_is_refused(kkm: Kkm) -> None:
    body = b'{"Command": "\\ud800", "IdCommand": "x"}'

    assert (await kkm.http.post("/Execute", content=body)).json()["Status"] == 2


async def test_an_error_carries_only_the_common_members(kkm: Kkm) -> None:
    answer = await kkm.ask("CloseShift", IdCommand="c")

    assert answer == {
        "Command": "CloseShift",
        "Error": NOT_OPEN,
        "Message": "",
        "Warning": "",
        "Status": 2,
        "IdCommand": "c",
        "NumDevice": 1,
    }


# Which device.


@pytest.mark.parametrize(
    ("selectors", "slot"),
    [
        ({}, 1),
        ({"NumDevice": 0}, 1),
        ({"NumDevice": 2}, 2),
        ({"InnKkm": ""}, 1),
        ({"InnKkm": "504404744207"}, 2),
        ({"TaxVariant": "5"}, 2),
        ({"TaxVariant": 1}, 2),
        ({"KktNumber": "A2"}, 2),
        ({"IdDevice": "two"}, 2),
        ({"NumDevice": 1, "InnKkm": "504404744207"}, 1),
    ],
)
async def test_a_device_is_found_by_slot_or_else_by_what_is_known_of_it(kkm: Kkm, selectors: Json, slot: int) -> None:
    await kkm.two_registers()

    assert (await kkm.done("GetLineLength", **selectors))["NumDevice"] == slot


@pytest.mark.parametrize("selectors", [{"NumDevice": 9}, {"InnKkm": "000000000000"}, {"TaxVariant": "3"}])
async def test_a_device_that_is_not_there_is_status_3(kkm: Kkm, selectors: Json) -> None:
    await kkm.two_registers()

    answer = await kkm.ask("GetLineLength", **selectors)

    assert answer["Status"] == 3
    assert answer["Error"].startswith(f"Устройство (с параметрами NumDevice={selectors.get('NumDevice', 0)}")
    assert answer["Error"].endswith("не найдено: не настроено или отключено.")


async def test_a_device_switched_off_is_not_found_until_it_is_switched_on(kkm: Kkm) -> None:
    await kkm.done("OnOffUnut", NumDevice=1, Active=False)
    assert (await kkm.ask("GetDataKKT", NumDevice=1))["Status"] == 3

    await kkm.done("OnOffUnut", NumDevice=1, Active=True)
    assert (await kkm.done("GetDataKKT", NumDevice=1))["Info"]["OnOff"] is True


async def test_a_device_that_cannot_be_reached_refuses_and_does_nothing(kkm: Kkm) -> None:
    await kkm.device(online=False)

    answer = await kkm.ask(a_receipt())

    assert answer["Status"] == 2
    assert "Нет связи" in answer["Error"]
    assert await kkm.documents() == []
    assert (await kkm.done("List"))["ListUnit"][0]["Active"] is False


# Who may ask.


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


@pytest.mark.parametrize(
    ("passwords", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, basic("User:"), 200),
        ({}, basic("User:anything"), 200),
        ({"User": "слово", "Admin": "other"}, {}, 401),
        ({"User": "слово", "Admin": "other"}, basic("User:слово"), 200),
        ({"User": "слово", "Admin": "other"}, basic("User:other"), 401),
        ({"User": "слово", "Admin": "other"}, basic("Admin:other"), 200),
        ({"User": "слово", "Admin": "other"}, basic("Root:other"), 401),
        ({"User": "слово", "Admin": "other"}, {"Authorization": "Bearer x"}, 401),
        ({"User": "слово", "Admin": "other"}, {"Authorization": "Basic ?"}, 401),
        ({"User": "слово", "Admin": ""}, basic("Admin:"), 200),
        ({"User": "", "Admin": "other"}, {}, 200),
    ],
)
async def test_a_login_with_a_password_needs_it(kkm: Kkm, passwords: Json, headers: Json, status: int) -> None:
    await kkm.control("PUT", "state", {"server": {"passwords": passwords}})

    response = await kkm.http.post("/Execute", json={"Command": "GetServerData"}, headers=headers)

    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == "*"
    assert ("www-authenticate" in response.headers) == (status == 401)
