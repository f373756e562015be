"""The seed of the string hashes. It decides the order of the items in a set."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from pytest_samurai.files import REAL, json

HASH_SEED: Final = "PYTHONHASHSEED"
"""The environment variable that sets it: https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED"""

_MOST_TRIES = 64
_MOST_LISTS = 100
_COUNT = """
import itertools, json, sys
def may_be_same(items):
    ways = itertools.permutations(items) if len(items) <= 4 else [items]
    return any([*set(way)] == items for way in map(list, ways))
print(sum(map(may_be_same, json.load(sys.stdin))))
"""
"""Prints how many of the lists a process could have in the same order. When hashes collide, insertion order decides."""


def other_seed(orders: Iterable[Sequence[str]]) -> str:
    """A seed that gives another process a different order of these items, if they come from a set.

    For a set of two strings, every second seed keeps the order. So several seeds are tried, in very short processes,
    until no list keeps its order. With many lists, the seed that keeps the fewest wins.
    """
    lists = list(dict.fromkeys(map(tuple, orders)))[:_MOST_LISTS]
    best = (len(lists) + 1, "")
    for _ in range(_MOST_TRIES if lists else 1):
        seed = str(int.from_bytes(REAL.urandom(4), "big"))
        best = min(best, (_same(lists, seed) if lists else 0, seed))
        if best[0] == 0:
            break
    return best[1]


def _same(lists: Sequence[Sequence[str]], seed: str) -> int:
    command = [sys.executable, "-S", "-c", _COUNT]
    environment, told = {**os.environ, HASH_SEED: seed}, json.dumps(lists).encode()
    counted = subprocess.run(command, input=told, env=environment, stdout=subprocess.PIPE, check=True)
    return int(counted.stdout)
