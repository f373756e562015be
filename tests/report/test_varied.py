"""What varies in a run's recordings is told once for each part, with advice that works."""

from __future__ import annotations

from pytest_samurai.matching import Variation
from pytest_samurai.report import Varied, clock_failure, varied_lines

UUID = Variation("uuid", "messages[0]", "123e4567-e89b-42d3-a456-426614174000")
DAY = Variation("datetime", "messages[0]", "2026-11-27")
WARM = Variation("number", "temperature", "0.8444218515250481", is_text=False)


def varied(test: str, *variations: Variation, home: str = "") -> Varied:
    return Varied(test, home, variations)


def test_a_part_that_varies_in_many_tests_is_a_line_with_the_fixture_to_paste() -> None:
    tests = [varied(f"t.py::test_{number}", UUID, DAY) for number in range(13)]
    assert varied_lines([*tests, varied("t.py::test_quiet")]) == [
        "samurai: 13 tests recorded values that most likely vary from run to run; their replays would miss:",
        "  a UUID and a date in messages[0] (123e4567-e89b-42d3-a456-426614174000, 2026-11-27): t.py::test_0, test_1,"
        " test_2 and 10 more",
        "  To let it match, put this into conftest.py:",
        '    @pytest.fixture(scope="session")',
        "    def samurai_config():",
        '        return {"normalize": ["uuid", "datetime"]}',
    ]


def test_a_test_is_named_once_for_each_of_its_fixtures_and_itself() -> None:
    assert varied_lines([varied("t.py::a", DAY), varied("t.py::a", DAY)])[:2] == [
        "samurai: 1 test recorded values that most likely vary from run to run; its replay would miss:",
        "  a date in messages[0] (2026-11-27): t.py::a",
    ]


def test_three_kinds_of_a_part_are_listed_as_a_sentence_lists_them() -> None:
    port = Variation("port", "messages[0]", "127.0.0.1:54321")
    assert varied_lines([varied("t.py::a", UUID, DAY, port)])[1].startswith(
        "  a UUID, a date and a port in messages[0] ("
    )


def test_the_advice_goes_where_the_entries_of_the_test_are() -> None:
    lines = varied_lines(
        [
            varied("t.py::a", UUID, home="marker"),
            varied("t.py::b", DAY, home="samurai_config"),
            varied("t.py::c", UUID, DAY, home="samurai_normalize"),
        ]
    )
    assert lines[-3:] == [
        '  To let it match, add to "normalize" in samurai_config: "datetime"',
        "  To let it match, add to samurai_normalize in the ini file: uuid datetime",
        '  To let it match, add to `normalize` of the marker: "uuid"',
    ]


def test_what_no_entry_reaches_has_advice_of_its_own() -> None:
    order = Variation("order", "stop", "d, b, a", is_text=False)
    second = Variation("epoch", "seed", "1795825318", is_text=False)
    told = varied_lines(
        [varied("t.py::a", order, WARM, second, Variation("number", "messages[0]", "0.84442185152504"))]
    )
    assert told[-3:] == [
        "  A set has no order of its own: sort what comes from it",
        '  A number on its own: fix the seed or the clock, or add to `ignore`: "seed", "temperature"',
        "  A random number in a text has no entry: fix the seed, or add a pair (pattern, replacement) to `normalize`",
    ]
    assert not any("conftest.py" in line for line in told)


def test_of_many_parts_the_first_are_told() -> None:
    many = [Variation("uuid", f"messages[{number}]", f"{number}") for number in range(23)]
    told = varied_lines([varied("t.py::a", *many)])
    assert told[20:22] == ["  a UUID in messages[19] (19): t.py::a", "  and 3 parts more"]


def test_nothing_is_said_of_nothing() -> None:
    assert varied_lines([]) == varied_lines([varied("t.py::a")]) == []
    assert clock_failure([varied("t.py::a", UUID)]) is None


def test_what_comes_from_outside_is_shown_as_what_it_is() -> None:
    [_, line, *_] = varied_lines([varied("t.py::a[\x1b[31m]", Variation("uuid", "x\x1b", "1\x1b\n"))])
    assert line == "  a UUID in x\\x1b (1\\x1b\\n): t.py::a[\\x1b[31m]"


def test_a_moment_fails_a_test_that_replays_at_once() -> None:
    failure = clock_failure([varied("t.py::a", UUID, DAY), varied("t.py::a", WARM)])
    assert failure is not None
    text, diagnosis = failure
    assert text.splitlines()[0] == "It replays now, but not at another time: a date in messages[0] (2026-11-27)."
    assert text.splitlines()[-1] == '        return {"normalize": ["datetime"]}'
    assert diagnosis.cause.what == "a date in messages[0]: the replay will miss at another time"


def test_it_travels_as_json() -> None:
    each = Varied("t.py::a", "marker", (UUID, WARM), [["b", "a"]])
    assert Varied.from_json(each.as_json()) == each
