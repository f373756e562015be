"""Generated pages match the code, and every page is in the contents."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import pytest_samurai
from manual.commandspage import arguments, spelled
from manual.fixturespage import fixtures
from manual.hooks import on_page_markdown
from manual.pages import DOCS, PAGES
from pytest_samurai.commands.cli.table import COMMANDS
from pytest_samurai.wire.dialects import DIALECTS


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is not what the code says; to write it anew: python -m manual"


def nav_patterns(entries: list[Any]) -> Iterator[str]:
    """The paths and globs of the contents."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif "glob" in entry:
            yield entry["glob"]
        else:
            [value] = entry.values()
            yield from nav_patterns(value if isinstance(value, list) else [value])


def test_every_page_is_in_the_contents_of_the_site() -> None:
    contents = yaml.safe_load((DOCS / ".nav.yml").read_text(encoding="utf-8"))["nav"]
    patterns = list(nav_patterns(contents))
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    lost = [page for page in pages if not any(fnmatch.fnmatchcase(page, pattern) for pattern in patterns)]
    assert lost == [], f"put these pages into docs/.nav.yml: {lost}"
    assert [part for entry in contents for part in entry] == ["Start", "Tutorial", "How-to", "Reference", "Explanation"]


def test_every_name_that_the_package_exports_is_on_the_page_of_the_api() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    assert [name for name in pytest_samurai.__all__ if f"## `{name}`\n" not in page] == []


def test_every_command_and_argument_is_on_the_page_of_commands() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        section = page.partition(f"\n## {command.name}\n")[2].partition("\n## ")[0]
        assert [action.dest for action in arguments(command) if f"| {spelled(action)} |" not in section] == []
        assert command.help[1:] in section
        assert f"\nStatus 1: {command.status_1}.\n" in section


def test_every_dialect_and_path_is_on_the_page_of_dialects() -> None:
    page = (DOCS / "dialects.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for dialect in DIALECTS:
        of_dialect = [row.lower() for row in rows if row.startswith(f"| `{dialect.name}` |")]
        assert [path for path in dialect.paths if not any(path in row for row in of_dialect)] == []


def test_the_page_of_fixtures_has_each_fixture_that_pytest_offers(pytester: pytest.Pytester) -> None:
    offered = [
        line.split(" ")[0]
        for line in pytester.runpytest_inprocess("--fixtures").outlines
        if line.startswith("samurai") and " -- " in line
    ]
    assert sorted(offered) == sorted(name for name, _, _ in fixtures())
    assert all(meaning for _, _, meaning in fixtures())


def test_a_block_of_the_site_has_its_language_and_none_of_the_words_for_tests() -> None:
    page = "```python test passed=1\nx = 1\n```\n\n1. a list\n\n   ```text output\n   y\n   ```\n\n```yaml\nz: 1\n```\n"
    assert on_the_site(page, "index.md") == (
        "```python\nx = 1\n```\n\n1. a list\n\n   ```text\n   y\n   ```\n\n```yaml\nz: 1\n```\n"
    )


def test_links_to_the_pages_beside_docs_stay_within_the_site() -> None:
    page = "[a](../../CONTRIBUTING.md#tests) [b](../CHANGELOG.md) [c](../lock.md)"
    assert on_the_site(page, "howto/x.md") == "[a](../CONTRIBUTING.md#tests) [b](CHANGELOG.md) [c](../lock.md)"
    assert on_the_site("[a](docs/lock.md) [b](CONTRIBUTING.md)", "CHANGELOG.md") == "[a](lock.md) [b](CONTRIBUTING.md)"


def on_the_site(markdown: str, name: str) -> str:
    page = SimpleNamespace(file=SimpleNamespace(src_uri=name))
    return on_page_markdown(markdown, page=page, config=None, files=None)
