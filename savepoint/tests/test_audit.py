"""The audit: whatever is missing, double or off by a kopeck is found and named; books that agree are clean."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from fiscal.worker.clients import KkmServer
from kkm_server.app import create_app
from kkm_server.serving import serving
from savepoint.failures import Exit
from savepoint.tests.books import CLUB, ENTRY, ORG, POSTING, PRICE, REGISTER, REGISTER_ROW, Books, Register

CLEAN = "missing 0, double 0, off by 0.00"


@pytest.fixture
async def books(installation: Any, command: Any) -> Books:
    return Books(command, **{name: installation.databases[name] for name in ("billing", "hall", "fiscal")})


@pytest.fixture(scope="module")
async def emulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    app = create_app(tmp_path_factory.mktemp("kkm"), control=True)
    async with serving(app) as url:
        yield url
    app.state.emulator.close()


@pytest.fixture
async def register(books: Books, emulator: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Register]:
    """The club's register, with an empty memory."""
    monkeypatch.setenv("SAVEPOINT_KKM_URL", emulator)
    async with httpx.AsyncClient(base_url=emulator) as control:
        new = {"devices": [{"NumDevice": 1, "kind": "kkt"}]}
        (await control.put("/control/state", json=new)).raise_for_status()
    await books.fiscal.execute(REGISTER_ROW, REGISTER, ORG, CLUB)
    server = KkmServer(emulator, "User", "")
    yield Register(server)
    await server.close()


async def test_empty_books_are_clean(books: Books) -> None:
    assert await books.audit(0) == [
        "0 settlements, 0 documents of the register, 0 foreign, 0 unfinished, 0 parked, 0 unsent",
        CLEAN,
    ]


async def test_books_that_agree_are_clean(books: Books, register: Register) -> None:
    for _ in range(3):
        await books.a_session(fd=await register.prints())
    await books.a_top_up(fd=await register.prints(name="Advance"))
    await books.a_session(state="open", runs="ordered")

    assert await books.audit(0) == [
        "4 settlements, 4 documents of the register, 0 foreign, 1 unfinished, 0 parked, 0 unsent",
        CLEAN,
    ]


async def test_a_refund_with_its_return_is_clean(books: Books, register: Register) -> None:
    sale_id = await books.a_session(fd=await register.prints())
    await books.a_refund(sale_id, fd=await register.prints(returns=True))

    assert await books.audit(0) == [
        "2 settlements, 2 documents of the register, 0 foreign, 0 unfinished, 0 parked, 0 unsent",
        CLEAN,
    ]


async def test_a_refund_whose_document_is_a_sale_is_missing_its_return(books: Books, register: Register) -> None:
    sale_id = await books.a_session(fd=await register.prints())
    await books.a_refund(sale_id, fd=await register.prints())

    note, verdict = await books.found()

    assert (note.endswith("is no Возврат прихода"), verdict) == (True, "missing 1, double 0, off by 0.00")


async def test_a_refund_without_a_return_and_one_that_posted_nothing_are_found(books: Books) -> None:
    refund_id = await books.a_refund(await books.a_session(), fd=2)
    await books.fiscal.execute("delete from receipt where sale_id = $1", refund_id)
    await books.billing.execute("update tender set state = 'returned' where sale_id = $1", refund_id)

    assert await books.found() == [
        f"tenders of sale {refund_id}: off by -30000 kopecks",
        f"sale {refund_id} is paid and has no receipt",
        "missing 1, double 0, off by 300.00",
    ]


async def test_sales_by_manual_payment_are_counted_apart_and_are_no_fault(books: Books) -> None:
    await books.by_hand(await books.a_session())
    await books.by_hand(await books.a_session())

    assert (await books.audit(0))[1:] == ["without a receipt 2, 600.00: manual payment, corrections are due", CLEAN]


