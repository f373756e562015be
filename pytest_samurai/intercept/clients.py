"""Ready-made clients for code that does not import httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httpx import AsyncClient as AsyncClient
    from httpx import Client as Client


def client(**options: Any) -> Client:
    """An `httpx.Client`."""
    import httpx

    return httpx.Client(**options)


def async_client(**options: Any) -> AsyncClient:
    """An `httpx.AsyncClient` that keeps no connections: nobody could close them after its event loop has ended."""
    import httpx

    return httpx.AsyncClient(**options, limits=httpx.Limits(max_keepalive_connections=0))
