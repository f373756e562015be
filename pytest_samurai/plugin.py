"""The door to pytest: options, marker, fixtures, verdicts, summary. It decides nothing that the rooms below can."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from pytest_samurai.errors import RequestNotRecorded, SamuraiError, SamuraiFailure, SettingsError, UsageRegression
from pytest_samurai.settings import CASSETTES, LOCK, Layer, Settings, environment_layers, in_ci, options, resolve

if TYPE_CHECKING:
    from pytest_samurai.figures import TestFigures
    from pytest_samurai.fullrun import Absent, Play
    from pytest_samurai.intercept import AsyncClient, Client
    from pytest_samurai.lock import Lock
    from pytest_samurai.pricing import PriceList
    from pytest_samurai.progress import Progress
    from pytest_samurai.recorder import Owner, Recorder, Shared
    from pytest_samurai.run import Failure, Run, TestRun
    from pytest_samurai.tally import Tally

_MARKER = "samurai"
_BASE_URL = "https://www.samuraiapi.in/v1"


@dataclass
class _Run:
    """What this process knows of the run."""

    began: datetime
    settings: Settings
    watching: bool = False
    watched: bool = False
    at_work: bool = False
    item: pytest.Item | None = None
    recorded_fixtures: set[str] = field(default_factory=set)
    tally: Tally | None = None
    prices: PriceList | None = None
    shared: Shared | None = None
    progress: Progress | None = None
    lock: Lock | None = None
    lock_is_read: bool = False
    collected: set[str] = field(default_factory=set)
    collected_files: set[str] = field(default_factory=set)


_RUN = pytest.StashKey[_Run]()
_RECORDER = pytest.StashKey[Any]()
_PASSED = pytest.StashKey[bool]()
_PLAYS = pytest.StashKey["list[Play]"]()
_TEST = pytest.StashKey[str]()
_HELD = pytest.StashKey["dict[str, TestFigures]"]()


class RefusedInTest(
    RequestNotRecorded,
    pytest.fail.Exception,  # type: ignore[misc, name-defined]  # an attribute of a function, which mypy takes for a value
):
    """`RequestNotRecorded` as one of pytest's own outcomes: fixtures may raise these, even as they are torn down."""


# What is shown is what users catch.
RefusedInTest.__module__, RefusedInTest.__name__ = "pytest_samurai", "RequestNotRecorded"
RefusedInTest.__qualname__ = RefusedInTest.__name__


# --- options


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("samurai", "record and replay of chat-completions calls")
    for option in options().values():
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


def _written(config: pytest.Config) -> tuple[Layer, Layer]:
    """What the ini file and the command line say."""
    ini = {
        option.name: value
        for option in options().values()
        if "ini" in option.places and (value := config.getini(option.ini)) not in (None, [], "")
    }
    cli = {
        option.name: value
        for option in options().values()
        if "cli" in option.places and (value := config.getoption(option.ini)) is not None
    }
    return (
        Layer(str(config.inipath or "the ini file"), "ini", ini),
        Layer("the command line", "cli", cli),
    )


def _settings(config: pytest.Config, *test_layers: Layer) -> Settings:
    """defaults < ini < fixture < marker < SAMURAI_MODE < command line."""
    lowest, environment = environment_layers(os.environ)
    ini, cli = _written(config)
    return resolve([lowest, ini, *test_layers, environment, cli])


def _lock(config: pytest.Config) -> Lock | None:
    """The lock as it was when the run began; None if there is none. Raises SettingsError if it cannot be read."""
    run = config.stash[_RUN]
    if not run.lock_is_read:
        from pytest_samurai import lockfile

        run.lock = lockfile.load(config.rootpath / run.settings.lock)
        run.lock_is_read = True
    return run.lock


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "samurai(cassette=None, /, **options): record the chat-completions calls of this test once, then replay them."
        f" Options: {', '.join(option.name for option in options().values() if 'test' in option.places)}.",
    )
    worker = cast("dict[str, Any] | None", getattr(config, "workerinput", None))
    began = datetime.fromisoformat(worker["samurai_began"]) if worker else datetime.now(UTC)
    try:
        settings = _settings(config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_RUN] = _Run(began, settings, tally=_tally(settings, worker))
    if settings.unmarked == "block":
        _be_at_work(config)
    use = _Use(config)
    config.pluginmanager.register(use, "samurai-use")
    held = _Held(config.stash[_RUN], use)
    config.pluginmanager.register(held, "samurai-held")
    config.pluginmanager.register(_Summary(config.stash[_RUN], use, held), "samurai-summary")
    if _shows_progress(config):
        config.pluginmanager.register(_ProgressLine(config), "samurai-progress")


