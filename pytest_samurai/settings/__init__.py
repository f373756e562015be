"""Every option, once."""

from pytest_samurai.settings.forms import SPELLED, Target, parse_target
from pytest_samurai.settings.layers import Layer, environment_layers, in_ci, resolve, why_refused
from pytest_samurai.settings.table import CASSETTES, LOCK, OF_VCRPY, OPTIONS, Settings
from pytest_samurai.settings.values import Mode

__all__ = [
    "CASSETTES",
    "LOCK",
    "OF_VCRPY",
    "OPTIONS",
    "SPELLED",
    "Layer",
    "Mode",
    "Settings",
    "Target",
    "environment_layers",
    "in_ci",
    "parse_target",
    "resolve",
    "why_refused",
]