async def test_a_sale_without_a_receipt_that_only_fiscal_knows_of_is_missing_one(books: Books) -> None:
    sale_id = await books.a_session()
    await books.by_hand(sale_id)
    await books.billing.execute("update sale set receipt = 'registered'")

    done = await books.audit(Exit.FOUND)

    assert (done[0], done[-1]) == (
        f"sale {sale_id} has no receipt, and billing does not know it",
        "missing 1, double 0, off by 0.00",
    )


async def test_a_document_of_a_sale_that_is_said_to_have_none_is_double(books: Books, register: Register) -> None:
    await register.prints()
    await books.by_hand(await books.a_session())

    done = await books.audit(Exit.FOUND)

    assert (done[0].endswith("is said to have none"), done[-1]) == (True, "missing 0, double 1, off by 0.00")


async def test_a_failed_sale_that_is_said_to_be_done_without_a_receipt_is_found(books: Books) -> None:
    sale_id = await books.a_session()
    await books.by_hand(sale_id)
    await books.billing.execute("update sale set state = 'failed'")

    assert f"sale {sale_id} is failed and is said to be done without a receipt" in await books.audit(Exit.FOUND)


async def test_a_program_gets_the_same_findings(books: Books) -> None:
    sale_id = await books.a_session()
    await books.fiscal.execute("delete from receipt")

    done = await asyncio.to_thread(books.command, "audit", "--json")
    found = json.loads(done.out)

    assert done.code == Exit.FOUND
    assert (found["clean"], found["missing"], found["double"], found["off_kopecks"]) == (False, 1, 0, 0)
    assert found["notes"] == [f"sale {sale_id} is paid and has no receipt"]


async def test_a_paid_sale_without_a_receipt_is_missing_one(books: Books) -> None:
    sale_id = await books.a_session()
    await books.fiscal.execute("update receipt set state = 'unknown'")

    assert await books.found() == [f"sale {sale_id} is paid and has no receipt", "missing 1, double 0, off by 0.00"]


async def test_a_document_that_the_register_does_not_have_is_missing(books: Books, register: Register) -> None:
    await books.a_session(fd=await register.prints())
    await books.a_session(fd=4711)

    note, verdict = await books.found()

    assert "the register has no document 4711" in note
    assert verdict == "missing 1, double 0, off by 0.00"


async def test_a_receipt_that_was_fiscalised_elsewhere_has_no_document_here(books: Books, register: Register) -> None:
    await books.a_session(fd=await register.prints())
    await books.a_session(fd=1)
    await books.fiscal.execute("update receipt set fd = null, fn = null where fd = 1")

    assert (await books.audit(0))[-1] == CLEAN


