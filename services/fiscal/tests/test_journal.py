"""What people set and said is told to the journal, in the transaction that does it, and only what is different."""

from uuid import UUID

from contracts import branch
from contracts.journal import FiscalAct
from kit.time import utc_now
from services.fiscal.tests.builders import CLUB
from services.fiscal.tests.central import TAX, Central, an_order, answer


async def acts(central: Central) -> list[FiscalAct]:
    found: list[FiscalAct] = await central.told(FiscalAct)
    return found


async def test_a_register_that_is_added_and_changed_is_told_with_what_is_different(central: Central) -> None:
    register_id = await central.a_register()
    path = f"/v1/registers/{register_id}"

    await central.call("PATCH", path, {"cashier_name": "Касса", "num_device": 2})
    await central.call("PATCH", path, {"cashier_name": "Касса"})

    added, _tax, changed = await acts(central)
    assert (added.act, added.subject, added.club_id) == ("fiscal.register.added", str(register_id), CLUB)
    assert added.after is not None
    assert added.after["name"] == "Атол 30Ф"
    assert changed.act == "fiscal.register.changed"
    assert changed.before == {"cashier_name": "", "num_device": 1}
    assert changed.after == {"cashier_name": "Касса", "num_device": 2}


async def test_tax_settings_are_told_when_they_change(central: Central) -> None:
    await central.a_register()
    await central.call("PUT", f"/v1/clubs/{CLUB}/tax", TAX)

    (told,) = [one for one in await acts(central) if one.act == "fiscal.tax.changed"]

    assert told.subject == str(CLUB)
    assert told.before == {"settings": []}
    assert told.after is not None
    assert told.after["settings"] == TAX["settings"]


async def test_who_settled_a_receipt_is_told_and_a_refused_word_is_not(central: Central) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)
    (job,) = await central.told(branch.Print)
    path = f"/v1/receipts/{order.receipt_id}/settlement"
    may = {"permissions": ["fiscal.receipt.settle"]}
    assert (await central.call("POST", path, {"fd": 15}, **may)).status_code == 409
    await central.hears(answer(branch.JobUnknown, job, since=utc_now()))

    await central.call("POST", path, {"fd": None, "reason": "Бумаги нет"}, **may)

    (told,) = [one for one in await acts(central) if one.act == "fiscal.receipt.settled"]
    assert UUID(told.subject) == order.receipt_id
    assert (told.after, told.reason) == ({"fd": None}, "Бумаги нет")
