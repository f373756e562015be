"""An embedded chat-completions server, for demos, for a first try without a key, and for tests.

    with ChatServer() as server:
        httpx.post(f"{server.base_url}/chat/completions", json={"model": "gpt-4o-mini", "messages": [...]})

It speaks the wire format of the Samurai API, and its answers are a function of the request: no model, no
randomness, nothing beyond loopback. Read it from top to bottom: a request is checked, answered in words, counted in
tokens, laid out as one object or as a stream of events, and only then does HTTP come into it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import socket
import socketserver
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import zip_longest
from typing import Any

__all__ = ["ChatServer"]

Json = dict[str, Any]

# ---------------------------------------------------------------------------------------------------------- errors

ERROR_TYPES = {
    400: "bad_request",
    401: "auth_error",
    402: "insufficient_credits",
    403: "permission_denied",
    404: "not_found",
    422: "validation_error",
    429: "rate_limit_exceeded",
    500: "server_error",
    503: "model_unavailable",
}

# A model named "error-<status>" gives these; the other errors are easily had by deserving them.
ERRORS_ON_DEMAND = {
    "error-402": "the pay-as-you-go balance is empty",
    "error-403": "the model needs a higher plan",
    "error-429": "the day's requests for this plan are used up",
    "error-500": "something broke on our side",
    "error-503": "the provider behind the gateway is down",
}


class ApiError(Exception):
    """A request that gets an error reply: the HTTP status, and a message for people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def error_object(status: int, message: str) -> Json:
    """`{"error": {"type", "message", "code"}}`, where `code` is the HTTP status as a number."""
    return {"error": {"type": ERROR_TYPES.get(status, "bad_request"), "message": message, "code": status}}


# -------------------------------------------------------------------------------------------- the request, checked

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
    """The request as a checked JSON object, and 64 hex digits that it shares with every equal request.

    Raises ApiError: 400, 402, 403, 404, 422, 429, 500 or 503.
    """
    try:
        body = json.loads(raw)
        # Key order and white space differ from client to client, and must not change the answer.
        canonical = json.dumps(body, sort_keys=True).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "the body must be a JSON object")
    check_messages(body.get("messages"))
    check_parameters(body)
    check_model(body.get("model"))
    return body, hashlib.sha256(canonical).hexdigest()


def check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "messages must be a list of at least one message")
    for position, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise ApiError(400, f"messages[{position}].role must be one of: {', '.join(ROLES)}")
        if not all(isinstance(text, str) for text in texts(message)):
            raise ApiError(400, f"messages[{position}].content must be text or a list of parts")


def check_parameters(body: Json) -> None:
    for name, (low, high) in RANGES.items():
        value = body.get(name)
        kinds = int if name in WHOLE_NUMBERS else (int, float)
        # True is an int to Python, not to JSON.
        is_number = isinstance(value, kinds) and not isinstance(value, bool)
        if value is not None and not (is_number and low <= value <= high):
            raise ApiError(422, f"{name} must be a number from {low} to {high}")
    stops = stop_sequences(body)
    if len(stops) > 4 or not all(isinstance(stop, str) for stop in stops):
        raise ApiError(422, "stop must be a string, or a list of up to 4 strings")
    if not isinstance(body.get("stream_options") or {}, dict):
        raise ApiError(400, "stream_options must be an object")


def check_model(model: object) -> None:
    if not isinstance(model, str) or not model:
        raise ApiError(400, "model must be a string")
    if model.startswith("no-such"):
        raise ApiError(404, f"there is no model {model}")
    if model in ERRORS_ON_DEMAND:
        raise ApiError(int(model.removeprefix("error-")), ERRORS_ON_DEMAND[model])


def stop_sequences(body: Json) -> list[Any]:
    stop = body.get("stop")
    return stop if isinstance(stop, list) else [] if stop is None else [stop]


