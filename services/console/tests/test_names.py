"""Numbers and browsers by the names that people know."""

import pytest

from console.domain.browsers import named
from console.domain.clients import phone

LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO}"


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        (f"{WINDOWS} Chrome/156.0.0.0 Safari/537.36", "Chrome 156, Windows"),
        (f"{WINDOWS} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.3.1", "Edge 156, Windows"),
        (f"{WINDOWS} Chrome/154.0.0.0 YaBrowser/26.10.0 Safari/537.36", "Яндекс Браузер 26, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144, Linux"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) {LIKE_GECKO} Version/19.1 Safari/605.1", "Safari 19, macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 19 like Mac OS X) {LIKE_GECKO} Version/19.1", "Safari 19, iPhone"),
        ("curl/8.9", "curl/8.9"),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(says: str, shown: str) -> None:
    assert named(says) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [("+79161234567", "+7\u00a0916\u00a0123-45-67"), ("+375291234567", "+375291234567"), ("", "")]
)
def test_a_russian_number_is_written_as_it_is_read_aloud(number: str, shown: str) -> None:
    assert phone(number) == shown
