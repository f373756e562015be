"""What we use of pytest that pytest does not promise to keep.

All of it is here, each with what it is for; tests/plugin/test_internals.py fails when a pytest comes that has it
otherwise.
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
"""The fixtures of one name that a test can see, each overridden by the next."""


def own_definitions(item: pytest.Item) -> MutableMapping[str, Definitions]:
    """The fixtures by which pytest will set up a test, by name; empty for an item that has none.

    Pytest's public way to a fixture's scope is `FixtureDef.scope`, and it shows no definition before it is set up. The
    order has to be known before, and a definition that is put in here is the one that is used. (Before pytest 9.1 it is
    not used, which costs a test some time, and nothing else.)
    """
    if isinstance(item, pytest.Function):
        return cast("MutableMapping[str, Definitions]", item._fixtureinfo.name2fixturedefs)
    # Items of other plugins have no fixtures, or bring pytest's own record of them along.
    return getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})


def visible_definitions(item: pytest.Item, name: str) -> Definitions:
    """The fixtures of a name that a test could ask for; more than one if it is overridden.

    Pytest's public way, `request.getfixturevalue`, sets the fixture up.
    """
    return item.session._fixturemanager.getfixturedefs(name, item) or ()


def unittest_outcomes(item: pytest.Item) -> list[pytest.ExceptionInfo[BaseException]]:
    """How the body of a `unittest` test has ended: empty if it passed, or for another test.

    Failures, skips and expected failures are in it. Pytest keeps them to itself until it makes the report of the first.
    """
    return getattr(item, "_excinfo", None) or []


def expected_by_xfail(item: pytest.Item) -> tuple[object, ...]:
    """The exceptions that the `xfail` mark of a test names by `raises`: of several marks, the one that counts."""
    mark = item.stash.get(xfailed_key, None)
    raises = getattr(mark, "raises", None)
    # `pytest.RaisesExc` is another way to name them.
    raises = getattr(raises, "expected_exceptions", raises)
    return raises if isinstance(raises, tuple) else (raises,)


def go_on_tearing_down(item: pytest.Item, nextitem: pytest.Item | None, error: BaseException) -> None:
    """Tear down what an error of a fixture has kept from it.

    Pytest goes on by itself after an exception, and after its own outcomes. Any other error (that of a cancelled task,
    a group in which such an error is) makes it stop there, and makes the next test fail with it.
    """
    if not isinstance(error, TEST_OUTCOME):
        item.session._setupstate.teardown_exact(nextitem)


def tear_down_own(item: pytest.Item) -> None:
    """Tear down the fixtures of function scope of a test, and what else is its own, before its teardown phase.

    Pytest has no public way. To its record of what is set up this is the end of a test that is followed by another one
    of the same parent, and the teardown phase goes on from there.
    """
    __tracebackhide__ = True
    with _captured(item):
        item.session._setupstate.teardown_exact(cast("pytest.Item", item.parent))


_AFTER = "after the call"
"""The phase that the report names. What it names "teardown", the terminal shows of a failed test once more."""


@contextmanager
def _captured(item: pytest.Item) -> Iterator[None]:
    """Capture what is printed and logged, as pytest does in each phase."""
    __tracebackhide__ = True
    plugins = item.config.pluginmanager
    printed: Any = plugins.get_plugin("capturemanager")
    logged: Any = plugins.get_plugin("logging-plugin")
    with ExitStack() as stack:
        # Users may turn them off: `-p no:capture`, `-p no:logging`.
        if printed is not None:
            stack.enter_context(printed.item_capture(_AFTER, item))
        if logged is not None:
            shown = logged._runtest_for(item, _AFTER)
            # Before pytest 9 it is a generator.
            stack.enter_context(shown if hasattr(shown, "__enter__") else contextmanager(lambda: shown)())
        yield


def fail_teardown(item: pytest.Item, error: BaseException) -> None:
    """Have the teardown phase of a test raise an error of `tear_down_own`, together with its own."""

    def fail() -> None:
        __tracebackhide__ = True
        raise error

    item.session._setupstate.stack[item] = ([fail], None)


def tear_down(request: pytest.FixtureRequest) -> None:
    """Tear down the fixture whose request this is, and before it those that use it.

    Where an error makes pytest stop, it forgets the fixtures that it has not reached: it would never tear them down,
    and would give the same objects to the next test. Pytest has no public way.
    """
    fixturedef: pytest.FixtureDef[Any] = cast("Any", request)._fixturedef
    fixturedef.finish(cast("Any", request))


def fail_again(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, error: BaseException) -> None:
    """Have a fixture raise an error for each test that asks for it from now on, until it is torn down."""
    failure = (error, error.__traceback__) if pytest.version_tuple >= (8, 3) else error
    fixturedef.cached_result = (None, fixturedef.cache_key(cast("Any", request)), cast("Any", failure))


def parameter_number(request: pytest.FixtureRequest) -> int:
    """The index of a fixture's parameter: for an object, nothing else stays the same from run to run."""
    return cast("int", request.param_index)  # type: ignore[attr-defined]  # no part of pytest's typed surface


