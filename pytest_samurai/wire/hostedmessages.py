"""Anthropic's messages on Vertex AI and Bedrock, where the URL names the model.

Sources: "Claude on Vertex AI" and "Claude on Amazon Bedrock" in Anthropic's documentation. Bedrock's streams are binary
frames, not text, so they have no dialect.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from pytest_samurai.wire.dialect import Object
from pytest_samurai.wire.messages import MESSAGES

_OF_VERTEX = re.compile(r"/models/([^/]+?)(?::|%3A)(?:stream)?rawPredict", re.IGNORECASE)
_OF_BEDROCK = re.compile(r"/model/([^/]+)/", re.IGNORECASE)


def _on_vertex(url: str, _: Object) -> str | None:
    return _model(_OF_VERTEX, url)


def model_on_bedrock(url: str, _: Object) -> str | None:
    """The model in a Bedrock URL."""
    return _model(_OF_BEDROCK, url)


def _model(pattern: re.Pattern[str], url: str) -> str | None:
    match = pattern.search(url)
    return unquote(match[1]) if match else None


ON_VERTEX = replace(
    MESSAGES,
    paths=(":rawpredict", ":streamrawpredict"),
    within="/publishers/anthropic/models/",
    patterns=("*/publishers/anthropic/models/*:rawPredict", "*/publishers/anthropic/models/*:streamRawPredict"),
    may_be_own=False,
    model_asked=_on_vertex,
)

ON_BEDROCK = replace(
    MESSAGES,
    paths=("/invoke",),
    within="anthropic.",
    patterns=("*/model/*anthropic.*/invoke",),
    may_be_own=False,
    model_asked=model_on_bedrock,
)
