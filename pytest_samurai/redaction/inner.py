"""JSON within a text of an event, as it is or in base64.

Source: `PayloadPart.bytes` in the reference of Bedrock's InvokeModelWithResponseStream; other gateways pass on the
events of an API as texts.
"""

from __future__ import annotations

import base64
import re
from typing import Any, NamedTuple

from pytest_samurai.files import json

# What the base64 of an object or a list begins with.
_BASE64 = re.compile(r"(?:ey|ew|W[w1-3])[A-Za-z0-9+/]*={0,2}")


class Inner(NamedTuple):
    """The JSON value of a text, as the only item of a list, and whether the text is its base64."""

    said: list[Any]
    is_base64: bool

    def spelled(self) -> str:
        text = json.dumps(self.said[0])
        return base64.b64encode(text.encode()).decode() if self.is_base64 else text


def inner(text: str) -> Inner | None:
    """The object or list that a text is; None for any other text."""
    is_base64 = _BASE64.fullmatch(text) is not None
    if not is_base64 and text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(base64.b64decode(text) if is_base64 else text)
    except (ValueError, RecursionError):
        return None
    return Inner([value], is_base64) if isinstance(value, dict | list) else None
