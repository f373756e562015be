"""How requests are seen; the only room that knows httpx and httpx2."""

from typing import TYPE_CHECKING

from pytest_samurai.intercept.seam import (
    async_client,
    client,
    install,
    patch_imported,
    recording,
    take_cassettes,
    uninstall,
    watch,
)

if TYPE_CHECKING:
    from pytest_samurai.intercept.seam import AsyncClient, Client

__all__ = [
    "AsyncClient",
    "Client",
    "async_client",
    "client",
    "install",
    "patch_imported",
    "recording",
    "take_cassettes",
    "uninstall",
    "watch",
]
