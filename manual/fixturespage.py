"""The page of the fixtures and the marker."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from _pytest.fixtures import FixtureFunctionDefinition  # pytest has no public name for what `@pytest.fixture` makes

from pytest_samurai import plugin
from pytest_samurai.settings import OPTIONS

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
    rows += [f"| `{name}` | {scope} | {meaning} |" for name, scope, meaning in fixtures()]
    return "\n".join([_INTRODUCTION, f"{', '.join(options)}.\n", _FIXTURES, *rows, ""])


def fixtures() -> Iterator[tuple[str, str, str]]:
    """The public fixtures of the plugin: name, scope, and what their docstring says."""
    for name in sorted(vars(plugin)):
        made = getattr(plugin, name)
        if isinstance(made, FixtureFunctionDefinition) and not name.startswith("_"):
            function = made._get_wrapped_function()
            scope = str(made._fixture_function_marker.scope)
            yield name, scope, " ".join((inspect.getdoc(function) or "").split())
