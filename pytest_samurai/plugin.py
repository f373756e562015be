"""The door to pytest: options, marker, fixtures, verdicts, summary. It decides nothing that the rooms below can."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from pytest_samurai import lockfile
from pytest_samurai.errors import RequestNotRecorded, SamuraiError, SamuraiFailure, SettingsError, UsageRegression
from pytest_samurai.figures import FIGURE_PROPERTIES, FIXTURE_PROPERTY, TestFigures
from pytest_samurai.lock import (
    REGRESSION_PROPERTY,
    Lock,
    Regression,
    accepted,
    fixture_cassette,
    fixture_key,
    held_from_text,
    held_text,
    judge,
    no_overlap,
    regression_text,
    summary_lines,
    update_line,
)
from pytest_samurai.matching import Endpoints
from pytest_samurai.naming import cassette_name, cassette_of, module_directory, named_cassette
from pytest_samurai.pricing import PriceList, own_prices
from pytest_samurai.redaction import shown_url
from pytest_samurai.report import (
    NOTE_PROPERTY,
    SHARED_PROPERTY,
    UNMARKED_PROPERTY,
    SharedPlay,
    shared_lines,
    top_lines,
    totals_line,
    unmarked_line,
)
from pytest_samurai.settings import CASSETTES, LOCK, Layer, Settings, environment_layers, in_ci, options, resolve

if TYPE_CHECKING:
    from pytest_samurai.intercept import AsyncClient, Client
    from pytest_samurai.recorder import Owner, Recorder

_MARKER = "samurai"
_BASE_URL = "https://www.samuraiapi.in/v1"


@dataclass
class _Run:
    """What this process knows of the run."""

    began: datetime
    settings: Settings
    watching: bool = False
    item: pytest.Item | None = None
    recorded_fixtures: set[str] = field(default_factory=set)
    prices: PriceList | None = None
    lock: Lock | None = None
    lock_is_read: bool = False
    collected: set[str] = field(default_factory=set)
    collected_files: set[str] = field(default_factory=set)


_RUN = pytest.StashKey[_Run]()
_RECORDER = pytest.StashKey[Any]()
_PASSED = pytest.StashKey[bool]()
_TEST = pytest.StashKey[str]()
_HELD = pytest.StashKey[dict[str, TestFigures]]()


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


def _prices(config: pytest.Config) -> PriceList:
    run = config.stash[_RUN]
    if run.prices is None:
        run.prices = own_prices(config.rootpath)
    return run.prices


def _lock(config: pytest.Config) -> Lock | None:
    """The lock as it was when the run began; None if there is none. Raises SettingsError if it cannot be read."""
    run = config.stash[_RUN]
    if not run.lock_is_read:
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
    config.stash[_RUN] = _Run(began, settings)
    config.pluginmanager.register(_Summary(settings.top), "samurai-summary")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Under xdist: all workers are one run, which began when the controller did."""
    node.workerinput["samurai_began"] = node.config.stash[_RUN].began.isoformat()
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
    if run is not None and run.watching:
        from pytest_samurai import intercept

        intercept.uninstall()


# --- the marker


def _marker(item: pytest.Item) -> tuple[Path | None, Layer] | None:
    """The path that a marker gives to the cassette, and its options: the nearest marker wins, key by key."""
    markers = list(item.iter_markers(_MARKER))
    if not markers:
        return None
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
    from pytest_samurai.intercept import recording
    from pytest_samurai.recorder import Recorder

    item = cast("pytest.Item", request.node)
    name, layer = _marker(item) or (None, Layer(item.nodeid, "test", {}))
    source = f"samurai_config of {item.nodeid}"
    if not isinstance(samurai_config, dict):
        raise SettingsError(f"{source} is {samurai_config!r}; it has to be a dict of options")
    settings = _settings(request.config, Layer(source, "test", samurai_config), layer)
    path = _cassette_path(request, samurai_cassette_dir, name)
    owner = _owner(item, item.nodeid, shared=name is not None)
    recorder = Recorder(path, settings, owner, _prices(request.config))
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
    item.user_properties += _shared_play(recorder)
    if passed and recorder.misses:
        # Swallowed by a fixture of the test's as it was torn down, when the verdict had been given.
        raise recorder.misses[0]


def _shared_play(recorder: Recorder) -> list[tuple[str, str]]:
    if not (recorder.shares_cassette and recorder.replaying) or recorder.settings.unused == "ignore":
        return []
    return [SharedPlay(recorder.shown_path, recorder.count, recorder.unplayed()).shared_property()]


def _owner(item: pytest.Item, name: str, *, shared: bool) -> Owner:
    from pytest_samurai.recorder import Owner

    return Owner(name, item.config.stash[_RUN].began, _target(item), shared, RefusedInTest)