def _tally(settings: Settings, worker: Mapping[str, Any] | None) -> Tally | None:
    limits = settings.limits
    if limits is None:
        return None
    from pytest_samurai.tally import Tally

    return Tally.begin(limits) if worker is None else Tally(Path(worker["samurai_tally"]), limits)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Under xdist: all workers are one run, which began when the controller did."""
    run = node.config.stash[_RUN]
    node.workerinput["samurai_began"] = run.began.isoformat()
    if run.tally is not None:
        node.workerinput["samurai_tally"] = run.tally.path
    try:
        # The controller collects nothing, and a worker cannot tell what is wrong.
        _lock(node.config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Under xdist: what was collected is known to the workers alone, and to each of them the same."""
    run, output = node.config.stash[_RUN], getattr(node, "workeroutput", {})
    run.collected.update(output.get("samurai_collected", ()))
    run.collected_files.update(output.get("samurai_collected_files", ()))


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(_RUN, None)
    if run is None:
        return
    if run.tally is not None and not hasattr(config, "workerinput"):
        run.tally.end()
    # A run that was interrupted has not said that its last test ended.
    _done(run)
    if run.watching:
        from pytest_samurai import intercept

        intercept.uninstall()


# --- the marker


def _marker(item: pytest.Item) -> tuple[Path | None, Layer] | None:
    """The path that a marker gives to the cassette, and its options: the nearest marker wins, key by key."""
    markers = list(item.iter_markers(_MARKER))
    if not markers:
        return None
    from pytest_samurai.naming import named_cassette

    source = f"@pytest.mark.samurai of {item.nodeid}"
    name: object = None
    values: dict[str, object] = {}
    for marker in reversed(markers):
        if len(marker.args) > 1:
            raise SettingsError(f"{source}: it takes one cassette name, not {len(marker.args)}")
        name = marker.args[0] if marker.args else name
        values.update(marker.kwargs)
    if name is None:
        return None, Layer(source, "test", values)
    try:
        return named_cassette(name), Layer(source, "test", values)
    except SettingsError as error:
        raise SettingsError(f"{source}: {error}") from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mistakes = []
    run = config.stash[_RUN]
    for item in items:
        # Before xdist adds a group to it, and before anything is deselected.
        item.stash[_TEST] = item.nodeid
        run.collected_files.add(_file_of(item.nodeid))
        try:
            found = _marker(item)
            if found is None and not _is_marked(item):
                continue
            _settings(config, *(found[1:] if found else ()))
            _prices(config)
            _lock(config)
        except SettingsError as error:
            mistakes.append(str(error))
        _be_at_work(config)
        _open_first(item)
        run.collected.add(item.nodeid)
        run.recorded_fixtures.update(item.fixturenames)  # type: ignore[attr-defined]  # functions have it
    # A worker of xdist cannot tell them; there the fixture raises each once more.
    if mistakes and not hasattr(config, "workerinput"):
        raise pytest.UsageError("\n".join(dict.fromkeys(mistakes)))


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _open_first(item: pytest.Item) -> None:
    """Have the test's own recorder open after the fixtures of wider scope, and before the test's own.

    In a list of the item's own: pytest shares one among all parametrizations of a function.
    """
    names: list[str] = [name for name in getattr(item, "fixturenames", ()) if name != "samurai"]
    definitions = cast("Mapping[str, Any]", getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}))
    own = (
        place
        for place, name in enumerate(names)
        if name not in definitions or definitions[name][-1].scope == "function"
    )
    place = next(own, len(names))
    item.fixturenames = [*names[:place], "samurai", *names[place:]]  # type: ignore[attr-defined]  # functions have it


def _is_marked(item: pytest.Item) -> bool:
    return "samurai" in getattr(item, "fixturenames", ())


# --- fixtures


@pytest.fixture(scope="session")
def samurai_config() -> dict[str, Any]:
    """Options of all marked tests for which this fixture is overridden: a dict of the marker's keywords."""
    return {}


