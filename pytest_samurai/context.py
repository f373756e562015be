"""The recorder as a context manager, for scripts, notebooks and other test runners."""

from __future__ import annotations

import os
import warnings
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from pytest_samurai.bill import own_prices
from pytest_samurai.cassette import Shelf
from pytest_samurai.intercept import recording
from pytest_samurai.recorder import Owner, Recorder, Shared
from pytest_samurai.settings import Layer, environment_layers, resolve


class use_cassette:
    """Record to one cassette, and replay from it; a context manager, sync and async.

    `path` is the file, relative to the working directory; `options` are those of the marker. Gives the recorder, with
    its `calls`, `usage` and `budget()`.

    Making it raises SettingsError for an option that does not exist; entering it CassetteError for a file that cannot
    be read. A request that the mode does not let go live raises RequestNotRecorded where it is made, and, if the
    application went on regardless, at the end of the block; a broken budget raises BudgetExceeded there.
    """

    def __init__(self, path: str | os.PathLike[str], **options: Any) -> None:
        lowest, environment = environment_layers(os.environ)
        self._path = Path(path).absolute()
        # One that is entered again need not read its files again.
        self._shared = Shared(own_prices(Path.cwd()), Shelf())
        self._settings = resolve([lowest, Layer(f"use_cassette({str(path)!r})", "test", options), environment])

    def __enter__(self) -> Recorder:
        owner = Owner(f"use_cassette({self._path.name!r})", datetime.now(UTC))
        recorder = Recorder(self._path, self._settings, owner, self._shared)
        recorder.open()
        self._notes: list[str] = []
        with ExitStack() as exits:
            exits.push(lambda _, error, __: self._close(recorder, error))
            exits.enter_context(recording(recorder))
            self._exits = exits.pop_all()
        return recorder

    def _close(self, recorder: Recorder, error: BaseException | None) -> None:
        verdict = None if error is not None else recorder.verdict()
        recorder.close(passed=error is None and verdict is None)
        failure = error or verdict
        if failure is None:
            self._notes = recorder.notes
        else:
            for note in recorder.notes:
                failure.add_note(note)
        if verdict is not None:
            raise verdict

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.__exit__(kind, error, trace)
        for note in self._notes:
            warnings.warn(note, stacklevel=2)

    async def __aenter__(self) -> Recorder:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
