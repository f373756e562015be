"""The markers of pytest-recording, pytest-vcr and cassetter."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import libcst as cst
from libcst import matchers

from pytest_samurai.commands.movein.findings import Findings, Reader, refused, renamed, shown, value_of

_MARK = "pytest.mark.vcr"
_DEFAULT = "pytest.mark.default_cassette"
_BLOCK = "pytest.mark.block_network"
_ALLOW = "pytest.mark.allowed_hosts"
_OURS = "samurai"

_UNBLOCKED = (
    "a test that can only replay calls no model anyway; other calls go through. To block all calls, use"
    " pytest-socket, or keep pytest-recording installed for this; remove it to record"
)


_TWO = "two marks name cassettes, and a test has one here: put all interactions into one file"


class Marks(Reader):
    """Finds the markers in decorators, in `pytestmark` and in parameters, in any spelling."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self._is_of_module = False

    def visit_Module(self, node: cst.Module) -> None:
        of_module = matchers.Assign(targets=[matchers.AssignTarget(target=matchers.Name("pytestmark"))])
        lines = (statement.body for statement in node.body if isinstance(statement, cst.SimpleStatementLine))
        self._is_of_module = any(
            matchers.matches(line, of_module) and self._marks(line) for line in chain.from_iterable(lines)
        )

    def _marks(self, node: cst.CSTNode) -> bool:
        """Whether there is a mark anywhere in a node."""
        return any(self.is_called(name, _MARK) for name in matchers.findall(node, matchers.Attribute()))

    def visit_Attribute(self, node: cst.Attribute) -> None:
        parent = self.parent(node)
        whole = parent if isinstance(parent, cst.Call) and parent.func is node else node
        if self.is_called(node, _MARK):
            self.findings.has_marks = True
            self._mark(node, whole)
        elif self.is_called(node, _DEFAULT):
            self._default(node, whole)
        elif self.is_called(node, _BLOCK, _ALLOW):
            self.change(whole, self._as_written(whole), look=_UNBLOCKED)

    # --- the mark of a test

    def _mark(self, node: cst.Attribute, whole: cst.Attribute | cst.Call) -> None:
        args = whole.args if isinstance(whole, cst.Call) else ()
        names = [arg for arg in args if arg.keyword is None and not arg.star]
        why = refused(args) or self._why_not_named(whole, names)
        if why:
            self.change(whole, self._as_written(whole), look=why)
            return
        decorator = self._decorator(whole)
        if not args and decorator is not None and self._is_said_beside(decorator):
            self.findings.edits[decorator] = lambda _: cst.RemoveFromParent()
            self.change(whole, self._as_written(whole), "nothing: the mark that names the cassette is enough")
            return
        self._rename(node, whole, names)

    def _rename(self, node: cst.Attribute, whole: cst.Attribute | cst.Call, names: list[cst.Arg]) -> None:
        self.findings.edits[node.attr] = renamed(_OURS)
        for name in names:
            placed = self._placed(str(value_of(name.value)))
            if placed is not None:
                self.findings.edits[name.value] = renamed(f'"{placed}"')
        self.change(whole, self._as_written(whole), f"{self._at(whole)}{self.edited(whole)}")

    def _why_not_named(self, whole: cst.CSTNode, names: list[cst.Arg]) -> str | None:
        """Why the cassettes that a mark names cannot stay the same; None if they can."""
        if not names:
            return None
        if len(names) > 1:
            return f"it names {len(names)} cassettes, and a test has one here: put all interactions into one file"
        if not isinstance(value_of(names[0].value), str):
            return "the name of the cassette cannot be read here"
        decorator = self._decorator(whole)
        function = None if decorator is None else self.parent(decorator)
        if decorator is None or not isinstance(function, cst.FunctionDef):
            return "it gives several tests another cassette; name each test's own in its mark"
        if self._calls_beside(decorator, _DEFAULT):
            return _TWO
        if own := self._own_cassette(function):
            return f"the test has {own} too, and one cassette here: put all interactions into one file, and name that"
        return None

    def _own_cassette(self, function: cst.FunctionDef) -> str | None:
        """The cassette that a test has under its own name, besides the one that its mark names."""
        classes = [node.name.value for node in self.parents(function) if isinstance(node, cst.ClassDef)]
        name = ".".join([*classes[:1], function.name.value])
        path = self.findings.path
        directory = path.parent / "cassettes" / path.stem
        own = sorted([*directory.glob(f"{name}.yaml"), *directory.glob(f"{name}[[]*.yaml")])
        return own[0].name if own else None

    def _placed(self, name: str) -> str | None:
        """The name that a cassette needs to be found in its location; None if its own name works.

        In the root directory, the directory of a test file's cassettes is the same as ours. A named cassette is next to
        these directories, so that tests in several files can share it.
        """
        path = self.findings.path
        beside = path.parent.resolve() == Path.cwd() and (path.parent / "cassettes" / path.stem / name).exists()
        return f"{path.stem}/{name}" if beside else None

    # --- the mark that names its cassette

    def _default(self, node: cst.Attribute, whole: cst.Attribute | cst.Call) -> None:
        names = list(whole.args) if isinstance(whole, cst.Call) else []
        decorator = self._decorator(whole)
        if decorator is None or not self._is_literal(names):
            why = "name the cassette in the marker: @pytest.mark.samurai(NAME)"
        elif not self._is_marked(decorator):
            why = f"nothing here has the mark @{_MARK}, so this has no effect"
        elif self._is_named_beside(decorator):
            why = _TWO
        else:
            self._rename(node, whole, names)
            return
        self.change(whole, self._as_written(whole), look=why)

    def _is_literal(self, names: list[cst.Arg]) -> bool:
        value = value_of(names[0].value) if len(names) == 1 and not names[0].star else None
        return isinstance(value, str)

    def _is_marked(self, decorator: cst.Decorator) -> bool:
        around = [self.parent(decorator), *self.parents(self.parent(decorator))]
        named = [node for node in around if isinstance(node, cst.FunctionDef | cst.ClassDef)]
        return self._is_of_module or any(self._marks(other) for node in named for other in node.decorators)

    def _calls_beside(self, decorator: cst.Decorator, mark: str) -> list[cst.Call]:
        """The marks with this name and arguments next to a decorator."""
        decorated = self.parent(decorator)
        assert isinstance(decorated, cst.FunctionDef | cst.ClassDef)
        calls = [other.decorator for other in decorated.decorators if isinstance(other.decorator, cst.Call)]
        return [call for call in calls if call is not decorator.decorator and self.is_called(call.func, mark)]

    def _is_said_beside(self, decorator: cst.Decorator) -> bool:
        """Whether another decorator becomes our mark, so that this one is not needed. A comment keeps it."""
        if any(line.comment for line in decorator.leading_lines) or decorator.trailing_whitespace.comment:
            return False
        return any(self._is_literal(list(call.args)) for call in self._calls_beside(decorator, _DEFAULT))

    def _is_named_beside(self, decorator: cst.Decorator) -> bool:
        return any(call.args and not call.args[0].keyword for call in self._calls_beside(decorator, _MARK))

    # --- how marks are written

    def _decorator(self, whole: cst.CSTNode) -> cst.Decorator | None:
        parent = self.parent(whole)
        return parent if isinstance(parent, cst.Decorator) else None

    def _as_written(self, whole: cst.CSTNode) -> str:
        return f"{self._at(whole)}{shown(whole)}"

    def _at(self, whole: cst.CSTNode) -> str:
        return "" if self._decorator(whole) is None else "@"
