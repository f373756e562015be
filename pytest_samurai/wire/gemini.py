"""Gemini: Google's `:generateContent`, `:streamGenerateContent`, `:embedContent` and `:batchEmbedContents`.

Source: the references of the Gemini API and of Vertex AI. Both have the same bodies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire import choices, common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.geminiparts import add_part
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage

_MODEL = re.compile(r"/(?:models|tunedModels)/([^/:?#]+)(?::|%3[Aa])")

_CAPITAL = re.compile(r"(?<!^)([A-Z])")


def _get(holder: Object, name: str) -> Json:
    """The value of a key, in camel case or, as in Google's own schemas, in snake case. Servers accept both."""
    snake = _CAPITAL.sub(r"_\1", name).lower()
    return holder.get(name, holder.get(snake))


# --- a request


def _model_asked(url: str, request: Object) -> str | None:
    match = _MODEL.search(url)
    if match is not None:
        return match[1]
    return (as_text(request.get("model")) or "").rpartition("/")[2] or None


def _contents(request: Object) -> list[Object]:
    """The turns of a conversation; the texts of embeddings."""
    given = request.get("contents")
    turns = as_objects(given) if isinstance(given, list) else [as_object(given)] * bool(given)
    inner = [as_object(each.get("content")) for each in (request, *as_objects(request.get("requests")))]
    return [*turns, *filter(None, inner)]


def _messages(request: Object) -> list[Message]:
    system = tuple(_parts(_get(request, "systemInstruction")))
    said = [Message("system", system)] if system else []
    return [*said, *(_message(content) for content in _contents(request))]


def _message(content: Object) -> Message:
    return Message(as_text(content.get("role")) or "", tuple(_parts(content)))


def _parts(content: Json) -> Iterator[Part]:
    if isinstance(content, str):
        yield Part("text", content)
    parts = as_object(content).get("parts")
    for part in as_objects(parts) if isinstance(parts, list) else [as_object(parts)] * bool(parts):
        text = as_text(part.get("text"))
        called, answered = as_object(_get(part, "functionCall")), as_object(_get(part, "functionResponse"))
        if text is not None:
            yield Part("reasoning" if part.get("thought") is True else "text", text)
        elif called:
            asked = json.dumps(called.get("args", {}), ensure_ascii=False)
            yield Part("tool_call", asked, as_text(called.get("name")))
        elif answered:
            yield Part("tool_result", json.dumps(answered.get("response"), ensure_ascii=False))
        elif code := as_object(_get(part, "executableCode")):
            yield Part("tool_call", as_text(code.get("code")) or "", "code_execution")
        elif printed := as_object(_get(part, "codeExecutionResult")):
            yield Part("tool_result", as_text(printed.get("output")) or "")
        else:
            yield Part(next(iter(part), ""), "")


_PROMPT = ("systemInstruction", "system_instruction", "contents", "tools", "cachedContent", "content", "requests")


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in _PROMPT if name in request}


def _most(request: Object) -> int:
    settings = as_object(_get(request, "generationConfig"))
    limit, number = _get(settings, "maxOutputTokens"), _get(settings, "candidateCount")
    return (limit if isinstance(limit, int) else 0) * (number if isinstance(number, int) else 1)


# --- a reply


def _usage(answer: Answer) -> Usage | None:
    """Unknown for a stream that broke before its last event: earlier events give only the counts so far."""
    reply = answer.known
    have_ended = all(candidate.get("finishReason") for candidate in as_objects(reply.get("candidates")))
    if not have_ended and parse_object(answer.reply.body) is None:
        return None
    return usage_by_shape(_told(reply))


def _told(reply: Object) -> Object:
    return as_object(reply.get("usageMetadata"))


def _model(answer: Answer) -> str | None:
    return as_text(answer.known.get("modelVersion")) or None


_TIERS = {"ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority"}
"""Vertex AI's names for the levels of service. Source: the reference of `TrafficType`."""

_OTHER_PRICES = frozenset({"ON_DEMAND_OFFPEAK", "PROVISIONED_THROUGHPUT"})
"""Neither the off-peak discount nor throughput paid in advance has a published price per token."""


def _tier(answer: Answer) -> str | None:
    used = _told(answer.known)
    return as_text(used.get("serviceTier")) or _TIERS.get(as_text(used.get("trafficType")) or "")


def _answers(reply: Object) -> list[Message]:
    contents = (candidate.get("content") for candidate in as_objects(reply.get("candidates")))
    return [Message("assistant", tuple(_parts(content))) for content in contents]


def _stops(reply: Object) -> list[str]:
    reasons = (as_text(candidate.get("finishReason")) for candidate in as_objects(reply.get("candidates")))
    return [reason for reason in reasons if reason]


def _has_paid_tools(reply: Object) -> bool:
    # Source: Google's price page, on grounding: billed per prompt or per query.
    if any(candidate.get("groundingMetadata") for candidate in as_objects(reply.get("candidates"))):
        return True
    # The same page: cached audio has its own rate, which no price here includes.
    used = as_object(reply.get("usageMetadata"))
    cached = as_objects(used.get("cacheTokensDetails"))
    if any(part.get("modality") == "AUDIO" and part.get("tokenCount") for part in cached):
        return True
    return as_text(used.get("trafficType")) in _OTHER_PRICES


# --- a stream


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain `GenerateContentResponse`: its parts joined, and the last value of everything else."""
    merged: dict[str, Any] = {}
    candidates: dict[int, dict[str, Any]] = {}
    for text in data:
        event = parse_object(text) or {}
        for candidate in as_objects(event.pop("candidates", None)):
            number = candidate.get("index")
            index = number if isinstance(number, int) else 0
            _merge_candidate(candidates.setdefault(index, {}), candidate)
        merged |= event
    if candidates:
        merged["candidates"] = [candidates[index] for index in sorted(candidates)]
    return merged


def _merge_candidate(merged: dict[str, Any], candidate: Object) -> None:
    content = as_object(candidate.get("content"))
    have = as_object(merged.get("content"))
    parts = as_objects(have.get("parts"))
    for part in as_objects(content.get("parts")):
        add_part(parts, part)
    # An empty value doesn't replace an earlier one.
    merged |= {key: value for key, value in candidate.items() if value not in (None, {}, []) or key not in merged}
    if content or have:
        merged["content"] = {**have, **content, "parts": parts}


_FINISHED = re.compile(rb'"finishReason"\s*:')


def _is_over(body: bytes) -> bool:
    # These streams have no end mark, but the last event says why the model stopped.
    return _FINISHED.search(body) is not None


GEMINI = Dialect(
    name="gemini",
    paths=(":generatecontent", ":streamgeneratecontent", ":embedcontent", ":batchembedcontents"),
    # Only the URL names the model, so the model is part of the endpoint.
    patterns=(
        "*/models/*:generateContent",
        "*/models/*:streamGenerateContent",
        "*/models/*:embedContent",
        "*/models/*:batchEmbedContents",
    ),
    may_be_own=False,
    streams=(":streamgeneratecontent",),
    model_asked=_model_asked,
    messages=_messages,
    tools=choices.tools_asked,
    prompt=_prompt,
    names={"contents": common.role},
    most=_most,
    asking=None,
    usage=_usage,
    told=_told,
    model=_model,
    tier=_tier,
    answers=_answers,
    stops=_stops,
    has_paid_tools=_has_paid_tools,
    merge=merge,
    texts=every_text,
    is_over=_is_over,
)
