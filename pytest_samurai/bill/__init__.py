"""What calls use and cost, and their limits."""

from importlib import import_module
from typing import TYPE_CHECKING

from pytest_samurai.bill.apis import apis_of, beside_chat, in_brackets
from pytest_samurai.bill.budget import LIMIT_NAMES, Budget, Limits, total, total_cost
from pytest_samurai.bill.call import Call, Meter
from pytest_samurai.bill.change import in_percent, models_text, moved
from pytest_samurai.bill.estimate import require_tokenizer
from pytest_samurai.bill.figures import (
    FIGURE_PROPERTIES,
    FIXTURE_PROPERTY,
    PREFIX,
    TestFigures,
    amount_as_json,
)
from pytest_samurai.bill.growth import Growth
from pytest_samurai.bill.lock import (
    Lock,
    Row,
    accepted,
    fixture_cassette,
    fixture_key,
    held_from_text,
    held_text,
    row_of,
)
from pytest_samurai.bill.lockfile import load as load_lock
from pytest_samurai.bill.lockfile import parse as parse_lock
from pytest_samurai.bill.lockfile import update as update_lock
from pytest_samurai.bill.locknotes import no_overlap, summary_lines, update_line
from pytest_samurai.bill.metrics import ABOUT, METRICS, labelled, measured
from pytest_samurai.bill.ownprices import lines_to_add, own_prices
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.bill.regression import REGRESSION_PROPERTY, Regression, judge, regression_text
from pytest_samurai.bill.sum import NO_COST, NO_COUNT, NO_USAGE, Sum, sums_of
from pytest_samurai.bill.tally import Tally
from pytest_samurai.bill.tolerance import Tolerance, parse_tolerance

if TYPE_CHECKING:
    from pytest_samurai.bill.lockrows import with_rows_of

__all__ = [
    "ABOUT",
    "FIGURE_PROPERTIES",
    "FIXTURE_PROPERTY",
    "LIMIT_NAMES",
    "METRICS",
    "NO_COST",
    "NO_COUNT",
    "NO_USAGE",
    "PREFIX",
    "REGRESSION_PROPERTY",
    "Budget",
    "Call",
    "Growth",
    "Limits",
    "Lock",
    "Meter",
    "PriceList",
    "Regression",
    "Row",
    "Sum",
    "Tally",
    "TestFigures",
    "Tolerance",
    "accepted",
    "amount_as_json",
    "apis_of",
    "beside_chat",
    "fixture_cassette",
    "fixture_key",
    "held_from_text",
    "held_text",
    "in_brackets",
    "in_percent",
    "judge",
    "labelled",
    "lines_to_add",
    "load_lock",
    "measured",
    "models_text",
    "moved",
    "no_overlap",
    "own_prices",
    "parse_lock",
    "parse_tolerance",
    "regression_text",
    "require_tokenizer",
    "row_of",
    "summary_lines",
    "sums_of",
    "total",
    "total_cost",
    "update_line",
    "update_lock",
    "with_rows_of",
]

# Imported only when needed: a replay puts no lock rows back.
_HOMES = {"with_rows_of": "lockrows"}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"pytest_samurai.bill.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
