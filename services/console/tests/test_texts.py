"""Both languages are complete, and say the same with the same values."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parents[1] / "console"
WHERE = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
HOW = {"**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}
WORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}


def used() -> set[str]:
    """Every text of the templates and the code."""
    found = extract_from_dir(str(PACKAGE), WHERE, HOW, keywords=WORDS)
    return {(text if isinstance(text, str) else text[0]) for _, _, text, _, _ in found} - {""}


def translated() -> list[Message]:
    files = sorted((PACKAGE / "locales/ru").glob("*.po"))
    return [message for file in files for message in read_po(file.open("rb"), locale="ru") if message.id]


def name(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[0])


def test_every_text_is_translated() -> None:
    done = {name(message) for message in translated() if message.string and not message.fuzzy}
    assert used() - done == set()


def test_no_translation_is_of_a_text_that_is_gone() -> None:
    assert {name(message) for message in translated()} - used() == set()


@pytest.mark.parametrize("message", translated(), ids=name)
def test_a_translation_has_all_its_values_and_plural_forms(message: Message) -> None:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    values = {value for text in ids for value in re.findall(r"%\(\w+\)s|\{\w+\}", text)}
    assert len(strings) == (1 if isinstance(message.id, str) else 3)
    for text in strings:
        assert set(re.findall(r"%\(\w+\)s|\{\w+\}", text)) == values, text