def _target(item: pytest.Item) -> str:
    """The test as it is typed after `pytest`."""
    # The part of the id after the file, which is relative to rootdir: the command is typed where pytest was started.
    file = os.path.relpath(item.path, item.config.invocation_params.dir)
    _, colons, inside = item.nodeid.partition("::")
    return shlex.quote(f"{file}{colons}{inside}")


def _test(item: pytest.Item) -> str:
    """The id of a test, the same however the run is distributed."""
    return item.stash.get(_TEST, item.nodeid)


def _cassette_path(request: pytest.FixtureRequest, directory: Path, name: Path | None) -> Path:
    if name is None:
        return directory / cassette_name([*_classes(request.node), request.node.name])
    # Tests of several files share a cassette by its name, so it lies in the directory of all; unless theirs was moved.
    moved = directory != _default_cassette_dir(request)
    return (directory if moved else _cassette_root(request.config)) / name


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
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
    from pytest_samurai.intercept import recording
    from pytest_samurai.recorder import Recorder

    label = f"{fixturedef.scope} fixture {fixturedef.argname}"
    path = _fixture_cassette(item, fixturedef, request)
    config = _of_same_scope(request, "samurai_config", {})
    settings = _settings(request.config, Layer(f"samurai_config of {label}", "test", config))
    recorder = Recorder(path, settings, _owner(item, label, shared=True), _prices(request.config))
    recorder.open(placeholders=True)
    passed = False
    try:
        with recording(recorder):
            result = yield
        if recorder.misses:
            raise recorder.misses[0]
        passed = True
        key = fixture_key(label, _relative(path, request.config).as_posix())
        regression = _held_against_lock(item, recorder, key)
        if regression is not None:
            raise regression
        return result
    finally:
        recorder.close(passed=passed)
        if recorder.calls:
            figures = TestFigures.of(label, recorder.calls, recorded=recorder.recorded)
            item.user_properties.append(figures.fixture_property())
            item.user_properties += _shared_play(recorder)
        item.user_properties += [(NOTE_PROPERTY, note) for note in recorder.notes]


# A recorder is made from their values.
_SETTINGS_FIXTURES = frozenset({"samurai_config", "samurai_cassette_dir"})


def _fixture_cassette(item: pytest.Item, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Path:
    """Where a fixture's cassette lies: with the tests that it is set up for, or, of wide scope, where it is defined."""
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
        self.endpoints = Endpoints(settings.endpoints)
        self.block = block
        self.refusals: list[RequestNotRecorded] = []
        self.calls = 0
        self._test = test
        self._advice = advice

    def refused(self, url: str) -> RequestNotRecorded:
        refusal = RefusedInTest(
            f"{shown_url(url)} is a chat call for which no recorder is open, and no call may go live unrecorded here.\n"
            f"  test      {self._test}\n"
            f"  {self._advice}"
        )
        self.refusals.append(refusal)
        return refusal

    def went_live(self) -> None:
        self.calls += 1


_UNMARKED = pytest.StashKey[_Unmarked]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    run = item.config.stash[_RUN]
    run.item = item
    watched = _watch(item)
    try:
        return (yield)
    finally:
        run.item = None
        if watched:
            from pytest_samurai import intercept

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
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
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
    config = item.config
    run, lock = config.stash[_RUN], _lock(config)
    if recorder.mode == "live" or (lock is None and not run.settings.update):
        return None
    figures = TestFigures.of(test, recorder.kept_calls, recorded=0)
    tolerance = recorder.settings.tolerance
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
    arguments, lock = [test], config.stash[_RUN].settings.lock
    if lock != LOCK:
        arguments.append(f"--lock={lock}")
    usual = fixture_cassette(test) or f"{CASSETTES}/{cassette_of(test)}"
    if recorder.cassette_path != config.rootpath / usual:
        arguments.append(f"--cassette={recorder.shown_path}")
    return " ".join(map(shlex.quote, arguments))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    unmarked = item.stash.get(_UNMARKED, None)
    if call.when == "teardown" and unmarked is not None and unmarked.calls:
        item.user_properties.append((UNMARKED_PROPERTY, unmarked.calls))
    report = yield from _report(item, call)
    if call.when == "teardown" and _HELD in item.stash:
        # Not among the properties of the test, which JUnit shows; xdist hands on the attributes of a report.
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
        return report
    own = _own_frames(error.tb)
    if own is not None:
        call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error.value), error.value, own))
    report = yield
    if own is None:
        shown = error.getrepr(style="value")
        if shown.reprcrash is not None:  # pragma: no branch - None where all frames are hidden, and ours are not
            # The short summary has one line for it, cut at the terminal's edge.
            shown.reprcrash.message = f"{type(error.value).__name__}: {error.value}"
        report.longrepr = shown
    return report


