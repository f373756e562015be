"""The options as pytest shows them: in its help, ini file and command line."""

from __future__ import annotations

from typing import Literal

import pytest

from pytest_samurai.settings import OPTIONS, Layer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add a flag and an ini key for each option that has one."""
    group = parser.getgroup("samurai", "record and replay model calls")
    for option in OPTIONS.values():
        if "cli" in option.places:
            group.addoption(
                option.flag,
                dest=option.ini,
                action="store_true" if option.is_switch else "append" if option.many else "store",
                default=None,
                help=f"{option.meaning} (default: {option.default_text})".replace("%", "%%"),
            )
        if "ini" in option.places:
            kind: Literal["linelist", "args", "string"]
            kind = "linelist" if option.lines else "args" if option.many else "string"
            parser.addini(option.ini, option.meaning, type=kind, default=None)


def marker_line() -> str:
    """What `pytest --markers` says about the marker."""
    return (
        "samurai(cassette=None, /, **options): record the model calls of this test once, then replay them."
        f" Options: {', '.join(option.name for option in OPTIONS.values() if 'test' in option.places)}."
    )


def written(config: pytest.Config) -> tuple[Layer, Layer]:
    """What the ini file and the command line say."""
    ini = {
        option.name: value
        for option in OPTIONS.values()
        if "ini" in option.places and (value := config.getini(option.ini)) not in (None, [], "")
    }
    cli = {
        option.name: value
        for option in OPTIONS.values()
        if "cli" in option.places and (value := config.getoption(option.ini)) is not None
    }
    return (
        Layer(str(config.inipath or "the ini file"), "ini", ini),
        Layer("the command line", "cli", cli),
    )
