"""The pay dialog of a sale whose receipt is in doubt."""

import re
from typing import Any

import httpx

from services.console.tests.gateway import Gateway

UNKNOWN: dict[str, Any] = {
    "sale_id": "s1",
    "number": 5124,
    "state": "fiscalising",
    "what": "session",
    "device_name": "PC-37",
    "client_id": None,
    "receipt_id": "r1",
    "total_kopecks": 300_00,
    "lines": [],
    "tenders": [],
    "steps": [],
    "problem": {
        "code": "receipt_unknown",
        "params": {"total_kopecks": 300_00},
        "receipt": "unknown",
        "money": "taken",
        "retry": "later",
        "device_text": None,
    },
}
ATTEMPT = re.compile(r'settlement".*?name="attempt" value="([^"]+)"', re.DOTALL)


async def test_each_number_that_is_entered_is_an_attempt_of_its_own(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    """However fast: the right number after a wrong one is no repetition."""
    gateway.says("GET /billing/v1/sales/s1", UNKNOWN)
    gateway.refuses("POST /fiscal/v1/receipts/r1/settlement", "document_differs", params={"fd": 7}, retry="new_key")
    first = ATTEMPT.findall((await desk.get("/sales/s1")).text)
    answer = await desk.post("/sales/s1/settlement", data={"fd": "7", "attempt": first[0]})
    assert "Document 7 in the register is different" in answer.text
    second = ATTEMPT.findall(answer.text)
    assert len(first) == len(second) == 1
    assert first != second
