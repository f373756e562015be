"""Patterns for the values that are known to be secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_samurai.redaction.plain import NUMBER
from pytest_samurai.redaction.spellings import spelled


def known_patterns(secrets: Iterable[str]) -> Iterator[re.Pattern[bytes]]:
    """A pattern for each spelling of the secrets. A number is found only alone, not within a longer one."""
    secrets = frozenset(secrets)
    numbers = {secret for secret in secrets if NUMBER.fullmatch(secret)}
    yield from spelled(secrets - numbers)
    for number in sorted(numbers):
        yield re.compile(rb"(?<![\w.])%b(?!\w|\.\d)" % number.encode())
