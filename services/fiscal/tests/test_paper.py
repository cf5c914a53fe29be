"""A receipt's paper: everything that FFD 1.2 wants on it, and what it says where it is no document."""

from datetime import timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import branch, fiscal
from contracts.fiscal import Document, RegisterState
from contracts.money import Line as SoldLine
from fiscal.central.domain import paper
from fiscal.central.domain.paper import Line, Numbers, Receipt, Seller
from kit.time import utc_now
from services.fiscal.tests.builders import CLUB, ORG
from services.fiscal.tests.central import Central, an_order, answer

QR = "t=20261122T1804&s=385.00&fn=9999078900002287&i=1834&fp=3830581340&n=1"


def a_receipt(**changes: Any) -> Receipt:
    """385.00 for two lines, paid in three forms with change."""
    values: dict[str, Any] = {
        "state": "registered",
        "seller": Seller("ООО «КЛУБ»", "7712345678", "Москва, ул. Ильинка, 9", "Клуб", "1", "2", "1.2"),
        "sign": 1, "cash_kopecks": 85_00, "received_kopecks": 100_00, "card_kopecks": 100_00, "advance_kopecks": 200_00,
        "lines": (
            Line("Игровое время, VIP, 3 ч", 1, 300_00, 285_00, 22, 4, 4),
            Line("Вода", 2, 50_00, 100_00, -1, 4, 1),
        ),
        "tax_system": 0, "cashier": "Анна К.", "cashier_inn": "", "contact": "+79161234567", "at": "22.11.26 18:04",
        "document": Numbers(1834, "9999078900002287", "3830581340", 87, 12, QR, ""),
    }  # fmt: skip
    return Receipt(**(values | changes))


def text_of(receipt: Receipt, columns: int = paper.COLUMNS) -> str:
    return paper.as_text(paper.laid_out(receipt, columns), columns)


def test_the_paper_says_all_that_the_law_wants_and_each_sum_once() -> None:
    rows = [" ".join(row.split()) for row in text_of(a_receipt()).splitlines()]

    for wanted in (
        "ООО «КЛУБ»", "ИНН 7712345678", "Москва, ул. Ильинка, 9", "КАССОВЫЙ ЧЕК", "ПРИХОД",
        "1 шт x 300.00 =300.00", "СКИДКА =15.00", "СТОИМОСТЬ =285.00", "НДС 22% =51.39", "ПОЛНЫЙ РАСЧЕТ, УСЛУГА",
        "2 шт x 50.00 =100.00", "БЕЗ НДС", "ПОЛНЫЙ РАСЧЕТ, ТОВАР",
        "ИТОГ =385.00", "НАЛИЧНЫМИ =85.00", "ПОЛУЧЕНО =100.00", "СДАЧА =15.00", "БЕЗНАЛИЧНЫМИ =100.00",
        "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС) =200.00", "СУММА НДС 22% =51.39", "СУММА БЕЗ НДС =100.00",
        "КАССИР Анна К.", "СНО ОСН", "ЭЛ. АДР. ПОКУПАТЕЛЯ +79161234567", "СМЕНА 87", "ЧЕК 12",
        "ДАТА ВРЕМЯ 22.11.26 18:04", "ЗН ККТ 1", "РН ККТ 2", "ФН 9999078900002287", "ФД 1834",
        "ФП 3830581340", "ФФД 1.2",
    ):  # fmt: skip
        assert rows.count(wanted) == 1, wanted


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("registered", paper.COPY),
        ("unknown", paper.UNCONFIRMED),
        ("waiting", paper.UNCONFIRMED),
        ("ordered", paper.UNCONFIRMED),
        ("refused", paper.REFUSED),
        ("elsewhere", paper.ELSEWHERE),
    ],
)
def test_a_picture_says_first_and_last_what_it_is(state: str, says: str) -> None:
    rows = [row.strip() for row in text_of(a_receipt(state=state)).splitlines()]

    assert (rows[0], rows[-1]) == (says, says)


TAXES = [(122_00, 22, 22_00), (122_00, 122, 22_00), (1, 22, 0), (3, 22, 1), (100_00, 10, 9_09), (105_00, 105, 5_00)]


@pytest.mark.parametrize(("amount", "tax", "vat"), TAXES)
def test_the_tax_in_an_amount_is_rounded_half_up(amount: int, tax: int, vat: int) -> None:
    assert paper.vat_kopecks(amount, tax) == vat


