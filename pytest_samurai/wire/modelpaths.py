"""The paths of APIs that serve models."""

from __future__ import annotations

import re
from typing import Final

from pytest_samurai.wire.spelling import plain_url

SURE: Final = (
    # https://platform.openai.com/docs/api-reference, and all that speak it
    "/chat/completions",
    "/completions",
    "/v1/embeddings",
    "/v1/moderations",
    "/images/generations",
    "/images/edits",
    "/images/variations",
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    # https://docs.anthropic.com/en/api
    "/v1/messages/count_tokens",
    "/v1/messages/batches",
    # https://ai.google.dev/api, https://cloud.google.com/vertex-ai/docs/reference/rest: methods, at the end of a path
    ":generateContent",
    ":streamGenerateContent",
    ":batchGenerateContent",
    ":generateAnswer",
    ":generateMessage",
    ":generateText",
    ":countTokens",
    ":countMessageTokens",
    ":countTextTokens",
    ":computeTokens",
    ":embedContent",
    ":embedText",
    ":batchEmbedContents",
    ":batchEmbedText",
    ":asyncBatchEmbedContent",
    ":predict",
    ":rawPredict",
    ":streamRawPredict",
    ":serverStreamingPredict",
    ":predictLongRunning",
    # https://docs.aws.amazon.com/bedrock/latest/APIReference: the name of the model stands before these
    "/model/*/invoke",
    "/model/*/invoke-with-response-stream",
    "/model/*/converse",
    "/model/*/converse-stream",
    "/model/*/count-tokens",
)
"""Ends of paths that alone show that a model is called. A star is one segment."""

GENERIC: Final = (
    # https://platform.openai.com/docs/api-reference
    "/responses",
    "/responses/compact",
    "/embeddings",
    "/moderations",
    "/files",
    "/uploads",
    "/batches",
    "/conversations",
    "/assistants",
    "/threads",
    "/threads/runs",
    "/fine_tuning/jobs",
    "/videos",
    "/realtime/sessions",
    "/realtime/client_secrets",
    "/evals",
    # https://docs.anthropic.com/en/api
    "/messages",
    "/messages/count_tokens",
    "/complete",
    # https://docs.cohere.com/reference
    "/v1/chat",
    "/v2/chat",
    "/v1/embed",
    "/v2/embed",
    "/v1/generate",
    "/v1/classify",
    "/v1/summarize",
    # https://docs.cohere.com/reference/rerank, https://jina.ai/reranker, https://docs.voyageai.com/reference
    "/rerank",
    "/reranks",
    "/reranking",
    "/multimodalembeddings",
    "/contextualizedembeddings",
    # https://github.com/ollama/ollama/blob/main/docs/api.md
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/api/embeddings",
    # https://docs.mistral.ai/api
    "/ocr",
    "/classifications",
    # https://github.com/ggml-org/llama.cpp/tree/master/tools/server, https://huggingface.github.io/text-generation-inference,
    # https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    "/completion",
    "/infill",
    "/embedding",
    "/generate",
    "/generate_stream",
    "/score",
    "/pooling",
)
"""Ends of paths that an application may use for something else. A model is called if the body has `"model"`."""


def _regex(ends: tuple[str, ...]) -> re.Pattern[str]:
    choices = "|".join(re.escape(end).replace(r"\*", "[^/]+") for end in sorted(ends, key=len, reverse=True))
    return re.compile(f".*?({choices})", re.IGNORECASE | re.DOTALL)


_SURE, _GENERIC = _regex(SURE), _regex(GENERIC)


def names_model(body: bytes) -> bool:
    """Whether a body says which model it asks. Every API of models wants that, and an application's own seldom does."""
    return b'"model"' in body


def model_path(url: str) -> tuple[str | None, bool]:
    """The end of a URL's path by which a model API is known, and whether that alone is certain.

    It is (None, False) if there is none. If that alone is not certain, a body with `"model"` makes it a model's.
    """
    plain = plain_url(url)
    for regex, sure in ((_SURE, True), (_GENERIC, False)):
        match = regex.fullmatch(plain)
        if match is not None:
            # A pattern need not name the version.
            return (match[1].removeprefix("/v1") if sure else match[1]), sure
    return None, False
