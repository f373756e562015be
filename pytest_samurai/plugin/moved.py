"""Tests with another recorder's marker, in a suite where `samurai_marker` makes it ours.

Their settings are in that recorder's fixtures and markers. Those are the same in
https://github.com/kiwicom/pytest-recording, https://github.com/ktosiek/pytest-vcr and
https://github.com/pydantic/cassetter.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL, exists
from pytest_samurai.plugin import movedfixtures, movedhooks
from pytest_samurai.plugin.internals import visible_definitions
from pytest_samurai.plugin.state import RUN, VCR, config_layer
from pytest_samurai.settings import Layer

if TYPE_CHECKING:
    from pytest_samurai.plugin.movedvcr import Vcr

_PLUGINS: Final = {
    "recording": ("pytest-recording", "pytest_recording.plugin"),
    "vcr": ("pytest-vcr", "pytest_vcr"),
    "cassetter": ("cassetter", "cassetter.pytest_plugin"),
}
"""The plugins with a marker called `vcr`: pytest's name for each, its package, its module."""

_MARKERS: Final = (
    "vcr(cassette=None, /, **options): record the model calls of this test once, then replay them, as `samurai` does",
    "default_cassette(name): the cassette of a test with the marker `vcr`",
    "block_network(allowed_hosts=None): has no effect here: a test that can only replay calls no model, and other"
    " calls go through",
    "allowed_hosts(hosts): has no effect here",
)


def take_over(config: pytest.Config) -> None:
    """Make the marker `vcr` ours in this run, if `samurai_marker` says so.

    Raises pytest.UsageError if a plugin is loaded that owns the marker.
    """
    if "vcr" not in config.stash[RUN].settings.marker:
        return
    for name, (package, module) in _PLUGINS.items():
        plugin = config.pluginmanager.get_plugin(name)
        loaded = name if plugin is not None else module
        if plugin is not None or config.pluginmanager.has_plugin(module):
            raise pytest.UsageError(
                f"samurai_marker has `vcr`, but {package} is loaded and uses that marker too: both would record"
                f" the tests. Run pytest with `-p no:{loaded}`, or put that into `addopts`."
            )
    for line in _MARKERS:
        config.addinivalue_line("markers", line)
    config.pluginmanager.add_hookspecs(movedhooks)
    config.pluginmanager.register(movedfixtures, "samurai-moved")


class Moved(NamedTuple):
    """What another recorder's fixtures say about a test: its options, its directory, the name of its cassette."""

    layer: Layer
    directory: Path
    name: Path | None


def moved(request: pytest.FixtureRequest, item: pytest.Item) -> Moved:
    """What another recorder's fixtures say about a test with its marker.

    Raises SettingsError for a value they may not have.
    """
    layer = config_layer(item, request.getfixturevalue("vcr_config"), "vcr_config")
    layer = layer._replace(values=_vcr(request).options(layer.values))
    directory = request.getfixturevalue("vcr_cassette_dir")
    return Moved(layer, REAL.Path(REAL.getcwd(), directory), _name(request, item))


def _vcr(request: pytest.FixtureRequest) -> Vcr:
    """The stand-in for a test's `VCR`, set up by the suite's fixtures or hooks."""
    from pytest_samurai.plugin.movedvcr import Vcr

    config = request.config
    if movedfixtures.is_of_pytest_vcr(config) and isinstance(vcr := request.getfixturevalue("vcr"), Vcr):
        return vcr
    if VCR not in config.stash:
        vcr = Vcr(config)
        config.hook.pytest_recording_configure(config=config, vcr=vcr)
        config.stash[VCR] = vcr
    return config.stash[VCR]


def _name(request: pytest.FixtureRequest, item: pytest.Item) -> Path | None:
    from pytest_samurai.cassette import named_cassette
    from pytest_samurai.text import visible

    for fixture in ("default_cassette_name", "vcr_cassette_name"):
        if visible_definitions(item, fixture):
            try:
                return named_cassette(request.getfixturevalue(fixture))
            except SettingsError as error:
                raise SettingsError(f"{fixture} of {visible(item.nodeid)}: {error}") from None
    return None


def refuse_second(own: Path, named: Path, test: str) -> None:
    """Raise SettingsError if a test has its own cassette as well as the one that its marker names.

    pytest-recording plays both.
    """
    if own != named and exists(own):
        from pytest_samurai.text import visible

        raise SettingsError(
            f"{visible(test)} has its own cassette, {visible(own.name)}, but its marker names another,"
            f" {visible(named.name)}: a test has only one here; put the interactions of both into one file, and name"
            " that file"
        )
