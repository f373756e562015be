"""The wire: a chat request, its reply, and the events of a streamed one.

Shapes follow the OpenAI API reference (`chat.completion`, `chat.completion.chunk`) and the WHATWG
specification of server-sent events.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple

from pytest_samurai.bill.estimate import estimated_usage
from pytest_samurai.bill.pricing import Price, PriceList
from pytest_samurai.errors import SamuraiError
from pytest_samurai.wire.usage import Usage

Headers = tuple[tuple[str, str], ...]

COMPLETE = "complete"
CLOSED = "closed"
"""How a reply ended when the application stopped reading it; any other ending names the transport's error."""

USAGE_OPTION = {"include_usage": True}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the application sent it; header names are lower case."""

    method: str
    url: str
    headers: Headers
    body: bytes

    def has_bytes_of(self, other: Request) -> bool:
        """Whether it is the same as another, byte for byte, headers aside."""
        return self.body == other.body and self.url == other.url and self.method == other.method


class Chunk(NamedTuple):
    """One piece of a streamed reply: `length` bytes, `at` seconds after the request was sent."""

    length: int
    at: float


class Chunks(Sequence[Chunk]):
    """Chunks as columns, each made when it is asked for, since there are hundreds; equal to the tuple of the same."""

    @property
    @abstractmethod
    def lengths(self) -> Sequence[int]: ...

    @property
    @abstractmethod
    def times(self) -> Sequence[float]: ...

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Chunk]:
        return map(Chunk, self.lengths, self.times)

    def __getitem__(self, place: Any) -> Any:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as the application received it, its body decoded.

    `chunks` is None for a plain reply. `ending` is `COMPLETE`, `CLOSED`, or the name of the transport's error.
    `hidden_usage` is the `usage` of an event that the application did not ask for and did not see.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes
    chunks: Sequence[Chunk] | None = None
    ending: str = COMPLETE
    hidden_usage: Mapping[str, Any] | None = None
    http_version: str = "HTTP/1.1"
    duration: float | None = None

    @property
    def is_success(self) -> bool:
        """Whether it is an answer: not an HTTP error, nor a stream that broke or has an error among its events."""
        if self.status >= 400 or self.ending not in (COMPLETE, CLOSED):
            return False
        if self.chunks is None or b'"error"' not in self.body:
            return True
        return not any((parse_object(text) or {}).get("error") for text in events(self.body))

    def cut(self) -> Iterator[bytes]:
        """The body piece by piece."""
        if self.chunks is None:
            return iter([self.body])
        lengths = self.chunks.lengths if isinstance(self.chunks, Chunks) else [chunk.length for chunk in self.chunks]
        # Takes a third of the time of slices, which begin and end somewhere.
        return map(BytesIO(self.body).read, lengths)

    def pieces(self) -> Iterator[tuple[bytes, float]]:
        """The body piece by piece, each with its time in seconds after the request."""
        times = [self.duration or 0.0] if self.chunks is None else [chunk.at for chunk in self.chunks]
        return zip(self.cut(), times, strict=True)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request, its reply, and when the request was sent (UTC, ISO 8601; None in cassettes of other tools).

    `edited` says that somebody changed a body in the cassette since it was recorded. `price` is the row of prices at
    that time, `UNPRICED` for a model that had none; None where nobody has looked it up.
    """

    request: Request
    reply: Reply
    recorded_at: str | None = None
    edited: bool = False
    price: Price | str | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """How calls are told: where their prices are looked up, whether a usage that nobody counted is estimated.

    `redact` takes the secrets of a request, and all others, out of a text.
    """

    prices: PriceList
    redact: Callable[[Request, str], str]
    estimates: bool = False


