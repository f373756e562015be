"""The OpenAI SDK, 1.55 to 3."""

from __future__ import annotations

import asyncio
from typing import Any

import openai

from clients.calls.place import MODEL, gateway


def _messages(text: str) -> Any:
    return [{"role": "user", "content": text}]


def chat(text: str) -> Any:
    reply = openai.OpenAI().chat.completions.create(model=MODEL, messages=_messages(text))
    return reply.model_dump(mode="json")


def chat_async(text: str) -> Any:
    async def ask() -> Any:
        async with openai.AsyncOpenAI() as client:
            return await client.chat.completions.create(model=MODEL, messages=_messages(text))

    return asyncio.run(ask()).model_dump(mode="json")


def stream(text: str) -> Any:
    chunks = openai.OpenAI().chat.completions.create(model=MODEL, messages=_messages(text), stream=True)
    return [chunk.model_dump(mode="json") for chunk in chunks]


def stream_async(text: str) -> Any:
    async def ask() -> Any:
        async with openai.AsyncOpenAI() as client:
            chunks = await client.chat.completions.create(model=MODEL, messages=_messages(text), stream=True)
            return [chunk.model_dump(mode="json") async for chunk in chunks]

    return asyncio.run(ask())


def azure(text: str) -> Any:
    client = openai.AzureOpenAI(azure_endpoint=gateway(), api_version="2024-10-21")
    return client.chat.completions.create(model="my-deployment", messages=_messages(text)).model_dump(mode="json")


def responses(text: str) -> Any:
    return openai.OpenAI().responses.create(model=MODEL, input=text).model_dump(mode="json")


def responses_stream(text: str) -> Any:
    events = openai.OpenAI().responses.create(model=MODEL, input=text, stream=True)
    return [event.model_dump(mode="json") for event in events]


def completions(text: str) -> Any:
    return openai.OpenAI().completions.create(model="gpt-3.5-turbo-instruct", prompt=text).model_dump(mode="json")


def embeddings(text: str) -> Any:
    return openai.OpenAI().embeddings.create(model="text-embedding-3-small", input=text).model_dump(mode="json")