_LIBRARIES = (Path(__file__).parent, *{Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")})


def _own_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without libraries: the inside of an SDK says nothing of why a request is not recorded."""
    if trace is None:
        return None
    rest = _own_frames(trace.tb_next)
    path = Path(trace.tb_frame.f_code.co_filename)
    if any(path.is_relative_to(place) for place in _LIBRARIES):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


# --- summary


def _is_full_run(config: pytest.Config) -> bool:
    """Whether all tests ran: only then is what none of them played of a shared cassette of no use."""
    chosen = [
        config.getoption(name, None) for name in ("keyword", "markexpr", "lf", "deselect", "ignore", "ignore_glob")
    ]
    return config.args_source != pytest.Config.ArgsSource.ARGS and not any(chosen)


class _Summary:
    """Gathers what the reports carry, whichever process they come from, and prints it."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._figures: list[TestFigures] = []
        self._fixtures: list[TestFigures] = []
        self._notes: list[str] = []
        self._shared: list[SharedPlay] = []
        self._unmarked: dict[str, int] = {}
        self._held: dict[str, TestFigures] = {}
        self._failed: set[str] = set()
        self._lock_lines: list[str] = []
        self._lock_error: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)
        if report.when != "teardown":
            return
        for held in map(held_from_text, getattr(report, "samurai_held", ())):
            if report.nodeid not in self._failed or fixture_cassette(held.test) is not None:
                self._held[held.test] = held
        figures = TestFigures.from_properties(report.nodeid, report.user_properties)
        if figures is not None:
            self._figures.append(figures)
        for name, value in report.user_properties:
            if name == FIXTURE_PROPERTY:
                self._fixtures.append(TestFigures.from_fixture_property(str(value)))
            elif name == SHARED_PROPERTY:
                self._shared.append(SharedPlay.from_shared_property(str(value)))
            elif name == NOTE_PROPERTY:
                self._notes.append(str(value))
            elif name == UNMARKED_PROPERTY:
                self._unmarked[report.nodeid] = cast("int", value)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Bring the lock up to date, or see what it has to do with this run; no error of that may leave this hook."""
        config = session.config
        run = config.stash[_RUN]
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output["samurai_collected"] = sorted(run.collected)
            output["samurai_collected_files"] = sorted(run.collected_files)
            return
        gone = self._gone(config) if exitstatus == pytest.ExitCode.OK and _is_full_run(config) else set()
        if run.settings.update:
            self._write_lock(config, gone)
        else:
            self._compare_with_lock(run, gone)
        if self._lock_error is not None and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write_lock(self, config: pytest.Config, gone: set[str]) -> None:
        name = config.stash[_RUN].settings.lock
        held = list(self._held.values())
        if not held:
            self._lock_lines = [f"samurai: {name}: no test of this run earned a row"] if self._figures else []
            return
        try:
            old, new = lockfile.update(config.rootpath / name, lambda lock: accepted(lock, held, gone))
        except SamuraiError as error:
            self._lock_error = str(error)
        else:
            self._lock_lines = [update_line(name, old, new)]

    def _compare_with_lock(self, run: _Run, gone: set[str]) -> None:
        name, ci = run.settings.lock, in_ci(os.environ)
        if ci and self._held and run.lock is not None:
            self._lock_error = no_overlap(run.lock, name, run.collected | self._held.keys())
        recorded = not ci and any(one.recorded for one in [*self._figures, *self._fixtures])
        held = [self._held[test] for test in sorted(self._held)]
        self._lock_lines = summary_lines(run.lock, name, held, run.settings.tolerance, gone=gone, recorded=recorded)

    def _gone(self, config: pytest.Config) -> set[str]:
        """The rows of tests that are no more: the file is gone, or was collected and did not have them.

        A file that is there and gave no test at all may have been skipped, or left out by a `conftest.py`.
        """
        run = config.stash[_RUN]
        gone = set()
        for test in (run.lock.tests if run.lock is not None else {}).keys() - self._held.keys() - run.collected:
            cassette = fixture_cassette(test)
            there = (config.rootpath / (cassette or _file_of(test))).exists()
            if not there or (cassette is None and _file_of(test) in run.collected_files):
                gone.add(test)
        return gone

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode, config: pytest.Config
    ) -> None:
        write = terminalreporter.write_line
        if self._figures and terminalreporter.verbosity >= 0:
            write("")
            write(totals_line(self._figures, self._fixtures))
            for line in top_lines([*self._figures, *self._fixtures], self._top):
                write(line)
        for line in self._lock_lines if terminalreporter.verbosity >= 0 else ():
            write(line)
        if self._lock_error is not None:
            write(f"samurai: {self._lock_error}", red=True)
        for note in self._notes:
            write(f"samurai: {note}", yellow=True)
        if exitstatus == pytest.ExitCode.OK and _is_full_run(config):
            for line in shared_lines(self._shared):
                write(line, yellow=True)
        if self._unmarked:
            write(unmarked_line(self._unmarked), yellow=True)