class Call:
    """One call of the application: what it sent and what it got, live or replayed.

    `duration` is in seconds, as recorded. `usage` is None where the reply does not say; a reply that is an HTTP
    error has used one request and no tokens. Without a `meter` a call has the price that was recorded with it, if any.
    """

    def __init__(self, interaction: Interaction, *, number: int, replayed: bool, meter: Meter | None = None) -> None:
        self._interaction = interaction
        self._meter = meter
        self._request = interaction.request
        self._reply = interaction.reply
        self.number = number
        self.replayed = replayed

    def __repr__(self) -> str:
        how = "replayed" if self.replayed else "live"
        return f"<Call {self.number}: {self.model}, status {self.status_code}, {how}>"

    @cached_property
    def request(self) -> dict[str, Any]:
        """The JSON sent. Raises SamuraiError if that was no JSON object."""
        return _json_object(self._request.body, "request")

    @cached_property
    def response(self) -> dict[str, Any]:
        """The JSON received; of a stream, the merged `chat.completion`. Raises SamuraiError if it is no JSON object."""
        merged = merge(events(self._reply.body)) if self.streamed else None
        if not merged:
            return _json_object(self._reply.body, "reply")
        if self._reply.hidden_usage is not None:
            merged["usage"] = dict(self._reply.hidden_usage)
        return merged

    @property
    def text(self) -> str | None:
        """The content of the first choice; None if it has none (a tool call, an error)."""
        choices = _objects(self._received.get("choices"))
        content = _object(choices[0].get("message")).get("content") if choices else None
        return content if isinstance(content, str) else None

    @property
    def status_code(self) -> int:
        return self._reply.status

    @cached_property
    def model(self) -> str | None:
        """The model as served; of a reply that does not say, as asked for. Reports name it, so it holds no secret."""
        name = self._said("model")
        if not name or not isinstance(name, str):
            name = (parse_object(self._request.body) or {}).get("model")
        if not name or not isinstance(name, str):
            return None
        return name if self._meter is None else self._meter.redact(self._request, name)

    @property
    def streamed(self) -> bool:
        return self._reply.chunks is not None

    @property
    def duration(self) -> float | None:
        return self._reply.duration

    @cached_property
    def usage(self) -> Usage | None:
        usage = Usage.from_wire(self._said("usage"))
        if usage is None and self._reply.status >= 300:
            return Usage(requests=1)
        if usage is None and self._meter is not None and self._meter.estimates:
            return estimated_usage(self.model, parse_object(self._request.body) or {}, self._received)
        return usage

    @cached_property
    def price(self) -> Price | None:
        """The project's own price, else the one that was recorded, else that of the public list at that time.

        None where there is none for certain, and for a call without a model or a date.
        """
        recorded = self._interaction.price
        if self.model is None or self._meter is None:
            return recorded if isinstance(recorded, Price) else None
        if recorded is not None:
            return self._meter.prices.own_price(self.model) or (recorded if isinstance(recorded, Price) else None)
        tier = self._said("service_tier")
        return self._meter.prices.price(
            self.model,
            _moment(self._interaction.recorded_at),
            url=self._request.url,
            prompt_tokens=0 if self.usage is None else self.usage.prompt_tokens,
            service_tier=tier if isinstance(tier, str) else None,
        )

    @cached_property
    def cost(self) -> Decimal | None:
        """What was billed, in US dollars; None where usage or price is unknown."""
        return self._cost(as_listed=False)

    @cached_property
    def list_cost(self) -> Decimal | None:
        """What would have been billed if nothing had been cached: the same however often a prompt was sent before."""
        return self._cost(as_listed=True)

    def _cost(self, *, as_listed: bool) -> Decimal | None:
        if self.usage is None:
            return None
        if self._reply.status >= 300 and not self.usage.total_tokens:
            return Decimal(0)
        return None if self.price is None else self.price.cost(self.usage, as_listed=as_listed)

    def _said(self, name: str) -> Any:
        """What the reply says beside its choices; a stream is not merged for that."""
        if not self.streamed or _SAID.search(self._reply.body) is None:
            return self._received.get(name)
        if name == "usage" and self._reply.hidden_usage is not None:
            return self._reply.hidden_usage
        return last_word(self._reply.body, name)

    @property
    def _received(self) -> dict[str, Any]:
        try:
            return self.response
        except SamuraiError:
            return {}