async def test_a_register_that_is_silent_is_no_clean_register(
    books: Books, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAVEPOINT_KKM_URL", "http://127.0.0.1:1")

    note, verdict = await books.found()

    assert "does not tell its documents" in note
    assert verdict == "missing 1, double 0, off by 0.00"


@pytest.mark.parametrize("state", ["ordered", "nothing"])
async def test_a_paid_session_that_does_not_run_is_missing(books: Books, state: str) -> None:
    await books.a_session(runs="ordered")
    if state == "nothing":
        await books.hall.execute("delete from session")

    note, verdict = await books.found()

    assert note.startswith(f"session {books.sessions[0]} is paid and ")
    assert verdict == "missing 1, double 0, off by 0.00"


async def test_a_second_receipt_of_a_sale_is_double(books: Books) -> None:
    extra = await books.a_receipt(await books.a_session(fd=1), fd=2)
    receipts = {row[0] for row in await books.fiscal.fetch("select receipt_id from receipt")}

    note, verdict = await books.found()

    assert "has another receipt" in note
    assert any(str(receipt_id) in note for receipt_id in receipts | {extra})
    assert verdict == "missing 0, double 1, off by 0.00"


@pytest.mark.parametrize("state", ["failed", "cancelled"])
async def test_a_receipt_of_a_sale_that_was_not_paid_is_double(books: Books, state: str) -> None:
    sale_id = await books.a_session(state=state)
    await books.a_receipt(sale_id, fd=1)

    assert await books.found() == [f"sale {sale_id} is {state} and has a receipt", "missing 0, double 1, off by 0.00"]


async def test_a_receipt_of_a_sale_that_nobody_knows_is_double(books: Books) -> None:
    sale_id = uuid4()
    await books.a_receipt(sale_id, fd=1)

    note, verdict = await books.found()

    assert str(sale_id) in note
    assert verdict == "missing 0, double 1, off by 0.00"


async def test_a_document_that_repeats_ours_is_double(books: Books, register: Register) -> None:
    await books.a_session(fd=await register.prints())
    again = await register.prints()

    assert await books.found() == [
        f"document {again} repeats one of ours and nobody asked for it",
        "missing 0, double 1, off by 0.00",
    ]


async def test_a_document_of_a_receipt_that_is_said_to_be_refused_is_double(books: Books, register: Register) -> None:
    fd = await register.prints()
    await books.a_receipt(await books.a_session(state="failed"), fd=None)
    await books.fiscal.execute("update receipt set state = 'refused', fn = null")

    note, verdict = await books.found()

    assert f"document {fd} was printed, and receipt" in note
    assert verdict == "missing 0, double 1, off by 0.00"


async def test_what_others_print_on_the_register_is_nobodys_mistake(books: Books, register: Register) -> None:
    await books.a_session(fd=await register.prints())
    await register.prints(150_00, name="Coffee")

    counts, verdict = await books.audit(0)

    assert "2 documents of the register, 1 foreign" in counts
    assert verdict == CLEAN


async def test_a_document_of_another_sum_is_off(books: Books, register: Register) -> None:
    fd = await register.prints(PRICE - 1)
    await books.a_session(fd=fd)

    assert await books.found() == [f"document {fd}: off by -1 kopecks", "missing 0, double 0, off by 0.01"]


@pytest.mark.parametrize(
    ("change", "named", "verdict"),
    [
        ("update tender set amount_kopecks = 29999, received_kopecks = 29999", "tenders of sale", "off by 0.01"),
        ("update tender set state = 'returned'", "tenders of sale", "off by 300.00"),
        ("delete from posting; delete from entry", "ledger of sale", "off by 300.00"),
        ("update posting set amount_kopecks = 30150 where account like 'revenue%'", "entry", "off by 3.00"),
        ("update sale set total_kopecks = 40000", "receipt of sale", "off by 300.00"),
    ],
)
async def test_money_that_does_not_agree_is_off(books: Books, change: str, named: str, verdict: str) -> None:
    await books.a_session()
    await books.billing.execute(change)

    *notes, last = await books.found()

    assert any(note.startswith(named) for note in notes), notes
    assert last == f"missing 0, double 0, {verdict}"


async def test_a_receipt_of_another_sum_is_off(books: Books) -> None:
    sale_id = await books.a_session()
    await books.fiscal.execute("update receipt set total_kopecks = 30050, cash_kopecks = 30050")

    assert await books.found() == [f"receipt of sale {sale_id}: off by 50 kopecks", "missing 0, double 0, off by 0.50"]


async def test_a_balance_that_is_not_the_sum_of_its_postings_is_off(books: Books) -> None:
    account = await books.a_top_up(balance=PRICE + 7)

    assert await books.found() == [f"account {account}: off by 7 kopecks", "missing 0, double 0, off by 0.07"]


async def test_money_that_is_held_for_a_sale_that_ended_is_off(books: Books) -> None:
    sale_id, entry_id = await books.a_session(state="failed"), uuid4()
    await books.billing.execute(ENTRY, entry_id, ORG, sale_id, "hold")
    await books.billing.execute(POSTING, entry_id, "held:a client", PRICE)
    await books.billing.execute(POSTING, entry_id, "client:a client", -PRICE)

    assert await books.found() == [
        f"money still held for sale {sale_id}: off by 30000 kopecks",
        "missing 0, double 0, off by 300.00",
    ]
