"""What stands for vcrpy's `VCR`, and for its cassette, in a suite that moves in: see `moved`.

Their methods are those of `vcr.config.VCR` and of `vcr.cassette.Cassette`, as far as suites call them:
https://vcrpy.readthedocs.io/en/latest/advanced.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_samurai.context import use_cassette
from pytest_samurai.plugin.state import RUN, settings_of
from pytest_samurai.settings import Layer, Settings

if TYPE_CHECKING:
    from pytest_samurai.recorder import Recorder

_STANDARD: Final = ("method", "scheme", "host", "port", "path", "query")
"""What vcrpy matches on by default."""


class Vcr:
    """The `VCR` of a suite. An attribute that the suite sets is an option of all its tests, as it is there.

    Serializers and persisters have no effect: each cassette is a file in YAML, and is read without them.
    """

    match_on: Any = _STANDARD

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._matchers: dict[str, Any] = {}
        self._serializers: set[str] = set()

    def register_matcher(self, name: str, matcher: Any) -> None:
        """Have a name in `match_on` stand for a function `(r1, r2)`."""
        self._matchers[name] = matcher

    def register_serializer(self, name: str, serializer: object) -> None:  # noqa: ARG002 - the name is the interface
        """Have `serializer` accept a name."""
        self._serializers.add(name)

    def register_persister(self, persister: object) -> None:
        """Without effect."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"vcr.{name} does not exist here: this object stands in for vcrpy's VCR. It has register_matcher,"
            " register_serializer, register_persister, and the options of vcr_config as attributes that you can set"
        )

    def options(self, said: Mapping[str, object]) -> dict[str, object]:
        """The options of a test whose `vcr_config` says this, with what was set and registered here."""
        values = {name: value for name, value in vars(self).items() if not name.startswith("_")} | dict(said)
        serializer = values.get("serializer")
        if isinstance(serializer, str) and serializer in self._serializers:
            del values["serializer"]
        names = values.get("match_on", self._config.stash[RUN].written[0].values.get("match_on"))
        if names is None and not self._matchers.keys().isdisjoint(_STANDARD):
            # The prompt counts here, whatever else does.
            names = (*_STANDARD, "chat")
        if isinstance(names, list | tuple):
            values["match_on"] = [self._matchers.get(name, name) for name in names]
        return values


class VcrOfModule(Vcr):
    """pytest-vcr's fixture `vcr`: the `VCR` of a test file, whose `vcr_config` is `said`, and its blocks."""

    def __init__(self, config: pytest.Config, said: Mapping[str, object], directory: str) -> None:
        super().__init__(config)
        self._said = said
        self._directory = directory

    def use_cassette(self, path: str, **options: object) -> use_cassette:
        """A block that plays the cassette of this name, with more options.

        Raises SettingsError for an option that cannot be taken.
        """
        said: dict[str, object] = {"cassette_library_dir": self._directory, **self._said, **options}
        values = self.options(said)
        name = path if Path(path).suffix else f"{path}.yaml"
        return _Block(self._config, name, values)


class _Block(use_cassette):
    """A block that has the options of the run, too, as a test with the marker has."""

    def __init__(self, config: pytest.Config, path: str, options: dict[str, Any]) -> None:
        self._config = config
        super().__init__(path, **options)

    def _resolved(self, said: Layer) -> Settings:
        return settings_of(self._config, said._replace(source=f"vcr.{said.source}"))

    def _again(self) -> use_cassette:
        path, options = self._given
        return _Block(self._config, str(path), options)


class VcrCassette:
    """pytest-recording's fixture `vcr`: what a test has played so far of the cassette that it replays."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._path = str(recorder.cassette_path)

    @property
    def record_mode(self) -> str:
        """The mode of the test, which is equal to vcrpy's `RecordMode` of that name."""
        return self._recorder.mode

    @property
    def play_counts(self) -> dict[int, int]:
        """1 for the index of each interaction that was played, in the order of the cassette."""
        return dict.fromkeys(sorted(self._recorder.playback.played), 1)

    @property
    def play_count(self) -> int:
        """How many interactions were played."""
        return len(self._recorder.playback.played)

    @property
    def all_played(self) -> bool:
        """Whether all interactions of the cassette were played."""
        return self.play_count == len(self)

    @property
    def requests(self) -> list[Any]:
        """The requests of the cassette, as vcrpy's. Raises SettingsError without vcrpy."""
        from pytest_samurai.recorder import vcrpy_request

        recordings = self._recorder.playback.recordings
        return [vcrpy_request(recordings.request(index)) for index in range(len(recordings))]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """The responses of the cassette, as vcrpy's."""
        from pytest_samurai.recorder import vcrpy_response

        recordings = self._recorder.playback.recordings
        return [vcrpy_response(recordings.reply(index)) for index in range(len(recordings))]

    def __len__(self) -> int:
        return len(self._recorder.playback.recordings)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"vcr.{name} does not exist here: this object stands in for vcrpy's cassette. It has play_count,"
            " play_counts, all_played, requests, responses, record_mode and len();"
            " the fixture samurai has calls, usage and cassette_path"
        )
