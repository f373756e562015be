"""SDKs of single vendors."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from clients.calls.place import MODEL, gateway, v1


def _messages(text: str) -> Any:
    return [{"role": "user", "content": text}]


def mistral(text: str) -> Any:
    from mistralai.client import Mistral

    with Mistral(api_key=os.environ["MISTRAL_API_KEY"], server_url=gateway()) as client:
        return client.chat.complete(model="mistral-small-latest", messages=_messages(text)).model_dump(mode="json")


def mistral_async(text: str) -> Any:
    from mistralai.client import Mistral

    async def ask() -> Any:
        async with Mistral(api_key=os.environ["MISTRAL_API_KEY"], server_url=gateway()) as client:
            return await client.chat.complete_async(model="mistral-small-latest", messages=_messages(text))

    return asyncio.run(ask()).model_dump(mode="json")


def mistral_stream(text: str) -> Any:
    from mistralai.client import Mistral

    with (
        Mistral(api_key=os.environ["MISTRAL_API_KEY"], server_url=gateway()) as client,
        client.chat.stream(model="mistral-small-latest", messages=_messages(text)) as events,
    ):
        return [event.data.model_dump(mode="json") for event in events]


def groq(text: str) -> Any:
    from groq import Groq

    reply = Groq(base_url=gateway()).chat.completions.create(model="llama-3.3-70b-versatile", messages=_messages(text))
    return reply.model_dump(mode="json")


def together(text: str) -> Any:
    from together import Together

    reply = Together(base_url=v1()).chat.completions.create(
        model="meta-llama/Llama-3.3-70B-Instruct-Turbo", messages=_messages(text)
    )
    return reply.model_dump(mode="json")


def hugging_face(text: str) -> Any:
    from huggingface_hub import InferenceClient

    reply = InferenceClient(base_url=v1()).chat_completion(model=MODEL, messages=_messages(text))
    return [choice.message.content for choice in reply.choices]


def hugging_face_async(text: str) -> Any:
    from huggingface_hub import AsyncInferenceClient

    async def ask() -> Any:
        async with AsyncInferenceClient(base_url=v1()) as client:
            return await client.chat_completion(model=MODEL, messages=_messages(text))

    return [choice.message.content for choice in asyncio.run(ask()).choices]


def cohere(text: str) -> Any:
    from cohere import ClientV2

    reply = ClientV2(base_url=gateway()).chat(model="command-a-03-2025", messages=_messages(text))
    return reply.model_dump(mode="json")


def cohere_stream(text: str) -> Any:
    from cohere import ClientV2

    events = ClientV2(base_url=gateway()).chat_stream(model="command-a-03-2025", messages=_messages(text))
    return [event.model_dump(mode="json") for event in events]


def llm(text: str) -> Any:
    """Simon Willison's `llm`, called from Python as in its documentation. Its key is in the environment."""
    from llm import get_model

    return get_model(MODEL).prompt(text, stream=False).text()


def llm_stream(text: str) -> Any:
    from llm import get_model

    return list(get_model(MODEL).prompt(text))


def requests(text: str) -> Any:
    import requests as library

    reply = library.post(f"{v1()}/chat/completions", json={"model": MODEL, "messages": _messages(text)}, timeout=30)
    reply.raise_for_status()
    return reply.json()["choices"][0]["message"]["content"]
