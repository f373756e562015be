"""Which recording answers a request."""

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

__all__ = [
    "MISSING",
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
    "renamed_cause",
    "renamed_lines",
    "texts_apart",
    "values_apart",
    "words",
]
