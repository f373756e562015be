"""Google's SDK for Gemini: sync on httpx; async on aiohttp if that is installed, otherwise on httpx."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from google import genai

from clients.calls.place import GEMINI, gateway


def _client(**options: Any) -> Any:
    return genai.Client(http_options=genai.types.HttpOptions(base_url=gateway(), **options))


def _said(reply: Any) -> Any:
    """The reply without its headers: a cassette keeps only some of them, and no date."""
    return reply.model_dump(mode="json", exclude={"sdk_http_response"})


def generate(text: str) -> Any:
    with _client() as client:
        return _said(client.models.generate_content(model=GEMINI, contents=text))


def stream(text: str) -> Any:
    with _client() as client:
        return [_said(chunk) for chunk in client.models.generate_content_stream(model=GEMINI, contents=text)]


def embed(text: str) -> Any:
    with _client() as client:
        return _said(client.models.embed_content(model="gemini-embedding-001", contents=text))


def generate_async(text: str) -> Any:
    """With an httpx client, which `HttpOptions` accepts, to avoid aiohttp."""

    async def ask() -> Any:
        async with httpx.AsyncClient() as carrier:
            client = _client(httpx_async_client=carrier)
            return _said(await client.aio.models.generate_content(model=GEMINI, contents=text))

    return asyncio.run(ask())


def generate_aiohttp(text: str) -> Any:
    async def ask() -> Any:
        async with _client().aio as client:
            return _said(await client.models.generate_content(model=GEMINI, contents=text))

    return asyncio.run(ask())
