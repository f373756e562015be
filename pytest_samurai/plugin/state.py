"""What is known about a run and its tests, kept in pytest's stashes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_samurai.errors import SamuraiFailure, SettingsError
from pytest_samurai.files import REAL
from pytest_samurai.plugin.collection import Collection
from pytest_samurai.settings import Layer, Settings, environment_layers, resolve

if TYPE_CHECKING:
    from pytest_samurai.bill import Lock, PriceList, Tally, TestFigures
    from pytest_samurai.plugin.movedvcr import Vcr
    from pytest_samurai.plugin.proof import Proof
    from pytest_samurai.plugin.refusals import Refusals
    from pytest_samurai.plugin.siblings import Siblings
    from pytest_samurai.plugin.sources import Sources
    from pytest_samurai.recorder import Shared
    from pytest_samurai.report import Play, Progress, Spoken, Varied


class RunState:
    """What this process knows about the run.

    - `began`: when the run began, in any process.
    - `written`: the layers of options. `settings` are the run's, resolved from them; `resolved` caches those of tests
      by their own layers.
    - `proves`: whether this process replays what another has just recorded: see `secondrun`. `proof` starts that
      process, if the user asks for it.
    - `item`: the running test. `begun`: the ids of all tests that have begun.
    - `gathers` and `at_work`: which hooks are registered (see `idle`).
    - `watching`: whether this run watches calls outside of recorders. `watched`: whether the running test does.
    - `sent`: the headers and URLs of the calls of wider fixtures.
    """

    # Not a dataclass: every start of pytest would wait for its code to be generated.
    def __init__(self, began: datetime, settings: Settings, written: tuple[Layer, Layer], tally: Tally | None) -> None:
        self.began = began
        self.settings = settings
        self.written = written
        self.tally = tally
        self.resolved: dict[tuple[str | None, ...], Settings] = {}
        self.directories: dict[Path, Path] = {}
        self.watching = False
        self.watched = False
        self.at_work = False
        self.gathers = False
        self.proves = False
        self.proof: Proof | None = None
        self.item: pytest.Item | None = None
        self.sent: list[tuple[Any, str]] = []
        self.recorded_fixtures: set[str] = set()
        self.prices: PriceList | None = None
        self.shared: Shared | None = None
        self.progress: Progress | None = None
        self.lock: Lock | None = None
        self.lock_is_read = False
        self.collection = Collection()
        self.begun: set[str] = set()

    @cached_property
    def refusals(self) -> Refusals:
        """The refusals of the running test. Imported only for a test that makes calls."""
        from pytest_samurai.plugin.refusals import Refusals

        return Refusals()

    @cached_property
    def sources(self) -> Sources:
        """The source of the user's modules, read when a test has recorded something that varies."""
        from pytest_samurai.plugin.sources import Sources

        return Sources(self.libraries)

    @cached_property
    def siblings(self) -> Siblings:
        """Which tests are next to which. Only a test with a cassette needs it."""
        from pytest_samurai.plugin.siblings import Siblings

        return Siblings(self.collection.made)

    @cached_property
    def libraries(self) -> tuple[Path, ...]:
        """The directories of all code that is not the user's: ours, Python's and installed packages."""
        import sysconfig

        installed = {REAL.Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}
        return (REAL.Path(__file__).parents[1], *installed)


RUN = pytest.StashKey[RunState]()
RECORDER = pytest.StashKey[Any]()
REQUEST = pytest.StashKey[pytest.FixtureRequest]()
SENT: pytest.StashKey[list[tuple[Any, str]]] = pytest.StashKey()
PASSED = pytest.StashKey[bool]()
VARYING: pytest.StashKey[dict[str, Varied]] = pytest.StashKey()
UNUSED: pytest.StashKey[SamuraiFailure | None] = pytest.StashKey()
PLAYS: pytest.StashKey[list[Play]] = pytest.StashKey()
SPOKEN: pytest.StashKey[list[Spoken]] = pytest.StashKey()
TEST = pytest.StashKey[str]()
VCR: pytest.StashKey[Vcr] = pytest.StashKey()
GROWN: pytest.StashKey[dict[str, TestFigures]] = pytest.StashKey()
HELD: pytest.StashKey[dict[str, TestFigures]] = pytest.StashKey()


def cassette_root(config: pytest.Config) -> Path:
    """The directory of all cassettes."""
    return config.rootpath / config.stash[RUN].settings.cassette_dir


def resolved(written: tuple[Layer, Layer], *test_layers: Layer) -> Settings:
    """The settings from several layers, in the order of `PRECEDENCE`.

    A test adds the layers of its fixture and marker.
    """
    lowest, environment = environment_layers(os.environ)
    ini, cli = written
    return resolve([lowest, ini, *test_layers, environment, cli])


def settings_of(config: pytest.Config, *test_layers: Layer) -> Settings:
    """The settings of a test. Tests with equal layers share one object, and the matcher made from it."""
    run = config.stash[RUN]
    said = tuple(_said(layer.values) for layer in (*environment_layers(os.environ), *test_layers))
    if None in said:
        return resolved(run.written, *test_layers)
    if said not in run.resolved:
        run.resolved[said] = resolved(run.written, *test_layers)
    return run.resolved[said]


def _said(values: Mapping[str, object]) -> str | None:
    """A text that differs if the options or their types do; None if a value may change and keep its text."""
    return repr([*values.items()]) if all(map(_is_plain, values.values())) else None


def _is_plain(value: object) -> bool:
    # Subclasses may have any text.
    if type(value) in (list, tuple):
        return all(type(entry) in _PLAIN for entry in cast("list[object]", value))
    return type(value) in _PLAIN


_PLAIN = (str, int, float, bool, NoneType)


def lock_of(config: pytest.Config) -> Lock | None:
    """The lock at the start of the run; None if there isn't one. Raises SettingsError if it cannot be read."""
    run = config.stash[RUN]
    if not run.lock_is_read:
        from pytest_samurai import bill

        run.lock = bill.load_lock(config.rootpath / run.settings.lock, settles=run.settings.update)
        run.lock_is_read = True
    return run.lock


def prices_of(config: pytest.Config) -> PriceList:
    """The prices of the run, read on first use. Raises SettingsError if they cannot be read."""
    run = config.stash[RUN]
    if run.prices is None:
        from pytest_samurai.bill import own_prices

        run.prices = own_prices(config.rootpath)
    return run.prices


def config_layer(item: pytest.Item, value: object, fixture: str = "samurai_config") -> Layer:
    """The options that a fixture gives a test. Raises SettingsError if they are not a dict."""
    from pytest_samurai.text import visible

    source = f"{fixture} of {visible(item.nodeid)}"
    if not isinstance(value, dict):
        raise SettingsError(f"{source} is {value!r}; it must be a dict of options")
    return Layer(source, "test", value)


def shared_of(config: pytest.Config) -> Shared:
    """What all recorders of a run share, made for the first one.

    A run without marked tests needs no prices and no YAML.
    """
    run = config.stash[RUN]
    if run.shared is None:
        from pytest_samurai.cassette import Shelf
        from pytest_samurai.recorder import Shared

        run.shared = Shared(prices_of(config), Shelf(), run.tally)
    return run.shared
