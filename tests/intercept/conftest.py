from __future__ import annotations

import pytest

from pytest_samurai.server.chat_server import ChatServer


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"