@pytest.fixture(scope="module")
def samurai_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The directory of the cassettes of a test file."""
    return _default_cassette_dir(request)


def _default_cassette_dir(request: pytest.FixtureRequest) -> Path:
    from pytest_samurai.naming import module_directory

    return _cassette_root(request.config) / module_directory(_relative(request.path, request.config))


def _relative(path: Path, config: pytest.Config) -> PurePosixPath:
    return PurePosixPath(Path(os.path.relpath(path, config.rootpath)).as_posix())


def _classes(item: pytest.Item) -> list[str]:
    return [node.name for node in item.listchain() if isinstance(node, pytest.Class)]


def _cassette_root(config: pytest.Config) -> Path:
    return config.rootpath / config.stash[_RUN].settings.cassette_dir


@pytest.fixture
def samurai(
    request: pytest.FixtureRequest, samurai_config: dict[str, Any], samurai_cassette_dir: Path
) -> Iterator[Recorder]:
    """The recorder of this test: its calls, its usage, its cassette."""
    from pytest_samurai.figures import FIGURE_PROPERTIES, TestFigures
    from pytest_samurai.intercept import recording
    from pytest_samurai.recorder import Recorder
    from pytest_samurai.report import NOTE_PROPERTY

    item = cast("pytest.Item", request.node)
    name, layer = _marker(item) or (None, Layer(item.nodeid, "test", {}))
    source = f"samurai_config of {item.nodeid}"
    if not isinstance(samurai_config, dict):
        raise SettingsError(f"{source} is {samurai_config!r}; it has to be a dict of options")
    settings = _settings(request.config, Layer(source, "test", samurai_config), layer)
    path = _cassette_path(request, samurai_cassette_dir, name)
    owner = _owner(item, item.nodeid, shared=name is not None)
    recorder = Recorder(path, settings, owner, _shared(request.config))
    # Of a test that is run again (pytest-rerunfailures) the last run counts.
    _forget(item)
    recorder.open()
    item.stash[_RECORDER] = recorder
    item.stash[_PASSED] = False
    try:
        with recording(recorder):
            yield recorder
        passed = item.stash.get(_PASSED, False)
        recorder.close(passed=passed)
    finally:
        del item.stash[_RECORDER]
        figures = TestFigures.of(item.nodeid, recorder.calls, recorded=recorder.recorded)
        # A test that is run again (pytest-rerunfailures) counts once.
        item.user_properties[:] = [pair for pair in item.user_properties if pair[0] not in FIGURE_PROPERTIES]
        item.user_properties += figures.properties()
        item.user_properties += [(NOTE_PROPERTY, note) for note in recorder.notes]
    _note_play(item, recorder, item.nodeid, passed=passed)
    if passed and recorder.misses:
        # Swallowed by a fixture of the test's as it was torn down, when the verdict had been given.
        raise recorder.misses[0]


def _note_play(item: pytest.Item, recorder: Recorder, user: str, *, passed: bool) -> None:
    if not recorder.cassette_path.exists():
        return
    unknown = ""
    if recorder.mode in ("all", "live"):
        unknown = f"{user} ran in mode {recorder.mode}"
    elif not passed:
        unknown = f"{user} did not run to its end"
    elif recorder.settings.unused == "ignore":
        unknown = f"`unused` is `ignore` for {user}"
    from pytest_samurai.fullrun import Play

    play = Play(str(recorder.cassette_path), recorder.count, recorder.unplayed(), recorder.shares_cassette, unknown)
    item.stash.setdefault(_PLAYS, []).append(play)


def _owner(item: pytest.Item, name: str, *, shared: bool) -> Owner:
    from pytest_samurai.recorder import Owner

    run = item.config.stash[_RUN]
    on_live = None if run.progress is None else run.progress.call
    return Owner(name, run.began, _target(item), shared, RefusedInTest, on_live)


def _target(item: pytest.Item) -> str:
    """The test as it is typed after `pytest`."""
    # The part of the id after the file, which is relative to rootdir: the command is typed where pytest was started.
    file = os.path.relpath(item.path, item.config.invocation_params.dir)
    _, colons, inside = item.nodeid.partition("::")
    return shlex.quote(f"{file}{colons}{inside}")


def _test(item: pytest.Item) -> str:
    """The id of a test, the same however the run is distributed."""
    return item.stash.get(_TEST, item.nodeid)


def _shared(config: pytest.Config) -> Shared:
    """Made when first needed: a run without marked tests needs no prices and no YAML."""
    run = config.stash[_RUN]
    if run.shared is None:
        from pytest_samurai.recorder import Shared
        from pytest_samurai.shelf import Shelf

        run.shared = Shared(_prices(config), Shelf(), run.tally)
    return run.shared


def _prices(config: pytest.Config) -> PriceList:
    run = config.stash[_RUN]
    if run.prices is None:
        from pytest_samurai.pricing import own_prices

        run.prices = own_prices(config.rootpath)
    return run.prices


def _cassette_path(request: pytest.FixtureRequest, directory: Path, name: Path | None) -> Path:
    from pytest_samurai.naming import cassette_name

    if name is None:
        return directory / cassette_name([*_classes(request.node), request.node.name])
    # Tests of several files share a cassette by its name, so it lies in the directory of all; unless theirs was moved.
    moved = directory != _default_cassette_dir(request)
    return (directory if moved else _cassette_root(request.config)) / name


@pytest.hookimpl(wrapper=True)
def _fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """What a fixture of wider scope calls goes to a cassette of that fixture, if a marked test uses it.

    Whichever test comes first: else it would belong to that one, and to none of the others.
    """
    run = request.config.stash[_RUN]
    item = run.item
    wide = fixturedef.scope != "function" and fixturedef.argname not in _SETTINGS_FIXTURES
    if item is None or not wide or fixturedef.argname not in run.recorded_fixtures:
        return (yield)
    from pytest_samurai.figures import TestFigures
    from pytest_samurai.intercept import recording
    from pytest_samurai.recorder import Recorder
    from pytest_samurai.report import NOTE_PROPERTY

    label = f"{fixturedef.scope} fixture {fixturedef.argname}"
    path = _fixture_cassette(item, fixturedef, request)
    config = _of_same_scope(request, "samurai_config", {})
    settings = _settings(request.config, Layer(f"samurai_config of {label}", "test", config))
    recorder = Recorder(path, settings, _owner(item, label, shared=True), _shared(request.config))
    recorder.open(placeholders=True)
    passed = False
    try:
        with recording(recorder):
            result = yield
        if recorder.misses:
            raise recorder.misses[0]
        passed = True
        from pytest_samurai.lock import fixture_key

        key = fixture_key(label, _relative(path, request.config).as_posix())
        regression = _held_against_lock(item, recorder, key)
        if regression is not None:
            raise regression
        return result
    finally:
        recorder.close(passed=passed)
        _note_play(item, recorder, label, passed=passed)
        if recorder.calls:
            figures = TestFigures.of(label, recorder.calls, recorded=recorder.recorded)
            item.user_properties.append(figures.fixture_property())
        item.user_properties += [(NOTE_PROPERTY, note) for note in recorder.notes]


# A recorder is made from their values.
_SETTINGS_FIXTURES = frozenset({"samurai_config", "samurai_cassette_dir"})


def _fixture_cassette(item: pytest.Item, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Path:
    """Where a fixture's cassette lies: with the tests that it is set up for, or, of wide scope, where it is defined."""
    from pytest_samurai.naming import cassette_name, module_directory

    root = _cassette_root(request.config)
    parts = [fixturedef.argname + _parameter(request)]
    if fixturedef.scope in ("module", "class"):
        directory = _of_same_scope(
            request, "samurai_cassette_dir", root / module_directory(_relative(item.path, request.config))
        )
    else:
        directory = root / module_directory(PurePosixPath(fixturedef.baseid.partition("::")[0]))
    if fixturedef.scope == "class":
        parts = [*_classes(item), *parts]
    return Path(directory) / "fixtures" / cassette_name(parts)


