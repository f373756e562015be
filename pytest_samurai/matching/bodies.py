"""A body as the JSON value that is compared."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

Json = Any


def _number(text: str) -> int | float:
    value = float(text)
    # By way of Decimal, since 1e23 as a float is 8 million less than the whole number of that name.
    return int(exact) if value.is_integer() and (exact := Decimal(text)) == int(exact) else value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse_body(body: bytes) -> Json:
    """The JSON value of a body, in which `1.0` is `1`; a body that is no JSON comes back as its bytes."""
    try:
        return json.loads(body, parse_float=_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return body


def canonical(value: Json) -> bytes:
    """One spelling for equal JSON values: sorted keys, no white space; bytes as they are."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def marked(body: bytes) -> Json:
    """The JSON value of a body, its numbers such that none is equal to what has another key.

    Those are what is no number, as true is 1, and the fraction to which a whole number is the nearest that there is.
    """
    return json.loads(
        body,
        parse_int=lambda text: (int(text),),
        parse_float=lambda text: _told(_number(text)),
        parse_constant=_no_number,
    )


def _told(number: float) -> tuple[float | str, ...]:
    return (number,) if isinstance(number, int) else (number, "fraction")


def spelled(value: Json) -> str:
    """A value as text for people; deliberately not `canonical`, which spells unicode in ASCII."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)
