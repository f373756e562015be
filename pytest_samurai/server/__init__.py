"""A small API to try things with."""

from pytest_samurai.server.chat_server import ChatServer

__all__ = [
    "ChatServer",
]
