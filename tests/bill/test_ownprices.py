"""The project's own prices: every accepted spelling, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_samurai import SettingsError, Usage
from pytest_samurai.bill.ownprices import lines_to_add, own_prices
from pytest_samurai.bill.pricelist import PriceList, dearest
from pytest_samurai.files import REAL
from pytest_samurai.wire.price import Price

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
USED = Usage(requests=1, prompt_tokens=100, completion_tokens=20, total_tokens=120, cached_tokens=64)


def project(directory: Path, prices: str) -> PriceList:
    (directory / "pyproject.toml").write_text(f"[project]\nname = 'a'\n\n{prices}\n", encoding="utf-8")
    return own_prices(directory)


def test_a_project_has_prices_of_its_own_by_model_and_by_pattern(tmp_path: Path) -> None:
    prices = project(
        tmp_path,
        "[tool.pytest-samurai.prices]\n"
        '"llama-*" = { input_mtok = 0.1, output_mtok = "0.2" }\n'
        '"llama-big" = { input_mtok = 1, output_mtok = 2, cache_read_mtok = 0.5 }\n',
    )
    small, big = prices.price("llama-small", DAY), prices.price("llama-big", None)
    assert small == Price(source="pyproject.toml", input_mtok=Decimal("0.1"), output_mtok=Decimal("0.2"))
    assert big is not None
    assert big.cost(USED) == Decimal("0.000108")
    assert prices.price("lama", DAY) is None


def test_of_several_patterns_the_first_that_fits_counts_letter_by_letter(tmp_path: Path) -> None:
    rows = {"llama-*": 2, "llama-small*": 3, "LLAMA-large": 4, "*": 1}
    lines = (f'"{name}" = {{ input_mtok = {rate}, output_mtok = 0 }}\n' for name, rate in rows.items())
    prices = project(tmp_path, "[tool.pytest-samurai.prices]\n" + "".join(lines))
    found = [prices.price(name, None) for name in ("llama-small-1", "llama-large", "LLAMA-large", "LLAMA-small-1")]
    assert [price and price.input_mtok for price in found] == [2, 2, 4, 1]


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        ({"input_mtok": 1, "output_mtok": 5}, {"input_mtok": 2, "output_mtok": 4}),
        ({"input_mtok": 2, "output_mtok": 4}, {"input_mtok": 1, "output_mtok": 4}),
        ({"input_mtok": 1, "output_mtok": 4, "cache_read_mtok": 1}, {"input_mtok": 1, "output_mtok": 4}),
    ],
)
def test_of_two_prices_the_higher_is_that_of_the_dearer_answer(higher: dict[str, int], lower: dict[str, int]) -> None:
    rows = [Price(source="s", **{name: Decimal(rate) for name, rate in rates.items()}) for rates in (higher, lower)]
    assert dearest(rows) == dearest(rows[::-1]) == rows[0]


def test_the_nearest_pyproject_upwards_counts(tmp_path: Path) -> None:
    project(tmp_path, '[tool.pytest-samurai.prices]\n"m" = { input_mtok = 1, output_mtok = 1 }')
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    assert own_prices(inner).price("m", None) is not None
    (inner / "pyproject.toml").write_text("", encoding="utf-8")
    assert own_prices(inner) == PriceList()


def test_a_directory_without_a_project_has_no_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    assert own_prices(tmp_path) == PriceList()


@pytest.mark.parametrize(
    ("prices", "wrong"),
    [
        (
            '"m" = 3',
            r":5: the price of 'm' in \[tool.pytest-samurai.prices\]: it must be a table of prices: \{ input",
        ),
        ('\n"m" = { input_mtok = 1 }', r":6: the price of 'm' in .*: `output_mtok` is missing"),
        (
            'm = { input_mtok = 1, output_mtok = "?" }',
            r":5: the price of 'm' in .*: '\?' is not an amount; write dollars",
        ),
        ('"\\u006d" = 1', r":4: the price of 'm' in "),
        ("m = ", "pyproject.toml: not readable as TOML: Invalid value"),
    ],
)
def test_a_price_that_is_none_is_refused_with_file_and_line(tmp_path: Path, prices: str, wrong: str) -> None:
    with pytest.raises(SettingsError, match=wrong):
        project(tmp_path, f"[tool.pytest-samurai.prices]\n{prices}")


@pytest.mark.parametrize(
    "written",
    [
        "[tool.pytest-samurai]\nprices = { m = { input_mtok = 1, output_mtok = 2 } }",
        '[tool."pytest-samurai".prices.m]\ninput_mtok = 1\noutput_mtok = 2',
        "[tool]\npytest-samurai.prices.m = { input_mtok = 1, output_mtok = 2 }",
        "[tool]\n'pytest-samurai' . 'prices' . m = { input_mtok = 1, output_mtok = 2 }",
    ],
)
def test_the_table_is_one_however_toml_spells_it(tmp_path: Path, written: str) -> None:
    [(model, price)] = project(tmp_path, written).own
    assert (model, price.output_mtok) == ("m", Decimal(2))


@pytest.mark.parametrize(
    "written",
    [
        "# see [tool.pytest-samurai.prices]",
        "[tool.other]\nname = 'tool.pytest-samurai.prices'",
        "[tool.pytest-samurai]",
    ],
)
def test_a_mention_of_the_table_is_no_table(tmp_path: Path, written: str) -> None:
    assert project(tmp_path, written) == PriceList()


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("[tool.pytest-samurai]\nprices = 5", r"pyproject.toml:5: \[tool.pytest-samurai.prices\] must be a table of"),
        ("tool.pytest-samurai.prices = 5", r":4: \[tool.pytest-samurai.prices\] must be a table of"),
        ("[tool]\npytest-samurai = 'prices'", r":5: \[tool.pytest-samurai.prices\] must be a table of"),
        (
            "[tool.pytest-samurai]\nprices = { m = 3 }",
            r":5: the price of 'm' in \[tool.pytest-samurai.prices\]: it must",
        ),
        ("[tool.pytest-samurai.prices]\nm = '\udce9'", "pyproject.toml: not readable as TOML: 'utf-8' codec can't"),
    ],
)
def test_what_is_no_table_of_prices_is_refused(tmp_path: Path, written: str, wrong: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"\n\n\n{written}\n", "utf-8", "surrogateescape")
    with pytest.raises(SettingsError, match=wrong):
        own_prices(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    project(tmp_path, "")
    monkeypatch.setattr(REAL, "open", refused)
    with pytest.raises(SettingsError, match=r"pyproject.toml: cannot be read: Permission denied"):
        own_prices(tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        "prices = ",
        'dependencies = ["genai-prices>=0.2", "pytest-samurai[estimate]>=0.1"]',
        '[project.scripts]\npytest-samurai = "a:main"\nwords = ["genai_prices"]',
        "[tool.pytest-samurai]\nlike-prices = 1",
    ],
)
def test_a_file_that_cannot_have_the_table_is_not_parsed(tmp_path: Path, written: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(written.encode() + b"\nnot TOML \xe9")
    assert own_prices(tmp_path) == PriceList()


def test_the_lines_to_add_are_the_lines_that_are_read(tmp_path: Path) -> None:
    text = "\n".join(lines_to_add(["a/b", "c"])).replace('"?"', "1")
    prices = project(tmp_path, text)
    assert [model for model, _ in prices.own] == ["a/b", "c"]


def test_the_lines_to_add_are_toml_for_any_name(tmp_path: Path) -> None:
    name = 'a"b\\\u202e##[x]\U000e0041\U0010ffff'
    lines = "\n".join(lines_to_add([name])).replace("?", "3")
    assert r"\u202e" in lines
    price = project(tmp_path, lines).price(name, None)
    assert price is not None
    assert price.input_mtok == 3
