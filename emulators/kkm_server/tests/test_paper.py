"""The paper: layout codes, and what a person must be able to read on a receipt."""

import pytest

from emulators.kkm_server.tests.toy import Kkm, a_line, a_receipt
from kkm_server.domain.layout import laid_out

WIDTH = 20


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Спасибо", ["Спасибо"]),
        (">#0#<Клуб", ["        Клуб"]),
        (">#10#<Клуб", ["   Клуб"]),
        ("Итого<#0#>5.00", ["Итого           5.00"]),
        ("Итого<#4#>5.00", ["Итого       5.00"]),
        ("Итого<#2#>>5.00", ["        Итого 5.00"]),
        ("<<->>", ["-" * 20]),
        ("<<*>>", ["*" * 20]),
        ("раз\r\nдва", ["раз", "два"]),
        ("", [""]),
        ("слово " * 5, ["слово слово слово ", "слово слово "]),
        ("очень длинное название<#0#>1.00", ["очень длинное", "название", "                1.00"]),
        (">#999#<ок", ["о", "к"]),
    ],
)
def test_layout_codes_place_the_text(text: str, lines: list[str]) -> None:
    assert laid_out(text, WIDTH) == lines


async def paper_of(kkm: Kkm, *lines: object, **other: object) -> list[str]:
    await kkm.done(a_receipt(*lines, **other))  # type: ignore[arg-type]
    return [" ".join(row.split()) for row in (await kkm.documents())[-1]["text"]]


async def test_a_receipt_says_who_sold_what_for_how_much_and_how_it_was_paid(kkm: Kkm) -> None:
    hours = a_line(Tax=22)
    cola = a_line(Name="Кола 0,5", Quantity=1, Price=120, Amount=120, Tax=10, SignCalculationObject=1)

    paper = await paper_of(kkm, hours, cola, AdvancePayment=200, ElectronicPayment=100, Cash=200)

    for row in (
        'ООО "Вектор"',
        "КАССОВЫЙ ЧЕК",
        "ПРИХОД",
        "Аренда ПК, 3 ч",
        "3 час x 120.00 =330.00",
        "СКИДКА =30.00",
        "НДС 22% ПОЛНЫЙ РАСЧЕТ, УСЛУГА",
        "ИТОГ =450.00",
        "НАЛИЧНЫМИ =150.00",
        "БЕЗНАЛИЧНЫМИ =100.00",
        "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС) =200.00",
        "ПОЛУЧЕНО =200.00",
        "СДАЧА =50.00",
        "СУММА НДС 22% =59.51",
        "СУММА НДС 10% =10.91",
        "КАССИР Иванова А.А.",
        "ИНН 7701237658",
        "СНО УСН доход",
        "СМЕНА 1",
        "ФД 2",
    ):
        assert row in paper, row
    assert any(row.startswith("ФП ") for row in paper)
    assert any(row.startswith("ФН ") for row in paper)


async def test_a_correction_names_its_reason(kkm: Kkm) -> None:
    paper = await paper_of(
        kkm, TypeCheck=2, CorrectionType=1, CorrectionBaseDate="2026-11-01T00:00:00", CorrectionBaseNumber="7-А"
    )

    assert paper[4:8] == [
        "КАССОВЫЙ ЧЕК КОРРЕКЦИИ",
        "КОРРЕКЦИЯ ПРИХОДА",
        "ТИП КОРРЕКЦИИ ПО ПРЕДПИСАНИЮ",
        "ОСНОВАНИЕ 2026-11-01 7-А",
    ]


async def test_a_marked_line_bears_the_sign_of_an_unchecked_code(kkm: Kkm) -> None:
    line = a_line(Name="Вода", SignCalculationObject=33, GoodCodeData={"BarCode": "0104607124362875215"})

    assert "[М] Вода" in await paper_of(kkm, line)


async def test_a_slip_prints_text_bar_codes_and_pictures_and_says_it_is_not_fiscal(kkm: Kkm) -> None:
    strings = [
        {
            "PrintText": {"Text": ">#2#<Добро пожаловать"},
            "BarCode": {"BarcodeType": "EAN13", "Barcode": "4600000000008"},
        },
        {"PrintImage": {"Image": "aGVsbG8="}},
        a_line(),
    ]

    answer = await kkm.done("RegisterCheck", IsFiscalCheck=False, CheckStrings=strings)

    (document,) = await kkm.documents()
    paper = [row.strip() for row in document["text"]]
    assert paper[:3] == ["Добро пожаловать", "[EAN13] 4600000000008", "[изображение, 5 байт]"]
    assert paper[-1] == "НЕФИСКАЛЬНЫЙ ДОКУМЕНТ"
    # Fiscal lines of a slip are not used.
    assert not any("Аренда" in row for row in paper)
    assert (document["kind"], document["number"], document["fiscal_sign"]) == ("non_fiscal", 0, "")
    assert "QRCode" not in answer
