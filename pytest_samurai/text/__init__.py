"""Texts that people read, and short texts in files."""

from pytest_samurai.text.apart import in_common
from pytest_samurai.text.cause import GROWTH, MISS, Cause, Diagnosis, Reason
from pytest_samurai.text.changes import Run, TextChange, changed_words
from pytest_samurai.text.conflict import Side, conflict_line, sides_of
from pytest_samurai.text.cut import cut_in_the_middle
from pytest_samurai.text.dates import parse_moment, timestamp
from pytest_samurai.text.forms import forms_apart, same_to_the_eye
from pytest_samurai.text.money import money, money_apart, parse_money
from pytest_samurai.text.rewording import Rewording, reworded
from pytest_samurai.text.scalar import quoted, read_scalar, scalar
from pytest_samurai.text.visible import visible, visible_json, visible_quoted
from pytest_samurai.text.words import plural

__all__ = [
    "GROWTH",
    "MISS",
    "Cause",
    "Diagnosis",
    "Reason",
    "Rewording",
    "Run",
    "Side",
    "TextChange",
    "changed_words",
    "conflict_line",
    "cut_in_the_middle",
    "forms_apart",
    "in_common",
    "money",
    "money_apart",
    "parse_moment",
    "parse_money",
    "plural",
    "quoted",
    "read_scalar",
    "reworded",
    "same_to_the_eye",
    "scalar",
    "sides_of",
    "timestamp",
    "visible",
    "visible_json",
    "visible_quoted",
]
