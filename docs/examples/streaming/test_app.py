import asyncio

import httpx
import pytest
from app import app
from fastapi.testclient import TestClient


@pytest.mark.samurai(max_total_tokens=120)
def test_the_explanation_comes_as_text():
    reply = TestClient(app).get("/explain/tide")
    assert reply.headers["content-type"].startswith("text/plain")
    assert "moon" in reply.text.lower()


@pytest.mark.samurai
def test_the_usage_of_a_stream_is_known(samurai):
    TestClient(app).get("/explain/echo").raise_for_status()
    [call] = samurai.calls
    assert call.streamed
    assert call.usage.completion_tokens > 10


@pytest.mark.samurai
def test_two_readers_at_once_get_their_own_words():
    async def read():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as reader:
            return await asyncio.gather(reader.get("/explain/tide"), reader.get("/explain/echo"))

    tide, echo = asyncio.run(read())
    assert "moon" in tide.text.lower()
    assert "sound" in echo.text.lower()