def rewrite_texts(shown: Any, rewrite: Callable[[str], str]) -> Any:
    """What a report shows of an error, with each of its texts rewritten. Pytest's own objects are changed in place.

    Pytest's public way is to make another text of all of it. Then terminal and JUnit could no longer show its parts.
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

    Its context is frozen, and a new one would put the arguments in quotes again. Pytest has no public way.
    """
    context = cast("Any", report).context
    object.__setattr__(context, "msg", rewrite_texts(context.msg, rewrite))
    object.__setattr__(context, "kwargs", {name: rewrite_texts(text, rewrite) for name, text in context.kwargs.items()})


def add_section(report: pytest.TestReport, title: str, text: str) -> None:
    """Show a text below the traceback in a report, in the terminal and in JUnit's file.

    Pytest's public way, `report.sections`, is for what was captured: JUnit has no others.
    """
    add = getattr(report.longrepr, "addsection", None)
    if add is None:
        # What is shown in a form of its own, as a doctest is.
        report.sections.append((title, text))
    else:
        add(title, text)


class _Replaced(TerminalRepr):
    """A text that is shown of an error, and the place that the short summary tells."""

    def __init__(self, text: str, reprcrash: ReprFileLocation) -> None:
        self.text = text
        self.reprcrash = reprcrash

    def toterminal(self, tw: Any) -> None:
        tw.line(self.text)


def replaced(text: str, crash: ReprFileLocation) -> Any:
    """What a report shows of an error instead of all its lines. A plain text would lose the line of the summary."""
    return _Replaced(text, crash)


def replaced_at(text: str, path: str, line: int, message: str) -> Any:
    """A text that a report shows of an error that was raised in another process, and the line of the short summary."""
    return _Replaced(text, ReprFileLocation(path, line, message))


def take_back(config: pytest.Config, report: pytest.TestReport) -> None:
    """Have the terminal no longer count a test as passed, whose failure is reported after that.

    Pytest has no public way: a test that fails in its teardown is counted twice, as passed and as an error.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    passed = [] if reporter is None else reporter.stats.get("passed", [])
    if report in passed:
        passed.remove(report)


def crash_of(shown: Any) -> ReprFileLocation | None:
    """Where an error happened, with the message that the short summary shows; None for what has no such line."""
    return getattr(shown, "reprcrash", None)


def leave_out(report: pytest.TestReport) -> None:
    """Have the terminal leave a report out of the list of failures. It still counts, and is in the short summary.

    Pytest has no public way: what counts is what is listed. It leaves out what a debugger has shown already.
    """
    report._pdbshown = True  # type: ignore[attr-defined]  # pytest puts it there itself
