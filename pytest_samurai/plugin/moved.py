"""Tests with the marker of another recorder, where `samurai_marker` says that it means ours.

Their settings are in that recorder's fixtures and markers: https://github.com/kiwicom/pytest-recording,
https://github.com/ktosiek/pytest-vcr and https://github.com/pydantic/cassetter have the same ones.
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
"""The plugins that have the marker `vcr`: the name that pytest knows each by, its package, its module."""

_MARKERS: Final = (
    "vcr(cassette=None, /, **options): record the model calls of this test once, then replay them, as `samurai` does",
    "default_cassette(name): the cassette of a test with the marker `vcr`",
    "block_network(allowed_hosts=None): has no effect here: a test that only replays never calls a model, and"
    " other calls pass",
    "allowed_hosts(hosts): has no effect here",
)


def take_over(config: pytest.Config) -> None:
    """Make the marker `vcr` ours in this run, if `samurai_marker` says so.

    Raises pytest.UsageError if a plugin is loaded whose marker it is.
    """
    if "vcr" not in config.stash[RUN].settings.marker:
        return
    for name, (package, module) in _PLUGINS.items():
        plugin = config.pluginmanager.get_plugin(name)
        loaded = name if plugin is not None else module
        if plugin is not None or config.pluginmanager.has_plugin(module):
            raise pytest.UsageError(
                f"samurai_marker has `vcr`, but that marker belongs to {package}, which is loaded too: both would"
                f" record the tests. Run pytest with `-p no:{loaded}`, or add that to `addopts`."
            )
    for line in _MARKERS:
        config.addinivalue_line("markers", line)
    config.pluginmanager.add_hookspecs(movedhooks)
    config.pluginmanager.register(movedfixtures, "samurai-moved")


class Moved(NamedTuple):
    """What the fixtures of another recorder say of a test: its options, its directory, the name of its cassette."""

    layer: Layer
    directory: Path
    name: Path | None


def moved(request: pytest.FixtureRequest, item: pytest.Item) -> Moved:
    """What another recorder's fixtures say of a test that has its marker.

    Raises SettingsError for what they may not say.
    """
    layer = config_layer(item, request.getfixturevalue("vcr_config"), "vcr_config")
    layer = layer._replace(values=_vcr(request).options(layer.values))
    directory = request.getfixturevalue("vcr_cassette_dir")
    return Moved(layer, REAL.Path(REAL.getcwd(), directory), _name(request, item))


def _vcr(request: pytest.FixtureRequest) -> Vcr:
    """What stands for the `VCR` of a test, as the fixtures of its suite or the hooks have configured it."""
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
    """Raise SettingsError for a test that has a cassette of its own beside the one that its marker names.

    pytest-recording plays both.
    """
    if own != named and exists(own):
        from pytest_samurai.text import visible

        raise SettingsError(
            f"{visible(test)} has its own cassette, {visible(own.name)}, but its marker names another,"
            f" {visible(named.name)}."
            " A test can have only one here: put the interactions of both into one file, and name that file"
        )
