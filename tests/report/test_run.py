"""A run as a record: what is added up, what survives JSON, and what is not a report."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai import SettingsError, Usage
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.growth import Growth
from pytest_samurai.bill.sum import Sum
from pytest_samurai.report.causes import headline
from pytest_samurai.report.forms.as_json import render
from pytest_samurai.report.run import OUTCOMES, Failure, Run, TestRun, merged_runs, read_run
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.report.totals import Totals
from pytest_samurai.text import Cause, Diagnosis
from pytest_samurai.wire.origins import Origins
from pytest_samurai.wire.price import Price
from tests.bill.test_figures import any_figures, law

SCHEMA: dict[str, Any] = json.loads(Path(__file__).parents[2].joinpath("docs/report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

PRICE = Price(source="genai-prices 0.2.3", input_mtok=Decimal("0.15"), output_mtok=Decimal("0.6"))


USED = Usage(2, 30, 12, 42)


def figures(
    test: str,
    usage: Usage | None = USED,
    cost: str | None = "0.0000117",
    *,
    replayed: int = 2,
    recorded: int = 0,
    live: int = 0,
    seconds: float = 2.5,
    endpoints: tuple[str, ...] = ("chat",),
) -> TestFigures:
    amount, price = (None, None) if cost is None else (Decimal(cost), PRICE)
    calls = replayed + recorded + live
    models = (ModelFigures("gpt-4o-mini", calls, usage, price, amount, amount, endpoints),)
    saved = amount if replayed else Decimal(0)
    return TestFigures(test, replayed, recorded, live, models, seconds if replayed else 0.0, saved)


REGRESSION = {
    "test": "tests/test_geo.py::test_grown",
    "metric": "total_tokens",
    "old": "412",
    "new": "577",
    "growth": "+165, +40%",
    "why": "prompt 392 -> 557 tokens (+42%)",
    "cause": "more prompt tokens",
}

MISSED = Diagnosis(Cause("miss-d40b7e9d", "messages[0], one sentence added", ("+ Answer in one word.",)), 2, "all")

RUN = Run(
    version="0.1.0",
    began="2026-11-24T13:00:00Z",
    mode="once",
    tests=(
        TestRun(figures("tests/test_geo.py::test_capital"), "passed", "tests/test_geo.py", 5),
        TestRun(
            figures("tests/test_geo.py::test_grown", Usage(1, 500, 77, 577), "0.0001212", replayed=0, recorded=1),
            "failed",
            "tests/test_geo.py",
            12,
            (REGRESSION,),
        ),
        TestRun(
            figures("tests/test_geo.py::test_html[<b>|`&`]", Usage(1, 9, 9, 18, estimated=True), "0.5", replayed=1),
            "failed",
            "tests/test_geo.py",
            20,
        ),
        TestRun(figures("tests/test_geo.py::test_new_model", cost=None, replayed=2), "passed", "tests/test_geo.py", 28),
        TestRun(figures("tests/test_geo.py::test_cut", None, None, live=1), "xfailed", "tests/test_geo.py", 31),
    ),
    fixtures=(
        figures(
            "session fixture answer",
            Usage(1, 1000, 234, 1234, cache_write_tokens=600),
            "0.0002904",
            replayed=1,
            endpoints=("chat", "messages"),
        ),
    ),
    failures=(
        Failure(
            "tests/test_geo.py::test_html[<b>|`&`]",
            "BudgetExceeded",
            "max_total_tokens is 12, used 18 (+6), 50%\n  call  model\n     1  gpt-4o-mini  ```<b>&\r\n",
            "tests/test_geo.py",
            20,
        ),
        Failure(
            "tests/a,b:c.py::test_miss",
            "RequestNotRecorded",
            "POST /chat/completions has no recording",
            "tests/a,b:c.py",
            3,
            MISSED,
        ),
    ),
    notes=("cassettes/old.yaml: recorded on 2026-01-02, which is older than samurai_max_age allows",),
    unmarked={"tests/test_live.py::test_it": 1200},
    spoken=(
        Spoken("tests/test_geo.py::test_capital", "cassettes/test_geo/test_capital.yaml", ["0123456789abcdef"] * 2),
    ),
    growth=Growth(454, 619, Decimal("0.0000997"), Decimal("0.0001329")),
)
"""A run with one of everything."""

texts = st.text(max_size=9)
runs = st.builds(
    Run,
    texts,
    st.just("2026-11-24T13:00:00Z"),
    texts,
    st.lists(
        st.builds(
            TestRun,
            any_figures,
            st.sampled_from(OUTCOMES),
            texts,
            st.integers(1, 999),
            st.lists(st.fixed_dictionaries(dict.fromkeys(REGRESSION, texts)), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    st.lists(any_figures, max_size=2).map(tuple),
    st.lists(
        st.builds(
            Failure,
            *(texts, texts, texts, texts, st.integers(1, 999)),
            st.none()
            | st.builds(
                Diagnosis,
                st.builds(Cause, texts, texts, st.lists(texts, max_size=2).map(tuple)),
                *(st.integers(0, 9), texts, texts),
            ),
        ),
        max_size=2,
    ).map(tuple),
    st.lists(texts, max_size=2, unique=True).map(tuple),
    st.dictionaries(texts, st.integers(1, 9), max_size=2),
    spoken=st.lists(st.builds(Spoken, texts, texts, st.lists(texts, max_size=2)), max_size=2).map(tuple),
    growth=st.none()
    | st.builds(
        Growth,
        *(st.integers(0, 9), st.integers(0, 9)),
        *(st.decimals(0, 9, places=3), st.decimals(0, 9, places=3)),
        *(st.integers(0, 9), st.integers(0, 9)),
    ),
)


@law
@given(runs)
def test_a_run_survives_the_way_through_json_which_is_as_the_schema_says(run: Run) -> None:
    written = json.dumps(run.as_json())
    assert read_run(written.encode(), "r.json") == run
    VALIDATOR.validate(json.loads(written))


def test_the_schema_describes_every_field_and_lets_nothing_else_pass() -> None:
    VALIDATOR.check_schema(SCHEMA)
    value = json.loads(render(RUN).content)
    VALIDATOR.validate(value)
    assert list(value) == [name for name in SCHEMA["properties"] if name != "recordings"]
    assert list(value["totals"]) == list(SCHEMA["$defs"]["totals"]["properties"])
    assert list(value["tests"][0]) == list(SCHEMA["$defs"]["test"]["properties"])
    assert list(value["tests"][1]["regressions"][0]) == list(SCHEMA["$defs"]["regression"]["properties"])
    assert list(value["failures"][1]) == list(SCHEMA["$defs"]["failure"]["properties"])
    assert list(value["failures"][1]["cause"]) == list(SCHEMA["$defs"]["cause"]["properties"])
    assert list(value["growth"]) == list(SCHEMA["$defs"]["growth"]["properties"])
    assert list(value["causes"][0]) == list(SCHEMA["$defs"]["group"]["properties"])
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**value, "more": 1})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**value, "tests": [{**value["tests"][0], "cost": 0.5}]})


def test_totals_add_up_what_is_known_and_count_what_is_not() -> None:
    assert RUN.totals == Totals(
        tests=5,
        replayed=8,
        recorded=1,
        live=1,
        usage=Sum(Usage(7, 1569, 344, 1913, cache_write_tokens=600, estimated=True), 1),
        cost=Sum(Decimal("0.5004233"), 2),
        list_cost=Sum(Decimal("0.5004233"), 2),
        saved=Sum(Decimal("0.5003021"), 2),
        seconds=12.5,
        estimated=1,
        without_calls=0,
    )


def test_in_json_a_sum_of_which_a_part_is_unknown_is_null_and_never_less_than_it_is() -> None:
    totals = RUN.totals.as_json()
    assert [totals[name] for name in ("usage", "cost", "list_cost", "saved")] == [None] * 4
    known = replace(RUN, tests=RUN.tests[:1], fixtures=()).totals.as_json()
    assert [known[name] for name in ("cost", "list_cost", "saved")] == ["0.0000117"] * 3
    assert known["usage"]["total_tokens"] == 42


def test_every_field_of_the_totals_is_in_their_json() -> None:
    written = RUN.totals.as_json()
    assert [name for name in written if not name.startswith("unknown_")] == [field.name for field in fields(Totals)]
    assert [written[f"unknown_{name}"] for name in ("usage", "cost", "saved")] == [1, 2, 2]


def test_a_test_of_unknown_cost_has_no_list_cost_in_the_totals() -> None:
    """If the parts of a usage exceed the whole, a list cost could be made up, but not what was billed."""
    models = (ModelFigures("m", 1, Usage(1, 10, 0, 10), PRICE, None, Decimal(1)),)
    totals = Totals.of([TestFigures("t", 1, models=models), figures("u", cost="0.5")])
    assert (totals.cost, totals.list_cost) == (Sum(Decimal("0.5"), 1), Sum(Decimal("0.5"), 1))


# --- redaction


def test_no_text_escapes_redaction_and_no_number_is_touched() -> None:
    secret = "sk-very-secret-0123456789"
    run = RUN.redacted(lambda text: f"{text} {secret}")
    names, models, regression, failures, cause, note, unmarked, spoken = 6, 6, 7, 2 * 2, 3, 1, 1, 2
    texts = names + models + regression + failures + cause + note + unmarked + spoken
    assert json.dumps(run.as_json()).count(secret) == texts
    assert run.redacted(lambda text: text.replace(f" {secret}", "")) == RUN


# --- several reports


def test_reports_of_several_shards_are_added_up() -> None:
    first = replace(
        RUN, tests=RUN.tests[:1], fixtures=(), failures=(), unmarked={"t": 1}, notes=("a", "b"), spoken=(), growth=None
    )
    second = replace(
        RUN,
        began="2026-11-24T12:00:00Z",
        mode="none",
        tests=RUN.tests[1:],
        unmarked={"t": 2, "u": 1},
        notes=("b", "c"),
    )
    both = merged_runs([first, second])
    assert both == replace(
        RUN, began="2026-11-24T12:00:00Z", mode="once, none", unmarked={"t": 3, "u": 1}, notes=("a", "b", "c")
    )


def test_a_report_of_an_earlier_version_has_no_conversations() -> None:
    written = RUN.as_json()
    del written["conversations"]
    VALIDATOR.validate(written)
    assert read_run(json.dumps(written).encode(), "r.json") == replace(RUN, spoken=())


def test_recordings_that_are_not_as_they_were_recorded_survive_the_way_through_json_and_are_added_up() -> None:
    run = replace(RUN, origins=Origins(3, 2, 1))
    written = json.loads(render(run).content)
    VALIDATOR.validate(written)
    assert written["recordings"] == {"edited": 3, "imported": 2, "unsealed": 1}
    assert Run.from_json(written).origins == Origins(3, 2, 1)
    assert "recordings" not in json.loads(render(RUN).content)
    assert merged_runs([run, RUN, run]).origins == Origins(6, 4, 2)
    written["recordings"]["edited"] = "<b>"
    with pytest.raises(ValueError, match="<b>"):
        Run.from_json(written)


def test_the_growth_of_several_shards_is_added_up() -> None:
    assert merged_runs([RUN, RUN]).growth == Growth(908, 1238, Decimal("0.0001994"), Decimal("0.0002658"))


def test_a_report_of_an_earlier_version_knows_no_causes_and_is_read_as_before() -> None:
    value = RUN.as_json()
    del value["growth"], value["failures"][1]["cause"], value["tests"][1]["regressions"][0]["cause"]
    run = read_run(json.dumps(value).encode(), "r.json")
    VALIDATOR.validate(value)
    assert (run.growth, run.failures[1].diagnosis) == (None, None)
    assert headline(run) == "1 test used more than the lock has: prompt 392 -> 557 tokens (+42%)."


def test_one_report_merged_is_itself() -> None:
    assert merged_runs([RUN]) == RUN


# --- what is not a report


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"[]", "list indices must be integers or slices, not str"),
        (b"{}", "`report` is missing"),
        (b'{"report": 2}', "its form is 2, but this version reads 1"),
        (b'{"report": 1, "version": "0.1.0"}', "`began` is missing"),
        (b"[" * 100_000, "maximum recursion depth exceeded while decoding a JSON array from a unicode string"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_run(content, "r.json")
    assert str(caught.value) == f"r.json: not a JSON report of pytest-samurai: {reason}"


@pytest.mark.parametrize("amount", ['"much"', "[]"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    written = json.dumps(RUN.as_json()).replace('"0.0000117"', amount)
    with pytest.raises(SettingsError, match=r"^r.json: not a JSON report of pytest-samurai: "):
        read_run(written.encode(), "r.json")


@law
@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner))
)
def test_any_other_json_is_refused_and_never_crashes(value: Any) -> None:
    with pytest.raises(SettingsError):
        read_run(json.dumps(value).encode(), "r.json")
