"""Edits of a text that may be in pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.redaction.edits import Edit, edited, shares, spliced, united

BODY = b"abcdefghijklmnopqrst"
SPANS = st.lists(st.tuples(st.integers(0, 19), st.integers(1, 5)), max_size=4)


def edits_of(spans: list[tuple[int, int]], new: bytes) -> list[Edit]:
    return united((begin, min(begin + length, len(BODY)), new) for begin, length in spans)


@given(SPANS)
def test_edits_that_overlap_are_one_and_those_side_by_side_are_two(spans: list[tuple[int, int]]) -> None:
    edits = edits_of(spans, b"!")

    assert all(before[1] <= after[0] for before, after in pairwise(edits))
    covered = {place for begin, length in spans for place in range(begin, min(begin + length, len(BODY)))}
    assert {place for begin, end, _ in edits for place in range(begin, end)} == covered


def test_what_is_united_puts_there_what_one_of_them_does() -> None:
    assert united([(4, 8, b""), (0, 5, b"!"), (8, 9, b"?")]) == [(0, 8, b"!"), (8, 9, b"?")]
    assert united([(0, 4, b""), (0, 4, b"!")]) == [(0, 4, b"!")]


@given(SPANS, st.lists(st.integers(0, len(BODY)), max_size=6))
def test_pieces_are_edited_as_the_whole_is(spans: list[tuple[int, int]], cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(BODY)]
    pieces = [BODY[begin:end] for begin, end in pairwise(ends)]
    edits = edits_of(spans, b"[new]")

    new = spliced(pieces, edits)

    assert b"".join(new) == edited(BODY, edits)
    assert len(new) == len(pieces)
    # The replacement goes where the edit begins.
    for (begin, end), piece in zip(pairwise(ends), new, strict=True):
        assert piece.count(b"[new]") == sum(begin <= edit[0] < end for edit in edits)


def test_the_share_of_a_piece_is_told_by_its_own_places() -> None:
    assert shares([b"abc", b"def", b"g"], [(1, 5, b"!")]) == [[(1, 3, b"!")], [(0, 2, b"")], []]
