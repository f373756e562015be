"""What a server makes up for each answer: ids, dates, counts. Two recordings of one answer differ in these."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_samurai.wire.dialect import Json

_ID = re.compile(r"id|\w*(?:_id|[a-z]Id)")
# The model and the usage are compared separately from the answer.
_MADE_UP = re.compile(
    r"created|\w*_at|\w*[tT]ime|timings|\w*fingerprint|\w*[uU]sage\w*|model|modelVersion|object|service_tier"
)


def ids_in(value: Json) -> Iterator[str]:
    """The ids in a reply: the texts under keys like `id`, `call_id` and `responseId`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and _ID.fullmatch(key):
                yield inner
            else:
                yield from ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from ids_in(inner)


def without_made_up(value: Json) -> Json:
    """A copy of a reply without its ids, dates, models and counts."""
    if isinstance(value, dict):
        return {
            key: without_made_up(inner)
            for key, inner in value.items()
            if not (_ID.fullmatch(key) or _MADE_UP.fullmatch(key))
        }
    return list(map(without_made_up, value)) if isinstance(value, list) else value