def _parameter(request: pytest.FixtureRequest) -> str:
    """The parameter of a fixture as pytest's own ids have it; an object goes by its number, not by its address."""
    if not hasattr(request, "param"):
        return ""
    value = request.param
    plain = isinstance(value, str | int | float | bool | None)
    # The index is no part of pytest's typed surface; an object has nothing else that stays the same.
    return f"[{value if plain else getattr(request, 'param_index', 0)}]"


def _of_same_scope(request: pytest.FixtureRequest, name: str, default: Any) -> Any:
    """The value of a fixture of ours for another fixture; the default where its scope is too narrow for that."""
    try:
        return request.getfixturevalue(name)
    except (pytest.FixtureLookupError, pytest.fail.Exception):
        return default


def _client_options() -> dict[str, Any]:
    key = os.environ.get("SAMURAI_API_KEY")
    return {
        "base_url": os.environ.get("SAMURAI_BASE_URL") or _BASE_URL,
        "headers": {"Authorization": f"Bearer {key}"} if key else {},
        # httpx gives up after 5 seconds, models often do not begin before that.
        "timeout": 60.0,
    }


@pytest.fixture
def samurai_client(samurai: Recorder) -> Iterator[Client]:
    """An `httpx.Client` with the base URL and the key set."""
    from pytest_samurai import intercept

    with intercept.client(**_client_options()) as client:
        yield client


@pytest.fixture
def samurai_async_client(samurai: Recorder) -> AsyncClient:
    """An `httpx.AsyncClient` with the base URL and the key set."""
    from pytest_samurai import intercept

    return intercept.async_client(**_client_options())


# --- unmarked tests


class _Unmarked:
    """Calls of a test while no recorder is open: counted, and refused if that is what the setting says."""

    def __init__(self, test: str, settings: Settings, *, block: bool, advice: str) -> None:
        self.endpoints = settings.matcher.endpoints
        self.block = block
        self.refusals: list[RequestNotRecorded] = []
        self.calls = 0
        self._test = test
        self._advice = advice

    def refused(self, url: str) -> RequestNotRecorded:
        from pytest_samurai.redaction import environment_secrets, shown_url

        where = shown_url(url, environment_secrets(os.environ))
        refusal = RefusedInTest(
            f"{where} is a chat call for which no recorder is open, and no call may go live unrecorded here.\n"
            f"  test      {self._test}\n"
            f"  {self._advice}"
        )
        self.refusals.append(refusal)
        return refusal

    def went_live(self) -> None:
        self.calls += 1


_UNMARKED = pytest.StashKey[_Unmarked]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """All that an unmarked test costs, as long as nothing has been imported that it could call with."""
    run = item.config.stash[_RUN]
    if run.at_work or any(name in sys.modules for name in _CALLERS):
        _be_at_work(item.config)
        run.item = item
        run.watched = _watch(item)


_CALLERS = ("httpx", "httpx2", "pytest_samurai.recorder")


def _be_at_work(config: pytest.Config) -> None:
    """From now on, look at what tests do: there is one that is ours, or that may call."""
    run = config.stash[_RUN]
    if not run.at_work:
        run.at_work = True
        config.pluginmanager.register(_AtWork(run), "samurai-at-work")


def _done(run: _Run) -> None:
    """The test has ended that was begun last."""
    run.item = None
    if run.watched:
        from pytest_samurai import intercept

        run.watched = False
        intercept.watch(None)


def _watch(item: pytest.Item) -> bool:
    """Watch over what a test calls while no recorder is open, if there is anything that it could call with.

    Of a test without the marker that is all; of one with it, what a fixture of wider scope calls as it is torn down.
    """
    run = item.config.stash[_RUN]
    marked = _is_marked(item)
    settings = run.settings
    block = settings.unmarked == "block" or (marked and settings.mode == "none")
    if settings.unmarked == "allow" and not block:
        return False
    if not block and "httpx" not in sys.modules and "httpx2" not in sys.modules:
        return False
    from pytest_samurai import intercept

    if not run.watching:
        run.watching = True
        intercept.install(later=block)
    intercept.patch_imported()
    advice = (
        "Calls that a fixture of wider scope makes as it is torn down cannot be recorded."
        if marked
        else "Mark the test with @pytest.mark.samurai to record and replay it."
    )
    item.stash[_UNMARKED] = unmarked = _Unmarked(item.nodeid, settings, block=block, advice=advice)
    intercept.watch(unmarked)
    return True


