"""The pytest internals that we use, which may change with any release.

They are all in this module, each with its purpose. If a new pytest changes one of them, tests/plugin/test_internals.py
fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest.outcomes import TEST_OUTCOME
from _pytest.skipping import xfailed_key

Definitions = Sequence[pytest.FixtureDef[Any]]
"""All fixtures with one name that a test can see. Each is overridden by the next."""


def own_definitions(item: pytest.Item) -> MutableMapping[str, Definitions]:
    """The fixtures that pytest will set up for a test, by name; empty for an item without fixtures.

    Pytest's public way to a fixture's scope is `FixtureDef.scope`, but no public way gives a definition before its
    setup. The order must be known before that, and pytest uses a definition that is put in here. (Before pytest 9.1 it
    does not, which only costs a test some time.)
    """
    if isinstance(item, pytest.Function):
        return cast("MutableMapping[str, Definitions]", item._fixtureinfo.name2fixturedefs)
    # Items of other plugins have no fixtures, or carry pytest's own record of them.
    return getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})


def visible_definitions(item: pytest.Item, name: str) -> Definitions:
    """The fixtures that a test could get by this name; more than one if it is overridden.

    Pytest's public way, `request.getfixturevalue`, sets the fixture up.
    """
    return item.session._fixturemanager.getfixturedefs(name, item) or ()


def unittest_outcomes(item: pytest.Item) -> list[pytest.ExceptionInfo[BaseException]]:
    """How the body of a `unittest` test ended: empty if it passed, or for any other kind of test.

    It includes failures, skips and expected failures. Pytest keeps them private until it makes the first report.
    """
    return getattr(item, "_excinfo", None) or []


def expected_by_xfail(item: pytest.Item) -> tuple[object, ...]:
    """The exceptions that a test's `xfail` mark names in `raises`.

    If there are several marks, pytest's choice counts.
    """
    mark = item.stash.get(xfailed_key, None)
    raises = getattr(mark, "raises", None)
    # `pytest.RaisesExc` is another way to name the exceptions.
    raises = getattr(raises, "expected_exceptions", raises)
    return raises if isinstance(raises, tuple) else (raises,)


def go_on_tearing_down(item: pytest.Item, nextitem: pytest.Item | None, error: BaseException) -> None:
    """Tear down what a fixture's error has kept pytest from tearing down.

    Pytest continues by itself after an exception and after its own outcomes. Any other error, such as a cancelled task
    or a group with one in it, makes pytest stop there, and fails the next test too.
    """
    if not isinstance(error, TEST_OUTCOME):
        item.session._setupstate.teardown_exact(nextitem)


def tear_down_own(item: pytest.Item) -> None:
    """Tear down a test's function-scoped fixtures, and everything else that belongs to it, before its teardown phase.

    Pytest has no public way. Its own record now says that the test has ended and another test of the same parent
    follows. The teardown phase continues from there.
    """
    __tracebackhide__ = True
    with _captured(item):
        item.session._setupstate.teardown_exact(cast("pytest.Item", item.parent))


_AFTER = "after the call"
"""The phase that the report names. If it were "teardown", the terminal would show a failed test's output twice."""


@contextmanager
def _captured(item: pytest.Item) -> Iterator[None]:
    """Capture printed and logged output, as pytest does in each phase."""
    __tracebackhide__ = True
    plugins = item.config.pluginmanager
    printed: Any = plugins.get_plugin("capturemanager")
    logged: Any = plugins.get_plugin("logging-plugin")
    with ExitStack() as stack:
        # Users may turn these plugins off: `-p no:capture`, `-p no:logging`.
        if printed is not None:
            stack.enter_context(printed.item_capture(_AFTER, item))
        if logged is not None:
            shown = logged._runtest_for(item, _AFTER)
            # Before pytest 9, this is a generator.
            stack.enter_context(shown if hasattr(shown, "__enter__") else contextmanager(lambda: shown)())
        yield


def fail_teardown(item: pytest.Item, error: BaseException) -> None:
    """Make a test's teardown phase raise an error of `tear_down_own` together with its own."""

    def fail() -> None:
        __tracebackhide__ = True
        raise error

    item.session._setupstate.stack[item] = ([fail], None)


