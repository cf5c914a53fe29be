"""What fiscal tells about receipts, registers and shifts."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from contracts import branch, fiscal
from contracts.fiscal import Document, RegisterState
from edge.scope import Scope
from fiscal.central import store
from fiscal.central.domain.receipt import ENDED, State
from fiscal.central.store import Register, papers, receipts
from kit.db import Tx


async def settle(tx: Tx, receipt: Row[Any], word: State, **values: Any) -> None:
    """Store how a receipt stands now, and tell."""
    ended: dict[str, Any] = {"ended_at": tx.now} if word in ENDED else {}
    if word is State.REGISTERED and receipt.register_id is not None:
        scope = Scope(receipt.org_id, frozenset({receipt.club_id}))
        (register,) = await store.registers_of(tx, scope, register_id=receipt.register_id)
        ended["seller"] = papers.seller_of(register)
    await receipts.change(tx, receipt.receipt_id, state=word, **values, **ended)
    after = await receipts.find(tx, receipt.receipt_id)
    assert after is not None
    tell_receipt(tx, after)
    poke_receipt(tx, after)


def poke_receipt(tx: Tx, receipt: Row[Any]) -> None:
    """Tell those who look at the club that the receipt changed."""
    tx.poke(
        receipt.club_id, "receipt.changed", receipt_id=receipt.receipt_id, sale_id=receipt.sale_id, state=receipt.state
    )


def tell_receipt(tx: Tx, receipt: Row[Any]) -> None:
    """The fact that a receipt stands as it does; said again, it changes nothing."""
    names = ("org_id", "club_id", "receipt_id", "sale_id", "register_id")
    base = {name: getattr(receipt, name) for name in names} | {"at": receipt.ended_at or tx.now}
    if receipt.state == State.REGISTERED:
        document = Document.model_validate(receipt.document) if receipt.document else None
        tx.tell(fiscal.ReceiptRegistered(**base, document=document))
    elif receipt.state == State.REFUSED:
        tx.tell(fiscal.ReceiptRefused(**base, code=receipt.code, device_text=receipt.device_text))
    elif receipt.state == State.UNFISCALISED:
        by_hand = {"code": receipt.code, "manual_payment_id": receipt.manual_payment_id}
        tx.tell(fiscal.ReceiptUnfiscalised(**base, **by_hand))
    elif receipt.state == State.UNKNOWN:
        tx.tell(fiscal.ReceiptUnknown(**base, since=receipt.ordered_at))
    elif receipt.state == State.WAITING:
        tx.tell(fiscal.ReceiptWaiting(**base, code=receipt.code or "register_unreachable"))


def tell_register(tx: Tx, register: Register) -> None:
    """A register's settings and state."""
    state = RegisterState.model_validate(register.state) if register.state else None
    ours = {"org_id": register.org_id, "club_id": register.club_id, "register_id": register.register_id}
    mode: Any = register.mode
    tx.tell(fiscal.RegisterChanged(**ours, name=register.name, mode=mode, state=state, at=tx.now))
    tx.poke(register.club_id, "register.changed", register_id=register.register_id)


def watch(tx: Tx, register: Register) -> None:
    """Tell the club's worker how the register is reached, or that it is not its business any more."""
    ours = {"org_id": register.org_id, "club_id": register.club_id, "register_id": register.register_id}
    watched = register.mode == "kkm_server"
    known = {"device": register.device, "cashier_name": register.cashier_name, "watched": watched}
    tx.tell(branch.WatchRegister(**ours, **known))


def shift_base(register: Register, shift_id: UUID | None, number: int | None, tx: Tx) -> dict[str, Any]:
    """What all facts about a register's shift say."""
    ours = {"org_id": register.org_id, "club_id": register.club_id, "register_id": register.register_id}
    return ours | {"shift_id": shift_id, "number": number, "at": tx.now}