# --- verdicts


@pytest.hookimpl(wrapper=True)
def _runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a test whose body went through, in its call phase, so that it is that test's own report which fails."""
    result = yield
    recorder = item.stash.get(_RECORDER, None)
    unmarked = item.stash.get(_UNMARKED, None)
    verdict: BaseException | None = None
    # unittest keeps a failure to itself until the report is made.
    if getattr(item, "_excinfo", None):
        return result
    if recorder is not None:
        verdict = recorder.verdict()
        item.stash[_PASSED] = verdict is None
        # What it recorded is whole, and what it grew by is to be seen in the replay too.
        verdict = verdict or _held_against_lock(item, recorder, _test(item))
    elif unmarked is not None and unmarked.refusals:
        verdict = unmarked.refusals[0]
    if verdict is not None:
        raise verdict
    return result


def _forget(item: pytest.Item) -> None:
    """Forget how a test, not one of its fixtures, stood against the lock."""
    from pytest_samurai.lock import REGRESSION_PROPERTY, Regression

    test = _test(item)
    item.stash.get(_HELD, {}).pop(test, None)
    item.user_properties[:] = [
        (name, value)
        for name, value in item.user_properties
        if name != REGRESSION_PROPERTY or Regression.from_json(str(value)).test != test
    ]


def _held_against_lock(item: pytest.Item, recorder: Recorder, test: str) -> UsageRegression | None:
    """What a test, or fixture, grew by; if it did not, its figures are kept, to be written down or compared.

    They are those of now, when the verdict is given: what a test calls as it is torn down is in neither of the two. Nor
    are errors that are not recorded, of which a replay has none. What goes live without being recorded differs from run
    to run, so that is not held against anything.
    """
    from pytest_samurai.figures import TestFigures
    from pytest_samurai.lock import REGRESSION_PROPERTY, Tolerance, judge, regression_text

    config = item.config
    run, lock = config.stash[_RUN], _lock(config)
    if recorder.mode == "live" or (lock is None and not run.settings.update):
        return None
    figures = TestFigures.of(test, recorder.kept_calls, recorded=0)
    tolerance = recorder.settings.tolerance or Tolerance()
    regressions = judge(figures, lock, tolerance) if lock is not None and not run.settings.update else ()
    if not regressions:
        item.stash.setdefault(_HELD, {})[test] = figures
        return None
    item.user_properties += [(REGRESSION_PROPERTY, one.as_json()) for one in regressions]
    text = regression_text(
        regressions, tolerance, lock=run.settings.lock, rerun=_target(item), why=_why(config, recorder, test)
    )
    return UsageRegression(text)


def _why(config: pytest.Config, recorder: Recorder, test: str) -> str:
    """What `pytest-samurai why` is given for a test; it knows no options of pytest's."""
    from pytest_samurai.lock import fixture_cassette
    from pytest_samurai.naming import cassette_of

    arguments, lock = [test], config.stash[_RUN].settings.lock
    if lock != LOCK:
        arguments.append(f"--lock={lock}")
    usual = fixture_cassette(test) or f"{CASSETTES}/{cassette_of(test)}"
    if recorder.cassette_path != config.rootpath / usual:
        arguments.append(f"--cassette={recorder.shown_path}")
    return " ".join(map(shlex.quote, arguments))


@pytest.hookimpl(wrapper=True)
def _runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    from pytest_samurai.report import UNMARKED_PROPERTY

    unmarked = item.stash.get(_UNMARKED, None)
    if call.when == "teardown" and unmarked is not None and unmarked.calls:
        item.user_properties.append((UNMARKED_PROPERTY, unmarked.calls))
    report = yield from _report(item, call)
    if call.when == "teardown" and _HELD in item.stash:
        # Not among the properties of the test, which JUnit shows; xdist hands on the attributes of a report.
        from pytest_samurai.lock import held_text

        held = [held_text(figures) for figures in item.stash[_HELD].values()]
        report.samurai_held = held  # type: ignore[attr-defined]  # a report takes any
    return report


