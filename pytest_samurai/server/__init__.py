"""A small API to try things with. It runs in this process, and needs no key, no network and no model.

A request is checked (`request`), answered in words (`answer`) or by a schema (`schema`), cut into tokens
(`completion`), laid out as one object (`reply`) or as events (`stream`), and sent over HTTP (`handler`).
"""

from pytest_samurai.server.chat_server import ChatServer

__all__ = [
    "ChatServer",
]
