"""Sums as people type and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.money import shown, typed


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [("500", 500_00), ("1 234,5", 1234_50), ("1,234.50", 1234_50), (".5", 50), ("0", 0), (" 7 ₽", 7_00)],
)
def test_a_comma_or_a_point_may_be_typed(text: str, kopecks: int) -> None:
    assert typed(text) == kopecks


@pytest.mark.parametrize("text", ["семь", "1.234", "-5", "1e3", "٣", "", ".", "1.2.3", "0x1f"])
def test_what_is_no_sum_is_none(text: str) -> None:
    assert typed(text) is None


@given(st.integers(min_value=0, max_value=10**12), st.sampled_from(["ru", "en"]))
def test_what_is_shown_can_be_typed_again(kopecks: int, language: str) -> None:
    assert typed(shown(kopecks, language)) == kopecks


def test_a_language_has_its_own_separators() -> None:
    assert shown(-1234_50, "en") == "−1,234.50\u00a0₽"
    assert shown(1234_50, "ru", sign=False) == "1\u00a0234,50"