def _report(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A report that shows of our errors what their texts say, and no inside of libraries."""
    error = call.excinfo
    if error is None or not isinstance(error.value, RequestNotRecorded | SamuraiFailure | SamuraiError):
        report = yield
        recorder = item.stash.get(_RECORDER, None)
        if call.when == "call" and error is not None and recorder is not None and recorder.misses:
            # The test failed of something else, which may well be what the application made of this.
            report.sections.append(("samurai: request not recorded", str(recorder.misses[0])))
            _note_failure(report, recorder.misses[0])
        return report
    own = _own_frames(error.tb)
    if own is not None:
        call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error.value), error.value, own))
    report = yield
    _note_failure(report, error.value)
    if own is None:
        shown = error.getrepr(style="value")
        if shown.reprcrash is not None:  # pragma: no branch - None where all frames are hidden, and ours are not
            # The short summary has one line for it, cut at the terminal's edge.
            shown.reprcrash.message = f"{type(error.value).__name__}: {error.value}"
        report.longrepr = shown
    return report


class _AtWork:
    """The hooks that tests cost time for which they are nothing: registered with the first that may call."""

    pytest_fixture_setup = staticmethod(_fixture_setup)
    pytest_runtest_call = staticmethod(_runtest_call)
    pytest_runtest_makereport = staticmethod(_runtest_makereport)

    def __init__(self, run: _Run) -> None:
        self._run = run

    def pytest_runtest_logfinish(self) -> None:
        _done(self._run)


def _note_failure(report: pytest.TestReport, error: BaseException) -> None:
    """For the summary, which may be in another process: xdist hands on the attributes of a report."""
    report.samurai_failure = (type(error).__name__, str(error))  # type: ignore[attr-defined]  # a report takes any


@cache
def _libraries() -> tuple[Path, ...]:
    import sysconfig

    return (Path(__file__).parent, *{Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")})


def _own_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without libraries: the inside of an SDK says nothing of why a request is not recorded."""
    if trace is None:
        return None
    rest = _own_frames(trace.tb_next)
    path = Path(trace.tb_frame.f_code.co_filename)
    if any(path.is_relative_to(place) for place in _libraries()):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


# --- what a run used

_NOTE = "samurai/full_run"


class _Use:
    """Gathers what tests played of which cassettes, whichever process they ran in, and whether all of them did.

    Only after a full run is what none of them played of no use. It travels with the reports, but not among the
    properties of a test, which JUnit shows.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.plays: list[Play] = []
        self.absent: list[Absent] = []
        self.not_full = "it has not ended"
        self._config = config
        self._collected = 0
        self._deselected = 0
        self._failed = False
        self._chosen: set[str] = set()
        self._ran: set[str] = set()
        self._skipped: list[str] = []

    # Where tests run.

    def pytest_itemcollected(self) -> None:
        self._collected += 1

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._chosen.update(item.nodeid for item in session.items)
        # Counted, because some plugins drop tests and call no hook for it.
        self._deselected = self._collected - len(session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        carried = cast("Any", report)
        if call.when == "setup" and _is_marked(item) and _PASSED not in item.stash and not report.failed:
            carried.samurai_absent = asdict(_absent(item))
        if call.when == "teardown":
            carried.samurai_plays = [asdict(play) for play in self._played(item)]
        return report

    def _played(self, item: pytest.Item) -> list[Play]:
        plays = item.stash.get(_PLAYS, [])
        intercept = sys.modules.get("pytest_samurai.intercept")
        opened = intercept.take_cassettes() if intercept is not None else ()
        known = {play.cassette for play in plays}
        others = sorted(path for path in opened if str(path) not in known and path.exists())
        if not others:
            return plays
        from pytest_samurai.fullrun import Play

        return [*plays, *(Play(str(path), 0, [], shared=True, unknown="`use_cassette` opened it") for path in others)]

    # Where the run is led from: under xdist, another process.

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._chosen.update(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # A worker that crashed has none.
        self._deselected += getattr(node, "workeroutput", {}).get("samurai_deselected", 0)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed
        if report.when == "teardown":
            self._ran.add(report.nodeid)
        plays, absent = getattr(report, "samurai_plays", ()), getattr(report, "samurai_absent", None)
        if not plays and absent is None:
            return
        from pytest_samurai.fullrun import Absent, Play

        self.plays += [Play(**play) for play in plays]
        if absent is not None:
            self.absent.append(Absent(**absent))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["samurai_deselected"] = self._deselected
            return
        from pytest_samurai.fullrun import placed

        self.not_full = self._why_not_full(exitstatus)
        self.plays = placed(self.plays, self._config.rootpath)
        cache = getattr(self._config, "cache", None)
        directory = _cassette_root(self._config)
        if cache is None or not (self.plays or directory.is_dir()):
            return
        if self.not_full:
            self._add_to_note(cache)
            return
        from pytest_samurai.prune import noted

        run = self._config.stash[_RUN]
        mode = run.settings.mode
        full = noted(self._config.rootpath, directory, self.plays, self.absent, mode=mode, began=run.began)
        cache.set(_NOTE, full.as_json())

    def _add_to_note(self, cache: pytest.Cache) -> None:
        from pytest_samurai.fullrun import FullRun

        try:
            full = FullRun.from_json(cache.get(_NOTE, None))
        except (KeyError, TypeError):
            # None yet, or one of another version.
            cache.set(_NOTE, {"not_full": self.not_full})
        else:
            cache.set(_NOTE, full.with_plays(self.plays).as_json())

    def _why_not_full(self, exitstatus: int) -> str:
        """Why not all tests ran and passed, as the end of a sentence; nothing if they did."""
        config = self._config
        narrowing = ("--lf", "--ignore", "--ignore-glob", "--collect-only", "--setup-plan", "--setup-only")
        flag = next((flag for flag in narrowing if config.getoption(flag, None)), None)
        missing = len(self._chosen - self._ran)
        reasons = {
            "it did not pass": exitstatus != pytest.ExitCode.OK or self._failed,
            "paths were given": config.args_source == pytest.Config.ArgsSource.ARGS,
            "it was not started in pytest's root directory": config.invocation_params.dir != config.rootpath,
            f"{flag} was given": flag,
            f"{self._deselected} of its tests were deselected": self._deselected,
            f"{''.join(self._skipped[:1])} was skipped as a whole": self._skipped,
            f"it ended before {missing} of its tests had run": missing,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")


def _absent(item: pytest.Item) -> Absent:
    from pytest_samurai.fullrun import Absent
    from pytest_samurai.naming import cassette_name

    name, _ = _marker(item) or (None, None)
    cassette = cassette_name([*_classes(item), item.name]) if name is None else name.as_posix()
    return Absent(item.nodeid, cassette, list(item.fixturenames))  # type: ignore[attr-defined]  # functions have it


# --- what stands against the lock


class _Held:
    """Gathers what tests used, whichever process they ran in; brings the lock up to date by it, or compares the two."""

    def __init__(self, run: _Run, use: _Use) -> None:
        self.lines: list[str] = []
        self.error: str | None = None
        self._run = run
        self._use = use
        self._held: dict[str, TestFigures] = {}
        self._failed: set[str] = set()
        self._recorded = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)
        self._recorded = self._recorded or any(map(_tells_of_recording, report.user_properties))
        texts = getattr(report, "samurai_held", ())
        if not texts:
            return
        from pytest_samurai.lock import fixture_cassette, held_from_text

        for held in map(held_from_text, texts):
            if report.nodeid not in self._failed or fixture_cassette(held.test) is not None:
                self._held[held.test] = held

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Bring the lock up to date, or see what it has to do with this run; no error of that may leave this hook."""
        run, output = self._run, getattr(session.config, "workeroutput", None)
        if output is not None:
            output["samurai_collected"] = sorted(run.collected)
            output["samurai_collected_files"] = sorted(run.collected_files)
            return
        gone = set() if self._use.not_full else self._gone(session.config.rootpath)
        if run.settings.update:
            self._write(session.config.rootpath / run.settings.lock, gone)
        elif self._held or gone or self._recorded:
            self._compare(gone)
        if self.error is not None and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, path: Path, gone: set[str]) -> None:
        from pytest_samurai import lockfile
        from pytest_samurai.lock import accepted, update_line

        name, held = self._run.settings.lock, list(self._held.values())
        if not held:
            self.lines = [f"samurai: {name}: no test of this run earned a row"]
            return
        try:
            old, new = lockfile.update(path, lambda lock: accepted(lock, held, gone))
        except SamuraiError as error:
            self.error = str(error)
        else:
            self.lines = [update_line(name, old, new)]

    def _compare(self, gone: set[str]) -> None:
        from pytest_samurai.lock import Tolerance, no_overlap, summary_lines

        run = self._run
        name, ci = run.settings.lock, in_ci(os.environ)
        if ci and self._held and run.lock is not None:
            self.error = no_overlap(run.lock, name, run.collected | self._held.keys())
        recorded = not ci and self._recorded
        held = [self._held[test] for test in sorted(self._held)]
        tolerance = run.settings.tolerance or Tolerance()
        self.lines = summary_lines(run.lock, name, held, tolerance, gone=gone, recorded=recorded)

    def _gone(self, rootpath: Path) -> set[str]:
        """The rows of tests that are no more: the file is gone, or was collected and did not have them.

        A file that is there and gave no test at all may have been skipped, or left out by a `conftest.py`.
        """
        from pytest_samurai.lock import fixture_cassette

        run = self._run
        gone = set()
        for test in (run.lock.tests if run.lock is not None else {}).keys() - self._held.keys() - run.collected:
            cassette = fixture_cassette(test)
            there = (rootpath / (cassette or _file_of(test))).exists()
            if not there or (cassette is None and _file_of(test) in run.collected_files):
                gone.add(test)
        return gone


