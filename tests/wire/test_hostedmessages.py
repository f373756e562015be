"""Anthropic's messages as the clouds serve them."""

from __future__ import annotations

import pytest

from pytest_samurai.wire.dialects import UNKNOWN, dialect_of
from tests.wire import test_messages
from tests.wire.calls import call, streamed

VERTEX = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model"


def test_a_stream_on_vertex_is_read_as_any_of_messages() -> None:
    url = f"{VERTEX}/claude-sonnet-4-5@20250929:streamRawPredict"
    answered = streamed(*test_messages.EVENTS, done=False, request={"messages": []}, url=url)

    assert (answered.endpoint, answered.usage) == ("messages", test_messages.COUNTED)


@pytest.mark.parametrize(
    ("url", "model"),
    [
        (f"{VERTEX}/claude-sonnet-4-5@20250929:rawPredict", "claude-sonnet-4-5@20250929"),
        (f"{VERTEX}/claude-x%3AstreamRawPredict", "claude-x"),
        (f"{BEDROCK}/us.anthropic.claude-x-v1%3A0/invoke", "us.anthropic.claude-x-v1:0"),
    ],
)
def test_the_model_that_is_asked_for_is_in_the_url(url: str, model: str) -> None:
    assert call({"error": "no"}, status=400, request={"messages": []}, url=url).model == model
    assert dialect_of(url).name == "messages"


@pytest.mark.parametrize(
    "url",
    [
        "https://h/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict",
        f"{BEDROCK}/amazon.nova-lite-v1%3A0/invoke",
        f"{BEDROCK}/anthropic.claude-x-v1%3A0/invoke-with-response-stream",
    ],
)
def test_what_has_another_shape_there_has_no_dialect(url: str) -> None:
    assert dialect_of(url) is UNKNOWN


def test_a_url_that_names_no_model_names_none() -> None:
    dialect = dialect_of(f"{VERTEX}/claude-x:rawPredict")
    assert dialect.model_asked("https://h/x", {"model": "m"}) is None
