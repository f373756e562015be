"""What is found in a file: the changes, as lines to print, and the edits that make them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import ParentNodeProvider, PositionProvider, QualifiedNameProvider

from pytest_samurai.settings import why_refused

_LONGEST = 80

UNKNOWN = object()
"""The value of an expression that is only known by running it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A line that must change: its text now, and its new text, or why a person must look."""

    line: int
    what: str
    becomes: str = ""
    look: str = ""

    @property
    def text(self) -> str:
        return f"{self.what} -> {self.becomes}" if self.becomes else f"{self.what}: look here: {self.look}"


@dataclass
class Findings:
    """All changes of the file at `path`, and the edits that make them, by the node that each replaces."""

    path: Path
    changes: list[Change] = field(default_factory=list)
    edits: dict[cst.CSTNode, Callable[[Any], Any]] = field(default_factory=dict)
    needs_import: bool = False
    has_marks: bool = False
    """Whether a test is marked here. If so, the suite has cassettes somewhere."""


class Edited(cst.CSTTransformer):
    """Makes edits, and keeps everything else, down to the last space."""

    def __init__(self, edits: Mapping[cst.CSTNode, Callable[[Any], Any]]) -> None:
        super().__init__()
        self._edits = edits

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        updated = super().on_leave(original_node, updated_node)
        edit = self._edits.get(original_node)
        return updated if edit is None else edit(updated)


class Reader(cst.CSTVisitor):
    """A visitor that adds to the findings of a file."""

    METADATA_DEPENDENCIES = (PositionProvider, QualifiedNameProvider, ParentNodeProvider)

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self.findings = findings

    def is_called(self, node: cst.CSTNode, *names: str) -> bool:
        """Whether a name or an attribute is one of these, by its full name, however it was imported."""
        known = self.get_metadata(QualifiedNameProvider, node, set())
        return any(name.name in names for name in known)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.get_metadata(ParentNodeProvider, node)

    def parents(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around a node, from the inside out."""
        while (around := self.get_metadata(ParentNodeProvider, node, None)) is not None:
            yield around
            node = around

    def edited(self, node: cst.BaseExpression) -> str:
        """The new form of an expression, on one line."""
        becomes = node.visit(Edited(self.findings.edits))
        assert isinstance(becomes, cst.BaseExpression)
        return shown(becomes)

    def change(self, node: cst.CSTNode, what: str, becomes: str = "", look: str = "") -> None:
        line = self.get_metadata(PositionProvider, node).start.line
        self.findings.changes.append(Change(line, what, becomes, look))


def shown(node: cst.CSTNode) -> str:
    """An expression on one line, shortened if it is long."""
    text = " ".join(cst.Module([]).code_for_node(node).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def value_of(node: cst.BaseExpression) -> object:
    """The value of a literal; `UNKNOWN` for anything else."""
    try:
        return ast.literal_eval(cst.Module([]).code_for_node(node))
    except (ValueError, SyntaxError):
        return UNKNOWN


def refused(args: Iterable[cst.Arg]) -> str | None:
    """Why a call's keywords cannot be used as they are; None if they can."""
    for arg in args:
        if arg.star:
            return "its options cannot be read here; write them out"
        if arg.keyword is not None and (why := why_refused(arg.keyword.value, value_of(arg.value))):
            return why
    return None


def renamed(name: str) -> Callable[[cst.Name | cst.SimpleString], cst.CSTNode]:
    """The edit of a name, or of a literal."""
    return lambda node: node.with_changes(value=name)