def _tells_of_recording(user_property: tuple[str, object]) -> bool:
    name, value = user_property
    if name == "samurai_fixture":
        return bool(json.loads(str(value))["figures"]["samurai_recorded"])
    return name == "samurai_recorded" and bool(value)


# --- progress


def _shows_progress(config: pytest.Config) -> bool:
    """Where nothing but pytest writes to a terminal that can take a line back."""
    return (
        sys.stdout.isatty()
        and sys.stdout is sys.__stdout__
        and os.environ.get("TERM", "dumb") != "dumb"
        and config.get_verbosity() >= 0
        and config.getoption("capture", "no") != "no"
        and not (config.getini("log_cli") or config.getoption("log_cli_level"))
    )


class _ProgressLine:
    """Shows how far a recording is, until pytest writes something itself.

    To the terminal behind pytest's capture, which goes on meanwhile: to switch it off for a moment, as pytest does for
    its own lines, would let slip through what other threads print.
    """

    def __init__(self, config: pytest.Config) -> None:
        from pytest_samurai.progress import Progress

        self._file = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding, errors="replace")
        writer = config.get_terminal_writer
        self._progress = Progress(self._file, lambda: (writer().fullwidth, writer().width_of_current_line))
        config.stash[_RUN].progress = self._progress

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self) -> None:
        self._progress.clear()

    def pytest_enter_pdb(self) -> None:
        # Too late to clear: pytest has written a headline already.
        self._progress.leave()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        self._progress.clear()

    def pytest_unconfigure(self) -> None:
        self._file.close()


