"""Drawing templates: one of them serves a whole page and its regions."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block

from console.api.catalogue import translations
from console.domain import browsers, clients, failures, money
from console.domain.texts import LANGUAGES

HERE = Path(__file__).resolve().parent.parent
STATIC = HERE / "static"
VENDOR = Path(str(files("django_htmx"))) / "static/django_htmx"
"""htmx, from the wheel that carries it."""


class Pages:
    """The templates in each language."""

    def __init__(self) -> None:
        self._environments = {language: _environment(language) for language in LANGUAGES}

    def draw(self, template: str, language: str, data: Mapping[str, Any], block: str | None = None) -> str:
        environment = self._environments[language]
        told = {"language": language, "now": datetime.now(UTC), **data}
        if block is not None:
            return render_block(environment, template, block, **told)
        return environment.get_template(template).render(told)


def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    translate = translations(language).gettext
    made.filters |= {
        "money": partial(money.shown, language=language),
        "sum": partial(money.shown, language=language, sign=False),
        "at": partial(at, language=language),
        "moment": datetime.fromisoformat,
        "span": partial(span, language=language),
        "phone": clients.phone,
        "browser": browsers.named,
        "failure": partial(failures.sentences, translate=translate, language=language),
    }
    made.globals |= {"static": static, "languages": LANGUAGES}
    # A region is drawn without the page around it, so what all templates use is known to all of them.
    made.globals["parts"] = made.get_template("parts.html").module
    return made


FORMATS = {
    "time": "HH:mm",
    "day": "dd.MM",
    "moment": "dd.MM HH:mm",
    "full": "dd.MM.yyyy HH:mm:ss",
    "date": "d MMMM",
    "day_of_year": "dd.MM.yyyy",
}


def at(moment: str | datetime, time_zone: str, form: str = "time", *, language: str) -> str:
    """A moment as the club's clock showed it."""
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return str(format_datetime(known, FORMATS[form], tzinfo=ZoneInfo(time_zone), locale=language))


def span(seconds: float, language: str) -> str:
    """So long: `2:05` hours and minutes, `8 мин`, `41 с`."""
    words = {"ru": ("мин", "с"), "en": ("min", "s")}[language]
    whole = timedelta(seconds=max(0, round(seconds)))
    minutes, left_s = divmod(int(whole.total_seconds()), 60)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02d}"
    return f"{minutes} {words[0]}" if minutes else f"{left_s} {words[1]}"


@cache
def version() -> str:
    """Names today's files: a browser may keep what it got under it for ever."""
    digest = hashlib.sha256()
    for folder in (STATIC, VENDOR):
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def static(name: str) -> str:
    """Where the browser finds a file of ours."""
    return f"/static/{version()}/{name}"
