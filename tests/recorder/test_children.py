"""The child processes of a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.intercept import processes
from pytest_samurai.recorder.children import Children
from tests.intercept.scripted import ask, body


class Watched(bytearray):
    """Memory shared by two processes: after each byte that one writes, the other looks."""

    def __init__(self) -> None:
        super().__init__(4096)
        self.seen: list[str] = []

    def __setitem__(self, index: Any, value: Any) -> None:
        positions = range(len(self))[index] if isinstance(index, slice) else [index]
        for position, byte in zip(positions, value if isinstance(value, bytes) else [value], strict=True):
            super().__setitem__(position, byte)
            parent = Children()
            parent._memory = self
            parent.listen(self.seen.append)


def test_a_text_is_told_when_all_of_it_is_there() -> None:
    child = Children()
    child.is_copy = True
    child._memory = memory = Watched()
    child.tell("the whole text")
    assert memory.seen == ["the whole text"]


def test_what_a_child_has_refused_is_one_miss_however_often_it_is_asked_for(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    with pytest.raises(RequestNotRecorded, match="was called in a forked child"):
        with use_cassette(cassettes / "a.yaml", mode="none", unused="ignore") as recorder:
            # The rest runs in a child, which coverage does not see.
            processes.forking()
            processes.forked()
            with pytest.raises(RequestNotRecorded):
                httpx.post(url, json=body("\x1b"))
            recorder.children.is_copy = False
            recorder.misses.clear()
            recorder.children.listen(recorder.refuse)
    assert len(recorder.misses) == 1
