"""The layers that set options, and the resulting settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from pytest_samurai.errors import SettingsError
from pytest_samurai.settings.option import Option
from pytest_samurai.settings.table import OPTIONS, Settings
from pytest_samurai.settings.values import Mode

PRECEDENCE: Final = (
    "defaults",
    "ini file",
    "`samurai_config` fixture",
    "marker",
    "`SAMURAI_MODE` in the environment",
    "command line",
)
"""The layers by name. Later ones override earlier ones."""


class Layer(NamedTuple):
    """Options as somebody wrote them, and where: `source` begins the text of an error, `place` is one of `PLACES`."""

    source: str
    place: str
    values: Mapping[str, object]


def resolve(layers: Iterable[Layer]) -> Settings:
    """Lay the layers over the defaults. Later ones override earlier ones.

    Raises SettingsError, naming the layer's source, for an unknown option or an invalid value.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        for name, written in layer.values.items():
            option = OPTIONS.get(name)
            if option is None or layer.place not in option.places:
                option = _of_another_tool(name, layer)
                if option is None:
                    continue
            value = _read(option, written, layer)
            values[option.name] = option.combine(values[option.name], value) if option.name in values else value
    return Settings(**values)


def _of_another_tool(name: str, layer: Layer) -> Option | None:
    """The option that another tool's name stands for; None if it asks for what already happens here."""
    from pytest_samurai.settings.mistakes import not_here
    from pytest_samurai.settings.othertools import MEANS, is_so_anyway

    if layer.place != "test" or name not in MEANS:
        if layer.place == "test" and is_so_anyway(name, layer.values[name]):
            return None
        raise SettingsError(f"{layer.source}: {not_here(name, layer.place)}")
    option = OPTIONS[MEANS[name]]
    if option.name in layer.values:
        raise SettingsError(f"{layer.source}: {name} and {option.name} are two names for one option; keep only one")
    return option


def why_refused(name: str, value: object) -> str | None:
    """Why a test may not give another tool's option this `value`; None if it may."""
    from pytest_samurai.settings.mistakes import OTHERWISE_HERE, not_here
    from pytest_samurai.settings.othertools import MEANS, is_so_anyway

    option = OPTIONS.get(name)
    if name in MEANS or (option is not None and "test" in option.places) or is_so_anyway(name, value):
        return None
    return OTHERWISE_HERE.get(name) or not_here(name, "test")


def _read(option: Option, written: object, layer: Layer) -> Any:
    try:
        return option.read(written)
    except (ValueError, SettingsError) as error:
        right = f"it must be {error}" if isinstance(error, ValueError) else str(error)
        raise SettingsError(f"{layer.source}: {option.spelled(layer.place)} is {written!r}; {right}") from None


def in_ci(environ: Mapping[str, str]) -> bool:
    """Whether the environment sets `CI`."""
    return environ.get("CI", "").lower() not in ("", "0", "false")


def default_mode(environ: Mapping[str, str]) -> Mode:
    """`none` in CI, so that a build never goes live by accident; otherwise `once`."""
    return "none" if in_ci(environ) else "once"


def environment_layers(environ: Mapping[str, str]) -> tuple[Layer, Layer]:
    """The lowest layer (the default mode), and the one just below the command line (`SAMURAI_MODE`)."""
    written = environ.get("SAMURAI_MODE")
    return (
        Layer("the default", "env", {"mode": default_mode(environ)}),
        Layer("the environment", "env", {"mode": written} if written else {}),
    )
