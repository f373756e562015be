"""A chat request, checked."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from pytest_samurai.server.encoding import Json
from pytest_samurai.server.errors import ERRORS_ON_DEMAND, ApiError

ROLES = ("system", "user", "assistant", "tool")
RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "n": (1, 8),
    "max_tokens": (1, math.inf),
}
WHOLE_NUMBERS = ("n", "max_tokens")


def parse(raw: bytes) -> tuple[Json, str]:
    """A request as a checked JSON object, and 64 hex digits that are the same for equal requests.

    Raises ApiError: 400, 402, 403, 404, 422, 429, 500 or 503.
    """
    try:
        body = json.loads(raw)
        # Key order and white space differ between clients, and must not change the answer.
        canonical = json.dumps(body, sort_keys=True).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "the body must be a JSON object")
    _check_messages(body.get("messages"))
    _check_parameters(body)
    check_model(body.get("model"))
    return body, hashlib.sha256(canonical).hexdigest()


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "messages must be a list of at least one message")
    for position, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise ApiError(400, f"messages[{position}].role must be one of: {', '.join(ROLES)}")
        if not all(isinstance(text, str) for text in _texts(message)):
            raise ApiError(400, f"messages[{position}].content must be text or a list of parts")


def _check_parameters(body: Json) -> None:
    for name, (low, high) in RANGES.items():
        value = body.get(name)
        kinds = int if name in WHOLE_NUMBERS else (int, float)
        # True is an int in Python, but not in JSON.
        is_number = isinstance(value, kinds) and not isinstance(value, bool)
        if value is not None and not (is_number and low <= value <= high):
            raise ApiError(422, f"{name} must be a number from {low} to {high}")
    stops = stop_sequences(body)
    if len(stops) > 4 or not all(isinstance(stop, str) for stop in stops):
        raise ApiError(422, "stop must be a string, or a list of up to 4 strings")
    if not isinstance(body.get("stream_options") or {}, dict):
        raise ApiError(400, "stream_options must be an object")


def check_model(model: object) -> None:
    """Raise ApiError for a value that is not a model, for an unknown model, and for those in `ERRORS_ON_DEMAND`."""
    if not isinstance(model, str) or not model:
        raise ApiError(400, "model must be a string")
    if model.startswith("no-such"):
        raise ApiError(404, f"there is no model {model}")
    if model in ERRORS_ON_DEMAND:
        raise ApiError(int(model.removeprefix("error-")), ERRORS_ON_DEMAND[model])


def stop_sequences(body: Json) -> list[Any]:
    """The values of `stop` as a list, for each form the request may use."""
    stop = body.get("stop")
    return stop if isinstance(stop, list) else [] if stop is None else [stop]


def _texts(message: Json) -> list[Any]:
    """The texts of a message, without images and the like. An entry that is not an object gives None."""
    content = message.get("content")
    if not isinstance(content, list):
        return ["" if content is None else content]
    return [part.get("text", "") if isinstance(part, dict) else None for part in content]


def text_of(message: Json) -> str:
    """The whole text of a checked message."""
    return " ".join(filter(None, _texts(message)))
