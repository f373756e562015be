"""Rows of a lock are restored byte for byte, and all others stay the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_samurai.bill.lock import Lock, Row, Spent
from pytest_samurai.bill.lockfile import dump, parse
from pytest_samurai.bill.lockrows import with_rows_of
from pytest_samurai.errors import SettingsError
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage

CHEAP, DEAR = (Price(source="x", input_mtok=Decimal(rate), output_mtok=Decimal(rate)) for rate in (1, 9))


def used(tokens: int, *models: str) -> Row:
    return {model: Spent(1, Usage(1, tokens, 2, tokens + 2)) for model in models or ("m",)}


def lock(prices: dict[str, Price], **tests: Row) -> bytes:
    return dump(Lock({f"t.py::{name}": row for name, row in tests.items()}, prices))


def put_back(content: bytes, old: bytes | None, *tests: str) -> bytes:
    result = with_rows_of(content, old, {f"t.py::{name}" for name in tests}, "samurai.lock")
    parse(result, "samurai.lock")
    return result


OLD = lock({"m": CHEAP}, a=used(1), b=used(2), c=used(3, "m", "n"))


def test_the_row_of_a_test_is_put_back_and_no_other() -> None:
    now = lock({"m": CHEAP}, a=used(11), b=used(12), c=used(13))
    assert put_back(now, OLD, "b") == lock({"m": CHEAP}, a=used(11), b=used(2), c=used(13))
    assert put_back(now, OLD, "a", "b", "c") == OLD
    assert put_back(now, OLD) == now


def test_a_row_that_is_gone_comes_back_in_its_place_and_a_new_one_goes() -> None:
    assert put_back(lock({"m": CHEAP}, a=used(1), c=used(3, "m", "n")), OLD, "b") == OLD
    assert put_back(lock({"m": CHEAP}, a=used(1), b=used(2), bb=used(4), c=used(3, "m", "n")), OLD, "bb") == OLD


def test_the_price_of_a_model_comes_and_goes_with_the_last_test_that_uses_it() -> None:
    now = lock({"m": CHEAP, "o": DEAR}, a=used(1), b=used(2), c=used(3, "o"))
    assert put_back(now, OLD, "c") == OLD
    priced = lock({"m": CHEAP, "n": DEAR}, a=used(1), c=used(3, "n"))
    assert put_back(lock({"m": CHEAP}, a=used(1), c=used(3)), priced, "c") == priced
    # If other tests use the model too, today's price counts for all.
    dearer = lock({"m": DEAR}, a=used(11), b=used(2), c=used(3, "m", "n"))
    assert put_back(dearer, OLD, "a") == lock({"m": DEAR}, a=used(1), b=used(2), c=used(3, "m", "n"))


def test_the_last_rows_may_go_and_the_first_ones_come_back() -> None:
    none = lock({})
    assert put_back(OLD, none, "a", "b", "c") == none
    assert put_back(OLD, None, "a", "b", "c") == none
    assert put_back(none, OLD, "a", "b", "c") == OLD


def test_rows_come_back_as_they_were_written_whoever_wrote_them() -> None:
    by_hand = OLD.replace(b"completion_tokens: 2, total_tokens: 4} #", b"completion_tokens: 2, total_tokens: 4}  #")
    by_hand = by_hand.replace(b'  "t.py::b":\n', b"  # ours\n  't.py::b':\n\n").replace(
        b"version: 1\n", b"# x\nversion: 1\n"
    )
    now = by_hand.replace(b"prompt_tokens: 2,", b"prompt_tokens: 5,")
    assert now != by_hand
    assert put_back(now, by_hand, "b") == by_hand
    assert put_back(now.replace(b"\n", b"\r\n"), by_hand.replace(b"\n", b"\r\n"), "b") == by_hand.replace(
        b"\n", b"\r\n"
    )


def test_what_is_no_lock_is_left_alone() -> None:
    with pytest.raises(SettingsError, match=r"samurai.lock:2: `a` does not belong here"):
        put_back(b"\na: 1\n", OLD, "a")
    with pytest.raises(SettingsError, match=r"samurai.lock"):
        put_back(OLD, b"\na: 1\n", "a")