def _moment(recorded_at: str | None) -> datetime | None:
    """When a call was sent; None where the cassette does not say, or says no date."""
    try:
        moment = datetime.fromisoformat(recorded_at or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object in `body`, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _json_object(body: bytes, what: str) -> dict[str, Any]:
    value = parse_object(body)
    if value is None:
        raise SamuraiError(f"the {what} is not a JSON object: {body[:80]!r}")
    return value


def is_event_stream(headers: Headers) -> bool:
    """Whether the headers of a reply announce server-sent events."""
    return any(name == "content-type" and "text/event-stream" in value.lower() for name, value in headers)


def with_usage_asked(body: bytes) -> bytes | None:
    """The body of a streamed request with `stream_options.include_usage` set; None if it needs no change."""
    request = parse_object(body)
    if request is None or request.get("stream") is not True:
        return None
    options = _object(request.get("stream_options"))
    if options.get("include_usage") is True:
        return None
    return json.dumps({**request, "stream_options": {**options, **USAGE_OPTION}}).encode()


# Two line ends. A CR that came last may be half of a CRLF, so it is none yet.
# (Not as a repetition: of one, `re` does not know the bytes with which it begins.)
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n|\Z))(?:\r\n|\n|\r(?!\n|\Z))")
# At the begin of a line, which is looked at second, since the search for letters is many times faster.
_DONE = re.compile(rb"data:(?<![^\r\n]data:) ?\[DONE\]")


def events(body: bytes) -> Iterator[str]:
    """The data of each server-sent event in `body`, without `[DONE]`."""
    data: list[bytes] = []
    for line in [*body.splitlines(), b""]:
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            text = b"\n".join(data).decode("utf-8", "replace")
            data = []
            if text.strip() != "[DONE]":
                yield text


def ends_stream(body: bytes) -> bool:
    """Whether `[DONE]` was seen: the OpenAI SDK stops reading there."""
    return _DONE.search(body) is not None


_SAID = re.compile(rb"data:(?<![^\r\n]data:)")


def last_word(body: bytes, name: str) -> Any:
    """What the events of a stream say last, if anything, of what stands beside their choices: as `merge` has it.

    Looked for from the end: it takes a hundredth of the time that merging a long stream does.
    """
    key = json.dumps(name).encode()
    end = len(body)
    while (at := body.rfind(key, 0, end)) >= 0:
        # Of events that end in CR all are looked at.
        begin = 0 if b"\r" in body else body.rfind(b"\n\n", 0, at) + 1
        for text in reversed(list(events(body[begin:end]))):
            value = (parse_object(text) or {}).get(name)
            if value not in (None, "", {}):
                return value
        end = begin
    return None


def merge(data: Iterable[str]) -> dict[str, Any]:
    """Merge `chat.completion.chunk` events into the `chat.completion` that a plain reply would have been.

    Of what stands beside the choices the last word counts, if it says anything: usage is a running total with some
    servers, and null in all chunks but one with others.
    """
    merged: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for text in data:
        event = parse_object(text) or {}
        for choice in _objects(event.pop("choices", None)):
            _merge_choice(choices, choice)
        for key, value in event.items():
            if value not in (None, "", {}) or key not in merged:
                merged[key] = value
    for choice in choices.values():
        for call in _objects(_object(choice["message"]).get("tool_calls")):
            # The number of a part; a plain reply has none.
            call.pop("index", None)
    if choices:
        merged["choices"] = [_whole(choices[index]) for index in sorted(choices)]
    if merged.get("object") == "chat.completion.chunk":
        merged["object"] = "chat.completion"
    return merged


