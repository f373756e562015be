"""An attribute that is replaced and restored."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from pytest_samurai.intercept.patch import Patch, Patches


class Base:
    def inherited(self) -> str:
        return "theirs"


class Owner(Base):
    def method(self) -> str:
        return "theirs"


def ours(original: Callable[[Any], str], patch: Patch) -> Callable[[Any], str]:
    return lambda self: "ours" if patch.active else original(self)


@pytest.mark.parametrize("name", ["method", "inherited"])
def test_what_was_there_is_put_back_where_it_was(name: str) -> None:
    before = dict(vars(Owner))
    patch = Patch(Owner, name, ours)
    assert getattr(Owner(), name)() == "ours"
    patch.remove()
    assert getattr(Owner(), name)() == "theirs"
    assert dict(vars(Owner)) == before


def test_what_somebody_put_in_its_place_stays_and_ours_hands_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Owner, "method", Owner.method)  # puts the original back at the end
    patch = Patch(Owner, "method", ours)
    replacement = Owner.method
    monkeypatch.setattr(Owner, "method", lambda self: f"wrapped {replacement(self)}")
    assert Owner().method() == "wrapped ours"
    patch.remove()
    assert Owner().method() == "wrapped theirs"


def test_a_patch_that_was_removed_is_gone_at_once() -> None:
    patch = Patch(Owner, "method", ours)
    patch.remove()
    known = weakref.ref(patch)
    gc.disable()
    try:
        del patch
        assert known() is None
    finally:
        gc.enable()


def test_patches_are_put_in_again_and_made_anew_only_where_what_they_replace_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Owner, "method", Owner.method)  # puts the original back at the end
    patches = Patches()
    seen = []
    for of in (1, 1, 2):
        patches.put_in(lambda: [Patch(Owner, "method", ours)], of)
        patches.put_in(lambda: pytest.fail("they are in"), of)
        seen.append(Owner.method)
        patches.take_out()
        assert Owner().method() == "theirs"
    assert seen[0] is seen[1] is not seen[2]
    monkeypatch.setattr(Owner, "method", lambda _: "another")
    patches.put_in(lambda: [Patch(Owner, "method", ours)], 2)
    assert Owner().method() == "ours"
    patches.take_out()
    assert Owner().method() == "another"
