"""Every option, once."""

from pytest_samurai.settings.forms import FORMS, SPELLED, Target, parse_target
from pytest_samurai.settings.table import (
    CASSETTES,
    LOCK,
    OF_VCRPY,
    Layer,
    Mode,
    Settings,
    environment_layers,
    in_ci,
    options,
    resolve,
)

__all__ = [
    "CASSETTES",
    "FORMS",
    "LOCK",
    "OF_VCRPY",
    "SPELLED",
    "Layer",
    "Mode",
    "Settings",
    "Target",
    "environment_layers",
    "in_ci",
    "options",
    "parse_target",
    "resolve",
]
