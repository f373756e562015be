"""The `normalize` of a `samurai_config` of the project's, as it is written: no fixture is run here."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_samurai.commands.tests import Suite
from pytest_samurai.matching import KINDS, parse_substitution

_FIXTURE = "samurai_config"
_OPTION = "normalize"


@dataclass(frozen=True, slots=True)
class Own:
    """Where a fixture sets `normalize`, as seen from here, and the names in what it is set to."""

    where: str
    names: tuple[str, ...]

    @property
    def substitutions(self) -> Collection[Any]:
        return [parse_substitution(name) for name in self.names]


class OwnNormalize:
    """Tells which `normalize` goes before that of the ini file, for the cassettes of a suite."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._known: dict[PurePosixPath, tuple[bool, Own | None]] = {}

    def of(self, cassette: Path) -> Own | None:
        """What the `samurai_config` that is nearest to the test of a cassette sets; None if it leaves that to others.

        Where the test is not known, the one in the root directory is taken to be the nearest.
        """
        tests = self._suite.owners.of(self._suite.name(self._suite.here / cassette))
        return next((own for test in tests[:1] or ["conftest.py"] for own in self._near(test)), None)

    def _near(self, test: str) -> Iterator[Own]:
        file = PurePosixPath(test.partition("::")[0])
        for path in (file, *(parent / "conftest.py" for parent in file.parents)):
            if path not in self._known:
                self._known[path] = self._defined(path)
            is_defined, own = self._known[path]
            if own is not None:
                yield own
            if is_defined:
                return

    def _defined(self, path: PurePosixPath) -> tuple[bool, Own | None]:
        """Whether a module has a `samurai_config`, and what that sets."""
        try:
            module = ast.parse((self._suite.root / path).read_bytes())
        except (OSError, ValueError, SyntaxError):
            # Pytest says what is wrong with it.
            return False, None
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        fixtures = [node for node in module.body if isinstance(node, functions) and node.name == _FIXTURE]
        values = (value for fixture in fixtures[-1:] for value in _set(fixture))
        value = next(values, None)
        if value is None:
            return bool(fixtures), None
        texts = (node.value for node in ast.walk(value) if isinstance(node, ast.Constant))
        names = tuple(text for text in texts if isinstance(text, str) and text in KINDS)
        return True, Own(f"{self._suite.path(str(path))}:{value.lineno}", names)


def _set(fixture: ast.AST) -> Iterator[ast.expr]:
    """What a fixture gives the option: in a dictionary, or by name."""
    for node in ast.walk(fixture):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (value for key, value in pairs if isinstance(key, ast.Constant) and key.value == _OPTION)
        elif isinstance(node, ast.keyword) and node.arg == _OPTION:
            yield node.value