def texts(message: Json) -> list[Any]:
    """The texts of a message; what is not text, such as an image, is left out. A part that is no part gives None."""
    content = message.get("content")
    if not isinstance(content, list):
        return ["" if content is None else content]
    return [part.get("text", "") if isinstance(part, dict) else None for part in content]


def text_of(message: Json) -> str:
    return " ".join(filter(None, texts(message)))


# ---------------------------------------------------------------------------------------------- the answer, in words

FACTS = {
    "capital of france": "Paris.",
    "capital of japan": "Tokyo (東京).",
    "capital of germany": "Berlin.",
    "capital of india": "New Delhi (नई दिल्ली).",
    "say hello": "Hello! How can I help you today?",
    "count to ten": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10.",
    "haiku": "The sword stays at home.\nOne tape remembers the duel,\nreplayed without end. ⚔️",
}
ECHOED_WORDS = 8


def words(messages: list[Json], index: int) -> str:
    """The answer of choice `index`, which depends on the last message alone."""
    last = messages[-1]
    said = text_of(last)
    answer = f"The tool says: {said}" if last["role"] == "tool" else fact(said) or echo(said)
    # Choices that differ show at once when somebody mixes them up.
    return answer if index == 0 else f"{answer} ({index + 1})"


def fact(said: str) -> str | None:
    return next((answer for topic, answer in FACTS.items() if topic in said.lower()), None)


def echo(said: str) -> str:
    # Not `\w+`, which tears words apart at the vowel signs of Hindi and its like.
    bare = (word.strip(string.punctuation) for word in said.split())
    distinct = list(dict.fromkeys(filter(None, bare)))[:ECHOED_WORDS]
    return f"You said: {' '.join(distinct)}." if distinct else "You said nothing in words."


def function_to_call(body: Json) -> Json | None:
    """The function that `tool_choice` demands; None when there is no demand, or it has been met."""
    choice = body.get("tool_choice")
    if choice in (None, "auto", "none") or body["messages"][-1]["role"] == "tool":
        return None
    tools: list[Json] = body.get("tools") or []
    functions: dict[str, Json] = {tool["function"]["name"]: tool["function"] for tool in tools}
    name = next(iter(functions), None) if choice == "required" else choice["function"]["name"]
    if name not in functions:
        raise ApiError(400, "tool_choice demands a function that is not among the tools")
    return functions[name]


def formatted(response_format: Json | None, answer: str) -> str:
    """The answer in the response format that was asked for."""
    if response_format is None or response_format["type"] == "text":
        return answer
    if response_format["type"] == "json_object":
        return compact({"answer": answer})
    return compact(example(response_format["json_schema"]["schema"]))


def example(schema: Json, root: Json | None = None) -> Any:
    """A small value that fits a JSON schema.

    Knows `$ref` within the schema, `const`, `default`, `enum`, `examples`, `anyOf`, `oneOf`, `allOf` (of one),
    `properties`, `required`, `items`, `minItems` and `minimum`; `pattern`, `format` and lengths are not looked at.
    """
    root = schema if root is None else root
    if "$ref" in schema:
        target = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        return example(target, root)
    if keyword := first_of(("const", "default"), schema):
        return schema[keyword]
    if keyword := first_of(("enum", "examples"), schema):
        return schema[keyword][0]
    if keyword := first_of(("anyOf", "oneOf", "allOf"), schema):
        # Taking null where it is allowed is what ends a schema that contains itself.
        return example(min(schema[keyword], key=lambda option: option.get("type") != "null"), root)
    return example_of_type(schema, root)


def first_of(keywords: tuple[str, ...], schema: Json) -> str | None:
    return next((keyword for keyword in keywords if keyword in schema), None)


