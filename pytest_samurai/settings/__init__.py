"""Every option, once."""

from pytest_samurai.settings.table import (
    CASSETTES,
    LOCK,
    OF_VCRPY,
    Layer,
    Mode,
    Settings,
    Target,
    environment_layers,
    in_ci,
    options,
    parse_target,
    resolve,
)

__all__ = [
    "CASSETTES",
    "LOCK",
    "OF_VCRPY",
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
