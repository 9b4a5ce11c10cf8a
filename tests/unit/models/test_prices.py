from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from flightlog.errors import InvalidSettingError
from flightlog.models import Price, find_price, read_prices
from flightlog.models import prices as module
from flightlog.models.prices import read_price_file

TABLE = """
[[prices]]
source = "our contract"
read = 2026-11-30
models = [{ model = "ours", input = 1.0, cached = 0.5, output = 2.0, max_input = 1000 }]
"""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("openai/gpt-4o-mini", "gpt-4o-mini"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-opus-4-20250514", "claude-opus-4"),
        ("anthropic.claude-opus-4-1", None),
        ("gpt-4o-audio-preview", None),
        ("gpt-5-unheard-of", None),
        ("", None),
        (None, None),
    ],
)
def test_a_price_is_that_of_the_model_without_its_date(
    model: str | None, expected: str | None
) -> None:
    """A date, or a provider before a slash, is left out; an unknown model has no price."""
    found = find_price(model, read_prices())
    assert (None if found is None else found.model) == expected


def test_cached_input_has_its_own_price() -> None:
    """Cached tokens cost less if the table says so, and never count twice."""
    price = Price(model="m", input=2.0, cached=0.5, output=10.0)
    assert price.compute_cost(400_000, 100_000, 50_000) == pytest.approx(0.6 + 0.05 + 0.5)
    assert price.compute_cost(100_000, 200_000, 0) == pytest.approx(0.05)
    plain = Price(model="m", input=2.0, output=10.0)
    assert plain.compute_cost(400_000, 100_000, 50_000) == pytest.approx(0.8 + 0.5)


def test_the_first_price_for_so_many_tokens_applies() -> None:
    """Longer input has another price; without one, no price is known."""
    prices = (
        Price(model="m", input=1.0, output=4.0, max_input=200_000),
        Price(model="m", input=2.0, output=6.0, max_input=1_000_000),
    )
    assert find_price("m", prices, 200_000) == prices[0]
    assert find_price("m", prices, 200_001) == prices[1]
    assert find_price("m", prices, 1_000_001) is None


def test_every_price_has_a_source_and_a_date() -> None:
    """The table names each model once, and cached input is never dearer than other input."""
    text = Path(module.__file__).with_name("prices.toml").read_bytes()
    groups = msgspec.toml.decode(text)["prices"]
    assert all(group["source"].startswith("https://") and group["read"].year for group in groups)
    prices = read_prices()
    assert len({price.model for price in prices}) == len(prices) >= 25
    assert all((price.cached or 0) <= price.input <= price.output for price in prices)


def test_own_prices_are_read_from_a_file(tmp_path: Path) -> None:
    """A file of the same form is read, and a file of another form is named in the error."""
    file = tmp_path / "prices.toml"
    file.write_text(TABLE)
    assert find_price("ours-2026-01-01", read_price_file(file)) == Price(
        model="ours", input=1.0, cached=0.5, output=2.0, max_input=1000
    )
    file.write_text("[[prices]]\nmodels = 7")
    with pytest.raises(InvalidSettingError, match=r"prices\.toml"):
        read_price_file(file)
    with pytest.raises(InvalidSettingError, match="missing"):
        read_price_file(tmp_path / "missing.toml")
