"""Which recording answers a request."""

from pytest_samurai.matching.lookup import Keys, Lookup
from pytest_samurai.matching.matcher import (
    VOLATILE,
    Difference,
    Endpoints,
    Json,
    Matcher,
    Path_,
    canonical,
    differences,
    format_path,
    parse_body,
    parse_path,
    parse_substitution,
)
from pytest_samurai.matching.miss import Denial, Miss, describe, length, likeness, words

__all__ = [
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
    "canonical",
    "describe",
    "differences",
    "format_path",
    "length",
    "likeness",
    "parse_body",
    "parse_path",
    "parse_substitution",
    "words",
]
