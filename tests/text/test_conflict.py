"""The marks of a merge conflict, and what only looks like them."""

from __future__ import annotations

import pytest

from pytest_samurai.text.conflict import conflict_line, sides_of


@pytest.mark.parametrize("mark", [b"<<<<<<< HEAD", b"||||||| 5ae0", b"|||||||", b"=======", b">>>>>>> theirs"])
def test_the_first_line_that_is_a_mark_is_named(mark: bytes) -> None:
    assert conflict_line(mark) == 1
    assert conflict_line(b"a\nb\n%b\nc\n%b\n" % (mark, mark)) == 3


@pytest.mark.parametrize(
    "line", [b"", b" <<<<<<< HEAD", b"a =======", b"========", b"<<<<<<<", b">>>>>>>>", b"======= x", b"|||||||x"]
)
def test_what_only_looks_like_a_mark_is_none(line: bytes) -> None:
    assert conflict_line(b"a\n%b\nb\n" % line) is None


OURS = [(b"a", True), (b"b", False), (b"c", True)]
THEIRS = [(b"a", True), (b"d", False), (b"e", False), (b"c", True)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("base", [b"", b"||||||| 5ae0\nx\n<<<<<<<<< b1\ny\n=========\nz\n>>>>>>>>> b2\n"])
def test_a_file_with_marks_is_read_as_each_side_has_it(base: bytes, end: bytes) -> None:
    content = b"a\n<<<<<<< HEAD\nb\n%b=======\nd\ne\n>>>>>>> theirs\nc" % base
    assert sides_of(content.replace(b"\n", end)) == (OURS, THEIRS)


def test_each_conflict_of_a_file_has_its_sides() -> None:
    content = b"<<<<<<< a\n1\n=======\n>>>>>>> b\n2\n<<<<<<< a\n=======\n3\n>>>>>>> b"
    assert sides_of(content) == ([(b"1", False), (b"2", True)], [(b"2", True), (b"3", False)])


@pytest.mark.parametrize(
    "content",
    [
        b"a\nb",
        b"<<<<<<< a\n1\n=======\n2",
        b"<<<<<<< a\n1\n>>>>>>> b",
        b"1\n=======\n2\n>>>>>>> b",
        b"<<<<<<< a\n<<<<<<< a\n=======\n>>>>>>> b",
        b"<<<<<<< a\n=======\n||||||| c\n>>>>>>> b",
    ],
)
def test_where_a_mark_is_missing_there_are_no_sides(content: bytes) -> None:
    assert sides_of(content) is None
