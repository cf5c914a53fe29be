"""What holds whatever a client sends, over the whole way from JSON to the file and back."""

import asyncio
import copy
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.kkm_server.tests.toy import HandClock, Json, Kkm, a_line, a_receipt
from kkm_server.app import create_app


def with_emulator(story: Callable[[Kkm], Awaitable[None]]) -> None:
    """Tell a story to an emulator of its own."""

    async def tell(data: Path) -> None:
        clock = HandClock()
        app = create_app(data, control=True, clock=clock)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kkm") as http:
            await story(Kkm(http, clock))
        app.state.emulator.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(Path(folder)))


kopecks = st.integers(0, 100_000_00)
lines = st.builds(
    lambda amount, discount, tax, subject: a_line(
        Quantity=1, Price=(amount + discount) / 100, Amount=amount / 100, Tax=tax, SignCalculationObject=subject
    ),
    kopecks,
    kopecks,
    st.sampled_from([-1, 0, 5, 10, 20, 22, 122]),
    st.sampled_from([1, 4, 10]),
)


@st.composite
def receipts(draw: st.DrawFn) -> Json:
    """A receipt that a register with a full drawer takes, its payments split at random."""
    bought = draw(st.lists(lines, min_size=1, max_size=3))
    total = sum(round(line["Register"]["Amount"] * 100) for line in bought)
    electronic = draw(st.integers(0, total))
    advance = draw(st.integers(0, total - electronic))
    cash = total - electronic - advance + draw(st.sampled_from([0, 1, 500_00]))
    return a_receipt(
        *bought,
        TypeCheck=draw(st.sampled_from([0, 1, 10, 11])),
        Cash=cash / 100,
        ElectronicPayment=electronic / 100,
        AdvancePayment=advance / 100,
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(receipts(), min_size=1, max_size=6))
def test_what_get_data_check_reads_is_what_register_check_printed(asked: list[Json]) -> None:
    async def story(kkm: Kkm) -> None:
        await kkm.device(cash="5000000.00")
        answers = [await kkm.done(receipt) for receipt in asked]
        documents = {document["id_command"]: document for document in await kkm.documents() if document["lines"]}

        for receipt, answer in zip(asked, answers, strict=True):
            document = documents[receipt["IdCommand"]]
            read = await kkm.done("GetDataCheck", FiscalNumber=document["number"])
            check = read["RegisterCheck"]
            payments = {name: f"{answer[name]:.2f}" for name in document["payments"]}
            assert read["QRCode"] == answer["QRCode"]
            assert f"&i={document['number']}&" in answer["QRCode"]
            assert read["Slip"].split("\r\n") == document["text"]
            assert payments == document["payments"]
            assert {name: check[name] for name in document["payments"]} == {name: answer[name] for name in payments}
            assert f"{check['AllSumm']:.2f}" == document["total"]
            sold = [line["Register"]["Amount"] for line in receipt["CheckStrings"]]
            assert [line["Amount"] for line in check["Register"]] == sold

    with_emulator(story)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from([*a_receipt(), *a_line()["Register"], "Cash", "NotPrint", "ClientAddress", "CorrectionType"])


def spoiled(receipt: Json, name: str, value: Any) -> Json:
    if name in receipt["CheckStrings"][0]["Register"]:
        receipt["CheckStrings"][0]["Register"][name] = value
    else:
        receipt[name] = value
    return receipt


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(members.filter(lambda name: name not in ("Command", "CheckStrings")), junk, min_size=1, max_size=3)
)
def test_junk_in_any_member_is_answered_and_never_breaks_the_server(values: Json) -> None:
    async def story(kkm: Kkm) -> None:
        receipt = a_receipt()
        for name, value in copy.deepcopy(values).items():
            receipt = spoiled(receipt, name, value)

        answer = await kkm.ask(receipt, Timeout=60)

        assert answer["Status"] in (0, 2, 3)
        assert bool(answer["Error"]) == (answer["Status"] != 0)
        assert bool(await kkm.documents()) == (answer["Status"] == 0)

    with_emulator(story)
