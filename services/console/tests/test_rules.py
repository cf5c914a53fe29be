"""House rules of the desk's pages, read from the files."""

import re
from pathlib import Path

import httpx
import pytest

from console.api.pages import VENDOR, static

PACKAGE = Path(__file__).resolve().parents[1] / "console"
MODULES = sorted((PACKAGE / "static/js").glob("*.js"))
TEMPLATES = sorted((PACKAGE / "templates").glob("*.html"))


def lines(file: Path) -> int:
    return len(file.read_text().splitlines())


def test_our_javascript_stays_small() -> None:
    assert sum(lines(file) for file in MODULES) < 1500
    assert [file.name for file in MODULES if lines(file) >= 200] == []


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.name)
def test_no_script_makes_html(file: Path) -> None:
    assert not re.search(
        r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|eval\(|createElement\(", file.read_text()
    )


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_template_makes_javascript_or_inline_style(file: Path) -> None:
    text = file.read_text()
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    assert [inside for inside in scripts if inside.strip()] == []
    assert not re.search(r"\son[a-z]+=|\sstyle=|hx-on|javascript:|<style", text)
    assert "|safe" not in text


def test_htmx_is_the_second_one() -> None:
    text = (VENDOR / "htmx-2.min.js").read_text()
    assert re.search(r'version:"2\.0\.\d+"', text)


async def test_every_file_that_a_page_names_is_served(desk: httpx.AsyncClient) -> None:
    page = (await desk.get("/sign-in")).text
    for path in re.findall(r'(?:href|src)="(/static/[^"#]+)', page) + [static("js/app.js"), static("icons.svg")]:
        answer = await desk.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
