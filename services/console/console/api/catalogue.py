"""Both languages: gettext catalogues read from their source files, so that there is nothing to build.

The message itself is the English text. A language's catalogue is every `locales/<language>/*.po`.
"""

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALES = Path(__file__).resolve().parent.parent / "locales"


@cache
def translations(language: str) -> NullTranslations:
    """The texts of a language; English ones are the messages themselves."""
    merged = Translations()
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as opened:
            catalogue = read_po(opened, locale=language)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        read = Translations(compiled)
        merged.merge(read)
        # Merging brings texts alone: which of a text's forms a number takes is the language's own.
        merged.plural = read.plural
    return merged
