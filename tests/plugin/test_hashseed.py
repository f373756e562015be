"""The seed that gives sets another order in another process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pytest_samurai.plugin import hashseed
from pytest_samurai.plugin.hashseed import other_seed


def order(items: list[str], seed: str) -> list[str]:
    command = [sys.executable, "-c", "import sys; print(*set(sys.argv[1:]))", *items]
    return subprocess.check_output(command, env={**os.environ, "PYTHONHASHSEED": seed}, text=True).split()


def test_each_of_a_few_small_sets_has_another_order() -> None:
    lists = [["left", "right"], ["red", "green", "blue"], ["left", "right"]]
    seed = other_seed(lists)
    assert all(order(items, seed) != items for items in lists)


def test_without_a_list_any_seed_will_do() -> None:
    assert other_seed([]).isdigit()


def test_of_lists_that_no_seed_has_in_another_order_at_once_the_fewest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashseed, "_MOST_TRIES", 3)
    # One of these two always stays the same.
    assert other_seed([["left", "right"], ["right", "left"]]).isdigit()
