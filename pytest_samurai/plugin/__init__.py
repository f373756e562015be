"""The door to pytest: what it looks for by name."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from pytest_samurai.errors import SamuraiError, SettingsError
from pytest_samurai.plugin.marker import file_of, is_marked, marker_of
from pytest_samurai.plugin.state import (
    RUN,
    TEST,
    RunState,
    cassette_root,
    lock_of,
    prices_of,
    resolved,
    settings_of,
    written,
)
from pytest_samurai.settings import OPTIONS, Settings

if TYPE_CHECKING:
    from pytest_samurai.bill import Tally
    from pytest_samurai.intercept import AsyncClient, Client
    from pytest_samurai.recorder import Recorder


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("samurai", "record and replay of chat-completions calls")
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
            kind: Literal["args", "string"] = "args" if option.many else "string"
            parser.addini(option.ini, option.meaning, type=kind, default=None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "samurai(cassette=None, /, **options): record the chat-completions calls of this test once, then replay them."
        f" Options: {', '.join(option.name for option in OPTIONS.values() if 'test' in option.places)}.",
    )
    worker = cast("dict[str, Any] | None", getattr(config, "workerinput", None))
    began = datetime.fromisoformat(worker["samurai_began"]) if worker else datetime.now(UTC)
    try:
        settings = resolved(said := written(config))
        tally = _tally(settings, worker)
    except SamuraiError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[RUN] = run = RunState(began, settings, said, tally)
    config.pluginmanager.register(run.collection, "samurai-collection")
    # Cassettes that no test plays are to be known after a run that plays none at all.
    if worker is not None or settings.report or cassette_root(config).is_dir():
        _gather(config)
    if settings.unmarked == "block":
        _be_at_work(config)
    if sys.stdout.isatty():
        from pytest_samurai.plugin.progressline import ProgressLine, shows_progress

        if shows_progress(config):
            config.pluginmanager.register(ProgressLine(config), "samurai-progress")


def _gather(config: pytest.Config, session: pytest.Session | None = None) -> None:
    """Import nothing of what gathers and watches before there is something to gather, or to watch."""
    if not config.stash[RUN].gathers:
        from pytest_samurai.plugin.work import gather

        gather(config, session)


def _be_at_work(config: pytest.Config, session: pytest.Session | None = None) -> None:
    if not config.stash[RUN].at_work:
        from pytest_samurai.plugin.work import be_at_work

        be_at_work(config, session)


def _tally(settings: Settings, worker: Mapping[str, Any] | None) -> Tally | None:
    limits = settings.limits
    if limits is None:
        return None
    from pytest_samurai.bill import Tally

    return Tally.begin(limits) if worker is None else Tally(Path(worker["samurai_tally"]), limits)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Under xdist: all workers are one run, which began when the controller did."""
    run = node.config.stash[RUN]
    node.workerinput["samurai_began"] = run.began.isoformat()
    if run.tally is not None:
        node.workerinput["samurai_tally"] = run.tally.path
    _gather(node.config)
    try:
        # The controller collects nothing, and a worker cannot tell what is wrong.
        lock_of(node.config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Under xdist: what was collected is known to the workers alone, and to each of them the same."""
    run, output = node.config.stash[RUN], getattr(node, "workeroutput", {})
    run.collected.update(output.get("samurai_collected", ()))
    run.collected_files.update(output.get("samurai_collected_files", ()))


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is None:
        return
    if run.tally is not None and not hasattr(config, "workerinput"):
        run.tally.end()
    # A run that was interrupted has not said that its last test ended.
    if run.watching:
        from pytest_samurai import intercept
        from pytest_samurai.plugin.unmarked import unwatch

        unwatch(run)
        intercept.uninstall()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mistakes = []
    run, distributed = config.stash[RUN], hasattr(config, "workerinput")
    for item in items:
        # Before anything is deselected, and before xdist adds a group to the id.
        if distributed:
            item.stash[TEST] = item.nodeid
        run.collected_files.add(file_of(item.nodeid))
        try:
            found = marker_of(item)
            if found is None and not is_marked(item):
                continue
            settings_of(config, *(found[1:] if found else ()))
            prices_of(config)
            lock_of(config)
        except SettingsError as error:
            mistakes.append(str(error))
        _be_at_work(config)
        from pytest_samurai.plugin.order import open_first

        open_first(item)
        run.collected.add(item.nodeid)
        run.recorded_fixtures.update(item.fixturenames)  # type: ignore[attr-defined]  # functions have it
    # A worker of xdist cannot tell them; there the fixture raises each once more.
    if mistakes and not distributed:
        raise pytest.UsageError("\n".join(dict.fromkeys(mistakes)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """All that an unmarked test costs, as long as nothing has been imported that it could call with."""
    run = item.config.stash[RUN]
    if run.at_work or not sys.modules.keys().isdisjoint(_CALLERS):
        _be_at_work(item.config, item.session)
        from pytest_samurai.plugin.unmarked import watch

        run.item = item
        run.watched = watch(item)
    run.begun.add(item.nodeid)


_CALLERS = ("httpx", "httpx2", "pytest_samurai.recorder")


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """`use_cassette` may have been imported by the last test itself."""
    try:
        return (yield)
    finally:
        if "pytest_samurai.intercept" in sys.modules or cassette_root(session.config).is_dir():
            _gather(session.config, session)


@pytest.fixture(scope="session")
def samurai_config() -> dict[str, Any]:
    """Options of all marked tests for which this fixture is overridden: a dict of the marker's keywords."""
    return {}


@pytest.fixture(scope="module")
def samurai_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The directory of the cassettes of a test file."""
    from pytest_samurai.plugin.place import default_cassette_dir

    return default_cassette_dir(request)


@pytest.fixture
def samurai(
    request: pytest.FixtureRequest, samurai_config: dict[str, Any], samurai_cassette_dir: Path
) -> Iterator[Recorder]:
    """The recorder of this test: its calls, its usage, its cassette."""
    from pytest_samurai.plugin.recording import recorded

    yield from recorded(request, samurai_config, samurai_cassette_dir)


@pytest.fixture
def _samurai(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    """What `samurai` is where nothing is overridden: see `open_first`."""
    from pytest_samurai.plugin.place import default_cassette_dir
    from pytest_samurai.plugin.recording import recorded

    yield from recorded(request, {}, default_cassette_dir(request))


@pytest.fixture
def samurai_client(samurai: Recorder) -> Iterator[Client]:
    """An `httpx.Client` with the base URL and the key set."""
    from pytest_samurai import intercept
    from pytest_samurai.plugin.client import client_options

    with intercept.client(**client_options()) as client:
        yield client


@pytest.fixture
def samurai_async_client(samurai: Recorder) -> AsyncClient:
    """An `httpx.AsyncClient` with the base URL and the key set."""
    from pytest_samurai import intercept
    from pytest_samurai.plugin.client import client_options

    return intercept.async_client(**client_options())