def _merge_choice(choices: dict[int, dict[str, Any]], choice: Mapping[str, Any]) -> None:
    index = choice.get("index")
    index = index if isinstance(index, int) else 0
    merged = choices.setdefault(index, {"index": index, "message": {"role": "assistant", "content": None}})
    merged["message"] = _merge_delta(merged["message"], _object(choice.get("delta")))
    for key, value in choice.items():
        if key == "logprobs":
            merged[key] = _merge_delta(_object(merged.get(key)), _object(value)) or None
        elif key not in ("index", "delta") and (value is not None or key not in merged):
            merged[key] = value


@dataclass(slots=True)
class _Parts:
    """A text as it grows: put together once, since a copy for each word would be quadratic."""

    texts: list[str]


def _whole(value: Any) -> Any:
    """What was merged, its texts put together."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_whole, value))
    return "".join(value.texts) if isinstance(value, _Parts) else value


# Repeated in every part by some servers; never in parts.
_SAID_ONCE = frozenset({"id", "type", "role", "format"})


def _merge_delta(merged: dict[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Put a part into what has come before it, which is changed, as a copy for each part would be quadratic."""
    for key, new in delta.items():
        have = merged.get(key)
        if isinstance(new, list):
            merged[key] = _merge_list(have if isinstance(have, list) else [], new)
        elif isinstance(have, dict) and isinstance(new, dict):
            _merge_delta(have, new)
        elif isinstance(have, str) and isinstance(new, str) and key not in _SAID_ONCE:
            if key != "name":
                merged[key] = _Parts([have, new])
            elif have != new:
                # A function's name comes whole and again, or in parts.
                merged[key] = have + new
        elif isinstance(have, _Parts) and isinstance(new, str):
            have.texts.append(new)
        elif have is None or new not in (None, ""):
            merged[key] = new
    return merged


def _merge_list(merged: list[Any], new: Sequence[Any]) -> list[Any]:
    """Tool calls come in parts that name their `index`; anything else is appended."""
    for item in new:
        place = _begun(merged, item) if isinstance(item, dict) else None
        if place is None:
            merged.append(item)
        else:
            _merge_delta(merged[place], item)
    return merged


def _begun(merged: Sequence[Any], part: Mapping[str, Any]) -> int | None:
    """The place of what this is a further part of.

    Some servers give every tool call the index 0: there, another id with a function's name begins another call.
    """
    index, identity = part.get("index"), part.get("id")
    if not isinstance(index, int):
        return None
    for place in reversed(range(len(merged))):
        other = _object(merged[place])
        if other.get("index") == index:
            is_new = (
                identity and other.get("id") not in (None, "", identity) and _object(part.get("function")).get("name")
            )
            return None if is_new else place
    return None


class UsageFilter:
    """Takes out of a live stream the one event that we asked for and the application did not.

    That event has no choices and a usage; everything else passes, in the pieces in which it came. An event that
    is not whole yet waits for its end, since only then can it be told.
    """

    def __init__(self) -> None:
        self.usage: dict[str, Any] | None = None
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        """The part of `data`, and of what waited, that the application may have."""
        if not self._pending and data.endswith(b"\n\n") and b'"usage"' not in data:
            return data
        # What waited has no end of an event in it, but perhaps the beginning of one.
        searched = max(len(self._pending) - 3, 0)
        data = self._pending + data
        passed = []
        start = 0
        for end in _EVENT_END.finditer(data, searched):
            event = data[start : end.end()]
            start = end.end()
            if not self._takes(event):
                passed.append(event)
        self._pending = data[start:]
        return b"".join(passed)

    def flush(self) -> bytes:
        rest, self._pending = self._pending, b""
        return b"" if self._takes(rest) else rest

    def _takes(self, event: bytes) -> bool:
        if b'"usage"' not in event:
            return False
        for text in events(event):
            chunk = parse_object(text)
            if chunk and not chunk.get("choices") and isinstance(chunk.get("usage"), dict):
                self.usage = chunk["usage"]
                return True
        return False
