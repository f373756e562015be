from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest

from pytest_samurai.server.chat_server import ChatServer
from tests.server.clients import client_of


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def client(server: ChatServer) -> Iterator[httpx.Client]:
    with client_of(server) as client:
        yield client


@pytest.fixture
def sdk(server: ChatServer) -> Iterator[openai.OpenAI]:
    direct = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(base_url=server.base_url, api_key="unused", max_retries=0, http_client=direct) as sdk:
        yield sdk
