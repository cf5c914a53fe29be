"""A failure in words: each says what is with the money and what to do."""

import re
from pathlib import Path

import pytest

from console.api.catalogue import translations
from console.clients.services import Problem, Unreachable
from console.domain.failures import SERVICES, TEXTS, sentences

SERVICES_CODE = Path(__file__).resolve().parents[2]


def said(why: object, language: str = "en") -> str:
    found = sentences(why, translations(language).gettext, language)
    return " ".join(part for part in (found.text, found.money, found.device_text) if part)


def problem(code: str, **more: object) -> Problem:
    return Problem("billing", 409, {"code": code, **more})


def test_values_are_filled_in_as_people_read_them() -> None:
    short = problem("balance_too_low", params={"balance_kopecks": 640_00, "missing_kopecks": 60_00})
    assert said(short) == "The balance is 640.00\u00a0₽, 60.00\u00a0₽ short."
    assert "640,00" in said(short, "ru")


def test_a_value_that_was_left_out_does_not_break_the_page() -> None:
    assert "—" in said(problem("device_held"))


def test_an_unknown_slug_shows_the_service_s_own_words() -> None:
    assert said(problem("brand_new", detail="Something new. Do this.")) == "Something new. Do this."


def test_a_refused_receipt_says_that_the_money_goes_back_and_what_the_register_said() -> None:
    refused = {"code": "register_refused", "money": "returning", "device_text": "Неверный ИНН", "params": {}}
    assert said(refused) == "The register refused; there is no receipt. Give the money back to the guest. Неверный ИНН"


def test_a_receipt_that_waits_says_not_to_sell_again() -> None:
    waiting = {"code": "no_paper", "money": "taken", "retry": "later", "params": {}}
    assert "do not sell a second time" in said(waiting)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_silent_service_is_named(service: str) -> None:
    assert said(Unreachable(service)).startswith(("Sign-in", "The hall", "The till", "The register"))


def test_every_slug_that_billing_refuses_a_payment_with_has_a_text_of_ours() -> None:
    source = (SERVICES_CODE / "billing/billing/api/refusals.py").read_text()
    slugs = set(re.findall(r'^    "(\w+)": "', source, re.MULTILINE))
    assert slugs - TEXTS.keys() <= {"tender_twice", "unknown_client", "unknown_till"}
