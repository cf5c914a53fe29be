"""The languages of the desk. The message itself is the English text; `locales` has the others."""

LANGUAGES = ("ru", "en")


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate it later"
    """Marks a message that is translated where it is shown."""
    return message


def chosen(asked: str | None, accepted: str) -> str:
    """The language of a request: what its person chose, else the browser's first that we speak, else Russian."""
    if asked in LANGUAGES:
        return asked
    for part in accepted.split(","):
        language = part.strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return "ru"
