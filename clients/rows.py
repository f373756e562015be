"""The table: each client, the environment that has it, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clients.environments import HERE


@dataclass(frozen=True)
class Row:
    """A client and a way to call it.

    `named` are the distributions whose versions are shown, `called` is the text for the call, `call` the function below
    `clients/calls` that makes it, and `options` are the marker's. `refused` is what the refusal must say, for a client
    that no hook sees; any other client must be recorded. `unknown_usage` says that nobody knows the tokens: the API
    does not count them, or has no dialect.
    """

    key: str
    environment: str
    named: tuple[str, ...]
    called: str
    call: str
    options: Mapping[str, object] = field(default_factory=dict)
    refused: str = ""
    unknown_usage: bool = False


def _rows(key: str, environment: str, *named: str, **calls: tuple[str, str]) -> list[Row]:
    """Rows of one client, each with the end of its key, the text for the call, and the function that makes it."""
    return [Row(f"{key}.{end}", environment, named, called, call) for end, (called, call) in calls.items()]


_OPENAI: Final = {
    "chat": ("`OpenAI().chat.completions.create`", "openai_sdk.chat"),
    "async": ("`AsyncOpenAI().chat.completions.create`", "openai_sdk.chat_async"),
    "stream": ("`OpenAI().chat.completions.create(stream=True)`", "openai_sdk.stream"),
    "async_stream": ("`AsyncOpenAI().chat.completions.create(stream=True)`", "openai_sdk.stream_async"),
    "azure": ("`AzureOpenAI().chat.completions.create`", "openai_sdk.azure"),
}
_RESPONSES: Final = {
    "responses": ("`OpenAI().responses.create`", "openai_sdk.responses"),
    "responses_stream": ("`OpenAI().responses.create(stream=True)`", "openai_sdk.responses_stream"),
}
_OTHERS: Final = {
    "completions": ("`OpenAI().completions.create`", "openai_sdk.completions"),
    "embeddings": ("`OpenAI().embeddings.create`", "openai_sdk.embeddings"),
}
_UNSEEN: Final = "by a client that cannot be recorded"

ROWS: Final[tuple[Row, ...]] = (
    *_rows("openai-3", HERE, "openai", **_OPENAI, **_RESPONSES, **_OTHERS),
    *_rows("openai-2", "openai-2", "openai", **_OPENAI, **_RESPONSES),
    *_rows("openai-1", "openai-1", "openai", **_OPENAI, **_RESPONSES),
    *_rows("openai-1.55", "openai-1.55", "openai", **_OPENAI),
    *_rows(
        "anthropic",
        HERE,
        "anthropic",
        messages=("`Anthropic().messages.create`", "anthropic_sdk.messages"),
        async_messages=("`AsyncAnthropic().messages.create`", "anthropic_sdk.messages_async"),
        stream=("`Anthropic().messages.stream`", "anthropic_sdk.stream"),
        async_stream=("`AsyncAnthropic().messages.stream`", "anthropic_sdk.stream_async"),
    ),
    *_rows(
        "google-genai",
        "sdks",
        "google-genai",
        generate=("`Client().models.generate_content`", "google_sdk.generate"),
        stream=("`Client().models.generate_content_stream`", "google_sdk.stream"),
        async_httpx=("`Client().aio`, with `httpx_async_client`", "google_sdk.generate_async"),
    ),
    Row(
        "google-genai.embed",
        "sdks",
        ("google-genai",),
        "`Client().models.embed_content`",
        "google_sdk.embed",
        unknown_usage=True,
    ),
    *_rows(
        "litellm",
        "frameworks",
        "litellm",
        chat=("`completion`", "litellm_sdk.chat"),
        async_chat=("`acompletion`", "litellm_sdk.chat_async"),
        stream=("`completion(stream=True)`", "litellm_sdk.stream"),
        anthropic=('`completion(model="anthropic/...")`', "litellm_sdk.anthropic"),
        async_anthropic=('`acompletion(model="anthropic/...")`', "litellm_sdk.anthropic_async"),
    ),
    *_rows(
        "langchain-openai",
        "agents",
        "langchain-openai",
        invoke=("`ChatOpenAI().invoke`", "langchain_calls.openai"),
        ainvoke=("`ChatOpenAI().ainvoke`", "langchain_calls.openai_async"),
        agenerate=("`ChatOpenAI().agenerate`", "langchain_calls.openai_generate_async"),
        stream=("`ChatOpenAI().stream`", "langchain_calls.openai_stream"),
        responses=("`ChatOpenAI(use_responses_api=True).invoke`", "langchain_calls.openai_responses"),
        embeddings=("`OpenAIEmbeddings().embed_query`", "langchain_calls.embeddings"),
    ),
    *_rows(
        "langchain-anthropic",
        "agents",
        "langchain-anthropic",
        invoke=("`ChatAnthropic().invoke`", "langchain_calls.anthropic"),
        stream=("`ChatAnthropic().stream`", "langchain_calls.anthropic_stream"),
    ),
    *_rows(
        "langgraph", "agents", "langgraph", "langchain-openai", graph=("a graph of one node", "langchain_calls.graph")
    ),
    *_rows(
        "llama-index-llms-openai-like",
        "frameworks",
        "llama-index-llms-openai-like",
        complete=("`OpenAILike().complete`", "agent_calls.llama_index"),
        astream_chat=("`OpenAILike().astream_chat`", "agent_calls.llama_index_async"),
    ),
    *_rows(
        "pydantic-ai-slim",
        "agents",
        "pydantic-ai-slim",
        default=('`Agent("openai:...").run_sync`', "pydantic_ai_calls.default"),
        chat=('`Agent("openai-chat:...").run_sync`', "pydantic_ai_calls.chat"),
        stream=('`Agent("openai-chat:...").run_stream_sync`', "pydantic_ai_calls.stream"),
        anthropic=("`Agent(AnthropicModel(...)).run_sync`", "pydantic_ai_calls.anthropic"),
    ),
    *_rows(
        "openai-agents",
        "agents",
        "openai-agents",
        default=("`Runner.run_sync`", "agent_calls.openai_agents"),
        stream=("`Runner.run_streamed`", "agent_calls.openai_agents_stream"),
        chat=('`set_default_openai_api("chat_completions")`', "agent_calls.openai_agents_chat"),
    ),
    *_rows(
        "instructor",
        "agents",
        "instructor",
        create=("`from_openai(...).chat.completions.create`", "agent_calls.instructor"),
    ),
    *_rows("haystack-ai", "agents", "haystack-ai", run=("`OpenAIChatGenerator().run`", "agent_calls.haystack")),
    *_rows("smolagents", "frameworks", "smolagents", generate=("`OpenAIModel().generate`", "agent_calls.smolagents")),
    *_rows(
        "autogen-agentchat",
        "frameworks",
        "autogen-agentchat",
        agent=("`AssistantAgent().run`", "agent_calls.autogen"),
        team=("`RoundRobinGroupChat().run`, two agents", "agent_calls.autogen_team"),
    ),
    *_rows(
        "crewai",
        "crewai",
        "crewai",
        llm=("`LLM().call`", "agent_calls.crewai"),
        agent=("`Agent().kickoff`", "agent_calls.crewai_agent"),
    ),
    *_rows(
        "agno",
        "agents",
        "agno",
        chat=("`Agent(OpenAIChat()).run`", "agent_calls.agno"),
        responses=("`Agent(OpenAIResponses()).run`", "agent_calls.agno_responses"),
    ),
    *_rows(
        "semantic-kernel",
        "semantic-kernel",
        "semantic-kernel",
        chat=("`OpenAIChatCompletion().get_chat_message_content`", "agent_calls.semantic_kernel"),
    ),
    *_rows(
        "mistralai",
        "sdks",
        "mistralai",
        chat=("`Mistral().chat.complete`", "vendors.mistral"),
        async_chat=("`Mistral().chat.complete_async`", "vendors.mistral_async"),
        stream=("`Mistral().chat.stream`", "vendors.mistral_stream"),
    ),
    *_rows("groq", "sdks", "groq", chat=("`Groq().chat.completions.create`", "vendors.groq")),
    *_rows("together", "sdks", "together", chat=("`Together().chat.completions.create`", "vendors.together")),
    *_rows(
        "huggingface_hub",
        "sdks",
        "huggingface_hub",
        chat=("`InferenceClient().chat_completion`", "vendors.hugging_face"),
        async_chat=("`AsyncInferenceClient().chat_completion`", "vendors.hugging_face_async"),
    ),
    *_rows(
        "llm",
        "sdks",
        "llm",
        prompt=("`get_model().prompt(stream=False)`", "vendors.llm"),
        stream=("`get_model().prompt`", "vendors.llm_stream"),
    ),
    *_rows(
        "cohere",
        "sdks",
        "cohere",
        chat=("`ClientV2().chat`", "vendors.cohere"),
        stream=("`ClientV2().chat_stream`", "vendors.cohere_stream"),
    ),
    *_rows("dspy", "frameworks", "dspy", litellm=('`LM(..., engine="litellm")`', "agent_calls.dspy_litellm")),
    # --- refused
    Row("dspy.lm", "frameworks", ("dspy",), "`LM(...)`, its own engine", "agent_calls.dspy", refused=_UNSEEN),
    Row(
        "google-genai.aiohttp",
        "sdks",
        ("google-genai", "aiohttp"),
        "`Client().aio`, on aiohttp",
        "google_sdk.generate_aiohttp",
        refused=_UNSEEN,
    ),
    Row("requests.post", HERE, ("requests",), "`requests.post`", "vendors.requests", refused=_UNSEEN),
)
