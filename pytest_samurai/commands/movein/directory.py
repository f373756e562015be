"""Where the cassettes of a suite lie, if no fixture of its own says so: beside the tests, and not below the root."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

OF_MODULE: Final = 'request.path.parent / "cassettes" / request.path.stem'
"""The directory of a test file's cassettes with pytest-recording and with cassetter."""
OF_ALL: Final = 'request.path.parent / "cassettes"'
"""That of the cassettes of all test files in a directory with pytest-vcr."""

_FIXTURE = """\
@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return {directory}
"""


def directories(files: Iterable[Path]) -> set[str]:
    """Where the cassettes of test files lie, as expressions; without those that lie where ours do."""
    used = set()
    for path in files:
        beside = path.parent / "cassettes"
        if (beside / path.stem).is_dir():
            # In the working directory, that is where ours are as well.
            used |= set() if path.parent.resolve() == Path.cwd() else {OF_MODULE}
        elif any(beside.glob("*.yaml")):
            used.add(OF_ALL)
    return used


def with_fixture(content: bytes, directory: str) -> tuple[bytes, int]:
    """A conftest with a fixture that says where the cassettes lie; and the line at which it begins."""
    module = cst.parse_module(content)
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, "pytest")
    module = AddImportsVisitor(context).transform_module(module)
    fixture = cst.parse_statement(_FIXTURE.format(directory=directory))
    apart = fixture.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2)
    changed = module.with_changes(body=[*module.body, apart], has_trailing_newline=True)
    return changed.bytes, changed.code.count("\n", 0, changed.code.index("def samurai_cassette_dir"))
