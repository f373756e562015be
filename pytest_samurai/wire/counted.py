"""The usage of APIs that name their counts differently from chat, recognized by its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_samurai.wire.objects import as_object, as_objects
from pytest_samurai.wire.usage import Usage, count

_LIFETIMES: Final = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_CACHE_OF_MESSAGES: Final = ("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation")


def usage_by_shape(usage: object) -> Usage | None:
    """The usage of a generation, in the shape of any known API; None for any other shape.

    A gateway may answer with the usage of another API. Embeddings aren't tried here: they have no count of completion
    tokens, and the usage of a generation without that count is unknown.
    """
    if not isinstance(usage, Mapping):
        return None
    for read in _SHAPES:
        counted = read(usage)
        if counted is not None:
            return counted
    return None


def usage_of_responses(usage: Mapping[str, Any]) -> Usage | None:
    """The usage of `/responses`, where the input includes tokens from the cache, and the output includes reasoning.

    Source: `ResponseUsage` in the OpenAI API reference. It always has a total, unlike Anthropic's.
    """
    if _is_of_messages(usage):
        return None
    counts = {
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "total_tokens": usage.get("total_tokens"),
        # The audio endpoints use the singular.
        "prompt_tokens_details": usage.get("input_tokens_details", usage.get("input_token_details")),
        "completion_tokens_details": usage.get("output_tokens_details", usage.get("output_token_details")),
    }
    return Usage.from_wire(counts)


def usage_of_messages(usage: Mapping[str, Any]) -> Usage | None:
    """The usage of Anthropic's `/messages`, where the input excludes tokens read from the cache or written to it.

    Source: `usage` in Anthropic's reference of the Messages API, and its guide to prompt caching. It has no total.
    """
    new, completion = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    if new is None or completion is None:
        return None
    lifetimes = as_object(usage.get("cache_creation"))
    minutes, hour = (count(lifetimes.get(name)) or 0 for name in _LIFETIMES)
    written = max(count(usage.get("cache_creation_input_tokens")) or 0, minutes + hour)
    cached = count(usage.get("cache_read_input_tokens")) or 0
    prompt = new + written + cached
    return Usage(
        requests=1,
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        cached_tokens=cached,
        reasoning_tokens=count(as_object(usage.get("output_tokens_details")).get("thinking_tokens")) or 0,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
    )


def _is_of_messages(usage: Mapping[str, Any]) -> bool:
    """Whether `input_tokens` excludes the cache. If a gateway adds a total, the total shows it."""
    new, completion, total = (count(usage.get(name)) for name in ("input_tokens", "output_tokens", "total_tokens"))
    if new is None or completion is None:
        return False
    if total is not None:
        return total > new + completion and any(usage.get(name) for name in _CACHE_OF_MESSAGES)
    return "input_tokens_details" not in usage


def usage_of_gemini(usage: Mapping[str, Any]) -> Usage | None:
    """Google's `usageMetadata`, which counts thoughts outside the candidates, and tool results outside the prompt.

    Source: `UsageMetadata` in the reference of the Gemini API: the prompt includes tokens from the cache.
    """
    prompt = count(usage.get("promptTokenCount"))
    if prompt is None:
        return None
    tools, thoughts = (count(usage.get(name)) or 0 for name in ("toolUsePromptTokenCount", "thoughtsTokenCount"))
    # A reply that is all thinking, or was blocked, has no candidates.
    answered = count(usage.get("candidatesTokenCount")) or 0
    total = count(usage.get("totalTokenCount"))
    return Usage(
        requests=1,
        prompt_tokens=prompt + tools,
        completion_tokens=answered + thoughts,
        total_tokens=prompt + tools + answered + thoughts if total is None else total,
        cached_tokens=count(usage.get("cachedContentTokenCount")) or 0,
        reasoning_tokens=thoughts,
        prompt_audio_tokens=_of_audio(usage, "promptTokensDetails") + _of_audio(usage, "toolUsePromptTokensDetails"),
        completion_audio_tokens=_of_audio(usage, "candidatesTokensDetails"),
    )


def _of_audio(usage: Mapping[str, Any], details: str) -> int:
    parts = as_objects(usage.get(details))
    return sum(count(part.get("tokenCount")) or 0 for part in parts if part.get("modality") == "AUDIO")


def usage_of_converse(usage: Mapping[str, Any]) -> Usage | None:
    """The usage of Bedrock's Converse, where the input excludes tokens read from the cache or written to it.

    Source: `TokenUsage` in the reference of the Amazon Bedrock API, and its guide to prompt caching.
    """
    new, completion = count(usage.get("inputTokens")), count(usage.get("outputTokens"))
    if new is None or completion is None:
        return None
    cached, written = (count(usage.get(f"cache{how}InputTokens")) or 0 for how in ("Read", "Write"))
    prompt = new + cached + written
    return Usage(1, prompt, completion, prompt + completion, cached_tokens=cached, cache_write_tokens=written)


def usage_of_cohere(usage: Mapping[str, Any]) -> Usage | None:
    """What Cohere bills, which excludes what Cohere adds to a prompt; the tokens if it doesn't say what it bills.

    Source: `billed_units` and `tokens` in Cohere's API reference. It documents fractions, but sends whole numbers.
    """
    for name in ("billed_units", "tokens"):
        counts = as_object(usage.get(name))
        prompt, completion = count(counts.get("input_tokens")), count(counts.get("output_tokens"))
        if prompt is not None and completion is not None:
            return Usage(1, prompt, completion, prompt + completion)
    return None


def usage_of_cohere_embeddings(meta: Mapping[str, Any]) -> Usage | None:
    """What Cohere bills for embeddings, which have no output. Source: `meta` in its reference of Embed."""
    prompt = count(as_object(meta.get("billed_units")).get("input_tokens"))
    return None if prompt is None else Usage(1, prompt, 0, prompt)


def usage_of_embeddings(usage: Mapping[str, Any]) -> Usage | None:
    """The usage of `/embeddings`, which has a prompt and no completion.

    Source: `CreateEmbeddingResponse` in the OpenAI API reference. Some servers give only the total (Jina, Voyage).
    """
    if "completion_tokens" in usage or "output_tokens" in usage:
        return None
    counts = (count(usage.get(name)) for name in ("prompt_tokens", "input_tokens", "total_tokens"))
    prompt = next((counted for counted in counts if counted is not None), None)
    if prompt is None:
        return None
    total = count(usage.get("total_tokens"))
    return Usage(requests=1, prompt_tokens=prompt, total_tokens=prompt if total is None else total)


_SHAPES: Final = (
    Usage.from_wire,
    usage_of_responses,
    usage_of_messages,
    usage_of_gemini,
    usage_of_converse,
    usage_of_cohere,
)
