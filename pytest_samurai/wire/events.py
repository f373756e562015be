"""Server-sent events, cut out of a body. Source: the WHATWG specification of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pytest_samurai.wire.objects import parse_object

# Two line ends. A CR that came last may be half of a CRLF, so it is none yet.
# (Not as a repetition: of one, `re` does not know the bytes with which it begins.)
EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n|\Z))(?:\r\n|\n|\r(?!\n|\Z))")
# At the begin of a line, which is looked at second, since the search for letters is many times faster.
_DONE = re.compile(rb"data:(?<![^\r\n]data:) ?\[DONE\]")


def events(body: bytes) -> Iterator[str]:
    """The data of each server-sent event in `body`, without `[DONE]`."""
    data: list[bytes] = []
    for line in [*body.splitlines(), b""]:
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            text = b"\n".join(data).decode("utf-8", "replace")
            data = []
            if text.strip() != "[DONE]":
                yield text


def ends_stream(body: bytes) -> bool:
    """Whether `[DONE]` was seen: the OpenAI SDK stops reading there."""
    return _DONE.search(body) is not None


SAID = re.compile(rb"data:(?<![^\r\n]data:)")


def last_word(body: bytes, name: str) -> Any:
    """What the events of a stream say last, if anything, of what stands beside their choices: as `merge` has it.

    Looked for from the end: it takes a hundredth of the time that merging a long stream does.
    """
    key = json.dumps(name).encode()
    end = len(body)
    while (at := body.rfind(key, 0, end)) >= 0:
        # Of events that end in CR all are looked at.
        begin = 0 if b"\r" in body else body.rfind(b"\n\n", 0, at) + 1
        for text in reversed(list(events(body[begin:end]))):
            value = (parse_object(text) or {}).get(name)
            if value not in (None, "", {}):
                return value
        end = begin
    return None
