"""The page of the Python API, from signatures and docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

import pytest_samurai
from pytest_samurai.recorder import Recorder
from pytest_samurai.wire import Message, Part

_INTRODUCTION = """\
# Python API

`from pytest_samurai import ...` gives these names. To import the package imports no HTTP library and no pytest.
"""

_GIVEN = """\
## What these give

You do not make objects of these classes; the names above and the [fixtures](fixtures.md) give you them. You can import
them from `pytest_samurai` too, to annotate a test: `def test_capital(samurai: Recorder) -> None`.
"""

_GIVEN_CLASSES = (Recorder, Message, Part)

OF_RECORDER = ("calls", "usage", "cost", "list_cost", "budget", "replaying", "recorded", "dropped")
"""What a test asks its recorder. Everything else is for the plugin."""


def api_page() -> str:
    """The text of docs/api.md."""
    lines = [_INTRODUCTION]
    for name in sorted(set(pytest_samurai.__all__) - {cls.__name__ for cls in _GIVEN_CLASSES}, key=str.casefold):
        lines += _section(name, getattr(pytest_samurai, name), level=2)
    lines.append(_GIVEN)
    for cls in _GIVEN_CLASSES:
        lines += _section(cls.__name__, cls, level=3)
    return "\n".join(lines).rstrip() + "\n"


def members(cls: type) -> Iterator[tuple[str, object]]:
    """The public attributes and methods, in the order of the code, base classes last.

    Of a recorder, only the user's.
    """
    seen: set[str] = set()
    for home in cls.__mro__:
        if not home.__module__.startswith("pytest_samurai"):
            continue
        for name, value in vars(home).items():
            if name.startswith("_") or name in seen or (cls is Recorder and name not in OF_RECORDER):
                continue
            if isinstance(value, property | cached_property | FunctionType | classmethod):
                seen.add(name)
                yield name, value


def _section(name: str, cls: type, level: int) -> list[str]:
    lines = [f"{'#' * level} `{name}`\n"]
    if head := [*_head(name, cls)]:
        lines += ["```python signature", *head, "```\n"]
    elif issubclass(cls, BaseException):
        lines.append(f"A kind of `{cls.__bases__[0].__name__}`.\n")
    lines.append(f"{_prose(cls)}\n")
    rows = [_row(member, value) for member, value in members(cls)]
    return [*lines, *rows, ""] if rows else lines


def _row(name: str, value: object) -> str:
    function = _function(value)
    said = " ".join((inspect.getdoc(function) or "").split())
    if isinstance(value, property | cached_property):
        shown = f"`{name}` (`{function.__annotations__['return']}`)"
    else:
        shown = f"`{name}{_signature(function)}`"
    return f"- {shown}: {said}" if said else f"- {shown}"


def _head(name: str, cls: type) -> Iterator[str]:
    """How users make an object of the class, if they do."""
    if is_dataclass(cls):
        yield f"class {name}:"
        for field in fields(cls):
            default = "" if field.default is MISSING else f" = {field.default!r}"
            yield f"    {field.name}: {field.type}{default}"
    elif name == "use_cassette":
        yield f"{name}{_signature(cls)}"


def _signature(function: Any) -> str:
    """The parameters of a function, without `self`, with the annotations as written."""
    signature = inspect.signature(function)
    parameters = [value for name, value in signature.parameters.items() if name not in ("self", "cls")]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)).replace("'", "")


def _function(value: object) -> Any:
    if isinstance(value, property):
        return value.fget
    return getattr(value, "func", getattr(value, "__func__", value))


def _prose(documented: object) -> str:
    paragraphs = (inspect.getdoc(documented) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
