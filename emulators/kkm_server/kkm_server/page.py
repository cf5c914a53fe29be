"""`/`: the printed documents as paper. Plain HTML that reloads itself: no script, nothing from outside."""

from html import escape

import segno
from fastapi import HTTPException, Request, Response

from kkm_server.domain.document import Document
from kkm_server.domain.money import rubles
from kkm_server.domain.register import Register, ShiftState
from kkm_server.emulator import Emulator
from kkm_server.page_style import STYLE

DOCUMENTS_SHOWN = 60
RELOAD_S = 2

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_SHIFTS = {
    ShiftState.CLOSED: "смена закрыта",
    ShiftState.OPEN: "смена открыта",
    ShiftState.EXPIRED: "смене больше 24 ч",
}


class Page:
    """The emulator's own pages."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def newest(self, request: Request) -> Response:
        """All registers and their newest documents."""
        documents = self._emulator.state.store.newest_documents(DOCUMENTS_SHOWN)
        papers = "".join(map(_paper, documents)) or '<p class="empty">Пока ничего не напечатано</p>'
        return _html("Эмулятор KKM-Server", f'<main class="papers">{papers}</main>', self._registers())

    async def one(self, request: Request) -> Response:
        """One fiscal document by its number; `NumDevice` says of which register."""
        number = int(request.path_params["number"])
        asked = request.query_params.get("NumDevice")
        state = self._emulator.state
        nums = [register.device.num for register in state.registers if asked in (None, str(register.device.num))]
        found = (state.store.fiscal_document(num, number) for num in nums if number)
        document = next(filter(None, found), None)
        if document is None:
            raise HTTPException(404)
        return _html(f"ФД {number}", f'<main class="papers">{_paper(document)}</main>', "")

    async def style(self, request: Request) -> Response:
        """The style sheet."""
        return Response(STYLE, media_type="text/css", headers=_HEADERS)

    def _registers(self) -> str:
        return "".join(self._register(register) for register in self._emulator.state.registers)

    def _register(self, register: Register) -> str:
        queue = self._emulator.queues.length(register.device.num)
        shift = _SHIFTS[register.shift_state(self._emulator.state.clock.now())]
        facts = [
            f"{shift} (№ {register.session})" if register.session else shift,
            f"в ящике {rubles(register.cash_kopecks)} ₽",
            f"в очереди {queue}",
        ]
        troubles = [
            *([] if register.paper else ["нет бумаги"]),
            *([] if register.device.active else ["выключена"]),
            *([] if register.device.online else ["нет связи"]),
            *([f"не передано в ОФД: {register.ofd_unsent}"] if register.ofd_unsent else []),
        ]
        shown = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
        shown += "".join(f'<li class="trouble">{escape(trouble)}</li>' for trouble in troubles)
        name = f"{register.device.num}. {register.device.unit_name}"
        return f"<section><h2>{escape(name)}</h2><ul>{shown}</ul></section>"


def _paper(document: Document) -> str:
    text = escape("\n".join(document.paper))
    torn = document.printed_lines is not None
    qr = "" if torn or document.type is None else _qr(document.qr)
    note = "бумага кончилась" if torn else "электронный, на бумаге не печатался" if document.electronic else ""
    caption = f"касса {document.num_device} · {document.at:%d.%m %H:%M:%S}"
    if document.number:
        link = f"/documents/{document.number}?NumDevice={document.num_device}"
        caption += f' · <a href="{link}">ФД {document.number}</a>'
    return (
        f'<article class="{"paper torn" if torn else "paper"}"><header>{caption}</header><pre>{text}</pre>{qr}'
        f"<footer>{note}</footer></article>"
    )


def _qr(text: str) -> str:
    return segno.make(text, error="m", micro=False).svg_inline(scale=3, border=1, svgclass="qr", lineclass=None)


def _html(title: str, body: str, registers: str) -> Response:
    # The page of one document never changes, so only the list reloads.
    reload = f'<meta http-equiv="refresh" content="{RELOAD_S}">' if registers else ""
    text = (
        f'<!doctype html><html lang="ru"><head><meta charset="utf-8">{reload}<title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>'
        f'<body><nav><h1><a href="/">Эмулятор KKM-Server</a></h1>{registers}</nav>{body}</body></html>'
    )
    return Response(text, media_type="text/html; charset=utf-8", headers=_HEADERS)