@given(
    name=st.text(min_size=1, max_size=128),
    kopecks=st.integers(0, 10**12),
    quantity=st.integers(1, 100_000),
    columns=st.sampled_from([paper.COLUMNS, paper.NARROW]),
)
def test_nothing_is_wider_than_the_paper(name: str, kopecks: int, quantity: int, columns: int) -> None:
    line = Line(name, quantity, kopecks, kopecks, 122, 3, 10)
    receipt = a_receipt(lines=(line,), cashier=name[:64], seller=Seller(organisation=name, address=name))

    rows = [piece for piece in paper.laid_out(receipt, columns) if isinstance(piece, paper.Row)]

    assert max(max(len(row.left) + len(row.right), len(row.middle)) for row in rows) <= columns


async def registered(central: Central, **changes: Any) -> fiscal.PrintReceipt:
    """A receipt with its document, by a register that told where it is."""
    register_id = await central.a_register()
    state = RegisterState(
        reachable=True, since=utc_now(), organisation="ООО <Вектор>", inn="7701237658", address="Москва", ffd="1.2"
    )
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": register_id}
    await central.hears(branch.RegisterObserved(**ours, state=state, at=utc_now()))
    order = an_order(**changes)
    await central.hears(order)
    (job,) = await central.told(branch.Print)
    named = Document(fd=1834, fn="9999078900002287", fp="38", issued_at_local="20261122T1804", qr=QR, fiscal_shift=87)
    await central.hears(answer(branch.JobDone, job, document=named))
    return order


async def test_a_receipt_is_drawn_as_text_and_as_a_picture_that_runs_nothing(central: Central) -> None:
    line = SoldLine(name="<script>alert(1)</script> & вода", quantity=1, price_kopecks=300_00, amount_kopecks=300_00)
    order = await registered(central, lines=(line,))

    text = await central.call("GET", f"/v1/receipts/{order.receipt_id}/text")
    picture = await central.call("GET", f"/v1/receipts/{order.receipt_id}/picture.svg")

    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    for words in ("ООО <Вектор>", "ИНН 7701237658", "22.11.26 18:04", "ПОЛУЧЕНО", "Анна К.", "НДС 22%"):
        assert words in text.text, words
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in picture.headers["content-security-policy"]
    drawn = ElementTree.fromstring(picture.text)  # noqa: S314  our own picture
    tags = {element.tag.rpartition("}")[2] for element in drawn.iter()}
    assert tags == {"svg", "title", "rect", "g", "text", "line", "path"}
    said = " ".join(element.text or "" for element in drawn.iter())
    assert "<script>alert(1)</script> & вода" in said
    assert "style" not in {name for element in drawn.iter() for name in element.attrib}


async def test_a_picture_keeps_the_seller_that_the_register_had_when_it_printed(central: Central) -> None:
    order = await registered(central)
    (register,) = (await central.call("GET", "/v1/registers")).json()["items"]

    await central.call("PATCH", f"/v1/registers/{register['register_id']}", {"address": "Тверь", "inn": "7712345678"})

    text = (await central.call("GET", f"/v1/receipts/{order.receipt_id}/text?columns=32")).text
    assert "Москва" in text
    assert "Тверь" not in text


async def test_a_receipt_on_its_way_is_drawn_in_the_clubs_time_and_says_that_it_is_not_confirmed(
    central: Central,
) -> None:
    register_id = await central.a_register()
    await central.call("PATCH", f"/v1/registers/{register_id}", {"address": "Тверь"})
    order = an_order(ordered_at="2026-11-22T21:30:00Z")
    await central.hears(order)

    text = (await central.call("GET", f"/v1/receipts/{order.receipt_id}/text")).text

    assert paper.UNCONFIRMED in text
    assert "23.11.26 00:30" in text
    assert "Тверь" in text


async def test_another_clubs_receipt_is_not_drawn(central: Central) -> None:
    order = await registered(central)

    for what in ("text", "picture.svg"):
        path = f"/v1/receipts/{order.receipt_id}/{what}"
        assert (await central.call("GET", path, clubs=[str(uuid4())])).status_code == 404
        assert (await central.call("GET", f"/v1/receipts/{uuid4()}/{what}")).status_code == 404


async def test_receipts_are_found_by_moment_sum_and_register(central: Central) -> None:
    register_id = await central.a_register()
    now = utc_now()
    early, late = an_order(ordered_at=now - timedelta(hours=2)), an_order(ordered_at=now)
    await central.hears(early, late)

    async def found(query: str) -> list[str]:
        answered = await central.call("GET", f"/v1/receipts?{query}")
        assert answered.status_code == 200, answered.text
        return [one["receipt_id"] for one in answered.json()["items"]]

    border = (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await found(f"from={border}") == [str(late.receipt_id)]
    assert await found(f"to={border}") == [str(early.receipt_id)]
    assert len(await found(f"total_kopecks=30000&register_id={register_id}&club_id={CLUB}")) == 2
    assert await found("total_kopecks=1") == []
    assert await found(f"register_id={uuid4()}") == []
