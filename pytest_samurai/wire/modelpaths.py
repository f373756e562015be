"""The paths of APIs that serve models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.multipart import field_names
from pytest_samurai.wire.spelling import plain_url

SURE: Final = (
    # https://platform.openai.com/docs/api-reference, and all servers compatible with it
    "/chat/completions",
    "/completions",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/responses/input_tokens",
    "/v1/responses/*/cancel",
    "/v1/responses/*/input_items",
    "/responses/resp_*",
    "/responses/resp_*/cancel",
    "/v1/threads/runs",
    "/v1/threads/*/runs",
    "/v1/threads/*/runs/*/submit_tool_outputs",
    "/v1/vector_stores/*/search",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/images/variations",
    "/videos/generations",
    "/video/generations",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/realtime/sessions",
    "/realtime/transcription_sessions",
    "/realtime/client_secrets",
    # https://learn.microsoft.com/azure/ai-services/openai/reference: the path names the model
    "/deployments/*/embeddings",
    "/deployments/*/images/generations",
    "/deployments/*/images/edits",
    "/deployments/*/audio/speech",
    "/deployments/*/audio/transcriptions",
    "/deployments/*/audio/translations",
    "/engines/*/embeddings",
    "/images/generations:submit",
    "/video/generations/jobs",
    # https://docs.anthropic.com/en/api
    "/v1/messages/count_tokens",
    "/v1/messages/batches",
    # https://ai.google.dev/api, https://cloud.google.com/vertex-ai/docs/reference/rest: methods, at the end of a path
    "/v1beta/interactions",
    "/v1beta/interactions/*/cancel",
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
    ":streamingPredict",
    ":directPredict",
    ":directRawPredict",
    ":predictLongRunning",
    "/reasoningEngines/*:query",
    "/reasoningEngines/*:streamQuery",
    # https://docs.aws.amazon.com/bedrock/latest/APIReference: the model's name comes before these
    "/model/*/invoke",
    "/model/*/invoke-with-response-stream",
    "/model/*/converse",
    "/model/*/converse-stream",
    "/model/*/count-tokens",
    "/guardrail/*/version/*/apply",
    "/agents/*/agentAliases/*/sessions/*/text",
    "/knowledgebases/*/retrieve",
    "/retrieveAndGenerate",
    "/retrieveAndGenerateStream",
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference, https://mlflow.org/docs/latest/genai/serving,
    # https://docs.databricks.com/api/workspace/servingendpoints/query
    "/invocations",
    "/invocations-response-stream",
    "/async-invocations",
    # https://cloud.ibm.com/apidocs/watsonx-ai
    "/ml/v1/text/chat",
    "/ml/v1/text/chat_stream",
    "/ml/v1/text/generation",
    "/ml/v1/text/generation_stream",
    "/ml/v1/text/embeddings",
    "/ml/v1/text/rerank",
    "/ml/v1/deployments/*/text/chat",
    "/ml/v1/deployments/*/text/chat_stream",
    "/ml/v1/deployments/*/text/generation",
    "/ml/v1/deployments/*/text/generation_stream",
    "/ml/v1/time_series/forecast",
    # https://elevenlabs.io/docs/api-reference
    "/v1/text-to-speech/*",
    "/v1/text-to-speech/*/stream",
    "/v1/text-to-speech/*/with-timestamps",
    "/v1/text-to-speech/*/stream/with-timestamps",
    "/v1/speech-to-speech/*",
    "/v1/speech-to-speech/*/stream",
    "/v1/speech-to-text",
    "/v1/text-to-dialogue",
    "/v1/text-to-dialogue/stream",
    "/v1/text-to-voice/design",
    "/v1/sound-generation",
    # https://developers.deepgram.com/reference
    "/v1/listen",
    "/v1/speak",
    # https://replicate.com/docs/reference/http
    "/models/*/*/predictions",
    "/deployments/*/*/predictions",
    # https://huggingface.co/docs/inference-providers
    "/hf-inference/models/*/*",
    "/hf-inference/models/*/*/pipeline/*",
    # https://docs.nvidia.com/deeplearning/triton-inference-server: also https://kserve.github.io/website
    "/v2/models/*/infer",
    "/v2/models/*/generate",
    "/v2/models/*/generate_stream",
    "/v2/models/*/versions/*/infer",
    "/v2/models/*/versions/*/generate",
    "/v2/models/*/versions/*/generate_stream",
    # https://docs.nvidia.com/cloud-functions
    "/nvcf/pexec/functions/*",
    # https://developers.cloudflare.com/workers-ai
    "/ai/run/*/*/*",
    # https://docs.snowflake.com/en/user-guide/snowflake-cortex
    "/cortex/inference:complete",
    "/cortex/inference:embed",
    # https://help.aliyun.com/zh/model-studio
    "/services/aigc/*/*",
    "/services/embeddings/*/*",
    "/services/rerank/*/*",
    # https://deepinfra.com/docs/inference
    "/v1/inference/*/*",
    # https://platform.stability.ai/docs/api-reference
    "/v2beta/stable-image/generate/*",
    "/v1/generation/*/text-to-image",
    "/v1/generation/*/image-to-image",
    # https://www.assemblyai.com/docs/api-reference
    "/lemur/v3/generate/*",
)
"""Ends of paths that alone show that a model is called. A star matches one segment."""

GENERIC: Final[Mapping[str, tuple[str, ...]]] = {
    # https://platform.openai.com/docs/api-reference; a form has `name="purpose"`
    "/responses": (),
    "/responses/compact": (),
    "/responses/input_tokens": (),
    "/embeddings": (),
    "/moderations": ('"input"',),
    "/images/generations": (),
    "/images/edits": (),
    "/images/variations": (),
    "/audio/speech": (),
    "/audio/transcriptions": (),
    "/audio/translations": (),
    "/files": ('"purpose"',),
    "/uploads": ('"purpose"',),
    "/batches": ('"completion_window"',),
    "/assistants": (),
    "/threads": (),
    "/threads/runs": ('"assistant_id"',),
    "/threads/*/runs": ('"assistant_id"',),
    "/threads/*/runs/*/submit_tool_outputs": ('"tool_outputs"',),
    "/fine_tuning/jobs": ('"training_file"',),
    "/videos": ('"prompt"',),
    "/videos/*/remix": ('"prompt"',),
    "/realtime/calls": ('"sdp"',),
    "/evals": ('"data_source_config"',),
    "/evals/*/runs": ('"data_source"',),
    # the same, and https://docs.mistral.ai/api
    "/conversations": ('"inputs"',),
    "/conversations/*": ('"inputs"',),
    "/batch/jobs": (),
    "/ocr": (),
    "/classifications": (),
    # https://docs.anthropic.com/en/api
    "/messages": (),
    "/messages/count_tokens": (),
    "/complete": (),
    # https://ai.google.dev/api
    "/interactions": ('"agent"',),
    "/cachedContents": (),
    # https://docs.cohere.com/reference
    "/v1/chat": (),
    "/v2/chat": (),
    "/v1/embed": (),
    "/v2/embed": (),
    "/v1/embed-jobs": (),
    "/v1/generate": (),
    "/v1/classify": (),
    "/v1/summarize": (),
    # https://docs.cohere.com/reference/rerank, https://jina.ai/reranker, https://docs.voyageai.com/reference,
    # https://huggingface.github.io/text-embeddings-inference
    "/rerank": ('"documents"', '"texts"'),
    "/reranks": (),
    "/reranking": ('"documents"',),
    "/ranking": (),
    "/multimodalembeddings": (),
    "/contextualizedembeddings": (),
    # https://docs.aws.amazon.com/bedrock/latest/APIReference
    "/async-invoke": ('"modelId"',),
    "/model-invocation-job": ('"modelId"',),
    # https://github.com/ollama/ollama/blob/main/docs/api.md
    "/api/chat": (),
    "/api/generate": (),
    "/api/embed": (),
    "/api/embeddings": (),
    # https://github.com/ggml-org/llama.cpp/tree/master/tools/server: it serves one model, so requests don't name it
    "/completion": ('"prompt"',),
    "/infill": ('"prompt"', '"input_prefix"'),
    "/embedding": ('"content"', '"input"'),
    # https://huggingface.github.io/text-generation-inference, https://docs.sglang.ai, and vLLM's simple server
    "/generate": ('"inputs"', '"prompt"', '"sampling_params"'),
    "/generate_stream": ('"inputs"', '"prompt"'),
    # https://huggingface.github.io/text-embeddings-inference
    "/embed": ('"inputs"',),
    "/embed_all": ('"inputs"',),
    "/embed_sparse": ('"inputs"',),
    "/predict": ('"inputs"', '"instances"'),
    # https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    "/score": ('"text_1"',),
    "/pooling": ('"input"',),
    # https://replicate.com/docs/reference/http, https://cog.run/http
    "/predictions": ('"version"', '"input"'),
    # https://docs.runpod.io/serverless
    "/v2/*/run": ('"input"',),
    "/v2/*/runsync": ('"input"',),
    # https://elevenlabs.io/docs/api-reference, https://developers.deepgram.com/reference,
    # https://www.assemblyai.com/docs/api-reference
    "/v1/music": ('"prompt"',),
    "/v1/read": ('"text"',),
    "/v2/transcript": ('"audio_url"',),
}
"""Ends of paths that an application may use for something else. A model is called if the body has `"model"`, or one of
the words listed for the path."""


@dataclass(frozen=True, slots=True)
class ModelPath:
    """The end of a URL's path that identifies a model API; `tail` is that end as an fnmatch pattern.

    Unless `is_sure`, the body must also contain `"model"` or one of the `marks`.
    """

    tail: str
    is_sure: bool = True
    marks: tuple[str, ...] = ()

    def is_meant(self, body: bytes) -> bool:
        """Whether a request with this body calls a model."""
        return self.is_sure or names_model(body) or any(mark.encode() in body for mark in self.marks)


_FLAGS = re.IGNORECASE | re.DOTALL


class _Ends:
    """Ends of paths, all searched at once."""

    def __init__(self, ends: Iterable[str]) -> None:
        self._patterns = {end: re.escape(end).replace(r"\*", "[^/]+") for end in ends}
        self._literal = {end.lower(): end for end in self._patterns if "*" not in end}

    # Few tests ask for more than an endpoint. Compiling these would slow down the start of all the others.

    @cached_property
    def _starred(self) -> dict[str, re.Pattern[str]]:
        return {end: re.compile(pattern, _FLAGS) for end, pattern in self._patterns.items() if "*" in end}

    @cached_property
    def _any(self) -> re.Pattern[str]:
        # One group for all ends: a group for each would be much slower.
        return re.compile(f".*?({'|'.join(self._patterns.values())})", _FLAGS)

    def find(self, plain: str) -> tuple[str, str] | None:
        """The end of a path as it is written and as it is listed; None if it isn't listed."""
        match = self._any.fullmatch(plain)
        if match is None:
            return None
        end = self._literal.get(match[1].lower())
        return match[1], end or next(end for end, regex in self._starred.items() if regex.fullmatch(match[1]))


