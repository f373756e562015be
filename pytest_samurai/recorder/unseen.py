"""Connections to hosts that serve chat, made by clients that no recorder sees."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from pytest_samurai.wire import Interaction

_BASE_URL_NAMES = ("SAMURAI_BASE_URL", "OPENAI_BASE_URL")


def unseen_connection(host: str, port: int, recordings: Iterable[Interaction]) -> str | None:
    """What to say of a connection to a host where chat was recorded or is configured; None for another host."""
    urls = [recording.request.url for recording in recordings] + [os.environ.get(name, "") for name in _BASE_URL_NAMES]
    if (_one_name(host), port) not in {_host_and_port(url) for url in dict.fromkeys(urls)}:
        return None
    return (
        f"connected to {host}:{port}, which serves chat, by a client that no recorder sees"
        " (requests, urllib, aiohttp, a raw socket): nothing of it is replayed;"
        " send its calls through httpx, or forbid connections in tests"
    )


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        # Nobody connects to what is no URL.
        return None
    return _one_name(parts.hostname or ""), port


def _one_name(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "::1") else host.lower()
