"""Stand-ins for vcrpy's `VCR` and its cassette, in a suite that moves in: see `moved`.

They have those methods of `vcr.config.VCR` and `vcr.cassette.Cassette` that suites call:
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
    """The `VCR` of a suite. As in vcrpy, an attribute that the suite sets is an option of all its tests.

    Serializers and persisters have no effect: every cassette is a YAML file.
    """

    match_on: Any = _STANDARD

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._matchers: dict[str, Any] = {}
        self._serializers: set[str] = set()

    def register_matcher(self, name: str, matcher: Any) -> None:
        """Give a name in `match_on` to a function `(r1, r2)`."""
        self._matchers[name] = matcher

    def register_serializer(self, name: str, serializer: object) -> None:  # noqa: ARG002 - the name is the interface
        """Let `serializer` accept a name."""
        self._serializers.add(name)

    def register_persister(self, persister: object) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"vcr.{name} is not available: this stands in for vcrpy's VCR, and has register_matcher,"
            " register_serializer,"
            " register_persister, and the options of vcr_config as attributes that can be set"
        )

    def options(self, said: Mapping[str, object]) -> dict[str, object]:
        """The options of a test with this `vcr_config`, plus what was set and registered here."""
        values = {name: value for name, value in vars(self).items() if not name.startswith("_")} | dict(said)
        serializer = values.get("serializer")
        if isinstance(serializer, str) and serializer in self._serializers:
            del values["serializer"]
        names = values.get("match_on", self._config.stash[RUN].written[0].values.get("match_on"))
        if names is None and not self._matchers.keys().isdisjoint(_STANDARD):
            # The prompt always counts, with any other setting.
            names = (*_STANDARD, "chat")
        if isinstance(names, list | tuple):
            values["match_on"] = [self._matchers.get(name, name) for name in names]
        return values


class VcrOfModule(Vcr):
    """pytest-vcr's fixture `vcr`: the `VCR` of a test file, and its blocks. `said` is the file's `vcr_config`."""

    def __init__(self, config: pytest.Config, said: Mapping[str, object], directory: str) -> None:
        super().__init__(config)
        self._said = said
        self._directory = directory

    def use_cassette(self, path: str, **options: object) -> use_cassette:
        """A block that plays the cassette with this name and these extra options.

        Raises SettingsError for an option that cannot be taken.
        """
        said: dict[str, object] = {"cassette_library_dir": self._directory, **self._said, **options}
        values = self.options(said)
        name = path if Path(path).suffix else f"{path}.yaml"
        return _Block(self._config, name, values)


class _Block(use_cassette):
    """A block that also has the options of the run, as a marked test does."""

    def __init__(self, config: pytest.Config, path: str, options: dict[str, Any]) -> None:
        self._config = config
        super().__init__(path, **options)

    def _resolved(self, said: Layer) -> Settings:
        return settings_of(self._config, said._replace(source=f"vcr.{said.source}"))

    def _again(self) -> use_cassette:
        path, options = self._given
        return _Block(self._config, str(path), options)


class VcrCassette:
    """pytest-recording's fixture `vcr`: what a test has replayed from its cassette so far."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._path = str(recorder.cassette_path)

    @property
    def record_mode(self) -> str:
        """The mode of the test. It equals vcrpy's `RecordMode` of that name."""
        return self._recorder.mode

    @property
    def play_counts(self) -> dict[int, int]:
        """1 for the index of each interaction that was played, in the cassette's order."""
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
        """The requests of the cassette, as vcrpy's objects. Raises SettingsError without vcrpy."""
        from pytest_samurai.recorder import vcrpy_request

        recordings = self._recorder.playback.recordings
        return [vcrpy_request(recordings.request(index)) for index in range(len(recordings))]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """The responses of the cassette, as vcrpy's dicts."""
        from pytest_samurai.recorder import vcrpy_response

        recordings = self._recorder.playback.recordings
        return [vcrpy_response(recordings.reply(index)) for index in range(len(recordings))]

    def __len__(self) -> int:
        return len(self._recorder.playback.recordings)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"vcr.{name} is not available: this stands in for vcrpy's cassette, and has play_count, play_counts,"
            " all_played,"
            " requests, responses, record_mode and len(); the fixture samurai has calls, usage and cassette_path"
        )
