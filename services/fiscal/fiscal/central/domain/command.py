"""What a person asks of a register that is no receipt: its devices, an X-report, a slip of text."""

from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    DEVICES = "devices"
    X_REPORT = "x_report"
    TEST_SLIP = "test_slip"


class State(StrEnum):
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


SEND_WITHIN = timedelta(seconds=60)
"""Who asks for a slip stands beside the register: one that waits longer is not wanted any more."""
PATIENCE = timedelta(minutes=5)
"""Without an answer by then nobody will answer: the club's worker is away."""

WORDS = {
    "answer_lost": "The register did not say whether it printed. Look for the paper, and ask again if there is none.",
    "too_late": "The register had something else to do for a minute. Ask again when it is free.",
    "register_unreachable": "The register, or KKM-Server, does not answer.",
    "register_missing": "KKM-Server has no such device, or it is switched off.",
    "register_busy": "The register was busy. Ask again when it is free.",
    "no_paper": "The register is out of paper. Replace the roll and ask again.",
    "register_unheard": "The club's worker did not answer. See that its PC is on and connected.",
}


def slip(register: str, at_local: datetime) -> tuple[str, ...]:
    """The text of a slip that shows that the register prints; `<<->>` is a line across."""
    return (">#0#<ПРОБНЫЙ СЛИП", ">#0#<НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", "<<->>", register, f"{at_local:%d.%m.%Y %H:%M:%S}")


def words(state: State, code: str | None) -> str | None:
    """What came of it, for the person who asked."""
    if state is not State.REFUSED:
        return None
    return WORDS.get(code or "", "The register did not do it.")
