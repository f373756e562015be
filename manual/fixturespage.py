"""The page of the fixtures and the marker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pytest_samurai.settings import OPTIONS

_PLUGIN = Path(__file__).parents[1] / "pytest_samurai" / "plugin" / "__init__.py"

_INTRODUCTION = """\
# Fixtures and the marker

`pytest --fixtures` and `pytest --markers` print the same.

## The marker

`@pytest.mark.samurai(cassette=None, /, **options)` records the model calls of a test once, then replays them.
`cassette` names [the file](cassette.md) below the directory of cassettes; without it, the test's own name does.
On a class or a module (`pytestmark`), the marker is that of each test in it. The nearest marker wins, option by option.
What each option means is on [the page of options](options.md):
"""

_FIXTURES = """\
## The fixtures

A test that asks for `samurai`, or for one of the two clients, has a recorder, with or without the marker.
"""


def fixtures_page() -> str:
    """The text of docs/fixtures.md."""
    options = (f"`{option.name}`" for option in OPTIONS.values() if "test" in option.places)
    rows = ["| fixture | scope | what it is |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | {scope} | {meaning} |" for name, scope, meaning in sorted(fixtures())]
    return "\n".join([_INTRODUCTION, f"{', '.join(options)}.\n", _FIXTURES, *rows, ""])


def fixtures() -> Iterator[tuple[str, str, str]]:
    """The public fixtures of the plugin: name, scope, and docstring."""
    # From the source, because pytest 8.2 and 9 store them differently.
    for node in ast.parse(_PLUGIN.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            for decorator in node.decorator_list:
                if "pytest.fixture" in ast.unparse(decorator):
                    yield node.name, _scope(decorator), " ".join((ast.get_docstring(node) or "").split())


def _scope(decorator: ast.expr) -> str:
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    return next((str(ast.literal_eval(keyword.value)) for keyword in keywords if keyword.arg == "scope"), "function")
