"""A secret in several pieces: parts of messages, tokens, lines of data, events."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.dialects import UNKNOWN
from pytest_samurai.wire.events import events
from pytest_samurai.wire.http import Chunk, Reply, Request
from tests.redaction.kept import URL

Json = Any

OWN = "dG9w+c2Vj/cmV0MTIz"
SHAPE = "sk-proj-7QzXw7KvJ9pYhWgTqZ3mN8bVc7QzXw7KvJ9pYhWgTqZ3mN8bVc"
GROQ = "gsk_7QzXw7KvJ9pYhWgTqZ3mN8bVc7QzXw7KvJ9pYhWgTqZ3mN8bVcXX1"
KEYS = pytest.mark.parametrize("key", [OWN, SHAPE, GROQ], ids=["own", "shape", "Groq"])


def redactor(key: str) -> Redactor:
    return Redactor([key] if key == OWN else [])


def cut(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def halves(text: str) -> list[str]:
    return cut(text, -(-len(text) // 2))


def texts_in(value: Json) -> Iterator[str]:
    """All texts in a value, including those spelled as the numbers of their bytes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(inner, int) for inner in value):
        yield bytes(value).decode("utf-8", "replace")
    elif isinstance(value, list | dict):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            # In older completions, these are keys.
            yield from [name] if isinstance(name, str) and isinstance(inner, float) else []
            yield from texts_in(inner)


def leaks(values: list[Json], key: str) -> list[str]:
    """Four-letter pieces of a key in a value, and six letters that are in all of them."""
    core = key.removeprefix("sk-proj-").removeprefix("gsk_")
    texts = [text for value in values for text in texts_in(value)]
    together = "".join(texts)
    return [
        *(core[at : at + 4] for at in range(len(core) - 3) if any(core[at : at + 4] in text for text in texts)),
        *(core[at : at + 6] for at in range(len(core) - 5) if core[at : at + 6] in together),
    ]


# --- messages


def parts(texts: list[str]) -> Json:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": text} for text in texts]}]}


MESSAGES: dict[str, Callable[[list[str]], Json]] = {
    "parts of a message": parts,
    "parts with a picture between them": lambda texts: {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": texts[0]},
                    {"type": "image_url", "image_url": {"url": "https://h/p.png"}},
                    *({"type": "text", "text": text} for text in texts[1:]),
                ],
            }
        ]
    },
    "messages": lambda texts: {"messages": [{"role": "user", "content": text} for text in texts]},
    "inputs": lambda texts: {"input": texts},
    "messages with parts and without": lambda texts: {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": text}] if number % 2 else text}
            for number, text in enumerate(texts)
        ]
    },
    "parts of Gemini": lambda texts: {"contents": [{"parts": [{"text": text} for text in texts]}]},
    "parts of an answer": lambda texts: {"output": [{"content": [{"type": "output_text", "text": t} for t in texts]}]},
}


