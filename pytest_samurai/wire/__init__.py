"""What is said: HTTP, events, and the dialects of APIs."""

from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.answered import dated
from pytest_samurai.wire.asked import asked_object, likely_tokens, model_asked, summary, usage_asked
from pytest_samurai.wire.asking import UsageFilter
from pytest_samurai.wire.beginning import Beginning
from pytest_samurai.wire.dialect import Channel, Dialect, Label, Text
from pytest_samurai.wire.dialects import AMBIGUOUS, PATTERNS, UNKNOWN, answer_of, comes_in_pieces, dialect_of
from pytest_samurai.wire.events import cut_events, event_lengths
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
from pytest_samurai.wire.impossible import impossible
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.logprobs import TOKEN_ALTERNATIVES, TOKEN_BYTES, has_logprobs, is_token, retell, spells_token
from pytest_samurai.wire.madeup import ids_in, without_made_up
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.modelbodies import asks_model
from pytest_samurai.wire.modelhosts import is_public_model_host
from pytest_samurai.wire.modelpaths import ModelPath, calls_model, is_call, model_path
from pytest_samurai.wire.moderations import is_free_moderation
from pytest_samurai.wire.multipart import form_of, without_files
from pytest_samurai.wire.objects import no_object, parse_object
from pytest_samurai.wire.origins import Origins
from pytest_samurai.wire.price import RATES, UNPRICED, Price, read_rates
from pytest_samurai.wire.prompt import RequestPart, part_at, prompt_length, text_length
from pytest_samurai.wire.recordings import Recordings
from pytest_samurai.wire.spelling import USUAL_PORTS, plain_url
from pytest_samurai.wire.texts import message_of
from pytest_samurai.wire.usage import CACHE_PARTS, COUNTS, PARTS, Usage

__all__ = [
    "AMBIGUOUS",
    "CACHE_PARTS",
    "CLOSED",
    "COMPLETE",
    "COUNTS",
    "PARTS",
    "PATTERNS",
    "RATES",
    "RETRYABLE",
    "TOKEN_ALTERNATIVES",
    "TOKEN_BYTES",
    "UNKNOWN",
    "UNPRICED",
    "USUAL_PORTS",
    "Answer",
    "Beginning",
    "Channel",
    "Chunk",
    "Chunks",
    "Dialect",
    "Headers",
    "Interaction",
    "Label",
    "Message",
    "ModelPath",
    "Origins",
    "Part",
    "Price",
    "Recordings",
    "Reply",
    "Request",
    "RequestPart",
    "Text",
    "Usage",
    "UsageFilter",
    "answer_of",
    "asked_object",
    "asks_model",
    "calls_model",
    "comes_in_pieces",
    "cut_events",
    "dated",
    "dialect_of",
    "event_lengths",
    "form_of",
    "has_logprobs",
    "ids_in",
    "impossible",
    "is_call",
    "is_event_stream",
    "is_free_moderation",
    "is_public_model_host",
    "is_token",
    "likely_tokens",
    "message_of",
    "model_asked",
    "model_path",
    "no_object",
    "parse_object",
    "part_at",
    "plain_url",
    "prompt_length",
    "read_rates",
    "retell",
    "spells_token",
    "summary",
    "text_length",
    "usage_asked",
    "without_files",
    "without_made_up",
]
