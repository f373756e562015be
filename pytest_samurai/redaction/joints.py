"""Secrets that continue on another line, or in another part of a message."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

_KEY_IN_LINE = re.compile(rb"(?=[A-Za-z]*\d)(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{8,}|[0-9a-f]{16,}(?![\w-])")
_WORD = rb"(?:[A-Za-z]?[a-z]*|[A-Z]+|\d+)"
_WORDS = re.compile(rb"%b(?:[_-]%b)*" % (_WORD, _WORD))


def goes_on_in_line(rest: bytes) -> bool:
    """Whether the first letters of a line may belong to the key at the end of the previous line."""
    return _KEY_IN_LINE.match(rest) is not None


def goes_on_in_part(rest: bytes) -> bool:
    """Whether the first letters of a part may belong to the key at the end of the previous part."""
    return _WORDS.fullmatch(rest) is None


def across(
    pattern: re.Pattern[bytes],
    text: bytes,
    joints: Sequence[int],
    goes_on: Callable[[bytes], bool],
    begins: Callable[[bytes, int], bool],
) -> Iterator[tuple[int, int]]:
    """Where a pattern matches across the joints of a text that was joined from pieces.

    A key that is complete in its piece ends there, unless the next letters may continue it. They don't if `begins` says
    that another key begins there.
    """
    for match in pattern.finditer(text):
        begin, end = match.span()
        for joint in joints[bisect_right(joints, begin) :]:
            if joint >= end:
                break
            alone = pattern.match(text, begin, joint)
            if alone and alone.end() == joint and (begins(text, joint) or not goes_on(text[joint:end])):
                end = joint
        if end > begin and bisect_right(joints, begin) < bisect_right(joints, end - 1):
            yield begin, end