def example_of_type(schema: Json, root: Json) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            properties: Json = schema.get("properties", {})
            return {name: example(properties[name], root) for name in schema.get("required", properties)}
        case "array":
            return [example(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]
        case "string":
            return "text"
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
    return None


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# ------------------------------------------------------------------------------------------- the answer, in tokens

TOKENS_PER_MESSAGE = 4


def tokens(text: str) -> list[str]:
    """Cuts a text into tokens: a word or a punctuation mark each, with the blanks before it. Joined, they are the text.

    This is the server's one way of counting. A prompt has `TOKENS_PER_MESSAGE` on top for each message.
    """
    return re.findall(r"\s*(?:\w+|[^\w\s])|\s+", text)


@dataclass(frozen=True)
class Choice:
    """One of the `n` answers: the tokens of its content, or those of the arguments to the function it calls."""

    tokens: list[str]
    function: str | None
    finish_reason: str


@dataclass(frozen=True)
class Completion:
    """What one request gets, before it is laid out as an object or as events."""

    digest: str
    model: str
    choices: list[Choice]
    usage: Json

    def head(self, kind: str) -> Json:
        # Within half a year of November 2023: a plausible time that no clock has a part in.
        created = 1_700_000_000 + int(self.digest[:6], 16)
        return {"id": f"chatcmpl-{self.digest[:24]}", "object": kind, "created": created, "model": self.model}


def complete(body: Json, digest: str) -> Completion:
    """Answers a checked request. Raises ApiError(400) if its tools, tool_choice or response_format make no sense."""
    choices = [choose(body, index) for index in range(body.get("n") or 1)]
    prompt = sum(TOKENS_PER_MESSAGE + len(tokens(text_of(message))) for message in body["messages"])
    completion = sum(len(choice.tokens) for choice in choices)
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return Completion(digest, body["model"], choices, usage)


def choose(body: Json, index: int) -> Choice:
    try:
        function, text = call_or_content(body, index)
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ApiError(400, f"tools, tool_choice or response_format cannot be followed: {error!r}") from error
    every = tokens(text)
    kept = every[: body.get("max_tokens")]
    natural_end = "tool_calls" if function else "stop"
    return Choice(kept, function, natural_end if len(kept) == len(every) else "length")


def call_or_content(body: Json, index: int) -> tuple[str | None, str]:
    """The function to call and its arguments, or None and the content."""
    function = function_to_call(body)
    if function:
        return function["name"], compact(example(function.get("parameters") or {"type": "object"}))
    content = formatted(body.get("response_format"), words(body["messages"], index))
    return None, before_stop(content, stop_sequences(body))


def before_stop(text: str, stops: list[str]) -> str:
    """The text up to the earliest of the stop sequences; an empty one stops nothing."""
    return text[: min((text.index(stop) for stop in stops if stop and stop in text), default=None)]


# ------------------------------------------------------------------------------------------ the reply, as an object


def completion_object(completion: Completion) -> Json:
    choices = [
        {"index": index, "message": message(completion, index), "finish_reason": choice.finish_reason}
        for index, choice in enumerate(completion.choices)
    ]
    return completion.head("chat.completion") | {"choices": choices, "usage": completion.usage}


def message(completion: Completion, index: int) -> Json:
    choice = completion.choices[index]
    text = "".join(choice.tokens)
    if choice.function is None:
        return {"role": "assistant", "content": text}
    return {"role": "assistant", "content": None, "tool_calls": [tool_call(completion, index, text)]}


def tool_call(completion: Completion, index: int, arguments: str) -> Json:
    function = {"name": completion.choices[index].function, "arguments": arguments}
    return {"id": f"call_{completion.digest[:23]}{index}", "type": "function", "function": function}


# ------------------------------------------------------------------------------------------- the reply, as a stream


def events(completion: Completion, *, include_usage: bool) -> Iterator[bytes]:
    """Server-sent events: of each choice the role, one token at a time, and the finish_reason; usage; `[DONE]`.

    The choices take turns, as they do at OpenAI.
    """
    head = completion.head("chat.completion.chunk")
    usage: Json = {"usage": None} if include_usage else {}
    for turn in zip_longest(*(chunk_choices(completion, index) for index in range(len(completion.choices)))):
        for choice in filter(None, turn):
            yield event(head | {"choices": [choice]} | usage)
    if include_usage:
        yield event(head | {"choices": [], "usage": completion.usage})
    yield b"data: [DONE]\n\n"


def chunk_choices(completion: Completion, index: int) -> Iterator[Json]:
    choice = completion.choices[index]
    for delta in deltas(completion, index):
        yield {"index": index, "delta": delta, "finish_reason": None}
    yield {"index": index, "delta": {}, "finish_reason": choice.finish_reason}


def deltas(completion: Completion, index: int) -> Iterator[Json]:
    choice = completion.choices[index]
    if choice.function is None:
        yield {"role": "assistant", "content": ""}
        for token in choice.tokens:
            yield {"content": token}
    else:
        first = {"index": 0} | tool_call(completion, index, "")
        yield {"role": "assistant", "content": None, "tool_calls": [first]}
        for token in choice.tokens:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": token}}]}


def event(chunk: Json) -> bytes:
    return b"data: " + encoded(chunk) + b"\n\n"


def encoded(value: Json) -> bytes:
    # Half of a surrogate pair, which a prompt may hold, has no UTF-8; Python's escape for it is JSON's as well.
    return compact(value).encode("utf-8", "backslashreplace")


# ------------------------------------------------------------------------------------------------------------- HTTP

HOST = "127.0.0.1"
THREAD_NAME = "ChatServer"
REQUESTS_PER_DAY = 1000
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-3-5-sonnet-20241022", "gemini-2.0-flash", "deepseek-chat")


@dataclass
class State:
    """What the connections of one ChatServer share."""

    api_key: str | None
    chunk_interval: float
    requests: int = 0
    replies: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def rate_headers(self) -> Json:
        """The headers that every reply carries. The limit is counted down to 0, but never enforced."""
        with self.lock:
            self.replies += 1
            return {
                "X-RateLimit-Limit-Requests": REQUESTS_PER_DAY,
                "X-RateLimit-Remaining-Requests": max(0, REQUESTS_PER_DAY - self.requests),
                "X-RateLimit-Reset-Requests": (datetime.now(UTC).date() + timedelta(days=1)).isoformat(),
                "x-request-id": f"req-{self.replies:06d}",
            }


class Handler(BaseHTTPRequestHandler):
    """One connection, which may carry any number of requests."""

    server: Listener
    protocol_version = "HTTP/1.1"
    server_version = "ChatServer"
    sys_version = ""
    # Nagle's algorithm would keep a small event back until the one before it is acknowledged.
    disable_nagle_algorithm = True

    def handle(self) -> None:
        # A client may hang up whenever it likes, in mid-stream too.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def answer(self) -> None:
        try:
            # Read whatever the reply will be, or the next request on this connection would start in mid-body.
            raw = self.read_body()
        except ValueError:
            return self.send_error(400, "the length of the body is not a number")
        try:
            match self.command, self.path.partition("?")[0]:
                case "POST", "/v1/chat/completions":
                    self.chat(raw)
                case "GET", "/v1/models":
                    self.list_models()
                case _:
                    raise ApiError(404, f"there is no {self.command} {self.path}")
        except ApiError as error:
            self.send_object(error.status, error_object(error.status, error.message))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def chat(self, raw: bytes) -> None:
        with self.server.state.lock:
            self.server.state.requests += 1
        self.check_key()
        body, digest = parse(raw)
        completion = complete(body, digest)
        if body.get("stream"):
            include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            self.send_events(events(completion, include_usage=include_usage))
        else:
            self.send_object(200, completion_object(completion))

    def list_models(self) -> None:
        self.check_key()
        data = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "samurai"} for name in MODELS]
        self.send_object(200, {"object": "list", "data": data})

    def check_key(self) -> None:
        key = self.server.state.api_key
        if key is not None and self.headers.get("Authorization") != f"Bearer {key}":
            raise ApiError(401, "the API key is missing or wrong")

    def read_body(self) -> bytes:
        """The request's body, chunked or not. Raises ValueError if a length in it is not a number."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def send_object(self, status: int, value: Json) -> None:
        data = encoded(value)
        self.send_head(status, {"Content-Type": "application/json", "Content-Length": len(data)})
        self.wfile.write(data)

    def send_events(self, stream: Iterator[bytes]) -> None:
        """Sends each event at once, as an HTTP chunk of its own, `chunk_interval` seconds after the one before."""
        self.send_head(200, {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"})
        for number, data in enumerate(stream):
            if number and self.server.state.stopping.wait(self.server.state.chunk_interval):
                raise ConnectionAbortedError("the server was stopped in mid-stream")
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def send_head(self, status: int, headers: Json) -> None:
        self.send_response(status)
        for name, value in (headers | self.server.state.rate_headers()).items():
            self.send_header(name, str(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Also what the base class calls for a request that is not HTTP, or of a method that nothing here takes."""
        # Where the next request would start is not known any more.
        self.close_connection = True
        self.send_object(int(code), error_object(int(code), message or explain or "not understood"))

    def log_message(self, *_: object) -> None:
        """Says nothing: a test's output is not an access log."""


