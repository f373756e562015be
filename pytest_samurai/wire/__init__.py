"""What is said: HTTP, events, and the dialects of APIs."""

from pytest_samurai.wire.chat import UsageFilter, received, said, summary, usage_of, with_usage_asked
from pytest_samurai.wire.events import ends_stream
from pytest_samurai.wire.http import (
    CLOSED,
    COMPLETE,
    RETRYABLE,
    Chunk,
    Chunks,
    Headers,
    Reply,
    Request,
    is_event_stream,
)
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.objects import as_object, as_objects, json_object, parse_object
from pytest_samurai.wire.price import RATES, UNPRICED, Price, read_rates
from pytest_samurai.wire.recordings import Recordings
from pytest_samurai.wire.usage import COUNTS, Usage

__all__ = [
    "CLOSED",
    "COMPLETE",
    "COUNTS",
    "RATES",
    "RETRYABLE",
    "UNPRICED",
    "Chunk",
    "Chunks",
    "Headers",
    "Interaction",
    "Price",
    "Recordings",
    "Reply",
    "Request",
    "Usage",
    "UsageFilter",
    "as_object",
    "as_objects",
    "ends_stream",
    "is_event_stream",
    "json_object",
    "parse_object",
    "read_rates",
    "received",
    "said",
    "summary",
    "usage_of",
    "with_usage_asked",
]
