"""Which recording answers a request."""

from importlib import import_module
from typing import TYPE_CHECKING

from pytest_samurai.matching.bodies import Json, canonical, parse_body
from pytest_samurai.matching.description import describe, texts_apart, values_apart
from pytest_samurai.matching.differences import MISSING, Difference, differences
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.likeness import likeness, words
from pytest_samurai.matching.lookup import Keys, Lookup
from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.matching.miss import Denial, Miss, length, renamed_cause, renamed_lines
from pytest_samurai.matching.normalize import VOLATILE, parse_substitution
from pytest_samurai.matching.paths import Path_, format_path, parse_path

if TYPE_CHECKING:
    from pytest_samurai.matching.varying import (
        KINDS,
        NOUNS,
        NUMBER,
        ORDER,
        Variation,
        may_vary,
        nodes,
        orders,
        variations,
    )

__all__ = [
    "KINDS",
    "MISSING",
    "NOUNS",
    "NUMBER",
    "ORDER",
    "VOLATILE",
    "Denial",
    "Difference",
    "Endpoints",
    "Json",
    "Keys",
    "Lookup",
    "Matcher",
    "Miss",
    "Path_",
    "Variation",
    "canonical",
    "describe",
    "differences",
    "format_path",
    "length",
    "likeness",
    "may_vary",
    "nodes",
    "orders",
    "parse_body",
    "parse_path",
    "parse_substitution",
    "renamed_cause",
    "renamed_lines",
    "texts_apart",
    "values_apart",
    "variations",
    "words",
]


# Imported only when needed: only new recordings are searched for values that vary.
_HOMES = dict.fromkeys(
    ["KINDS", "NOUNS", "NUMBER", "ORDER", "Variation", "may_vary", "nodes", "orders", "variations"], "varying"
)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"pytest_samurai.matching.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
