"""A document that the register made; it never changes again."""

from dataclasses import dataclass, replace
from datetime import datetime
from zlib import crc32

from kkm_server.domain.codes import CALCULATIONS, CheckType, Kind
from kkm_server.domain.device import OFD_SITE, Device
from kkm_server.domain.money import rubles
from kkm_server.domain.receipt import NOBODY, NOTHING_PAID, Cashier, Line, Payments


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `number` is the fiscal one (the `i` of the QR), 0 where the document is not fiscal."""

    num_device: int
    number: int
    check_number: int
    kind: Kind
    at: datetime
    session: int
    id_command: str = ""
    cashier: Cashier = NOBODY
    session_check: int = 0
    type: CheckType | None = None
    lines: tuple[Line, ...] = ()
    payments: Payments = NOTHING_PAID
    change_kopecks: int = 0
    tax_variant: str = ""
    client_address: str = ""
    fiscal_sign: str = ""
    qr: str = ""
    url: str = ""
    text: tuple[str, ...] = ()
    # Sent to the client instead of being printed.
    electronic: bool = False
    # How much of `text` reached the paper; None is all of it.
    printed_lines: int | None = None

    @property
    def total(self) -> int:
        """What the registered payments add up to."""
        return self.payments.total

    @property
    def paper(self) -> tuple[str, ...]:
        """The lines that can be read on the paper."""
        return self.text[: self.printed_lines]

    def torn(self) -> "Document":
        """The same document where the paper ended half way."""
        return replace(self, printed_lines=len(self.text) // 2)


def sealed(document: Document, device: Device, fs_number: str) -> Document:
    """Give a fiscal document its sign, its QR and its link.

    The QR holds minutes and zero seconds, as recorded; documents of the shift have neither `s` nor `n`.
    """
    assert document.number > 0, document
    time = document.at.strftime("%Y%m%dT%H%M00")
    total = rubles(document.total)
    # A real sign is cryptographic. This one only has its ten digits and differs where the facts differ.
    facts = f"{fs_number}/{document.number}/{time}/{document.type}/{total}"
    sign = f"{crc32(facts.encode()):010d}"
    drive = f"fn={fs_number}&i={document.number}&fp={sign}"
    if document.type is None:
        return replace(document, fiscal_sign=sign, qr=f"t={time}&{drive}")
    qr = f"t={time}&s={total}&{drive}&n={CALCULATIONS[document.type].sign}"
    url = f"https://{OFD_SITE}/rec/{device.reg_number}/{document.at:%y%m%d}/{sign}"
    return replace(document, fiscal_sign=sign, qr=qr, url=url)
