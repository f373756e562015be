"""A body as the value to compare: its JSON, or the fields of a form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire import form_of

Json = Any


def _number(text: str) -> int | float:
    value = float(text)
    # By way of Decimal: the float 1e23 is 8 million less than 10**23.
    return int(exact) if value.is_integer() and (exact := Decimal(text)) == int(exact) else value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse_body(body: bytes) -> Json:
    """The JSON value of a body, with `1.0` as `1`; for a form, its fields. Any other body comes back as bytes."""
    try:
        return json.loads(body, parse_float=_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        form = form_of(body)
        return body if form is None else form


def canonical(value: Json) -> bytes:
    """The same bytes for equal JSON values: keys sorted, no white space. Bytes stay as they are."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def marked(body: bytes) -> Json:
    """The JSON value of a body, its numbers marked so that Python finds two values equal only if `canonical` does.

    In Python, True equals 1, and a fraction may equal the whole number that it rounds to. Raises ValueError or
    RecursionError if the body isn't JSON.
    """
    return json.loads(
        body,
        parse_int=lambda text: (int(text),),
        parse_float=lambda text: _tagged(_number(text)),
        parse_constant=_no_number,
    )


def _tagged(number: float) -> tuple[float | str, ...]:
    return (number,) if isinstance(number, int) else (number, "fraction")


def spelled(value: Json) -> str:
    """A value as text for people. Not `canonical`, which escapes everything except ASCII."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)
