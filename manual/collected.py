"""Every text in the package that reads as a message, as the source has it.

A text is a message if it has four words or more, including those that are filled in at run time, or if an error is
raised with it. Docstrings, the help of arguments and annotations do not count. What is filled in is shown as `…`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).parents[1] / "pytest_samurai"
FILLED_IN = "…"
_FEWEST_WORDS = 4
_WORD = re.compile(r"""[`("']*[A-Za-z][A-Za-z'-]*[`"'.,:;!?)]*""")
_HELP = frozenset({"help", "description", "metavar"})
# The server and the demo are separate: no user of the plugin sees their errors.
_APART = ("server/", "commands/demo/")


@dataclass(frozen=True, slots=True)
class Message:
    """A text and the name of its source: the module and its top-level definition, such as `bill/budget.py:unpriced`."""

    source: str
    text: str


def messages(house: Path = HOUSE) -> list[Message]:
    """The messages of all modules, in the order of the sources."""
    collected: list[Message] = []
    for path in sorted(house.rglob("*.py")):
        module = path.relative_to(house).as_posix()
        if not module.startswith(_APART):
            collected += _of_module(module, ast.parse(path.read_text(encoding="utf-8")))
    return collected


def _of_module(module: str, tree: ast.Module) -> Iterator[Message]:
    for statement in tree.body:
        source = f"{module}:{_name(statement)}"
        no_messages = {id(node) for node in _no_messages(statement)}
        raised = {id(node) for node in _raised(statement)}
        for node in _in_order(statement):
            text = _text(node)
            if text is None or id(node) in no_messages or not re.search("[a-z]", text):
                continue
            if (id(node) in raised and " " in text) or _counts_as_message(text):
                yield Message(source, " ".join(text.split()))


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything in it, in reading order: Python versions count the lines in an f-string differently."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _name(statement: ast.stmt) -> str:
    """What a statement defines: a function, a class, or a constant."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return targets[0].id if isinstance(targets[0], ast.Name) else ""


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        # A template for `str.format` is filled in too.
        return re.sub(r"(?<!\{)\{\w*\}(?!\})", FILLED_IN, node.value).replace("{{", "{").replace("}}", "}")
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED_IN for part in node.values)
    return None


def _counts_as_message(text: str) -> bool:
    parts = text.split()
    words = sum(_WORD.fullmatch(part) is not None for part in parts)
    return words >= 2 and words + sum(FILLED_IN in part for part in parts) >= _FEWEST_WORDS


def _no_messages(statement: ast.stmt) -> Iterator[ast.AST]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from node.values
        elif isinstance(node, ast.keyword) and node.arg in _HELP:
            yield from ast.walk(node.value)
        elif isinstance(node, ast.Subscript):
            yield from ast.walk(node.slice)
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield from ast.walk(node.annotation)


def _raised(statement: ast.stmt) -> Iterator[ast.AST]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from node.exc.args
