"""What most APIs have in the same place, or don't have at all."""

from __future__ import annotations

from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.dialect import Json, Object
from pytest_samurai.wire.objects import as_object, as_text


def role(message: Json) -> object:
    """The role of a message; None if it has none."""
    return as_object(message).get("role")


def function_name(tool: Json) -> object:
    """The name of a function tool, as in chat completions; None for any other tool."""
    return as_object(as_object(tool).get("function")).get("name")


def model(answer: Answer) -> str | None:
    """The `model` of a reply."""
    return as_text(answer.known.get("model")) or None


def told(reply: Object) -> Object:
    """The `usage` of a reply, as it is."""
    return as_object(reply.get("usage"))


def unsaid(_: Answer) -> str | None:
    """Nothing: the reply doesn't say it."""
    return None


def no_paid_tools(_: Object) -> bool:
    """No tool is billed by the call."""
    return False
