"""Pytest still has the internals that the plugin uses. If a test here fails, fix `plugin/internals.py`."""

from __future__ import annotations

import pytest

from pytest_samurai.plugin.internals import add_section, crash_of, own_definitions, visible_definitions

puts_in_place = pytest.mark.skipif(
    pytest.version_tuple < (9, 1),
    reason="before pytest 9.1 a test has a copy of its definitions, made too early: our fixtures are set up one by one",
)

FIXTURES = """
import pytest
@pytest.fixture(scope="module")
def wide(): pass
@pytest.fixture
def samurai_config(): return {}
def test_it(wide, samurai_config): pass
"""


def test_pytest_keeps_the_fixtures_of_a_test_by_name_with_their_scopes(pytester: pytest.Pytester) -> None:
    definitions = own_definitions(pytester.getitem(FIXTURES, "test_it"))
    assert {name: found[-1].scope for name, found in definitions.items()} == {
        "wide": "module",
        "samurai_config": "function",
    }


@puts_in_place
def test_pytest_sets_up_the_definition_that_is_put_in_the_place_of_another(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
from pytest_samurai.plugin.internals import add_section, crash_of, own_definitions, visible_definitions
def pytest_collection_modifyitems(items):
    for item in items:
        own_definitions(item)["first"] = visible_definitions(item, "second")
""")
    pytester.makepyfile("""
import pytest
@pytest.fixture
def first(): return "first"
@pytest.fixture
def second(): return "second"
def test_it(first): assert first == "second"
""")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_pytest_finds_every_definition_of_a_name_that_a_test_can_see(pytester: pytest.Pytester) -> None:
    item = pytester.getitem(FIXTURES, "test_it")
    assert [definition.scope for definition in visible_definitions(item, "samurai_config")] == ["session", "function"]
    assert len(visible_definitions(item, "samurai")) == 1
    assert not visible_definitions(item, "no_such_fixture")


@puts_in_place
def test_pytest_sets_up_one_fixture_of_ours_for_a_test_that_overrides_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
import pytest
@pytest.mark.samurai
def test_it(): pass
@pytest.mark.samurai
@pytest.mark.parametrize("samurai_config", [{}])
def test_own_config(samurai_config): pass
""")
    lines = pytester.runpytest_inprocess("--setup-show").outlines
    set_up = [line.split()[2].partition("[")[0] for line in lines if line.strip().startswith("SETUP")]
    assert [name for name in set_up if "samurai" in name] == [
        "_samurai",
        "samurai_config",
        "samurai_cassette_dir",
        "samurai",
    ]


def test_pytest_has_noted_the_failure_of_a_unittest_when_its_body_ends(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
import pytest
from pytest_samurai.plugin.internals import unittest_outcomes
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    assert not unittest_outcomes(item)
    result = yield
    print(item.name, bool(unittest_outcomes(item)))
    return result
""")
    pytester.makepyfile("""
import unittest
class TestIt(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.fail()
def test_function(): pass
""")
    result = pytester.runpytest_inprocess("-s")
    result.stdout.fnmatch_lines_random(["*test_good False", "*test_bad True", "*test_function False"])


def test_pytest_counts_the_parameters_of_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
import pytest
from pytest_samurai.plugin.internals import parameter_number
@pytest.fixture(scope="module", params=[object(), object()])
def wide(request): return parameter_number(request)
@pytest.mark.parametrize("number", [0])
def test_it(wide, number): print("number", wide)
""")
    pytester.runpytest_inprocess("-s").stdout.fnmatch_lines(["*number 0", "*number 1"])


def test_pytest_tears_down_a_fixture_by_its_request_once_and_before_it_those_that_use_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
import pytest
from pytest_samurai.plugin.internals import tear_down
@pytest.fixture
def first(request):
    yield request
    print("end of first")
@pytest.fixture
def second(first):
    yield
    print("end of second")
def test_it(first, second):
    tear_down(first)
    print("end of test")
def test_next(first, second): pass
""")
    lines = pytester.runpytest_inprocess("-s").outlines
    ends = [line.rpartition("end of ")[2].rstrip(".") for line in lines if "end of " in line]
    assert ends == ["second", "first", "test", "second", "first"]


def test_an_item_without_fixtures_may_have_the_marker(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
import pytest
class Note(pytest.Item):
    def runtest(self): pass
class Notes(pytest.File):
    def collect(self):
        note = Note.from_parent(self, name="note")
        note.add_marker(pytest.mark.samurai)
        yield note
def pytest_collect_file(file_path, parent):
    return Notes.from_parent(parent, path=file_path) if file_path.suffix == ".note" else None
""")
    (pytester.path / "a.note").touch()
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_pytest_shows_a_section_below_the_traceback_in_the_terminal_and_in_junits_file(
    pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    pytester.makeconftest("""
import pytest
from pytest_samurai.plugin.internals import add_section
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.failed: add_section(report, "below it", "a line")
    return report
""")
    pytester.makepyfile("def test_it(): assert 0")
    result = pytester.runpytest_inprocess("--junitxml=junit.xml", *arguments)
    result.stdout.re_match_lines([r"E +assert 0", "-+ below it -+", "a line"])
    assert "- below it -" in (pytester.path / "junit.xml").read_text(encoding="utf-8")


def test_a_report_of_plain_text_has_its_section_among_what_was_captured(pytester: pytest.Pytester) -> None:
    report = pytest.TestReport("t.py::a", ("t.py", 1, "a"), {}, "failed", "plain text", "call")
    add_section(report, "below it", "a line")
    assert (report.sections, crash_of(report.longrepr)) == ([("below it", "a line")], None)


def test_pytest_leaves_out_a_report_and_still_counts_it_and_shows_another_text_in_the_place_of_a_traceback(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest("""
from pytest_samurai.plugin.internals import crash_of, leave_out, replaced
def pytest_sessionfinish(session):
    reports = session.config.pluginmanager.get_plugin("terminalreporter").getreports("failed")
    leave_out(reports[0])
    reports[1].longrepr = replaced("in its place", crash_of(reports[1].longrepr))
""")
    pytester.makepyfile(test_it="def test_a(): assert 0, 'aaa'\ndef test_b(): assert 0, 'bbb'")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*_ test_b _*", "in its place", "*short test summary*", "*test_a - *aaa*", "*test_b - *bbb*"]
    )
    result.stdout.no_fnmatch_line("*_ test_a _*")
    result.stdout.no_fnmatch_line("E *")
