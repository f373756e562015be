"""Audio, which has no cost without a separate rate."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import Usage, use_cassette
from pytest_samurai.errors import UnknownPrice
from pytest_samurai.wire.price import Price
from tests.intercept.scripted import API, Scripted

TEXT: dict[str, Any] = {"source": "a test", "input_mtok": Decimal(2), "output_mtok": Decimal(8)}


@pytest.mark.parametrize(
    ("part", "rate"),
    [("prompt_audio_tokens", "input_audio_mtok"), ("completion_audio_tokens", "output_audio_mtok")],
)
def test_audio_has_a_cost_only_where_it_has_a_rate(part: str, rate: str) -> None:
    counts: dict[str, Any] = {"requests": 1, "prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200}
    usage = Usage(**counts, **dict[str, Any]({part: 10}))
    without, having = Price(**TEXT), Price(**TEXT, **dict[str, Any]({rate: Decimal(40)}))
    assert without.cost(usage) is without.cost(usage, as_listed=True) is None
    assert without.missing(usage) == [rate]
    assert without.cost(Usage(**counts)) == Decimal("0.001")
    text = Decimal("0.00018" if part.startswith("prompt") else "0.00072") + Decimal(
        "0.0008" if part.startswith("prompt") else "0.0002"
    )
    assert having.cost(usage) == text + Decimal("0.0004")


def test_audio_of_a_model_without_a_rate_for_it_is_not_sold_as_text(cassettes: Path) -> None:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0, "prompt_tokens_details": {"audio_tokens": 1_000_000}}
    reply = httpx.Response(200, json={"model": "gpt-4o-mini-audio-preview", "usage": usage})
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=Scripted(reply)) as client:
        client.post(API, json={"model": "gpt-4o-mini-audio-preview", "messages": []})
    with pytest.raises(UnknownPrice, match=r"call 1 \(gpt-4o-mini-audio-preview\) has no input_audio_mtok for tokens"):
        _ = recorder.cost