@KEYS
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_key_in_several_parts_is_cut_out_of_each(message: str, number: int, key: str) -> None:
    value = MESSAGES[message]([f"keep {text} it" for text in [""]] + cut(key, -(-len(key) // number)) + ["keep it"])
    body = json.dumps(value).encode()

    for kept in (
        redactor(key).request(Request("POST", URL, (), body)).body,
        redactor(key).reply(Reply(200, "OK", (), body)).body,
    ):
        assert leaks([json.loads(kept)], key) == []
        assert kept.count(b"keep") == 2
        assert REDACTED.encode() in kept


RANDOM = "7QzXw7KvJ9pYhWgTqZ3mN8bVc7QzXw7KvJ9pYhWgTqZ3mN8bVc7QzXw7KvJ9pYhWgTqZ3mN8bVc"


@pytest.mark.parametrize(
    "key",
    [
        *(f"r8_{RANDOM[:37]}", f"sk_live_{RANDOM[:24]}", f"sk-proj-{RANDOM[:40]}", f"ghp_{RANDOM[:36]}"),
        *(f"xai-{RANDOM}", f"glpat-{RANDOM[:20]}", f"AIza{RANDOM[:35]}", f"npm_{RANDOM[:36]}"),
        "ghp_NHgZQWsXvKpYhWgTqZrmNybVcaQzXwKvJkpY",
    ],
    ids=lambda key: key[:5],
)
def test_a_key_in_two_parts_is_cut_out_wherever_it_is_broken(key: str) -> None:
    for at in range(1, len(key)):
        for message in ("parts of a message", "messages", "inputs", "messages with parts and without"):
            value = MESSAGES[message]([f"It is {key[:at]}", f"{key[at:]} ok"])
            kept = Redactor([]).request(Request("POST", URL, (), json.dumps(value).encode())).body

            longer = max(key[:at], key[at:], key=len)
            assert longer.encode() not in kept, (at, message)


def test_what_only_begins_like_the_rest_of_a_key_stays() -> None:
    body = json.dumps(parts(["It is sk", "7QzXw7KvJ9pYhWgT is a number", "AbstractSingletonProxyFactoryBean"])).encode()

    assert Redactor([]).request(Request("POST", URL, (), body)).body == body


@pytest.mark.parametrize("after", ["Thanks", "user_id is 7", "2026-11-27 is the day", "THE end", "ids: 1"])
def test_a_key_at_the_end_of_a_part_does_not_take_the_next_one_along(after: str) -> None:
    body = json.dumps(parts([f"It is {SHAPE}", after])).encode()

    kept = json.loads(Redactor([]).request(Request("POST", URL, (), body)).body)

    assert kept == parts([f"It is {REDACTED}", after])


def test_a_key_at_the_beginning_of_a_part_is_one_of_its_own() -> None:
    body = json.dumps(parts([f"It is {SHAPE}", GROQ])).encode()

    kept = json.loads(Redactor([]).request(Request("POST", URL, (), body)).body)

    assert kept == parts([f"It is {REDACTED}", REDACTED])


@pytest.mark.parametrize(
    "after", ["Thanks", "2026-11-27 12:00", "deadbeef", "user_id=7", "123e4567-e89b-42d3-a456-4266"]
)
def test_a_key_at_the_end_of_a_line_does_not_take_the_next_one_along(after: str) -> None:
    assert Redactor([]).text(f"It is {SHAPE}\n{after}") == f"It is {REDACTED}\n{after}"


def test_keys_on_lines_of_their_own_are_as_many_as_they_were() -> None:
    assert Redactor([]).text(f"{SHAPE}\n{GROQ}\n{SHAPE}") == f"{REDACTED}\n{REDACTED}\n{REDACTED}"


# --- tokens


def token(text: str, *, others: bool = True) -> Json:
    told = {"token": text, "logprob": -0.25, "bytes": list(text.encode())}
    return {**told, "top_logprobs": [told, {"token": "zz", "logprob": -3.5, "bytes": [122, 122]}]} if others else told


def tokens(key: str) -> list[str]:
    return cut(f"It is {key} ok", 4)


def odds(texts: list[str]) -> Json:
    """The tokens of older completions: instead of an object for each, the other tokens' texts are keys."""
    others = [{" zz": -3.5, text: -0.5} for text in texts]
    return {"tokens": texts, "token_logprobs": [-0.5] * len(texts), "top_logprobs": others}


def told_second(text: str, at: int) -> Json:
    """A token that is not always the most likely of the candidates."""
    others = [{"token": "zz", "logprob": -0.1, "bytes": [122, 122]}, token(text, others=False)]
    return {**token(text, others=False), "top_logprobs": others if at % 2 else others[::-1]}


def candidates(said: str, at: int, **names: str) -> list[Json]:
    """What could have been said: the token is not always the first of them."""
    both = [{names["text"]: "zz", names["odds"]: -3.5}, {names["text"]: said, names["odds"]: -0.25}]
    return both if at % 2 else both[::-1]


ANSWERS: dict[str, Callable[[list[str]], Json]] = {
    "Gemini": lambda texts: {
        "candidates": [
            {
                "logprobsResult": {
                    "topCandidates": [
                        {"candidates": candidates(text, at, text="token", odds="logProbability")}
                        for at, text in enumerate(texts)
                    ],
                    "chosenCandidates": [{"token": text, "logProbability": -0.25} for text in texts],
                }
            }
        ]
    },
    "Text Generation Inference": lambda texts: {
        "details": {
            "tokens": [{"id": at, "text": text, "logprob": -0.25} for at, text in enumerate(texts)],
            "top_tokens": [candidates(text, at, text="text", odds="logprob") for at, text in enumerate(texts)],
        }
    },
    "llama.cpp": lambda texts: {
        "completion_probabilities": [
            {"token": text, "bytes": list(text.encode()), "logprob": -0.25, "top_logprobs": [token(text, others=False)]}
            for text in texts
        ]
    },
    "Replicate": lambda texts: {"output": texts, "logs": ""},
    "lists of one text": lambda texts: {"output": [[text] for text in texts]},
    "chat": lambda texts: {
        "choices": [{"index": 0, "message": {"content": "x"}, "logprobs": {"content": list(map(token, texts))}}]
    },
    "chat, without others": lambda texts: {
        "choices": [{"index": 0, "logprobs": {"content": [token(text, others=False) for text in texts]}}]
    },
    "completions": lambda texts: {
        "choices": [{"text": "x", "logprobs": {"tokens": texts, "token_logprobs": [-0.5] * len(texts)}}]
    },
    "completions, with others": lambda texts: {"choices": [{"text": "x", "logprobs": odds(texts)}]},
    "responses": lambda texts: {
        "output": [{"content": [{"type": "output_text", "text": "x", "logprobs": list(map(token, texts))}]}]
    },
}


@KEYS
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_key_that_the_tokens_of_a_plain_reply_spell_is_cut_out_of_them(answer: str, key: str) -> None:
    body = json.dumps(ANSWERS[answer](tokens(key))).encode()

    kept = redactor(key).reply(Reply(200, "OK", (), body), CHAT).body

    value = json.loads(kept)
    assert leaks([value], key) == []
    assert value.keys() == json.loads(body).keys()
    assert "It i" in texts_in(value)
    assert kept.count(b"-0.25") == body.count(b"-0.25")
    assert kept.count(b"[122, 122]") == body.count(b"[122, 122]")


@pytest.mark.parametrize("answer", ANSWERS)
def test_tokens_that_spell_no_key_stay_as_they_are(answer: str) -> None:
    body = json.dumps(ANSWERS[answer](tokens("no key at all"))).encode()

    assert redactor(OWN).reply(Reply(200, "OK", (), body), CHAT).body == body


def event(content: Json = "", **more: Json) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, **more}
    return f"data: {json.dumps({'id': 'c', 'choices': [choice]})}\n\n".encode()


def pairs(texts: list[str]) -> list[list[str]]:
    return [texts[at : at + 2] for at in range(0, len(texts), 2)]


STREAMS: dict[str, Callable[[str], list[bytes]]] = {
    "tokens": lambda key: [event(text, logprobs={"content": [token(text)]}) for text in tokens(key)],
    "tokens without a text": lambda key: [event(logprobs={"content": [token(text)]}) for text in tokens(key)],
    "two tokens an event": lambda key: [
        event("".join(two), logprobs={"content": list(map(token, two))}) for two in pairs(tokens(key))
    ],
    "two tokens an event, of completions": lambda key: [
        event(logprobs={"tokens": two, "token_logprobs": [-0.5] * len(two)}) for two in pairs(tokens(key))
    ],
    "tokens without bytes": lambda key: [
        event(text, logprobs={"content": [{**token(text), "bytes": None}]}) for text in tokens(key)
    ],
    "tokens of a refusal": lambda key: [
        event(None, delta={"refusal": text}, logprobs={"content": None, "refusal": [token(text)]})
        for text in tokens(key)
    ],
    "tokens that are not the likeliest": lambda key: [
        event(text, logprobs={"content": [told_second(text, at)]}) for at, text in enumerate(tokens(key))
    ],
    "one token an event, of completions with others": lambda key: [
        event(delta={}, text=text, logprobs=odds([text])) for text in tokens(key)
    ],
    "two tokens an event, of completions with others": lambda key: [
        event(delta={}, text="".join(two), logprobs=odds(two)) for two in pairs(tokens(key))
    ],
    "tokens of Gemini": lambda key: [
        event(
            logprobsResult={
                "topCandidates": [{"candidates": candidates(text, at, text="token", odds="logProbability")}],
                "chosenCandidates": [{"token": text, "logProbability": -0.25}],
            }
        )
        for at, text in enumerate(tokens(key))
    ],
    "tokens of Text Generation Inference": lambda key: [
        event(token={"text": text}, top_tokens=candidates(text, at, text="text", odds="logprob"))
        for at, text in enumerate(tokens(key))
    ],
    "tokens of llama.cpp after sampling": lambda key: [
        event(
            content=text,
            completion_probabilities=[
                {
                    "top_probs": [
                        {"tok": "zz", "bytes": [122, 122], "prob": 0.5},
                        {"tok": text, "bytes": list(text.encode()), "prob": 0.5},
                    ][:: (-1) ** at]
                }
            ],
        )
        for at, text in enumerate(tokens(key))
    ],
    "two parts of one event": lambda key: [event([{"type": "text", "text": text} for text in halves(key)])],
    "percent signs": lambda key: [event(text) for text in cut("k=" + "".join(f"%{ord(c):02X}" for c in key), 5)],
    "base64": lambda key: [event(text) for text in cut(f"k={base64.b64encode(f'u:{key}'.encode()).decode()}", 5)],
    "colour": lambda key: [event(text) for text in cut(f"k=\x1b[32m{key[:9]}\x1b[0m{key[9:]}", 5)],
    "arguments": lambda key: [event(text) for text in cut(json.dumps({"k": key}).replace("+", "\\u002B"), 5)],
}


@KEYS
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("dialect", [CHAT, UNKNOWN], ids=["chat", "unknown"])
def test_a_key_in_pieces_of_a_stream_is_cut_out_of_all_of_them(stream: str, dialect: Any, key: str) -> None:
    sent = STREAMS[stream](key)
    reply = Reply(200, "OK", (), b"".join(sent), tuple(Chunk(len(piece), 0.1) for piece in sent))

    body = redactor(key).reply(reply, dialect).body

    values = [json.loads(data) for data in events(body)]
    assert len(values) == len(sent)
    assert leaks(values, key) == []
    assert REDACTED in "".join(texts_in(values))


def on_two_lines(event: str, at: int, end: str = "\n", between: str = "") -> bytes:
    return f"data: {event[:at]}{end}{between}data: {event[at:]}{end}{end}".encode()


@KEYS
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("between", ["", "id: 3\n"], ids=["", "with a field between them"])
def test_a_key_in_an_event_on_two_lines_of_data_is_cut_out(key: str, end: str, between: str) -> None:
    first, second = halves(key)
    whole = json.dumps({"choices": [{"index": 0, "delta": {"content": f"It is {key} ok"}}]})
    begun, rest = (json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}) for text in (first, second))
    bodies = [
        on_two_lines(whole, whole.index(key) + len(first), end, between),
        on_two_lines(whole, whole.index('"delta"'), end, between),
        on_two_lines(begun, 20, end, between) + on_two_lines(rest, 20, end, between),
        on_two_lines(begun, begun.index(first) + 4, end, between) + f"data: {rest}{end}{end}".encode(),
        f"data: It is {first}{end}{between}data: {second} ok{end}{end}".encode(),
    ]

    for body in bodies:
        kept = redactor(key).reply(Reply(200, "OK", (), body, (Chunk(len(body), 0.1),)), CHAT).body

        lines = [line.removeprefix("data:").strip() for line in kept.decode().split("\n") if line.startswith("data:")]
        assert leaks(["".join(lines)], key) == []
        assert REDACTED.encode() in kept
        assert kept.count(b"id: 3") == body.count(b"id: 3")