def tear_down(request: pytest.FixtureRequest) -> None:
    """Tear down the fixture that made this request, after the fixtures that use it.

    If an error makes pytest stop early, it forgets the fixtures it has not reached. It would never tear them down, and
    would give the same objects to the next test. Pytest has no public way.
    """
    fixturedef: pytest.FixtureDef[Any] = cast("Any", request)._fixturedef
    fixturedef.finish(cast("Any", request))


def fail_again(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, error: BaseException) -> None:
    """Make a fixture raise an error for every test that asks for it from now on, until it is torn down."""
    failure = (error, error.__traceback__) if pytest.version_tuple >= (8, 3) else error
    fixturedef.cached_result = (None, fixturedef.cache_key(cast("Any", request)), cast("Any", failure))


def parameter_number(request: pytest.FixtureRequest) -> int:
    """The index of a fixture's parameter. For an object, nothing else stays the same from run to run."""
    return cast("int", request.param_index)  # type: ignore[attr-defined]  # not in pytest's types


def rewrite_texts(shown: Any, rewrite: Callable[[str], str]) -> Any:
    """An error as a report shows it, with each of its texts rewritten. Pytest's own objects are changed in place.

    Pytest's public way is to replace all of it by one text. Then the terminal and JUnit could no longer show its parts.
    """
    if isinstance(shown, str):
        return rewrite(shown)
    if type(shown) in (list, tuple):
        return type(shown)([rewrite_texts(part, rewrite) for part in shown])
    if isinstance(shown, TerminalRepr):
        for name, part in vars(shown).items():
            setattr(shown, name, rewrite_texts(part, rewrite))
    return shown


def rewrite_subtest(report: pytest.TestReport, rewrite: Callable[[str], str]) -> None:
    """Rewrite the title and the arguments of a subtest in its report.

    The context is frozen, and a new one would put the arguments in quotes again. Pytest has no public way.
    """
    context = cast("Any", report).context
    object.__setattr__(context, "msg", rewrite_texts(context.msg, rewrite))
    object.__setattr__(context, "kwargs", {name: rewrite_texts(text, rewrite) for name, text in context.kwargs.items()})


def add_section(report: pytest.TestReport, title: str, text: str) -> None:
    """Show a text below the traceback in a report, in the terminal and in JUnit's file.

    Pytest's public way, `report.sections`, is for captured output: JUnit shows no other sections.
    """
    add = getattr(report.longrepr, "addsection", None)
    if add is None:
        # Some failures have their own form, such as a doctest's.
        report.sections.append((title, text))
    else:
        add(title, text)


class _Replaced(TerminalRepr):
    """A text that replaces an error in a report, and the location for the short summary."""

    def __init__(self, text: str, reprcrash: ReprFileLocation) -> None:
        self.text = text
        self.reprcrash = reprcrash

    def toterminal(self, tw: Any) -> None:
        tw.line(self.text)


def replaced(text: str, crash: ReprFileLocation) -> Any:
    """Make a report show this text instead of a whole error. A plain text would lose its line in the short summary."""
    return _Replaced(text, crash)


def replaced_at(text: str, path: str, line: int, message: str) -> Any:
    """Make a report show the text of an error from another process, with its line in the short summary."""
    return _Replaced(text, ReprFileLocation(path, line, message))


def take_back(config: pytest.Config, report: pytest.TestReport) -> None:
    """Make the terminal stop counting a test as passed when it fails later.

    Pytest has no public way: it counts a test that fails in its teardown twice, as passed and as an error.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    passed = [] if reporter is None else reporter.stats.get("passed", [])
    if report in passed:
        passed.remove(report)


def crash_of(shown: Any) -> ReprFileLocation | None:
    """Where an error happened, with its message for the short summary; None if it has no such line."""
    return getattr(shown, "reprcrash", None)


def leave_out(report: pytest.TestReport) -> None:
    """Leave a report out of the terminal's list of failures. It still counts and stays in the short summary.

    Pytest has no public way: it lists everything it counts, except what a debugger has already shown.
    """
    report._pdbshown = True  # type: ignore[attr-defined]  # pytest sets it itself
