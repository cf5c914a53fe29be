"""Every command: what its answer adds, what it makes, and what it refuses."""

import pytest

from emulators.kkm_server.tests.toy import NOT_OPEN, Json, Kkm, a_cash_receipt, a_line, a_receipt, an_id


async def test_the_server_says_since_when_it_runs(kkm: Kkm) -> None:
    answer = await kkm.done("GetServerData", IdCommand="s")

    assert "NumDevice" not in answer
    data = answer["ServerData"]
    assert data["ServerDateStart"].startswith("2026-11-23T")
    assert {"ServerVersion", "ServerName", "OSName", "OSCurDateTime", "LicenseExpirationDate"} <= data.keys()


@pytest.mark.parametrize(
    ("filters", "slots"),
    [
        ({}, [1, 2]),
        ({"NumDevice": 0}, [1, 2]),
        ({"NumDevice": 2}, [2]),
        ({"NumDevice": 7}, []),
        ({"InnKkm": "504404744207"}, [2]),
        ({"Active": True, "OnOff": True}, [1, 2]),
        ({"OnOff": False}, []),
        ({"OFD_Error": True}, []),
        ({"FN_IsFiscal": True, "FN_MemOverflowl": False}, [1, 2]),
        ({"FN_DateEnd": "2100-01-01T00:00:00", "OFD_DateErrorDoc": "2100-01-01T00:00:00"}, [1, 2]),
        ({"FN_DateEnd": "2026-01-01T00:00:00"}, []),
        ({"OnOff": None, "InnKkm": None}, [1, 2]),
    ],
)
async def test_the_list_of_devices_is_filtered(kkm: Kkm, filters: Json, slots: list[int]) -> None:
    await kkm.two_registers()

    answer = await kkm.done("List", **filters)

    assert [unit["NumDevice"] for unit in answer["ListUnit"]] == slots


async def test_the_state_of_the_register_is_told(kkm: Kkm) -> None:
    await kkm.device(ofd_unsent=4, ofd_oldest_days=2, OFD_Error="Нет связи", paper=False, cash="12.50", shift="expired")

    answer = await kkm.done("GetDataKKT")

    info = answer["Info"]
    assert (info["SessionState"], info["BalanceCash"], info["PaperOver"]) == (3, 12.5, True)
    assert (info["OFD_NumErrorDoc"], info["OFD_Error"]) == (4, "Нет связи")
    assert info["OFD_DateErrorDoc"][:10] == "2026-11-21"
    assert info["TaxVariant"] == "0,1"
    assert answer["LineLength"] == 48


async def test_the_session_state_is_1_closed_2_open_3_expired(kkm: Kkm) -> None:
    async def state() -> int:
        return int((await kkm.done("GetDataKKT"))["Info"]["SessionState"])

    assert await state() == 1
    await kkm.done("OpenShift")
    assert await state() == 2
    await kkm.control("POST", "clock", {"forward_s": 86400})
    assert await state() == 3


@pytest.mark.parametrize("command", ["CloseShift", "ZReport", "DepositingCash", "PaymentCash"])
async def test_without_a_shift_there_is_nothing_to_close_and_no_cash_to_move(kkm: Kkm, command: str) -> None:
    assert (await kkm.ask(command, Amount=10))["Error"] == NOT_OPEN


async def test_cash_goes_in_and_out_of_the_drawer(kkm: Kkm) -> None:
    await kkm.done("OpenShift")
    await kkm.done("DepositingCash", Amount="100.50", CashierName="Иванова")
    await kkm.done("PaymentCash", Amount=40.25)

    too_much = await kkm.ask("PaymentCash", Amount=60.26)

    assert "Недостаточно наличных" in too_much["Error"]
    assert (await kkm.done("GetDataKKT"))["Info"]["BalanceCash"] == 60.25
    assert [(one["kind"], one["total"]) for one in (await kkm.documents())[1:]] == [
        ("cash_in", "100.50"),
        ("cash_out", "40.25"),
    ]


@pytest.mark.parametrize("amount", [0, -5, None])
async def test_cash_moves_by_a_positive_amount(kkm: Kkm, amount: int | None) -> None:
    await kkm.done("OpenShift")

    assert (await kkm.ask("DepositingCash", Amount=amount))["Status"] == 2
    assert (await kkm.ask("PaymentCash", Amount=amount))["Status"] == 2


@pytest.mark.parametrize("command", ["XReport", "OfdReport", "OpenCashDrawer"])
async def test_reports_and_the_drawer_answer_with_the_common_members_alone(kkm: Kkm, command: str) -> None:
    answer = await kkm.done(command, IdCommand=an_id())

    assert answer.keys() == {"Command", "Error", "Message", "Warning", "Status", "IdCommand", "NumDevice"}


# Receipts.


@pytest.mark.parametrize(
    ("type_check", "kind", "sign"),
    [
        (0, "sale", 1),
        (1, "sale_return", 2),
        (2, "correction", 1),
        (3, "correction", 2),
        (10, "purchase", 3),
        (11, "purchase_return", 4),
        (12, "correction", 3),
        (13, "correction", 4),
    ],
)
async def test_every_type_of_receipt_has_its_sign_in_the_qr(kkm: Kkm, type_check: int, kind: str, sign: int) -> None:
    await kkm.device(cash="1000.00")
    base = {"CorrectionType": 0, "CorrectionBaseDate": "2026-11-01T00:00:00"}

    answer = await kkm.done(a_cash_receipt(100, type_check, **base))

    assert answer["QRCode"].endswith(f"&n={sign}")
    assert (await kkm.documents())[-1]["kind"] == kind


