"""Agent frameworks and libraries for structured answers, on OpenAI's SDK."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from clients.calls.place import MODEL, v1


def openai_agents(text: str) -> Any:
    from agents import Agent, Runner

    return Runner.run_sync(Agent(name="a", instructions="Be concise.", model=MODEL), text).final_output


def openai_agents_chat(text: str) -> Any:
    from agents import Agent, Runner, set_default_openai_api

    set_default_openai_api("chat_completions")
    try:
        return Runner.run_sync(Agent(name="a", instructions="Be concise.", model=MODEL), text).final_output
    finally:
        set_default_openai_api("responses")


def openai_agents_stream(text: str) -> Any:
    from agents import Agent, Runner

    async def ask() -> Any:
        running = Runner.run_streamed(Agent(name="a", model=MODEL), text)
        kinds = [event.type async for event in running.stream_events()]
        return [*kinds, running.final_output]

    return asyncio.run(ask())


def instructor(text: str) -> Any:
    import openai
    from instructor import Mode, from_openai
    from pydantic import BaseModel

    class Answer(BaseModel):
        city: str

    client = from_openai(openai.OpenAI(), mode=Mode.JSON_SCHEMA)
    answer = client.chat.completions.create(
        model=MODEL, response_model=Answer, messages=[{"role": "user", "content": text}]
    )
    return answer.model_dump()


def haystack(text: str) -> Any:
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage

    return OpenAIChatGenerator(model=MODEL).run([ChatMessage.from_user(text)])["replies"][0].text


def agno(text: str) -> Any:
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    return Agent(model=OpenAIChat(id=MODEL), telemetry=False).run(text).content


def agno_responses(text: str) -> Any:
    from agno.agent import Agent
    from agno.models.openai import OpenAIResponses

    return Agent(model=OpenAIResponses(id=MODEL), telemetry=False).run(text).content


def smolagents(text: str) -> Any:
    from smolagents import ChatMessage, MessageRole, OpenAIModel

    message = ChatMessage(role=MessageRole.USER, content=[{"type": "text", "text": text}])
    return OpenAIModel(model_id=MODEL, api_base=v1()).generate([message]).content


def llama_index(text: str) -> Any:
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(model=MODEL, api_base=v1(), is_chat_model=True, context_window=8192).complete(text).text


def llama_index_async(text: str) -> Any:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    async def ask() -> Any:
        model = OpenAILike(model=MODEL, api_base=v1(), is_chat_model=True, context_window=8192)
        return [chunk.delta async for chunk in await model.astream_chat([ChatMessage(text)])]

    return asyncio.run(ask())


def autogen(text: str) -> Any:
    from autogen_agentchat.agents import AssistantAgent
    from autogen_ext.models.openai import OpenAIChatCompletionClient

    agent = AssistantAgent("a", OpenAIChatCompletionClient(model=MODEL), system_message=None)
    return asyncio.run(agent.run(task=text)).messages[-1].to_text()


def autogen_team(text: str) -> Any:
    from autogen_agentchat.agents import AssistantAgent
    from autogen_agentchat.teams import RoundRobinGroupChat
    from autogen_ext.models.openai import OpenAIChatCompletionClient

    client = OpenAIChatCompletionClient(model=MODEL)
    pair = [AssistantAgent(name, client, system_message=None) for name in ("a", "b")]
    result = asyncio.run(RoundRobinGroupChat(pair, max_turns=2).run(task=text))
    return [message.to_text() for message in result.messages]


def crewai(text: str) -> Any:
    from crewai import LLM

    return LLM(model=f"openai/{MODEL}", base_url=v1()).call(text)


def crewai_agent(text: str) -> Any:
    from crewai import LLM, Agent

    agent = Agent(role="guide", goal="answer", backstory="a guide", llm=LLM(model=f"openai/{MODEL}", base_url=v1()))
    return agent.kickoff(text).raw


def semantic_kernel(text: str) -> Any:
    import openai
    from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory

    async def ask() -> Any:
        service = OpenAIChatCompletion(ai_model_id=MODEL, async_client=openai.AsyncOpenAI())
        history = ChatHistory()
        history.add_user_message(text)
        return await service.get_chat_message_content(history, OpenAIChatPromptExecutionSettings())

    return str(asyncio.run(ask()))


def dspy(text: str) -> Any:
    """With its own engine, as without a gateway: if `OPENAI_BASE_URL` is set, it leaves the call to LiteLLM."""
    from dspy import LM

    gateway_url = os.environ.pop("OPENAI_BASE_URL")
    try:
        return LM(f"openai/{MODEL}", api_base=v1(), cache=False)(text)
    finally:
        os.environ["OPENAI_BASE_URL"] = gateway_url


def dspy_litellm(text: str) -> Any:
    from dspy import LM

    return LM(f"openai/{MODEL}", api_base=v1(), cache=False, engine="litellm")(text)