def test_a_body_that_only_begins_as_json_loses_its_key_too() -> None:
    body = f'{{"a": ["{OWN[:9]}", "{OWN[9:]}"]}}}}]'.encode()

    kept = redactor(OWN).request(Request("POST", URL, (), body)).body

    assert kept == f'{{"a": ["{REDACTED}", "{REDACTED}"]}}}}]'.encode()


def test_texts_without_an_object_around_them_may_be_parts() -> None:
    kept = redactor(OWN).request(Request("POST", URL, (), json.dumps(halves(OWN)).encode())).body

    assert json.loads(kept) == [REDACTED, REDACTED]


def test_a_key_in_a_comment_between_events_is_cut_out_and_the_end_of_the_stream_stays() -> None:
    body = event("Hi") + f": {OWN}\n\n".encode() + b"data: [DONE]\n\n"

    kept = redactor(OWN).reply(Reply(200, "OK", (), body, (Chunk(len(body), 0.1),)), CHAT).body

    assert kept == event("Hi") + f": {REDACTED}\n\n".encode() + b"data: [DONE]\n\n"


@pytest.mark.parametrize("secret", ["a: It is ", "\n\ndata: ", "It is\n\n"])
def test_what_makes_events_of_a_body_is_never_cut(secret: str) -> None:
    body = b"data: It is\n\ndata: It is it\n\n"

    kept = Redactor([secret]).reply(Reply(200, "OK", (), body, (Chunk(len(body), 0.1),)), CHAT).body

    assert kept.count(b"data:") == 2
    assert kept.count(b"\n\n") == 2
