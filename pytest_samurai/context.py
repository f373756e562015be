"""Blocks with an open recorder."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import warnings
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from pytest_samurai.bill import own_prices
from pytest_samurai.cassette import Shelf
from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.files import REAL, now, without_fakes
from pytest_samurai.intercept import judge, memory, recorders_around, recorders_of, recording
from pytest_samurai.recorder import Owner, Recorder, Shared, transformed, unused_of
from pytest_samurai.settings import Layer, Settings, environment_layers, resolve
from pytest_samurai.text import visible

_Parameters = ParamSpec("_Parameters")
_Returned = TypeVar("_Returned")


class Session:
    """A recorder while it is open. Tests, fixtures and others all open one this way.

    Making a session opens the recorder, just as `open` opens a file. Inside the block, this context's requests go to
    the recorder. The end of the block closes it. By then, `passed` must say whether the test passed, because less is
    recorded for a failed test. For `placeholders`, see `Recorder.open`.

    Making it raises CassetteError for a cassette that cannot be read; the end of the block does for one that cannot be
    written.
    """

    def __init__(self, recorder: Recorder, *, placeholders: bool = False) -> None:
        for other in recorders_of(recorder.cassette_path):
            # Both play from the start, and each sees the other's recordings as made in this run.
            recorder.owner.shared = other.owner.shared = True
            recorder.owner.run_began = min(recorder.owner.run_began, other.owner.run_began)
        with without_fakes():
            recorder.open(placeholders=placeholders)
        self.passed = False
        self._recorder = recorder
        self._recording = recording(recorder)

    def __enter__(self) -> Self:
        try:
            self._recording.__enter__()
        except BaseException:
            self._recorder.close(passed=False)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._recording.__exit__(kind, error, trace)
        finally:
            self._recorder.close(passed=self.passed)


def _depth() -> int:
    """How far up the line of the user's code is, as `warnings.warn` counts it for the caller."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame, depth = frame.f_back, depth + 1
    return depth


class _Block:
    """A block of `use_cassette`, from when it is entered until it ends."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._judge = judge()
        if self._judge is not None:
            recorder.owner.refusal = self._judge.refuse
        self._session = Session(recorder)
        self._session.__enter__()
        if self._judge is not None:
            self._judge.opened(recorder)

    def leave(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        failure = error
        self.recorder.children.listen(self.recorder.refuse)
        try:
            if error is None:
                failure = self.recorder.verdict() or unused_of(self.recorder)
            self._session.passed = failure is None
        finally:
            if self._judge is not None:
                self._judge.closed(self.recorder)
            self._session.__exit__(kind, error, trace)
        if error is not None and self._judge is None and not isinstance(error, RequestNotRecorded):
            # Nobody else reports it: the application may have swallowed the miss, and failed on what it lacked.
            for miss in self.recorder.misses[:1]:
                error.add_note(str(miss))
        for note in (visible(note, keep="\n") for note in self.recorder.notes):
            if failure is None:
                warnings.warn(note, stacklevel=_depth())
            else:
                failure.add_note(note)
        if error is None and failure is not None:
            raise failure


def _within(
    block: Callable[[], use_cassette], function: Callable[..., AsyncGenerator[Any, Any]]
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """An async generator function, each of whose generators is a block. What it is sent or thrown reaches it."""

    async def made(*args: Any, **keywords: Any) -> AsyncGenerator[Any, Any]:
        async with block(), aclosing(function(*args, **keywords)) as generator:
            step = generator.asend(None)
            while True:
                try:
                    value = await step
                except StopAsyncIteration:
                    return
                try:
                    step = generator.asend((yield value))
                except GeneratorExit:
                    raise
                except BaseException as error:  # noqa: BLE001 - it is raised in the generator
                    step = generator.athrow(error)

    return made


class use_cassette:
    """Record to one cassette and replay from it. A context manager, sync and async, and a decorator.

    `path` is the file, relative to the working directory; `options` are the same as the marker's. The block gets the
    recorder, with its `calls`, `usage` and `budget()`.

    Making it raises SettingsError for an option that does not exist. Entering it raises CassetteError for a file that
    cannot be read. A request that the mode does not allow to go live raises RequestNotRecorded where it is made. If the
    application swallows the error, the end of the block raises it again. A broken budget raises BudgetExceeded at the
    end of the block. In a pytest test, the test fails too, whatever happens to the error.
    """

    def __init__(self, path: str | os.PathLike[str], **options: Any) -> None:
        # A second entry need not read the files again.
        self._shared = Shared(own_prices(REAL.getcwd()), Shelf(memory()))
        self._settings = self._resolved(Layer(f"use_cassette({str(path)!r})", "test", options))
        self._path = transformed(self._placed(path), self._settings)
        self._given = (path, options)
        self._blocks: dict[Recorder, _Block] = {}

    def _resolved(self, said: Layer) -> Settings:
        lowest, environment = environment_layers(os.environ)
        return resolve([lowest, said, environment])

    def _again(self) -> use_cassette:
        path, options = self._given
        return use_cassette(path, **options)

    def __call__(self, function: Callable[_Parameters, _Returned]) -> Callable[_Parameters, _Returned]:
        """The function; each call of it is a block of its own. A coroutine function or a generator stays one.

        Raises TypeError for a class: the block would end when an object of it is made.
        """
        made: Any
        if inspect.isclass(function):
            raise TypeError(
                f"use_cassette decorates functions, and {function.__name__} is a class: decorate its methods instead"
            )
        if inspect.iscoroutinefunction(function):

            async def made(*args: Any, **keywords: Any) -> Any:
                async with self._again():
                    return await function(*args, **keywords)

        elif inspect.isgeneratorfunction(function):

            def made(*args: Any, **keywords: Any) -> Any:
                with self._again():
                    return (yield from function(*args, **keywords))

        elif inspect.isasyncgenfunction(function):
            made = _within(self._again, function)

        else:

            def made(*args: Any, **keywords: Any) -> Any:
                with self._again():
                    return function(*args, **keywords)

        decorated: Callable[_Parameters, _Returned] = functools.wraps(function)(made)
        return decorated

    def _placed(self, path: str | os.PathLike[str]) -> Path:
        library = self._settings.cassette_library_dir
        # As in vcrpy, a path that already has the directory does not get it again.
        inside = library is None or str(path).startswith(library)
        return REAL.Path(REAL.getcwd(), *([path] if inside else [library, path]))

    def __enter__(self) -> Recorder:
        owner = Owner(f"use_cassette({self._path.name!r})", now())
        block = _Block(Recorder(self._path, self._settings, owner, self._shared))
        self._blocks[block.recorder] = block
        return block.recorder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left().leave(kind, error, trace)

    def _left(self) -> _Block:
        """The block that ends: this context's innermost. Threads, tasks and other blocks may have entered it too."""
        for recorder in recorders_around():
            if recorder in self._blocks:
                return self._blocks.pop(recorder)
        # A fixture may be torn down in another context.
        return self._blocks.popitem()[1]

    async def __aenter__(self) -> Recorder:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