_ENDS: Final = (_Ends(SURE), _Ends(GENERIC))


def model_path(url: str) -> ModelPath | None:
    """The end of a URL's path that identifies a model API, in any spelling; None if there is none."""
    plain = plain_url(url)
    for ends in _ENDS:
        if (match := ends.find(plain)) is not None:
            written, end = match
            tail = end if "*" in end else written
            if end in GENERIC:
                return ModelPath(tail, False, GENERIC[end])
            # A pattern doesn't need to include the version.
            return ModelPath(tail.removeprefix("/v1"))
    return None


def names_model(body: bytes) -> bool:
    """Whether a body names a model: under a key in JSON, in a field of a form."""
    if b'"model"' not in body:
        return False
    fields = field_names(body)
    return fields is None or "model" in fields


def is_call(interaction: Interaction) -> bool:
    """Whether an interaction is a call, and not something else that another tool recorded, such as a search engine.

    Everything that we recorded was an endpoint then, whatever the endpoints are now: each of those has its time.
    """
    request = interaction.request
    return interaction.recorded_at is not None or calls_model(request.url, request.body)


def calls_model(url: str, body: bytes) -> bool:
    """Whether a request calls a model, on a path that an application may use for something else."""
    # Most bodies do, and this check is faster.
    if names_model(body):
        return True
    path = model_path(url)
    return path is not None and path.is_meant(body)
