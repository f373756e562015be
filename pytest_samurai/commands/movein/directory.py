"""Where a suite's cassettes are if no fixture says so: next to the tests, and not below the root."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

OF_MODULE: Final = 'request.path.parent / "cassettes" / request.path.stem'
"""pytest-recording's and cassetter's directory for a test file's cassettes."""
OF_ALL: Final = 'request.path.parent / "cassettes"'
"""pytest-vcr's directory for the cassettes of all test files next to each other."""

_FIXTURE = """\
@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return {directory}
"""


def directories(files: Iterable[Path]) -> set[str]:
    """Where the cassettes of test files are, as expressions, leaving out those that are where ours would be."""
    used = set()
    for path in files:
        beside = path.parent / "cassettes"
        if (beside / path.stem).is_dir():
            # In the working directory, ours are there too.
            used |= set() if path.parent.resolve() == Path.cwd() else {OF_MODULE}
        elif any(beside.glob("*.yaml")):
            used.add(OF_ALL)
    return used


def with_fixture(content: bytes, directory: str) -> tuple[bytes, int]:
    """A conftest with an added fixture that gives the directory of the cassettes, and the line where it begins."""
    module = cst.parse_module(content)
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, "pytest")
    module = AddImportsVisitor(context).transform_module(module)
    fixture = cst.parse_statement(_FIXTURE.format(directory=directory))
    apart = fixture.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2)
    changed = module.with_changes(body=[*module.body, apart], has_trailing_newline=True)
    return changed.bytes, changed.code.count("\n", 0, changed.code.index("def samurai_cassette_dir"))