async def test_the_answer_to_a_receipt_has_all_fiscal_facts(kkm: Kkm) -> None:
    answer = await kkm.done(a_receipt(AdvancePayment=200, Cash=200))

    facts = dict(part.split("=") for part in answer["QRCode"].split("&"))
    (document,) = (await kkm.documents())[1:]
    assert list(facts) == ["t", "s", "fn", "i", "fp", "n"]
    assert facts["s"] == "330.00"
    assert facts["i"] == str(document["number"]) == "2"
    assert facts["fp"] == document["fiscal_sign"]
    assert answer["CheckNumber"] == document["check_number"] != document["number"]
    assert (answer["SessionNumber"], answer["SessionCheckNumber"]) == (1, 1)
    assert answer["URL"].endswith(facts["fp"])
    # Registered is what stays in the drawer, not what was handed over.
    assert (answer["Cash"], answer["AdvancePayment"], answer["ElectronicPayment"]) == (130.0, 200.0, 0.0)
    assert document["payments"]["Cash"] == "130.00"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"IsFiscalCheck": None}, "IsFiscalCheck"),
        ({"TypeCheck": 4}, "TypeCheck"),
        ({"TypeCheck": 8}, "TypeCheck"),
        ({"TypeCheck": 2}, "CorrectionType"),
        ({"TypeCheck": 2, "CorrectionType": 2}, "CorrectionType"),
        ({"TypeCheck": 2, "CorrectionType": 0}, "CorrectionBaseDate"),
        ({"CheckStrings": []}, "нет товарных позиций"),
        ({"CheckStrings": [a_line(Tax=None)]}, "Tax"),
        ({"CheckStrings": [a_line(Quantity="1.2345")]}, "Quantity"),
        ({"CheckStrings": [a_line(SignMethodCalculation=None)]}, "SignMethodCalculation"),
        ({"CheckStrings": [{"BarCode": {"BarcodeType": "EAN8", "Barcode": "1"}}]}, "BarcodeType"),
        ({"CheckStrings": [{"PrintImage": {"Image": "не base64"}}]}, "Image"),
        ({"TaxVariant": ""}, "Не указана система"),
        ({"AdditionalAttribute": "x" * 17}, "AdditionalAttribute"),
    ],
)
async def test_a_receipt_that_cannot_be_is_refused_and_nothing_is_made(kkm: Kkm, other: Json, words: str) -> None:
    answer = await kkm.ask(a_receipt(**other))

    assert answer["Status"] == 2
    assert words in answer["Error"]
    assert await kkm.documents() == []


async def test_a_price_that_is_left_out_follows_from_the_amount(kkm: Kkm) -> None:
    await kkm.done(a_receipt(a_line(Price=None, Quantity=3, Amount=100), ElectronicPayment=100))

    assert (await kkm.documents())[-1]["lines"][0]["Price"] == "33.34"


async def test_a_tax_system_of_another_register_finds_no_device(kkm: Kkm) -> None:
    assert (await kkm.ask({**a_receipt(TaxVariant="5"), "NumDevice": 0}))["Status"] == 3
    assert "Система налогообложения" in (await kkm.ask(a_receipt(TaxVariant="5")))["Error"]


async def test_a_receipt_that_is_to_charge_a_card_finds_no_terminal(kkm: Kkm) -> None:
    answer = await kkm.ask(a_receipt(PayByProcessing=True))

    assert answer["Status"] == 3
    assert await kkm.documents() == []


async def test_a_receipt_without_an_address_is_printed_even_if_it_should_not_be(kkm: Kkm) -> None:
    await kkm.device(paper=False)

    assert (await kkm.ask(a_receipt(NotPrint=True)))["Status"] == 2
    await kkm.done(a_receipt(NotPrint=True, ClientAddress="guest@example.com"))


# Reading back.


async def test_what_was_printed_can_be_read_back(kkm: Kkm) -> None:
    printed = await kkm.done(a_receipt(ClientAddress="+79161234567", Cash=400))

    by_number = await kkm.done("GetDataCheck", FiscalNumber=2, NumberCopies=0)
    last = await kkm.done("GetDataCheck", FiscalNumber="0")

    assert by_number["RegisterCheck"] == last["RegisterCheck"]
    assert by_number["QRCode"] == printed["QRCode"]
    check = by_number["RegisterCheck"]
    assert (check["FiscalNumber"], check["CheckType"], check["AllSumm"], check["Cash"]) == ("2", "Приход", 330.0, 330.0)
    assert check["FiscalSign"] in printed["QRCode"]
    assert check["ClientAddress"] == "+79161234567"
    assert check["Register"] == [{"Name": "Аренда ПК, 3 ч", "Quantity": 3.0, "Amount": 330.0, "Tax": -1}]
    assert "\r\n" in by_number["Slip"]


@pytest.mark.parametrize("number", [1, 999, -1])
async def test_a_document_that_is_not_there_cannot_be_read(kkm: Kkm, number: int) -> None:
    answer = await kkm.ask("GetDataCheck", FiscalNumber=number)

    assert answer["Status"] == 2
    assert answer["Error"].startswith("Не удалось получить данные чека")
