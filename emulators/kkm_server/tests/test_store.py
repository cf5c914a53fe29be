"""The file: what was written is read back, and what cannot be written did not happen."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from emulators.kkm_server.tests.toy import NOON, Kkm, a_receipt
from kkm_server.domain.codes import CheckType
from kkm_server.domain.receipt import Line, Payments, Receipt
from kkm_server.domain.register import Order
from kkm_server.slots import Slot, new_register
from kkm_server.store import StateInUse, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_register_and_its_documents_come_back_as_they_were(store: Store) -> None:
    line = Line("Вода", 1000, 50_00, 50_00, tax=22, method=4, subject=33, code="01046\u001d93xx")
    receipt = Receipt(CheckType.SALE, (line,), Payments(cash=60_00), tax_variant="1", not_print=True)
    fresh = new_register(Slot(OFD_Error="нет связи"), NOON, generation=1)
    step = fresh.register_receipt(Order(NOON, "id"), receipt)
    torn = (*step.documents[:-1], step.documents[-1].torn())

    with store.transaction():
        store.save_register(step.register)
        store.add_documents(torn)

    assert store.registers() == [step.register]
    assert store.documents(1) == list(torn)
    assert store.newest_documents(1) == [torn[-1]]
    assert store.fiscal_document(1, 1) == torn[0]
    assert store.fiscal_document(1, 0) == torn[-1]
    assert store.count_documents(1) == 2
    store.close()


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail_half_way() -> None:
        with store.transaction():
            store.keep("key", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    assert store.setting("key", None) is None
    store.close()


def test_a_folder_has_one_emulator_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path)

    with pytest.raises(StateInUse):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


async def test_a_full_disk_refuses_receipts_and_leaves_no_hole(app: FastAPI, kkm: Kkm) -> None:
    db = app.state.emulator.state.store._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages + 5}")

    answers = [await kkm.ask(a_receipt()) for _ in range(50)]
    db.execute("PRAGMA max_page_count = 100000")
    await kkm.done(a_receipt())

    refused = [answer for answer in answers if answer["Status"] == 2]
    numbers = [document["number"] for document in await kkm.documents()]
    assert refused
    assert all("базу данных" in answer["Error"] for answer in refused)
    assert numbers == list(range(1, 50 - len(refused) + 3))
