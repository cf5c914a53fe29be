"""`/control`: what tests and the demo put the emulator into a state with. Nothing here is part of KKM-Server."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from kkm_server.control_bodies import ClockMove, NewFault, Seed, WholeState
from kkm_server.domain.document import Document
from kkm_server.domain.money import pieces, rubles
from kkm_server.domain.receipt import Line
from kkm_server.domain.register import Register
from kkm_server.emulator import Emulator
from kkm_server.faults import Chance, Fault
from kkm_server.slots import REGISTERS_ONLY, Slot, changed, shown

Json = dict[str, Any]


class ControlApi:
    """The control endpoint over one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def router(self) -> APIRouter:
        """All routes."""
        router = APIRouter(prefix="/control")
        router.get("/state")(self.state)
        router.put("/state")(self.put_state)
        router.patch("/devices/{num_device}")(self.patch_device)
        router.post("/clock")(self.move_clock)
        router.get("/faults")(self.faults)
        router.post("/faults")(self.add_fault)
        router.delete("/faults")(self.clear_faults)
        router.post("/seed")(self.seed)
        router.get("/documents")(self.documents)
        router.get("/terminal")(self.terminal)
        router.get("/codes")(self.codes)
        router.put("/codes")(self.codes)
        return router

    async def state(self) -> Json:
        """Everything as it is now."""
        server = {"PayByProcessing": False, "passwords": self._emulator.state.passwords, "callback_url": None}
        return {"server": server, "devices": [self._device(one) for one in self._emulator.state.registers]}

    async def put_state(self, body: WholeState) -> Json:
        """Replace the state."""
        self._emulator.replace_state(body.devices, body.server.passwords.model_dump())
        return await self.state()

    async def patch_device(self, num_device: int, body: Annotated[Json, Body()]) -> Json:
        """Change the given fields of one device."""
        register = self._register(num_device)
        try:
            slot = Slot.model_validate({"NumDevice": num_device, **body})
        except ValidationError as wrong:
            raise RequestValidationError(wrong.errors()) from None
        if slot.NumDevice != num_device:
            raise _refused("NumDevice", "a device keeps its slot")
        state = self._emulator.state
        state.save(changed(register, slot, body.keys(), state.clock.now()))
        return self._device(self._register(num_device))

    async def move_clock(self, body: ClockMove) -> Json:
        """Put the emulator's clock forward, or back to the machine's time."""
        state = self._emulator.state
        state.put_forward(state.clock.forward_s + body.forward_s if body.forward_s is not None else 0.0)
        return {"now": state.clock.now().isoformat(), "forward_s": state.clock.forward_s}

    async def faults(self) -> list[Json]:
        """The faults in force."""
        return [_fault(fault) for fault in self._emulator.state.faults]

    async def add_fault(self, body: NewFault) -> Json:
        """Put a fault in force."""
        if body.command is not None and not self._emulator.knows(body.command):
            raise _refused("command", REGISTERS_ONLY)
        fault = self._emulator.state.faults.add(
            Fault(
                id=0,
                what=body.what,
                command=body.command,
                num_device=body.NumDevice,
                times=body.times,
                after=body.after,
                seconds=body.seconds,
                error=body.error,
            )
        )
        self._emulator.state.save_faults()
        return _fault(fault)

    async def clear_faults(self) -> list[Json]:
        """End all faults."""
        self._emulator.state.faults.clear()
        self._emulator.state.save_faults()
        return []

    async def seed(self, body: Seed) -> Json:
        """Strike at random, the same way for the same seed and order of commands."""
        self._emulator.state.faults.seed(Chance(body.seed, body.rate, tuple(body.what)))
        self._emulator.state.save_faults()
        return body.model_dump(mode="json")

    async def documents(self, num_device: Annotated[int, Query(alias="NumDevice")]) -> list[Json]:
        """The documents of a register, oldest first."""
        self._register(num_device)
        return [_document(one) for one in self._emulator.state.store.documents(num_device)]

    async def terminal(self) -> Json:
        """There is no terminal yet."""
        raise _refused("terminal", REGISTERS_ONLY)

    async def codes(self) -> Json:
        """There is no Honest Sign yet."""
        raise _refused("codes", REGISTERS_ONLY)

    def _register(self, num_device: int) -> Register:
        register = self._emulator.state.register(num_device)
        if register is None:
            raise HTTPException(404, f"there is no device {num_device}")
        return register

    def _device(self, register: Register) -> Json:
        num = register.device.num
        return {
            **shown(register, self._emulator.state.clock.now()),
            "documents": self._emulator.state.store.count_documents(num),
            "queue": self._emulator.queues.length(num),
        }


def _refused(field: str, why: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", field), "msg": why, "input": None}])


def _fault(fault: Fault) -> Json:
    return {
        "id": fault.id,
        "command": fault.command,
        "NumDevice": fault.num_device,
        "what": fault.what.value,
        "times": fault.times,
        "after": fault.after,
        "seconds": fault.seconds,
        "error": fault.error,
        "struck": fault.struck,
    }


def _document(document: Document) -> Json:
    paid = document.payments
    return {
        "number": document.number,
        "kind": document.kind.value,
        "total": rubles(document.total),
        "payments": {
            "Cash": rubles(paid.cash),
            "ElectronicPayment": rubles(paid.electronic),
            "AdvancePayment": rubles(paid.advance),
            "Credit": rubles(paid.credit),
            "CashProvision": rubles(paid.provision),
        },
        "lines": [_line(line) for line in document.lines],
        "at": document.at.isoformat(),
        "id_command": document.id_command,
        "session": document.session,
        "check_number": document.check_number,
        "fiscal_sign": document.fiscal_sign,
        "text": list(document.paper),
    }


def _line(line: Line) -> Json:
    return {
        "Name": line.name,
        "Quantity": pieces(line.quantity_milli),
        "Price": rubles(line.price_kopecks),
        "Amount": rubles(line.amount_kopecks),
        "Tax": line.tax,
        "SignMethodCalculation": line.method,
        "SignCalculationObject": line.subject,
        "MeasureOfQuantity": line.measure,
        "BarCode": line.code,
    }