# --- summary


class _Summary:
    """Gathers what the reports carry, whichever process they come from, prints it and writes it down."""

    def __init__(self, run: _Run, use: _Use, held: _Held) -> None:
        self._run = run
        self._use = use
        self._held = held
        self._phases: dict[tuple[str, str], list[pytest.TestReport]] = {}
        self._tests: list[TestRun] = []
        self._failures: list[Failure] = []
        self._fixtures: list[TestFigures] = []
        self._notes: list[str] = []
        self._unmarked: dict[str, int] = {}
        self._published: tuple[str, ...] = ()
        self._unpublished: tuple[str, ...] = ()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # `--dist=each` runs a test once in each worker.
        key = (report.nodeid, getattr(report, "worker_id", ""))
        if report.when == "setup":
            # It may run again (pytest-rerunfailures).
            self._phases[key] = []
        phases = self._phases.setdefault(key, [])
        phases.append(report)
        if report.when != "teardown":
            return
        del self._phases[key]
        failed = [phase for phase in phases if phase.failed and hasattr(phase, "samurai_failure")]
        if not report.user_properties and not failed:
            return
        from pytest_samurai.figures import FIXTURE_PROPERTY, TestFigures
        from pytest_samurai.lock import REGRESSION_PROPERTY
        from pytest_samurai.report import NOTE_PROPERTY, UNMARKED_PROPERTY
        from pytest_samurai.run import Failure, TestRun

        file, line = Path(report.location[0]).as_posix(), (report.location[1] or 0) + 1
        for phase in failed:
            kind, text = cast("Any", phase).samurai_failure
            self._failures.append(Failure(report.nodeid, kind, text, file, line))
        figures = TestFigures.from_properties(report.nodeid, report.user_properties)
        regressions = []
        for name, value in report.user_properties:
            if name == FIXTURE_PROPERTY:
                self._fixtures.append(TestFigures.from_fixture_property(str(value)))
            elif name == NOTE_PROPERTY:
                self._notes.append(str(value))
            elif name == REGRESSION_PROPERTY:
                regressions.append(json.loads(str(value)))
            elif name == UNMARKED_PROPERTY:
                self._unmarked[report.nodeid] = cast("int", value)
        if figures is not None:
            self._tests.append(TestRun(figures, _outcome(phases), file, line, tuple(regressions)))

    def _so_far(self) -> Run:
        from importlib.metadata import distributions

        from pytest_samurai.run import Run

        return Run(
            # As it was installed; it also works without, as `-p pytest_samurai.plugin`.
            next((found.version for found in distributions(name="pytest-samurai")), "unknown"),
            self._run.began.strftime("%Y-%m-%dT%H:%M:%SZ"),
            self._run.settings.mode,
            tuple(self._tests),
            tuple(self._fixtures),
            tuple(self._failures),
            tuple(self._notes),
            self._unmarked,
        )

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        targets = self._run.settings.report
        if not targets or hasattr(session.config, "workerinput"):
            return
        from pytest_samurai.publish import publish

        published = publish(
            self._so_far(),
            targets,
            directory=session.config.invocation_params.dir,
            environ=os.environ,
            rootdir=session.config.rootpath,
        )
        self._published, self._unpublished = published.lines, published.errors
        if self._unpublished and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._tests and terminalreporter.verbosity >= 0:
            self._write_figures(terminalreporter)
        for line, markup in self._notices():
            terminalreporter.write_line(line, **markup)

    def _write_figures(self, terminalreporter: pytest.TerminalReporter) -> None:
        from pytest_samurai.report import regression_lines, top_lines, totals_line

        run = self._so_far()
        lines = [totals_line(run.totals), *top_lines(run.figures, self._run.settings.top)]
        for line in ["", *lines]:
            terminalreporter.write_line(line)
        for line in regression_lines(run.regressions):
            terminalreporter.write_line(line, red=True)
        for line in self._held.lines:
            terminalreporter.write_line(line)

    def _notices(self) -> Iterator[tuple[str, dict[str, bool]]]:
        """What is said even where a run is to be quiet."""
        red, yellow = {"red": True}, {"yellow": True}
        if self._held.error is not None:
            yield f"samurai: {self._held.error}", red
        # Each test of a shared cassette says the same of it.
        yield from ((f"samurai: {note}", yellow) for note in dict.fromkeys(self._notes))
        if self._use.plays and not self._use.not_full:
            from pytest_samurai.report import shared_lines

            yield from ((line, yellow) for line in shared_lines(self._use.plays, self._use.absent))
        if self._unmarked:
            from pytest_samurai.report import unmarked_line

            yield unmarked_line(self._unmarked), yellow
        yield from ((line, {}) for line in self._published)
        yield from ((f"samurai: {error}", red) for error in self._unpublished)


def _outcome(phases: Sequence[pytest.TestReport]) -> str:
    """What became of a test, in pytest's words."""
    failed = [phase for phase in phases if phase.failed]
    if failed:
        return "failed" if failed[0].when == "call" else "error"
    skipped = any(phase.skipped for phase in phases)
    if any(hasattr(phase, "wasxfail") for phase in phases):
        return "xfailed" if skipped else "xpassed"
    return "skipped" if skipped else "passed"
