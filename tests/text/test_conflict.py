"""The marks of a merge conflict, and what only looks like them."""

from __future__ import annotations

import pytest

from pytest_samurai.text.conflict import conflict_line


@pytest.mark.parametrize("mark", [b"<<<<<<< HEAD", b"=======", b">>>>>>> theirs"])
def test_the_first_line_that_is_a_mark_is_named(mark: bytes) -> None:
    assert conflict_line(mark) == 1
    assert conflict_line(b"a\nb\n%b\nc\n%b\n" % (mark, mark)) == 3


@pytest.mark.parametrize(
    "line", [b"", b" <<<<<<< HEAD", b"a =======", b"========", b"<<<<<<<", b">>>>>>>>", b"======= x"]
)
def test_what_only_looks_like_a_mark_is_none(line: bytes) -> None:
    assert conflict_line(b"a\n%b\nb\n" % line) is None
