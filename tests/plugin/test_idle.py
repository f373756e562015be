"""What a suite without marked tests loads."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from pytest_samurai import bill, cassette, matching, report
from tests.project import Project


def test_a_test_without_the_marker_imports_nothing(project: Project) -> None:
    (project.pytester.path / "test_plain.py").write_text(
        "import sys, pytest\n"
        "def test_plain(): assert not {'httpx', 'httpx2', 'yaml', 'pytest_samurai.intercept'} & set(sys.modules)\n"
        "@pytest.mark.samurai\n"
        "def test_marked(): pass\n",
        encoding="utf-8",
    )
    project.pytester.runpytest_subprocess("-k", "not marked").assert_outcomes(passed=1, deselected=1)
    project.pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_run_without_marked_tests_loads_nothing_but_options(project: Project) -> None:
    (project.pytester.path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain(request):\n"
        "    rooms = {name for name in sys.modules if name.startswith('pytest_samurai.')}\n"
        "    modules = {f'plugin.{name}' for name in ('claim', 'collection', 'idle', 'lifecycle', 'marker')}\n"
        "    modules |= {f'plugin.{name}' for name in ('controller', 'options', 'state', 'worker')}\n"
        "    modules |= {f'settings.{name}' for name in ('forms', 'layers', 'option', 'table', 'values')}\n"
        # What a test may patch is taken hold of earlier.
        "    modules |= {f'files.{name}' for name in ('clock', 'real')}\n"
        "    modules |= {'errors', 'files', 'plugin', 'settings'}\n"
        "    assert rooms == {f'pytest_samurai.{name}' for name in modules}\n"
        "    plugins = {name for name, _ in request.config.pluginmanager.list_name_plugin() if 'samurai-' in name}\n"
        "    assert plugins == {'samurai-collection'}\n",
        encoding="utf-8",
    )
    project.pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_plugin_imports_no_http_library_no_yaml_and_no_price_list() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import pytest_samurai.plugin; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert "pytest_samurai" in imported
    assert not imported & {"httpx", "httpx2", "vcr", "yaml", "genai_prices", "rich", "getpass", "fcntl"}


def test_a_replay_loads_nothing_that_only_commands_need(project: Project) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)\n")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.tests(
        "@pytest.mark.samurai\n"
        "def test_it(samurai_client):\n"
        "    import sys\n"
        "    ask(samurai_client)\n"
        "    assert 'pytest_samurai.cassette.shelf' in sys.modules\n"
        "    idle = {'bill.lockrows', 'cassette.damaged', 'cassette.mended', 'matching.varying', 'plugin.moved'}\n"
        "    idle |= {'report.forms.stories', 'report.moved', 'report.stories', 'report.varied'}\n"
        "    assert not {f'pytest_samurai.{name}' for name in idle} & set(sys.modules)\n"
    )
    project.pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("room", [bill, cassette, matching, report])
def test_a_room_that_imports_when_asked_knows_no_other_names(room: ModuleType) -> None:
    with pytest.raises(AttributeError, match=rf"module '{room.__name__}' has no attribute 'nothing'"):
        room.nothing  # noqa: B018 - the lookup is all
