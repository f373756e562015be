"""The input of github-action-benchmark: no number in it is made up."""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_samurai.report.forms.benchmark import render
from tests.report.test_run import RUN


def test_what_is_unknown_is_left_out_of_the_benchmark_and_so_is_its_sum() -> None:
    names = [entry["name"] for entry in json.loads(render(RUN).content)]
    assert not any(name.startswith("total:") for name in names)
    assert not any("test_cut" in name for name in names)
    assert "tests/test_geo.py::test_new_model: tokens" in names
    assert "tests/test_geo.py::test_new_model: cost" not in names
    known = [entry["name"] for entry in json.loads(render(replace(RUN, tests=RUN.tests[:1], fixtures=())).content)]
    assert known[:2] == ["total: tokens", "total: cost"]
