"""The exchanges that were recorded on real servers (reference 5.1, 8, 9.5, 12.1, 13), member by member.

Identifiers of the machine are ours, and members that newer versions add are allowed; everything else is as recorded.
"""

import re
from typing import Any

import pytest

from emulators.kkm_server.tests.toy import NOT_OPEN, Json, Kkm, a_cash_receipt

OPEN_SHIFT: Json = {
    "Command": "OpenShift",
    "NumDevice": 3,
    "IdCommand": "278b15a8-0000-0000-0000-000000000000",
    "NotPrint": False,
    "CashierName": 'ООО "Вектор"',
    "CashierVATIN": "7701237658",
}


@pytest.fixture
async def slot3(kkm: Kkm) -> Kkm:
    """The recorded server had its register in slot 3, one shift behind it."""
    await kkm.control("PUT", "state", {"devices": [{"NumDevice": 3, "tax_variants": "0", "shift": "open"}]})
    await kkm.done("ZReport", NumDevice=3)
    return kkm


def recorded(answer: Json, members: Json) -> None:
    assert {name: answer.get(name) for name in members} == members


async def test_open_shift(slot3: Kkm) -> None:
    answer = await slot3.ask(OPEN_SHIFT)

    recorded(
        answer,
        {
            "CheckNumber": 1,
            "SessionNumber": 2,
            "Command": "OpenShift",
            "Error": "",
            "Status": 0,
            "IdCommand": "278b15a8-0000-0000-0000-000000000000",
            "NumDevice": 3,
        },
    )
    assert re.fullmatch(r"t=\d{8}T\d{6}&fn=\d{16}&i=\d+&fp=\d+", answer["QRCode"])


async def test_open_shift_when_it_is_open(slot3: Kkm) -> None:
    await slot3.done(OPEN_SHIFT)

    answer = await slot3.ask({**OPEN_SHIFT, "IdCommand": "again"})

    recorded(
        answer, {"Status": 2, "Error": "Ошибка регистрации ( 60 : ККТ: Смена открыта \u2013 операция невозможна )"}
    )
    assert "CheckNumber" not in answer


async def test_close_shift_when_it_is_closed(slot3: Kkm) -> None:
    for command in ("CloseShift", "ZReport"):
        recorded(
            await slot3.ask(command, NumDevice=3), {"Status": 2, "Error": NOT_OPEN, "IdCommand": "", "NumDevice": 3}
        )


async def test_close_shift(slot3: Kkm) -> None:
    await slot3.done(OPEN_SHIFT)

    answer = await slot3.done({**OPEN_SHIFT, "Command": "CloseShift", "IdCommand": "close"})

    recorded(answer, {"CheckNumber": 1, "SessionNumber": 2, "Command": "CloseShift", "Error": "", "Status": 0})


async def test_a_refund(kkm: Kkm) -> None:
    await kkm.device(cash="500.00")

    answer = await kkm.done(a_cash_receipt(500, 1, IdCommand="f340-248e-a3c6-892c-b2ee"))

    names = [
        *("CheckNumber", "SessionNumber", "SessionCheckNumber", "URL", "QRCode", "Command"),
        *("Cash", "ElectronicPayment", "AdvancePayment", "Credit", "CashProvision"),
        *("Error", "Message", "Warning", "Status", "IdCommand", "NumDevice"),
    ]
    assert set(answer) == set(names)
    recorded(
        answer,
        {
            "Cash": 500,
            "ElectronicPayment": 0,
            "AdvancePayment": 0,
            "Credit": 0,
            "CashProvision": 0,
            "IdCommand": "f340-248e-a3c6-892c-b2ee",
            "Status": 0,
        },
    )
    assert re.fullmatch(r"t=\d{8}T\d{4}00&s=500\.00&fn=\d{16}&i=\d+&fp=\d{10}&n=2", answer["QRCode"])
    assert re.fullmatch(r"https://[^/]+/rec/\d{16}/\d{6}/\d{10}", answer["URL"])


async def test_get_rezult(kkm: Kkm) -> None:
    original = await kkm.done(a_cash_receipt(100, IdCommand="asked"))

    answer = await kkm.rezult("asked")

    assert answer == {
        "Rezult": original,
        "Command": "GetRezult",
        "Error": "",
        "Warning": "",
        "Message": "",
        "Status": 0,
        "IdCommand": "",
    }


async def test_get_data_check_of_a_shift_close(slot3: Kkm) -> None:
    answer = await slot3.done("GetDataCheck", NumDevice=3, FiscalNumber=0)

    assert "QRCode" not in answer
    check: dict[str, Any] = answer["RegisterCheck"]
    assert (check["CheckType"], check["Register"], check["AllSumm"]) == ("Закрытие смены", None, 0.0)
    assert isinstance(check["FiscalNumber"], str)


async def test_get_data_check_of_an_unknown_document(slot3: Kkm) -> None:
    answer = await slot3.ask("GetDataCheck", NumDevice=3, FiscalNumber=123456)

    assert answer["Status"] == 2
    assert answer["Error"].startswith("Не удалось получить данные чека")


async def test_a_missing_device(kkm: Kkm) -> None:
    answer = await kkm.ask("GetDataKKT", NumDevice=9)

    assert answer["Status"] == 3
    assert answer["Error"].startswith("Устройство (с параметрами NumDevice=9) не найдено: не настроено или отключено.")


async def test_list(slot3: Kkm) -> None:
    answer = await slot3.done("List")

    assert "NumDevice" not in answer
    (unit,) = answer["ListUnit"]
    recorded(
        unit,
        {
            "NumDevice": 3,
            "OnOff": True,
            "Active": True,
            "TypeDevice": "Фискальный регистратор",
            "IdTypeDevice": "KktEmulator",
            "IP": "<Не определено>",
            "NameDevice": "KKT Эмулятор",
            "INN": "7701237658",
            "InnOfd": "",
            "NameOrganization": 'ООО "Вектор"',
            "TaxVariant": "0",
            "OFD_Error": "",
            "OFD_NumErrorDoc": 0,
            "OFD_DateErrorDoc": "0001-01-01T00:00:00",
            "FN_MemOverflowl": False,
            "FN_IsFiscal": True,
            "PaperOver": False,
        },
    )
