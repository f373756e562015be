"""The cassettes of a run, asked for the calls of its tests."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_samurai import cassette
from pytest_samurai.bill import PriceList
from pytest_samurai.report.library import Library, Told
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.wire import Interaction
from tests.report.calls import assistant, interaction, user

FRANCE = interaction(user("France?"), answer=assistant("Paris."))
JAPAN = interaction(user("Japan?"), answer=assistant("Tokyo."))
ECHO = interaction(user("Say Paris."), answer=assistant("Paris."))
NAME = "cassettes/t/test_a.yaml"


def told(root: Path, *asked: Interaction, secrets: frozenset[str] = frozenset()) -> Told:
    return Library(root, [Spoken.of("t.py::test_a", NAME, asked)], secrets, PriceList()).told(0)


def saved(root: Path, *interactions: Interaction) -> Path:
    path = root / NAME
    path.parent.mkdir(parents=True)
    cassette.save(path, list(interactions))
    return path


def questions(what: Told) -> list[tuple[int, str | None]]:
    return [(call.number, call.messages[0].text) for call in what.calls]


def test_the_calls_of_a_test_are_told_in_the_order_in_which_it_made_them(tmp_path: Path) -> None:
    saved(tmp_path, FRANCE, JAPAN, ECHO)
    what = told(tmp_path, JAPAN, FRANCE)
    assert (questions(what), what.lost) == ([(1, "Japan?"), (2, "France?")], "")
    assert what.calls[0].cost == Decimal("0.00014")


def test_of_equal_answers_the_one_to_the_same_question_is_told(tmp_path: Path) -> None:
    saved(tmp_path, FRANCE, ECHO)
    assert questions(told(tmp_path, ECHO, FRANCE, ECHO)) == [(1, "Say Paris."), (2, "France?"), (3, "Say Paris.")]


def test_of_equal_calls_each_is_told_once_before_one_is_told_twice(tmp_path: Path) -> None:
    later = replace(FRANCE, recorded_at="2026-11-25T13:00:00Z", price="unknown")
    saved(tmp_path, FRANCE, later)
    assert [call.cost is None for call in told(tmp_path, FRANCE, FRANCE).calls] == [False, True]


def test_a_call_whose_question_is_spelled_otherwise_in_the_file_is_told_by_its_answer(tmp_path: Path) -> None:
    saved(tmp_path, JAPAN, interaction(user("France? sk-samurai-test-0123456789abcdef")))
    assert questions(told(tmp_path, FRANCE)) == [(1, "France? [REDACTED]")]


def test_what_is_not_in_the_cassette_is_counted(tmp_path: Path) -> None:
    saved(tmp_path, FRANCE)
    what = told(tmp_path, JAPAN, FRANCE)
    assert questions(what) == [(2, "France?")]
    assert what.lost == "1 call of this test is not in the cassette: not kept, or recorded again since then"
    assert told(tmp_path, JAPAN, JAPAN).lost.startswith("2 calls of this test are not in the cassette: ")


def test_a_cassette_that_is_gone_or_cannot_be_read_says_so_without_secrets(tmp_path: Path) -> None:
    assert told(tmp_path, FRANCE) == Told((), "no such cassette: nothing was kept, or it has been deleted since")
    path = saved(tmp_path, FRANCE)
    path.write_text("nothing")
    assert told(tmp_path, FRANCE, secrets=frozenset({path.name})).lost == (
        f"the cassette cannot be read: {path.parent}/[REDACTED]:1: not a cassette: it has no list `interactions`;"
        f" fix it, restore the file, or delete it to record again"
    )


def test_a_path_that_is_none_is_no_error_of_the_report(tmp_path: Path) -> None:
    library = Library(tmp_path, [Spoken("t", "a\0b", ["0" * 16])], frozenset(), PriceList())
    assert library.told(0).lost.startswith("the cassette cannot be read: ")


def test_secrets_that_another_tool_left_in_a_cassette_are_cut_out(tmp_path: Path) -> None:
    saved(tmp_path, interaction(user("my word is quite-secret"), answer=assistant("quite-secret it is")))
    what = told(
        tmp_path,
        interaction(user("my word is quite-secret"), answer=assistant("quite-secret it is")),
        secrets=frozenset({"quite-secret"}),
    )
    assert (questions(what), what.calls[0].text) == ([(1, "my word is [REDACTED]")], "[REDACTED] it is")


def test_a_cassette_of_many_tests_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path, FRANCE, JAPAN)
    library = Library(
        tmp_path,
        [Spoken.of("t.py::test_a", NAME, [FRANCE]), Spoken.of("t.py::test_b", NAME, [JAPAN])],
        frozenset(),
        PriceList(),
    )
    assert questions(library.told(0)) == [(1, "France?")]
    (tmp_path / NAME).unlink()
    assert questions(library.told(1)) == [(1, "Japan?")]