class Listener(ThreadingHTTPServer):
    """The listening socket, and a thread for each connection."""

    # A test that opens many connections at once must not find the queue full.
    request_queue_size = 128

    def __init__(self, port: int, state: State) -> None:
        self.state = state
        self.connections: dict[threading.Thread, socket.socket] = {}
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's name, which on some machines takes seconds and leaves loopback.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """As in the base class, but keeps what `close` needs: the threads, and the sockets that they wait for."""
        self.connections = {thread: sock for thread, sock in self.connections.items() if thread.is_alive()}
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name=f"{THREAD_NAME}-connection",
            daemon=True,
        )
        self.connections[thread] = request
        thread.start()

    def close(self) -> None:
        self.state.stopping.set()
        self.shutdown()
        self.server_close()
        for thread, sock in self.connections.items():
            # Wakes a thread that waits for the next request; one that is done has closed its socket itself.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            thread.join()


class ChatServer:
    """An embedded chat-completions server on loopback, with deterministic answers.

    `port` 0 takes a free one. With `api_key`, a request without `Authorization: Bearer <api_key>` gets status 401.
    `chunk_interval` is the time between the events of a stream, in seconds.

    A context manager; or `start` and `stop` it. It can be started again, and then has the port that it had.
    """

    def __init__(self, *, port: int = 0, api_key: str | None = None, chunk_interval: float = 0.0) -> None:
        self._port = port
        self._state = State(api_key, chunk_interval)
        self._running: tuple[Listener, threading.Thread] | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`. Raises RuntimeError as long as the port is not known, before the first start."""
        if not self._port:
            raise RuntimeError("start the ChatServer before asking for its URL")
        return f"http://{HOST}:{self._port}/v1"

    @property
    def requests(self) -> int:
        """How many chat requests have come in so far, those that got an error included."""
        return self._state.requests

    def start(self) -> None:
        """Listens from here on. Raises OSError if the port is taken, RuntimeError if it is running already."""
        if self._running:
            raise RuntimeError("this ChatServer is running already")
        self._state.stopping.clear()
        listener = Listener(self._port, self._state)
        self._port = listener.server_address[1]
        # The interval is how long a stop may take, in seconds, when nothing else is going on.
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), name=THREAD_NAME, daemon=True)
        thread.start()
        self._running = listener, thread

    def stop(self) -> None:
        """Closes the port and every connection, streams included, and ends the threads. Stopping twice is no error."""
        if self._running:
            listener, thread = self._running
            self._running = None
            listener.close()
            thread.join()

    def __enter__(self) -> ChatServer:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
