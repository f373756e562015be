"""LangChain and LangGraph."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langgraph.graph import START, MessagesState, StateGraph

from clients.calls.place import CLAUDE, MODEL, gateway


def _said(message: Any) -> Any:
    """The message without the id that LangChain makes up in each run."""
    return message.model_dump(mode="json", exclude={"id"})


def openai(text: str) -> Any:
    return _said(ChatOpenAI(model=MODEL).invoke(text))


def openai_async(text: str) -> Any:
    return _said(asyncio.run(ChatOpenAI(model=MODEL).ainvoke(text)))


def openai_generate_async(text: str) -> Any:
    from langchain_core.messages import HumanMessage

    return asyncio.run(ChatOpenAI(model=MODEL).agenerate([[HumanMessage(text)]])).generations[0][0].text


def openai_stream(text: str) -> Any:
    return [chunk.content for chunk in ChatOpenAI(model=MODEL).stream(text)]


def openai_responses(text: str) -> Any:
    return _said(ChatOpenAI(model=MODEL, use_responses_api=True).invoke(text))


def anthropic(text: str) -> Any:
    return ChatAnthropic(model_name=CLAUDE, base_url=gateway(), timeout=30, stop=None).invoke(text).text


def anthropic_stream(text: str) -> Any:
    chunks = ChatAnthropic(model_name=CLAUDE, base_url=gateway(), timeout=30, stop=None).stream(text)
    return [chunk.content for chunk in chunks]


def graph(text: str) -> Any:
    def ask(state: MessagesState) -> Any:
        return {"messages": [ChatOpenAI(model=MODEL).invoke(state["messages"])]}

    built = StateGraph(MessagesState).add_node("ask", ask).add_edge(START, "ask").compile()
    return built.invoke({"messages": [("user", text)]})["messages"][-1].content


def embeddings(text: str) -> Any:
    """Without `check_embedding_ctx_length`, nothing is tokenized, which would need a download."""
    return OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False).embed_query(text)
